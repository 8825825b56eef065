/**
 * The bell of the top bar: news of signals, told by a toast when they come and kept until they are read.
 *
 * What is unread is the server's to know (/api/notifications); the socket only says when to look again.
 */

import { explain, getJson, sendJson } from "./api";
import { $, el, must } from "./dom";
import { OUTCOMES, DIRECTIONS, type Signal } from "./fno";
import { signalSocket, type SignalNews } from "./fno-socket";
import { istDate, istMinute, signed } from "./format";
import { toast } from "./toast";

export type Notice = { id: number; title: string; text: string; url: string; at: string; is_read: boolean };
export type Notices = { is_on: boolean; unread: number; items: Notice[] };

/** A step of a signal that nobody here knew is news only while it is fresh; later changes of it are none. */
const FRESH_MS = 180_000;

type Step = Pick<Signal, "index" | "status" | "outcome" | "trade_direction" | "confidence" | "r_multiple" | "triggered_at" | "closed_at">;

/** What a toast says of a step in a signal's life; empty where it is none. `before`: the status known until now. */
export function stepWords(signal: Step, before: string | undefined, nowMs: number): string {
  const isFresh = nowMs - Date.parse(signal.closed_at ?? signal.triggered_at) < FRESH_MS;
  if (before === signal.status || (before === undefined && !isFresh)) return "";
  if (signal.status === "LIVE") return `${signal.index}: ${DIRECTIONS[signal.trade_direction].word.toLowerCase()} signal, confidence ${signal.confidence}.`;
  return `${signal.index}: ${OUTCOMES[signal.outcome].toLowerCase()}${signal.r_multiple === null ? "" : `, ${signed(signal.r_multiple, 2)} R before charges`}.`;
}

const seen = new Map<string, string>();
/** The newest piece of news in the list: only what was shown can be read. */
let newest = 0;
/** When the list was asked for last. A socket that opens soon after has nothing that is not in it. */
let askedAtMs = 0;
const SOON_MS = 5000;
/** Whether the socket has been open since the page was read. */
let hasBegun = false;

function take(news: SignalNews): void {
  if (news.type === "scan") return;
  if (news.type === "signal") {
    if (step(news.signal, true)) void look();
    return;
  }
  // How things stood when the socket was opened is told only of what was known before: it changed while the line was down.
  for (const signal of Object.values(news.last)) step(signal, false);
  // What fired meanwhile, and may even be over, is in the list.
  if (hasBegun || Date.now() - askedAtMs > SOON_MS) lookAgain();
  hasBegun = true;
}

/** Tell a step of a signal's life; whether it was one. */
function step(signal: Signal, isNew: boolean): boolean {
  const before = seen.get(signal.trade_code);
  seen.set(signal.trade_code, signal.status);
  const words = isNew || before ? stepWords(signal, before, Date.now()) : "";
  if (words) toast(words);
  return Boolean(words);
}

/** Bring the list up to date where somebody sees it: another page may have read it, news may have been missed. */
function lookAgain(): void {
  if (!document.hidden) void look();
}

async function look(): Promise<Notices | null> {
  askedAtMs = Date.now();
  try {
    const found = await getJson<Notices>("/api/notifications");
    show(found);
    return found;
  } catch {
    return null; // The list is looked at again with the next news, or when the page is opened.
  }
}

function show({ unread, items }: Notices): void {
  newest = items[0]?.id ?? 0;
  const button = must("#bell");
  button.setAttribute("aria-label", unread ? `Notifications, ${unread} unread` : "Notifications");
  const count = must(".bell-count", button);
  count.textContent = String(unread);
  count.hidden = unread === 0;
  must<HTMLButtonElement>("#bell-read").disabled = unread === 0;
  const lines = items.map((one) => {
    const at = new Date(one.at);
    return el(
      "li",
      {},
      el("a", { class: `notice-item${one.is_read ? "" : " unread"}`, href: one.url }, el("strong", {}, one.title), ...(one.is_read ? [] : [el("span", { class: "visually-hidden" }, " (unread)")]), el("span", {}, one.text), el("time", { class: "muted", datetime: one.at }, `${istDate(at)}, ${istMinute(at)} IST`)),
    );
  });
  must("#bell-list").replaceChildren(...(lines.length ? lines : [el("li", { class: "muted" }, "Nothing happened in the last seven days. Signals that fire and end are told here.")]));
}

/** Arrows walk the list, as they do in menus. */
function walk(event: KeyboardEvent): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const all = [...must("#bell-menu").querySelectorAll<HTMLElement>("button:not(:disabled), a")];
  const at = all.indexOf(document.activeElement as HTMLElement);
  event.preventDefault();
  all[(at + step + all.length) % all.length]?.focus();
}

export async function startBell(): Promise<void> {
  if (!$("#bell")) return;
  must("#bell-menu").addEventListener("keydown", walk);
  must("#bell-read").addEventListener("click", async () => {
    try {
      show(await sendJson<Notices>("POST", "/api/notifications/read", newest ? { up_to: newest } : {}));
      must("#bell").focus();
    } catch (cause) {
      toast(`Nothing was marked: ${explain(cause)}`, { kind: "error" });
    }
  });
  const found = await look();
  if (found?.is_on === false) must("#bell").hidden = true;
  else document.addEventListener("visibilitychange", lookAgain);
  if (found?.is_on !== false) signalSocket.listen(take);
}
