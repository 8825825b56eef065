/** Beside the builder: the rules in words, what the server remarks, and what they would buy now. */

import { $, el, must } from "../dom";
import { istDate, number } from "../format";
import { instrumentUrl } from "../search";
import { severityWord, type Note } from "./builder";
import type { Matches, Sentences } from "./judge";
import { placeOf, type Step } from "./path";

const PARTS: [keyof Sentences, string][] = [
  ["entry", "Buy"], ["selection", "Choose"], ["exits", "Sell"], ["limits", "Limits"], ["addons", "Add"],
  ["conviction", "Order"], ["sizing", "Size"],
]; // prettier-ignore

/** The rules in words, part by part. `stale`: they are of the last state that had no fault. */
export function showWords(sentences: Sentences, stale: boolean): void {
  const box = must("#words");
  const list = must("dl", box);
  const rows = PARTS.flatMap(([key, label]) => {
    const text = [sentences[key]].flat().filter(Boolean).join(" ");
    // The heading says already which part it is.
    const bare = text.replace(/^(?:Limits|Conviction|Size): (.)/, (_, first: string) => first.toUpperCase());
    return bare ? [el("div", {}, el("dt", {}, label), el("dd", {}, bare))] : [];
  });
  list.replaceChildren(...rows);
  staleWords(stale);
}

export function staleWords(stale: boolean): void {
  const box = must("#words");
  box.dataset.stale = String(stale);
  must<HTMLElement>(".stale", box).hidden = !stale;
}

/** Faults and remarks in one list; each leads to its place. */
export function showChecks(noted: Note[], reveal: (loc: Step[]) => void): void {
  const faults = noted.filter(({ severity }) => severity === "fault").length;
  const box = must("#checks");
  const badge = must("[data-state]", box);
  badge.className = `badge ${faults ? "danger" : noted.some(({ severity }) => severity !== "info") ? "warning" : "up"}`;
  badge.textContent = faults ? `${faults} ${faults === 1 ? "fault" : "faults"}` : noted.length ? `${noted.length} to look at` : "No remarks";
  const rows = noted.map(({ loc, severity, text }) => {
    const button = el("button", { class: "check-row", type: "button" },
      el("span", { class: `kind ${severity}` }, severityWord(severity)), el("span", { class: "text" }, text), el("code", {}, placeOf(loc)));
    button.addEventListener("click", () => reveal(loc));
    return el("li", {}, button);
  });
  must("ul", box).replaceChildren(...rows);
  must<HTMLElement>(".none", box).hidden = noted.length > 0;
  must("#glance-checks").textContent = badge.textContent;
}

const FLAGS: Record<string, string> = {
  INDEX_SUBSTITUTED: "The index lacks sessions; the equal-weighted universe takes its place.",
};
const PERIODS: Record<string, string> = { weekly: "week", monthly: "month", quarterly: "quarter" };

function chip({ symbol, close, conviction, sector }: Matches["symbols"][number]): HTMLElement {
  const title = `${sector || "No sector"} · close ₹ ${number(close)} · conviction ${number(conviction, 0)} of 100`;
  return el("li", {}, el("a", { class: "chip", href: instrumentUrl(symbol), title, target: "_blank", rel: "noopener" }, symbol.split(":").at(-1)!));
}

export function showMatches(found: Matches, rebalance: string): void {
  const box = must("#matches");
  box.dataset.state = "done";
  const day = istDate(new Date(`${found.date}T06:00:00Z`));
  must(".count", box).replaceChildren(el("strong", {}, String(found.count)), ` of ${found.of} on ${day}, ${found.data_source}`);
  must("#glance-matches").textContent = `${found.count} of ${found.of} match`;
  must("ul", box).replaceChildren(...found.symbols.map(chip));
  const said = found.flags.flatMap((flag) => (FLAGS[flag] ? [FLAGS[flag]] : []));
  if (!found.is_rebalance_day) said.unshift(`It buys only at the end of the ${PERIODS[rebalance] ?? "period"}; asked as if it were there.`);
  if (!found.count) said.unshift("Nothing passes all rules on that day. Beside each rule stands how many pass it alone.");
  if (found.count > found.symbols.length) said.push(`The best ${found.symbols.length} are listed.`);
  must(".said", box).textContent = said.join(" ");
}

/** Why there is no count, in words. */
export function noMatches(text: string, state: "waiting" | "blocked"): void {
  const box = must("#matches");
  box.dataset.state = state;
  if (state === "waiting") {
    must(".said", box).textContent = text;
    return;
  }
  must(".count", box).textContent = "–";
  must("#glance-matches").textContent = "No count";
  must("ul", box).replaceChildren();
  must(".said", box).textContent = text;
}

/** Which universe the count is asked for: the strategy's own, else the one chosen beside the count. */
export function matchUniverse(own: unknown): string {
  const picker = $<HTMLSelectElement>("#match-universe");
  if (!picker) return typeof own === "string" ? own : "";
  if (typeof own === "string" && own) {
    picker.value = own;
    picker.disabled = true;
    return own;
  }
  picker.disabled = false;
  return picker.value;
}
