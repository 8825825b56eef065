/** The track record: charts of results, rows that open to a signal's life, and the verification of the Record. */

import { explain, getJson } from "../lib/api";
import { DistributionChart, distributionTable, histogram } from "../lib/charts/distribution";
import { $, $$, el, embedded, must, stamp } from "../lib/dom";
import type { Signal } from "../lib/fno";
import { CurveChart, curveWords, detailView, missingWords, newerOf, showEnd, verifiedWords, type Detail, type Result, type Verified } from "../lib/fno-record";
import { follow } from "../lib/fno-life";
import { signalSocket, type SignalNews } from "../lib/fno-socket";
import { onTicks, scan } from "../lib/live";
import { morph } from "../lib/morph";

const results = embedded<Result[]>("record-course") ?? [];

for (const select of $$<HTMLSelectElement>("[data-submit]")) select.addEventListener("change", () => select.form?.requestSubmit());

const curve = $("#record-curve");
if (curve) {
  new CurveChart(curve, results);
  must("#curve-words").textContent = curveWords(results);
}
const spread = $("#record-spread");
if (spread) {
  const values = results.map((one) => one.r);
  new DistributionChart(spread, { values, unit: " R", signed: true, counted: "signals" });
  must("#spread-table").append(distributionTable(histogram(values), { caption: "Results in R", unit: " R", counted: "Signals" }));
}

const history = must("#history");
/** The signal whose row is open. */
let opened: Detail | null = null;
/** Signals whose end was told here, by their codes. */
const ends = new Map<string, Signal>();

function close(): void {
  opened = null;
  for (const row of $$(".life-row", history)) row.remove();
  for (const button of $$("[data-open]", history)) button.setAttribute("aria-expanded", "false");
}

function remember(code: string): void {
  const url = new URL(location.href);
  if (code) url.searchParams.set("signal", code);
  else url.searchParams.delete("signal");
  window.history.replaceState(null, "", url);
}

async function open(button: HTMLElement): Promise<void> {
  const code = button.dataset.open!;
  close();
  button.setAttribute("aria-expanded", "true");
  remember(code);
  const row = stamp(must<HTMLTemplateElement>("#life-row"));
  button.closest("tr")!.after(row);
  const box = must(".life-box", row);
  try {
    const detail = await getJson<Detail>(`/api/fno/signals/${encodeURIComponent(code)}`);
    if (!row.isConnected) return; // another row was opened meanwhile
    box.replaceChildren(el("div"));
    showOpened(box, newerOf(detail, ends.get(code)));
  } catch (cause) {
    box.textContent = `The signal could not be read. ${explain(cause)}`;
  }
}

/** Bring an open row up to date; what is unfolded in it stays so. */
function showOpened(box: HTMLElement, detail: Detail): void {
  opened = detail;
  morph(box.firstElementChild!, detailView(detail));
  scan();
  follow(box, detail);
}

/** Take a step of a signal's life: its line, and its row where that is open. */
function took(signal: Signal): void {
  const line = $(`[data-signal="${CSS.escape(signal.trade_code)}"]`, history);
  if (!line) return;
  if (signal.status !== "LIVE") ends.set(signal.trade_code, signal);
  if (signal.status !== "LIVE" && line.dataset.status === "LIVE") {
    showEnd(line, signal);
    must("#record-news").hidden = false;
  }
  const box = $(".life-box", history);
  if (box && opened?.trade_code === signal.trade_code && (opened.status === "LIVE" || signal.status !== "LIVE")) showOpened(box, { ...opened, ...signal });
}

/** Look again at lines that are live here: what ended while nobody listened is told by the last signals, or asked. */
async function lookAgain(last: Signal[]): Promise<void> {
  for (const signal of last) took(signal);
  for (const { dataset } of $$('[data-signal][data-status="LIVE"]', history)) {
    const code = dataset.signal!;
    if (last.some((one) => one.trade_code === code)) continue;
    try {
      took(await getJson<Detail>(`/api/fno/signals/${encodeURIComponent(code)}`));
    } catch {
      // The next connection asks again.
    }
  }
}

signalSocket.listen((news: SignalNews) => {
  if (news.type === "signal") took(news.signal);
  else if (news.type === "signals") void lookAgain(Object.values(news.last));
});

// Rows that are open belong to no column: they close before the table is sorted, filtered or written to a file.
history.addEventListener("click", (event) => (event.target as Element).closest("th[aria-sort] button, [data-csv]") && close(), true);
history.addEventListener("input", close, true);
history.addEventListener("click", (event) => {
  const button = (event.target as Element).closest<HTMLElement>("[data-open]");
  if (!button) return;
  if (button.getAttribute("aria-expanded") === "true") {
    close();
    remember("");
  } else void open(button);
});
onTicks(() => {
  if (opened) follow(history, opened);
});
const asked = $('[data-open][aria-expanded="true"]', history);
const wanted = must(".fno-record").dataset.asked ?? "";
if (wanted && !asked) {
  const missing = must("#asked-missing");
  missing.textContent = missingWords(wanted);
  missing.hidden = false;
}
if (asked) void open(asked).then(() => asked.scrollIntoView({ block: "center" }));

must("#record-news button").addEventListener("click", () => location.reload());
must("#verify").addEventListener("click", async (event) => {
  const button = event.currentTarget as HTMLButtonElement;
  const words = must("#chain-words");
  button.disabled = true;
  words.textContent = "Walking along the chain.";
  try {
    const found = await getJson<Verified>("/api/record/verify");
    words.dataset.state = found.ok ? "ok" : "broken";
    words.textContent = verifiedWords(found);
  } catch (cause) {
    words.dataset.state = "";
    words.textContent = `The Record could not be verified. ${explain(cause)}`;
  } finally {
    button.disabled = false;
  }
});
