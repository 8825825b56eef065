import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { startBell } from "../src/lib/bell";
import type { Signal } from "../src/lib/fno";
import type { SignalNews } from "../src/lib/fno-socket";

type Shown = { textContent: string; attributes: Record<string, string> };

const world = vi.hoisted(() => ({
  unread: 0,
  asked: 0,
  toasts: [] as string[],
  say: (_: unknown): void => undefined,
  nodes: new Map<string, unknown>(),
}));

vi.mock("../src/lib/api", () => ({
  getJson: async () => {
    world.asked += 1;
    return { is_on: true, unread: world.unread, items: [] };
  },
}));
vi.mock("../src/lib/fno-socket", () => ({ signalSocket: { listen: (take: (news: unknown) => void) => void (world.say = take) } }));
vi.mock("../src/lib/toast", () => ({ toast: (text: string) => void world.toasts.push(text) }));
vi.mock("../src/lib/dom", () => {
  const node = (selector: string): unknown => {
    const attributes: Record<string, string> = {};
    if (!world.nodes.has(selector)) world.nodes.set(selector, { textContent: "", attributes, addEventListener: () => undefined, replaceChildren: () => undefined, setAttribute: (name: string, value: string) => void (attributes[name] = value) });
    return world.nodes.get(selector);
  };
  return { $: node, must: node, el: () => ({}) };
});

const fresh = { trade_code: "NIFTY-29-0001", index: "NIFTY", status: "LIVE", outcome: "OPEN", trade_direction: "BULLISH", confidence: 68, r_multiple: null, triggered_at: new Date().toISOString(), closed_at: null } as Signal;
const opened = (...last: Signal[]): SignalNews => ({ type: "signals", indices: {}, last: Object.fromEntries(last.map((one) => [one.index, one])) });
const said = async (news: SignalNews): Promise<void> => {
  world.say(news);
  await vi.advanceTimersByTimeAsync(0);
};

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("document", { hidden: false, addEventListener: () => undefined });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("counts what fired while the line was down when the line is back", async () => {
  await startBell();
  await said(opened());
  expect(world.asked).toBe(1); // the list was read a moment ago
  world.unread = 1;
  await said(opened(fresh));
  expect(world.asked).toBe(2);
  expect((world.nodes.get("#bell") as Shown).attributes["aria-label"]).toBe("Notifications, 1 unread");
  expect((world.nodes.get(".bell-count") as Shown).textContent).toBe("1");
  expect(world.toasts).toEqual([]);
  await said({ type: "signal", index: "NIFTY", signal: { ...fresh, confidence: 70 } });
  expect(world.asked).toBe(2); // no step of its life
  await said(opened({ ...fresh, status: "CLOSED", outcome: "SL", r_multiple: -1, closed_at: new Date().toISOString() }));
  expect(world.asked).toBe(3);
  expect(world.toasts).toEqual(["NIFTY: stopped out, −1.00 R before charges."]);
});
