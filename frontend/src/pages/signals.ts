/** The Signals page: four cards and one index in detail, kept up to date by /api/ws/signals and the ticks. */

import { ConditionalGet, explain, getJson } from "../lib/api";
import { $, el, embedded, must } from "../lib/dom";
import { health, type Answer, type Chain, type Signal } from "../lib/fno";
import { card, facts, layers, veto } from "../lib/fno-cards";
import { chainCard } from "../lib/fno-chain";
import { Known } from "../lib/fno-known";
import { follow, lifeCard } from "../lib/fno-life";
import { signalSocket, type SignalNews } from "../lib/fno-socket";
import { PayoffCard, trades } from "../lib/fno-trades";
import { onTicks, scan } from "../lib/live";
import { morph } from "../lib/morph";
import { aroundOf } from "../lib/payoff";
import { prepareRows } from "../lib/table";

type Start = { keys: Record<string, string>; answers: Record<string, Answer>; signals: Record<string, Signal>; rate: number };

const CHAIN_MS = 15_000;

const start = embedded<Start>("fno-start")!;
const known = new Known(start);
const { answers } = known;
/** Codes of signals whose outcome is being asked. */
const asking = new Set<string>();
const payoffCard = new PayoffCard(must("#fno-payoff"));
const chains = new ConditionalGet<Chain>();
let index = must("#fno").dataset.index!;
let chosen = "ATM";
let chain: Chain | null = null;

/** Put a newly made part in its place; what stays is not replaced. */
function place(id: string, made: HTMLElement): void {
  const before = must(id);
  made.id = before.id;
  made.className = before.className; // its place in the grid is the template's
  morph(before, made);
}

function showCards(): void {
  const made = el("div", { class: "fno-cards" }, ...Object.entries(start.keys).map(([name, symbol]) => card(name, symbol, answers.get(name), name === index)));
  place("#fno-cards", made);
}

function showDetail(): void {
  const answer = answers.get(index);
  must("#fno-title").textContent = index;
  place("#fno-life", lifeCard(answer?.signal ?? known.life(index)));
  if (answer) {
    place("#fno-reasons", el("div", { class: "fno-reasons" }, el("p", {}, answer.analysis.entry_words), veto(answer.analysis, 99), facts(answer.analysis)));
    place("#fno-trades", trades(answer.analysis, chosen));
    place("#fno-layers", layers(answer.analysis));
  }
  showPayoff();
  showChain();
  prepareRows(must("#fno-trades"));
  scan();
}

function showPayoff(): void {
  const it = answers.get(index)?.analysis;
  const trade = it?.trades.find((one) => one.type === chosen);
  payoffCard.show(trade, it ? aroundOf(it, start.rate) : null, it);
}

function showChain(): void {
  if (!chain || chain.index !== index) return;
  const isFirst = !$("#fno-chain table");
  place("#fno-chain", chainCard(chain, answers.get(index)?.analysis.trades ?? []));
  prepareRows(must("#fno-chain"));
  if (isFirst) centre();
}

/** Bring the money into the middle of the chain's own window; the page does not move. */
function centre(): void {
  const box = $(".table-scroll", must("#fno-chain"));
  const row = box && $("tr.atm", box);
  if (!box || !row) return;
  box.scrollTop = row.offsetTop - box.clientHeight / 2;
  box.scrollLeft = (box.scrollWidth - box.clientWidth) / 2;
}

async function readChain(): Promise<void> {
  if (document.hidden) return;
  const asked = index;
  try {
    const found = await chains.read(`/api/fno/chain?index=${asked}`);
    if (!found || asked !== index) return;
    chain = found;
    showChain();
  } catch (cause) {
    if (asked === index && chain?.index !== index) must("#fno-chain .card-body").textContent = `The option chain could not be read. ${explain(cause)}`;
  }
}

function choose(name: string, isPush: boolean): void {
  index = name;
  chosen = "ATM";
  if (isPush) history.pushState(null, "", `?index=${name}`);
  document.title = `${name} · Signals · Trading platform`;
  chain = null;
  chains.forget();
  must("#fno").dataset.index = name;
  must("#fno-chain").replaceChildren(el("div", { class: "card-body" }, "Reading the option chain."));
  showCards();
  showDetail();
  showHealth();
  void readChain();
}

function take(news: SignalNews): void {
  known.take(news);
  for (const signal of known.doubted()) void settle(signal);
  showCards();
  if (news.type === "signals" || news.index === index) showDetail();
  scan();
  showHealth();
}

/** Ask how a signal ended whose end was not told here. */
async function settle({ trade_code: code }: Signal): Promise<void> {
  if (asking.has(code)) return;
  asking.add(code);
  try {
    const found = await getJson<Signal>(`/api/fno/signals/${encodeURIComponent(code)}`);
    if (found.status === "LIVE") return; // of another market than the one that is looked at
    known.lived(found);
    if (found.index === index) showDetail();
  } catch {
    // The next scan asks again.
  } finally {
    asking.delete(code);
  }
}

function showHealth(): void {
  const it = answers.get(index)?.analysis;
  const found = health({
    socket: signalSocket.isOpen,
    refused: signalSocket.refused,
    feed: document.documentElement.dataset.feed ?? "",
    phase: it?.market_phase ?? "",
    scanAgeS: it ? (Date.now() - Date.parse(it.scanned_at)) / 1000 : null,
  });
  const box = must("#fno-health");
  if (box.dataset.kind !== found.kind) {
    box.dataset.kind = found.kind;
    must("#fno").dataset.health = found.kind;
  }
  if (box.textContent !== found.words) box.textContent = found.words;
}

must("#fno").addEventListener("click", (event) => {
  const target = event.target as Element;
  const link = target.closest<HTMLAnchorElement>("a[data-index]");
  if (link && !(event as MouseEvent).ctrlKey && !(event as MouseEvent).metaKey) {
    event.preventDefault();
    choose(link.dataset.index!, true);
    return;
  }
  const trade = target.closest<HTMLElement>("[data-trade]");
  if (!trade) return;
  chosen = trade.dataset.trade!;
  showDetail();
});
addEventListener("popstate", () => {
  const asked = new URLSearchParams(location.search).get("index")?.toUpperCase() ?? "";
  choose(asked in start.keys ? asked : Object.keys(start.keys)[0]!, false);
});

showCards();
showDetail();
onTicks(() => {
  const signal = answers.get(index)?.signal;
  if (signal) follow(must("#fno-life"), signal);
});
signalSocket.listen(take, showHealth);
void readChain();
setInterval(() => void readChain(), CHAIN_MS);
// Until the socket had its time to connect nothing is said to be lost.
setTimeout(() => setInterval(showHealth, 1000), 4000);
