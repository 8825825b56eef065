/** The progress card of a sweep or test (templates/backtest/_study_state.html): how far, how long still. */

import { $ } from "./dom";
import { refresh } from "./forms";
import { countdown, number } from "./format";
import { isOver, secondsLeft, shareOf, watchJob, type Job, type JobKind } from "./jobs";

/** Readers are told at most so often; the bar moves at every change. */
const SPOKEN_MS = 5000;

/** What is said of a job that is not over. */
export function progressWords(job: Pick<Job, "done" | "total" | "status">, left: number | null): string {
  const sets = `${number(job.done, 0)} of ${number(job.total, 0)} sets`;
  if (job.status === "queued" && job.done > 0) return `${sets} · others have their turn for a moment`;
  if (job.status === "queued") return `${number(job.total, 0)} sets to try`;
  return left === null ? sets : `${sets} · about ${countdown(Math.max(1, left))} left`;
}

/** Follow a job until it is over: `onMore` when something new was found, `onEnd` once at the end. */
export function followProgress(kind: JobKind, id: number, told: { onMore: (job: Job) => void; onEnd: (job: Job) => void }): () => void {
  const seen: { at: number; done: number }[] = [];
  let spokenAt = 0;
  return watchJob(kind, id, (job) => {
    if (isOver(job)) {
      told.onEnd(job);
      return;
    }
    seen.push({ at: Date.now(), done: job.done });
    if (seen.length > 40) seen.shift();
    const bar = $("#progress-bar");
    bar?.setAttribute("aria-valuenow", String(job.done));
    const fill = bar ? $("span", bar) : null;
    if (fill) fill.style.width = `${100 * shareOf(job)}%`;
    const title = $("#progress-title");
    if (title) title.textContent = job.status === "queued" && !job.done ? "Waiting for its turn" : "Running";
    const words = $("#progress-words");
    const now = Date.now();
    if (words && (now - spokenAt > SPOKEN_MS || !job.done || seen.length < 3)) {
      words.textContent = progressWords(job, secondsLeft(seen, job.total));
      spokenAt = now;
    }
    if (job.done) told.onMore(job);
  });
}

/** Read parts of the page again; the focus goes along with a part that had it, and nowhere else. */
export async function readAgain(selectors: string): Promise<void> {
  const wasFree = document.activeElement === document.body;
  await refresh(selectors);
  if (wasFree) (document.activeElement as HTMLElement | null)?.blur();
}
