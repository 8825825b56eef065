/** The instrument page: chart, live depth, and the button that adds to a watchlist. */

import { ChartPanel } from "../lib/chart/panel";
import { $, $$, must } from "../lib/dom";
import { number, price } from "../lib/format";
import { onTicks } from "../lib/live";
import type { DepthLevel, Tick } from "../lib/ticks";
import { addToFirstList } from "../lib/watchlist";

const symbol = must("[data-instrument]").dataset.instrument!;

function showSide(side: "bid" | "offer", levels: DepthLevel[], most: number): void {
  $$<HTMLTableRowElement>(`.depth .${side} tbody tr`).forEach((row, i) => {
    const level = levels[i];
    must(".at", row).textContent = price(level?.price);
    must(".quantity", row).textContent = number(level?.quantity, 0);
    must(".orders", row).textContent = number(level?.orders, 0);
    $("rect", row)?.setAttribute("width", `${level && most ? (100 * level.quantity) / most : 0}%`);
  });
}

function showDepth({ depth }: Tick): void {
  if (!depth || !$(".depth")) return;
  const most = Math.max(0, ...[...depth.buy, ...depth.sell].map((level) => level.quantity));
  showSide("bid", depth.buy, most);
  showSide("offer", depth.sell, most);
}

function showRange({ ltp }: Tick): void {
  for (const meter of $$(".range-meter")) {
    const [low, high] = [Number(meter.dataset.low), Number(meter.dataset.high)];
    if (!(high > low)) continue;
    const share = Math.max(0, Math.min(1, (ltp - low) / (high - low)));
    $(".marker", meter)?.setAttribute("cx", `${1 + 98 * share}%`);
  }
}

const panel = $(".chart-panel");
if (panel) new ChartPanel(panel);

onTicks((changed) => {
  const tick = changed.get(symbol);
  if (!tick) return;
  showDepth(tick);
  showRange(tick);
});
document.addEventListener("click", (event) => {
  if ((event.target as Element).closest("[data-add-to-watchlist]")) void addToFirstList(symbol);
});
