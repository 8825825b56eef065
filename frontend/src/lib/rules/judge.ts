/** What the server says of a strategy while it is written: its words, its faults, and what it would buy now. */

import { ApiError, sendJson } from "../api";
import { sentence } from "../forms";
import type { Note } from "./builder";
import type { Json, Step } from "./path";

export type Sentences = {
  entry: string;
  selection: string;
  exits: string[];
  limits: string;
  addons: string;
  conviction: string;
  sizing: string;
};

export type Finding = { code: string; severity: "error" | "warning" | "info"; loc: Step[]; message: string };
export type Verdict = { valid: boolean; sentence: string; sentences: Sentences; findings: Finding[]; strategy: Json };

/** How many shares pass one rule alone. */
export type Passes = { loc: Step[]; count: number };

export type Matches = {
  universe: string;
  count: number;
  of: number;
  symbols: { symbol: string; sector: string; close: number; conviction: number; rank: number }[];
  passes: Passes[];
  is_rebalance_day: boolean;
  date: string;
  flags: string[];
  data_source: string;
};

/** Ask a question a moment after the last change; a new one takes back what is still open. */
export class Debounced<A, R> {
  private timer = 0;
  private running: AbortController | null = null;

  constructor(
    private readonly waitMs: number,
    private readonly ask: (input: A, signal: AbortSignal) => Promise<R>,
    private readonly done: (answer: R) => void,
    private readonly failed: (cause: unknown) => void,
  ) {}

  put(input: A): void {
    this.cancel();
    this.timer = window.setTimeout(() => void this.run(input), this.waitMs);
  }

  cancel(): void {
    clearTimeout(this.timer);
    this.running?.abort();
    this.running = null;
  }

  private async run(input: A): Promise<void> {
    const mine = new AbortController();
    this.running = mine;
    try {
      const answer = await this.ask(input, mine.signal);
      if (!mine.signal.aborted) this.done(answer);
    } catch (cause) {
      if (!mine.signal.aborted) this.failed(cause);
    }
  }
}

export const validate = (body: Json, signal: AbortSignal): Promise<Verdict> =>
  sendJson<Verdict>("POST", "/api/strategies/validate", body, undefined, signal);

export const matchesOf = ({ body, universe }: { body: Json; universe: string }, signal: AbortSignal): Promise<Matches> =>
  sendJson<Matches>("POST", "/api/strategies/matches", { strategy: body, universe, each: true }, undefined, signal);

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

export const notesOf = (findings: Finding[]): Note[] =>
  findings.map(({ loc, severity, message }) => ({ loc, severity, text: `${capital(message)}.` }));

/** The faults of a refusal as notes; anything else is one note about the whole. */
export function faultsOf(cause: unknown): Note[] {
  const faults = cause instanceof ApiError ? cause.faults : [];
  if (!faults.length) return [{ loc: [], severity: "fault", text: sentence(cause) }];
  return faults.map(({ loc, msg }) => ({ loc, severity: "fault", text: msg }));
}
