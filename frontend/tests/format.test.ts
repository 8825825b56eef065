import { describe, expect, it } from "vitest";

import { age, ageWords, compact, countdown, direction, istDate, istTime, number, price, signed, signedPct } from "../src/lib/format";

describe("numbers", () => {
  it("groups in lakh and crore", () => {
    expect(price(123456.5)).toBe("1,23,456.50");
    expect(number(12345678, 0)).toBe("1,23,45,678");
    expect(price(-1234.5)).toBe("−1,234.50");
    expect(price(null)).toBe("–");
    expect(price(Number.NaN)).toBe("–");
  });

  it("gives changes their sign", () => {
    expect(signed(12.5)).toBe("+12.50");
    expect(signed(-0.05)).toBe("−0.05");
    expect(signed(0)).toBe("0.00");
    expect(signed(-0.004)).toBe("0.00");
    expect(signedPct(-0.04)).toBe("0.0%");
    expect(signedPct(-0.05)).toBe("−0.1%");
    expect(signedPct(-1.267)).toBe("−1.3%");
    expect(signedPct(-1.267, 2)).toBe("−1.27%");
    expect(direction(-0.1)).toBe("down");
    expect(direction(undefined)).toBe("flat");
  });

  it("round halves away from zero, as the server does", () => {
    expect([5609.5, -5609.5].map((value) => number(value, 0))).toEqual(["5,610", "−5,610"]);
    expect([5609.5, -5609.5, -0.5, -0.4].map((value) => signed(value, 0))).toEqual(["+5,610", "−5,610", "−1", "0"]);
    expect([1.005, -1.005].map((value) => signed(value))).toEqual(["+1.01", "−1.01"]);
  });

  it("shortens large quantities", () => {
    expect(compact(99_999)).toBe("99,999");
    expect(compact(120_000)).toBe("1.2 L");
    expect(compact(34_500_000)).toBe("3.5 Cr");
    expect(compact(12_345_678_900)).toBe("1,235 Cr");
  });
});

describe("times", () => {
  it("are Indian", () => {
    expect(istTime(new Date("2026-05-03T05:21:07Z"))).toBe("10:51:07 IST");
    expect(istDate(new Date("2026-05-03T19:00:00Z"))).toBe("4 May 2026");
    expect(istDate(new Date("2026-09-01T05:00:00Z"))).toBe("1 Sep 2026");
  });

  it("say how old and how long", () => {
    expect(age(0.4)).toBe("now");
    expect(age(3.9)).toBe("3 s ago");
    expect(age(240)).toBe("4 min ago");
    expect(age(200_000)).toBe("2 d ago");
    expect([0.4, 179, 180, 7_199, 7_200, 90_000, 172_800, 174_718].map(ageWords)).toEqual(["0 seconds", "179 seconds", "3 minutes", "120 minutes", "2 hours", "25 hours", "2 days", "2 days"]);
    expect(countdown(9)).toBe("9 s");
    expect(countdown(249)).toBe("4 min 09 s");
    expect(countdown(7500)).toBe("2 h 05 min");
    expect(countdown(-5)).toBe("0 s");
  });
});
