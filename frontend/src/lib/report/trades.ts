/** Trades of a run in a table: sorted, filtered, a page at a time, in adjusted or in quoted prices. */

import { $, $$, must, stamp } from "../dom";
import { direction, number, price, signed, signedPct } from "../format";
import { signedRupees } from "./money";
import type { Trade } from "./types";

export type SortKey = keyof Trade;
export type Outcome = "all" | "won" | "lost";
export type View = { key: SortKey; ascending: boolean; text: string; outcome: Outcome };

/** A trade with its place in the run's own order. */
export type Placed = { at: number; trade: Trade };

export const PAGE_ROWS = 25;

/** The trades that match, in the order asked for. Ties keep the order of the exits, newest first. */
export function arranged(trades: readonly Trade[], view: View, words: Record<string, string>): Placed[] {
  const needle = view.text.trim().toLowerCase();
  const matches = ({ symbol, sector, exit_reason, pnl }: Trade): boolean =>
    (view.outcome === "all" || (view.outcome === "won") === pnl > 0) &&
    (!needle || `${symbol} ${sector} ${words[exit_reason] ?? exit_reason}`.toLowerCase().includes(needle));
  const found = trades.map((trade, at) => ({ at, trade })).filter(({ trade }) => matches(trade));
  const sign = view.ascending ? 1 : -1;
  return found.sort((a, b) => {
    const [x, y] = [a.trade[view.key], b.trade[view.key]];
    const order = typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y), "en-IN");
    return order ? order * sign : b.at - a.at;
  });
}

/** Prices as they were quoted, and the shares that goes with; `factor` is what adjusted the price. */
export function quoted(trade: Trade): { entry: number; exit: number; quantity: number } {
  return {
    entry: trade.entry_price / trade.entry_factor,
    exit: trade.exit_price / trade.exit_factor,
    quantity: trade.quantity * trade.entry_factor,
  };
}

const bare = (symbol: string): string => symbol.slice(symbol.indexOf(":") + 1);

export class TradeTable {
  private view: View = { key: "exit_date", ascending: false, text: "", outcome: "all" };
  private page = 0;
  private unadjusted = false;
  private shown: Placed[] = [];

  constructor(
    private readonly root: HTMLElement,
    private readonly trades: Trade[],
    private readonly words: Record<string, string>,
    private readonly onShow: (at: number) => void,
  ) {
    this.readAddress();
    this.listen();
    this.arrange();
  }

  private readAddress(): void {
    const query = new URLSearchParams(location.search);
    this.view.text = query.get("q") ?? "";
    const outcome = query.get("outcome");
    if (outcome === "won" || outcome === "lost") this.view.outcome = outcome;
    const [key, way] = (query.get("sort") ?? "").split(".");
    const head = key ? $(`th[data-key="${CSS.escape(key)}"]`, this.root) : null;
    if (head) this.view = { ...this.view, key: key as SortKey, ascending: way === "asc" };
    const input = $<HTMLInputElement>("[data-trade-filter]", this.root);
    if (input) input.value = this.view.text;
  }

  private writeAddress(): void {
    const { key, ascending, text, outcome } = this.view;
    const query = new URLSearchParams();
    if (text) query.set("q", text);
    if (outcome !== "all") query.set("outcome", outcome);
    if (key !== "exit_date" || ascending) query.set("sort", `${key}.${ascending ? "asc" : "desc"}`);
    const search = query.toString();
    history.replaceState(null, "", `${location.pathname}${search ? `?${search}` : ""}${location.hash}`);
  }

  private change(next: Partial<View>): void {
    this.view = { ...this.view, ...next };
    this.page = 0;
    this.writeAddress();
    this.arrange();
  }

  private arrange(): void {
    this.shown = arranged(this.trades, this.view, this.words);
    for (const head of $$("th[data-key]", this.root)) {
      const mine = head.dataset.key === this.view.key;
      head.setAttribute("aria-sort", mine ? (this.view.ascending ? "ascending" : "descending") : "none");
    }
    for (const button of $$("[data-outcome]", this.root)) button.setAttribute("aria-pressed", String(button.dataset.outcome === this.view.outcome));
    const won = this.shown.filter(({ trade }) => trade.pnl > 0).length;
    const sum = this.shown.reduce((total, { trade }) => total + trade.pnl, 0);
    must("[data-trade-count]", this.root).textContent = `${number(this.shown.length, 0)} of ${number(this.trades.length, 0)}, ${number(won, 0)} won, net ${signedRupees(sum)}`;
    this.draw();
  }

  private draw(): void {
    const pages = Math.max(1, Math.ceil(this.shown.length / PAGE_ROWS));
    this.page = Math.max(0, Math.min(pages - 1, this.page));
    const rows = this.shown.slice(this.page * PAGE_ROWS, (this.page + 1) * PAGE_ROWS);
    must("tbody", this.root).replaceChildren(...rows.map((row, i) => this.row(row, i === 0)));
    must("[data-trade-none]", this.root).hidden = this.shown.length > 0;
    must("[data-page-of]", this.root).textContent = pages > 1 ? `Page ${this.page + 1} of ${pages}` : "";
    for (const button of $$<HTMLButtonElement>("[data-page]", this.root)) {
      const to = this.page + Number(button.dataset.page);
      button.disabled = to < 0 || to >= pages;
    }
    must("[data-unadjusted-note]", this.root).hidden = !this.unadjusted;
  }

  private row({ at, trade }: Placed, isFirst: boolean): HTMLElement {
    const row = stamp(must<HTMLTemplateElement>("#trade-row"));
    row.dataset.at = String(at);
    row.tabIndex = isFirst ? 0 : -1;
    const raw = this.unadjusted ? quoted(trade) : { entry: trade.entry_price, exit: trade.exit_price, quantity: trade.quantity };
    const text: Record<string, string> = {
      code: bare(trade.symbol),
      sector: trade.sector,
      entry_date: trade.entry_date,
      entry_price: price(raw.entry),
      exit_date: trade.exit_date,
      exit_price: price(raw.exit),
      quantity: number(raw.quantity, Number.isInteger(Number(raw.quantity.toFixed(6))) ? 0 : 2),
      pnl: signed(trade.pnl, 0),
      pnl_pct: signedPct(trade.pnl_pct),
      charges: number(trade.charges, 0),
      bars_held: number(trade.bars_held, 0),
      exit_reason: this.words[trade.exit_reason] ?? trade.exit_reason,
      mfe_pct: signedPct(trade.mfe_pct),
      mae_pct: signedPct(trade.mae_pct),
      conviction: number(trade.conviction, 0),
    };
    for (const cell of $$("[data-f]", row)) cell.textContent = text[cell.dataset.f!] ?? "";
    for (const [name, exact] of [["pnl", signedRupees(trade.pnl, 2)], ["pnl_pct", signedPct(trade.pnl_pct, 2)]] as const) {
      const cell = must(`[data-f=${name}]`, row);
      cell.className = direction(trade[name]);
      cell.title = exact;
    }
    return row;
  }

  private listen(): void {
    this.root.addEventListener("click", (event) => {
      const target = event.target as Element;
      const head = target.closest("button") ? target.closest<HTMLElement>("th[data-key]") : null;
      if (head) this.sort(head.dataset.key as SortKey, head.classList.contains("num"));
      const step = target.closest<HTMLElement>("[data-page]")?.dataset.page;
      if (step) {
        this.page += Number(step);
        this.draw();
      }
      const outcome = target.closest<HTMLElement>("[data-outcome]")?.dataset.outcome;
      if (outcome) this.change({ outcome: outcome as Outcome });
      const row = target.closest("[data-show-trade]")?.closest<HTMLElement>("tr");
      if (row) this.onShow(Number(row.dataset.at));
    });
    this.root.addEventListener("input", (event) => {
      const input = event.target as HTMLInputElement;
      if (input.matches("[data-trade-filter]")) this.change({ text: input.value });
      if (!input.matches("[data-unadjusted]")) return;
      this.unadjusted = input.checked;
      this.draw();
    });
  }

  private sort(key: SortKey, isNumber: boolean): void {
    const same = key === this.view.key;
    this.change({ key, ascending: same ? !this.view.ascending : !isNumber && !key.endsWith("_date") });
  }
}
