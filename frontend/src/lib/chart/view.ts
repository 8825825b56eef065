/** The drawing: candles, volume, overlays and panes on lightweight-charts, coloured by the design tokens. */

import {
  CandlestickSeries,
  CrosshairMode,
  HistogramSeries,
  LineSeries,
  LineStyle,
  createChart,
  createSeriesMarkers,
  type IChartApi,
  type IPriceLine,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  type MouseEventParams,
  type Time,
} from "lightweight-charts";

import { withAlpha } from "../colour";
import { token } from "../dom";
import { istDate, istMinute, istTime, price } from "../format";
import { SHORT_NAMES } from "./address";
import { barTime, type Bar, type IndicatorLine, type Indicators } from "./bars";

type Line = { label: string; colour: string; series: ISeriesApi<"Line"> | ISeriesApi<"Histogram">; values: Map<Time, number>; last: number | undefined };

/** Something that happened at a bar: an arrow with a word. `colour` is a design token. */
export type BarMarker = { time: Bar["time"]; side: "buy" | "sell"; text: string; colour: string };

const COLOURS = ["series-1", "series-2", "series-3", "series-4", "series-5"];
/** Bars shown at first: what the width holds at this many pixels a bar. */
const BAR_PX = 8;

const moment = (time: Time): Date => new Date(typeof time === "number" ? time * 1000 : `${String(time)}T00:00:00+05:30`);

export class ChartView {
  bars: Bar[] = [];
  private readonly chart: IChartApi;
  private readonly candles: ISeriesApi<"Candlestick">;
  /** Drawn instead of candles where only closes are known. */
  private readonly closes: ISeriesApi<"Line">;
  private readonly volume: ISeriesApi<"Histogram">;
  private lines: Line[] = [];
  private other: IPriceLine | null = null;
  private marks: ISeriesMarkersPluginApi<Time> | null = null;
  private markers: BarMarker[] = [];
  private cursor: number | null = null;
  /** New bars move the range before it is put where it belongs: that is nobody's scrolling. */
  private settling = false;

  constructor(
    box: HTMLElement,
    private readonly onCursor: (bar: Bar | null, values: { label: string; colour: string; value: number }[]) => void,
    onLeftEdge: () => void,
  ) {
    this.chart = createChart(box, {
      autoSize: true,
      layout: { attributionLogo: false, fontFamily: token("font-sans"), fontSize: 12 },
      crosshair: { mode: CrosshairMode.Normal },
      localization: { priceFormatter: (value: number) => price(value), timeFormatter: (time: Time) => this.label(time) },
      timeScale: { rightOffset: 4, timeVisible: true, tickMarkFormatter: (time: Time, kind: number) => tickMark(time, kind) },
      rightPriceScale: { scaleMargins: { top: 0.1, bottom: 0.22 } },
    });
    this.candles = this.chart.addSeries(CandlestickSeries, { borderVisible: false });
    this.closes = this.chart.addSeries(LineSeries, { lineWidth: 2, visible: false });
    this.volume = this.chart.addSeries(HistogramSeries, {
      priceScaleId: "volume",
      priceFormat: { type: "volume" },
      lastValueVisible: false,
      priceLineVisible: false,
    });
    this.volume.priceScale().applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } });
    this.chart.subscribeCrosshairMove((event) => this.moved(event));
    this.chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (range && range.from < 5 && this.bars.length && !this.settling) onLeftEdge();
    });
    this.recolour();
    document.addEventListener("preferences", () => this.recolour());
  }

  /** Replace the bars. The visible range is kept when only bars were added, and reset for another interval. */
  setBars(bars: Bar[], keepRange: boolean): void {
    const scale = this.chart.timeScale();
    const range = keepRange ? scale.getVisibleLogicalRange() : null;
    const added = keepRange ? bars.length - this.bars.length : 0;
    const atEnd = !range || range.to >= this.bars.length - 1;
    const prepended = added > 0 && this.bars[0]?.time !== bars[0]?.time;
    this.bars = bars;
    this.cursor = null;
    this.settling = true;
    requestAnimationFrame(() => (this.settling = false));
    const closesOnly = bars.some((bar) => bar.closeOnly);
    this.candles.applyOptions({ visible: !closesOnly });
    this.closes.applyOptions({ visible: closesOnly });
    this.candles.setData(bars.map((bar) => ({ ...bar, time: bar.time as Time })));
    this.closes.setData(closesOnly ? bars.map((bar) => ({ time: bar.time as Time, value: bar.close })) : []);
    this.volume.setData(bars.map((bar) => this.volumeBar(bar)));
    if (range && prepended) scale.setVisibleLogicalRange({ from: range.from + added, to: range.to + added });
    else if (!range) scale.setVisibleLogicalRange({ from: bars.length - scale.width() / BAR_PX, to: bars.length + 3 });
    else if (atEnd && added > 0) scale.scrollToRealTime();
    this.onCursor(null, this.valuesAt(bars.at(-1)?.time));
  }

  updateLast(bar: Bar): void {
    const last = this.bars.at(-1);
    if (last && last.time === bar.time) this.bars[this.bars.length - 1] = bar;
    else this.bars.push(bar);
    this.candles.update({ ...bar, time: bar.time as Time });
    this.volume.update(this.volumeBar(bar));
    if (this.cursor === null) this.onCursor(null, this.valuesAt(bar.time));
  }

  private drawn(): ISeriesApi<"Candlestick"> | ISeriesApi<"Line"> {
    return this.bars.some((bar) => bar.closeOnly) ? this.closes : this.candles;
  }

  /** A live price of another source stands beside the candles, labelled; it never becomes a bar of theirs. */
  showOther(label: string, value: number | null): void {
    if (this.other) this.drawn().removePriceLine(this.other);
    this.other = null;
    if (value === null) return;
    this.other = this.drawn().createPriceLine({
      price: value,
      title: label,
      color: token("warning"),
      lineStyle: LineStyle.Dotted,
      lineWidth: 1,
      axisLabelVisible: true,
    });
  }

  setIndicators({ series }: Indicators): void {
    for (const line of this.lines) this.chart.removeSeries(line.series);
    for (let i = this.chart.panes().length - 1; i > 0; i -= 1) this.chart.removePane(i);
    this.lines = [];
    let pane = 0;
    for (const indicator of series) {
      if (indicator.kind === "pane") pane += 1;
      const at = indicator.kind === "pane" ? pane : 0;
      // A direction is a sign beside the line, not a price.
      const lines = indicator.lines.filter((line) => line.key !== "direction");
      const name = SHORT_NAMES[indicator.name] ?? indicator.name;
      for (const line of lines) this.addLine(lines.length > 1 ? `${name} ${line.label}` : name, line, at);
    }
    this.chart.panes().forEach((p, i) => p.setStretchFactor(i === 0 ? 4 : 1));
    this.onCursor(null, this.valuesAt(this.bars.at(-1)?.time));
  }

  private addLine(label: string, { key, points }: IndicatorLine, pane: number): void {
    const colour = COLOURS[this.lines.length % COLOURS.length]!;
    const look = { color: token(colour), lastValueVisible: pane > 0, priceLineVisible: false };
    const series =
      key === "histogram"
        ? this.chart.addSeries(HistogramSeries, look, pane)
        : this.chart.addSeries(LineSeries, { ...look, lineWidth: 1, crosshairMarkerVisible: false }, pane);
    const data = points.map(([t, value]) => {
      const time = barTime(t) as Time;
      return value === null ? { time } : { time, value };
    });
    series.setData(data);
    const values = new Map(data.flatMap((d) => ("value" in d ? [[d.time, d.value] as [Time, number]] : [])));
    this.lines.push({ label, colour, series, values, last: [...values.values()].at(-1) });
  }

  /** Mark what happened, oldest first: purchases below their bars, sales above. */
  setMarkers(markers: BarMarker[]): void {
    this.markers = markers;
    this.marks ??= createSeriesMarkers(this.candles, []);
    this.marks.setMarkers(
      markers.map(({ time, side, text, colour }) => ({
        time: time as Time,
        position: side === "buy" ? ("belowBar" as const) : ("aboveBar" as const),
        shape: side === "buy" ? ("arrowUp" as const) : ("arrowDown" as const),
        color: token(colour),
        text,
      })),
    );
  }

  /** Show the bars between two times with room on both sides, in all about as many as the width holds well. */
  showSpan(from: Bar["time"], to: Bar["time"]): void {
    const [first, last] = [from, to].map((time) => this.bars.findIndex((bar) => bar.time >= time)) as [number, number];
    if (first < 0) return;
    const end = last < 0 ? this.bars.length - 1 : last;
    const room = Math.max(8, (this.chart.timeScale().width() / (1.5 * BAR_PX) - (end - first)) / 2);
    // At either end of the bars the window is moved, not left half empty.
    const right = Math.min(end + room, this.bars.length + 3);
    this.chart.timeScale().setVisibleLogicalRange({ from: Math.max(-2, right - (end - first + 2 * room)), to: right });
  }

  /** Move the crosshair by bars; null when there is nothing to move over. */
  step(by: number): Bar | null {
    if (!this.bars.length) return null;
    const from = this.cursor ?? this.bars.length - 1;
    this.cursor = Math.max(0, Math.min(this.bars.length - 1, from + by));
    const bar = this.bars[this.cursor]!;
    const scale = this.chart.timeScale();
    const range = scale.getVisibleLogicalRange();
    if (range && (this.cursor < range.from || this.cursor > range.to)) {
      const width = range.to - range.from;
      const from2 = this.cursor < range.from ? this.cursor - 2 : this.cursor - width + 2;
      scale.setVisibleLogicalRange({ from: from2, to: from2 + width });
    }
    this.cross(bar);
    this.onCursor(bar, this.valuesAt(bar.time));
    return bar;
  }

  /** Put the crosshair on a bar. While the chart has no place for it yet (older bars just came), the library throws. */
  private cross(bar: Bar): void {
    const time = bar.time as Time;
    if (this.chart.timeScale().timeToCoordinate(time) === null) return;
    const series = this.drawn();
    if (series.priceToCoordinate(bar.close) === null) return;
    this.chart.setCrosshairPosition(bar.close, time, series);
  }

  zoom(factor: number): void {
    const scale = this.chart.timeScale();
    const range = scale.getVisibleLogicalRange();
    if (!range) return;
    const width = Math.max(10, (range.to - range.from) * factor);
    scale.setVisibleLogicalRange({ from: range.to - width, to: range.to });
  }

  toEnd(): void {
    this.chart.timeScale().scrollToRealTime();
  }

  showLastBars(count: number): void {
    const end = this.bars.length;
    this.chart.timeScale().setVisibleLogicalRange({ from: Math.max(-2, end - count), to: end + 3 });
  }

  clearCursor(): void {
    this.cursor = null;
    this.chart.clearCrosshairPosition();
    this.onCursor(null, this.valuesAt(this.bars.at(-1)?.time));
  }

  /** "3 May 2026" for a day, "3 May 2026, 10:15 IST" for less. */
  label(time: Time): string {
    const at = moment(time);
    return typeof time === "number" ? `${istDate(at)}, ${istTime(at).replace(/:\d\d IST/, " IST")}` : istDate(at);
  }

  private moved(event: MouseEventParams<Time>): void {
    if (!event.sourceEvent) return; // Keyboard steps report themselves.
    this.cursor = null;
    const at = event.time;
    const bar = at === undefined ? null : (this.bars.find((b) => b.time === at) ?? null);
    this.onCursor(bar, this.valuesAt(bar ? bar.time : this.bars.at(-1)?.time));
  }

  private valuesAt(time: Bar["time"] | undefined): { label: string; colour: string; value: number }[] {
    if (time === undefined) return [];
    return this.lines.flatMap(({ label, colour, values, last }) => {
      // The bar in the making has no value of its own yet: the line ends at the bar before.
      const value = values.get(time as Time) ?? (time === this.bars.at(-1)?.time ? last : undefined);
      return value === undefined ? [] : [{ label, colour, value }];
    });
  }

  private volumeBar(bar: Bar): { time: Time } | { time: Time; value: number; color: string } {
    if (bar.closeOnly) return { time: bar.time as Time };
    const hue = bar.close >= bar.open ? token("up-fill") : token("down-fill");
    return { time: bar.time as Time, value: bar.volume, color: withAlpha(hue, 0.35) };
  }

  private recolour(): void {
    const line = token("line");
    this.chart.applyOptions({
      layout: {
        background: { color: token("surface") },
        textColor: token("ink-3"),
        panes: { separatorColor: line, separatorHoverColor: token("hover") },
      },
      grid: { vertLines: { color: withAlpha(line, 0.55) }, horzLines: { color: withAlpha(line, 0.55) } },
      rightPriceScale: { borderColor: line },
      timeScale: { borderColor: line },
      crosshair: {
        vertLine: { color: token("line-strong"), labelBackgroundColor: token("accent-fill") },
        horzLine: { color: token("line-strong"), labelBackgroundColor: token("accent-fill") },
      },
    });
    const [up, down] = [token("up-fill"), token("down-fill")];
    this.candles.applyOptions({ upColor: up, wickUpColor: up, downColor: down, wickDownColor: down });
    this.closes.applyOptions({ color: token("series-1") });
    this.volume.setData(this.bars.map((bar) => this.volumeBar(bar)));
    for (const { series, colour } of this.lines) series.applyOptions({ color: token(colour) });
    if (this.marks) this.setMarkers(this.markers);
  }
}

/** Axis marks in Indian time: the library's kinds are 0 year, 1 month, 2 day, 3 and 4 time. */
function tickMark(time: Time, kind: number): string {
  const at = moment(time);
  const [day, month, year] = istDate(at).split(" ") as [string, string, string];
  if (kind === 0) return year;
  if (kind === 1) return month;
  if (kind === 2) return `${day} ${month}`;
  return istMinute(at);
}
