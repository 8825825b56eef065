/** Client of /api/ws/signals: scans and signals as they come; tells when the connection is lost. */

import type { Answer, Signal } from "./fno";
import { backoffMs } from "./ticks";

export type SignalNews =
  | { type: "signals"; indices: Record<string, Answer> }
  | { type: "scan"; index: string; data: Answer }
  | { type: "signal"; index: string; signal: Signal };

/** Signed out, or too many open pages: trying again would not help. */
const FINAL_CODES = new Set([4401, 4403, 4429]);

type Listener = { onNews: (news: SignalNews) => void; onState: () => void };

/** One socket a page, whoever listens: the bell of the frame and the Signals page. */
export class SignalSocket {
  isOpen = false;
  private attempt = 0;
  private first: SignalNews | null = null;
  private readonly listeners: Listener[] = [];

  /** Be told of everything from now on, and at once of how things stood when the socket was opened. */
  listen(onNews: Listener["onNews"], onState: Listener["onState"] = () => undefined): void {
    this.listeners.push({ onNews, onState });
    if (this.first) onNews(this.first);
    if (this.listeners.length === 1) this.connect();
  }

  private connect(): void {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/api/ws/signals`);
    socket.addEventListener("message", (event) => {
      this.attempt = 0;
      this.turn(true);
      const news = JSON.parse(event.data as string) as SignalNews;
      if (news.type === "signals") this.first = news;
      for (const { onNews } of this.listeners) onNews(news);
    });
    socket.addEventListener("close", ({ code }) => {
      this.turn(false);
      if (!FINAL_CODES.has(code)) setTimeout(() => this.connect(), backoffMs(this.attempt++, Math.random()));
    });
  }

  private turn(open: boolean): void {
    if (this.isOpen === open) return;
    this.isOpen = open;
    for (const { onState } of this.listeners) onState();
  }
}

export const signalSocket = new SignalSocket();
