/** Runs side by side: the curves, which days each covers, and what stands under the cursor. */

import { EquityChart, placeOf, type Cursor, type Curve } from "../lib/charts/equity";
import { $, $$, el, embedded, must } from "../lib/dom";
import { istDate, number, signedPct } from "../lib/format";

type Series = { letter: string; name: string; dates: string[]; values: number[]; drawdowns: number[] };
type Range = { from: string; to: string };
type Data = { series: Series[]; common: Range | null };

const dayWords = (day: string): string => istDate(new Date(`${day}T00:00:00+05:30`));

function press(button: HTMLElement): void {
  for (const other of $$("button", button.parentElement!)) other.setAttribute("aria-pressed", String(other === button));
}

/** A bar a run over the whole time, the common days marked in each: above the curves, on the same scale. */
function drawCoverage({ series, common }: Data): void {
  const box = $("#coverage");
  if (!box || !common) return;
  const days = [...new Set(series.flatMap((one) => one.dates))].sort();
  const share = (day: string): number => (100 * placeOf(days, day)) / Math.max(1, days.length - 1);
  const bar = (kind: string, from: string, to: string): HTMLElement => {
    const node = el("span", { class: kind });
    node.style.insetInlineStart = `${share(from)}%`;
    node.style.width = `${Math.max(0.5, share(to) - share(from))}%`;
    return node;
  };
  for (const [i, one] of series.entries()) {
    const [first, last] = [one.dates[0]!, one.dates.at(-1)!];
    const label = `${one.letter}: ${dayWords(first)} to ${dayWords(last)}; in common ${dayWords(common.from)} to ${dayWords(common.to)}`;
    const track = el("div", { class: `track series-${i + 1}`, role: "img", "aria-label": label }, bar("whole", first, last), bar("shared", common.from, common.to));
    box.append(track, el("span", { class: "letter", "aria-hidden": "true" }, one.letter));
  }
  box.hidden = false;
}

function showCursor(data: Data, at: Cursor | null): void {
  const legend = must("#curve-legend");
  data.series.forEach((one, i) => {
    const row = at?.rows[i];
    const last = one.values.at(-1) ?? null;
    const fall = row?.drawdown == null ? "" : ` (${signedPct(row.drawdown)} from the top)`;
    must(`[data-at="${i}"]`, legend).textContent = at ? `${number(row?.value, 1)}${fall}` : number(last, 1);
  });
  must("[data-day]", legend).textContent = at ? dayWords(at.date) : "on the last day";
}

function start(): void {
  const data = embedded<Data>("compare-data");
  const box = $("#curves");
  if (!data || !box) return;
  drawCoverage(data);
  showCursor(data, null);
  const curves: Curve[] = data.series.map(({ letter, name, dates, values, drawdowns }) => ({
    name: `${letter}, ${name}`,
    dates,
    values,
    drawdown: drawdowns,
  }));
  const chart = new EquityChart(box, curves, { format: (value) => number(value, 0), onCursor: (at) => showCursor(data, at) });
  document.addEventListener("click", ({ target }) => {
    const button = (target as Element).closest<HTMLElement>("[data-scale], [data-days]");
    if (!button) return;
    press(button);
    if (button.dataset.scale) chart.setScale(button.dataset.scale === "log" ? "log" : "linear");
    else if (button.dataset.days === "common" && data.common) chart.setRange(data.common.from, data.common.to);
    else chart.setRange();
  });
}

start();
