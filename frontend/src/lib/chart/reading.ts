/** Reading a daily chart: keys that walk the bars, the line that names the bar, the note over an empty chart. */

import { $, el, isTyping, must } from "../dom";
import { compact, price } from "../format";
import type { Bar } from "./bars";
import type { ChartView } from "./view";

/** Let a key move over the bars or change the span; the bar that it came to, null for every other key. */
export function walked(event: KeyboardEvent, drawing: ChartView): Bar | null {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return null;
  const far = event.shiftKey ? 10 : 1;
  const keys: Record<string, () => Bar | null | void> = {
    ArrowLeft: () => drawing.step(-far),
    ArrowRight: () => drawing.step(far),
    "+": () => drawing.zoom(0.8),
    "=": () => drawing.zoom(0.8),
    "-": () => drawing.zoom(1.25),
    Escape: () => drawing.clearCursor(),
  };
  const run = keys[event.key];
  if (!run) return null;
  event.preventDefault();
  return run() ?? null;
}

/** A bar in words, for those who hear it. */
export const spoken = (label: string, bar: Bar): string =>
  `${label}: open ${price(bar.open)}, high ${price(bar.high)}, low ${price(bar.low)}, close ${price(bar.close)}`;

/** Print a bar into the chart's legend; nothing while there is none. */
export function legend(root: ParentNode, label: string, bar: Bar | null | undefined): void {
  const box = must(".chart-legend .values", root);
  if (!bar) return box.replaceChildren();
  const pair = (name: string, value: string): HTMLElement => el("span", { class: name !== "C" && "wide" }, `${name} `, el("b", {}, value));
  box.replaceChildren(el("span", {}, label), pair("O", price(bar.open)), pair("H", price(bar.high)), pair("L", price(bar.low)), pair("C", price(bar.close)), pair("Vol", compact(bar.volume)));
}

/** Say over the chart that it loads, or why it is empty; nothing takes the note away. */
export function note(root: ParentNode, text: string | null, loading: boolean): void {
  const box = must(".chart-note", root);
  box.hidden = text === null && !loading;
  const skeleton = $<HTMLElement>(".skeleton", box);
  if (skeleton) skeleton.hidden = !loading;
  must(".message", box).textContent = text ?? "";
  must("[data-retry]", box).hidden = true;
}
