/** What a tick says and how ticks add up. Pure, so that it can be tested without a socket. */

export type DepthLevel = { price: number; quantity: number; orders: number };

export type Tick = {
  ltp: number;
  change?: number | null;
  change_pct?: number | null;
  open?: number | null;
  high?: number | null;
  low?: number | null;
  prev_close?: number | null;
  volume?: number | null;
  average_price?: number | null;
  oi?: number | null;
  depth?: { buy: DepthLevel[]; sell: DepthLevel[] } | null;
  at?: string | null;
  data_source?: string;
  stale?: boolean;
};

/** A tick of a lighter mode leaves out fields: they keep their last value, and changes follow the new price. */
export function mergeTick(before: Tick | undefined, next: Tick): Tick {
  const merged: Tick = { ...before, ...next, stale: next.stale ?? false };
  if (next.change === undefined && merged.prev_close) {
    merged.change = next.ltp - merged.prev_close;
    merged.change_pct = (merged.change / merged.prev_close) * 100;
  }
  if (before && next.high === undefined && merged.high != null) merged.high = Math.max(merged.high, next.ltp);
  if (before && next.low === undefined && merged.low != null) merged.low = Math.min(merged.low, next.ltp);
  return merged;
}

/** Waiting time before attempt n (from 0): doubles from 0.5 s to 15 s, with up to a fifth of jitter. */
export function backoffMs(attempt: number, random: number): number {
  return Math.min(15_000, 500 * 2 ** attempt) * (1 + 0.2 * random);
}
