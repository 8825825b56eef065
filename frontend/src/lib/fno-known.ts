/** What the Signals page knows: the newest answer of every index, and the life of its last signal. */

import type { Answer, Signal } from "./fno";
import type { SignalNews } from "./fno-socket";

export class Known {
  readonly answers: Map<string, Answer>;
  private readonly lives: Map<string, Signal>;

  constructor(start: { answers: Record<string, Answer>; signals: Record<string, Signal> }) {
    this.answers = new Map(Object.entries(start.answers));
    this.lives = new Map(Object.entries(start.signals));
  }

  take(news: SignalNews): void {
    if (news.type === "signal") return this.lived(news.signal);
    const told = news.type === "signals" ? Object.values(news.indices) : [news.data];
    for (const answer of told) {
      this.answers.set(answer.index, answer);
      if (answer.signal) this.lived(answer.signal);
    }
    // What ended while nobody listened is told by the last signals; they were read after the answers.
    if (news.type === "signals") for (const signal of Object.values(news.last)) this.lived(signal);
  }

  /** The signal to follow, live or over: the last one of the index. */
  life(index: string): Signal | undefined {
    return this.lives.get(index);
  }

  /** Signals kept as live of which the newest answer of their index says that none is: how they ended is to be asked. */
  doubted(): Signal[] {
    return [...this.lives.values()].filter(({ index, status }) => status === "LIVE" && this.answers.get(index)?.signal === null);
  }

  /** Take a step of a signal's life; what is over stays over, and an older signal than the known one changes nothing. */
  lived(signal: Signal): void {
    const { index } = signal;
    const before = this.lives.get(index);
    const isNews = !before || before.id < signal.id || (before.id === signal.id && (before.status === "LIVE" || signal.status !== "LIVE"));
    if (isNews) this.lives.set(index, signal);
    const last = isNews ? signal : before;
    const answer = this.answers.get(index);
    if (answer) this.answers.set(index, { ...answer, signal: last.status === "LIVE" ? last : null });
  }
}
