/** Sweeps and walk-forward tests as arithmetic: values of a number, how many sets, which windows. Twin of the server's. */

export type Spread = { mode: "range"; from: number; to: number; step: number } | { mode: "list"; values: number[] };

/** A fault is a sentence for the person. */
export type Values = { values: number[]; fault: "" } | { values: []; fault: string };

export const MAX_VALUES = 1000;

const bad = (fault: string): Values => ({ values: [], fault });
const tidy = (value: number): number => Number(value.toFixed(10));

/** The values a spread stands for, as the server counts them. */
export function valuesOf(spread: Spread): Values {
  if (spread.mode === "list") {
    if (!spread.values.length) return bad("Give at least one value.");
    if (spread.values.some((value) => !Number.isFinite(value))) return bad("Only numbers, separated by commas.");
    if (new Set(spread.values).size < spread.values.length) return bad("A value stands there twice.");
    return { values: spread.values, fault: "" };
  }
  const { from, to, step } = spread;
  if (![from, to, step].every(Number.isFinite)) return bad("Give from, to and step.");
  if (step <= 0) return bad("The step must be more than 0.");
  if (from > to) return bad("“From” must not be above “to”.");
  if ((to - from) / step >= MAX_VALUES) return bad(`At most ${MAX_VALUES} values.`);
  const count = Math.floor((to - from) / step + 1e-9) + 1;
  return { values: Array.from({ length: count }, (_, i) => tidy(from + i * step)), fault: "" };
}

/** The numbers of a list as it is typed; a comma, a semicolon or a blank separates. */
export const parseList = (text: string): number[] =>
  text.split(/[\s,;]+/).filter(Boolean).map(Number);

/** A round step near a size: 1, 2 or 5 times a power of ten. */
function roundStep(size: number): number {
  const power = 10 ** Math.floor(Math.log10(size));
  const digit = size / power;
  return (digit < 1.5 ? 1 : digit < 3.5 ? 2 : digit < 7.5 ? 5 : 10) * power;
}

/** Five values around the present one, within bounds; whole where it is whole. */
export function suggest(value: number, low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY): { from: number; to: number; step: number } {
  const isWhole = Number.isInteger(value);
  const size = Math.abs(value) || 10;
  const step = isWhole ? Math.max(1, roundStep(size / 5)) : roundStep(size / 5);
  const from = Math.max(low, value > 0 ? Math.max(value - 2 * step, tidy(value % step) || step) : value - 2 * step);
  return { from: tidy(from), to: tidy(Math.min(high, from + 4 * step)), step: tidy(step) };
}

/** How many sets, and as what product: "5 × 4 × 3". */
export function countSets(values: number[][]): { sets: number; product: string } {
  const sizes = values.map((one) => one.length);
  return { sets: sizes.length ? sizes.reduce((a, b) => a * b, 1) : 0, product: sizes.join(" × ") };
}

export type Window = { trainFrom: string; trainTo: string; testFrom: string; testTo: string };

/** The same day so many months later, the month's last where it has no such day. */
export function monthsAfter(day: string, months: number): string {
  const [year, month, date] = day.split("-").map(Number) as [number, number, number];
  const number = year * 12 + month - 1 + months;
  const last = new Date(Date.UTC(Math.floor(number / 12), (number % 12) + 1, 0)).getUTCDate();
  return new Date(Date.UTC(Math.floor(number / 12), number % 12, Math.min(date, last))).toISOString().slice(0, 10);
}

const dayBefore = (day: string): string => new Date(Date.parse(`${day}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);

/** The windows of a walk-forward test: each trains, then tests on the months after; the last may be cut. */
export function windowsOf(start: string, end: string, trainMonths: number, testMonths: number): Window[] {
  if (!start || !end || start > end || !(trainMonths >= 1) || !(testMonths >= 1)) return [];
  const found: Window[] = [];
  for (let at = 0; at < 1200; at += 1) {
    const testFrom = monthsAfter(start, trainMonths + at * testMonths);
    if (testFrom > end) break;
    const testTo = dayBefore(monthsAfter(start, trainMonths + (at + 1) * testMonths));
    found.push({ trainFrom: monthsAfter(start, at * testMonths), trainTo: dayBefore(testFrom), testFrom, testTo: testTo < end ? testTo : end });
  }
  return found;
}
