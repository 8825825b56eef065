/** Three ranked trades of an analysis as a table, and the payoff of the chosen one. */

import { LineChart } from "echarts/charts";
import { GridComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { use } from "echarts/core";

import { Drawing, axisLook, tooltipLook } from "./charts/base";
import { el, token } from "./dom";
import { LATE_S, TYPES, type Analysis, type Trade } from "./fno";
import { badge, how, section, source } from "./fno-parts";
import { compact, number, price, signed } from "./format";
import { morph } from "./morph";
import { atExpiry, atNow, payoff, type Around, type Payoff } from "./payoff";

use([LineChart, GridComponent, MarkLineComponent, TooltipComponent]);

const strikeOf = (trade: Pick<Trade, "strike" | "option_type">): string => `${number(trade.strike, Number.isInteger(trade.strike) ? 0 : 2)} ${trade.option_type === "CE" ? "call" : "put"}`;

const HEADS: [string, string, string?][] = [
  ["Trade", ""], ["Entry ₹", "num"], ["Stop ₹", "num"], ["Target ₹", "num"], ["Risk a lot ₹", "num"], ["Lots", "num", "lots"],
  ["Expected", "num", "expected_r"], ["Chance of target", "num"], ["Delta", "num", "greeks"], ["Theta ₹", "num"], ["Vega ₹", "num"], ["Volatility", "num"],
]; // prettier-ignore

export function trades(it: Analysis, chosen: string): HTMLElement {
  if (!it.trades.length) {
    const why = it.trade_direction === "NEUTRAL" ? "Without a direction there is nothing to trade. The votes below say how far it is." : "A contract that is needed is missing; the reasons are above.";
    return section("fno-trades", "Three ways to trade it", "trades", el("div", { class: "empty" }, el("p", { class: "title" }, "No trades now"), el("p", {}, why)));
  }
  const ranked = [...it.trades].sort((a, b) => a.rank - b.rank);
  const head = el("tr", {}, ...HEADS.map(([text, kind, key]) => el("th", { scope: "col", class: kind }, text, ...(key ? [how(key)] : []))));
  const table = el("table", { class: "table", "data-rows": true }, el("caption", { class: "visually-hidden" }, "Three trades, best first"), el("thead", {}, head), el("tbody", {}, ...ranked.map((trade) => row(trade, trade.type === chosen))));
  return section("fno-trades", "Three ways to trade it", "trades", el("div", { class: "table-scroll" }, table), el("div", { class: "card-foot" }, source(it.data_source, it.as_of, LATE_S), el("span", {}, "Bought options only. Computed for your own use; not advice.")));
}

function row(trade: Trade, isChosen: boolean): HTMLElement {
  const cell = (text: string, kind = ""): HTMLElement => el("td", { class: `num ${kind}` }, text);
  const name = el("button", { class: "link", type: "button", "data-trade": trade.type, "aria-pressed": String(isChosen) }, strikeOf(trade));
  const note = el("small", {}, `${TYPES[trade.type] ?? trade.type}, ${trade.risk.toLowerCase()} risk`);
  return el(
    "tr",
    isChosen ? { "aria-current": "true" } : {},
    el("th", { scope: "row" }, el("span", { class: "rank" }, `${trade.rank}.`), " ", name, ...(trade.avoid ? [" ", badge("Avoid", "danger")] : []), note),
    cell(price(trade.entry_price)),
    cell(price(trade.sl)),
    cell(price(trade.target)),
    cell(number(trade.max_loss_per_lot, 0)),
    cell(number(trade.lots, 0)),
    cell(`${signed(trade.expected_r, 2)} R`, trade.expected_r > 0 ? "up" : "down"),
    cell(`${number(100 * trade.target_probability, 0)}% (needs ${number(100 * trade.break_even_probability, 0)}%)`),
    cell(number(trade.delta, 2)),
    cell(number(trade.theta, 1)),
    cell(number(trade.vega, 1)),
    cell(`${number(100 * trade.iv, 1)}%${trade.iv_source === "previous" ? "*" : ""}`),
  );
}

/** The payoff of one trade: a picture, a sentence and a small table of the levels that matter. */
export class PayoffCard {
  private drawing: Drawing | null = null;
  private shown: { trade: Trade; around: Around; found: Payoff } | null = null;

  constructor(private readonly root: HTMLElement) {}

  /** `of`: the analysis that the trade and the market around it are of. */
  show(trade: Trade | undefined, around: Around | null, of: Pick<Analysis, "data_source" | "as_of"> | undefined): void {
    this.root.hidden = !trade || !around || !of;
    if (!trade || !around || !of) return;
    this.shown = { trade, around, found: payoff(trade, around) };
    const box = this.root.querySelector<HTMLElement>(".fno-payoff")!;
    this.drawing ??= new Drawing(box, () => this.option());
    this.drawing.describe(payoffSentence(trade, this.shown.found));
    this.drawing.draw();
    this.root.querySelector(".payoff-words")!.textContent = payoffSentence(trade, this.shown.found);
    this.root.querySelector(".payoff-table")!.replaceChildren(levelTable(trade, around, this.shown.found));
    morph(this.root.querySelector(".card-foot")!, el("div", { class: "card-foot" }, source(of.data_source, of.as_of, LATE_S), el("span", {}, "Before charges. “Now” is at the scan's index, forward and volatility.")));
  }

  private option(): object {
    if (!this.shown) return {};
    const { around, found } = this.shown;
    const look = axisLook();
    const line = (name: string, key: "now" | "expiry", colour: string, type: string): object => ({
      name, type: "line", showSymbol: false, data: found.points.map((point) => [point.level, point[key]]),
      lineStyle: { color: token(colour), width: 2, type }, itemStyle: { color: token(colour) },
    }); // prettier-ignore
    const [first, last] = [found.points[0]!, found.points.at(-1)!];
    return {
      grid: { left: 8, right: 12, top: 84, bottom: 24, containLabel: true },
      tooltip: {
        ...tooltipLook(),
        trigger: "axis",
        formatter: (all: { data: [number, number]; seriesName: string }[]) => `Index ${number(all[0]?.data[0], 0)}\n${all.map((one) => `${one.seriesName}: ${signed(one.data[1], 0)} ₹`).join("\n")}`,
      },
      xAxis: { type: "value", min: first.level, max: last.level, ...look, splitLine: { show: false }, axisLabel: { ...look.axisLabel, showMinLabel: false, showMaxLabel: false, formatter: (value: number) => number(value, 0) } },
      yAxis: { type: "value", ...look, axisLine: { show: false }, axisLabel: { ...look.axisLabel, formatter: (value: number) => (value < 0 ? "−" : "") + compact(Math.abs(value)) } },
      series: [{ ...line("At expiry", "expiry", "series-2", "solid"), markLine: marks(around, found) }, line("Now", "now", "series-1", "dashed")],
    };
  }
}

function marks(around: Around, found: Payoff): object {
  const all: [string, number | null, string][] = [
    ["Stop", found.stop, "down"],
    ["Index", around.spot, "ink-2"],
    ["Target", found.target, "up"],
    ["Break-even", found.breakEven, "ink-2"],
  ];
  const known = all.filter((mark): mark is [string, number, string] => mark[1] !== null);
  return {
    symbol: "none",
    silent: true,
    animation: false,
    data: [
      ...known.map(([name, level, colour], i) => ({
        xAxis: level,
        lineStyle: { color: token(colour), type: name === "Index" ? "solid" : [4, 3], width: 1 },
        label: { formatter: `${name} ${number(level, 0)}`, color: token(colour), fontSize: 12, position: "end", offset: [0, -17 * i], align: level > around.spot ? "right" : "left" },
      })),
      { yAxis: 0, lineStyle: { color: token("line-strong"), type: "solid", width: 1 }, label: { show: false } },
    ],
  };
}

/** The picture in one sentence. */
export function payoffSentence(trade: Trade, found: Payoff): string {
  const side = trade.option_type === "CE" ? "above" : "below";
  const at = (level: number | null): string => (level === null ? "no level in sight" : number(level, 0));
  return `One lot of the ${strikeOf(trade)} for ${price(trade.entry_price)} a unit can lose at most ₹${number(trade.entry_price * trade.lot_size, 0)}; at expiry it gains ${side} ${number(found.breakEven, 0)}. The stop is near ${at(found.stop)} of the index now, the target near ${at(found.target)}.`;
}

/** Name, level, result now and result at expiry of the levels of the index that matter, lowest first; rupees are whole. */
export function levelRows(trade: Trade, around: Around, found: Payoff): [string, string, string, string][] {
  const all: [string, number | null][] = [["Stop", found.stop], ["Index at the scan", around.spot], ["Target", found.target], ["Strike", trade.strike], ["Break-even at expiry", found.breakEven]]; // prettier-ignore
  return all
    .filter((line): line is [string, number] => line[1] !== null)
    .sort((a, b) => a[1] - b[1])
    .map(([name, level]) => [name, number(level, 0), signed(atNow(trade, level, around), 0), signed(atExpiry(trade, level), 0)]);
}

function levelTable(trade: Trade, around: Around, found: Payoff): HTMLElement {
  const lines = levelRows(trade, around, found).map(([name, ...figures]) => el("tr", {}, el("th", { scope: "row" }, name), ...figures.map((text) => el("td", { class: "num" }, text))));
  const head = el("tr", {}, el("th", { scope: "col" }, "Level"), el("th", { scope: "col", class: "num" }, "Index"), el("th", { scope: "col", class: "num" }, "Now ₹"), el("th", { scope: "col", class: "num" }, "At expiry ₹"));
  return el("table", { class: "table" }, el("caption", { class: "visually-hidden" }, "Payoff of one lot at levels of the index"), el("thead", {}, head), el("tbody", {}, ...lines));
}
