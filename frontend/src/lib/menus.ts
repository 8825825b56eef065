/** Menus behind a button: <button aria-controls aria-expanded data-menu>. Esc and a click elsewhere close them. */

import { $, $$ } from "./dom";

const buttons = (): HTMLElement[] => $$("[data-menu][aria-expanded='true']");

function panel(button: HTMLElement): HTMLElement | null {
  return $(`#${button.getAttribute("aria-controls")}`);
}

function set(button: HTMLElement, open: boolean): void {
  const menu = panel(button);
  if (!menu) return;
  button.setAttribute("aria-expanded", String(open));
  menu.hidden = !open;
  if (open) $("a, button, input:checked, input", menu)?.focus();
}

export function startMenus(): void {
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    const button = target.closest<HTMLElement>("[data-menu]");
    for (const other of buttons()) {
      if (other !== button && !panel(other)?.contains(target)) set(other, false);
    }
    if (button) set(button, button.getAttribute("aria-expanded") !== "true");
    // What was chosen takes over; the focus goes back to the button, where a dialog leaves it when it closes.
    const chosen = target.closest(".menu-item") && buttons().find((other) => panel(other)?.contains(target));
    if (chosen) {
      set(chosen, false);
      chosen.focus();
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const [open] = buttons();
    if (!open) return;
    set(open, false);
    open.focus();
  });
}
