/** The report of a run: charts, all trades, trades on candles, and the analysis while it is being made. */

import { explain, getJson } from "../lib/api";
import { DailyCalendar, dailyReturns } from "../lib/charts/monthly";
import { DistributionChart, distributionTable, type DistributionOptions } from "../lib/charts/distribution";
import { EquityChart, type Cursor } from "../lib/charts/equity";
import { $, $$, el, embedded, must } from "../lib/dom";
import { compact, istDate, number, signedPct } from "../lib/format";
import { refresh } from "../lib/forms";
import { secondsLeft, watchJob, type Job } from "../lib/jobs";
import { TradeChart } from "../lib/report/trade-chart";
import { TradeTable } from "../lib/report/trades";
import type { Run } from "../lib/report/types";

const root = must("[data-report]");
const id = Number(root.dataset.report);
const benchmark = root.dataset.benchmark ?? "Benchmark";
const words = embedded<Record<string, string>>("exit-words") ?? {};
/** The probes are done after these steps of the analysis: then there is something new to read. */
const PROBE_STEPS = [1, 2];

const dayLabel = (day: string): string => istDate(new Date(`${day}T00:00:00+05:30`));

function readout(box: HTMLElement, at: Cursor): void {
  box.replaceChildren(
    el("span", { class: "when" }, dayLabel(at.date)),
    ...at.rows.map((row) =>
      el(
        "span",
        {},
        el("i", { class: `key ${row.colour}` }),
        `${row.name} `,
        el("b", {}, row.value === null ? "–" : `₹${number(row.value, 0)}`),
        row.drawdown === null ? "" : ` drawdown ${signedPct(row.drawdown)}`,
      ),
    ),
  );
}

function press(buttons: HTMLElement[], chosen: HTMLElement | null): void {
  for (const button of buttons) button.setAttribute("aria-pressed", String(button === chosen));
}

function startEquity(run: Run): void {
  const dates = run.equity_curve.map((point) => point.date);
  const last = run.equity_curve.at(-1);
  if (!last) return;
  const box = must("#equity-readout");
  const rest: Cursor = {
    date: last.date,
    rows: [
      { name: "This run", colour: "series-1", value: last.equity, drawdown: last.drawdown_pct },
      { name: benchmark, colour: "ink-3", value: last.benchmark, drawdown: null },
    ],
  };
  const chart = new EquityChart(
    must("#equity-chart"),
    [
      { name: "This run", dates, values: run.equity_curve.map((point) => point.equity), drawdown: run.equity_curve.map((point) => point.drawdown_pct) },
      { name: benchmark, dates, values: run.equity_curve.map((point) => point.benchmark), colour: "ink-3", dashed: true },
    ],
    { format: (value) => compact(value), unit: "rupees", onCursor: (at) => readout(box, at ?? rest) },
  );
  readout(box, rest);
  const card = must("#equity");
  const ranges = $$<HTMLElement>("[data-months]", card);
  const scales = $$<HTMLElement>("[data-scale]", card);
  document.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLElement>("[data-months], [data-scale], [data-from]");
    if (!button) return;
    if (button.dataset.months !== undefined) {
      const months = Number(button.dataset.months);
      if (months) chart.showLast(months);
      else chart.setRange();
      press(ranges, button);
    } else if (button.dataset.scale) {
      chart.setScale(button.dataset.scale === "log" ? "log" : "linear");
      press(scales, button);
    } else {
      chart.setRange(button.dataset.from, button.dataset.to || undefined);
      press(ranges, null);
      card.scrollIntoView({ block: "start" });
    }
  });
}

function distribution(name: string, options: DistributionOptions, caption: string): void {
  const box = $(`#${name}-chart`);
  if (!box) return;
  const chart = new DistributionChart(box, options);
  $(`#${name}-table`)?.replaceChildren(distributionTable(chart.bins, { caption, unit: options.unit ?? "", counted: options.counted ? options.counted[0]!.toUpperCase() + options.counted.slice(1) : "Count" }));
}

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

function startShape(run: Run): void {
  if (!run.trades.length) return;
  const returns = run.trades.map((trade) => trade.pnl_pct);
  const bars = run.trades.map((trade) => trade.bars_held);
  const mean = returns.reduce((sum, value) => sum + value, 0) / returns.length;
  distribution("returns", { values: returns, unit: "%", signed: true, counted: "trades", bins: 28, marks: [{ label: `Mean ${signedPct(mean)}`, value: mean }] }, "Net returns of trades in percent");
  distribution("holding", { values: bars, unit: " bars", integers: true, counted: "trades", bins: 24, marks: [{ label: `Half held at most ${number(median(bars), 0)}`, value: median(bars) }] }, "Bars that trades were held");
  const exposure = $("#exposure-chart");
  if (!exposure) return;
  new EquityChart(
    exposure,
    [{ name: "Money at work", dates: run.equity_curve.map((point) => point.date), values: run.equity_curve.map(({ cash, equity }) => (equity > 0 ? 100 * (1 - cash / equity) : 0)), colour: "series-3" }],
    { format: (value) => `${number(value, 0)}%`, unit: "percent of equity", slider: false },
  );
}

/** The calendar is drawn when it is first looked at: hidden boxes have no width. */
function startCalendar(run: Run): void {
  let drawn = false;
  document.addEventListener("tab", (event) => {
    if ((event as CustomEvent<string>).detail !== "days-calendar" || drawn) return;
    drawn = true;
    new DailyCalendar(must("#calendar-chart"), dailyReturns(run.equity_curve.map((point) => point.date), run.equity_curve.map((point) => point.equity)));
  });
}

function startTrades(run: Run): void {
  const box = $("#trades-chart");
  if (!run.trades.length || !box) return;
  const chart = new TradeChart(box, run, words);
  new TradeTable(must("[data-trades]"), run.trades, words, (at) => {
    void chart.showTrade(at);
    box.scrollIntoView({ block: "start" });
    must("#candles").focus({ preventScroll: true });
  });
}

/** What the analysis found is drawn by the server; only its histogram is drawn here. */
function drawBaseline(): void {
  const found = embedded<{ returns: number[]; own: number; middle: number }>("baseline-data");
  if (!found) return;
  distribution(
    "baseline",
    { values: found.returns, unit: "%", counted: "random runs", colour: "series-5", marks: [{ label: `This run ${signedPct(found.own)}`, value: found.own, colour: "accent" }, { label: `Half below ${signedPct(found.middle)}`, value: found.middle }] },
    "Total returns of runs with random entries",
  );
}

function watchAnalysis(): void {
  const section = $("#analysis");
  if (!section || !["queued", "running"].includes(section.dataset.status ?? "")) return;
  const seen: { at: number; done: number }[] = [];
  let read = Number($<HTMLProgressElement>("#analysis progress")?.value ?? 0);
  watchJob("analysis", id, (job) => {
    seen.push({ at: Date.now(), done: job.done });
    const over = job.status !== "queued" && job.status !== "running";
    if (over || PROBE_STEPS.some((step) => read < step && job.done >= step)) {
      read = job.done;
      void refresh(over ? "#analysis, #flag-strip, #flags" : "#analysis").then(() => {
        if (over) drawBaseline();
        else showProgress(job, seen);
      });
    } else showProgress(job, seen);
  });
}

function showProgress(job: Job, seen: { at: number; done: number }[]): void {
  const bar = $<HTMLProgressElement>("#analysis progress");
  if (!bar) return;
  bar.max = job.total;
  bar.value = job.done;
  must("#analysis .job-what").textContent = job.status === "queued" ? "Waiting for a worker" : job.done < 2 ? "Probing for look-ahead and warm-up" : "Running with random entries";
  const left = secondsLeft(seen, job.total);
  must("#analysis .job-count").textContent = `${job.done} of ${job.total} steps${left === null ? "" : `, about ${Math.max(1, Math.ceil(left))} s left`}`;
}

function startDetails(): void {
  for (const details of $$<HTMLDetailsElement>("details[data-remember]")) {
    const key = `report.${details.dataset.remember}`;
    details.open = sessionStorage.getItem(key) === "open";
    details.addEventListener("toggle", () => sessionStorage.setItem(key, details.open ? "open" : ""));
  }
}

function failed(cause: unknown): void {
  const text = `The charts could not be loaded. ${explain(cause)}`;
  for (const box of $$("#equity-chart, #returns-chart, #holding-chart, #exposure-chart")) box.replaceChildren(el("p", { class: "empty" }, text));
  const message = $("#candles .message");
  if (message) message.textContent = text;
  const skeleton = $<HTMLElement>("#candles .skeleton");
  if (skeleton) skeleton.hidden = true;
}

startDetails();
drawBaseline();
watchAnalysis();
getJson<Run>(`/api/backtest/runs/${id}`).then((run) => {
  startEquity(run);
  startTrades(run);
  startShape(run);
  startCalendar(run);
}, failed);
