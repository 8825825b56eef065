import { describe, expect, it } from "vitest";

import { points, sourceWords, words, type Summary } from "../src/lib/analogues";
import { distinct, markers, namesOn, type Mark } from "../src/lib/pattern-chart";

const SUMMARY: Summary = {
  n: 20,
  periods: 14,
  after_bars: 20,
  up: 12,
  up_pct: 60,
  up_low_pct: 36.1,
  up_high_pct: 80,
  lower_quartile_pct: -3.06,
  median_pct: 1.2,
  upper_quartile_pct: 5.44,
  base_up_pct: 53.1,
  base_median_pct: 0.9,
};

describe("sources", () => {
  it("are told apart where they differ", () => {
    expect(sourceWords({ data_source: "import", matches_source: "import" })).toBe("import");
    expect(sourceWords({ data_source: "yahoo", matches_source: "import" })).toBe("yahoo; matches: import");
  });
});

describe("what followed, in words", () => {
  it("names counts, base rate and bounds", () => {
    const [lead, more] = words(30, SUMMARY);
    expect(lead).toBe("Of the 20 stretches most like the last 30 sessions, 12 rose over the next 20 (60%); after any session of this universe 53% did.");
    expect(more).toBe("Half of them returned between −3.1% and +5.4%, the middle one +1.2% (any session: +0.9%). They fall into 14 separate periods, so the true share may lie anywhere from 36% to 80%: no different from chance.");
  });

  it("says so only when chance lies outside the bounds", () => {
    expect(words(30, { ...SUMMARY, base_up_pct: 30 })[1]).toContain("more often than chance");
    expect(words(30, { ...SUMMARY, base_up_pct: 81 })[1]).toContain("less often than chance");
  });

  it("says when nothing was found", () => {
    expect(words(30, { ...SUMMARY, n: 0 })[0]).toBe("Nothing in this universe's history is shaped like it.");
  });
});

describe("paths", () => {
  it("put the last close of the stretch at 0", () => {
    expect(points([-2, -1, 0, 4], 3)).toEqual([
      [-2, -2],
      [-1, -1],
      [0, 0],
      [1, 4],
    ]);
  });
});

describe("marks on the candles", () => {
  const mark = (at: number, kind: Mark["kind"], sign: Mark["sign"]): Mark => ({ at, kind, sign, time: `2026-01-0${at + 1}`, title: `P${at}`, short: kind === "chart" ? `S${at}` : "", turns: [], close: 1 });
  const marks = [mark(0, "candle", 1), mark(1, "chart", -1), mark(2, "candle", -1)];

  it("have the letters of chart patterns, and only the name of the chosen one once there is one", () => {
    expect(markers(marks, "all", null).map(({ text }) => text)).toEqual(["", "S1", ""]);
    expect(markers(marks, "all", 2).map(({ text }) => text)).toEqual(["", "", "P2"]);
  });

  it("have letters only where there is room beside those of a newer one", () => {
    const at = (day: number, sign: Mark["sign"]): Mark => ({ ...mark(day, "chart", sign), time: `2026-01-${day}` });
    const shown = markers([at(10, 1), at(12, -1), at(13, 1), at(19, -1), at(20, 1)], "all", null).map(({ text }) => text);
    expect(shown).toEqual(["", "S12", "S13", "S19", "S20"]);
  });

  it("are named under the pointer", () => {
    expect(namesOn(marks, "all", "2026-01-02")).toBe("↓ P1");
    expect(namesOn(marks, "candle", "2026-01-02")).toBe("");
    expect(namesOn([...marks, { ...mark(0, "chart", -1), title: "Q" }], "all", "2026-01-01")).toBe("↑ P0, ↓ Q");
  });

  it("keep the chosen one whatever is shown, and tell direction by place and colour", () => {
    expect(markers(marks, "chart", 2).map(({ time }) => time)).toEqual(["2026-01-02", "2026-01-03"]);
    expect(markers(marks, "all", null).map(({ side, colour }) => `${side} ${colour}`)).toEqual(["buy up", "sell down", "sell down"]);
  });

  it("have one value a day, in order", () => {
    expect(distinct([["2026-01-03", 3], ["2026-01-01", 1], ["2026-01-03", 4]])).toEqual([["2026-01-01", 1], ["2026-01-03", 4]]);
  });
});
