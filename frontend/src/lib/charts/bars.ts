/** Values by one number as a line that can be walked, and pairs of bars by window. */

import { BarChart, LineChart, ScatterChart } from "echarts/charts";
import { GridComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { use } from "echarts/core";

import { token } from "../dom";
import { signedPct } from "../format";
import { Drawing, axisLook, tooltipLook } from "./base";

use([BarChart, LineChart, ScatterChart, GridComponent, MarkLineComponent, TooltipComponent]);

export type LineView = {
  name: string;
  label: string;
  xs: number[];
  values: (number | null)[];
  show: (value: number | null) => string;
  chosen: number | null;
  best: number | null;
};

/** A figure over the values of one number. Left and right move the chosen one when the box has the focus. */
export class ParameterLine {
  private readonly drawing: Drawing;

  constructor(
    box: HTMLElement,
    private view: LineView,
    onChoose: (at: number) => void,
  ) {
    this.drawing = new Drawing(box, () => this.option());
    box.tabIndex = 0;
    box.addEventListener("keydown", (event) => {
      const last = this.view.xs.length - 1;
      const at = this.view.chosen ?? 0;
      const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      onChoose(Math.max(0, Math.min(last, to)));
    });
    this.drawing.chart.on("click", ({ dataIndex }) => onChoose(dataIndex));
    this.show(view);
  }

  show(view: LineView): void {
    this.view = view;
    const said = view.chosen === null ? "" : ` Chosen: ${view.name} ${view.xs[view.chosen]}, ${view.show(view.values[view.chosen] ?? null)}.`;
    this.drawing.describe(`${view.label} by ${view.name}.${said} Left and right choose.`);
    this.drawing.draw();
  }

  private option(): object {
    const { xs, values, show, name, chosen, best } = this.view;
    const look = axisLook();
    return {
      grid: { left: 12, right: 56, top: 16, bottom: 44 },
      tooltip: { ...tooltipLook(), trigger: "axis", formatter: ([one]: { dataIndex: number }[]) => (one ? `${name} ${xs[one.dataIndex]}\n${show(values[one.dataIndex] ?? null)}` : "") },
      xAxis: { type: "category", data: xs.map(String), name, nameLocation: "middle", nameGap: 28, nameTextStyle: { color: token("ink-3"), fontSize: 12 }, ...look, splitLine: { show: false } },
      yAxis: { type: "value", position: "right", scale: true, splitNumber: 4, ...look, axisLine: { show: false }, axisLabel: { ...look.axisLabel, formatter: show } },
      series: [
        {
          type: "line",
          data: values.map((value, at) => ({
            value,
            symbol: at === best ? "diamond" : "circle",
            symbolSize: at === chosen ? 15 : at === best ? 13 : 7,
            itemStyle: { color: token(at === chosen ? "accent" : "series-1"), borderColor: token("surface"), borderWidth: at === chosen ? 3 : 1 },
          })),
          lineStyle: { color: token("series-1"), width: 2 },
          emphasis: { disabled: true },
          connectNulls: false,
        },
      ],
    };
  }
}

export type PairBar = { name: string; inside: number | null; outside: number | null };

/** Returns in and out of sample, side by side for each window. */
export class PairBars {
  private readonly drawing: Drawing;

  constructor(
    box: HTMLElement,
    private readonly rows: PairBar[],
  ) {
    this.drawing = new Drawing(box, () => this.option());
    const kept = rows.filter(({ outside }) => (outside ?? 0) > 0).length;
    this.drawing.describe(`Return a year in and out of sample of ${rows.length} windows; ${kept} of them gained out of sample. The table below has the numbers.`);
    this.drawing.draw();
  }

  private option(): object {
    const look = axisLook();
    const bars = (name: string, key: "inside" | "outside", colour: string, opacity: number): object => ({
      name,
      type: "bar",
      data: this.rows.map((row) => row[key]),
      itemStyle: { color: token(colour), opacity },
      barMaxWidth: 26,
      emphasis: { disabled: true },
    });
    return {
      grid: { left: 12, right: 56, top: 16, bottom: 28 },
      tooltip: {
        ...tooltipLook(),
        trigger: "axis",
        axisPointer: { type: "shadow", shadowStyle: { color: token("hover"), opacity: 0.6 } },
        formatter: ([one]: { dataIndex: number }[]) => {
          const row = one && this.rows[one.dataIndex];
          return row ? `${row.name}\nin sample ${signedPct(row.inside)}\nout of sample ${signedPct(row.outside)}` : "";
        },
      },
      xAxis: { type: "category", data: this.rows.map((row) => row.name.split(" – ")[0]), ...look, splitLine: { show: false } },
      yAxis: { type: "value", position: "right", splitNumber: 4, ...look, axisLine: { show: false }, axisLabel: { ...look.axisLabel, formatter: (value: number) => signedPct(value, 0) } },
      series: [bars("in sample", "inside", "series-1", 0.32), bars("out of sample", "outside", "series-1", 1)],
    };
  }
}
