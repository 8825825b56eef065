/** What a sweep's page shows, apart from the page: axes, slices, the chosen set, its words and its links. */

import type { Around, Figure, Point, Verdict } from "./charts/grid";
import { number } from "./format";

export type Axes = Record<string, number[]>;

export type Meta = {
  id: number;
  status: string;
  done: number;
  total: number;
  metric: string;
  axes: Axes;
  /** Names of the strategy's own parameters. */
  own: string[];
  params: Record<string, number>;
  run: Record<string, unknown>;
  strategy: { id: number; name: string; isMine: boolean } | null;
  inline: Record<string, unknown> | null;
};

const WORDS: Record<string, string> = {
  position_size_pct: "Position size %",
  max_positions: "Most positions",
  max_per_sector: "Most per sector",
  slippage_bps: "Slippage (0.01 %)",
};

/** A number's name for people; parameters keep the name they have in the rules. */
export const wordOf = (name: string): string => WORDS[name] ?? name;

/** Names of numbers that really vary, those with the most values first. */
export const varying = (axes: Axes): string[] =>
  Object.keys(axes).filter((name) => axes[name]!.length > 1).sort((a, b) => axes[b]!.length - axes[a]!.length);

/** A difference of a figure with its unit: "1.2 points". */
export const gap = (value: number, { unit, key }: Figure): string =>
  `${number(Math.abs(value), key === "total_trades" ? 0 : unit ? 1 : 2)}${unit ? ` ${unit}` : ""}`;

const VERDICTS: Record<Verdict, string> = { plateau: "A plateau.", spike: "A spike.", slope: "A slope.", flat: "All the same." };

export const verdictTitle = (verdict: Verdict): string => VERDICTS[verdict];

/** What the verdict means here, in a sentence. */
export function verdictWords(verdict: Verdict, value: number, around: Around, figure: Figure): string {
  const less = gap(value - around.mean, figure);
  const ahead = figure.better === "low" ? around.mean - value : value - around.mean;
  const beside = ahead >= 0 ? "worse" : "better";
  if (verdict === "flat") return "Every set gives the same: these numbers change nothing.";
  const own = around.count === 1 ? "Its only neighbour is" : "Its neighbours are";
  if (verdict === "plateau") return around.count === 1 ? `${own} ${less} ${beside}: much the same.` : `Its neighbours do much the same (${less} ${beside} on average), so the result does not hang on these exact numbers.`;
  if (verdict === "spike") return `It stands alone: ${own.toLowerCase()} ${less} worse${around.count === 1 ? "" : " on average"}. A small change of the numbers, or of the market, may lose what it shows.`;
  return figure.better
    ? `${own} ${less} ${beside}${around.count === 1 ? "" : ` on average and differ among themselves by ${gap(around.spread, figure)}`}: the result moves with these numbers.`
    : `Its neighbours differ from it by ${less} on average and among themselves by ${gap(around.spread, figure)}.`;
}

/** Where the map ends beside the chosen set, and what to do; empty in its middle. */
export function edgeWords(around: Around | null, x: string, y: string | null, isBest: boolean): string {
  if (!around?.edges.length) return "";
  const beyond = around.edges.map((edge) => ({ left: `below the smallest ${x}`, right: `above the largest ${x}`, bottom: `below the smallest ${y}`, top: `above the largest ${y}` })[edge]);
  const advice = isBest ? " The best may lie further out: try values there before you trust this one." : "";
  return `It stands at the edge of what was tried: nothing is known ${beyond.join(" and ")}.${advice}`;
}

/** Query of the form of a new run with these numbers in place. */
export function runQuery(meta: Meta, set: Record<string, number>): string {
  const query = new URLSearchParams();
  if (meta.strategy) query.set("strategy", String(meta.strategy.id));
  const own = new Set(meta.own);
  for (const [name, value] of Object.entries(meta.run)) query.set(name, typeof value === "object" ? JSON.stringify(value) : String(value));
  for (const [name, value] of Object.entries({ ...meta.params, ...set })) query.set(own.has(name) ? `params.${name}` : name, String(value));
  return query.toString();
}

/** The body of a run with these numbers, for rules that stand in no strategy. */
export function runBody(meta: Meta, set: Record<string, number>): Record<string, unknown> {
  const own = new Set(meta.own);
  const numbers = Object.fromEntries(Object.entries(set).filter(([name]) => !own.has(name)));
  const params = Object.fromEntries(Object.entries(set).filter(([name]) => own.has(name)));
  return { ...meta.run, ...numbers, strategy: meta.inline, params: { ...meta.params, ...params } };
}

/** How many sets gained, and where the middle half lies. */
export function spreadWords(points: readonly Point[], values: (number | null)[], figure: Figure): string {
  const known = values.filter((value): value is number => value !== null).sort((a, b) => a - b);
  if (!known.length) return "";
  const at = (share: number): number => known[Math.min(known.length - 1, Math.floor(share * known.length))]!;
  const gained = points.filter((point) => typeof point.cagr === "number" && point.cagr > 0).length;
  return `${number(gained, 0)} of ${number(points.length, 0)} sets gained. Half of all lie between ${figure.show(at(0.25))} and ${figure.show(at(0.75))}.`;
}
