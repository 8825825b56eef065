/** Small parts of the F&O pages: a ring, a bar, a pair of words, the button of an explanation. */

import { el } from "./dom";
import { DIRECTIONS, type Direction } from "./fno";

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag: string, attributes: Record<string, string | number>, ...children: Node[]): SVGElement {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

const ROUND = 2 * Math.PI * 26;

/** A confidence of 0 to 100 as a ring; `turn` colours it by direction. */
export function ring(value: number, turn: string, words: string): SVGElement {
  const circle = (name: string, dash = ""): SVGElement =>
    svg("circle", { class: name, cx: 32, cy: 32, r: 26, transform: "rotate(-90 32 32)", ...(dash && { "stroke-dasharray": dash }) });
  const label = svg("text", { x: 32, y: 38, "text-anchor": "middle" });
  label.textContent = String(value);
  const filled = (ROUND * Math.max(0, Math.min(100, value))) / 100;
  return svg("svg", { class: `fno-ring ${turn}`, viewBox: "0 0 64 64", role: "img", "aria-label": words }, circle("track"), circle("value", `${filled} ${ROUND}`), label);
}

/** A bar of -1 to 1 from the middle, or of 0 to 1 from the left. */
export function bar(value: number | null, isSigned: boolean): SVGElement {
  const known = value ?? 0;
  const width = isSigned ? 50 * Math.min(1, Math.abs(known)) : 100 * Math.max(0, Math.min(1, known));
  const from = isSigned ? (known < 0 ? 50 - width : 50) : 0;
  const turn = value === null ? "none" : !isSigned ? "flat" : known > 0 ? "up" : "down";
  const parts = [svg("rect", { class: "track", x: 0, y: 3, width: "100%", height: 6, rx: 3 }), svg("rect", { class: `value ${turn}`, x: `${from}%`, y: 3, width: `${width}%`, height: 6, rx: 2 })];
  if (isSigned) parts.push(svg("rect", { class: "middle", x: "50%", y: 0, width: 1, height: 12 }));
  return svg("svg", { class: "fno-bar", height: 12, "aria-hidden": "true" }, ...parts);
}

export function directionMark(direction: Direction): HTMLElement {
  const { word, arrow, turn } = DIRECTIONS[direction];
  return el("span", { class: `fno-way ${turn}` }, el("span", { "aria-hidden": "true" }, arrow), ` ${word}`);
}

/** The button that opens an explanation of the template (signals/_fno_how.html). */
export function how(key: string): HTMLElement {
  const name = document.getElementById(`how-${key}`)?.getAttribute("aria-label") ?? "How this is computed";
  const button = el("button", { class: "how-mark", type: "button", popovertarget: `how-${key}`, "aria-label": name });
  button.append(svg("svg", { viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", "stroke-width": 1.75, "stroke-linecap": "round", "aria-hidden": "true" }, svg("circle", { cx: 12, cy: 12, r: 9 }), svg("path", { d: "M12 11v5M12 8h.01" })));
  return button;
}

export const badge = (text: string, kind = ""): HTMLElement => el("span", { class: `badge ${kind}` }, text);

/** A name and its value in a <dl>. */
export const pair = (name: string, ...value: (Node | string)[]): HTMLElement => el("div", {}, el("dt", {}, name), el("dd", {}, ...value));

/** A card's section with a heading. */
export function section(id: string, title: string, key: string, ...children: (Node | string)[]): HTMLElement {
  return el("section", { class: "card", id, "aria-label": title }, el("div", { class: "card-head" }, el("h2", {}, title), ...(key ? [how(key)] : [])), ...children);
}

/** Source and age of what a card shows: `at` is when the prices were there, not when they were looked at. With `live` the age follows the ticks of that symbol. */
export function source(name: string, at: string | null, staleAfterS: number, live = ""): HTMLElement {
  const box = el("span", { class: "source" }, el("span", {}, name));
  if (at) box.append(el("span", { "aria-hidden": "true" }, "·"), el("time", { class: "age", datetime: at, "data-age": at, "data-stale-after": staleAfterS, ...(live && { "data-live": live, "data-field": "age" }) }));
  return box;
}
