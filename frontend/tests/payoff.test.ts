import { describe, expect, it } from "vitest";

import type { Trade } from "../src/lib/fno";
import { levelRows, payoffSentence } from "../src/lib/fno-trades";
import { aroundOf, atExpiry, atNow, black76, breakEven, levelOf, normalCdf, payoff, premiumAt, type Around, type Leg } from "../src/lib/payoff";

const CALL: Leg = { strike: 25_000, option_type: "CE", entry_price: 162.25, sl: 147.3, target: 187.15, iv: 0.13, lot_size: 65, expiry: "2026-12-01" };
const PUT: Leg = { ...CALL, option_type: "PE", entry_price: 112.25, sl: 97.3, target: 137.15 };
const AROUND: Around = { spot: 25_040, forward: 25_050, years: 4 / 365, rate: 0.055 };

describe("Black-76", () => {
  it("gives the golden prices of a call and a put", () => {
    expect(black76(25_050, 25_000, 4 / 365, 0.13, true, 0.055)).toBeCloseTo(162.229, 3);
    expect(black76(25_050, 25_000, 4 / 365, 0.13, false, 0.055)).toBeCloseTo(112.259, 3);
  });
  it("is the intrinsic value without time", () => {
    expect(black76(25_100, 25_000, 0, 0.13, true, 0.055)).toBe(100);
    expect(black76(25_100, 25_000, 0, 0.13, false, 0.055)).toBe(0);
  });
  it("rests on a distribution function that is right to many places", () => {
    expect(normalCdf(0)).toBe(0.5);
    expect(normalCdf(1.959963984540054)).toBeCloseTo(0.975, 12);
    expect(normalCdf(-6)).toBeCloseTo(9.865876450377e-10, 14);
    expect([normalCdf(-9), normalCdf(9)]).toEqual([0, 1]);
  });
});

describe("payoff", () => {
  it("loses the premium and no more", () => {
    expect(atExpiry(CALL, 20_000)).toBeCloseTo(-162.25 * 65, 9);
    expect(atExpiry(PUT, 30_000)).toBeCloseTo(-112.25 * 65, 9);
  });
  it("is nothing at the break-even", () => {
    expect(breakEven(CALL)).toBe(25_162.25);
    expect(breakEven(PUT)).toBe(24_887.75);
    for (const leg of [CALL, PUT]) expect(atExpiry(leg, breakEven(leg))).toBeCloseTo(0, 9);
  });
  it("finds the level of a premium, and none where there is none", () => {
    for (const leg of [CALL, PUT])
      for (const premium of [leg.sl, leg.target]) expect(premiumAt(leg, levelOf(leg, premium, AROUND)!, AROUND)).toBeCloseTo(premium, 6);
    expect(levelOf(CALL, CALL.target, AROUND)!).toBeGreaterThan(levelOf(CALL, CALL.sl, AROUND)!);
    expect(levelOf(PUT, PUT.target, AROUND)!).toBeLessThan(levelOf(PUT, PUT.sl, AROUND)!);
    expect(levelOf(CALL, 1e6, AROUND)).toBeNull();
  });
  it("shows every level that matters, and now is never below expiry by more than carry", () => {
    for (const leg of [CALL, PUT]) {
      const found = payoff(leg, AROUND);
      const levels = found.points.map((point) => point.level);
      expect(levels).toEqual([...levels].sort((a, b) => a - b));
      for (const place of [leg.strike, found.breakEven, AROUND.spot]) expect(levels).toContain(place);
      for (const place of [found.stop!, found.target!]) expect(place > levels[0]! && place < levels.at(-1)!).toBe(true);
      for (const point of found.points) expect(Number.isFinite(point.now) && Number.isFinite(point.expiry)).toBe(true);
      expect(atNow(leg, AROUND.spot, AROUND)).toBeCloseTo((premiumAt(leg, AROUND.spot, AROUND) - leg.entry_price) * 65, 9);
    }
  });
  it("is what the option costs, where the index is now", () => {
    // A scan of the market that is always open, with the middle of bid and ask; by the wall clock 0.0118 years are left.
    const around = aroundOf({ spot_price: 24_380.65, forward: 24_395.17, years_to_expiry: 0.01270532 }, 0.055)!;
    const trades: [number, number, number][] = [[24_400, 0.1617, 174.875], [24_450, 0.1586, 148.075], [24_300, 0.1696, 236.925]]; // prettier-ignore
    for (const [strike, iv, mid] of trades) expect(Math.abs(premiumAt({ ...CALL, strike, iv }, around.spot, around) - mid)).toBeLessThan(0.06);
  });
  it("says one number in its sentence and in its table, halves away from zero", () => {
    const trade = { ...PUT, entry_price: 112.5 } as Trade; // 112.5 × 65 = 7,312.50
    const found = payoff(trade, AROUND);
    const rows = levelRows(trade, AROUND, found);
    expect(payoffSentence(trade, found)).toContain("at most ₹7,313;");
    expect(rows.find(([name]) => name === "Index at the scan")).toEqual(["Index at the scan", "25,040", expect.any(String), "−7,313"]);
    expect(rows.map(([name]) => name)).toContain("Break-even at expiry");
  });
  it("is not drawn where the time left, the forward or the index is not known", () => {
    const known = { spot_price: 1, forward: 1, years_to_expiry: 0 };
    expect(aroundOf(known, 0.055)).toEqual({ spot: 1, forward: 1, years: 0, rate: 0.055 });
    for (const key of Object.keys(known)) expect(aroundOf({ ...known, [key]: null }, 0.055)).toBeNull();
  });
});
