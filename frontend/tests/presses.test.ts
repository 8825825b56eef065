import { expect, it } from "vitest";

import { dialogOpened, isRepeated } from "../src/lib/presses";

/** A button as far as presses look at it. */
const node = (isDeed: boolean): Element => ({ closest: () => (isDeed ? {} : null) }) as unknown as Element;

it("takes the second click of a double one for the first where something is done for good", () => {
  expect(isRepeated(1, node(true))).toBe(false);
  expect(isRepeated(2, node(true))).toBe(true);
  expect(isRepeated(3, node(true))).toBe(true);
  expect(isRepeated(0, node(true))).toBe(false); // a key
});

it("takes it for the first where the second would undo it or do it once more", () => {
  const matching = (selector: string): Element => ({ closest: (all: string) => (all.split(", ").includes(selector) ? {} : null) }) as unknown as Element;
  // A row of the history, the bell and other menus, an explanation; what the bell lists is read.
  for (const selector of ["[data-open]", "[data-menu]", "[popovertarget]", "#bell-read"]) expect(isRepeated(2, matching(selector)), selector).toBe(true);
  expect(isRepeated(2, matching("a"))).toBe(false);
});

it("leaves double clicks on everything else alone", () => {
  expect(isRepeated(2, node(false))).toBe(false);
});

it("keeps the rest of a click that opened a dialog from that dialog", () => {
  isRepeated(1, node(false));
  dialogOpened();
  expect(isRepeated(2, node(false))).toBe(true);
  expect(isRepeated(1, node(false))).toBe(false);
  expect(isRepeated(2, node(false))).toBe(false);
});
