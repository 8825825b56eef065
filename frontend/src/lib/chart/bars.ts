/** Candles of the API, the bars of the chart, and how a tick moves the last bar. Pure. */

export type Interval = "minute" | "5minute" | "15minute" | "60minute" | "day";

/** Where a source gave closes and no bars, open, high and low are null throughout and the answer says `closes_only`. */
export type Candle = {
  t: string;
  open: number | null;
  high: number | null;
  low: number | null;
  close: number;
  volume: number | null;
};
export type Candles = {
  symbol: string;
  interval: Interval;
  adjusted: boolean;
  candles: Candle[];
  data_source: string | null;
  as_of: string | null;
};
export type IndicatorLine = { key: string; label: string; points: [string, number | null][] };
export type Indicators = { series: { name: string; kind: "overlay" | "pane"; lines: IndicatorLine[] }[] };

/** A day is a date, an intraday bar is seconds since 1970 UTC: what the chart library wants. */
export type BarTime = string | number;
/** `closeOnly`: nothing but the close is known; it stands in for the rest, which is never shown. */
export type Bar = {
  time: BarTime;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  closeOnly?: true;
};

export const INTERVALS: Interval[] = ["minute", "5minute", "15minute", "60minute", "day"];

const MINUTES: Record<Exclude<Interval, "day">, number> = { minute: 1, "5minute": 5, "15minute": 15, "60minute": 60 };
/** Calendar days of one answer: a market that never closes stays under the API's limit of 5,000 bars. */
export const SPAN_DAYS: Record<Interval, number> = { minute: 2, "5minute": 14, "15minute": 45, "60minute": 180, day: 1100 };

const IST_S = (5 * 60 + 30) * 60;
const DAY_S = 86_400;

export const barTime = (t: string): BarTime => (t.length === 10 ? t : Math.floor(Date.parse(t) / 1000));

export const toBar = (c: Candle): Bar => ({
  time: barTime(c.t),
  open: c.open ?? c.close,
  high: c.high ?? c.close,
  low: c.low ?? c.close,
  close: c.close,
  volume: c.volume ?? 0,
  ...(c.open === null && { closeOnly: true as const }),
});

/** The date in India of an instant, "2026-05-03". */
export const istDay = (seconds: number): string => new Date((seconds + IST_S) * 1000).toISOString().slice(0, 10);

/** The start of the bar that an instant falls in, counted from a bar of the same interval. */
export function bucket(seconds: number, interval: Interval, known: BarTime): BarTime {
  if (interval === "day" || typeof known === "string") return istDay(seconds);
  const length = MINUTES[interval] * 60;
  return known + Math.floor((seconds - known) / length) * length;
}

type Price = { price: number; at: number; dayOpen?: number | null; dayVolume?: number | null };

/** The last bar after a price: the same bar moved, a new bar, or null when the price is older than the bar. */
export function advance(last: Bar, tick: Price, interval: Interval): Bar | null {
  const time = bucket(tick.at, interval, last.time);
  if (time < last.time) return null;
  const volume = interval === "day" && tick.dayVolume != null ? tick.dayVolume : null;
  if (time === last.time) {
    return {
      ...last,
      high: Math.max(last.high, tick.price),
      low: Math.min(last.low, tick.price),
      close: tick.price,
      volume: volume ?? last.volume,
    };
  }
  const open = interval === "day" && tick.dayOpen != null ? tick.dayOpen : tick.price;
  return {
    time,
    open,
    high: Math.max(open, tick.price),
    low: Math.min(open, tick.price),
    close: tick.price,
    volume: volume ?? 0,
  };
}

/** Join older bars before newer ones; where both have a bar the newer answer holds. */
export function join(older: Bar[], newer: Bar[]): Bar[] {
  const first = newer[0]?.time;
  if (first === undefined) return older;
  return [...older.filter((bar) => bar.time < first), ...newer];
}

/** The same bars with the newest ones replaced or added; null when the tail does not continue them. */
export function withTail(bars: Bar[], tail: Bar[]): Bar[] | null {
  const first = tail[0];
  if (!first || !bars.some((bar) => bar.time === first.time)) return null;
  return join(bars, tail);
}

/** The same indicators over adjoining ranges, oldest first, as one. */
export function joinIndicators(parts: Indicators[]): Indicators {
  const [first, ...rest] = parts;
  if (!first) return { series: [] };
  return {
    series: first.series.map((indicator, i) => ({
      ...indicator,
      lines: indicator.lines.map((line, k) => ({
        ...line,
        points: rest.reduce((points, part) => points.concat(part.series[i]?.lines[k]?.points ?? []), line.points),
      })),
    })),
  };
}

/** "2026-05-03" minus days. */
export function daysBefore(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) - days * DAY_S * 1000).toISOString().slice(0, 10);
}
