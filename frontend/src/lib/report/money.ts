/** Rupees in words, as a person would say them. */

import { number, signed } from "../format";

const WORDS: [number, string][] = [
  [1e12, "lakh crore"],
  [1e7, "crore"],
  [1e5, "lakh"],
  [1e3, "thousand"],
];

/** 12500000 is "1.25 crore rupees"; at most two decimals, none that are zero. */
export function inWords(rupees: number): string {
  if (!Number.isFinite(rupees) || rupees <= 0) return "";
  for (const [size, word] of WORDS) {
    if (rupees < size) continue;
    const share = rupees / size;
    const digits = [0, 1, 2].find((count) => Math.abs(share - Number(share.toFixed(count))) < 1e-9) ?? 2;
    const about = Math.abs(share - Number(share.toFixed(digits))) < 1e-9 ? "" : "about ";
    return `${about}${number(share, digits)} ${word} rupees`;
  }
  return `${number(rupees, rupees % 1 ? 2 : 0)} rupee${rupees === 1 ? "" : "s"}`;
}

/** "+₹59,950": the sign before the rupees. */
export function signedRupees(value: number, decimals = 0): string {
  const text = signed(value, decimals);
  return /^[+\u2212]/.test(text) ? `${text[0]}₹${text.slice(1)}` : `₹${text}`;
}

/** The same day so many years earlier; 29 February becomes the 28th. */
export function yearsBefore(day: string, years: number): string {
  const [year, month, date] = day.split("-").map(Number) as [number, number, number];
  const last = new Date(Date.UTC(year - years, month, 0)).getUTCDate();
  return new Date(Date.UTC(year - years, month - 1, Math.min(date, last))).toISOString().slice(0, 10);
}

/** "5 years", "1 year 3 months", "12 days" between two days. */
export function spanInWords(from: string, to: string): string {
  const days = Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000);
  if (!Number.isFinite(days) || days < 0) return "";
  const count = (n: number, word: string): string => `${n} ${word}${n === 1 ? "" : "s"}`;
  if (days < 62) return count(days + 1, "day");
  const months = Math.round(days / 30.4375);
  const [years, rest] = [Math.floor(months / 12), months % 12];
  return [years ? count(years, "year") : "", rest ? count(rest, "month") : ""].filter(Boolean).join(" ");
}
