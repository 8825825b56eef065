/** A double click is one press: who clicks twice does not mean to do a thing twice, nor to answer a dialog unread. */

/** Buttons that do something for good at the first click, and those that open what the second would close again. */
const DEEDS =
  "button[data-api], form[data-api] button[type=submit], [data-toggle], [data-test-event], [data-add-to-watchlist], [data-mail-code], [data-again], [data-once], #bell-read, [data-menu], [data-open], [popovertarget]";

/** Whether the last press opened a dialog: the second click of a double one still belongs to it. */
let hasOpened = false;

/** Say that the present press has opened a dialog. */
export function dialogOpened(): void {
  hasOpened = true;
}

/** Whether a click is the rest of a double one that would repeat a deed, or land on a dialog that was not there yet. */
export function isRepeated(clicks: number, target: Element): boolean {
  if (clicks > 1) return hasOpened || target.closest(DEEDS) !== null;
  hasOpened = false;
  return false;
}

export function startPresses(): void {
  const drop = (event: MouseEvent): void => {
    if (!isRepeated(event.detail, event.target as Element)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  document.addEventListener("click", drop, { capture: true });
}
