/**
 * Live values in place: <span data-live="NSE:INFY" data-field="last_price">.
 *
 * Nothing moves: only text, direction class and a single flash change. When the feed stops, <html data-feed="down">
 * marks every live value, and the one polite live region says so once; prices themselves are never announced.
 */

import { $, $$ } from "./dom";
import { age, compact, direction, number, price, signed, signedPct } from "./format";
import type { Tick } from "./ticks";
import { TickSocket, type FeedState, type Mode } from "./ws";

type Formatter = (tick: Tick) => { text: string; exact?: string; value: number | null | undefined };

const FIELDS: Record<string, Formatter> = {
  last_price: (t) => ({ text: price(t.ltp), value: t.ltp }),
  change: (t) => ({ text: signed(t.change), value: t.change }),
  change_pct: (t) => ({ text: signedPct(t.change_pct), exact: signedPct(t.change_pct, 2), value: t.change_pct }),
  open: (t) => ({ text: price(t.open), value: t.open }),
  high: (t) => ({ text: price(t.high), value: t.high }),
  low: (t) => ({ text: price(t.low), value: t.low }),
  prev_close: (t) => ({ text: price(t.prev_close), value: t.prev_close }),
  average_price: (t) => ({ text: price(t.average_price), value: t.average_price }),
  volume: (t) => ({ text: compact(t.volume), exact: number(t.volume, 0), value: t.volume }),
  oi: (t) => ({ text: compact(t.oi), exact: number(t.oi, 0), value: t.oi }),
};
const DIRECTIONAL = new Set(["change", "change_pct"]);
const MODES: Mode[] = ["ltp", "quote", "full"];

const STATES: Record<FeedState, string> = {
  connecting: "Connecting",
  live: "Live",
  delayed: "Delayed",
  simulated: "Simulated",
  replay: "Replay",
  down: "Down",
};

let socket: TickSocket | null = null;
let marketIsOpen = true;
let bound = new Map<string, HTMLElement[]>();
const watchers = new Set<(changed: Map<string, Tick>) => void>();

/** Find live elements again: after a swap, a new row, a changed list. */
export function scan(): void {
  bound = new Map();
  const wanted = new Map<string, Mode>();
  for (const node of $$("[data-live]")) {
    const symbol = node.dataset.live!;
    const list = bound.get(symbol);
    if (list) list.push(node);
    else bound.set(symbol, [node]);
    const mode = (node.dataset.mode ?? "quote") as Mode;
    const before = wanted.get(symbol);
    if (!before || MODES.indexOf(mode) > MODES.indexOf(before)) wanted.set(symbol, mode);
  }
  if (!socket) return;
  socket.hold(wanted);
  for (const [symbol, tick] of socket.latest) if (wanted.has(symbol)) paint(symbol, tick, false);
}

/** Be told of every batch of changed ticks. */
export function onTicks(watcher: (changed: Map<string, Tick>) => void): void {
  watchers.add(watcher);
}

export const latest = (symbol: string): Tick | undefined => socket?.latest.get(symbol);

/** Whether the market trades, so that silence and old prices mean trouble. */
export function expectTicks(open: boolean): void {
  marketIsOpen = open;
  socket?.expectTicks(open);
}

function paint(symbol: string, tick: Tick, flash = true): void {
  for (const node of bound.get(symbol) ?? []) {
    node.dataset.stale = String(tick.stale ?? false);
    const field = node.dataset.field ?? "";
    if (field === "age") {
      if (tick.at) node.dataset.age = tick.at;
      continue;
    }
    const shown = FIELDS[field]?.(tick);
    if (!shown || shown.value == null) continue;
    if (node.textContent !== shown.text) {
      if (flash && field === "last_price") flashOnce(node, Number(node.dataset.value), shown.value);
      node.textContent = shown.text;
    }
    node.dataset.value = String(shown.value);
    if (shown.exact) node.title = shown.exact;
    if (DIRECTIONAL.has(field)) turn(node, /^[+\u2212]/.test(shown.text) ? shown.value : 0); // "0.0%" points nowhere
  }
}

function turn(node: HTMLElement, value: number): void {
  const now = direction(value);
  if (node.classList.contains(now)) return;
  node.classList.remove("up", "down", "flat");
  node.classList.add(now);
}

function flashOnce(node: HTMLElement, before: number, value: number): void {
  if (!Number.isFinite(before) || before === value) return;
  const name = value > before ? "flash-up" : "flash-down";
  node.classList.remove("flash-up", "flash-down");
  requestAnimationFrame(() => node.classList.add(name));
}

function showState(state: FeedState, detail: string): void {
  document.documentElement.dataset.feed = state;
  const pill = $("#feed-state");
  if (!pill) return;
  const changed = pill.dataset.state !== state;
  pill.dataset.state = state;
  pill.title = detail || (pill.dataset.hint ?? "");
  const label = $(".label", pill);
  if (label) label.textContent = STATES[state];
  const band = $("#feed-band");
  if (band) {
    band.hidden = state !== "down";
    const text = $(".detail", band);
    if (text) text.textContent = detail || "The price feed has stopped";
  }
  const speaker = $("#announcer");
  if (speaker && changed && state !== "connecting") {
    speaker.textContent = state === "down" ? `Prices have stopped. ${detail}` : `Prices: ${STATES[state].toLowerCase()}.`;
  }
}

/** A slow connection skips values that newer ones overtook: no harm, but no secret. */
function showDropped(dropped: number): void {
  const pill = $("#feed-state");
  if (pill && dropped) pill.title = `Your connection is slow: ${number(dropped, 0)} overtaken values were skipped.`;
}

/** Ages count on their own, so that a stopped feed shows in every place at once. */
function showAges(): void {
  const now = Date.now() + clockSkewMs;
  for (const node of $$("[data-age]")) {
    const at = Date.parse(node.dataset.age ?? "");
    if (Number.isNaN(at)) continue;
    const seconds = (now - at) / 1000;
    const text = age(seconds);
    if (node.textContent !== text) node.textContent = text;
    const limit = Number(node.dataset.staleAfter ?? "");
    // A price of a closed market is old and right.
    if (limit) node.dataset.stale = String(marketIsOpen && seconds > limit);
  }
}

let clockSkewMs = 0;

/** How far the server's clock is ahead of this machine's, so that ages are right on a wrong clock. */
export function setClockSkew(ms: number): void {
  clockSkewMs = ms;
}

export function startLive(): void {
  document.addEventListener("animationend", ({ target }) => {
    if (target instanceof Element) target.classList.remove("flash-up", "flash-down");
  });
  setInterval(showAges, 1000);
  showAges();
  if (document.body.dataset.ticks !== "on") return;
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  socket = new TickSocket(`${scheme}://${location.host}/api/ws/ticks`, {
    ticks: (changed) => {
      for (const [symbol, tick] of changed) paint(symbol, tick);
      for (const watcher of watchers) watcher(changed);
      showDropped(socket?.dropped ?? 0);
    },
    state: showState,
    refused: (detail) => console.info(`Ticks refused: ${detail}`),
  });
  scan();
  socket.start();
}
