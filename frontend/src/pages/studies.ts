/** Lists of sweeps and walk-forward tests: bars of what is not over move; a line that ends is read again. */

import { $$ } from "../lib/dom";
import { isOver, shareOf, watchJob, type JobKind } from "../lib/jobs";

let isEnding = false;

for (const bar of $$("[data-job]")) {
  watchJob(bar.dataset.job as JobKind, Number(bar.dataset.id), (job) => {
    const fill = bar.firstElementChild as HTMLElement | null;
    if (fill) fill.style.width = `${100 * shareOf(job)}%`;
    const word = bar.parentElement?.querySelector("[data-state]");
    if (word && job.status === "running") word.textContent = "Running";
    if (!isOver(job) || isEnding) return;
    isEnding = true;
    setTimeout(() => location.reload(), 400);
  });
}
