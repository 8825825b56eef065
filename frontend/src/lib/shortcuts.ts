/** Keys that work everywhere: Ctrl-K and / search, ? help, g then a letter goes to a place. */

import { $, $$, isTyping, must } from "./dom";
import { openDialog } from "./dialogs";
import { openPalette } from "./palette";

const CHORD_MS = 1200;
/** After g: three places begin with s, so the key is not always the first letter. */
const GO: Record<string, string> = {
  market: "m",
  signals: "s",
  strategies: "t",
  model: "o",
  portfolio: "p",
  family: "f",
  partner: "n",
  settings: "e",
};

export function startShortcuts(): void {
  let goUntil = 0;
  for (const key of $$("[data-key-of]")) key.textContent = GO[key.dataset.keyOf!] ?? "";
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
      const link = $$<HTMLAnchorElement>("[data-place]").find((a) => GO[a.dataset.place!] === event.key);
      if (link) location.assign(link.href);
    }
  });
  document.addEventListener("click", (event) => {
    if ((event.target as Element).closest("[data-palette]")) openPalette();
  });
}
