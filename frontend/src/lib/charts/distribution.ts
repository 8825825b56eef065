/**
 * How values are spread: a histogram with marks, and the same bins as a table.
 *
 *   new DistributionChart(box, { values, unit: "%", marks: [{ label: "This run", value: 35.9 }], signed: true });
 *   box.after(distributionTable(histogram(values), { caption: "Returns of trades", unit: "%" }));
 */

import { BarChart } from "echarts/charts";
import { GridComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { use } from "echarts/core";

import { el, token } from "../dom";
import { number } from "../format";
import { Drawing, axisLook, roundStep, tooltipLook, type Colour } from "./base";

use([BarChart, GridComponent, MarkLineComponent, TooltipComponent]);

/** Values from `from` (included) to `to` (excluded; the last bin takes its end too). */
export type Bin = { from: number; to: number; count: number };

export type Mark = { label: string; value: number; colour?: Colour };

export type DistributionOptions = {
  values: readonly number[];
  unit?: string;
  marks?: Mark[];
  /** Bars below zero in the colour of losses, above in that of gains; else all in `colour`. */
  signed?: boolean;
  colour?: Colour;
  bins?: number;
  /** Word of what is counted, for sentence and tooltip: "trades". */
  counted?: string;
  integers?: boolean;
};

const MAX_BINS = 60;

/**
 * Bins of one round width with a border at zero, so that gains and losses never share a bar. `bins` is a wish. Values
 * far outside (beyond the 0.5th and 99.5th percentile by more than three widths) are kept in the outermost bins.
 */
export function histogram(values: readonly number[], bins = 24, integers = false): Bin[] {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  const [least, most] = [sorted[0], sorted.at(-1)];
  if (least === undefined || most === undefined) return [];
  const quantile = (q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
  const core = quantile(0.995) - quantile(0.005);
  let step = roundStep((core > 0 ? core : most - least || Math.abs(most) || 1) / bins);
  if (integers) step = Math.max(1, Math.ceil(step));
  const low = Math.max(least, quantile(0.005) - 3 * step);
  const high = Math.min(most, quantile(0.995) + 3 * step);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(first + 1, Math.min(first + MAX_BINS, Math.floor(high / step + 1e-9) + 1));
  const made: Bin[] = Array.from({ length: last - first }, (_, i) => ({
    from: Number(((first + i) * step).toPrecision(12)),
    to: Number(((first + i + 1) * step).toPrecision(12)),
    count: 0,
  }));
  for (const value of sorted) {
    const at = Math.max(0, Math.min(made.length - 1, Math.floor(value / step + 1e-9) - first));
    made[at]!.count += 1;
  }
  return made;
}

/** The twin of a histogram for reading. */
export function distributionTable(bins: readonly Bin[], { caption, unit = "", counted = "Count" }: { caption: string; unit?: string; counted?: string }): HTMLTableElement {
  const total = bins.reduce((sum, bin) => sum + bin.count, 0) || 1;
  const digits = decimalsOf(bins);
  const row = (bin: Bin): HTMLElement =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, binLabel(bin, digits, unit)),
      el("td", { class: "num" }, number(bin.count, 0)),
      el("td", { class: "num" }, `${number((100 * bin.count) / total, 1)}%`),
    );
  const head = el("tr", {}, el("th", { scope: "col" }, "Range"), el("th", { scope: "col", class: "num" }, counted), el("th", { scope: "col", class: "num" }, "Share"));
  return el(
    "table",
    { class: "table" },
    el("caption", { class: "visually-hidden" }, caption),
    el("thead", {}, head),
    el("tbody", {}, ...bins.filter((bin) => bin.count > 0).map(row)),
  );
}

/** As many decimals as the borders need. */
export function decimalsOf(bins: readonly Bin[]): number {
  const width = bins[0] ? bins[0].to - bins[0].from : 1;
  for (const digits of [0, 1, 2, 3]) if (Math.abs(width - Number(width.toFixed(digits))) < 1e-9) return digits;
  return 4;
}

export function binLabel({ from, to }: Bin, digits: number, unit: string): string {
  if (unit === " bars" || unit === " days") return to - from <= 1 ? `${number(from, 0)}${unit}` : `${number(from, 0)} to ${number(to - 1, 0)}${unit}`;
  return `${number(from, digits)} to ${number(to, digits)}${unit}`;
}

export class DistributionChart {
  readonly bins: Bin[];
  private readonly drawing: Drawing;

  constructor(
    box: HTMLElement,
    private readonly options: DistributionOptions,
  ) {
    const marked = (options.marks ?? []).map((mark) => mark.value);
    this.bins = withMarks(histogram(options.values, options.bins ?? 24, options.integers), marked);
    this.drawing = new Drawing(box, () => this.option());
    this.drawing.describe(this.sentence());
    this.drawing.draw();
  }

  private option(): object {
    const look = axisLook();
    const [first, last] = [this.bins[0], this.bins.at(-1)];
    if (!first || !last) return {};
    const digits = decimalsOf(this.bins);
    const unit = this.options.unit ?? "";
    const words = this.options.counted ?? "values";
    return {
      grid: { left: 12, right: 44, top: this.options.marks?.length ? 16 + 17 * this.options.marks.length : 12, bottom: 28 },
      tooltip: {
        ...tooltipLook(),
        trigger: "item",
        formatter: ({ dataIndex }: { dataIndex: number }) => {
          const bin = this.bins[dataIndex];
          return bin ? `${binLabel(bin, digits, unit)}\n${number(bin.count, 0)} ${words}` : "";
        },
      },
      // A category a bar, for bars of full width, under an axis of numbers, for marks at their true place.
      xAxis: [
        { type: "category", data: this.bins.map((bin) => bin.from), show: false },
        {
          type: "value",
          min: first.from,
          max: last.to,
          position: "bottom",
          ...look,
          splitLine: { show: false },
          axisLabel: { ...look.axisLabel, showMinLabel: false, showMaxLabel: false, formatter: (value: number) => `${number(value, digits)}${unit.trim() === "%" ? "%" : ""}` },
        },
      ],
      yAxis: {
        type: "value",
        position: "right",
        minInterval: 1,
        splitNumber: 3,
        max: Math.ceil(1.06 * Math.max(1, ...this.bins.map((bin) => bin.count))),
        ...look,
        axisLine: { show: false },
        axisLabel: { ...look.axisLabel, showMaxLabel: false },
      },
      series: [this.bars(), this.marks(first, last)],
    };
  }

  private bars(): object {
    const plain = token(this.options.colour ?? "series-1");
    const fill = (bin: Bin): string => (!this.options.signed ? plain : token(bin.from < 0 ? "down-fill" : "up-fill"));
    return {
      type: "bar",
      barCategoryGap: "8%",
      xAxisIndex: 0,
      data: this.bins.map((bin) => ({ value: bin.count, itemStyle: { color: fill(bin), opacity: this.options.signed ? 0.85 : 0.55 } })),
      emphasis: { itemStyle: { opacity: 1 } },
    };
  }

  private marks(first: Bin, last: Bin): object {
    const marks = this.options.marks ?? [];
    const middle = (first.from + last.to) / 2;
    const most = Math.max(1, ...this.bins.map((bin) => bin.count));
    return {
      type: "bar",
      xAxisIndex: 1,
      data: [],
      markLine: {
        symbol: "none",
        silent: true,
        animation: false,
        data: marks.map(({ label, value, colour = "ink-2" }, i) => [
          {
            coord: [value, 0],
            lineStyle: { color: token(colour), width: 1.5, type: colour === "accent" ? "solid" : [4, 3] },
            label: {
              show: true,
              formatter: label,
              position: "end",
              color: token(colour),
              fontFamily: token("font-sans"),
              fontSize: 12,
              fontWeight: colour === "accent" ? 600 : 450,
              align: value > middle ? "right" : "left",
              // Names stand above one another: they may mean nearly the same place.
              offset: [0, -17 * i],
            },
          },
          { coord: [value, most * 1.04] },
        ]),
      },
    };
  }

  private sentence(): string {
    const total = this.options.values.length;
    if (!total) return "Nothing to count.";
    const sorted = [...this.options.values].sort((a, b) => a - b);
    const unit = this.options.unit ?? "";
    const show = (value: number): string => `${number(value, 1)}${unit}`;
    const marks = (this.options.marks ?? []).map(({ label }) => label);
    return `${number(total, 0)} ${this.options.counted ?? "values"} from ${show(sorted[0]!)} to ${show(sorted.at(-1)!)}, half of them below ${show(sorted[total >> 1]!)}.${marks.length ? ` Marked: ${marks.join("; ")}.` : ""}`;
  }
}

/** Empty bins on either side until every mark has its place; never more than make sense on a screen. */
export function withMarks(bins: Bin[], marks: readonly number[]): Bin[] {
  const [first, last] = [bins[0], bins.at(-1)];
  if (!first || !last || !marks.length) return bins;
  const step = first.to - first.from;
  const before = Math.min(MAX_BINS, Math.max(0, Math.ceil((first.from - Math.min(...marks)) / step)));
  const after = Math.min(MAX_BINS, Math.max(0, Math.ceil((Math.max(...marks) - last.to) / step)));
  const empty = (i: number): Bin => ({ from: Number((first.from + i * step).toPrecision(12)), to: Number((first.from + (i + 1) * step).toPrecision(12)), count: 0 });
  return [
    ...Array.from({ length: before }, (_, i) => empty(i - before)),
    ...bins,
    ...Array.from({ length: after }, (_, i) => empty(bins.length + i)),
  ];
}
