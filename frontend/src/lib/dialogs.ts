/** Native dialogs: opened by data-dialog, closed by data-close or a click on the backdrop; focus comes back. */

import { el, must } from "./dom";
import { dialogOpened } from "./presses";

export function openDialog(dialog: HTMLDialogElement): void {
  if (dialog.open) return;
  dialog.showModal();
  dialogOpened();
}

export function startDialogs(): void {
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    const opener = target.closest<HTMLElement>("[data-dialog]");
    if (opener) openDialog(must<HTMLDialogElement>(`#${opener.dataset.dialog}`));
    if (target.closest("[data-close]")) target.closest("dialog")?.close();
    if (target instanceof HTMLDialogElement && target.open && outside(target, event)) target.close();
  });
}

function outside(dialog: HTMLDialogElement, { clientX, clientY }: MouseEvent): boolean {
  const box = dialog.getBoundingClientRect();
  return clientX < box.left || clientX > box.right || clientY < box.top || clientY > box.bottom;
}

/** `typed`: what has to be typed before the action is open, for what cannot be taken back. */
type Question = { title: string; consequence: string; action: string; danger?: boolean; typed?: string };

/** Ask before something that matters; the consequence is said in words. */
export function confirmAction({ title, consequence, action, danger = true, typed = "" }: Question): Promise<boolean> {
  const dialog = must<HTMLDialogElement>("#confirm");
  must(".title", dialog).textContent = title;
  must(".consequence", dialog).textContent = consequence;
  const button = must<HTMLButtonElement>("[value=yes]", dialog);
  button.textContent = action;
  button.className = `button ${danger ? "danger" : "primary"}`;
  const field = must(".field", dialog);
  const input = must<HTMLInputElement>("input", field);
  field.hidden = !typed;
  must("strong", field).textContent = typed;
  input.value = "";
  const check = (): void => void (button.disabled = typed !== "" && input.value.trim() !== typed);
  input.oninput = check;
  check();
  return answer(dialog).then((value) => value === "yes");
}

/** Ask for one line of text; null when cancelled. */
export function askText(title: string, label: string, action: string, value = ""): Promise<string | null> {
  const dialog = must<HTMLDialogElement>("#ask");
  must(".title", dialog).textContent = title;
  must("label", dialog).textContent = label;
  must("[value=yes]", dialog).textContent = action;
  const input = must<HTMLInputElement>("input", dialog);
  input.value = value;
  const done = answer(dialog).then((given) => (given === "yes" && input.value.trim() ? input.value.trim() : null));
  input.select();
  return done;
}

function answer(dialog: HTMLDialogElement): Promise<string> {
  dialog.returnValue = "";
  openDialog(dialog);
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true });
  });
}

/** Options of a listbox, made the same way by the palette and the symbol search. */
export function option(id: string, ...children: (Node | string)[]): HTMLElement {
  return el("div", { role: "option", id, "aria-selected": "false" }, ...children);
}
