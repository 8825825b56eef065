import { expect, it } from "vitest";

import { backoffMs, mergeTick } from "../src/lib/ticks";

const full = { ltp: 100, prev_close: 98, change: 2, change_pct: 2.04, high: 101, low: 97, volume: 500 };

it("keeps what a lighter tick leaves out and lets changes follow the price", () => {
  const next = mergeTick(full, { ltp: 102 });
  expect(next).toMatchObject({ ltp: 102, volume: 500, high: 102, low: 97, change: 4 });
  expect(next.change_pct).toBeCloseTo(4.0816, 3);
});

it("takes what a full tick says", () => {
  expect(mergeTick(full, { ltp: 96, high: 101, low: 95, change: -2, change_pct: -2.04 })).toMatchObject({ low: 95, change: -2 });
});

it("forgets staleness with the next fresh value", () => {
  expect(mergeTick({ ltp: 1, stale: true }, { ltp: 1 }).stale).toBe(false);
  expect(mergeTick({ ltp: 1 }, { ltp: 1, stale: true }).stale).toBe(true);
});

it("waits longer after each failure, up to a limit", () => {
  expect([0, 1, 2, 9].map((n) => backoffMs(n, 0))).toEqual([500, 1000, 2000, 15000]);
  expect(backoffMs(0, 1)).toBe(600);
});
