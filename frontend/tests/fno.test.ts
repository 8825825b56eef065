import { describe, expect, it } from "vitest";

import { stepWords } from "../src/lib/bell";
import { calibrationWords, checkWords, disciplineWords, gradeWords, health, placeOf, sessionTime, sessionWords, standing, type Calibration, type Check, type Signal } from "../src/lib/fno";
import { noChainWords } from "../src/lib/fno-chain";
import { calibratorWords, cumulative, curveWords, deepestFall, missingWords, newerOf, verifiedWords, type Detail } from "../src/lib/fno-record";

const calibration = (kind: string, n: number, cap: number | null): Calibration => ({ id: null, kind, n, cap });

describe("words", () => {
  it("say what stands behind a confidence", () => {
    expect(calibrationWords({ calibrated: false, calibration: calibration("identity", 12, 74) })).toBe("uncalibrated, capped at 74");
    expect(calibrationWords({ calibrated: true, calibration: calibration("platt", 1204, null) })).toBe("calibrated on 1,204 outcomes");
    expect(calibrationWords({ calibrated: true, calibration: calibration("isotonic", 300, 74) })).toBe("calibrated on 300 outcomes, capped at 74 by an alarm");
  });
  it("say what judged a signal, not its name", () => {
    const words = calibratorWords("NIFTY+SENSEX/full/week 2953/isotonic/1352");
    expect(words).toBe("Calibrated when it fired, on 1,352 earlier outcomes of NIFTY and SENSEX with all votes known, by a rising line of steps (isotonic).");
    expect(calibratorWords("BANKNIFTY+FINNIFTY/partial/week 2953/platt/60")).toContain("BANKNIFTY and FINNIFTY with some votes unknown");
    expect(calibratorWords("")).toBe("Calibrated when it fired.");
  });
  it("say why there is no chain", () => {
    expect(noChainWords(["NO_CHAIN", "PROVIDER_DOWN"])).toMatch(/^A source of market data does not answer/);
    expect(noChainWords(["NO_CHAIN"])).toBe("No source has an option chain of this index at the moment.");
    expect(noChainWords([])).not.toMatch(/undefined|_/);
  });
  it("name grade and tier", () => {
    expect(gradeWords({ confidence_grade: "Moderate", tier: "REGULAR" })).toBe("Moderate · Regular tier");
    expect(gradeWords({ confidence_grade: "None", tier: null })).toBe("Below every tier");
  });
  it("tell what the loss-averse state holds back", () => {
    const state = { triggers_today: 2, stops_today: 1, day_r: -1, week_r: -5.2, size: 0.5, free_from_s: 1_000 };
    expect(disciplineWords(state, [], 940)).toEqual(["2 of 3 signals today, 1 of 2 stops.", "After a stop this direction rests for another 1 min.", "Size is 50% of the usual, after a bad week."]);
    expect(disciplineWords({ ...state, size: 1 }, ["DAILY_LOSS_STOP"], 2_000)[1]).toContain("The day is over");
  });
});

describe("the time the engine goes by", () => {
  const scanned_at = "2026-11-29T05:11:30Z"; // 10:41 in India
  it("is told where it is not the time in India", () => {
    expect(sessionTime({ market_time: "12:31", scanned_at })).toBe("12:31");
    expect(sessionWords({ market_time: "12:31", scanned_at, data_source: "simulated" })).toBe("12:31 of the simulated session");
    expect(sessionWords({ market_time: "12:31", scanned_at, data_source: "kite" })).toBe("12:31 of the session");
  });
  it("is not told where both agree, or where it is not known", () => {
    for (const market_time of ["10:41", "10:40", "10:42", undefined, ""]) expect(sessionWords({ market_time, scanned_at, data_source: "simulated" })).toBe("");
    expect(sessionTime({ market_time: "00:00", scanned_at: "2026-11-29T18:29:30Z" })).toBe(""); // a minute around midnight
  });
});

describe("a check", () => {
  const check: Check = { code: "VIX_JUMP", passed: true, measure: 3.456, limit: 15, unit: "%", words: "" };
  it("has its numbers in their unit", () => {
    expect(checkWords(check)).toBe("India VIX calm (3.46%, limit 15.00%)");
    expect(checkWords({ ...check, code: "WARMING_UP", measure: 63, limit: 63, unit: "bars" })).toBe("Enough bars (63 bars, limit 63 bars)");
    expect(checkWords({ ...check, code: "CHOPPY", measure: 45, limit: 61.8, unit: "" })).toBe("Not sideways (45.00 of 100, limit 61.80 of 100)");
    expect(checkWords({ ...check, code: "REWARD_TOO_SMALL", measure: 1.4, limit: 1.2, unit: "" })).toBe("Reward against risk (1.40 times the risk, limit 1.20 times the risk)");
    expect(checkWords({ ...check, code: "TOO_EARLY", measure: null, limit: null, unit: "" })).toBe("After the opening range");
  });
  it("says why it is not known where the engine does", () => {
    const unknown = { ...check, code: "EVENT_BLACKOUT", passed: null, measure: null, limit: null, unit: "" };
    expect(checkWords({ ...unknown, words: "Announcements are known until 6 Feb 2026 only." })).toBe("No announcement near. Announcements are known until 6 Feb 2026 only.");
    expect(checkWords(unknown)).toBe("No announcement near");
  });
});

describe("health", () => {
  const good = { socket: true, refused: 0, feed: "simulated", phase: "OPEN", scanAgeS: 40 };
  it("is live only if socket, prices, market and scans are", () => {
    expect(health(good).kind).toBe("live");
    expect(health({ ...good, socket: false }).kind).toBe("down");
    expect(health({ ...good, feed: "down" }).kind).toBe("down");
    expect(health({ ...good, phase: "CLOSED" }).kind).toBe("closed");
    expect(health({ ...good, scanAgeS: 91 }).kind).toBe("late");
    expect(health({ ...good, scanAgeS: null }).kind).toBe("late");
  });
  it("a closed market's old scan is no fault", () => expect(health({ ...good, phase: "CLOSED", scanAgeS: 9_000, feed: "down" }).kind).toBe("closed"));
});

describe("a life", () => {
  const signal = { entry_price: 120, sl: 105, target: 145 };
  it("stands between stop and target", () => {
    expect(standing(signal, 135)).toEqual({ points: 15, r: 1 });
    expect(placeOf(signal, 105)).toBe(0);
    expect(placeOf(signal, 145)).toBe(1);
    expect(placeOf(signal, 120)).toBeCloseTo(0.375, 12);
    expect(placeOf(signal, 10)).toBe(-0.04);
  });
});

describe("the record", () => {
  const results = [1.5, -1, -1, 2].map((r, i) => ({ at: null, code: `A-${i}`, r, net_r: r - 0.1 }));
  it("adds results up", () => {
    expect(cumulative(results).r).toEqual([0, 1.5, 0.5, -0.5, 1.5]);
    expect(cumulative(results).net.at(-1)).toBeCloseTo(1.1, 12);
    expect(deepestFall(cumulative(results).net)).toBeCloseTo(-2.2, 12);
    expect(curveWords(results)).toContain("4 results: +1.50 R before and +1.10 R after charges");
    expect(curveWords(results.slice(0, 1))).toMatch(/^1 result: /);
  });
  it("says that a signal which is asked for is not there", () => expect(missingWords("NOPE")).toMatch(/^There is no signal NOPE in this list\. /));
  it("tells a whole chain from a broken one", () => {
    expect(verifiedWords({ ok: true, checked: 1200, head: "ab12", broken_at: null, reason: "" })).toBe("Chain of 1,200 lines verified, last hash ab12");
    expect(verifiedWords({ ok: false, checked: 6, head: "", broken_at: 7, reason: "It was changed." })).toContain("broken at line 7: It was changed.");
  });
});

describe("an open row of the history", () => {
  const read = { trade_code: "NIFTY-29-0001", status: "LIVE", mfe_points: 3, label: null } as Detail;
  const end = { trade_code: "NIFTY-29-0001", status: "CLOSED", outcome: "TARGET", mfe_points: 9 } as Signal;
  it("has the end that was told while the answer was under way", () => {
    expect(newerOf(read, end)).toEqual({ ...end, label: null });
    expect(newerOf(read, undefined)).toBe(read);
    const later: Detail = { ...read, status: "CLOSED", label: 1 };
    expect(newerOf(later, end)).toBe(later);
  });
});

describe("the bell", () => {
  const at = "2026-11-29T05:21:00Z";
  const now = Date.parse(at) + 30_000;
  const live = { index: "NIFTY", status: "LIVE", outcome: "OPEN", trade_direction: "BULLISH", confidence: 68, r_multiple: 0, triggered_at: at, closed_at: null } as const;
  const over = { ...live, status: "CLOSED", outcome: "SL", r_multiple: -1, closed_at: at } as const;
  it("tells of a trigger and of an end once", () => {
    expect(stepWords(live, undefined, now)).toBe("NIFTY: bullish signal, confidence 68.");
    expect(stepWords(live, "LIVE", now)).toBe("");
    expect(stepWords(over, "LIVE", now)).toBe("NIFTY: stopped out, −1.00 R before charges.");
    expect(stepWords(over, "CLOSED", now)).toBe("");
  });
  it("a late change of an old signal is no news", () => {
    expect(stepWords(over, undefined, now + 3_600_000)).toBe("");
    expect(stepWords(over, "LIVE", now + 3_600_000)).toContain("stopped out");
  });
});
