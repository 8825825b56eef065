import { describe, expect, test } from "vitest";

import { countSets, monthsAfter, parseList, suggest, valuesOf, windowsOf } from "../src/lib/studies";

const range = (from: number, to: number, step: number) => valuesOf({ mode: "range", from, to, step });

describe("values of a spread", () => {
  test("a range has both ends where the step meets them", () => {
    expect(range(5, 25, 5).values).toEqual([5, 10, 15, 20, 25]);
    expect(range(0.1, 0.5, 0.1).values).toEqual([0.1, 0.2, 0.3, 0.4, 0.5]);
    expect(range(1, 10, 4).values).toEqual([1, 5, 9]);
    expect(range(7, 7, 1).values).toEqual([7]);
  });

  test("what cannot be a range says why", () => {
    expect(range(5, 1, 1).fault).toContain("above");
    expect(range(1, 5, 0).fault).toContain("step");
    expect(range(1, Number.NaN, 1).fault).toContain("Give");
    expect(range(0, 1000, 1).fault).toContain("1000");
    expect(range(0, 999, 1).values).toHaveLength(1000);
  });

  test("a list is numbers, each once", () => {
    expect(parseList(" 5, 10;20  40 ")).toEqual([5, 10, 20, 40]);
    expect(valuesOf({ mode: "list", values: parseList("5, x") }).fault).toContain("numbers");
    expect(valuesOf({ mode: "list", values: [5, 5] }).fault).toContain("twice");
    expect(valuesOf({ mode: "list", values: [] }).fault).toContain("at least");
  });
});

describe("a first range", () => {
  test("lies around the value, keeps it, and stays whole", () => {
    for (const value of [20, 14, 45, 252, 5, 2]) {
      const made = valuesOf({ mode: "range", ...suggest(value) });
      expect(made.values).toHaveLength(5);
      expect(made.values).toContain(value);
      expect(made.values.every((one) => Number.isInteger(one) && one > 0)).toBe(true);
    }
  });

  test("keeps fractions and bounds", () => {
    const made = valuesOf({ mode: "range", ...suggest(2.5) });
    expect(made.values).toContain(2.5);
    expect(suggest(5, 0, 500).from).toBeGreaterThanOrEqual(0);
    expect(suggest(100, 0.01, 100).to).toBeLessThanOrEqual(100);
  });
});

test("sets are the product of the values", () => {
  expect(countSets([])).toEqual({ sets: 0, product: "" });
  expect(countSets([[1, 2, 3], [1, 2]])).toEqual({ sets: 6, product: "3 × 2" });
});

describe("windows", () => {
  test("months keep the day or take the month's last", () => {
    expect(monthsAfter("2024-01-31", 1)).toBe("2024-02-29");
    expect(monthsAfter("2023-11-30", 3)).toBe("2024-02-29");
    expect(monthsAfter("2021-01-01", 24)).toBe("2023-01-01");
  });

  test("train, test, move on; the last one is cut at the end", () => {
    expect(windowsOf("2021-01-01", "2023-09-30", 24, 6)).toEqual([
      { trainFrom: "2021-01-01", trainTo: "2022-12-31", testFrom: "2023-01-01", testTo: "2023-06-30" },
      { trainFrom: "2021-07-01", trainTo: "2023-06-30", testFrom: "2023-07-01", testTo: "2023-09-30" },
    ]);
    expect(windowsOf("2021-01-01", "2022-06-30", 24, 6)).toEqual([]);
    expect(windowsOf("2021-01-01", "2020-06-30", 24, 6)).toEqual([]);
  });
});
