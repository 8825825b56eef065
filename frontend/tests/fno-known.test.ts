import { afterEach, describe, expect, it, vi } from "vitest";

import { health, type Answer, type Signal } from "../src/lib/fno";
import { Known } from "../src/lib/fno-known";
import { SignalSocket } from "../src/lib/fno-socket";
import { Line } from "./line";

const live = { id: 7, trade_code: "SENSEX-7", index: "SENSEX", status: "LIVE", outcome: "OPEN" } as Signal;
const over: Signal = { ...live, status: "CLOSED", outcome: "TARGET", r_multiple: 1.5 };
const answer = (signal: Signal | null): Answer => ({ index: "SENSEX", signal, analysis: {} as Answer["analysis"] });
const first = (signal: Signal | null, last: Signal | null) => ({ type: "signals", indices: { SENSEX: answer(signal) }, last: last ? { SENSEX: last } : {} }) as const;
const watching = (): Known => new Known({ answers: { SENSEX: answer(live) }, signals: { SENSEX: live } });

describe("what the Signals page knows", () => {
  it("a signal that ended while the line was down has its outcome with the first message", () => {
    const known = watching();
    known.take(first(null, over));
    expect(known.life("SENSEX")).toBe(over);
    expect(known.answers.get("SENSEX")?.signal).toBeNull();
    expect(known.doubted()).toEqual([]);
    known.take({ type: "scan", index: "SENSEX", data: answer(null) });
    expect(known.life("SENSEX")).toBe(over);
  });
  it("a kept live signal that no answer knows is asked for", () => {
    const known = watching();
    expect(known.doubted()).toEqual([]);
    known.take({ type: "scan", index: "SENSEX", data: answer(null) });
    expect(known.doubted()).toEqual([live]);
    known.lived(over);
    expect(known.doubted()).toEqual([]);
  });
  it("an answer older than the end does not bring it back", () => {
    const known = watching();
    known.take(first(live, over));
    expect(known.answers.get("SENSEX")?.signal).toBeNull();
    known.take({ type: "scan", index: "SENSEX", data: answer(live) });
    expect(known.answers.get("SENSEX")?.signal).toBeNull();
    expect(known.life("SENSEX")).toBe(over);
  });
  it("the next signal takes the place of the last one, and news of older ones change nothing", () => {
    const known = watching();
    const next = { ...live, id: 8, trade_code: "SENSEX-8" };
    known.take({ type: "signal", index: "SENSEX", signal: next });
    known.take({ type: "signal", index: "SENSEX", signal: over });
    expect(known.life("SENSEX")).toBe(next);
    expect(known.answers.get("SENSEX")?.signal).toBe(next);
  });
});

describe("the socket of signals", () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
    Line.made = [];
  });
  const opened = (): SignalSocket => {
    vi.useFakeTimers();
    vi.stubGlobal("WebSocket", Line);
    vi.stubGlobal("location", { protocol: "http:", host: "here" });
    const socket = new SignalSocket();
    socket.listen(() => undefined);
    return socket;
  };
  const said = (socket: SignalSocket): string => health({ socket: socket.isOpen, refused: socket.refused, feed: "down", phase: "OPEN", scanAgeS: 30 }).words;

  it("is tried again when it is lost, and says so", () => {
    const socket = opened();
    Line.made[0]!.close(1006);
    expect(said(socket)).toContain("it is tried again");
    vi.advanceTimersByTime(1000);
    expect(Line.made).toHaveLength(2);
  });
  it.each([
    [4401, "sign in"],
    [4403, "Open the platform at its own address"],
    [4429, "Close some of them"],
  ])("is not tried again after %i, and says what to do", (code, todo) => {
    const socket = opened();
    Line.made[0]!.close(code);
    vi.advanceTimersByTime(60_000);
    expect(Line.made).toHaveLength(1);
    expect(said(socket)).toContain(todo);
    expect(said(socket)).not.toContain("tried again");
  });
});
