/** The chart of the instrument page: toolbar, address, loading, live last bar, keys, legend and table twin. */

import { ConditionalGet, explain, getJson } from "../api";
import { $, $$, el, isTyping, must } from "../dom";
import { compact, direction, price, signedPct } from "../format";
import { latest, onTicks } from "../live";
import { INTERVALS, SPAN_DAYS, advance, daysBefore, istDay, join, joinIndicators, toBar, withTail, type Bar, type Candles, type Indicators } from "./bars";
import { readView, writeView, type View } from "./address";
import { ChartView } from "./view";

const REFRESH_MS = 2000;
const TABLE_BARS = 30;
const TAIL_BARS = 3;
/** Every so many refreshes the whole range is asked for again. */
const FULL_REFRESH = 15;
/** Empty stretches (weekends, holidays) that are stepped over in search of older bars. */
const OLDER_TRIES = 5;

type Range = { from: string; to?: string };

export class ChartPanel {
  private readonly box: HTMLElement;
  private readonly symbol: string;
  private readonly drawing: ChartView;
  private view: View = readView(location.search);
  private source: string | null = null;
  /** Of which interval the drawn bars are: after a change the former ones stay until the answer is there. */
  private drawnIn: View["interval"] | null = null;
  private readonly conditional = new ConditionalGet<Candles>();
  /** The newest window, as the server last told it, and what was loaded before it. */
  private newest: Bar[] = [];
  private older: Bar[] = [];
  /** The ranges that the older bars came from, oldest first: each under the limit of one answer. */
  private olderRanges: Range[] = [];
  private exhausted = false;
  private loadingOlder = false;
  private refreshes = 0;
  /** Bumped by every change of view: answers to an older question are dropped. */
  private question = 0;

  constructor(private readonly root: HTMLElement) {
    this.box = must(".chart", root);
    this.symbol = root.dataset.symbol!;
    this.drawing = new ChartView(
      must(".chart-canvas", root),
      (bar, values) => this.legend(bar, values),
      () => void this.loadOlder(),
    );
    this.listen();
    this.showControls();
    void this.load();
    setInterval(() => void this.refresh(), REFRESH_MS);
  }

  private get today(): string {
    return this.root.dataset.tradeDate ?? istDay(Date.now() / 1000);
  }

  private query(from: string, to?: string): URLSearchParams {
    const { interval, adjusted } = this.view;
    const query = new URLSearchParams({ symbol: this.symbol, interval, from, adjusted: String(adjusted) });
    if (to) query.set("to", to);
    return query;
  }

  private candlesUrl(from: string, to?: string): string {
    return `/api/market/candles?${this.query(from, to)}`;
  }

  private firstDay(): string {
    return daysBefore(this.today, SPAN_DAYS[this.view.interval]);
  }

  private async load(): Promise<void> {
    const question = ++this.question;
    this.conditional.forget();
    this.older = [];
    this.olderRanges = [];
    this.exhausted = false;
    this.note(null, true);
    try {
      const answer = await this.conditional.read(this.candlesUrl(this.firstDay()));
      if (question !== this.question || !answer) return;
      this.take(answer, false);
      this.note(answer.candles.length ? null : "There are no bars of this interval for this instrument. Try a longer one.", false);
      await this.loadIndicators(question);
    } catch (cause) {
      if (question === this.question) this.failed(cause);
    }
  }

  /**
   * Ask again, cheaply: bars that an import has just added appear within seconds. While ticks move the last bar the
   * whole range would come again each time, so then only its tail is asked for, and the whole now and then.
   */
  private async refresh(): Promise<void> {
    if (document.hidden || !this.newest.length) return;
    const question = this.question;
    this.refreshes += 1;
    const tail = this.isTicking() && this.refreshes % FULL_REFRESH !== 0 ? this.newest.at(-TAIL_BARS) : undefined;
    const from = tail ? this.address(tail) : this.firstDay();
    try {
      const answer = await this.conditional.read(this.candlesUrl(from));
      if (!answer || question !== this.question) return;
      const newest = this.newest.at(-1)?.time;
      if (tail && !this.takeTail(answer)) return void this.load();
      if (!tail) this.take(answer, true);
      // Indicator lines are long: while only the bar in the making moves, they stay as they are.
      if (!tail || this.newest.at(-1)?.time !== newest) await this.loadIndicators(question);
    } catch {
      // The feed state shows a server that is away; the next try is two seconds off.
    }
  }

  private isTicking(): boolean {
    return latest(this.symbol)?.data_source === this.source;
  }

  /** How the API writes the time of a bar. */
  private address(bar: Bar): string {
    return typeof bar.time === "string" ? bar.time : new Date(bar.time * 1000).toISOString().replace(".000Z", "Z");
  }

  /** Take the newest bars; false when they are of another source or do not continue what is shown. */
  private takeTail(answer: Candles): boolean {
    const bars = answer.data_source === this.source ? withTail(this.newest, answer.candles.map(toBar)) : null;
    if (!bars) return false;
    this.take({ ...answer, candles: [] }, true, bars);
    return true;
  }

  private async loadOlder(): Promise<void> {
    const first = this.drawing.bars[0];
    if (this.loadingOlder || this.exhausted || !first) return;
    this.loadingOlder = true;
    const question = this.question;
    let to = daysBefore(typeof first.time === "string" ? first.time : istDay(first.time), 1);
    try {
      let bars: Bar[] = [];
      for (let tries = 0; tries < OLDER_TRIES && !bars.length; tries += 1) {
        const from = daysBefore(to, SPAN_DAYS[this.view.interval]);
        const answer = await getJson<Candles>(this.candlesUrl(from, to));
        if (question !== this.question) return;
        if (answer.data_source === this.source) bars = answer.candles.map(toBar);
        if (bars.length) this.olderRanges.unshift({ from, to });
        to = daysBefore(from, 1);
      }
      this.exhausted = bars.length === 0;
      this.older = join(bars, this.older);
      if (!bars.length) return;
      this.drawing.setBars(join(this.older, this.newest), true);
      this.describe();
      await this.loadIndicators(question);
    } catch {
      this.exhausted = true;
    } finally {
      this.loadingOlder = false;
    }
  }

  private take(answer: Candles, keepRange: boolean, bars = answer.candles.map(toBar)): void {
    this.source = answer.data_source;
    this.newest = bars;
    this.drawnIn = this.view.interval;
    const live = this.moved(this.newest.at(-1));
    this.drawing.setBars(join(this.older, live ? join(this.newest, [live]) : this.newest), keepRange);
    const kind = bars.some((bar) => bar.closeOnly) ? ", closes only: it has no open, high or low" : "";
    must(".chart-source", this.root).textContent = `${this.source ?? "no data"}${kind}`;
    const age = must(".chart-age", this.root);
    if (answer.as_of) age.dataset.age = answer.as_of;
    this.describe();
    this.fillTable();
  }

  /** The last bar moved by the latest tick, when both come from one source. */
  private moved(last: Bar | undefined): Bar | null {
    const tick = latest(this.symbol);
    if (!last || !tick?.at || tick.data_source !== this.source) return null;
    const at = Date.parse(tick.at) / 1000;
    return advance(last, { price: tick.ltp, at, dayOpen: tick.open ?? null, dayVolume: tick.volume ?? null }, this.view.interval);
  }

  private ticked(): void {
    const tick = latest(this.symbol);
    const last = this.drawing.bars.at(-1);
    if (!tick || !last || this.drawnIn !== this.view.interval) return;
    const other = tick.data_source !== undefined && tick.data_source !== this.source;
    this.drawing.showOther(`${tick.data_source} live`, other ? tick.ltp : null);
    const bar = this.moved(last);
    if (bar) this.drawing.updateLast(bar);
  }

  private async loadIndicators(question: number): Promise<void> {
    const names = [...this.view.overlays, ...this.view.panes];
    if (!names.length) return this.drawing.setIndicators({ series: [] });
    const read = ({ from, to }: Range): Promise<Indicators> => {
      const query = this.query(from, to);
      query.set("names", names.join(","));
      return getJson<Indicators>(`/api/market/indicators?${query}`);
    };
    try {
      const parts = await Promise.all([...this.olderRanges, { from: this.firstDay() }].map(read));
      if (question === this.question) this.drawing.setIndicators(joinIndicators(parts));
    } catch (cause) {
      if (question === this.question) must(".chart-legend .values", this.root).textContent = explain(cause);
    }
  }

  private change(next: Partial<View>): void {
    const reload = (next.interval ?? this.view.interval) !== this.view.interval || (next.adjusted ?? this.view.adjusted) !== this.view.adjusted;
    this.view = { ...this.view, ...next };
    history.replaceState(null, "", location.pathname + writeView(this.view));
    this.showControls();
    if (reload) void this.load();
    else void this.loadIndicators(this.question);
  }

  private showControls(): void {
    for (const button of $$("[data-interval]", this.root)) {
      button.setAttribute("aria-pressed", String(button.dataset.interval === this.view.interval));
    }
    for (const input of $$<HTMLInputElement>("[data-overlay]", this.root)) input.checked = this.view.overlays.includes(input.value);
    for (const input of $$<HTMLInputElement>("[data-pane]", this.root)) input.checked = this.view.panes.includes(input.value);
    const adjusted = $<HTMLInputElement>("[data-adjusted]", this.root);
    if (adjusted) adjusted.checked = this.view.adjusted;
    const count = this.view.overlays.length + this.view.panes.length;
    must("[data-indicator-count]", this.root).textContent = count ? ` (${count})` : "";
  }

  private listen(): void {
    this.root.addEventListener("click", (event) => {
      const target = event.target as Element;
      const interval = INTERVALS.find((name) => name === target.closest<HTMLElement>("[data-interval]")?.dataset.interval);
      if (interval) this.change({ interval });
      const bars = target.closest<HTMLElement>("[data-bars]")?.dataset.bars;
      if (bars) this.drawing.showLastBars(Number(bars));
      if (target.closest("[data-retry]")) void this.load();
    });
    this.root.addEventListener("change", (event) => {
      const input = event.target as HTMLInputElement;
      const picked = (name: string): string[] => $$<HTMLInputElement>(`[${name}]`, this.root).filter((i) => i.checked).map((i) => i.value);
      if (input.matches("[data-overlay], [data-pane]")) this.change({ overlays: picked("data-overlay"), panes: picked("data-pane") });
      else if (input.matches("[data-adjusted]")) this.change({ adjusted: input.checked });
    });
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("blur", () => this.drawing.clearCursor());
    onTicks((changed) => {
      if (changed.has(this.symbol)) this.ticked();
    });
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
    const far = event.shiftKey ? 10 : 1;
    const keys: Record<string, () => Bar | null | void> = {
      ArrowLeft: () => this.drawing.step(-far),
      ArrowRight: () => this.drawing.step(far),
      Home: () => this.drawing.step(-this.drawing.bars.length),
      End: () => this.drawing.step(this.drawing.bars.length),
      "+": () => this.drawing.zoom(0.8),
      "=": () => this.drawing.zoom(0.8),
      "-": () => this.drawing.zoom(1.25),
      Escape: () => this.drawing.clearCursor(),
    };
    const interval = INTERVALS[Number(event.key) - 1];
    if (interval) keys[event.key] = () => this.change({ interval });
    const run = keys[event.key];
    if (!run) return;
    event.preventDefault();
    const bar = run();
    if (bar) must("#announcer").textContent = this.sentence(bar);
  }

  private sentence(bar: Bar): string {
    const when = this.drawing.label(bar.time as never);
    if (bar.closeOnly) return `${when}: close ${price(bar.close)}; open, high and low are not known`;
    return `${when}: open ${price(bar.open)}, high ${price(bar.high)}, low ${price(bar.low)}, close ${price(bar.close)}, volume ${compact(bar.volume)}`;
  }

  private legend(at: Bar | null, values: { label: string; colour: string; value: number }[]): void {
    const bars = this.drawing?.bars ?? [];
    const bar = at ?? bars.at(-1);
    const box = must(".chart-legend .values", this.root);
    if (!bar) return box.replaceChildren();
    const before = bars[bars.indexOf(bar) - 1];
    const change = before ? (bar.close / before.close - 1) * 100 : null;
    const pair = (name: string, value: string, wide = true): HTMLElement =>
      el("span", { class: wide && "wide" }, `${name} `, el("b", {}, value));
    box.replaceChildren(
      el("span", {}, this.drawing.label(bar.time as never)),
      ...(bar.closeOnly ? [] : [pair("O", price(bar.open)), pair("H", price(bar.high)), pair("L", price(bar.low))]),
      pair("C", price(bar.close), false),
      el("span", { class: direction(change) }, signedPct(change, 2)),
      ...(bar.closeOnly ? [] : [pair("Vol", compact(bar.volume))]),
      ...values.map(({ label, colour, value }) => el("span", { class: colour }, `${label} ${price(value)}`)),
    );
  }

  private describe(): void {
    const [first, last] = [this.drawing.bars[0], this.drawing.bars.at(-1)];
    if (!first || !last) return;
    const name = this.root.dataset.name ?? this.symbol;
    const label = (bar: Bar): string => this.drawing.label(bar.time as never);
    this.box.setAttribute("aria-label", `Candles of ${name}, ${this.drawing.bars.length} bars from ${label(first)} to ${label(last)}, last close ${price(last.close)}. Arrow keys read bar by bar.`);
  }

  private fillTable(): void {
    const rows = this.drawing.bars.slice(-TABLE_BARS).reverse().map((bar) =>
      el(
        "tr",
        {},
        el("th", { scope: "row" }, this.drawing.label(bar.time as never)),
        ...(bar.closeOnly ? [null, null, null] : [bar.open, bar.high, bar.low]).map((value) => el("td", { class: "num" }, price(value))),
        el("td", { class: "num" }, price(bar.close)),
        bar.closeOnly ? el("td", { class: "num" }, "–") : el("td", { class: "num", "data-value": bar.volume }, compact(bar.volume)),
      ),
    );
    must(".chart-table tbody", this.root).replaceChildren(...rows);
  }

  private note(text: string | null, loading: boolean): void {
    const note = must(".chart-note", this.root);
    note.hidden = text === null && !loading;
    must(".skeleton", note).hidden = !loading;
    must(".message", note).textContent = text ?? "";
    must("[data-retry]", note).hidden = true;
  }

  private failed(cause: unknown): void {
    this.note(`The candles could not be loaded. ${explain(cause)}`, false);
    must("[data-retry]", must(".chart-note", this.root)).hidden = false;
  }
}
