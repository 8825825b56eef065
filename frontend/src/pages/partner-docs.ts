/** The partner documentation: examples in the language that the reader chose, on the whole page and the next time. */

import { startCopying } from "../lib/copy";
import { $$ } from "../lib/dom";

const KEY = "partner-docs-language";

function show(language: string): void {
  for (const button of $$<HTMLButtonElement>("[data-language]")) button.setAttribute("aria-pressed", String(button.dataset.language === language));
  for (const block of $$<HTMLElement>("[data-code]")) block.hidden = block.dataset.code !== language;
}

document.addEventListener("click", (event) => {
  const button = (event.target as Element).closest<HTMLButtonElement>("[data-language]");
  if (!button) return;
  localStorage.setItem(KEY, button.dataset.language!);
  show(button.dataset.language!);
});

startCopying();
show(localStorage.getItem(KEY) ?? "curl");
