/**
 * One or several curves over time with their drawdowns below: equity against a benchmark, runs against each other.
 *
 *   const chart = new EquityChart(box, [
 *     { name: "This run", dates, values, drawdown: true },
 *     { name: "NIFTY 50", dates, values: benchmark, colour: "ink-3", dashed: true },
 *   ], { format: (v) => compact(v), unit: "₹", onCursor: (at) => … });
 *   chart.setScale("log"); chart.setRange("2024-01-01"); chart.setRange();
 *
 * Curves may begin and end on different days. Arrow keys walk along the curve when the box has the focus; what stands
 * there is given to `onCursor`, which also gets null when the cursor leaves.
 */

import { LineChart } from "echarts/charts";
import { AxisPointerComponent, DataZoomComponent, GridComponent, TooltipComponent } from "echarts/components";
import { use } from "echarts/core";

import { withAlpha } from "../colour";
import { token } from "../dom";
import { istDate, number, signedPct } from "../format";
import { Drawing, SERIES, axisLook, logTicks, type Colour } from "./base";

use([LineChart, GridComponent, TooltipComponent, AxisPointerComponent, DataZoomComponent]);

/** `values` belong to `dates` ("2026-05-03"), oldest first. `drawdown`: draw it below; an array gives it in percent. */
export type Curve = {
  name: string;
  dates: string[];
  values: number[];
  colour?: Colour;
  dashed?: boolean;
  drawdown?: boolean | number[];
};

export type Scale = "linear" | "log";

/** What stands at a day: null where a curve has no value yet. */
export type Cursor = { date: string; rows: { name: string; colour: Colour; value: number | null; drawdown: number | null }[] };

export type EquityOptions = {
  format?: (value: number) => string;
  scale?: Scale;
  /** The strip below that zooms; small pictures do without. */
  slider?: boolean;
  /** What the curves are measured in, for the sentence. */
  unit?: string;
  onCursor?: (at: Cursor | null) => void;
  /** Told when the visible days change. */
  onRange?: (from: string, to: string) => void;
};

/** Percent below the highest value so far, 0 at a new high. */
export function drawdownOf(values: readonly number[]): number[] {
  let peak = Number.NEGATIVE_INFINITY;
  return values.map((value) => {
    peak = Math.max(peak, value);
    return peak > 0 ? (value / peak - 1) * 100 : 0;
  });
}

/** All days of several curves, in order. */
export function daysOf(curves: readonly Pick<Curve, "dates">[]): string[] {
  const [only] = curves;
  if (curves.length === 1 && only) return only.dates;
  return [...new Set(curves.flatMap((curve) => curve.dates))].sort();
}

/** Values laid along `days`, null where a curve has none. */
export function along(days: readonly string[], dates: readonly string[], values: readonly number[]): (number | null)[] {
  const known = new Map(dates.map((date, i) => [date, values[i] ?? null]));
  return days.map((day) => known.get(day) ?? null);
}

/** The first place whose day is not before `day`; the last place for a day after all. */
export function placeOf(days: readonly string[], day: string): number {
  let [low, high] = [0, days.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (days[middle]! < day) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Least and greatest known value between two places, both included; null when there is none. */
export function extent(rows: readonly (readonly (number | null)[])[], from: number, to: number): [number, number] | null {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const row of rows) {
    for (let i = from; i <= to; i += 1) {
      const value = row[i];
      if (value == null) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return low <= high ? [low, high] : null;
}

const dayLabel = (day: string): string => istDate(new Date(`${day}T00:00:00+05:30`));
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** What the time axis prints: a year in the first of its days shown, else a month. */
export function axisDay(day: string, spanDays: number): string {
  const [year, month, date] = day.split("-") as [string, string, string];
  if (spanDays > 900) return year;
  return spanDays > 120 ? `${MONTHS[Number(month) - 1]} ${year.slice(2)}` : `${Number(date)} ${MONTHS[Number(month) - 1]}`;
}

type Line = { curve: Curve; colour: Colour; values: (number | null)[]; drawdown: (number | null)[] | null };

/** Room left of the axis labels, and under the curves for the strip that zooms. */
const RIGHT_PX = 64;

export class EquityChart {
  private readonly drawing: Drawing;
  private readonly days: string[];
  private readonly lines: Line[];
  private scale: Scale;
  private from = 0;
  private to: number;
  private cursor: number | null = null;

  constructor(
    private readonly box: HTMLElement,
    curves: Curve[],
    private readonly options: EquityOptions = {},
  ) {
    this.days = daysOf(curves);
    this.to = this.days.length - 1;
    this.scale = options.scale ?? "linear";
    this.lines = curves.map((curve, i) => ({
      curve,
      colour: curve.colour ?? SERIES[i % SERIES.length]!,
      values: along(this.days, curve.dates, curve.values),
      drawdown: curve.drawdown
        ? along(this.days, curve.dates, Array.isArray(curve.drawdown) ? curve.drawdown : drawdownOf(curve.values))
        : null,
    }));
    this.drawing = new Drawing(box, () => this.option());
    this.drawing.describe(this.sentence());
    this.listen();
    this.drawing.draw();
  }

  setScale(scale: Scale): void {
    this.scale = scale;
    this.drawing.draw();
  }

  /** Show the days from `from` to `to`; without them, all. */
  setRange(from?: string, to?: string): void {
    this.from = from ? placeOf(this.days, from) : 0;
    this.to = to ? placeOf(this.days, to) : this.days.length - 1;
    if (this.to <= this.from) this.from = Math.max(0, this.to - 1);
    this.drawing.draw();
    this.options.onRange?.(this.days[this.from]!, this.days[this.to]!);
  }

  /** Show the last months, counted from the last day. */
  showLast(months: number): void {
    const last = this.days.at(-1);
    if (!last) return;
    const at = new Date(`${last}T00:00:00Z`);
    at.setUTCMonth(at.getUTCMonth() - months);
    this.setRange(at.toISOString().slice(0, 10));
  }

  private get hasDrawdown(): boolean {
    return this.lines.some((line) => line.drawdown !== null);
  }

  private get isLog(): boolean {
    return this.scale === "log" && this.lines.every(({ values }) => values.every((value) => value === null || value > 0));
  }

  private get format(): (value: number) => string {
    return this.options.format ?? ((value) => number(value, 2));
  }

  private option(): object {
    const drawdown = this.hasDrawdown;
    const look = axisLook();
    const x = { type: "category", data: this.days, boundaryGap: false, ...look, splitLine: { show: false } };
    const grid = { left: 20, right: RIGHT_PX, containLabel: false };
    const below = this.options.slider === false ? 28 : 62;
    return {
      grid: drawdown ? [{ ...grid, top: 10, bottom: "37%" }, { ...grid, top: "69%", bottom: below }] : [{ ...grid, top: 10, bottom: below }],
      tooltip: { trigger: "axis", showContent: false },
      axisPointer: {
        link: [{ xAxisIndex: "all" }],
        lineStyle: { color: token("line-strong"), type: "dashed" },
        label: { show: false },
      },
      xAxis: [
        { ...x, gridIndex: 0, axisLabel: { show: false } },
        ...(drawdown ? [{ ...x, gridIndex: 1 }] : []),
      ].map((axis, i, all) => (i === all.length - 1 ? { ...axis, axisLabel: { ...look.axisLabel, ...this.dayLabels() } } : axis)),
      yAxis: [this.valueAxis(), ...(drawdown ? [this.drawdownAxis()] : [])],
      dataZoom: this.zooms(drawdown),
      series: this.lines.flatMap((line) => this.series(line)),
    };
  }

  private dayLabels(): object {
    const span = (Date.parse(this.days[this.to] ?? "") - Date.parse(this.days[this.from] ?? "")) / 86_400_000;
    const part = span > 900 ? 4 : span > 120 ? 7 : 10;
    // One mark where a year (or a month) begins, not wherever the library counts to.
    const begins = (i: number): boolean => i > 0 && this.days[i]!.slice(0, part) !== this.days[i - 1]!.slice(0, part);
    return { interval: (i: number) => begins(i), formatter: (day: string) => axisDay(day, span), margin: 10 };
  }

  private valueAxis(): object {
    const look = axisLook();
    const log = this.isLog;
    const bounds = extent(this.lines.map((line) => line.values), this.from, this.to);
    const label = { ...look.axisLabel, formatter: (value: number) => this.format(log ? Math.exp(value) : value) };
    const axis = { type: "value", gridIndex: 0, position: "right", scale: true, splitNumber: 5, ...look, axisLine: { show: false } };
    if (!log || !bounds) return { ...axis, axisLabel: label };
    // The library marks powers of ten only; a year of equity spans a fraction of one.
    const pad = Math.max(0.004, 0.04 * Math.log(bounds[1] / bounds[0]));
    const [low, high] = [Math.log(bounds[0]) - pad, Math.log(bounds[1]) + pad];
    const marks = logTicks(Math.exp(low), Math.exp(high), 6).map(Math.log);
    return { ...axis, min: low, max: high, axisTick: { show: false, customValues: marks }, axisLabel: { ...label, customValues: marks } };
  }

  private drawdownAxis(): object {
    const look = axisLook();
    return {
      type: "value",
      gridIndex: 1,
      position: "right",
      max: 0,
      splitNumber: 2,
      ...look,
      axisLine: { show: false },
      axisLabel: { ...look.axisLabel, formatter: (value: number) => signedPct(value, 0) },
    };
  }

  private zooms(drawdown: boolean): object[] {
    const both = drawdown ? [0, 1] : [0];
    const window = { xAxisIndex: both, startValue: this.from, endValue: this.to };
    const inside = { type: "inside", ...window, zoomOnMouseWheel: "ctrl", moveOnMouseMove: true, preventDefaultMouseMove: false };
    if (this.options.slider === false) return [inside];
    return [
      inside,
      {
        type: "slider",
        ...window,
        bottom: 6,
        height: 22,
        left: 12,
        right: RIGHT_PX,
        brushSelect: false,
        showDetail: false,
        borderColor: token("line"),
        backgroundColor: "transparent",
        fillerColor: withAlpha(token("accent"), 0.12),
        handleStyle: { color: token("surface"), borderColor: token("line-strong") },
        moveHandleSize: 0,
        dataBackground: { lineStyle: { color: token("line-strong"), width: 1 }, areaStyle: { color: token("line"), opacity: 0.5 } },
        selectedDataBackground: { lineStyle: { color: token("accent"), width: 1 }, areaStyle: { color: token("accent"), opacity: 0.12 } },
        emphasis: { handleStyle: { borderColor: token("accent") } },
      },
    ];
  }

  private series({ curve, colour, values, drawdown }: Line): object[] {
    const log = this.isLog;
    const shown = token(colour);
    const common = { type: "line", showSymbol: false, connectNulls: true, emphasis: { disabled: true }, silent: true };
    const curves: object[] = [
      {
        ...common,
        name: curve.name,
        data: log ? values.map((value) => (value === null ? null : Math.log(value))) : values,
        sampling: "lttb",
        lineStyle: { color: shown, width: curve.dashed ? 1.25 : 1.75, type: curve.dashed ? [5, 4] : "solid" },
        itemStyle: { color: shown },
      },
    ];
    if (drawdown) {
      curves.push({
        ...common,
        name: `${curve.name}: drawdown`,
        data: drawdown,
        xAxisIndex: 1,
        yAxisIndex: 1,
        sampling: "min",
        lineStyle: { color: shown, width: 1 },
        itemStyle: { color: shown },
        areaStyle: { color: shown, opacity: this.lines.filter((line) => line.drawdown).length > 1 ? 0.06 : 0.16 },
      });
    }
    return curves;
  }

  private listen(): void {
    const { chart } = this.drawing;
    chart.on("updateAxisPointer", (event) => {
      const at = (event as { dataIndex?: number; axesInfo?: { value: number }[] }).axesInfo?.[0]?.value;
      this.tell(at ?? null);
    });
    chart.getZr().on("globalout", () => this.tell(null));
    chart.on("dataZoom", () => {
      const [zoom] = chart.getOption().dataZoom as { startValue: number; endValue: number }[];
      if (!zoom || (zoom.startValue === this.from && zoom.endValue === this.to)) return;
      [this.from, this.to] = [zoom.startValue, zoom.endValue];
      // Marks of the axes follow the days in sight; the zoom itself must not be touched while it is being dragged.
      const { yAxis, xAxis } = this.option() as { yAxis: object[]; xAxis: object[] };
      chart.setOption({ yAxis, xAxis: xAxis.map((axis) => ({ ...axis, data: undefined })) }, { lazyUpdate: true });
      this.options.onRange?.(this.days[this.from]!, this.days[this.to]!);
    });
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("blur", () => {
      this.drawing.chart.dispatchAction({ type: "hideTip" });
      this.tell(null);
    });
  }

  private key(event: KeyboardEvent): void {
    const far = event.shiftKey ? 20 : 1;
    const at = this.cursor ?? this.to;
    const moves: Record<string, number> = { ArrowLeft: at - far, ArrowRight: at + far, Home: this.from, End: this.to };
    const to = moves[event.key];
    if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const place = Math.max(this.from, Math.min(this.to, to));
    this.drawing.chart.dispatchAction({ type: "showTip", seriesIndex: 0, dataIndex: place });
    this.tell(place);
    const found = this.at(place);
    const speaker = document.getElementById("announcer");
    if (speaker) speaker.textContent = `${dayLabel(found.date)}: ${found.rows.map((row) => `${row.name} ${row.value === null ? "unknown" : this.format(row.value)}`).join(", ")}`;
  }

  private tell(place: number | null): void {
    if (place === this.cursor) return;
    this.cursor = place;
    this.options.onCursor?.(place === null ? null : this.at(place));
  }

  private at(place: number): Cursor {
    return {
      date: this.days[place]!,
      rows: this.lines.map(({ curve, colour, values, drawdown }) => ({
        name: curve.name,
        colour,
        value: values[place] ?? null,
        drawdown: drawdown?.[place] ?? null,
      })),
    };
  }

  private sentence(): string {
    const [first, last] = [this.days[0], this.days.at(-1)];
    if (!first || !last) return "No curve.";
    const ends = this.lines.map(({ curve }) => {
      const [begin, end] = [curve.values[0], curve.values.at(-1)];
      return begin == null || end == null ? curve.name : `${curve.name} from ${this.format(begin)} to ${this.format(end)}`;
    });
    const unit = this.options.unit ? ` in ${this.options.unit}` : "";
    return `Curves${unit} from ${dayLabel(first)} to ${dayLabel(last)}: ${ends.join("; ")}. Arrow keys read day by day.`;
  }
}
