/** Patterns of one symbol on its candles: arrows where they were completed, and the turns of the one that is chosen. */

import { explain, getJson } from "./api";
import { daysBefore, istDay, toBar, type Bar, type Candles } from "./chart/bars";
import { legend, note, spoken, walked } from "./chart/reading";
import { ChartView, type BarMarker } from "./chart/view";
import { $$, el, embedded, must } from "./dom";

/** A pattern with a direction; `turns` are [date, price] of the swings it is made of, `short` its letters on the chart. */
export type Mark = { at: number; time: string; sign: 1 | -1; title: string; short: string; kind: "candle" | "chart"; turns: [string, number][]; close: number };
export type Shown = "all" | "candle" | "chart";

/** Calendar days of candles: more than the sessions that are marked, so that the turns of old patterns are there. */
const SPAN_DAYS = 500;

/** Letters of two arrows on one side stand apart from each other by so many days, or only the newer one has them. */
const APART_DAYS = 7;

/**
 * Arrows of the chosen kinds. The chosen pattern carries its name, without a choice chart patterns their letters where
 * there is room for them; candlesticks are too many to read. Names are under the pointer and in the table.
 */
export function markers(marks: readonly Mark[], shown: Shown, chosen: number | null): BarMarker[] {
  const lettered = chosen === null ? withRoom(marks) : new Set<number>();
  return marks
    .filter(({ kind, at }) => shown === "all" || kind === shown || at === chosen)
    .map(({ at, time, sign, title, short }) => ({
      time,
      side: sign > 0 ? "buy" : "sell",
      text: at === chosen ? title : lettered.has(at) ? short : "",
      colour: at === chosen ? "accent" : sign > 0 ? "up" : "down",
    }));
}

/** Chart patterns whose letters run into no newer one's; marks come oldest first. */
function withRoom(marks: readonly Mark[]): Set<number> {
  const found = new Set<number>();
  const free = new Map<1 | -1, number>();
  for (const { at, time, sign, kind } of [...marks].reverse()) {
    const day = Date.parse(time) / 86_400_000;
    if (kind !== "chart" || day > (free.get(sign) ?? Infinity)) continue;
    found.add(at);
    free.set(sign, day - APART_DAYS);
  }
  return found;
}

/** The names of the patterns that were completed on a day. */
export const namesOn = (marks: readonly Mark[], shown: Shown, time: unknown): string =>
  marks.filter((mark) => mark.time === time && (shown === "all" || mark.kind === shown)).map(({ title, sign }) => `${sign > 0 ? "↑" : "↓"} ${title}`).join(", "); // prettier-ignore

export class PatternChart {
  private readonly drawing: ChartView;
  private readonly marks = embedded<Mark[]>("pattern-marks") ?? [];
  private shown: Shown = "all";
  private chosen: number | null = null;

  constructor(private readonly root: HTMLElement) {
    this.drawing = new ChartView(must(".chart-canvas", root), (bar) => this.legend(bar), () => undefined);
    root.addEventListener("click", (event) => {
      const target = event.target as Element;
      const kind = target.closest<HTMLElement>("[data-marks]");
      if (kind) this.show(kind.dataset.marks as Shown);
      const row = target.closest<HTMLElement>("[data-show]");
      if (row) this.choose(Number(row.dataset.show));
      if (target.closest("[data-retry]")) void this.load();
    });
    must(".chart", root).addEventListener("keydown", (event) => this.key(event));
    void this.load();
  }

  private async load(): Promise<void> {
    note(this.root, null, true);
    const from = daysBefore(this.marks.at(-1)?.time ?? istDay(Date.now() / 1000), SPAN_DAYS);
    const query = new URLSearchParams({ symbol: this.root.dataset.symbol!, interval: "day", adjusted: "true", from });
    try {
      const answer = await getJson<Candles>(`/api/market/candles?${query}`);
      this.drawing.setBars(answer.candles.map(toBar), false);
      must(".chart-source", this.root).textContent = answer.data_source ?? "no data";
      note(this.root, answer.candles.length ? null : "There are no daily candles of this symbol.", false);
      this.draw();
      this.describe();
    } catch (cause) {
      note(this.root, `The candles could not be loaded. ${explain(cause)}`, false);
      must("[data-retry]", this.root).hidden = false;
    }
  }

  private show(shown: Shown): void {
    this.shown = shown;
    for (const button of $$("[data-marks]", this.root)) button.setAttribute("aria-pressed", String(button.dataset.marks === shown));
    this.draw();
  }

  private draw(): void {
    this.drawing.setMarkers(markers(this.marks, this.shown, this.chosen));
  }

  /** Show one pattern: where it stands, the turns it is made of, its rule in words. */
  private choose(at: number): void {
    const mark = this.marks.find((one) => one.at === at);
    const row = must(`[data-pattern="${at}"]`, this.root);
    if (!mark) return;
    this.chosen = at;
    for (const other of $$("[data-pattern]", this.root)) other.toggleAttribute("aria-selected", other === row);
    row.setAttribute("aria-selected", "true");
    this.draw();
    const points: [string, number][] = mark.turns.length ? [...mark.turns, [mark.time, mark.close]] : [];
    const series = points.length ? [{ name: "turns", kind: "overlay" as const, lines: [{ key: "turns", label: "Turns", points: distinct(points) }] }] : [];
    this.drawing.setIndicators({ series });
    this.drawing.showSpan(points[0]?.[0] ?? mark.time, mark.time);
    const reasons = row.dataset.reasons ? ` Confidence beyond the record: ${row.dataset.reasons}.` : "";
    must("#pattern-line").replaceChildren(el("strong", {}, mark.title), ` on ${this.drawing.label(mark.time as never)}. ${row.dataset.rule ?? ""}${reasons}`);
    must(".chart", this.root).scrollIntoView({ block: "nearest" });
  }

  private key(event: KeyboardEvent): void {
    const bar = walked(event, this.drawing);
    if (!bar) return;
    const here = this.marks.filter(({ time }) => time === bar.time).map(({ title }) => title);
    must("#announcer").textContent = `${spoken(this.drawing.label(bar.time as never), bar)}${here.length ? `. ${here.join(", ")}` : ""}`;
  }

  private legend(at: Bar | null): void {
    const bar = at ?? this.drawing?.bars.at(-1);
    legend(this.root, bar ? this.drawing.label(bar.time as never) : "", bar);
    const names = bar ? namesOn(this.marks, this.shown, bar.time) : "";
    if (names) must(".chart-legend .values", this.root).append(el("b", { class: "names" }, names));
  }

  private describe(): void {
    must(".chart", this.root).setAttribute("aria-label", `Candles, ${this.drawing.bars.length} days, with ${this.marks.length} patterns marked. The table below has the same patterns. Arrow keys read bar by bar.`);
  }
}

/** A line has one value a day: of two on one day the later stays. */
export function distinct(points: readonly [string, number][]): [string, number][] {
  return [...new Map(points).entries()].sort(([a], [b]) => (a < b ? -1 : 1));
}
