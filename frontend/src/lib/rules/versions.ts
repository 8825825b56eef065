/** Versions of a strategy: what changed between two, and going back to an older one. */

import { getJson } from "../api";
import { $, el, must } from "../dom";
import { sentence } from "../forms";
import { showNumber } from "./numbers";
import { placeOf, type Json, type Step } from "./path";

type Change = { place: string; loc: Step[]; kind: "added" | "removed" | "changed"; before: Json; after: Json; before_text: string; after_text: string };
export type Diff = { from: number; to: number; changes: Change[] };

const PARTS: Record<string, string> = {
  name: "Name", description: "Description", base_model: "Base model", is_active: "Active", universe: "Universe",
  params: "Parameter", regime: "Only while", rebalance: "Buys are made", entry_rules: "Buy when", exit_rules: "Sell when",
  addon_rules: "Add-ons", conviction_scoring: "Conviction", select: "Ranking", sizing: "Size", config: "Limits",
}; // prettier-ignore
const SIDES: Record<string, string> = {
  left: "left side", right: "right side", hi: "upper bound", op: "comparison", condition: "condition", value: "value",
  priority: "priority", ignore_min_hold: "also before the least holding time", exit_price: "price named in reports",
}; // prettier-ignore

/** A place in words: `Buy when › rule 2 › right side`. */
export function placeInWords(loc: readonly Step[]): string {
  const [part, ...rest] = loc;
  if (part === undefined) return "The strategy";
  const words = [PARTS[String(part)] ?? String(part)];
  for (const step of rest) {
    if (typeof step === "number") words.push(part === "exit_rules" && words.length === 1 ? `exit ${step + 1}` : `rule ${step + 1}`);
    else if (step !== "conditions" && step !== "params" && step !== "name") words.push(SIDES[step] ?? step);
    else if (step === "name") words.push(part === "exit_rules" || part === "conviction_scoring" ? "name" : "indicator");
  }
  return words.join(" › ");
}

function shown(value: Json, text: string): string {
  if (text) return text;
  if (value === null) return "–";
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "object" ? JSON.stringify(value) : showNumber(value);
}

const KINDS: Record<Change["kind"], string> = { added: "Added", removed: "Removed", changed: "Changed" };

export function diffTable({ from, to, changes }: Diff): HTMLElement {
  if (!changes.length) return el("p", { class: "muted" }, `Versions ${from} and ${to} are the same, word for word.`);
  const rows = changes.map((change) => {
    const place = el("th", { scope: "row" }, placeInWords(change.loc), el("code", {}, placeOf(change.loc)));
    const before = el("td", {}, change.kind === "added" ? el("span", { class: "muted" }, "–") : el("del", {}, shown(change.before, change.before_text)));
    const after = el("td", {}, change.kind === "removed" ? el("span", { class: "muted" }, "–") : el("ins", {}, shown(change.after, change.after_text)));
    return el("tr", {}, place, el("td", {}, KINDS[change.kind]), before, after);
  });
  const head = ["Where", "What", `Version ${from}`, `Version ${to}`].map((text) => el("th", { scope: "col" }, text));
  return el("div", { class: "table-scroll", tabindex: 0, role: "region", "aria-label": "What changed" },
    el("table", { class: "table diff" }, el("caption", { class: "visually-hidden" }, `Changes from version ${from} to ${to}`),
      el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...rows)));
}

/** Show what changed between the two chosen versions. */
export async function compare(key: string): Promise<void> {
  const box = must("#diff");
  const value = (id: string): string => $<HTMLSelectElement>(id)?.value ?? "";
  const [from, to] = [value("#diff-from"), value("#diff-to")];
  if (!from || !to) return;
  try {
    box.replaceChildren(diffTable(await getJson<Diff>(`/api/strategies/${key}/diff?from=${from}&to=${to}`)));
  } catch (cause) {
    box.replaceChildren(el("p", { class: "notice danger" }, sentence(cause)));
  }
}
