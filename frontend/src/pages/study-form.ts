/** The form of a sweep or walk-forward test: what is varied, how many sets that makes, and whether it may start. */

import { call, on, say } from "../lib/forms";
import { $, $$, embedded, must } from "../lib/dom";
import { istDate, number } from "../lib/format";
import { countSets, parseList, suggest, valuesOf, windowsOf, type Spread, type Values, type Window } from "../lib/studies";

type Inline = { strategy: Record<string, unknown> | null };
type Body = Record<string, unknown>;

const form = must<HTMLFormElement>("#study-form");
const isWalk = form.dataset.kind === "walk_forward";
const limits = { sets: Number(form.dataset.sets), windows: Number(form.dataset.windows) };
const knobs = $$("[data-knob]", form);

const input = (selector: string, root: ParentNode = form): HTMLInputElement => must<HTMLInputElement>(selector, root);
const numberOf = (node: HTMLInputElement): number => (node.value.trim() === "" ? Number.NaN : Number(node.value));
const field = (name: string): HTMLInputElement => input(`[name="${name}"]`);
const isVaried = (knob: HTMLElement): boolean => input("[data-vary]", knob).checked;
const isList = (knob: HTMLElement): boolean => must('[data-mode="list"]', knob).getAttribute("aria-pressed") === "true";

function spreadOf(knob: HTMLElement): Spread {
  if (isList(knob)) return { mode: "list", values: parseList(input("[data-list]", knob).value) };
  const [from, to, step] = ["from", "to", "step"].map((name) => numberOf(input(`[data-${name}]`, knob)));
  return { mode: "range", from: from!, to: to!, step: step! };
}

function boundsOf(knob: HTMLElement): [number, number] {
  const { low, high } = knob.dataset;
  return [low === undefined ? Number.NEGATIVE_INFINITY : Number(low), high === undefined ? Number.POSITIVE_INFINITY : Number(high)];
}

/** The values of a varied number, or why there are none; numbers of the run have bounds. */
function read(knob: HTMLElement): Values {
  const found = valuesOf(spreadOf(knob));
  const [low, high] = boundsOf(knob);
  const outside = found.values.some((value) => value < low || value > high);
  return outside ? { values: [], fault: `Must lie between ${number(low, low % 1 ? 2 : 0)} and ${number(high, 0)}.` } : found;
}

function offerRange(knob: HTMLElement): void {
  const from = input("[data-from]", knob);
  if (from.value || input("[data-list]", knob).value) return;
  const kept = numberOf(input("[data-keep]", knob));
  const usual: Record<string, number> = { position_size_pct: 10, max_positions: 20, max_per_sector: 3 };
  const made = suggest(Number.isFinite(kept) ? kept : (usual[knob.dataset.knob!] ?? 10), ...boundsOf(knob));
  from.value = String(made.from);
  input("[data-to]", knob).value = String(made.to);
  input("[data-step]", knob).value = String(made.step);
}

function showKnob(knob: HTMLElement): void {
  const varied = isVaried(knob);
  if (varied) offerRange(knob);
  knob.dataset.varied = String(varied);
  must(".kept", knob).hidden = varied;
  must(".spread", knob).hidden = !varied;
  must(".range", knob).hidden = isList(knob);
  must(".list", knob).hidden = !isList(knob);
  must(".error", knob).textContent = "";
  if (!varied) return;
  const { values, fault } = read(knob);
  const shown = values.slice(0, 8).map((value) => String(value)).join(", ");
  must("[data-preview]", knob).textContent = fault || `${shown}${values.length > 8 ? ` … ${values.at(-1)}` : ""} · ${values.length} ${values.length === 1 ? "value" : "values"}`;
  must("[data-preview]", knob).classList.toggle("fault", fault !== "");
}

const words = (day: string): string => istDate(new Date(`${day}T00:00:00+05:30`));

/** Windows as bars on the time they cover: what each learns from, what it is tried on. */
function drawWindows(windows: Window[]): void {
  const box = $("#window-plan");
  if (!box) return;
  const [first, last] = [windows[0], windows.at(-1)];
  if (!first || !last) {
    box.replaceChildren();
    return;
  }
  const start = Date.parse(first.trainFrom);
  const span = Date.parse(last.testTo) - start;
  const at = (day: string): number => (100 * (Date.parse(day) - start)) / span;
  const rows = windows.map((one) => {
    const row = document.createElement("div");
    row.className = "window-row";
    for (const [kind, from, to] of [["train", one.trainFrom, one.trainTo], ["test", one.testFrom, one.testTo]] as const) {
      const bar = document.createElement("span");
      bar.className = kind;
      bar.style.insetInlineStart = `${at(from)}%`;
      bar.style.width = `${Math.max(0.4, at(to) - at(from))}%`;
      row.append(bar);
    }
    return row;
  });
  const caption = document.createElement("figcaption");
  caption.textContent = `${windows.length} ${windows.length === 1 ? "window" : "windows"}. The first chooses on ${words(first.trainFrom)} to ${words(first.trainTo)} and is tested to ${words(first.testTo)}; the last test ends ${words(last.testTo)}. Pale: chosen on; full: tested.`;
  const plan = document.createElement("div");
  plan.className = "window-rows";
  plan.setAttribute("aria-hidden", "true");
  plan.append(...rows);
  box.replaceChildren(plan, caption);
}

function show(): void {
  knobs.forEach(showKnob);
  const varied = knobs.filter(isVaried);
  const found = varied.map(read);
  const { sets, product } = countSets(found.map((one) => one.values));
  const windows = isWalk ? windowsOf(field("start_date").value, field("end_date").value, numberOf(field("train_months")), numberOf(field("test_months"))) : [];
  drawWindows(windows);
  const total = isWalk ? sets * windows.length : sets;
  must("#set-count").textContent = number(total, 0);
  must("#set-word").textContent = isWalk ? "trained sets" : sets === 1 ? "set" : "sets";
  const names = varied.map((knob) => must(".name", knob).textContent).join(" × ");
  must("#set-how").textContent = !varied.length ? "Tick what is to be varied." : `${product}${varied.length > 1 ? ` (${names})` : ` values of ${names}`}${isWalk ? `, in each of ${windows.length} ${windows.length === 1 ? "window" : "windows"}` : ""}`;
  const share = Math.min(1, total / limits.sets);
  must("#set-bar span").style.width = `${100 * share}%`;
  must("#set-bar").dataset.over = String(total > limits.sets);
  must("#set-bar").setAttribute("aria-label", `${number(total, 0)} of at most ${number(limits.sets, 0)}`);
  must("#set-limit").textContent = `of at most ${number(limits.sets, 0)}${isWalk ? ` in all, in at most ${limits.windows} windows` : ""}`;
  const why = refusal(varied, found, total, windows);
  must("#start-why").textContent = why;
  must<HTMLButtonElement>("#start").disabled = why !== "";
}

/** Why it cannot start as it stands; empty when it can. */
function refusal(varied: HTMLElement[], found: Values[], total: number, windows: Window[]): string {
  if (!varied.length) return "Nothing is varied yet.";
  const at = found.findIndex((one) => one.fault);
  if (at >= 0) return `${must(".name", varied[at]!).textContent}: ${found[at]!.fault}`;
  if (!field("start_date").value || field("start_date").value > field("end_date").value) return "The first day must lie before the last.";
  if (isWalk && !windows.length) return "The range is too short for one window: choose on fewer months, or begin earlier.";
  if (isWalk && windows.length > limits.windows) return `${windows.length} windows are too many: at most ${limits.windows}. Test longer at a time.`;
  if (total > limits.sets) return `${number(total - limits.sets, 0)} too many: take larger steps, or vary fewer numbers.`;
  return "";
}

/** What the API is asked: kept numbers where they are given, values of what is varied. */
function body(): Body {
  const asked: Body = { metric: field("metric").value, params: {}, parameters: {} };
  const key = field("strategy_id").value;
  if (key) asked.strategy_id = Number(key);
  else asked.strategy = embedded<Inline>("study-inline")?.strategy;
  for (const name of ["universe", "start_date", "end_date", "benchmark"]) asked[name] = field(name).value;
  for (const name of ["starting_capital", "seed", "same_day_sale_credit", "version", ...(isWalk ? ["train_months", "test_months"] : [])]) {
    const node = field(name);
    if (node.value !== "") asked[name] = Number(node.value);
  }
  const costs = field("costs").value;
  asked.costs = costs.startsWith("{") ? JSON.parse(costs) : costs;
  for (const knob of knobs) {
    const name = knob.dataset.knob!;
    const kept = numberOf(input("[data-keep]", knob));
    if (isVaried(knob)) (asked.parameters as Body)[name] = read(knob).values;
    else if (Number.isFinite(kept)) (knob.dataset.group === "params" ? (asked.params as Body) : asked)[name] = kept;
  }
  return asked;
}

/** The address of this form for another strategy, with the market and time that are filled in. */
function openFor(strategy: string): void {
  const query = new URLSearchParams({ strategy });
  for (const name of ["universe", "start_date", "end_date", "starting_capital"]) query.set(name, field(name).value);
  location.assign(`${location.pathname}?${query}`);
}

form.addEventListener("input", show);
form.addEventListener("change", ({ target }) => {
  if (target instanceof HTMLSelectElement && target.name === "strategy_id" && target.value) openFor(target.value);
});
form.addEventListener("click", ({ target }) => {
  const button = (target as Element).closest<HTMLElement>("[data-mode]");
  const knob = button?.closest<HTMLElement>("[data-knob]");
  if (!button || !knob) return;
  const values = read(knob).values;
  for (const other of $$("[data-mode]", knob)) other.setAttribute("aria-pressed", String(other === button));
  // What was a range stays there as a list, to be trimmed by hand.
  if (button.dataset.mode === "list" && !input("[data-list]", knob).value) input("[data-list]", knob).value = values.join(", ");
  show();
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  event.stopPropagation();
  if (!must<HTMLButtonElement>("#start").disabled) void call(form, body());
});
on<{ id: number }>("#study-form", "done", ({ id }, event) => {
  event.preventDefault();
  say(form, "Started.", "info");
  location.assign(isWalk ? `/backtests/walk-forward/${id}/` : `/backtests/sweeps/${id}/`);
});
show();
