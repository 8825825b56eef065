/** A run as the API answers it: what the report's script reads of it. */

import type { YearRow } from "../charts/monthly";

export type Trade = {
  symbol: string;
  sector: string;
  entry_date: string;
  exit_date: string;
  entry_price: number;
  exit_price: number;
  quantity: number;
  pnl: number;
  pnl_pct: number;
  charges: number;
  bars_held: number;
  exit_reason: string;
  conviction: number;
  mfe_pct: number;
  mae_pct: number;
  addons: number;
  entry_factor: number;
  exit_factor: number;
};

/** A purchase that added to a position. Runs of older simulators do not tell them. */
export type Addon = { date: string; symbol: string; quantity: number; price: number };

export type Position = { symbol: string; entry_date: string; quantity: number; entry_price: number };

export type Point = { date: string; equity: number; cash: number; benchmark: number; drawdown_pct: number };

export type Run = {
  id: number;
  equity_curve: Point[];
  trades: Trade[];
  open_positions: Position[];
  addons?: Addon[];
  monthly_returns: YearRow[];
};
