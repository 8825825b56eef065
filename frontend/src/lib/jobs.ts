/**
 * How long work gets on: sweeps, walk-forward tests, analyses of runs.
 *
 *   const stop = watchJob("sweep", 12, (job) => { … });
 *
 * `onChange` is called with the state as it is now, then at every change, each state once; after the last one (done,
 * failed, cancelled) the watch ends by itself. `id` is the study's number; for an analysis the number of its RUN.
 * News arrive over /api/ws/jobs, one socket for all watches of a page. Nothing depends on it: while it is down, and
 * for a job that ended before it was open, the state is read from /api/backtest/jobs/… instead.
 */

import { ApiError, getJson } from "./api";
import { isFinal } from "./refused";
import { backoffMs } from "./ticks";

export type JobKind = "sweep" | "walk_forward" | "analysis";
export type JobStatus = "queued" | "running" | "done" | "failed" | "cancelled";

/** `done` of `total` units of work. `run_id`: of analyses; `id` is then the analysis's own. `error`: a sentence. */
export type Job = {
  kind: JobKind;
  id: number;
  status: JobStatus;
  done: number;
  total: number;
  name?: string;
  run_id?: number;
  error?: string;
};

type Message = { type: "jobs"; jobs: Job[] } | { type: "job"; job: Job };

export const isOver = (job: Pick<Job, "status">): boolean => job.status !== "queued" && job.status !== "running";

/** What a watch is known by: the study, or the run of an analysis. */
export const keyOf = (job: Job): string => `${job.kind}:${job.kind === "analysis" ? (job.run_id ?? 0) : job.id}`;

/** Share of the work that is done, 0 to 1. */
export const shareOf = ({ done, total }: Pick<Job, "done" | "total">): number =>
  total > 0 ? Math.min(1, Math.max(0, done / total)) : 0;

/**
 * Seconds that are left at the pace of the states seen, or null while nothing can be said. `seen`: instants in
 * milliseconds with what was done by then, oldest first.
 */
export function secondsLeft(seen: { at: number; done: number }[], total: number): number | null {
  const [first, last] = [seen[0], seen.at(-1)];
  if (!first || !last || last.done <= first.done || last.at - first.at < 500) return null;
  return ((total - last.done) * (last.at - first.at)) / (last.done - first.done) / 1000;
}

const POLL_MS = 2000;

type Watch = { kind: JobKind; id: number; told: string; tell: (job: Job) => void };

class JobSocket {
  private readonly watches = new Map<string, Set<Watch>>();
  private socket: WebSocket | null = null;
  private isOpen = false;
  private isFinal = false;
  private attempt = 0;
  private poller = 0;

  add(watch: Watch): () => void {
    const key = `${watch.kind}:${watch.id}`;
    const set = this.watches.get(key) ?? new Set();
    this.watches.set(key, set.add(watch));
    if (!this.socket && !this.isFinal) this.connect();
    void this.read(key);
    this.poller ||= window.setInterval(() => this.poll(), POLL_MS);
    return () => this.remove(key, watch);
  }

  private remove(key: string, watch: Watch): void {
    const set = this.watches.get(key);
    set?.delete(watch);
    if (set?.size === 0) this.watches.delete(key);
    if (this.watches.size) return;
    clearInterval(this.poller);
    this.poller = 0;
    const socket = this.socket;
    this.socket = null;
    this.isOpen = false;
    socket?.close();
  }

  private connect(): void {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/api/ws/jobs`);
    this.socket = socket;
    socket.addEventListener("message", (event) => {
      this.attempt = 0;
      this.take(JSON.parse(event.data as string) as Message);
    });
    socket.addEventListener("close", (event) => this.closed(socket, event.code));
  }

  private closed(socket: WebSocket, code: number): void {
    if (socket !== this.socket) return;
    this.socket = null;
    this.isOpen = false;
    this.isFinal = isFinal(code); // polling says what is left to say
    if (this.isFinal) return;
    setTimeout(() => {
      if (this.watches.size && !this.socket) this.connect();
    }, backoffMs(this.attempt++, Math.random()));
  }

  private take(message: Message): void {
    if (message.type === "job") {
      this.tell(message.job);
      return;
    }
    this.isOpen = true;
    const active = new Set(message.jobs.map(keyOf));
    for (const job of message.jobs) this.tell(job);
    // Whatever is not among the unfinished ended before we listened.
    for (const key of this.watches.keys()) if (!active.has(key)) void this.read(key);
  }

  private poll(): void {
    if (this.isOpen || document.hidden) return;
    for (const key of this.watches.keys()) void this.read(key);
  }

  private async read(key: string): Promise<void> {
    const [kind, id] = key.split(":");
    try {
      this.tell(await getJson<Job>(`/api/backtest/jobs/${kind}/${id}`));
    } catch (cause) {
      // Deleted, or signed out: there is nothing more to learn. A server that is away is asked again.
      if (!(cause instanceof ApiError) || ![401, 403, 404].includes(cause.status)) return;
      for (const watch of [...(this.watches.get(key) ?? [])]) this.remove(key, watch);
    }
  }

  private tell(job: Job): void {
    const key = keyOf(job);
    const state = JSON.stringify([job.status, job.done, job.total, job.error]);
    for (const watch of [...(this.watches.get(key) ?? [])]) {
      if (watch.told === state || isBehind(watch.told, job)) continue;
      watch.told = state;
      watch.tell(job);
      if (isOver(job)) this.remove(key, watch);
    }
  }
}

/** Whether an answer that was on its way is older than what has been told since. */
function isBehind(told: string, job: Job): boolean {
  if (!told || isOver(job)) return false;
  const [, done] = JSON.parse(told) as [string, number];
  return job.done < done;
}

let shared: JobSocket | null = null;

/** Be told of a job until it is over; returns what ends the watch early. */
export function watchJob(kind: JobKind, id: number, onChange: (job: Job) => void): () => void {
  shared ??= new JobSocket();
  return shared.add({ kind, id, told: "", tell: onChange });
}
