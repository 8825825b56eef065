/** Panels that share a place: buttons with role=tab, arrows move, the panel is named by aria-controls. */

import { $, $$ } from "./dom";

function show(tab: HTMLElement): void {
  for (const other of $$("[role=tab]", tab.closest("[role=tablist]")!)) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", String(chosen));
    other.tabIndex = chosen ? 0 : -1;
    const panel = $<HTMLElement>(`#${other.getAttribute("aria-controls")}`);
    if (panel) panel.hidden = !chosen;
  }
  document.dispatchEvent(new CustomEvent("tab", { detail: tab.getAttribute("aria-controls") }));
}

export function startTabs(): void {
  // On a phone the tabs scroll sideways: the present one is in sight.
  for (const strip of $$(".tabs")) {
    const now = $<HTMLElement>("[aria-current=page]", strip);
    if (now) strip.scrollLeft = now.offsetLeft - strip.offsetLeft - (strip.clientWidth - now.offsetWidth) / 2;
  }
  document.addEventListener("click", (event) => {
    const tab = (event.target as Element).closest<HTMLElement>("[role=tab]");
    if (tab) show(tab);
  });
  document.addEventListener("keydown", (event) => {
    const tab = (event.target as Element).closest?.<HTMLElement>("[role=tab]");
    if (!tab || (event.key !== "ArrowRight" && event.key !== "ArrowLeft")) return;
    const tabs = $$("[role=tab]", tab.closest("[role=tablist]")!);
    const next = tabs[(tabs.indexOf(tab) + (event.key === "ArrowRight" ? 1 : -1) + tabs.length) % tabs.length];
    if (!next) return;
    next.focus();
    show(next);
  });
}
