/** Keys that work everywhere: Ctrl-K and / search, ? help, g then a letter goes to a place. */

import { $, $$, isTyping, must } from "./dom";
import { openDialog } from "./dialogs";
import { openPalette } from "./palette";

const CHORD_MS = 1200;

export function startShortcuts(): void {
  let goUntil = 0;
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openPalette();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event) || $("dialog[open]")) return;
    if (event.key === "/") {
      event.preventDefault();
      openPalette();
    } else if (event.key === "?") {
      openDialog(must<HTMLDialogElement>("#shortcuts"));
    } else if (event.key === "g") {
      goUntil = event.timeStamp + CHORD_MS;
    } else if (event.timeStamp < goUntil) {
      goUntil = 0;
      const link = $$<HTMLAnchorElement>("[data-go]").find((a) => a.dataset.go === event.key);
      if (link) location.assign(link.href);
    }
  });
  document.addEventListener("click", (event) => {
    if ((event.target as Element).closest("[data-palette]")) openPalette();
  });
}
