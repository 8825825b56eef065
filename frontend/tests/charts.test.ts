import { describe, expect, test } from "vitest";

import { logTicks, roundStep } from "../src/lib/charts/base";
import { binLabel, decimalsOf, histogram, withMarks } from "../src/lib/charts/distribution";
import { along, axisDay, daysOf, drawdownOf, extent, placeOf } from "../src/lib/charts/equity";
import { dailyReturns, shade } from "../src/lib/charts/monthly";

describe("axes", () => {
  test("steps are round", () => {
    expect([0.03, 0.3, 1, 1.1, 2.2, 3, 7, 80].map(roundStep)).toEqual([0.05, 0.5, 1, 2, 2.5, 5, 10, 100]);
    expect(roundStep(0)).toBe(1);
  });

  test("a logarithmic axis is marked with round values inside its bounds", () => {
    expect(logTicks(9.2, 14.1)).toEqual([10, 11, 12, 13, 14]);
    expect(logTicks(8, 1100)).toEqual([10, 20, 50, 100, 200, 500, 1000]);
    expect(logTicks(1, 100_000)).toEqual([1, 10, 100, 1000, 10_000, 100_000]);
    expect(logTicks(0, 5)).toEqual([]);
  });

  test("a day is named by what the span can show", () => {
    expect(axisDay("2026-05-03", 2000)).toBe("2026");
    expect(axisDay("2026-05-03", 300)).toBe("May 26");
    expect(axisDay("2026-05-03", 60)).toBe("3 May");
  });
});

describe("curves", () => {
  test("drawdown is measured from the highest value so far", () => {
    expect(drawdownOf([100, 120, 90, 120, 130])).toEqual([0, 0, -25, 0, 0]);
  });

  test("curves of different days lie along all of them", () => {
    const days = daysOf([{ dates: ["2026-01-02", "2026-01-05"] }, { dates: ["2026-01-01", "2026-01-02"] }]);
    expect(days).toEqual(["2026-01-01", "2026-01-02", "2026-01-05"]);
    expect(along(days, ["2026-01-02", "2026-01-05"], [1, 2])).toEqual([null, 1, 2]);
  });

  test("a day that is no session means the next one", () => {
    const days = ["2026-01-02", "2026-01-05", "2026-01-06"];
    expect(["2025-12-01", "2026-01-02", "2026-01-03", "2026-01-06", "2027-01-01"].map((day) => placeOf(days, day))).toEqual([0, 0, 1, 2, 2]);
  });

  test("bounds leave out what is unknown or out of sight", () => {
    expect(extent([[null, 3, 9], [5, 2, 1]], 0, 1)).toEqual([2, 5]);
    expect(extent([[null, null]], 0, 1)).toBeNull();
  });

  test("daily returns belong to the day on which they were made", () => {
    const [day, value] = dailyReturns(["2026-01-01", "2026-01-02"], [100, 101])[0]!;
    expect(day).toBe("2026-01-02");
    expect(value).toBeCloseTo(1, 10);
  });
});

describe("distribution", () => {
  const counts = (values: number[], bins?: number, integers?: boolean): number[][] =>
    histogram(values, bins, integers).map(({ from, to, count }) => [from, to, count]);

  test("gains and losses never share a bar, and nobody is lost", () => {
    const values = [-3.2, -0.1, 0, 0.1, 2.9, 7.4];
    const bins = histogram(values, 5);
    expect(bins.some(({ from, to }) => from < 0 && to > 0)).toBe(false);
    expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(values.length);
    expect(bins.every(({ from, to }) => to > from)).toBe(true);
  });

  test("whole numbers have bars of whole width", () => {
    expect(counts([1, 1, 2, 4], 10, true)).toEqual([[1, 2, 2], [2, 3, 1], [3, 4, 0], [4, 5, 1]]);
  });

  test("one far value does not squeeze the rest into a bar", () => {
    const values = [...Array.from({ length: 999 }, (_, i) => (i % 100) / 10), 5000];
    const bins = histogram(values, 20);
    expect(bins.filter(({ count }) => count > 0).length).toBeGreaterThan(10);
    expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(1000);
  });

  test("equal values and no values", () => {
    expect(histogram([]).length).toBe(0);
    expect(histogram([4, 4, 4]).reduce((sum, { count }) => sum + count, 0)).toBe(3);
  });

  test("a mark outside gets its place", () => {
    const bins = withMarks([{ from: 0, to: 5, count: 2 }], [12, -1]);
    expect(bins.map(({ from }) => from)).toEqual([-5, 0, 5, 10]);
    expect(bins.map(({ count }) => count)).toEqual([0, 2, 0, 0]);
  });

  test("labels carry the decimals that the width needs", () => {
    expect(decimalsOf([{ from: 0, to: 2.5, count: 0 }])).toBe(1);
    expect(binLabel({ from: -2.5, to: 0, count: 1 }, 1, "%")).toBe("\u22122.5 to 0.0%");
    expect(binLabel({ from: 3, to: 4, count: 1 }, 0, " bars")).toBe("3 bars");
  });
});

describe("shades of months", () => {
  test("by sign and size, never beyond the fullest", () => {
    expect([0.1, 2.1, 8, 30, -0.1, -4.1, 0, null].map((value) => shade(value, 8))).toEqual(["u1", "u2", "u4", "u4", "d1", "d3", "", ""]);
  });
});
