/**
 * What the charts of reports share: one ECharts instance a box that follows the box's size and the person's colours.
 *
 * A chart is a picture beside figures that are there without it: its box has role="img" and a sentence, and the page
 * has a table with the same numbers. Nothing moves by itself.
 */

import type { ComposeOption } from "echarts/core";
import { init, use, type EChartsType } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

import { token } from "../dom";

use([CanvasRenderer]);

/** Colours of curves, in the order in which they are given out. */
export const SERIES = ["series-1", "series-2", "series-3", "series-4", "series-5"] as const;
export type Colour = (typeof SERIES)[number] | "accent" | "ink-2" | "ink-3" | "up-fill" | "down-fill" | "line-strong";

export type Option = ComposeOption<never> & Record<string, unknown>;

export class Drawing {
  readonly chart: EChartsType;

  /** `build` makes the whole option from what is to be shown now; it is asked again when colours change. */
  constructor(
    readonly box: HTMLElement,
    private readonly build: () => object,
  ) {
    box.replaceChildren();
    this.chart = init(box, null, { renderer: "canvas" });
    new ResizeObserver(() => this.chart.resize({ animation: { duration: 0 } })).observe(box);
    document.addEventListener("preferences", () => this.draw());
  }

  draw(): void {
    this.chart.setOption({ animation: false, textStyle: { fontFamily: token("font-sans") }, ...this.build() }, true);
  }

  /** The sentence for those who do not see the picture. */
  describe(sentence: string): void {
    this.box.setAttribute("role", "img");
    this.box.setAttribute("aria-label", sentence);
  }
}

/** Looks of an axis: quiet lines, words in the third ink. */
export function axisLook(): { axisLine: object; axisTick: object; splitLine: object; axisLabel: object } {
  const line = token("line");
  return {
    axisLine: { lineStyle: { color: line } },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: line, opacity: 0.7 } },
    axisLabel: { color: token("ink-3"), fontSize: 12, hideOverlap: true },
  };
}

/** A tooltip drawn into the picture: pages allow no markup made by scripts. */
export function tooltipLook(): object {
  return {
    renderMode: "richText",
    confine: true,
    backgroundColor: token("raised"),
    borderColor: token("line"),
    borderWidth: 1,
    padding: [6, 8],
    textStyle: { color: token("ink"), fontFamily: token("font-sans"), fontSize: 12, lineHeight: 16 },
  };
}

const STEPS = [1, 2, 2.5, 5, 10];

/** The next round step of 1, 2, 2.5 or 5 times a power of ten. */
export function roundStep(rough: number): number {
  if (!(rough > 0) || !Number.isFinite(rough)) return 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  return STEPS.map((step) => step * power).find((step) => step >= rough * (1 - 1e-9)) ?? 10 * power;
}

/** Round values for the marks of a logarithmic axis between two positive bounds: about `count` of them. */
export function logTicks(low: number, high: number, count = 5): number[] {
  if (!(low > 0) || !(high > low)) return low > 0 ? [low] : [];
  // Below a factor of four a linear ladder reads better; beyond it 1, 2, 5 of every power.
  if (high / low < 4) {
    const step = roundStep((high - low) / count);
    const first = Math.ceil(low / step - 1e-9);
    return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
  }
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
    for (const digit of high / low > 1000 ? [1] : [1, 2, 5]) {
      const value = Number((digit * 10 ** power).toPrecision(12));
      if (value >= low && value <= high) ticks.push(value);
    }
  }
  return ticks;
}
