import { describe, expect, test } from "vitest";

import { inWords, signedRupees, spanInWords, yearsBefore } from "../src/lib/report/money";
import { markersOf, pieces } from "../src/lib/report/trade-chart";
import { arranged, quoted, type View } from "../src/lib/report/trades";
import type { Trade } from "../src/lib/report/types";

const trade = (more: Partial<Trade>): Trade => ({
  symbol: "NSE:INFY", sector: "IT", entry_date: "2026-01-05", exit_date: "2026-01-09", entry_price: 100, exit_price: 110,
  quantity: 10, pnl: 98, pnl_pct: 9.8, charges: 2, bars_held: 4, exit_reason: "atr_stop", conviction: 50, mfe_pct: 12,
  mae_pct: -1, addons: 0, entry_factor: 1, exit_factor: 1, ...more,
});
const trades = [trade({}), trade({ symbol: "NSE:TCS", pnl: -40, pnl_pct: -4, exit_reason: "recovered" }), trade({ symbol: "NSE:ITC", sector: "FMCG", pnl: 0 })];
const words = { atr_stop: "ATR stop", recovered: "Recovered" };
const view = (more: Partial<View> = {}): View => ({ key: "exit_date", ascending: false, text: "", outcome: "all", ...more });
const places = (next: View): number[] => arranged(trades, next, words).map(({ at }) => at);

describe("trades in a table", () => {
  test("equal keys keep the newest exit first", () => expect(places(view())).toEqual([2, 1, 0]));
  test("numbers are sorted as numbers, words as words", () => {
    expect(places(view({ key: "pnl", ascending: true }))).toEqual([1, 2, 0]);
    expect(places(view({ key: "symbol", ascending: true }))).toEqual([0, 2, 1]);
  });
  test("a trade that brought nothing is not won", () => {
    expect(places(view({ outcome: "won" }))).toEqual([0]);
    expect(places(view({ outcome: "lost" }))).toEqual([2, 1]);
  });
  test("the filter reads share, sector and the reason as it is shown", () => {
    expect(places(view({ text: " recov" }))).toEqual([1]);
    expect(places(view({ text: "fmcg" }))).toEqual([2]);
    expect(places(view({ text: "nothing" }))).toEqual([]);
  });
  test("quoted prices undo the adjustment, and the value stays", () => {
    const split = trade({ entry_price: 100, entry_factor: 0.5, quantity: 10 });
    expect(quoted(split)).toEqual({ entry: 200, exit: 110, quantity: 5 });
    expect(quoted(split).entry * quoted(split).quantity).toBe(split.entry_price * split.quantity);
  });
});

describe("rupees and spans in words", () => {
  test.each([
    [1e5, "1 lakh rupees"], [1_250_000, "12.5 lakh rupees"], [1e7, "1 crore rupees"], [12_345_678, "about 1.23 crore rupees"],
    [2500, "2.5 thousand rupees"], [1, "1 rupee"], [3e12, "3 lakh crore rupees"], [0, ""], [Number.NaN, ""],
  ])("%d", (value, text) => expect(inWords(value)).toBe(text));

  test("the sign stands before the rupees", () => {
    expect([signedRupees(59_950), signedRupees(-10), signedRupees(0), signedRupees(1.5, 2)]).toEqual(["+₹59,950", "\u2212₹10", "₹0", "+₹1.50"]);
  });

  test("years before, leap days included", () => {
    expect(yearsBefore("2024-02-29", 1)).toBe("2023-02-28");
    expect(yearsBefore("2026-11-29", 5)).toBe("2021-11-29");
    expect(yearsBefore("2024-01-31", 3)).toBe("2021-01-31");
  });

  test("spans", () => {
    expect(spanInWords("2026-01-01", "2026-01-12")).toBe("12 days");
    expect(spanInWords("2021-11-29", "2026-11-29")).toBe("5 years");
    expect(spanInWords("2024-01-01", "2025-04-01")).toBe("1 year 3 months");
    expect(spanInWords("2025-01-02", "2025-01-01")).toBe("");
  });
});

describe("trades on candles", () => {
  test("a position is bought, added to and sold, each at its day", () => {
    const held = { symbol: "NSE:INFY", entry_date: "2026-02-02", quantity: 9, entry_price: 100 };
    const add = (date: string, quantity: number): { date: string; symbol: string; quantity: number; price: number } => ({ date, symbol: "NSE:INFY", quantity, price: 104 });
    const marks = markersOf([trade({})], [held], [add("2026-01-07", 4), add("2026-02-03", 3)]);
    expect(marks.map(({ time, side, text }) => [time, side, text])).toEqual([
      ["2026-01-05", "buy", "Buy 6"], ["2026-01-07", "buy", "Add 4"], ["2026-01-09", "sell", "+9.8%"],
      ["2026-02-02", "buy", "Buy 6"], ["2026-02-03", "buy", "Add 3"],
    ]);
  });

  test("long ranges are asked for in pieces that adjoin", () => {
    expect(pieces("2026-01-01", "2026-01-10", 4)).toEqual([
      { from: "2026-01-01", to: "2026-01-04" }, { from: "2026-01-05", to: "2026-01-08" }, { from: "2026-01-09", to: "2026-01-10" },
    ]);
  });
});
