/** What a control of the builder does to the strategy: the value of the control in, the new strategy out. */

import type { As } from "./fields";
import { isNode, makeOperand, readIndicator, writeIndicator, type Indicator, type Language, type Node } from "./language";
import { isName, parseNumber } from "./numbers";
import { paramsOf, renameParam } from "./params";
import { getIn, setIn, type Json, type Path } from "./path";
import { newRule, setOperator } from "./tree";

/** What was given in a control: its text, whether it is checked, and which number of an indicator it is. */
export type Given = { text: string; checked: boolean; number: string };
type Edit = (body: Json, path: Path, given: Given, language: Language) => Json;

function onIndicator(change: (read: Indicator, given: Given, language: Language) => Partial<Indicator>): Edit {
  return (body, path, given, language) => {
    const node = getIn(body, path);
    const read = isNode(node) ? readIndicator(language, node) : null;
    return read ? setIn(body, path, writeIndicator(language, { ...read, ...change(read, given, language) })) : body;
  };
}

const optional = (parse: (text: string) => Json): Edit => (body, path, { text }) => {
  // A table that is not there yet (config, sizing) is made for its first value.
  return setIn(body, path, text.trim() === "" ? undefined : parse(text));
};

function setSizing(body: Json, mode: string): Json {
  const before = getIn(body, ["sizing"]);
  const next: Node = { ...(isNode(before) ? before : {}), mode };
  if (mode !== "risk") delete next.risk_pct;
  if (mode !== "inverse_vol") delete next.vol_bars;
  return setIn(body, ["sizing"], next);
}

function setAddons(body: Json, enabled: boolean): Json {
  const before = getIn(body, ["addon_rules"]);
  const rule: Node = { ...(isNode(before) ? before : {}), enabled };
  if (enabled) {
    rule.condition ??= { type: "compare", left: { type: "position", field: "gain_pct" }, op: ">", right: { type: "literal", value: 5 } };
    rule.max_addons ??= 1;
    rule.size_pct ??= 50;
  }
  return setIn(body, ["addon_rules"], rule);
}

const plainNumber = (text: string): Json => {
  const value = parseNumber(text);
  return typeof value === "number" ? value : text.trim();
};

export const EDITS: Record<As, Edit> = {
  text: (body, path, { text }) => setIn(body, path, text),
  "text?": (body, path, { text }) => setIn(body, path, text.trim() === "" ? null : text),
  flag: (body, path, { checked }) => setIn(body, path, checked),
  choice: (body, path, { text }) => setIn(body, path, path.at(-1) === "not" ? text === "true" : text),
  "choice?": (body, path, { text }) => setIn(body, path, text === "" ? null : text),
  whole: (body, path, { text }) => setIn(body, path, plainNumber(text)),
  number: (body, path, { text }) => literalOrNumber(body, path, parseNumber(text)),
  "number?": optional(parseNumber),
  operator: (body, path, { text }) => setOperator(body, path, text),
  group: (body, path, { text }) => setIn(body, [...path, "type"], text),
  kind: (body, path, { text }, language) =>
    text ? setIn(body, path, makeOperand(language, text, getIn(body, path), paramsOf(body))) : body,
  "word-number": onIndicator(({ numbers }, { text, number }) => ({ numbers: { ...numbers, [number]: parseNumber(text) } })),
  "word-lag": onIndicator((_, { text }) => ({ lag: text.trim() === "" ? 0 : parseNumber(text) })),
  "word-of": onIndicator((_, { text }) => ({ of: text })),
  "word-on": onIndicator(({ word }, { text }, language) => ({ on: text === language.words[word]!.on ? null : text })),
  "param-name": (body, path, { text }) => {
    const from = String(path.at(-1));
    const to = text.trim();
    return to === from || !isName(to) || to in paramsOf(body) ? body : renameParam(body, from, to);
  },
  "param-value": (body, path, { text }) => setIn(body, path, plainNumber(text)),
  sector: (body, path, { text }) => {
    const before = getIn(body, [...path, "sectors"]);
    return text ? setIn(body, [...path, "sectors"], [...(Array.isArray(before) ? before : []), text]) : body;
  },
  sizing: (body, _, { text }) => setSizing(body, text),
  addons: (body, _, { checked }) => setAddons(body, checked),
};

/** A literal operand that is given the name of a parameter becomes a reference to it, and the other way round. */
function literalOrNumber(body: Json, path: Path, value: Json): Json {
  const at = path.slice(0, -1);
  const owner = getIn(body, at);
  const isOperand = path.at(-1) === "value" && isNode(owner) && (owner.type === "literal" || owner.type === "param");
  if (!isOperand) return setIn(body, path, value);
  return setIn(body, at, isNode(value) ? value : { type: "literal", value });
}

/** Whether drawing again would take the field away under the person who types in it. */
export const isTyped = (as: As): boolean =>
  ["text", "text?", "whole", "number", "number?", "word-number", "word-lag", "param-value"].includes(as);

/** What a new exit rule is called: the first free name of a row of them. */
export function newExit(body: Json): Node {
  const rules = getIn(body, ["exit_rules"]);
  const list = Array.isArray(rules) ? rules : [];
  const taken = new Set(list.map((rule) => (isNode(rule) ? rule.name : "")));
  let number = list.length + 1;
  while (taken.has(`exit_${number}`)) number += 1;
  const priorities = list.map((rule) => (isNode(rule) && typeof rule.priority === "number" ? rule.priority : 0));
  const priority = list.length ? Math.max(...priorities) + 1 : 0;
  return { name: `exit_${number}`, priority, ignore_min_hold: false, condition: { ...newRule(), op: "<" }, exit_price: "close" };
}
