/** Client of /api/ws/ticks: one socket a page, reconnecting, knowing what it is subscribed to. */

import { isFinal, refusedWords } from "./refused";
import { backoffMs, mergeTick, type Tick } from "./ticks";

export type Mode = "ltp" | "quote" | "full";
export type FeedState = "connecting" | "live" | "delayed" | "simulated" | "replay" | "down";

type Message =
  | { type: "ticks"; data: Record<string, Tick>; data_source?: string | null; as_of?: string | null; dropped?: number }
  | { type: "status"; connected: boolean; state?: string; detail?: string }
  | { type: "subscribed"; symbols: string[] }
  | { type: "error"; code: string; detail: string; symbols?: string[] };

type Events = {
  ticks: (changed: Map<string, Tick>) => void;
  state: (state: FeedState, detail: string) => void;
  refused: (detail: string, symbols: string[]) => void;
};

/** The platform promises to show a stopped feed within 10 s; silence is noticed a little before. */
const SILENCE_MS = 8000;

export class TickSocket {
  readonly latest = new Map<string, Tick>();
  state: FeedState = "connecting";
  lastMessageAt = 0;
  dropped = 0;
  private socket: WebSocket | null = null;
  private wanted = new Map<string, Mode>();
  private attempt = 0;
  /** The next attempt, while one is waited for. */
  private again: ReturnType<typeof setTimeout> | undefined;
  private upstream: FeedState = "live";
  private open = true;

  constructor(
    private readonly url: string,
    private readonly events: Events,
  ) {}

  start(): void {
    this.connect();
    setInterval(() => this.checkSilence(), 1000);
    addEventListener("online", () => this.reconnectNow());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.reconnectNow();
    });
  }

  /** Hold exactly these symbols; only the difference is sent. */
  hold(wanted: Map<string, Mode>): void {
    const gone = [...this.wanted.keys()].filter((symbol) => !wanted.has(symbol));
    const fresh = new Map([...wanted].filter(([symbol, mode]) => this.wanted.get(symbol) !== mode));
    this.wanted = new Map(wanted);
    if (gone.length) this.send({ action: "unsubscribe", symbols: gone });
    this.subscribe(fresh);
  }

  /** Whether the market is in a phase in which silence means trouble. */
  expectTicks(open: boolean): void {
    this.open = open;
  }

  private subscribe(symbols: Map<string, Mode>): void {
    for (const mode of ["ltp", "quote", "full"] as const) {
      const group = [...symbols].filter(([, wanted]) => wanted === mode).map(([symbol]) => symbol);
      if (group.length) this.send({ action: "subscribe", symbols: group, mode });
    }
  }

  private send(message: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  private connect(): void {
    clearTimeout(this.again); // whoever is first connects: one socket a page
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.addEventListener("open", () => {
      this.attempt = 0;
      this.lastMessageAt = Date.now();
      this.subscribe(this.wanted);
    });
    socket.addEventListener("message", (event) => this.receive(JSON.parse(event.data as string) as Message));
    socket.addEventListener("close", (event) => this.closed(socket, event));
  }

  private closed(socket: WebSocket, event: CloseEvent): void {
    if (socket !== this.socket) return;
    this.socket = null;
    if (isFinal(event.code)) {
      this.become("down", refusedWords(event.code));
      return;
    }
    this.become("down", "Reconnecting");
    this.again = setTimeout(() => this.connect(), backoffMs(this.attempt++, Math.random()));
  }

  private reconnectNow(): void {
    if (this.socket || this.attempt === 0) return;
    this.attempt = 0;
    this.connect();
  }

  private receive(message: Message): void {
    this.lastMessageAt = Date.now();
    if (message.type === "ticks") this.take(message.data, message.data_source, message.as_of, message.dropped);
    else if (message.type === "status") this.takeStatus(message.connected, message.state, message.detail);
    else if (message.type === "error") this.events.refused(message.detail, message.symbols ?? []);
  }

  private take(data: Record<string, Tick>, source?: string | null, asOf?: string | null, dropped = 0): void {
    this.dropped += dropped;
    const changed = new Map<string, Tick>();
    for (const [symbol, tick] of Object.entries(data)) {
      if (!this.wanted.has(symbol)) continue;
      const wide: Partial<Tick> = {};
      if (source) wide.data_source = source;
      if (asOf) wide.at = asOf;
      const merged = mergeTick(this.latest.get(symbol), { ...wide, ...tick });
      this.latest.set(symbol, merged);
      changed.set(symbol, merged);
    }
    if (changed.size) this.events.ticks(changed);
    if (this.state !== this.upstream) this.become(this.upstream, "");
  }

  private takeStatus(connected: boolean, state = "live", detail = ""): void {
    const named = (["live", "delayed", "simulated", "replay"] as const).find((name) => name === state) ?? "live";
    this.upstream = connected ? named : "down";
    this.become(this.upstream, connected ? "" : detail || "The price source is not connected");
  }

  private checkSilence(): void {
    if (!this.open || !this.wanted.size || this.state === "down" || !this.lastMessageAt) return;
    if (Date.now() - this.lastMessageAt > SILENCE_MS) this.become("down", "No prices are arriving");
  }

  private become(state: FeedState, detail: string): void {
    if (state === this.state && state !== "down") return;
    this.state = state;
    this.events.state(state, detail);
  }
}
