/** The words of the rule language as the server lists them for pickers, and indicators written with them. */

import type { Json } from "./path";

export type Choice = { value: string; label: string };
export type WordNumber = { name: string; label: string; default: number; least: number; most: number; whole: boolean };
export type Word = { title: string; about: string; params: WordNumber[]; on: string | null; owners: string[]; percent: boolean };
export type Setting = Choice & { unit: string; least: number; most: number; whole: boolean };

export type Language = {
  groups: { name: string; words: string[] }[];
  words: Record<string, Word>;
  operators: Choice[];
  functions: (Choice & { takes: number })[];
  fields: Choice[];
  owners: Choice[];
  peers: Choice[];
  columns: string[];
  rebalances: Choice[];
  sizing_modes: Choice[];
  settings: Setting[];
  limits: { depth: number; nodes: number; exit_rules: number; scores: number; params: number };
  body_keys: string[];
  universes: Choice[];
  sectors: string[];
};

/** An object of the rule tree. What it holds is only known after looking: the JSON view may have written anything. */
export type Node = { [key: string]: Json };

export const isNode = (value: Json | undefined): value is Node =>
  value !== null && typeof value === "object" && !Array.isArray(value);

export const isParam = (value: Json | undefined): value is Node => isNode(value) && value.type === "param";

/** The word and the numbers of a token: `sma20`, `macd12_26_9`; null for what is none. */
export function readToken(language: Language, token: Json | undefined): { word: string; numbers: number[] } | null {
  if (typeof token !== "string") return null;
  const text = token.trim().toLowerCase();
  const words = Object.keys(language.words).sort((a, b) => b.length - a.length);
  for (const word of words) {
    if (!text.startsWith(word)) continue;
    const rest = text.slice(word.length);
    if (rest === "") return { word, numbers: [] };
    const takes = language.words[word]!.params.length;
    if (!/^\d+(\.\d+)?(_\d+(\.\d+)?)*$/.test(rest)) continue;
    const numbers = rest.split("_").map(Number);
    if (numbers.length <= takes) return { word, numbers };
  }
  return null;
}

export type Indicator = { word: string; numbers: Record<string, Json>; on: string | null; lag: Json; of: string };

/** What an indicator node says, defaults filled in; null when its name is no word of the language. */
export function readIndicator(language: Language, node: Node): Indicator | null {
  const read = readToken(language, node.name);
  const word = read && language.words[read.word];
  if (!read || !word) return null;
  const given = isNode(node.params) ? node.params : {};
  const numbers: Record<string, Json> = {};
  word.params.forEach((param, i) => (numbers[param.name] = given[param.name] ?? read.numbers[i] ?? param.default));
  return {
    word: read.word,
    numbers,
    on: typeof given.on === "string" ? given.on : null,
    lag: node.lag ?? 0,
    of: typeof node.of === "string" ? node.of : "self",
  };
}

/** The node of an indicator in the server's spelling: a token where one says it, defaults left out. */
export function writeIndicator(language: Language, { word, numbers, on, lag, of }: Indicator): Node {
  const params = language.words[word]!.params;
  const values = params.map((param) => numbers[param.name] ?? param.default);
  const plain = values.every((value, i) => typeof value === "number" && value >= 0 && (!params[i]!.whole || Number.isInteger(value)));
  const node: Node = { type: "indicator", name: word };
  const rest: Record<string, Json> = {};
  if (plain) {
    let shown = values.length;
    while (shown > 1 && values[shown - 1] === params[shown - 1]!.default) shown -= 1;
    node.name = word + values.slice(0, shown).join("_");
  } else params.forEach((param, i) => (rest[param.name] = values[i]!));
  if (on !== null) rest.on = on;
  if (Object.keys(rest).length) node.params = rest;
  if (lag !== 0) node.lag = lag;
  if (of !== "self") node.of = of;
  return node;
}

/** What kind of operand a node is, as the picker names it: `word:sma`, `number`, `param:x`, `position:gain_pct`, … */
export function kindOf(language: Language, node: Json | undefined): string {
  if (!isNode(node)) return "";
  if (node.type === "indicator") {
    const read = readToken(language, node.name);
    return read ? `word:${read.word}` : "";
  }
  if (node.type === "literal") return "number";
  if (node.type === "param") return `param:${String(node.name)}`;
  if (node.type === "position") return `position:${String(node.field)}`;
  if (node.type === "math") return `math:${String(node.fn)}`;
  return node.type === "rank" || node.type === "random" ? node.type : "";
}

const groupOf = (language: Language, word: string): string =>
  language.groups.find(({ words }) => words.includes(word))?.name ?? "";

function wordNode(language: Language, word: string, former: Json | undefined): Node {
  const entry = language.words[word]!;
  const before = isNode(former) && former.type === "indicator" ? readIndicator(language, former) : null;
  const kept = before && groupOf(language, before.word) === groupOf(language, word) ? before.numbers : {};
  const numbers = Object.fromEntries(entry.params.map(({ name, default: usual }) => [name, kept[name] ?? usual]));
  const of = before && entry.owners.includes(before.of) ? before.of : "self";
  return writeIndicator(language, { word, numbers, on: null, lag: before?.lag ?? 0, of });
}

/** A new operand of a kind, keeping of the former one what still makes sense. */
export function makeOperand(language: Language, kind: string, former: Json | undefined, params: Record<string, Json>): Node {
  const [type, name = ""] = kind.split(":") as [string, string?];
  if (type === "word") return wordNode(language, name, former);
  if (type === "param") return { type: "param", name };
  if (type === "position") return { type: "position", field: name };
  if (type === "random") return { type: "random" };
  const before = isNode(former) ? former : wordNode(language, "close", undefined);
  if (type === "rank") return { type: "rank", of: before.type === "literal" ? { type: "indicator", name: "mom_12_1" } : before, among: "universe" };
  if (type === "math") {
    const takes = language.functions.find(({ value }) => value === name)?.takes ?? 2;
    const args = before.type === "math" && Array.isArray(before.args) ? before.args : [before];
    const second: Node = { type: "literal", value: name === "mul" || name === "div" ? 1 : 0 };
    return { type: "math", fn: name, args: [...args, second].slice(0, takes) };
  }
  const known = before.type === "param" ? params[String(before.name)] : before.type === "literal" ? before.value : undefined;
  return { type: "literal", value: typeof known === "number" ? known : 0 };
}
