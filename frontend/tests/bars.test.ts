import { describe, expect, it } from "vitest";

import { advance, bucket, daysBefore, istDay, join, joinIndicators, toBar, withTail, type Bar, type Indicators } from "../src/lib/chart/bars";
import { readView, writeView } from "../src/lib/chart/address";

const at = (text: string): number => Date.parse(text) / 1000;
const bar = (time: Bar["time"], close = 10): Bar => ({ time, open: 10, high: 12, low: 9, close, volume: 100 });

describe("buckets", () => {
  it("count from a known bar: an hour of the exchange begins at 09:15", () => {
    expect(bucket(at("2026-05-04T05:00:00Z"), "60minute", at("2026-05-04T03:45:00Z"))).toBe(at("2026-05-04T04:45:00Z"));
    expect(bucket(at("2026-05-04T03:49:59Z"), "5minute", at("2026-05-04T03:45:00Z"))).toBe(at("2026-05-04T03:45:00Z"));
  });

  it("are Indian dates for days", () => {
    expect(bucket(at("2026-05-03T19:00:00Z"), "day", "2026-05-01")).toBe("2026-05-04");
    expect(istDay(at("2026-05-03T18:29:59Z"))).toBe("2026-05-03");
  });
});

describe("a close without a bar", () => {
  it("says so, and the close stands in for what is never shown", () => {
    const candle = { t: "2026-05-04", open: null, high: null, low: null, close: 8, volume: null };
    expect(toBar(candle)).toEqual({ time: "2026-05-04", open: 8, high: 8, low: 8, close: 8, volume: 0, closeOnly: true });
    expect(toBar({ ...candle, open: 7, high: 9, low: 6 })).not.toHaveProperty("closeOnly");
  });
});

describe("a tick", () => {
  const last = bar(at("2026-05-04T03:45:00Z"));

  it("moves the bar it falls in", () => {
    expect(advance(last, { price: 13, at: at("2026-05-04T03:45:30Z") }, "minute")).toEqual({ ...last, high: 13, close: 13 });
  });

  it("opens the next bar", () => {
    const next = advance(last, { price: 8, at: at("2026-05-04T03:46:00Z") }, "minute");
    expect(next).toEqual({ time: at("2026-05-04T03:46:00Z"), open: 8, high: 8, low: 8, close: 8, volume: 0 });
  });

  it("is ignored when it is older than the bar", () => {
    expect(advance(last, { price: 8, at: at("2026-05-04T03:44:59Z") }, "minute")).toBeNull();
  });

  it("brings the day's open and volume to a day bar", () => {
    const next = advance(bar("2026-05-01"), { price: 11, at: at("2026-05-04T04:00:00Z"), dayOpen: 10.5, dayVolume: 700 }, "day");
    expect(next).toEqual({ time: "2026-05-04", open: 10.5, high: 11, low: 10.5, close: 11, volume: 700 });
  });
});

describe("lists of bars", () => {
  it("join without doubles, the newer answer holding", () => {
    expect(join([bar(1), bar(2)], [bar(2, 5), bar(3)])).toEqual([bar(1), bar(2, 5), bar(3)]);
    expect(join([bar(1)], [])).toEqual([bar(1)]);
  });

  it("take a tail only where it continues them", () => {
    expect(withTail([bar(1), bar(2)], [bar(2, 5), bar(3)])).toEqual([bar(1), bar(2, 5), bar(3)]);
    expect(withTail([bar(1), bar(2)], [bar(4)])).toBeNull();
    expect(withTail([bar(1)], [])).toBeNull();
  });

  it("carry their indicators with them", () => {
    const part = (points: [string, number | null][]): Indicators => ({ series: [{ name: "sma20", kind: "overlay", lines: [{ key: "line", label: "SMA", points }] }] });
    expect(joinIndicators([part([["2026-05-01", 1]]), part([["2026-05-04", 2]])])).toEqual(part([["2026-05-01", 1], ["2026-05-04", 2]]));
    expect(joinIndicators([])).toEqual({ series: [] });
  });

  it("read the API's candles", () => {
    expect(toBar({ t: "2026-05-04", open: 1, high: 2, low: 1, close: 2, volume: null })).toEqual({ time: "2026-05-04", open: 1, high: 2, low: 1, close: 2, volume: 0 });
    expect(daysBefore("2026-03-01", 1)).toBe("2026-02-28");
  });
});

describe("the address", () => {
  it("carries what differs from the default", () => {
    const view = readView("?interval=5minute&overlays=sma20,nonsense,vwap&panes=rsi14&adjusted=false");
    expect(view).toEqual({ interval: "5minute", overlays: ["sma20", "vwap"], panes: ["rsi14"], adjusted: false });
    expect(writeView(view)).toBe("?interval=5minute&overlays=sma20,vwap&panes=rsi14&adjusted=false");
    expect(writeView(readView("?interval=century"))).toBe("");
  });
});
