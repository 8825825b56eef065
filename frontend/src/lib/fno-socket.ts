/** Client of /api/ws/signals: scans and signals as they come; tells when the connection is lost. */

import type { Answer, Signal } from "./fno";
import { isFinal } from "./refused";
import { backoffMs } from "./ticks";

export type SignalNews =
  | { type: "signals"; indices: Record<string, Answer>; last: Record<string, Signal> }
  | { type: "scan"; index: string; data: Answer }
  | { type: "signal"; index: string; signal: Signal };

type Listener = { onNews: (news: SignalNews) => void; onState: () => void };

/** One socket a page, whoever listens: the bell of the frame and the Signals page. */
export class SignalSocket {
  isOpen = false;
  /** The code with which the server ended it for good; 0 while it is open or tried again. */
  refused = 0;
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
      if (isFinal(code)) this.refused = code;
      else setTimeout(() => this.connect(), backoffMs(this.attempt++, Math.random()));
      this.turn(false);
    });
  }

  private turn(open: boolean): void {
    if (this.isOpen === open && !this.refused) return;
    this.isOpen = open;
    for (const { onState } of this.listeners) onState();
  }
}

export const signalSocket = new SignalSocket();
