/** Client of /api/ws/signals: scans and signals as they come; tells when the connection is lost. */

import type { Answer, Signal } from "./fno";
import { backoffMs } from "./ticks";

export type SignalNews =
  | { type: "signals"; indices: Record<string, Answer> }
  | { type: "scan"; index: string; data: Answer }
  | { type: "signal"; index: string; signal: Signal };

/** Signed out, or too many open pages: trying again would not help. */
const FINAL_CODES = new Set([4401, 4403, 4429]);

export class SignalSocket {
  isOpen = false;
  private attempt = 0;

  constructor(
    private readonly onNews: (news: SignalNews) => void,
    private readonly onState: () => void,
  ) {}

  start(): void {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/api/ws/signals`);
    socket.addEventListener("message", (event) => {
      this.attempt = 0;
      this.turn(true);
      this.onNews(JSON.parse(event.data as string) as SignalNews);
    });
    socket.addEventListener("close", ({ code }) => {
      this.turn(false);
      if (!FINAL_CODES.has(code)) setTimeout(() => this.start(), backoffMs(this.attempt++, Math.random()));
    });
  }

  private turn(open: boolean): void {
    if (this.isOpen === open) return;
    this.isOpen = open;
    this.onState();
  }
}
