import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { TickSocket } from "../src/lib/ws";
import { Line } from "./line";

const page = new EventTarget();

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", Line);
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  vi.stubGlobal("document", new EventTarget());
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  Line.made = [];
});

it("opens one socket after a loss, whether the time is up or the network is back first", () => {
  new TickSocket("ws://here", { ticks: () => undefined, state: () => undefined, refused: () => undefined }).start();
  Line.made[0]!.close(1006);
  page.dispatchEvent(new Event("online"));
  expect(Line.made).toHaveLength(2);
  vi.advanceTimersByTime(60_000);
  expect(Line.made).toHaveLength(2);
  Line.made[1]!.close(1006);
  vi.advanceTimersByTime(1000);
  expect(Line.made).toHaveLength(3);
  page.dispatchEvent(new Event("online"));
  expect(Line.made).toHaveLength(3);
});
