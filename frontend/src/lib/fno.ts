/** Answers of the F&O engine as the API gives them, and their words. Shapes: docs/engines/mvla.md. */

import { istMinute, number } from "./format";
import { refusedWords } from "./refused";

export type Vote = { name: string; label: string; weight: number; value: number | null; contribution: number | null; words: string };
export type Part = { name: string; label: string; weight: number; measure: number | null; value: number | null };
export type Check = { code: string; passed: boolean | null; measure: number | null; limit: number | null; unit: string; words: string };
export type Softener = { code: string; label: string; factor: number };
export type Discipline = { triggers_today: number; stops_today: number; day_r: number | null; week_r: number | null; size: number; free_from_s: number | null };
export type Layers = {
  direction: { d: number | null; q: number; agreement: number | null; kept_minutes: number | null; votes: Vote[] };
  strength: { s: number | null; coverage: number; iv_rank: number | null; parts: Part[] };
  filters: { checks: Check[]; softeners: Softener[]; discipline: Discipline };
};

export type Trade = {
  type: "ATM" | "OTM" | "ITM";
  strike: number;
  option_type: "CE" | "PE";
  tradingsymbol: string;
  expiry: string;
  ltp: number | null;
  bid: number | null;
  ask: number | null;
  iv: number;
  iv_source: string;
  delta: number;
  gamma: number;
  theta: number;
  vega: number;
  entry_price: number;
  sl: number;
  target: number;
  rr_gross: number;
  rr_net: number;
  lot_size: number;
  cost_per_lot: number;
  max_loss_per_lot: number;
  reward_per_lot: number;
  target_probability: number;
  break_even_probability: number;
  expected_r: number;
  lots: number;
  rank: number;
  risk: string;
  avoid: boolean;
};

export type Direction = "BULLISH" | "BEARISH" | "NEUTRAL";
export type Calibration = { id: string | null; kind: string; n: number; cap: number | null };

export type Analysis = {
  trade_direction: Direction;
  confidence: number;
  confidence_grade: string;
  tier: string | null;
  raw_confidence: number | null;
  calibrated: boolean;
  calibration: Calibration;
  entry_mode: string;
  entry_words: string;
  spot_price: number | null;
  forward: number | null;
  /** To the settlement in the exchange's own time, which is not the wall's on a market that is always open. */
  years_to_expiry: number | null;
  expiry: string | null;
  actionable: boolean;
  vetoes: string[];
  veto_words: string[];
  trades: Trade[];
  layers: Layers;
  stop_distance: number | null;
  size: number;
  market_phase: string;
  market_time?: string | undefined;
  trade_date?: string | undefined;
  data_source: string;
  data_age_s: number | null;
  as_of: string | null;
  scanned_at: string;
  missing_words: string[];
  engine_version: string;
};

export type Signal = {
  id: number;
  trade_code: string;
  index: string;
  trade_direction: Direction;
  entry_mode: string;
  confidence: number;
  tier: string;
  calibrated: boolean;
  atm_strike: number;
  spot_price: number;
  exchange: string;
  tradingsymbol: string;
  option_type: string;
  expiry: string;
  lot_size: number;
  entry_price: number;
  sl: number;
  target: number;
  max_loss_per_lot: number;
  status: "LIVE" | "CLOSED";
  outcome: "OPEN" | "TARGET" | "SL" | "TIME_EXIT" | "EXPIRED";
  last_price: number | null;
  last_price_at: string | null;
  exit_price: number | null;
  pnl_points: number | null;
  r_multiple: number | null;
  charges_per_lot: number | null;
  net_per_lot: number | null;
  mfe_points: number;
  mae_points: number;
  triggered_at: string;
  deadline: string;
  closed_at: string | null;
  data_source: string;
};

export type Answer = { index: string; analysis: Analysis; signal: Signal | null };

export type ChainQuote = { ltp: number | null; iv: number | null; iv_source: string | null; delta: number | null; oi: number; oi_change: number | null; volume: number };
export type ChainRow = { strike: number; ce: ChainQuote | null; pe: ChainQuote | null };
export type Chain = {
  index: string;
  expiry: string | null;
  days_to_expiry: number | null;
  spot_price: number | null;
  forward: number | null;
  atm_strike: number | null;
  put_call_ratio: number | null;
  rows: ChainRow[];
  chosen: { type: string; strike: number; option_type: string }[];
  data_source: string;
  as_of: string | null;
  faults: string[];
};

export const DIRECTIONS: Record<Direction, { word: string; arrow: string; turn: string }> = {
  BULLISH: { word: "Bullish", arrow: "↑", turn: "up" },
  BEARISH: { word: "Bearish", arrow: "↓", turn: "down" },
  NEUTRAL: { word: "No direction", arrow: "→", turn: "flat" },
};

export const MODES: Record<string, string> = { BREAKOUT: "Breakout", PULLBACK: "Pullback", CONTINUATION: "Continuation", REVERSAL: "Reversal", NONE: "No entry" };
export const TIERS: Record<string, string> = { HIGH: "High tier", REGULAR: "Regular tier", AGGRESSIVE: "Aggressive tier" };
export const OUTCOMES: Record<Signal["outcome"], string> = { OPEN: "Still live", TARGET: "Target reached", SL: "Stopped out", TIME_EXIT: "Time was up", EXPIRED: "Expired" };
/** The colour that goes with the words of an outcome. */
export const OUTCOME_TURNS: Record<Signal["outcome"], string> = { OPEN: "accent", TARGET: "up", SL: "down", TIME_EXIT: "", EXPIRED: "" };
export const TYPES: Record<string, string> = { ATM: "At the money", OTM: "One step out of the money", ITM: "Two steps in the money" };

/** Grade and tier in words: "Weak · Aggressive tier". */
export function gradeWords({ confidence_grade: grade, tier }: Pick<Analysis, "confidence_grade" | "tier">): string {
  return tier ? `${grade} · ${TIERS[tier] ?? tier}` : "Below every tier";
}

/**
 * The time of the session that the engine goes by, "12:31", where that is not the time in India: a simulated market that
 * never closes runs through its sessions at another pace. Empty where both agree.
 */
export function sessionTime({ market_time: at, scanned_at }: Pick<Analysis, "market_time" | "scanned_at">): string {
  const [hours, minutes] = (at ?? "").split(":").map(Number);
  const [here, past] = istMinute(new Date(scanned_at)).split(":").map(Number);
  if (hours === undefined || minutes === undefined || here === undefined || past === undefined) return "";
  const apart = Math.abs(60 * (hours - here) + minutes - past);
  return Math.min(apart, 1440 - apart) > 1 ? at! : "";
}

/** "12:31 of the simulated session", empty where the market keeps the time in India. */
export function sessionWords(it: Pick<Analysis, "market_time" | "scanned_at" | "data_source">): string {
  const at = sessionTime(it);
  return at && `${at} of the ${it.data_source === "simulated" ? "simulated " : ""}session`;
}

/** A check as a line: what it looks at, and the measured number against its limit, both in one unit. */
export function checkWords({ code, passed, measure, limit, unit, words }: Check): string {
  const name = CHECKS[code] ?? code.toLowerCase().replaceAll("_", " ");
  const of = unit || UNITS[code] || "";
  const said = of === "%" ? "%" : of && ` ${of}`;
  const figure = (value: number) => number(value, unit === "bars" || unit === "s" || Math.abs(value) >= 1000 ? 0 : 2) + said;
  const numbers = measure === null || limit === null ? "" : ` (${figure(measure)}, limit ${figure(limit)})`;
  return `${name}${numbers}${passed === null && words ? `. ${words}` : ""}`;
}

/** Checks have codes; a passed one is told by what it looks at. */
const CHECKS: Record<string, string> = {
  MARKET_CLOSED: "Continuous trading", TOO_EARLY: "After the opening range", TOO_LATE: "Enough of the session left", EVENT_BLACKOUT: "No announcement near",
  DATA_STALE: "Fresh data", WARMING_UP: "Enough bars", VIX_JUMP: "India VIX calm", CHOPPY: "Not sideways", NEAR_CIRCUIT: "Far from a circuit trigger",
  AFTER_HALT: "No halt just before", SIGNAL_LIVE: "No live signal", LOW_COVERAGE: "Enough votes have data", NO_DIRECTION: "A direction", MOMENTUM_NOT_CONFIRMED: "Momentum confirms it",
  NO_ENTRY: "An entry pattern", MAX_TRIGGERS: "Fewer than three signals today", COOL_DOWN: "No cool-down", DAILY_LOSS_STOP: "No daily loss stop",
  SPREAD_WIDE: "Narrow spread", THIN_OPTION: "Liquid option", REWARD_TOO_SMALL: "Reward against risk", COST_TOO_HIGH: "Costs against the expected reward",
  NO_CHAIN: "An option chain", MISSING_STRIKES: "All strikes quoted", NO_FORWARD: "A forward", IV_UNKNOWN: "Volatility known", NO_SPOT: "Bars of the index",
  LOT_UNKNOWN: "Lot size known", PROVIDER_DOWN: "Source answers", CALENDAR_UNKNOWN: "Calendar loaded", NOT_LISTED: "Contract listed",
}; // prettier-ignore

/** What is measured by checks whose numbers have no unit of their own. */
const UNITS: Record<string, string> = { CHOPPY: "of 100", REWARD_TOO_SMALL: "times the risk" };

/** What stands behind the number: how many outcomes, or that there are not enough. */
export function calibrationWords({ calibrated, calibration }: Pick<Analysis, "calibrated" | "calibration">): string {
  if (!calibrated) return `uncalibrated, capped at ${calibration.cap ?? 74}`;
  return `calibrated on ${number(calibration.n, 0)} outcomes${calibration.cap === null ? "" : `, capped at ${calibration.cap} by an alarm`}`;
}

/** The parts of the loss-averse state that hold back, in sentences. `nowS`: seconds since 1970. */
export function disciplineWords(state: Discipline, vetoes: readonly string[], nowS: number): string[] {
  const said = [`${state.triggers_today} of 3 signals today, ${state.stops_today} of 2 stops.`];
  if (vetoes.includes("DAILY_LOSS_STOP")) said.push("The day is over for this index: two stops, or twice the risk is lost.");
  if (state.free_from_s !== null && state.free_from_s > nowS) said.push(`After a stop this direction rests for another ${Math.ceil((state.free_from_s - nowS) / 60)} min.`);
  if (state.size < 1) said.push(`Size is ${number(100 * state.size, 0)}% of the usual, after a bad week.`);
  return said;
}

/** Where a live option stands, from its price: points and R. */
export function standing(signal: Pick<Signal, "entry_price" | "sl">, price: number): { points: number; r: number } {
  const points = price - signal.entry_price;
  return { points, r: points / (signal.entry_price - signal.sl) };
}

/** Place between stop (0) and target (1), kept a little inside the drawing. */
export function placeOf(signal: Pick<Signal, "sl" | "target">, price: number): number {
  return Math.max(-0.04, Math.min(1.04, (price - signal.sl) / (signal.target - signal.sl)));
}

export type Health = { kind: "live" | "closed" | "late" | "down"; words: string };

/** A scan comes every minute; one and a half without any is late. */
export const LATE_S = 90;

/** What the page says of how fresh everything is. `refused`: the code that ended the socket for good, else 0; `scanAgeS`: of the newest scan of the index. */
export function health(state: { socket: boolean; refused: number; feed: string; phase: string; scanAgeS: number | null }): Health {
  if (!state.socket && state.refused) return { kind: "down", words: `${refusedWords(state.refused)} Until then nothing new comes in; what you see is from before.` };
  if (!state.socket) return { kind: "down", words: "The connection is lost; it is tried again. What you see is from before." };
  if (state.phase !== "OPEN" && state.phase !== "") return { kind: "closed", words: "The market is not in continuous trading, so nothing is scanned. What you see is the last state." };
  if (state.feed === "down") return { kind: "down", words: "Prices have stopped. What you see is from before; do not act on it." };
  if (state.scanAgeS === null) return { kind: "late", words: "No scan has come in yet; the first one comes within a minute." };
  if (state.scanAgeS > LATE_S) return { kind: "late", words: "Scans are late: the newest is older than a minute and a half." };
  return { kind: "live", words: "Live: every index is scanned once a minute." };
}
