/** Sectors and their stocks as a treemap: size is turnover, colour is the day's change. The table twin says the same. */

import { TreemapChart } from "echarts/charts";
import { TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { LabelLayout } from "echarts/features";
import { CanvasRenderer } from "echarts/renderers";

import { mix, textOn } from "./colour";
import { token } from "./dom";
import { price, signedPct } from "./format";
import { instrumentUrl } from "./search";

use([TreemapChart, TooltipComponent, LabelLayout, CanvasRenderer]);

/** `turnover` in rupees comes with the page; refreshed numbers keep the size a stock had. */
type Stock = { symbol: string; change_pct: number | null; last_price: number | null; turnover?: number };

export type Sector = {
  name: string;
  change_pct: number | null;
  turnover_weight: number | null;
  symbols: Stock[];
};

/** A move of this size has the full colour. */
const FULL_PCT = 3;

type Leaf = { name: string; value: number; symbol: string; change: number | null; last: number | null };

function fill(change: number | null): string {
  const neutral = token("sunken");
  if (change === null || change === 0) return neutral;
  const strength = Math.min(1, Math.abs(change) / FULL_PCT);
  return mix(neutral, token(change > 0 ? "up-fill" : "down-fill"), 0.22 + 0.78 * strength);
}

function leaf(stock: Stock, value: number): object {
  const colour = fill(stock.change_pct);
  const data: Leaf = {
    name: stock.symbol.slice(stock.symbol.indexOf(":") + 1),
    value,
    symbol: stock.symbol,
    change: stock.change_pct,
    last: stock.last_price,
  };
  return { ...data, itemStyle: { color: colour }, label: { color: textOn(colour) } };
}

function branch(sector: Sector, sizes: Map<string, number>): object {
  return {
    name: `${sector.name}  ${signedPct(sector.change_pct)}`,
    children: sector.symbols.map((stock) => leaf(stock, sizes.get(stock.symbol) ?? 0)),
  };
}

type Box = { width: number; height: number };

/** A label that its cell cannot hold is moved out of sight: half a name misleads. */
function inside({ rect, labelRect }: { rect: Box; labelRect: Box }): object {
  return labelRect.width > rect.width || labelRect.height > rect.height ? { x: -9999 } : {};
}

export class HeatMap {
  private readonly chart;
  private sectors: Sector[] = [];
  private readonly sizes = new Map<string, number>();

  constructor(box: HTMLElement) {
    this.chart = init(box, null, { renderer: "canvas" });
    new ResizeObserver(() => this.chart.resize({ animation: { duration: 0 } })).observe(box);
    document.addEventListener("preferences", () => this.draw());
    this.chart.on("click", (event) => {
      const { symbol } = (event.data ?? {}) as Partial<Leaf>;
      if (symbol) location.assign(instrumentUrl(symbol));
    });
  }

  show(sectors: Sector[]): void {
    this.sectors = sectors;
    for (const { symbol, turnover } of sectors.flatMap((sector) => sector.symbols)) {
      if (turnover) this.sizes.set(symbol, turnover);
    }
    this.draw();
  }

  private draw(): void {
    const line = token("surface");
    this.chart.setOption({
      animation: false,
      tooltip: {
        renderMode: "richText",
        backgroundColor: token("raised"),
        borderColor: token("line"),
        textStyle: { color: token("ink"), fontFamily: token("font-sans"), fontSize: 12 },
        formatter: ({ data }: { data: Leaf }) =>
          data.symbol ? `${data.symbol}\n${price(data.last)}  ${signedPct(data.change, 2)}` : data.name,
      },
      series: [
        {
          type: "treemap",
          data: this.sectors.map((sector) => branch(sector, this.sizes)),
          left: 0,
          top: 0,
          right: 0,
          bottom: 0,
          roam: false,
          nodeClick: false,
          breadcrumb: { show: false },
          visibleMin: 20,
          label: this.labels(),
          labelLayout: inside,
          upperLabel: this.headings(),
          itemStyle: { borderColor: line, borderWidth: 1, gapWidth: 1 },
          levels: [
            { itemStyle: { borderColor: line, borderWidth: 0, gapWidth: 3 }, upperLabel: { show: false } },
            { itemStyle: { borderColor: line, color: line, borderWidth: 0, gapWidth: 1 } },
          ],
        },
      ],
    });
  }

  private labels(): object {
    return {
      show: true,
      fontFamily: token("font-sans"),
      fontSize: 12,
      lineHeight: 15,
      overflow: "none",
      padding: 1,
      formatter: ({ data }: { data: Leaf }) => `${data.name}\n${signedPct(data.change)}`,
    };
  }

  private headings(): object {
    return {
      show: true,
      formatter: "{b}",
      height: 20,
      color: token("ink-2"),
      backgroundColor: token("surface"),
      fontFamily: token("font-sans"),
      fontSize: 12,
      fontWeight: 560,
      padding: [0, 2],
      overflow: "truncate",
    };
  }
}
