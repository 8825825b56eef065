/** Numbers and times as India reads them. The server's twin is market/pages/figures.py. */

const IST = "Asia/Kolkata";
const MINUS = "\u2212";

export type Direction = "up" | "down" | "flat";

const groupers = new Map<number, Intl.NumberFormat>();

function grouper(decimals: number): Intl.NumberFormat {
  let found = groupers.get(decimals);
  if (!found) {
    found = new Intl.NumberFormat("en-IN", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    groupers.set(decimals, found);
  }
  return found;
}

const known = (value: number | null | undefined): value is number => value != null && Number.isFinite(value);

/** 123456.5 is "1,23,456.50"; an unknown value is a dash. */
export function number(value: number | null | undefined, decimals = 2): string {
  if (!known(value)) return "–";
  return grouper(decimals).format(value).replace("-", MINUS);
}

export const price = (value: number | null | undefined): string => number(value, 2);

/** With its sign; what prints as zero has none. */
export function signed(value: number | null | undefined, decimals = 2): string {
  if (!known(value)) return "–";
  const text = grouper(decimals).format(Math.abs(value));
  if (!/[1-9]/.test(text)) return text;
  return (value > 0 ? "+" : MINUS) + text;
}

export const signedPct = (value: number | null | undefined, decimals = 1): string =>
  known(value) ? `${signed(value, decimals)}%` : "–";

/** 1234567 is "12.3 L", 34567890 is "3.5 Cr"; below one lakh whole numbers. */
export function compact(value: number | null | undefined): string {
  if (!known(value)) return "–";
  const size = Math.abs(value);
  if (size >= 1e7) return `${number(value / 1e7, size >= 1e9 ? 0 : 1)} Cr`;
  if (size >= 1e5) return `${number(value / 1e5, 1)} L`;
  return number(value, 0);
}

export function direction(value: number | null | undefined): Direction {
  if (!known(value) || value === 0) return "flat";
  return value > 0 ? "up" : "down";
}

const timeParts = new Intl.DateTimeFormat("en-GB", {
  timeZone: IST,
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hour12: false,
});
const dateParts = new Intl.DateTimeFormat("en-US", { timeZone: IST, day: "numeric", month: "short", year: "numeric" });

/** "14:05:09 IST" */
export const istTime = (moment: Date): string => `${timeParts.format(moment)} IST`;

/** "14:05" without the word, for axes that carry it once. */
export const istMinute = (moment: Date): string => timeParts.format(moment).slice(0, 5);

/** "3 May 2026" of the day in India. */
export function istDate(moment: Date): string {
  const parts = Object.fromEntries(dateParts.formatToParts(moment).map(({ type, value }) => [type, value]));
  return `${parts.day} ${parts.month} ${parts.year}`;
}

/** Age of a value: "now", "3 s ago", "4 min ago", "2 h ago", "5 d ago". */
export function age(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 1) return "now";
  if (s < 60) return `${s} s ago`;
  if (s < 3600) return `${Math.floor(s / 60)} min ago`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h ago`;
  return `${Math.floor(s / 86_400)} d ago`;
}

const UNITS: [string, number, number][] = [["days", 86_400, 2], ["hours", 3600, 2], ["minutes", 60, 3]]; // prettier-ignore

/** An age in words, as the server's vetoes have it (engines/mvla/words.py): "45 seconds", "9 minutes", "25 hours", "2 days". */
export function ageWords(seconds: number): string {
  const [unit, length] = UNITS.find(([, long, least]) => seconds >= least * long) ?? ["seconds", 1];
  return `${number(seconds / length, 0)} ${unit}`;
}

/** Time left: "2 h 05 min", "4 min 09 s", "9 s". */
export function countdown(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  const two = (n: number): string => String(n).padStart(2, "0");
  if (s >= 86_400) return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3600)} h`;
  if (s >= 3600) return `${Math.floor(s / 3600)} h ${two(Math.floor((s % 3600) / 60))} min`;
  if (s >= 60) return `${Math.floor(s / 60)} min ${two(s % 60)} s`;
  return `${s} s`;
}
