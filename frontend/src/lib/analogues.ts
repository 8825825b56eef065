/** Similar history: the latest stretch, what was like it, and what followed, as words, a picture and a table. */

import { LineChart } from "echarts/charts";
import { GridComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { use } from "echarts/core";

import { explain, getJson } from "./api";
import { Drawing, axisLook, tooltipLook } from "./charts/base";
import { $$, el, must, token } from "./dom";
import { direction, istDate, number, signedPct } from "./format";

use([LineChart, GridComponent, MarkLineComponent, TooltipComponent]);

export type Summary = {
  n: number;
  periods: number;
  after_bars: number;
  up: number;
  up_pct: number | null;
  up_low_pct: number | null;
  up_high_pct: number | null;
  lower_quartile_pct: number | null;
  median_pct: number | null;
  upper_quartile_pct: number | null;
  base_up_pct: number | null;
  base_median_pct: number | null;
};
export type Match = {
  symbol: string;
  start: string;
  end: string;
  similarity: { composite: number };
  after: { bars: number; return_pct: number };
  path: number[];
};
export type Similar = {
  symbol: string;
  bars: number;
  matches: Match[];
  summary: Summary;
  paths: { start: string; end: string; window: number[]; fan: number[][] };
  data_source: string;
  /** Of the matches' prices: a stock beside the universe may have its own from elsewhere. */
  matches_source: string;
};

const day = (text: string): string => istDate(new Date(`${text}T00:00:00+05:30`));
const whole = (value: number | null): string => `${number(value, 0)}%`;

/** What the numbers say, and how little that may mean: a lead and a second sentence. */
export function words(bars: number, s: Summary): [string, string] {
  if (!s.n) return ["Nothing in this universe's history is shaped like it.", "Try another length of the stretch."];
  const lead = `Of the ${s.n} stretches most like the last ${bars} sessions, ${s.up} rose over the next ${s.after_bars} (${whole(s.up_pct)}); after any session of this universe ${whole(s.base_up_pct)} did.`;
  const spread = `Half of them returned between ${signedPct(s.lower_quartile_pct)} and ${signedPct(s.upper_quartile_pct)}, the middle one ${signedPct(s.median_pct)} (any session: ${signedPct(s.base_median_pct)}).`;
  const base = s.base_up_pct;
  const low = s.up_low_pct;
  const high = s.up_high_pct;
  if (base === null || low === null || high === null) return [lead, spread];
  const differs = base < low ? "more often than chance" : base > high ? "less often than chance" : "no different from chance";
  return [lead, `${spread} They fall into ${s.periods} separate ${s.periods === 1 ? "period" : "periods"}, so the true share may lie anywhere from ${whole(low)} to ${whole(high)}: ${differs}.`];
}

/** Whose prices the stretch is of, and the matches where theirs are others. */
export const sourceWords = ({ data_source: own, matches_source: theirs }: { data_source: string; matches_source: string }): string =>
  own === theirs ? own : `${own}; matches: ${theirs}`;

type Point = [number, number];

/** A line of percent values whose bar 0 is the last close of the stretch. */
export const points = (path: readonly number[], bars: number): Point[] => path.map((value, i): Point => [i - bars + 1, value]);

export class AnalogueChart {
  private readonly drawing: Drawing;
  private answer: Similar | null = null;

  constructor(box: HTMLElement) {
    this.drawing = new Drawing(box, () => this.option());
  }

  show(answer: Similar): void {
    this.answer = answer;
    const [lead] = words(answer.bars, answer.summary);
    this.drawing.describe(`Paths of ${answer.matches.length} similar stretches and what followed. ${lead} The table below has the same matches.`);
    this.drawing.draw();
  }

  private option(): object {
    if (!this.answer) return {};
    const { bars, matches, paths, summary } = this.answer;
    const look = axisLook();
    const line = (data: Point[], colour: string, width: number, opacity: number, z: number, more: object = {}): object => ({
      type: "line",
      data,
      showSymbol: false,
      silent: true,
      lineStyle: { color: token(colour), width, opacity },
      z,
      ...more,
    });
    const fan = (row: number): Point[] => (paths.fan[row] ?? []).map((value, i): Point => [i, value]);
    const edge = { lineStyle: { color: token("series-2"), width: 1.5, type: "dashed" } };
    return {
      grid: { left: 12, right: 52, top: 16, bottom: 40 },
      tooltip: { ...tooltipLook(), trigger: "axis", formatter: (rows: { axisValue: number }[]) => this.readout(Math.round(rows[0]?.axisValue ?? 0)) },
      xAxis: { type: "value", min: 1 - bars, max: summary.after_bars, name: "sessions from the last close", nameLocation: "middle", nameGap: 24, nameTextStyle: { color: token("ink-3"), fontSize: 12 }, ...look, splitLine: { show: false } },
      yAxis: { type: "value", position: "right", scale: true, splitNumber: 4, ...look, axisLine: { show: false }, axisLabel: { ...look.axisLabel, formatter: (value: number) => signedPct(value, 0) } },
      series: [
        ...matches.map(({ path }) => line(points(path, bars), "ink-3", 1, 0.3, 2)),
        line(fan(0), "series-2", 1.5, 1, 4, edge),
        line(fan(2), "series-2", 1.5, 1, 4, edge),
        line(fan(1), "series-2", 2.5, 1, 5),
        line(points(paths.window, bars), "accent", 2.5, 1, 6, {
          markLine: { silent: true, symbol: "none", label: { show: false }, lineStyle: { color: token("line-strong"), type: "solid", width: 1 }, data: [{ xAxis: 0 }] },
        }),
      ],
    };
  }

  private readout(at: number): string {
    if (!this.answer) return "";
    const { bars, paths, symbol } = this.answer;
    if (at <= 0) return `${at === 0 ? "last close" : `${-at} sessions before`}\n${symbol} ${signedPct(paths.window[at + bars - 1] ?? null)}`;
    const [low, middle, high] = paths.fan.map((row) => row[at] ?? null) as [number | null, number | null, number | null];
    return `${at} sessions after\nmiddle ${signedPct(middle)}\nhalf between ${signedPct(low)} and ${signedPct(high)}`;
  }
}

/** The card: its two choices live in the page's address, and every answer replaces words, picture and table. */
export class SimilarCard {
  private chart: AnalogueChart | null = null;
  /** Bumped by every choice: answers to an older question are dropped. */
  private question = 0;

  constructor(private readonly root: HTMLElement) {
    root.addEventListener("click", (event) => {
      const button = (event.target as Element).closest<HTMLElement>("[data-bars], [data-after]");
      if (button) this.choose(button);
      if ((event.target as Element).closest("[data-again]")) void this.load();
    });
    void this.load();
  }

  private chosen(name: "bars" | "after"): string {
    return must(`[data-${name}][aria-pressed="true"]`, this.root).dataset[name]!;
  }

  private choose(button: HTMLElement): void {
    if (button.getAttribute("aria-pressed") === "true") return; // asked already, perhaps by the first half of a double click
    const name = button.dataset.bars ? "bars" : "after";
    for (const other of $$(`[data-${name}]`, this.root)) other.setAttribute("aria-pressed", String(other === button));
    const query = new URLSearchParams(location.search);
    query.set(name, button.dataset[name]!);
    history.replaceState(null, "", `?${query}${location.hash}`);
    void this.load();
  }

  private async load(): Promise<void> {
    const question = ++this.question;
    const { symbol = "", universe = "" } = this.root.dataset;
    const query = new URLSearchParams({ symbol, universe, bars: this.chosen("bars"), after: this.chosen("after"), paths: "true" });
    this.root.setAttribute("aria-busy", "true");
    try {
      const answer = await getJson<Similar>(`/api/patterns/similar?${query}`);
      if (question === this.question) this.show(answer);
    } catch (cause) {
      if (question === this.question) this.failed(explain(cause));
    } finally {
      if (question === this.question) this.root.removeAttribute("aria-busy");
    }
  }

  private show(answer: Similar): void {
    const [lead, more] = words(answer.bars, answer.summary);
    must(".analogue-words", this.root).replaceChildren(el("p", { class: "lead" }, lead), el("p", { class: "muted" }, more));
    must(".analogue-source", this.root).textContent = sourceWords(answer);
    this.reveal(true);
    this.chart ??= new AnalogueChart(must(".analogue-chart", this.root));
    this.chart.show(answer);
    must("tbody", this.root).replaceChildren(...answer.matches.map((match) => this.row(match)));
  }

  private row(match: Match): HTMLElement {
    const query = new URLSearchParams(location.search);
    query.set("symbol", match.symbol);
    const [, code = match.symbol] = match.symbol.split(":");
    return el(
      "tr",
      {},
      el("th", { scope: "row" }, el("a", { class: "symbol", href: `?${query}#symbol` }, el("span", { class: "code" }, code))),
      el("td", {}, day(match.start)),
      el("td", {}, day(match.end)),
      el("td", { class: "num" }, number(100 * match.similarity.composite, 1)),
      el("td", { class: `num ${direction(match.after.return_pct)}` }, signedPct(match.after.return_pct)),
    );
  }

  /** Picture and table stand only beside the words of the same choice. */
  private reveal(isFound: boolean): void {
    for (const part of $$(".analogue-chart, .analogue-key, .twin", this.root)) part.hidden = !isFound;
  }

  private failed(sentence: string): void {
    this.reveal(false);
    const again = el("button", { class: "button small", type: "button", "data-again": true }, "Try again");
    must(".analogue-words", this.root).replaceChildren(el("p", { class: "lead" }, "Similar history could not be searched. ", sentence), again);
    must(".analogue-source", this.root).textContent = "no data";
  }
}
