/** Trades of a share on its candles: where they were bought and sold, and what each brought. */

import { explain, getJson } from "../api";
import { toBar, type Bar, type Candles } from "../chart/bars";
import { legend, note, spoken, walked } from "../chart/reading";
import { ChartView, type BarMarker } from "../chart/view";
import { el, must } from "../dom";
import { direction, istDate, number, price, signedPct } from "../format";
import { signedRupees } from "./money";
import type { Addon, Position, Run, Trade } from "./types";

/** One answer of the API is at most 5,000 bars; a request of so many days stays below it in every market. */
const CHUNK_DAYS = 4_000;
const WARM_DAYS = 120;
const DAY_MS = 86_400_000;

const shift = (day: string, days: number): string => new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
const dayLabel = (day: string): string => istDate(new Date(`${day}T00:00:00+05:30`));

/** Ranges that cover the days from `from` to `to` in pieces the API answers. */
export function pieces(from: string, to: string, days = CHUNK_DAYS): { from: string; to: string }[] {
  const found = [];
  for (let start = from; start <= to; start = shift(start, days)) {
    const end = shift(start, days - 1);
    found.push({ from: start, to: end < to ? end : to });
  }
  return found;
}

/**
 * What is marked of a share's trades, add-ons and open position, by time. Sales carry their result in percent. The
 * first purchase of a position is what is left of its quantity without its add-ons.
 */
export function markersOf(trades: readonly Trade[], open: readonly Position[], addons: readonly Addon[]): BarMarker[] {
  const buy = (time: string, text: string): BarMarker => ({ time, side: "buy", text, colour: "accent" });
  const added = (from: string, to: string): number =>
    addons.filter(({ date }) => date > from && date <= to).reduce((sum, { quantity }) => sum + quantity, 0);
  const marks = trades.flatMap((trade): BarMarker[] => [
    buy(trade.entry_date, `Buy ${number(trade.quantity - added(trade.entry_date, trade.exit_date), 0)}`),
    { time: trade.exit_date, side: "sell", text: signedPct(trade.pnl_pct), colour: trade.pnl > 0 ? "up" : "down" },
  ]);
  marks.push(...open.map(({ entry_date, quantity }) => buy(entry_date, `Buy ${number(quantity - added(entry_date, "9999"), 0)}`)));
  marks.push(...addons.map(({ date, quantity }) => buy(date, `Add ${number(quantity, 0)}`)));
  // A purchase and a sale of one day stand in the order in which they happen: sold at the open, bought again later.
  return marks.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}

export class TradeChart {
  private readonly drawing: ChartView;
  private readonly picker: HTMLSelectElement;
  private symbol = "";
  private mine: { at: number; trade: Trade }[] = [];
  private current = -1;
  /** Bumped by every choice: answers to an older question are dropped. */
  private question = 0;

  constructor(
    private readonly root: HTMLElement,
    private readonly run: Run,
    private readonly words: Record<string, string>,
  ) {
    this.picker = must<HTMLSelectElement>("select", root);
    this.drawing = new ChartView(must(".chart-canvas", root), (bar) => this.legend(bar), () => undefined);
    this.picker.addEventListener("change", () => void this.show(this.picker.value));
    root.addEventListener("click", (event) => {
      const target = event.target as Element;
      const step = target.closest<HTMLElement>("[data-trade-step]")?.dataset.tradeStep;
      if (step) this.goTo(this.current + Number(step));
      if (target.closest("[data-retry]")) void this.load(this.symbol);
    });
    must(".chart", root).addEventListener("keydown", (event) => this.key(event));
    // The most traded share tells most at first sight.
    const most = [...this.picker.options].sort((a, b) => this.countOf(b.value) - this.countOf(a.value))[0];
    if (most) void this.show(most.value);
  }

  private countOf(symbol: string): number {
    return this.run.trades.filter((trade) => trade.symbol === symbol).length;
  }

  /** Show a trade of the run: its share, its span, its sentence. */
  async showTrade(at: number): Promise<void> {
    const trade = this.run.trades[at];
    if (!trade) return;
    await this.show(trade.symbol);
    this.goTo(this.mine.findIndex((one) => one.at === at));
  }

  private async show(symbol: string): Promise<void> {
    if (symbol === this.symbol) return;
    this.symbol = symbol;
    this.picker.value = symbol;
    this.mine = this.run.trades.map((trade, at) => ({ at, trade })).filter(({ trade }) => trade.symbol === symbol);
    this.mine.sort((a, b) => (a.trade.entry_date < b.trade.entry_date ? -1 : 1));
    this.current = -1;
    await this.load(symbol);
  }

  private async load(symbol: string): Promise<void> {
    const question = ++this.question;
    const [first, last] = [this.run.equity_curve[0], this.run.equity_curve.at(-1)];
    if (!first || !last) return;
    note(this.root, null, true);
    const read = (range: { from: string; to: string }): Promise<Candles> =>
      getJson<Candles>(`/api/market/candles?${new URLSearchParams({ symbol, interval: "day", adjusted: "true", ...range })}`);
    try {
      const answers = await Promise.all(pieces(shift(first.date, -WARM_DAYS), shift(last.date, 1)).map(read));
      if (question !== this.question) return;
      const bars = answers.flatMap((answer) => answer.candles.map(toBar));
      this.drawing.setBars(bars, false);
      const ofThis = <T extends { symbol: string }>(rows: T[] = []): T[] => rows.filter((row) => row.symbol === symbol);
      this.drawing.setMarkers(markersOf(ofThis(this.run.trades), ofThis(this.run.open_positions), ofThis(this.run.addons)));
      must(".chart-source", this.root).textContent = answers.at(-1)?.data_source ?? "no data";
      this.describe(bars);
      note(this.root, bars.length ? null : "There are no daily candles of this share any more.", false);
      this.goTo(this.mine.length - 1);
    } catch (cause) {
      if (question !== this.question) return;
      note(this.root, `The candles could not be loaded. ${explain(cause)}`, false);
      must("[data-retry]", this.root).hidden = false;
    }
  }

  private goTo(place: number): void {
    if (!this.mine.length) return;
    this.current = Math.max(0, Math.min(this.mine.length - 1, place));
    const { trade } = this.mine[this.current]!;
    this.drawing.showSpan(trade.entry_date, trade.exit_date);
    must("#trade-line").replaceChildren(
      el("strong", {}, `Trade ${this.current + 1} of ${this.mine.length}`),
      ` Bought ${number(trade.quantity, 0)} at ₹${price(trade.entry_price)} on ${dayLabel(trade.entry_date)}, sold at ₹${price(trade.exit_price)} on ${dayLabel(trade.exit_date)} after ${number(trade.bars_held, 0)} bars: ${this.words[trade.exit_reason] ?? trade.exit_reason}. Net `,
      el("span", { class: direction(trade.pnl) }, `${signedRupees(trade.pnl)} (${signedPct(trade.pnl_pct)})`),
      trade.addons ? `, with ${trade.addons} add-on${trade.addons > 1 ? "s" : ""}.` : ".",
    );
    for (const button of [...this.root.querySelectorAll<HTMLButtonElement>("[data-trade-step]")]) {
      const to = this.current + Number(button.dataset.tradeStep);
      button.disabled = to < 0 || to >= this.mine.length;
    }
  }

  private key(event: KeyboardEvent): void {
    const bar = walked(event, this.drawing);
    if (bar) must("#announcer").textContent = spoken(this.drawing.label(bar.time as never), bar);
  }

  private legend(at: Bar | null): void {
    const bar = at ?? this.drawing?.bars.at(-1);
    legend(this.root, bar ? dayLabel(String(bar.time)) : "", bar);
  }

  private describe(bars: Bar[]): void {
    const name = this.symbol.slice(this.symbol.indexOf(":") + 1);
    must(".chart", this.root).setAttribute("aria-label", `Candles of ${name}, ${bars.length} days, with ${this.mine.length} trades marked. The table of trades has the same trades. Arrow keys read bar by bar.`);
  }
}
