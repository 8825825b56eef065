import { describe, expect, test } from "vitest";

import { figureOf, gridOf, moved, neighbourhood, ranked, rangeOf, setKey, valueOf, verdictOf, type Point } from "../src/lib/charts/grid";
import { edgeWords, runBody, runQuery, spreadWords, varying, verdictWords, type Meta } from "../src/lib/sweep-view";

const point = (fast: number, hot: number, cagr: number | null, more: Record<string, number> = {}): Point => ({ parameters: { fast, hot, ...more }, cagr });

describe("the grid", () => {
  const points = [point(10, 50, 1), point(10, 60, 2), point(20, 50, 3), point(20, 60, null)];
  const axis = (name: string, values: number[]) => ({ name, values });

  test("has a row a value of y and a column a value of x; what was not tried is empty", () => {
    const cells = gridOf(points, axis("fast", [10, 20, 30]), axis("hot", [50, 60]), {});
    expect(cells.map((row) => row.map((one) => valueOf(one, "cagr")))).toEqual([[1, 3, null], [2, null, null]]);
    expect(cells[1]![1]).toBe(points[3]);
    expect(cells[0]![2]).toBeNull();
  });

  test("holds the other numbers at the slice", () => {
    const three = [point(10, 50, 1, { top: 5 }), point(10, 50, 9, { top: 10 })];
    const at = (top: number) => valueOf(gridOf(three, axis("fast", [10]), axis("hot", [50]), { fast: 99, hot: 99, top })[0]![0], "cagr");
    expect([at(5), at(10), at(15)]).toEqual([1, 9, null]);
  });

  test("one number alone is one row", () => {
    const line = gridOf([point(10, 50, 1), point(20, 50, 4)], axis("fast", [10, 20]), null, { hot: 50 });
    expect(line.map((row) => row.map((one) => valueOf(one, "cagr")))).toEqual([[1, 4]]);
  });

  test("a set is the same in any order of its numbers", () => {
    expect(setKey({ a: 1, b: 2 })).toBe(setKey({ b: 2, a: 1 }));
    expect(setKey({ a: 1, b: 2 })).not.toBe(setKey({ a: 2, b: 1 }));
  });

  test("places go from the best to the worst; unknown ones come last", () => {
    expect(ranked(points, figureOf("cagr"))).toEqual([2, 1, 0, 3]);
    expect(ranked(points, { ...figureOf("cagr"), better: "low" })).toEqual([0, 1, 2, 3]);
    expect(rangeOf(points, "cagr")).toEqual([1, 3]);
    expect(rangeOf([point(1, 1, null)], "cagr")).toBeNull();
  });
});

describe("the neighbourhood", () => {
  const values = [
    [1, 2, 3],
    [4, 9, 6],
    [7, 8, null],
  ];

  test("in the middle are all known cells around, without the cell itself", () => {
    const found = neighbourhood(values, 1, 1, "high")!;
    expect([found.count, found.possible]).toEqual([7, 8]);
    expect(found.mean).toBeCloseTo(31 / 7);
    expect([found.worst, found.best, found.spread]).toEqual([1, 8, 7]);
    expect(found.edges).toEqual([]);
  });

  test("a figure that is better low has its worst neighbour on top", () => {
    expect(neighbourhood(values, 1, 1, "low")).toMatchObject({ worst: 8, best: 1, low: 1, high: 8 });
  });

  test("a corner has three neighbours and two edges", () => {
    expect(neighbourhood(values, 0, 0, "high")).toMatchObject({ count: 3, mean: 5, edges: ["left", "bottom"] });
    expect(neighbourhood(values, 0, 2, "high")!.edges).toEqual(["right", "bottom"]);
  });

  test("a single row has two", () => {
    expect(neighbourhood([[1, 5, 3]], 0, 1, "high")).toMatchObject({ count: 2, possible: 2, mean: 2, edges: [] });
    expect(neighbourhood([[1, 5, 3]], 0, 0, "high")).toMatchObject({ count: 1, edges: ["left"] });
  });

  test("nothing known around is null", () => {
    expect(neighbourhood([[1]], 0, 0, "high")).toBeNull();
    expect(neighbourhood([[1, null]], 0, 0, "high")).toBeNull();
  });
});

describe("the verdict", () => {
  const around = (low: number, high: number, mean: number) => ({ count: 8, possible: 8, mean, worst: low, best: high, low, high, spread: high - low, edges: [] });

  test("a plateau is near its neighbours, which are near each other", () => {
    expect(verdictOf(10, around(8, 11, 9.5), 20, "high")).toBe("plateau");
    expect(verdictOf(10, around(4, 11, 9.5), 20, "high")).toBe("slope");
  });

  test("a spike is better than all around it, by more than a quarter of the range", () => {
    expect(verdictOf(10, around(1, 4, 2), 20, "high")).toBe("spike");
    expect(verdictOf(10, around(1, 11, 2), 20, "high")).toBe("slope");
    expect(verdictOf(10, around(16, 19, 18), 20, "low")).toBe("spike");
    expect(verdictOf(10, around(16, 19, 18), 20, "high")).toBe("slope");
  });

  test("without any difference it is flat", () => expect(verdictOf(3, around(3, 3, 3), 0, "high")).toBe("flat"));

  test("is said in words with the figure's unit", () => {
    expect(verdictWords("spike", 10, around(1, 4, 2), figureOf("cagr"))).toContain("8.0 points worse on average");
    expect(verdictWords("plateau", 10, around(8, 11, 9.5), figureOf("cagr"))).toContain("0.5 points worse");
    expect(verdictWords("slope", 20, around(8, 11, 9.5), figureOf("volatility_pct"))).toContain("10.5 points better");
    expect(edgeWords({ ...around(1, 2, 1), edges: ["left", "top"] }, "fast", "hot", true)).toContain("below the smallest fast and above the largest hot");
    expect(edgeWords(around(1, 2, 1), "fast", "hot", true)).toBe("");
  });
});

describe("keys on the map", () => {
  test("up is towards larger values, ends stop", () => {
    expect(moved("ArrowUp", 0, 0, 2, 3)).toEqual([1, 0]);
    expect(moved("ArrowDown", 0, 0, 2, 3)).toEqual([0, 0]);
    expect(moved("End", 1, 0, 2, 3)).toEqual([1, 3]);
    expect(moved("Home", 1, 2, 2, 3, true)).toEqual([2, 0]);
    expect(moved("PageUp", 0, 2, 2, 3)).toEqual([2, 2]);
    expect(moved("a", 0, 0, 2, 3)).toBeNull();
  });
});

describe("a set leads to a run", () => {
  const meta: Meta = {
    id: 1, status: "done", done: 1, total: 1, metric: "sharpe", axes: { hot: [50], fast: [10, 20], max_positions: [1, 2, 3] }, own: ["fast", "hot"],
    params: { hot: 70 }, run: { universe: "nifty_50", costs: { flat_pct: 0.1 } }, strategy: { id: 7, name: "Dip", isMine: true }, inline: { name: "x" },
  };

  test("with parameters by their prefix and numbers of the run by their names", () => {
    const query = new URLSearchParams(runQuery(meta, { fast: 20, max_positions: 5 }));
    expect(Object.fromEntries(query)).toEqual({ strategy: "7", universe: "nifty_50", costs: '{"flat_pct":0.1}', "params.hot": "70", "params.fast": "20", max_positions: "5" });
  });

  test("or as a body, where the rules stand in no strategy", () => {
    expect(runBody(meta, { fast: 20, max_positions: 5 })).toEqual({ universe: "nifty_50", costs: { flat_pct: 0.1 }, max_positions: 5, strategy: { name: "x" }, params: { hot: 70, fast: 20 } });
  });

  test("axes are what really varies, the longest first", () => expect(varying(meta.axes)).toEqual(["max_positions", "fast"]));

  test("how all sets lie is said in words", () => {
    const points = [point(1, 1, -1), point(2, 1, 1), point(3, 1, 2), point(4, 1, 3)];
    expect(spreadWords(points, points.map((one) => valueOf(one, "cagr")), figureOf("cagr"))).toBe("3 of 4 sets gained. Half of all lie between +1.0% and +3.0%.");
  });
});
