/**
 * Results of many sets of numbers as a map of two of them, and what can be said of a cell's neighbours.
 *
 * The map is a table, so that every number is there for every reader: one tab stop, arrows move, the cell with the
 * focus is the chosen one. A set is known by its values; a place that was not tried is empty.
 *
 *   const map = new GridMap(box, { onChoose: (row, column) => … });
 *   map.show({ cells, columns: [5, 10], rows: [20, 40], … });
 */

import { mix, textOn } from "../colour";
import { el, token } from "../dom";
import { number, signed, signedPct } from "../format";

/** Figures of a set, as the API gives them; null where one does not exist. */
export type Point = { parameters: Record<string, number> } & { [figure: string]: number | null | Record<string, number> };

/** How a figure is read. `better`: which way is up; empty where neither is. `unit`: of a difference. */
export type Figure = { key: string; label: string; better: "high" | "low" | ""; show: (value: number | null) => string; unit: string; signed: boolean };

const percent = (value: number | null): string => signedPct(value, 1);
const share = (value: number | null): string => (value === null ? "–" : `${number(value, 1)}%`);
const ratio = (value: number | null): string => signed(value, 2);
const figure = (key: string, label: string, better: Figure["better"], show: Figure["show"], unit: string, isSigned: boolean): Figure => ({ key, label, better, show, unit, signed: isSigned });

/** The server's twin is backtest/pages/study_presenters.py. */
export const FIGURES: readonly Figure[] = [
  figure("cagr", "Return a year", "high", percent, "points", true),
  figure("sharpe", "Sharpe ratio", "high", ratio, "", true),
  figure("max_drawdown_pct", "Deepest fall", "high", percent, "points", false),
  figure("calmar", "Return over deepest fall", "high", ratio, "", true),
  figure("sortino", "Sortino ratio", "high", ratio, "", true),
  figure("profit_factor", "Profit factor", "high", (value) => number(value, 2), "", false),
  figure("total_return_pct", "Total return", "high", percent, "points", true),
  figure("win_rate", "Winning trades", "", share, "points", false),
  figure("total_trades", "Closed trades", "", (value) => number(value, 0), "", false),
  figure("volatility_pct", "Volatility", "low", share, "points", false),
  figure("exposure_pct", "Invested", "", share, "points", false),
  figure("turnover_pct", "Turnover a year", "low", share, "points", false),
];

export const figureOf = (key: string): Figure => FIGURES.find((one) => one.key === key) ?? FIGURES[0]!;

export function valueOf(point: Point | null | undefined, key: string): number | null {
  const value = point?.[key];
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** A set's values as one text, the same for the same set. */
export const setKey = (values: Record<string, number>): string =>
  Object.keys(values).sort().map((name) => `${name}=${values[name]}`).join("|");

/** Cells by row (values of `y`, ascending) and column (values of `x`), the other numbers held at `slice`. */
export function gridOf(points: readonly Point[], x: { name: string; values: number[] }, y: { name: string; values: number[] } | null, slice: Record<string, number>): (Point | null)[][] {
  const known = new Map(points.map((point) => [setKey(point.parameters), point]));
  const rows = y ? y.values : [Number.NaN];
  return rows.map((up) => x.values.map((across) => known.get(setKey({ ...slice, [x.name]: across, ...(y ? { [y.name]: up } : {}) })) ?? null));
}

/** What lies next to a cell. `possible`: neighbours it would have in the middle of a map; `spread`: greatest less least. */
export type Around = { count: number; possible: number; mean: number; worst: number; best: number; low: number; high: number; spread: number; edges: ("left" | "right" | "top" | "bottom")[] };

/** The neighbours of a cell, up to eight (two in a single row); null when none is known. */
export function neighbourhood(values: readonly (readonly (number | null)[])[], row: number, column: number, better: Figure["better"]): Around | null {
  const found: number[] = [];
  for (let r = row - 1; r <= row + 1; r += 1) {
    for (let c = column - 1; c <= column + 1; c += 1) {
      const value = r === row && c === column ? null : values[r]?.[c];
      if (value != null) found.push(value);
    }
  }
  if (!found.length) return null;
  const [low, high] = [Math.min(...found), Math.max(...found)];
  const edges: Around["edges"] = [];
  const width = values[row]?.length ?? 0;
  if (width > 1 && column === 0) edges.push("left");
  if (width > 1 && column === width - 1) edges.push("right");
  if (values.length > 1 && row === 0) edges.push("bottom");
  if (values.length > 1 && row === values.length - 1) edges.push("top");
  return {
    count: found.length,
    possible: (width > 1 ? 3 : 1) * (values.length > 1 ? 3 : 1) - 1,
    mean: found.reduce((a, b) => a + b, 0) / found.length,
    worst: better === "low" ? high : low,
    best: better === "low" ? low : high,
    low,
    high,
    spread: high - low,
    edges,
  };
}

export type Verdict = "plateau" | "spike" | "slope" | "flat";

/** What a cell is among its neighbours; `range`: best less worst of all sets. The page explains the same limits. */
export function verdictOf(value: number, around: Around, range: number, better: Figure["better"]): Verdict {
  if (range <= 0) return "flat";
  const ahead = better === "low" ? around.mean - value : value - around.mean;
  const beatsAll = better === "low" ? value < around.low : value > around.high;
  if (beatsAll && ahead > 0.25 * range) return "spike";
  return Math.abs(ahead) <= 0.1 * range && around.spread <= 0.25 * range ? "plateau" : "slope";
}

/** Places from the best to the worst; unknown values last, equals in their order. */
export function ranked(points: readonly Point[], { key, better }: Figure): number[] {
  const factor = better === "low" ? 1 : -1;
  return points
    .map((point, at) => ({ at, value: valueOf(point, key) }))
    .sort((a, b) => (a.value === null || b.value === null ? Number(a.value === null) - Number(b.value === null) : (a.value - b.value) * factor) || a.at - b.at)
    .map(({ at }) => at);
}

/** Least and greatest known value of a figure; null without any. */
export function rangeOf(points: readonly Point[], key: string): [number, number] | null {
  const known = points.map((point) => valueOf(point, key)).filter((value): value is number => value !== null);
  return known.length ? [Math.min(...known), Math.max(...known)] : null;
}

/** Colour of a value between two bounds: both directions where the figure has a sign and crosses zero, else one. */
export function fillOf(value: number, [low, high]: [number, number], isSigned: boolean, better: Figure["better"]): string {
  const neutral = token("sunken");
  if (isSigned && low < 0 && high > 0) {
    const size = Math.max(-low, high);
    return mix(neutral, token(value < 0 ? "down-fill" : "up-fill"), 0.1 + 0.9 * Math.min(1, Math.abs(value) / size));
  }
  const place = high > low ? (value - low) / (high - low) : 0.5;
  return mix(neutral, token("accent-fill"), 0.06 + 0.94 * (better === "low" ? 1 - place : place));
}

export type GridView = {
  figure: Figure;
  cells: (Point | null)[][];
  x: { name: string; values: number[] };
  y: { name: string; values: number[] };
  range: [number, number] | null;
  best: Point | null;
  chosen: { row: number; column: number } | null;
};

/** More columns than this leave no room for numbers: colour alone, the number on focus and in the table. */
const MOST_WITH_TEXT = 16;

export class GridMap {
  private cells: HTMLTableCellElement[][] = [];
  private view: GridView | null = null;

  constructor(
    private readonly box: HTMLElement,
    private readonly onChoose: (row: number, column: number) => void,
  ) {
    box.addEventListener("keydown", (event) => this.key(event));
    box.addEventListener("click", ({ target }) => {
      const cell = (target as Element).closest<HTMLTableCellElement>("[data-row]");
      if (cell) this.choose(Number(cell.dataset.row), Number(cell.dataset.column));
    });
    document.addEventListener("preferences", () => this.view && this.show(this.view));
  }

  show(view: GridView): void {
    const held = this.box.contains(document.activeElement);
    this.view = view;
    const dense = view.x.values.length > MOST_WITH_TEXT;
    const head = el("tr", {}, el("th", { scope: "col", class: "corner" }, `${view.y.name} ↑ ${view.x.name} →`), ...view.x.values.map((value) => el("th", { scope: "col" }, String(value))));
    this.cells = view.y.values.map((_, row) => view.x.values.map((__, column) => this.cell(row, column)));
    // The largest value stands on top, as on a chart; row 0 is the smallest.
    const rows = view.y.values.map((value, row) => el("tr", {}, el("th", { scope: "row" }, String(value)), ...this.cells[row]!)).reverse();
    const caption = el("caption", { class: "visually-hidden" }, `${view.figure.label} by ${view.x.name} and ${view.y.name}`);
    const table = el("table", { class: "grid-map", role: "grid", "data-dense": String(dense) }, caption, el("thead", {}, head), el("tbody", {}, ...rows));
    table.style.setProperty("--columns", String(view.x.values.length));
    this.box.replaceChildren(table);
    this.mark();
    this.reveal();
    if (held) this.chosenCell()?.focus();
  }

  private cell(row: number, column: number): HTMLTableCellElement {
    const { figure: shown, cells, x, y, range, best } = this.view!;
    const point = cells[row]?.[column] ?? null;
    const value = valueOf(point, shown.key);
    const isBest = point !== null && point === best;
    const text = shown.show(value);
    const name = `${x.name} ${x.values[column]}, ${y.name} ${y.values[row]}: ${point ? `${shown.label} ${text}` : "not tried"}${isBest ? ", the best of all sets" : ""}`;
    const cell = el("td", { "data-row": row, "data-column": column, tabindex: -1, "aria-label": name, title: name }, el("span", { class: "text" }, `${isBest ? "★ " : ""}${text}`));
    if (value !== null && range) {
      const colour = fillOf(value, range, shown.signed, shown.better);
      cell.style.backgroundColor = colour;
      cell.style.color = textOn(colour);
    } else cell.classList.add("untried");
    if (isBest) cell.classList.add("best");
    return cell;
  }

  /** Outline the chosen cell and its neighbours; only the chosen one takes the focus. */
  private mark(): void {
    const at = this.view?.chosen;
    this.cells.forEach((cells, row) =>
      cells.forEach((cell, column) => {
        const isChosen = at?.row === row && at.column === column;
        cell.tabIndex = isChosen || (!at && row === 0 && column === 0) ? 0 : -1;
        cell.setAttribute("aria-selected", String(isChosen));
        cell.classList.toggle("near", !!at && !isChosen && Math.abs(at.row - row) <= 1 && Math.abs(at.column - column) <= 1);
      }),
    );
  }

  /** On a narrow screen the map scrolls sideways: the chosen cell is in sight. */
  private reveal(): void {
    const cell = this.chosenCell();
    if (cell) this.box.scrollLeft = cell.offsetLeft - (this.box.clientWidth - cell.offsetWidth) / 2;
  }

  private chosenCell(): HTMLTableCellElement | undefined {
    const at = this.view?.chosen;
    return at ? this.cells[at.row]?.[at.column] : undefined;
  }

  private choose(row: number, column: number): void {
    if (!this.view || !this.cells[row]?.[column]) return;
    this.view.chosen = { row, column };
    this.mark();
    this.chosenCell()!.focus();
    this.onChoose(row, column);
  }

  private key(event: KeyboardEvent): void {
    const cell = (event.target as Element).closest<HTMLTableCellElement>("[data-row]");
    if (!cell || event.altKey || event.metaKey) return;
    const [row, column] = [Number(cell.dataset.row), Number(cell.dataset.column)];
    const [lastRow, lastColumn] = [this.cells.length - 1, (this.cells[0]?.length ?? 1) - 1];
    const to = moved(event.key, row, column, lastRow, lastColumn, event.ctrlKey);
    if (!to) return;
    event.preventDefault();
    this.choose(...to);
  }
}

/** Where a key leads; up is towards larger values. Null for a key that does not move. */
export function moved(key: string, row: number, column: number, lastRow: number, lastColumn: number, ctrl = false): [number, number] | null {
  const within = (value: number, last: number): number => Math.max(0, Math.min(last, value));
  const moves: Record<string, [number, number]> = {
    ArrowUp: [row + 1, column],
    ArrowDown: [row - 1, column],
    ArrowLeft: [row, column - 1],
    ArrowRight: [row, column + 1],
    PageUp: [lastRow, column],
    PageDown: [0, column],
    Home: [ctrl ? lastRow : row, 0],
    End: [ctrl ? 0 : row, lastColumn],
  };
  const to = moves[key];
  return to ? [within(to[0], lastRow), within(to[1], lastColumn)] : null;
}
