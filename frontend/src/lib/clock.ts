/** Market phase, IST clock and countdown in the top bar, from /api/market/status. */

import { getJson } from "./api";
import { $ } from "./dom";
import { countdown, istTime } from "./format";
import { expectTicks, setClockSkew } from "./live";

export type MarketStatus = {
  exchange: string;
  phase: string;
  is_open: boolean;
  trade_date: string | null;
  market_time_ist: string | null;
  next_phase: string | null;
  next_change_at: string | null;
  feed: { state: string; provider: string; age_s: number | null };
  simulated: boolean;
  banner: string | null;
  as_of: string;
};

const POLL_MS = 15_000;

let status: MarketStatus | null = null;
let fetchedAt = 0;

export const phaseName = (phase: string): string => {
  const text = phase.replaceAll("_", " ").toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
};

async function refresh(): Promise<void> {
  try {
    status = await getJson<MarketStatus>("/api/market/status");
  } catch {
    return; // The feed pill says what is wrong; the clock goes on from the last answer.
  }
  fetchedAt = performance.now();
  setClockSkew(Date.parse(status.as_of) - Date.now());
  expectTicks(status.is_open);
  show(status);
}

function show(now: MarketStatus): void {
  const box = $("#market-clock");
  if (!box) return;
  const phase = $<HTMLElement>(".phase", box);
  if (phase) {
    phase.dataset.open = String(now.is_open);
    const label = $(".phase-name", phase);
    if (label) label.textContent = phaseName(now.phase);
  }
  const band = $("#market-band");
  if (band) {
    band.hidden = !now.banner;
    band.textContent = now.banner;
  }
  tick();
}

function tick(): void {
  const box = $("#market-clock");
  if (!box || !status) return;
  const passedMs = performance.now() - fetchedAt;
  const clock = $<HTMLTimeElement>("time", box);
  const marketNow = Date.parse(status.market_time_ist ?? status.as_of) + passedMs;
  if (clock) clock.textContent = istTime(new Date(marketNow));
  const left = $(".countdown", box);
  if (!left) return;
  if (!status.next_change_at) {
    left.textContent = "";
    return;
  }
  const seconds = (Date.parse(status.next_change_at) - marketNow) / 1000;
  const next = status.next_phase === status.phase ? "Next session" : phaseName(status.next_phase ?? "next phase");
  left.textContent = `${next} in ${countdown(seconds)}`;
  if (seconds <= 0 && passedMs > 1500) void refresh();
}

export function startClock(): void {
  if (!$("#market-clock")) return;
  void refresh();
  setInterval(() => {
    if (!document.hidden) void refresh();
  }, POLL_MS);
  setInterval(tick, 1000);
}
