import { describe, expect, it } from "vitest";

import { bandOf, scoreScale, sessionWords, type Session } from "../src/lib/iscore-history";

const BANDS = [
  { title: "Sell", least: 0 },
  { title: "Hold", least: 45 },
  { title: "Buy", least: 65 },
  { title: "Strong buy", least: 80 },
];

const session = (day: string, iscore: number | null, changes: Session["changes"] = []): Session => ({ session: day, iscore, confidence: 0.8, changes });

describe("the scale of a history", () => {
  it("is at least twenty points wide, in steps of five", () => {
    expect(scoreScale([60, 61])).toEqual([50, 75]);
    expect(scoreScale([60])).toEqual([50, 70]);
    expect(scoreScale([30, 71.3])).toEqual([25, 75]);
  });

  it("stays within 0 and 100 and leaves out what is unknown", () => {
    expect(scoreScale([2, null, 4])).toEqual([0, 15]);
    expect(scoreScale([97, 99])).toEqual([85, 100]);
    expect(scoreScale([null])).toEqual([0, 100]);
  });

  it("always holds every score", () => {
    for (let low = 0; low <= 100; low += 3.7) {
      for (let high = low; high <= 100; high += 5.3) {
        const [from, to] = scoreScale([low, high]);
        expect(from).toBeLessThanOrEqual(low);
        expect(to).toBeGreaterThanOrEqual(high);
      }
    }
  });
});

describe("tiers by score", () => {
  it("begin at their border", () => {
    expect([0, 44.9, 45, 64.9, 65, 79.9, 80, 100].map((score) => bandOf(score, BANDS))).toEqual(["Sell", "Sell", "Hold", "Hold", "Buy", "Buy", "Strong buy", "Strong buy"]);
  });
});

describe("a session in words", () => {
  const sessions = [
    session("2026-11-26", 70),
    session("2026-11-27", 68.7, [
      { title: "Wilder RSI(14)", points: -1.5 },
      { title: "Attention", points: 0.4 },
      { title: "Beta to the NIFTY 50", points: -0.1 },
    ]),
    session("2026-11-30", null),
    session("2026-12-01", 71),
  ];

  it("names the score, its change and the two inputs that moved it most", () => {
    expect(sessionWords(sessions, 1)).toBe("27 Nov 2026: 68.7 (−1.3). Wilder RSI(14) −1.5, Attention +0.4.");
  });

  it("compares with nothing where nothing stands before", () => {
    expect(sessionWords(sessions, 0)).toBe("26 Nov 2026: 70.0.");
    expect(sessionWords(sessions, 2)).toBe("30 Nov 2026: no score, too little was known.");
    expect(sessionWords(sessions, 3)).toBe("1 Dec 2026: 71.0.");
    expect(sessionWords(sessions, 9)).toBe("");
  });
});
