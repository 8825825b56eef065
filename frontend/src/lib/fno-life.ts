/** A signal's life: from the trigger over its extremes to the outcome. A live one moves with the ticks. */

import { el } from "./dom";
import { DIRECTIONS, LATE_S, MODES, OUTCOMES, OUTCOME_TURNS, placeOf, standing, type Signal } from "./fno";
import { livePrice } from "./fno-cards";
import { badge, pair, section, source, svg } from "./fno-parts";
import { istMinute, number, price, signed } from "./format";
import { latest } from "./live";

export function lifeCard(signal: Signal | null | undefined): HTMLElement {
  if (!signal) {
    return section("fno-life", "Signal", "life", el("div", { class: "empty" }, el("p", { class: "title" }, "No signal yet"), el("p", {}, "A signal fires when direction and entry are new, the confidence is 50 or more and nothing forbids it. Most minutes pass without one. It is then followed here from its trigger to its outcome.")));
  }
  const isLive = signal.status === "LIVE";
  return section(
    "fno-life",
    isLive ? "Live signal" : "Last signal",
    "life",
    el("div", { class: "fno-life", "data-code": signal.trade_code, "data-status": signal.status }, head(signal), track(signal), steps(signal), figures(signal)),
    el("div", { class: "card-foot" }, isLive ? source(signal.data_source, signal.last_price_at ?? signal.triggered_at, LATE_S, optionOf(signal)) : source(signal.data_source, signal.closed_at, 0), el("a", { href: `/signals/record/?signal=${signal.trade_code}` }, "All signals and what became of them")),
  );
}

function head(signal: Signal): HTMLElement {
  const { word, arrow, turn } = DIRECTIONS[signal.trade_direction];
  return el(
    "p",
    { class: "fno-life-head" },
    el("b", {}, signal.trade_code),
    " ",
    el("span", { class: turn }, `${arrow} ${word}`),
    ` · ${number(signal.atm_strike, 0)} ${signal.option_type === "CE" ? "call" : "put"} · confidence ${signal.confidence}`,
    " ",
    badge(OUTCOMES[signal.outcome], OUTCOME_TURNS[signal.outcome]),
  );
}

/** Stop on the left, target on the right, entry between; the best and worst so far as a band. */
export function track(signal: Signal): SVGElement {
  const x = (value: number): string => `${4 + 92 * placeOf(signal, value)}%`;
  const worst = placeOf(signal, signal.entry_price + signal.mae_points);
  const best = placeOf(signal, signal.entry_price + signal.mfe_points);
  const now = (signal.status === "LIVE" ? signal.last_price : signal.exit_price) ?? signal.entry_price;
  const label = (at: string, text: string, anchor: string): SVGElement => {
    const node = svg("text", { x: at, y: 40, "text-anchor": anchor });
    node.textContent = text;
    return node;
  };
  return svg(
    "svg",
    { class: "fno-track", height: 44, role: "img", "aria-label": `Between stop ${price(signal.sl)} and target ${price(signal.target)}: entry ${price(signal.entry_price)}, now ${price(now)}` },
    svg("rect", { class: "line", x: "4%", y: 12, width: "92%", height: 4, rx: 2 }),
    svg("rect", { class: "band", x: `${4 + 92 * worst}%`, y: 9, width: `${Math.max(0, 92 * (best - worst))}%`, height: 10, rx: 3 }),
    svg("rect", { class: "entry", x: x(signal.entry_price), y: 4, width: 2, height: 20 }),
    svg("circle", { class: "now", cx: x(now), cy: 14, r: 7 }),
    label("4%", `Stop ${price(signal.sl)}`, "start"),
    label(x(signal.entry_price), `Entry ${price(signal.entry_price)}`, "middle"),
    label("96%", `Target ${price(signal.target)}`, "end"),
  );
}

/** The symbol of a signal's option, as ticks have it. */
export const optionOf = ({ exchange, tradingsymbol }: Pick<Signal, "exchange" | "tradingsymbol">): string => `${exchange}:${tradingsymbol}`;

/** Move the marker and the figures of a live signal to a price of its option. */
export function moveTo(root: HTMLElement, signal: Signal, at: number): void {
  const marker = root.querySelector(".fno-track .now");
  marker?.setAttribute("cx", `${4 + 92 * placeOf(signal, at)}%`);
  const { points, r } = standing(signal, at);
  const shown = root.querySelector<HTMLElement>("[data-standing]");
  if (shown) shown.textContent = `${signed(points, 2)} points, ${signed(r, 2)} R`;
}

/** Bring a live signal's marker and standing to the newest tick of its option, as the price beside them is. */
export function follow(root: HTMLElement, signal: Signal): void {
  const tick = signal.status === "LIVE" ? latest(optionOf(signal)) : undefined;
  if (tick) moveTo(root, signal, tick.ltp);
}

/** "+₹1,285.64": the sign before the currency. */
const rupees = (value: number): string => signed(value, 2).replace(/^([+−]?)/, "$1₹");

const minute = (text: string): string => `${istMinute(new Date(text))} IST`;

function steps(signal: Signal): HTMLElement {
  const isLive = signal.status === "LIVE";
  const step = (state: string, title: string, when: string, text: string): HTMLElement => el("li", { "data-state": state }, el("b", {}, title), el("span", { class: "when" }, when), el("span", {}, text));
  return el(
    "ol",
    { class: "fno-steps" },
    step("done", "Triggered", minute(signal.triggered_at), `${MODES[signal.entry_mode] ?? signal.entry_mode} with the index at ${price(signal.spot_price)}; bought at ${price(signal.entry_price)}.`),
    step("done", "Best and worst", isLive ? "so far" : "", `${signed(signal.mfe_points, 2)} and ${signed(signal.mae_points, 2)} points from the entry.`),
    isLive
      ? step("now", "Open", `until ${minute(signal.deadline)}`, "Ends at the target, at the stop, or when the time is up.")
      : step("done", OUTCOMES[signal.outcome], signal.closed_at ? minute(signal.closed_at) : "", signal.exit_price === null ? "No price was there to sell at." : `Sold at ${price(signal.exit_price)}: ${signed(signal.r_multiple, 2)} R before charges.`),
  );
}

function figures(signal: Signal): HTMLElement {
  if (signal.status === "LIVE") {
    const now = signal.last_price ?? signal.entry_price;
    const { points, r } = standing(signal, now);
    return el("dl", { class: "fno-pairs" }, pair("Price now", livePrice(optionOf(signal), now)), pair("Standing", el("span", { "data-standing": true, "data-keep": true }, `${signed(points, 2)} points, ${signed(r, 2)} R`)), pair("Risk a lot", `₹${number(signal.max_loss_per_lot, 0)}`));
  }
  return el("dl", { class: "fno-pairs" }, pair("Result", `${signed(signal.r_multiple, 2)} R`), pair("Charges a lot", signal.charges_per_lot === null ? "–" : `₹${number(signal.charges_per_lot, 2)}`), pair("Net a lot", signal.net_per_lot === null ? "–" : rupees(signal.net_per_lot)));
}
