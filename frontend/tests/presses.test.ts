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
