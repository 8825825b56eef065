/** A sweep: progress while it runs, then its map, the chosen set with its neighbourhood, and all sets. */

import { getJson, sendJson } from "../lib/api";
import type { ParameterLine } from "../lib/charts/bars";
import { FIGURES, GridMap, figureOf, gridOf, neighbourhood, rangeOf, ranked, setKey, valueOf, verdictOf, fillOf, type Figure, type Point } from "../lib/charts/grid";
import { $, el, embedded, must } from "../lib/dom";
import { sentence } from "../lib/forms";
import { isOver } from "../lib/jobs";
import { followProgress, readAgain } from "../lib/progress";
import { edgeWords, gap, runBody, runQuery, spreadWords, varying, verdictTitle, verdictWords, wordOf, type Meta } from "../lib/sweep-view";
import { prepareRows } from "../lib/table";
import { toast } from "../lib/toast";

type Study = { status: Meta["status"]; points: Point[]; result: { best: number | null } | null };

/** Points are read again at most so often while the sweep runs. */
const EVERY_MS = 1500;

const meta = embedded<Meta>("study-meta")!;
const query = new URLSearchParams(location.search);
const names = varying(meta.axes).length ? varying(meta.axes) : Object.keys(meta.axes);
let points: Point[] = [];
let figure: Figure = figureOf(query.get("figure") ?? meta.metric);
let x = names.includes(query.get("x") ?? "") ? query.get("x")! : names[0]!;
let y = names.find((name) => name === query.get("y") && name !== x) ?? names.find((name) => name !== x) ?? null;
/** The chosen set; null until there is a point. What it says of the other numbers is the slice the map shows. */
let chosen: Record<string, number> | null = null;
let isPicked = false;
let map: GridMap | null = null;
let line: ParameterLine | null = null;

const select = (id: string): HTMLSelectElement => must<HTMLSelectElement>(`#${id}`);
const setText = (id: string, text: string): void => void (must(`#${id}`).textContent = text);
const bestPoint = (): Point | null => points[ranked(points, figure)[0] ?? -1] ?? null;

function fill(node: HTMLSelectElement, choices: string[], current: string): void {
  node.replaceChildren(...choices.map((name) => el("option", { value: name, selected: name === current }, wordOf(name))));
}

/** Values of one number as the address gives them: `at.fast=20`. */
function askedSet(): Record<string, number> | null {
  const given = Object.keys(meta.axes).map((name) => [name, query.get(`at.${name}`)] as const);
  if (given.some(([, text]) => text === null)) return null;
  return Object.fromEntries(given.map(([name, text]) => [name, Number(text)]));
}

function remember(): void {
  const kept = new URLSearchParams({ figure: figure.key, x });
  if (y) kept.set("y", y);
  if (isPicked && chosen) for (const [name, value] of Object.entries(chosen)) kept.set(`at.${name}`, String(value));
  history.replaceState(null, "", `?${kept}`);
}

const pointOf = (values: Record<string, number>): Point | null => points.find((point) => setKey(point.parameters) === setKey(values)) ?? null;

function showTools(): void {
  select("figure").value = figure.key;
  const two = names.length > 1;
  must("#axis-x-field").hidden = must("#axis-y-field").hidden = names.length < 3;
  fill(select("axis-x"), names, x);
  if (two) fill(select("axis-y"), names.filter((name) => name !== x), y!);
  const others = names.filter((name) => name !== x && name !== y);
  const slices = others.map((name) => {
    const node = el("select", { class: "input small", "data-slice": name, "aria-label": `${wordOf(name)} held at` });
    node.append(...meta.axes[name]!.map((value) => el("option", { value, selected: chosen?.[name] === value }, String(value))));
    return el("label", { class: "field inline" }, el("span", {}, wordOf(name)), node);
  });
  must("#slices").replaceChildren(...slices);
}

function showMap(): void {
  const range = rangeOf(points, figure.key);
  const axis = (name: string) => ({ name, values: meta.axes[name]! });
  const slice = chosen ?? bestPoint()?.parameters ?? {};
  const cells = gridOf(points, axis(x), y ? axis(y) : null, slice);
  const box = must("#map-scroll");
  if (y) {
    map ??= new GridMap(box, (row, column) => pick({ ...slice, ...chosen, [x]: meta.axes[x]![column]!, [y!]: meta.axes[y!]![row]! }));
    const at = chosen ? { row: meta.axes[y]!.indexOf(chosen[y]!), column: meta.axes[x]!.indexOf(chosen[x]!) } : null;
    map.show({ figure, cells, x: { ...axis(x), name: wordOf(x) }, y: { ...axis(y), name: wordOf(y) }, range, best: bestPoint(), chosen: at });
  } else void showLine(box, cells[0]!);
  showLegend(range);
}

async function showLine(box: HTMLElement, row: (Point | null)[]): Promise<void> {
  const best = bestPoint();
  const view = {
    name: wordOf(x),
    label: figure.label,
    xs: meta.axes[x]!,
    values: row.map((point) => valueOf(point, figure.key)),
    show: figure.show,
    chosen: chosen ? meta.axes[x]!.indexOf(chosen[x]!) : null,
    best: best ? row.indexOf(best) : null,
  };
  if (line) {
    line.show(view);
    return;
  }
  const { ParameterLine: Drawing } = await import("../lib/charts/bars");
  if (line) return;
  const drawn = el("div", { class: "parameter-line", id: "parameter-line" });
  box.replaceChildren(drawn);
  line = new Drawing(drawn, view, (at) => pick({ ...chosen, [x]: meta.axes[x]![at]! }));
}

function showLegend(range: [number, number] | null): void {
  const legend = must("#map-legend");
  legend.hidden = !range || !y;
  if (!range) return;
  setText("legend-low", figure.show(range[0]));
  setText("legend-high", figure.show(range[1]));
  const stops = [0, 0.25, 0.5, 0.75, 1].map((share) => fillOf(range[0] + share * (range[1] - range[0]), range, figure.signed, figure.better));
  must("#legend-ramp").style.background = `linear-gradient(90deg, ${stops.join(", ")})`;
}

const term = (label: string, value: string): HTMLElement => el("div", {}, el("dt", {}, label), el("dd", {}, value));

function showChosen(): void {
  const point = chosen && pointOf(chosen);
  must("#chosen").hidden = !points.length;
  if (!chosen) return;
  const order = ranked(points, figure);
  const rank = point ? order.indexOf(points.indexOf(point)) + 1 : 0;
  setText("chosen-rank", rank === 0 ? "not tried yet" : rank === 1 ? "best" : `${rank} of ${points.length}`);
  must("#chosen-values").replaceChildren(...Object.entries(chosen).map(([name, value]) => term(wordOf(name), String(value))));
  const shown = ["cagr", "sharpe", "max_drawdown_pct", "total_trades", "profit_factor", "exposure_pct"];
  must("#chosen-figures").replaceChildren(...FIGURES.filter(({ key }) => shown.includes(key)).map((one) => term(one.label, one.show(valueOf(point, one.key)))));
  showAround(valueOf(point, figure.key), rank === 1);
  showLinks(chosen, point !== null);
}

function showAround(value: number | null, isBest: boolean): void {
  const axis = (name: string) => ({ name, values: meta.axes[name]! });
  const values = gridOf(points, axis(x), y ? axis(y) : null, chosen!).map((row) => row.map((point) => valueOf(point, figure.key)));
  const [row, column] = [y ? meta.axes[y]!.indexOf(chosen![y]!) : 0, meta.axes[x]!.indexOf(chosen![x]!)];
  const around = neighbourhood(values, row, column, figure.better);
  const range = rangeOf(points, figure.key);
  setText("around-title", `Its neighbourhood: ${figure.label}`);
  if (value === null || !around || !range) {
    setText("around-verdict", "");
    setText("around-why", value === null ? "This set has no such figure." : "Nothing next to it has been tried.");
    must("#around-figures").replaceChildren();
  } else {
    const verdict = verdictOf(value, around, range[1] - range[0], figure.better);
    setText("around-verdict", verdictTitle(verdict));
    setText("around-why", verdictWords(verdict, value, around, figure));
    const worst = figure.better ? term("Worst", figure.show(around.worst)) : term("From – to", `${figure.show(around.low)} – ${figure.show(around.high)}`);
    must("#around-figures").replaceChildren(term("Neighbours", `${around.count} of ${around.possible}`), term("Mean", figure.show(around.mean)), worst, term("Spread", gap(around.spread, figure)));
  }
  setText("around-edge", edgeWords(around, wordOf(x), y && wordOf(y), isBest));
}

function showLinks(set: Record<string, number>, isTried: boolean): void {
  must<HTMLAnchorElement>("#run-set").href = `/backtests/new/?${runQuery(meta, set)}`;
  must("#run-set").hidden = meta.strategy === null;
  must("#run-inline").hidden = meta.strategy !== null || !isTried;
  const own = Object.entries(set).filter(([name]) => meta.own.includes(name));
  const run = Object.entries(set).filter(([name]) => !meta.own.includes(name));
  must("#save-values").replaceChildren(...own.map(([name, value]) => el("li", {}, el("b", { class: "mono" }, name), ` becomes ${value}`)));
  const kept = run.length ? `${run.map(([name, value]) => `${wordOf(name)} (${value})`).join(" and ")} ${run.length > 1 ? "belong" : "belongs"} to the run, not to the rules: fill ${run.length > 1 ? "them" : "it"} in when you run the strategy.` : "";
  const nothing = own.length ? "" : "This sweep varied none of the strategy's parameters, so there is nothing to save in its rules. ";
  const whose = !meta.strategy ? "These rules stand in no strategy: import them as one first." : meta.strategy.isMine ? "" : `${meta.strategy.name} is not yours to change: fork it, and set these values in your copy.`;
  setText("save-note", [nothing + kept, whose].filter(Boolean).join(" "));
  const button = $<HTMLButtonElement>("#save-now");
  if (button) button.disabled = !own.length;
}

const TWIN = ["cagr", "sharpe", "max_drawdown_pct", "calmar", "profit_factor", "win_rate", "total_trades"];

function showTable(): void {
  const root = must("#sweep-sets");
  const shown = FIGURES.filter(({ key }) => TWIN.includes(key));
  const head = (label: string, sort = "none"): HTMLElement => el("th", { scope: "col", class: "num", "aria-sort": sort }, el("button", { type: "button" }, label));
  must("thead tr", root).replaceChildren(...Object.keys(meta.axes).map((name) => head(wordOf(name))), ...shown.map((one) => head(one.label)));
  const rows = points.map((point) =>
    el(
      "tr",
      {},
      ...Object.keys(meta.axes).map((name) => el("td", { class: "num" }, String(point.parameters[name] ?? "–"))),
      ...shown.map((one) => {
        const value = valueOf(point, one.key);
        return el("td", { class: "num", "data-value": value ?? "" }, one.show(value));
      }),
    ),
  );
  must("tbody", root).replaceChildren(...rows);
  const count = $(".count", root);
  if (count) count.textContent = `${rows.length} rows`;
  prepareRows(root);
}

function showRanked(): void {
  const order = ranked(points, figure).filter((at) => valueOf(points[at], figure.key) !== null);
  const last = order.length - 1;
  const places = [...new Set([0, 1, 2, 3, 4, Math.floor(last / 2), last].filter((at) => at >= 0 && at <= last))].sort((a, b) => a - b);
  const label = (at: number): string => (at === 0 ? "Best" : at === last ? "Worst" : at === Math.floor(last / 2) && at > 4 ? "Middle" : `${at + 1}.`);
  const rows = places.map((at) => {
    const point = points[order[at]!]!;
    const set = Object.entries(point.parameters).map(([name, value]) => `${wordOf(name)} ${value}`).join(" · ");
    const button = el("button", { type: "button", class: "link", "data-set": JSON.stringify(point.parameters) }, set);
    return el("tr", {}, el("th", { scope: "row" }, label(at)), el("td", {}, button), el("td", { class: "num" }, figure.show(valueOf(point, figure.key))), el("td", { class: "num wide-only" }, figureOf("max_drawdown_pct").show(valueOf(point, "max_drawdown_pct"))));
  });
  const heads = [el("th", { scope: "col" }, "Rank"), el("th", { scope: "col" }, "Set"), el("th", { scope: "col", class: "num" }, figure.label), el("th", { scope: "col", class: "num wide-only" }, "Deepest fall")];
  must("#ranked").replaceChildren(el("table", { class: "table" }, el("caption", { class: "visually-hidden" }, "Best, middle and worst sets"), el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...rows)));
  setText("ranked-words", spreadWords(points, points.map((point) => valueOf(point, figure.key)), figure));
}

function show(): void {
  if (!points.length) return;
  $("#map-empty")?.remove();
  if (!isPicked) chosen = bestPoint()?.parameters ?? points[0]!.parameters;
  showTools();
  showMap();
  showChosen();
  showRanked();
}

function pick(set: Record<string, number>): void {
  chosen = set;
  isPicked = true;
  if (line) showMap();
  showChosen();
  remember();
}

async function load(): Promise<Study> {
  const study = await getJson<Study>(`/api/backtest/sweeps/${meta.id}`);
  points = study.points;
  show();
  showTable();
  return study;
}

/** The map takes the last sets; how it ended, and what is to be said of luck, comes from the server. */
async function ended(): Promise<void> {
  await load();
  await readAgain("#study-head, #study-state, #sweep-luck, #sweep-flags");
  must("#sweep").hidden = !points.length;
}

function follow(): void {
  let readAt = 0;
  followProgress("sweep", meta.id, {
    onMore: () => {
      if (Date.now() - readAt < EVERY_MS) return;
      readAt = Date.now();
      void load().catch(() => undefined); // The next news tries again.
    },
    onEnd: () => void ended().catch((cause: unknown) => toast(sentence(cause), { kind: "error" })),
  });
}

async function save(): Promise<void> {
  const { strategy } = meta;
  if (!strategy || !chosen) return;
  const own = Object.entries(chosen).filter(([name]) => meta.own.includes(name));
  try {
    const body = await getJson<{ params: Record<string, number> }>(`/api/strategies/${strategy.id}`);
    const saved = await sendJson<{ version: number }>("PUT", `/api/strategies/${strategy.id}`, { ...body, params: { ...body.params, ...Object.fromEntries(own) } });
    must<HTMLDialogElement>("#save-set").close();
    toast(`Saved as version ${saved.version} of ${strategy.name}.`);
  } catch (cause) {
    toast(sentence(cause), { kind: "error" });
  }
}

async function runInline(button: HTMLButtonElement): Promise<void> {
  if (!chosen) return;
  button.disabled = true;
  try {
    const { id } = await sendJson<{ id: number }>("POST", "/api/backtest/run", runBody(meta, chosen));
    location.assign(`/backtests/${id}/`);
  } catch (cause) {
    button.disabled = false;
    toast(sentence(cause), { kind: "error" });
  }
}

function listen(): void {
  select("figure").addEventListener("change", () => {
    figure = figureOf(select("figure").value);
    show();
    remember();
  });
  for (const id of ["axis-x", "axis-y"] as const) {
    select(id).addEventListener("change", () => {
      if (id === "axis-x") x = select(id).value;
      else y = select(id).value;
      if (y === x) y = names.find((name) => name !== x) ?? null;
      show();
      remember();
    });
  }
  must("#slices").addEventListener("change", ({ target }) => {
    const node = target as HTMLSelectElement;
    pick({ ...chosen!, [node.dataset.slice!]: Number(node.value) });
    showMap();
  });
  must("#ranked").addEventListener("click", ({ target }) => {
    const button = (target as Element).closest<HTMLElement>("[data-set]");
    if (!button) return;
    pick(JSON.parse(button.dataset.set!) as Record<string, number>);
    show();
    must("#chosen").scrollIntoView({ block: "nearest" });
  });
  $("#save-now")?.addEventListener("click", () => void save());
  const inline = must<HTMLButtonElement>("#run-inline");
  inline.addEventListener("click", () => void runInline(inline));
}

function start(): void {
  chosen = askedSet();
  isPicked = chosen !== null;
  listen();
  const active = !isOver({ status: meta.status as "done" });
  if (!active || meta.done) void load().catch((cause: unknown) => toast(sentence(cause), { kind: "error" }));
  if (active) follow();
}

start();
