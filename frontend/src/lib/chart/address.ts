/** What a chart shows, as its address says it: interval, overlays, panes, adjusted. Pure. */

import { INTERVALS, type Interval } from "./bars";

export const OVERLAYS = ["sma20", "sma50", "ema20", "bb20", "supertrend", "vwap"] as const;
export const PANES = ["rsi14", "macd"] as const;

/** What the legend calls them. */
export const SHORT_NAMES: Record<string, string> = {
  sma20: "SMA 20",
  sma50: "SMA 50",
  ema20: "EMA 20",
  bb20: "BB",
  supertrend: "Supertrend",
  vwap: "VWAP",
  rsi14: "RSI 14",
  macd: "MACD",
};

export type View = { interval: Interval; overlays: string[]; panes: string[]; adjusted: boolean };

const words = (text: string | null): string[] => (text ?? "").split(",").filter(Boolean);

export function readView(search: string): View {
  const query = new URLSearchParams(search);
  const interval = query.get("interval") as Interval;
  return {
    interval: INTERVALS.includes(interval) ? interval : "day",
    overlays: words(query.get("overlays")).filter((name) => (OVERLAYS as readonly string[]).includes(name)),
    panes: words(query.get("panes")).filter((name) => (PANES as readonly string[]).includes(name)),
    adjusted: query.get("adjusted") !== "false",
  };
}

/** Only what differs from the default is written, so that the plain address stays plain. */
export function writeView(view: View): string {
  const parts: string[] = [];
  if (view.interval !== "day") parts.push(`interval=${view.interval}`);
  if (view.overlays.length) parts.push(`overlays=${view.overlays.join(",")}`);
  if (view.panes.length) parts.push(`panes=${view.panes.join(",")}`);
  if (!view.adjusted) parts.push("adjusted=false");
  return parts.length ? `?${parts.join("&")}` : "";
}
