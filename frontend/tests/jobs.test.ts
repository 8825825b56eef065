import { describe, expect, test } from "vitest";

import { isOver, keyOf, secondsLeft, shareOf, type Job } from "../src/lib/jobs";

const job: Job = { kind: "sweep", id: 7, status: "running", done: 20, total: 80 };

describe("jobs", () => {
  test("an analysis is known by its run, a study by itself", () => {
    expect(keyOf(job)).toBe("sweep:7");
    expect(keyOf({ ...job, kind: "analysis", run_id: 31 })).toBe("analysis:31");
  });

  test("what is over is told from what is not", () => {
    expect((["queued", "running", "done", "failed", "cancelled"] as const).map((status) => isOver({ status }))).toEqual([
      false, false, true, true, true,
    ]);
  });

  test("the share stays between nothing and all", () => {
    expect(shareOf(job)).toBe(0.25);
    expect(shareOf({ done: 0, total: 0 })).toBe(0);
    expect(shareOf({ done: 9, total: 8 })).toBe(1);
  });

  test("the time left follows the pace that was seen", () => {
    expect(secondsLeft([{ at: 0, done: 0 }, { at: 2000, done: 20 }], 80)).toBe(6);
    expect(secondsLeft([{ at: 0, done: 0 }, { at: 2000, done: 10 }, { at: 4000, done: 40 }], 80)).toBe(4);
  });

  test("without progress, or after a moment only, nothing is promised", () => {
    expect(secondsLeft([], 10)).toBeNull();
    expect(secondsLeft([{ at: 0, done: 5 }, { at: 9000, done: 5 }], 10)).toBeNull();
    expect(secondsLeft([{ at: 0, done: 0 }, { at: 100, done: 5 }], 10)).toBeNull();
  });
});
