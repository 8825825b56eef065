/** Numbers as they are typed: `45`, `5,00,00,000`, or the name of a parameter. */

import { isParam, type Node } from "./language";
import type { Json } from "./path";

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,39}$/;
const grouped = new Intl.NumberFormat("en-IN", { maximumFractionDigits: 10 });

export const isName = (text: string): boolean => NAME.test(text);

/** What was typed: a number, a reference to a parameter, or the text itself, which the server then refuses. */
export function parseNumber(text: string): Json {
  const plain = text.trim().replace(/^\u2212/, "-").replaceAll(/[,_\s](?=\d)/g, "");
  if (plain !== "" && Number.isFinite(Number(plain))) return Number(plain);
  return isName(text.trim()) ? { type: "param", name: text.trim() } : text.trim();
}

/** A value as it stands in its field. Whole numbers from a lakh on are grouped. */
export function showNumber(value: Json | undefined): string {
  if (typeof value === "number") return Number.isInteger(value) && Math.abs(value) >= 1e5 ? grouped.format(value) : String(value);
  if (isParam(value)) return String((value as Node).name ?? "");
  return value === undefined || value === null ? "" : String(value);
}
