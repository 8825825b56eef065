/** Time left: <time data-until="2026-05-03T00:30:00Z" data-over="expired">. Counts down in place, then says so. */

import { $$ } from "./dom";
import { countdown } from "./format";

function show(): void {
  for (const node of $$<HTMLTimeElement>("[data-until]")) {
    const left = (Date.parse(node.dataset.until ?? "") - Date.now()) / 1000;
    if (Number.isNaN(left)) continue;
    const text = left > 0 ? countdown(left) : (node.dataset.over ?? "over");
    if (node.textContent !== text) node.textContent = text;
  }
}

export function startCountdowns(): void {
  show();
  setInterval(show, 1000);
}
