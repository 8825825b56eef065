/** Charts and words of the track record. */

import { LineChart } from "echarts/charts";
import { GridComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { use } from "echarts/core";

import { Drawing, axisLook, tooltipLook } from "./charts/base";
import { el, token } from "./dom";
import { OUTCOMES, OUTCOME_TURNS, type Layers, type Signal } from "./fno";
import { directionPart, filtersPart, strengthPart } from "./fno-cards";
import { lifeCard } from "./fno-life";
import { direction, istDate, number, signed } from "./format";

use([LineChart, GridComponent, MarkLineComponent, TooltipComponent]);

export type Result = { at: string | null; code: string; r: number; net_r: number | null };
export type Detail = Signal & { features: Layers; label: number | null; calibrator: string };
export type Verified = { ok: boolean; checked: number; head: string; broken_at: number | null; reason: string };

/** Sums of results, one point a signal that is over, from zero. */
export function cumulative(results: readonly Result[]): { r: number[]; net: number[] } {
  const sums = { r: [0], net: [0] };
  for (const one of results) {
    sums.r.push(sums.r.at(-1)! + one.r);
    sums.net.push(sums.net.at(-1)! + (one.net_r ?? one.r));
  }
  return sums;
}

/** The deepest fall of a curve from an earlier height, zero or below. */
export function deepestFall(curve: readonly number[]): number {
  let [top, worst] = [-Infinity, 0];
  for (const value of curve) {
    top = Math.max(top, value);
    worst = Math.min(worst, value - top);
  }
  return worst;
}

export function curveWords(results: readonly Result[]): string {
  const { r, net } = cumulative(results);
  return `${number(results.length, 0)} result${results.length === 1 ? "" : "s"}: ${signed(r.at(-1), 2)} R before and ${signed(net.at(-1), 2)} R after charges, with a deepest fall of ${signed(deepestFall(net), 2)} R after charges.`;
}

export class CurveChart {
  constructor(
    box: HTMLElement,
    private readonly results: readonly Result[],
  ) {
    const drawing = new Drawing(box, () => this.option());
    drawing.describe(curveWords(results));
    drawing.draw();
  }

  private option(): object {
    const { r, net } = cumulative(this.results);
    const look = axisLook();
    const spread = Math.max(...r, ...net) - Math.min(...r, ...net);
    const line = (name: string, data: number[], colour: string, type: string): object => ({ name, type: "line", step: "end", showSymbol: data.length < 40, symbolSize: 4, data, lineStyle: { color: token(colour), width: 2, type }, itemStyle: { color: token(colour) } });
    return {
      grid: { left: 8, right: 52, top: 12, bottom: 24 },
      tooltip: {
        ...tooltipLook(),
        trigger: "axis",
        formatter: (all: { dataIndex: number; seriesName: string; data: number }[]) => {
          const one = this.results[(all[0]?.dataIndex ?? 0) - 1];
          const head = one ? `${one.code}${one.at ? `, ${istDate(new Date(one.at))}` : ""}` : "Start";
          return `${head}\n${all.map((line) => `${line.seriesName}: ${signed(line.data, 2)} R`).join("\n")}`;
        },
      },
      xAxis: { type: "category", data: r.map((_, i) => i), ...look, splitLine: { show: false }, axisLabel: { ...look.axisLabel, formatter: (value: string) => number(Number(value), 0) } },
      yAxis: { type: "value", position: "right", ...look, axisLine: { show: false }, axisLabel: { ...look.axisLabel, formatter: (value: number) => `${signed(value, spread < 2 ? 2 : 1)} R` } },
      series: [line("Before charges", r, "series-1", "dashed"), { ...line("After charges", net, "series-2", "solid"), markLine: { symbol: "none", silent: true, animation: false, label: { show: false }, lineStyle: { color: token("line-strong"), type: "solid" }, data: [{ yAxis: 0 }] } }],
    };
  }
}

/** A signal's life with what it was made of, for its row in the history. */
export function detailView(detail: Detail): HTMLElement {
  const life = lifeCard(detail);
  life.removeAttribute("id");
  life.classList.remove("card");
  life.querySelector(".card-head")?.remove();
  life.querySelector(".card-foot a")?.remove();
  const label = detail.label === null ? "Whether the index went its way first is not known." : detail.label === 1 ? "The index went its way first: what was said came true." : "The index did not go its way first: what was said did not come true.";
  const judged = detail.calibrated ? calibratorWords(detail.calibrator) : "Not calibrated when it fired.";
  return el(
    "div",
    { class: "life-detail" },
    life,
    el("p", { class: "muted" }, `${judged} ${label}`),
    el("details", { class: "twin" }, el("summary", {}, "What it was made of when it fired"), el("div", { class: "fno-layers" }, directionPart(detail.features.direction, detail), strengthPart(detail.features.strength), filtersPart(detail.features.filters, { vetoes: [] }))),
  );
}

/** A signal as it was read, or as its end was told while that answer was under way: what is over stays over. */
export const newerOf = (read: Detail, end: Signal | undefined): Detail => (end && read.status === "LIVE" ? { ...read, ...end } : read);

/** Write what became of a signal into its line of the history. */
export function showEnd(line: HTMLElement, signal: Signal): void {
  line.dataset.status = signal.status;
  const words = OUTCOMES[signal.outcome];
  line.querySelector(".badge")!.replaceWith(el("span", { class: `badge ${OUTCOME_TURNS[signal.outcome]}`, "data-value": words }, words));
  for (const [part, value] of Object.entries({ r: signal.r_multiple, net: signal.net_per_lot })) {
    const figure = value === null ? el("span", { class: "price" }, "–") : el("span", { class: `price ${direction(value)}`, "data-value": value }, signed(value, 2));
    line.querySelector(`[data-part="${part}"]`)!.replaceChildren(figure);
  }
}

/** An address that names a signal which is not in the list. */
export const missingWords = (code: string): string => `There is no signal ${code} in this list. Check its code, or choose “All” as the history, every outcome and all four indices.`;

const KINDS: Record<string, string> = { isotonic: "a rising line of steps (isotonic)", platt: "a curve of two parameters (Platt)" };

/** What judged a signal, from its name "NIFTY+SENSEX/full/week 2953/isotonic/352". */
export function calibratorWords(name: string): string {
  const [family = "", profile, , kind = "", n] = name.split("/");
  if (!n || !profile) return "Calibrated when it fired.";
  const votes = profile === "full" ? "with all votes known" : "with some votes unknown";
  return `Calibrated when it fired, on ${number(Number(n), 0)} earlier outcomes of ${family.split("+").join(" and ")} ${votes}, by ${KINDS[kind] ?? kind}.`;
}

export function verifiedWords(found: Verified): string {
  if (!found.ok) return `The chain is broken at line ${number(found.broken_at, 0)}: ${found.reason} ${number(found.checked, 0)} lines before it are as they were written.`;
  return `Chain of ${number(found.checked, 0)} lines verified, last hash ${found.head}`;
}
