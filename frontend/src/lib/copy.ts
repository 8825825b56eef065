/** Copy buttons: <button data-copy="id of an input or element">. Says what happened, in the button and to readers. */

import { $ } from "./dom";

const SHOWN_MS = 2000;

async function copy(button: HTMLElement): Promise<void> {
  const source = $(`#${button.dataset.copy}`);
  if (!source) return;
  const text = source instanceof HTMLInputElement ? source.value : (source.textContent ?? "");
  let said = "Copied";
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without a secure address the clipboard is closed to pages: the text is selected, one key copies it.
    getSelection()?.selectAllChildren(source);
    if (source instanceof HTMLInputElement) source.select();
    said = "Press Ctrl C";
  }
  const label = $(".label", button) ?? button;
  button.dataset.label ??= label.textContent ?? "Copy";
  label.textContent = said;
  const speaker = $("#announcer");
  if (speaker) speaker.textContent = said;
  setTimeout(() => (label.textContent = button.dataset.label ?? "Copy"), SHOWN_MS);
}

export function startCopying(): void {
  document.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLElement>("[data-copy]");
    if (button) void copy(button);
  });
}

/** Offer `text` as a file. */
export function saveAs(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
