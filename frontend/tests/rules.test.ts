import { describe, expect, it } from "vitest";

import { ACTIONS } from "../src/lib/rules/actions";
import { EDITS, newExit } from "../src/lib/rules/edits";
import { lineOf, Malformed, readJson, spanOf } from "../src/lib/rules/jsonplaces";
import { kindOf, makeOperand, readIndicator, readToken, writeIndicator, type Language, type Node } from "../src/lib/rules/language";
import { parseNumber, showNumber } from "../src/lib/rules/numbers";
import { declareParam, dropParam, extractParam, renameParam, uses } from "../src/lib/rules/params";
import { getIn, keyOf, nearest, pathOf, placeOf, same, setIn, type Json, type Path } from "../src/lib/rules/path";
import { Store } from "../src/lib/rules/store";
import { addAfter, addTo, duplicate, isGroup, move, negate, remove, reorder, setOperator, unwrap, wrap } from "../src/lib/rules/tree";
import { placeInWords } from "../src/lib/rules/versions";

const n = (usual: number) => [{ name: "n", label: "bars", default: usual, least: 2, most: 400, whole: true }];
const bare = (title: string) => ({ title, about: title, params: [], on: null, owners: ["self", "index", "sector"], percent: false });
const LANGUAGE = {
  groups: [
    { name: "Prices", words: ["close"] },
    { name: "Averages", words: ["sma", "ema"] },
    { name: "Momentum", words: ["rsi", "macd", "macd_signal", "mom_12_1"] },
  ],
  words: {
    close: bare("Close"),
    sma: { ...bare("SMA"), params: n(20), on: "close" },
    ema: { ...bare("EMA"), params: n(20), on: "close" },
    rsi: { ...bare("RSI"), params: n(14), on: "close" },
    mom_12_1: bare("Momentum"),
    macd: { ...bare("MACD"), params: [{ ...n(12)[0]!, name: "fast" }, { ...n(26)[0]!, name: "slow" }, { ...n(9)[0]!, name: "signal" }] },
    macd_signal: { ...bare("Signal"), params: [{ ...n(12)[0]!, name: "fast" }, { ...n(26)[0]!, name: "slow" }, { ...n(9)[0]!, name: "signal" }] },
  },
  functions: [{ value: "sub", label: "Difference", takes: 2 }, { value: "abs", label: "Size", takes: 1 }],
} as unknown as Language;

const rule = (name: string): Node => ({ type: "compare", left: { type: "indicator", name }, op: ">", right: { type: "literal", value: 1 } });
const all = (...conditions: Json[]): Node => ({ type: "and", conditions });
const any = (...conditions: Json[]): Node => ({ type: "or", conditions });
const body = (entry: Json, more: Node = {}): Node => ({ name: "x", entry_rules: entry, ...more });
const ROOT: Path = ["entry_rules"];
const at = (...places: number[]): Path => [...ROOT, ...places.flatMap((place) => ["conditions", place])];

/** The tree in short: `and(a, or(b))`. */
function short(node: Json | undefined): string {
  if (isGroup(node)) return `${String(node.type)}(${node.conditions.map(short).join(", ")})`;
  const inner = node as Node;
  if (inner.type === "not") return `not(${short(inner.condition)})`;
  return String((inner.left as Node).name);
}
const shown = (made: { body: Json }): string => short(getIn(made.body, ROOT));

describe("paths", () => {
  it("are attributes and places both ways", () => {
    const path = ["entry_rules", "conditions", 1, "left"];
    expect(pathOf(keyOf(path))).toEqual(path);
    expect(placeOf(path)).toBe("entry_rules.conditions[1].left");
    expect(pathOf("")).toEqual([]);
  });

  it("set without touching what was there", () => {
    const before = { a: [{ b: 1 }, { b: 2 }] };
    const after = setIn(before, ["a", 1, "b"], 3);
    expect(after).toEqual({ a: [{ b: 1 }, { b: 3 }] });
    expect(before.a[1]!.b).toBe(2);
    expect((after as typeof before).a[0]).toBe(before.a[0]);
    expect(setIn(before, ["a", 0], undefined)).toEqual({ a: [{ b: 2 }] });
    expect(setIn({ config: null }, ["config", "max_hold"], 5)).toEqual({ config: { max_hold: 5 } });
  });

  it("find the nearest place that is shown", () => {
    const keys = new Set(["entry_rules", "entry_rules/conditions/0"]);
    expect(nearest(["entry_rules", "conditions", 0, "left", "name"], keys)).toBe("entry_rules/conditions/0");
    expect(nearest(["entry_rules", "conditions", 3], keys)).toBe("entry_rules");
    expect(nearest(["config"], keys)).toBeNull();
  });

  it("compare whatever the order of keys", () => {
    expect(same({ a: 1, b: [2] }, { b: [2], a: 1 })).toBe(true);
    expect(same({ a: 1 }, { a: 1, b: null })).toBe(false);
    expect(same([1, 2], [2, 1])).toBe(false);
  });
});

describe("rows of rules", () => {
  const two = body(all(rule("a"), rule("b")));

  it("are added to a group, or make one", () => {
    expect(shown(addTo(two, ROOT, rule("c")))).toBe("and(a, b, c)");
    expect(shown(addTo(body(rule("a")), ROOT, rule("b")))).toBe("and(a, b)");
    expect(addAfter(two, at(0), rule("c"))).toMatchObject({ at: at(1) });
    expect(shown(addAfter(two, at(0), rule("c")))).toBe("and(a, c, b)");
    expect(shown(duplicate(two, at(1)))).toBe("and(a, b, b)");
  });

  it("move past each other, into groups and out of them, and come back the same way", () => {
    const nested = body(all(rule("a"), any(rule("b"), rule("c")), rule("d")));
    const steps = ["and(or(a, b, c), d)", "and(or(b, a, c), d)", "and(or(b, c, a), d)", "and(or(b, c), a, d)", "and(or(b, c), d, a)"];
    let here = { body: nested as Json, at: at(0) };
    for (const step of steps) {
      here = move(here.body, here.at, 1);
      expect(shown(here)).toBe(step);
      expect(short(getIn(here.body, here.at))).toBe("a");
    }
    expect(move(here.body, here.at, 1).body).toBe(here.body);
    for (const step of [...steps.slice(0, -1).reverse(), "and(a, or(b, c), d)"]) {
      here = move(here.body, here.at, -1);
      expect(shown(here)).toBe(step);
    }
  });

  it("leave no empty group behind", () => {
    const nested = body(all(rule("a"), any(rule("b"))));
    expect(shown(remove(nested, at(1, 0)))).toBe("and(a)");
    expect(shown(move(nested, at(1, 0), 1))).toBe("and(a, b)");
    expect(shown(remove(body(all(rule("a"))), at(0)))).toBe("and()");
    expect(getIn(remove({ regime: rule("a") }, ["regime"]).body, ["regime"])).toBeNull();
  });

  it("are grouped, taken apart and negated", () => {
    expect(shown(wrap(two, at(1)))).toBe("and(a, or(b))");
    expect(shown(unwrap(body(all(rule("a"), any(rule("b"), rule("c")))), at(1)))).toBe("and(a, b, c)");
    expect(shown(unwrap(body(all(any(rule("b")))), ROOT))).toBe("or(b)");
    const not = negate(two, at(0));
    expect(shown(not)).toBe("and(not(a), b)");
    expect(shown(move(not.body, not.at, 1))).toBe("and(b, not(a))");
    expect(shown(remove(not.body, not.at))).toBe("and(b)");
    expect(shown(negate(not.body, not.at))).toBe("and(a, b)");
  });

  it("between has two bounds, the others one", () => {
    const between = setOperator(two, at(0), "between");
    expect(getIn(between, [...at(0), "hi"])).toEqual({ type: "literal", value: 1 });
    expect(getIn(setOperator(between, at(0), "<"), [...at(0), "hi"])).toBeUndefined();
  });

  it("exit rules in another order have other priorities", () => {
    const exits = { exit_rules: [{ name: "a", priority: 0 }, { name: "b", priority: 1 }] };
    expect(reorder(exits, ["exit_rules"], 0, 1, true)).toEqual({ exit_rules: [{ name: "b", priority: 0 }, { name: "a", priority: 1 }] });
    expect(reorder(exits, ["exit_rules"], 0, -1, true)).toBe(exits);
    expect(newExit({ exit_rules: [{ name: "exit_2", priority: 4 }] })).toMatchObject({ name: "exit_3", priority: 5 });
  });
});

describe("indicators", () => {
  it("are read from tokens, the longest word first", () => {
    expect(readToken(LANGUAGE, "sma200")).toEqual({ word: "sma", numbers: [200] });
    expect(readToken(LANGUAGE, "macd_signal12_26_9")).toEqual({ word: "macd_signal", numbers: [12, 26, 9] });
    expect(readToken(LANGUAGE, "mom_12_1")).toEqual({ word: "mom_12_1", numbers: [] });
    expect(readToken(LANGUAGE, "close5")).toBeNull();
    expect(readToken(LANGUAGE, 5)).toBeNull();
  });

  it.each([
    { type: "indicator", name: "sma200" },
    { type: "indicator", name: "macd12" },
    { type: "indicator", name: "macd12_30" },
    { type: "indicator", name: "sma", params: { n: { type: "param", name: "slow" } }, lag: 1, of: "index" },
    { type: "indicator", name: "sma20", params: { on: "value" } },
  ])("are written as they were read: $name", (node) => {
    expect(writeIndicator(LANGUAGE, readIndicator(LANGUAGE, node)!)).toEqual(node);
  });

  it("keep their numbers among their kind, and turn into calculations of themselves", () => {
    const sma = { type: "indicator", name: "sma200", of: "index" };
    expect(makeOperand(LANGUAGE, "word:ema", sma, {})).toEqual({ type: "indicator", name: "ema200", of: "index" });
    expect(makeOperand(LANGUAGE, "word:rsi", sma, {})).toEqual({ type: "indicator", name: "rsi14", of: "index" });
    expect(makeOperand(LANGUAGE, "math:sub", sma, {})).toEqual({ type: "math", fn: "sub", args: [sma, { type: "literal", value: 0 }] });
    expect(makeOperand(LANGUAGE, "number", { type: "param", name: "x" }, { x: 45 })).toEqual({ type: "literal", value: 45 });
    expect(makeOperand(LANGUAGE, "rank", sma, {})).toEqual({ type: "rank", of: sma, among: "universe" });
    expect(kindOf(LANGUAGE, { type: "math", fn: "sub" })).toBe("math:sub");
    expect(kindOf(LANGUAGE, { type: "indicator", name: "what" })).toBe("");
  });
});

describe("numbers", () => {
  it("are typed plainly, with separators, or by a parameter's name", () => {
    expect(parseNumber(" 5,00,00,000 ")).toBe(50_000_000);
    expect(parseNumber("\u22125.5")).toBe(-5.5);
    expect(parseNumber("rsi_max")).toEqual({ type: "param", name: "rsi_max" });
    expect(parseNumber("4x")).toBe("4x");
    expect(showNumber(50_000_000)).toBe("5,00,00,000");
    expect(showNumber({ type: "param", name: "rsi_max" })).toBe("rsi_max");
    expect(showNumber(0.05)).toBe("0.05");
  });

  it("typed letter by letter end as the parameter or the number that was meant", () => {
    let now: Json = body(rule("a"));
    const path = [...ROOT, "right", "value"];
    for (const text of ["r", "rs", "rsi"]) now = EDITS.number(now, path, { text, checked: false, number: "" }, LANGUAGE);
    expect(getIn(now, [...ROOT, "right"])).toEqual({ type: "param", name: "rsi" });
    now = EDITS.number(now, path, { text: "7", checked: false, number: "" }, LANGUAGE);
    expect(getIn(now, [...ROOT, "right"])).toEqual({ type: "literal", value: 7 });
  });
});

describe("parameters", () => {
  const used = body(
    { type: "compare", left: { type: "indicator", name: "sma", params: { n: { type: "param", name: "x" } } }, op: ">", right: { type: "param", name: "x" } },
    { params: { x: 5, y: 6 }, config: { max_hold: { type: "param", name: "x" } } },
  );

  it("are counted, renamed everywhere, and replaced by their number", () => {
    expect(uses(used, "x")).toBe(3);
    const renamed = renameParam(used, "x", "z");
    expect(uses(renamed, "z")).toBe(3);
    expect(Object.keys(getIn(renamed, ["params"]) as Node)).toEqual(["z", "y"]);
    const dropped = dropParam(used, "x");
    expect(getIn(dropped, [...ROOT, "right"])).toEqual({ type: "literal", value: 5 });
    expect(getIn(dropped, [...ROOT, "left", "params", "n"])).toBe(5);
    expect(getIn(dropped, ["config", "max_hold"])).toBe(5);
    expect(getIn(dropped, ["params"])).toEqual({ y: 6 });
  });

  it("get names that are free, after what they are compared with", () => {
    expect(declareParam({ params: { level: 1 } }, "level", 0).name).toBe("level_2");
    expect(extractParam(body(rule("a")), [...ROOT, "right"], "lead").body).toMatchObject({ params: { lead: 1 } });
    expect(ACTIONS["to-param"]!(body(rule("rsi14")), [...ROOT, "right"]).body).toMatchObject({ params: { rsi_level: 1 } });
  });
});

describe("the store", () => {
  it("undoes typing in one step and other edits one by one", () => {
    let now = 0;
    const store = new Store({ a: 0 }, () => now);
    const authors: string[] = [];
    store.onChange((author) => authors.push(author));
    store.edit({ a: 1 }, "field", "a");
    store.edit({ a: 12 }, "field", "a");
    now = 5000;
    store.edit({ a: 123 }, "field", "a");
    store.edit({ a: 0, b: 1 }, "builder");
    expect(store.isDirty).toBe(true);
    expect([store.undo(), store.body]).toEqual([true, { a: 123 }]);
    expect([store.undo(), store.body]).toEqual([true, { a: 12 }]);
    expect([store.undo(), store.body]).toEqual([true, { a: 0 }]);
    expect(store.undo()).toBe(false);
    expect(store.isDirty).toBe(false);
    store.redo();
    store.redo();
    expect(store.body).toEqual({ a: 123 });
    store.edit({ a: 5 }, "json");
    expect(store.canRedo).toBe(false);
    store.accept({ a: 5 });
    expect([store.isDirty, store.canUndo]).toEqual([false, true]);
    expect(authors).toContain("history");
  });
});

describe("JSON with places", () => {
  it("reads what JSON.parse reads, and knows where it stands", () => {
    const value = { a: [1, -2.5e3, { b: "x\"\u00e9\n" }], c: null, d: true, "e/f": {} };
    const text = JSON.stringify(value, null, 2);
    const read = readJson(text);
    expect(read.value).toEqual(value);
    const span = spanOf(read, ["a", 2, "b"]);
    expect(JSON.parse(text.slice(span.start, span.end))).toBe(value.a[2] && (value.a[2] as { b: string }).b);
    expect(spanOf(read, ["a", 2, "missing"])).toEqual(spanOf(read, ["a", 2]));
    expect(lineOf(text, span.start)).toMatchObject({ line: 6 });
  });

  it.each([
    ['{"a": 1,}', 8, "A name in double quotes"],
    ['{"a" 1}', 5, "A colon is missing"],
    ['{"a": 1 "b": 2}', 8, "A comma is missing"],
    ['{"a": [1, ]}', 10, "take away the comma"],
    ['{"a": "x}', 6, "not closed"],
    ["{'a': 1}", 1, "A name in double quotes"],
    ['{"a": 01}', 7, "A comma is missing"],
    ['{"a": 1} x', 9, "Nothing may follow"],
    ['{"a": 1, "a": 2}', 9, "a second time"],
    ['{"a": ', 6, "ends where a value"],
    ["", 0, "ends where a value"],
    ["[".repeat(300), 201, "nested too deep"],
  ])("says where %s is wrong", (text, offset, message) => {
    let fault: unknown;
    try {
      readJson(text);
    } catch (cause) {
      fault = cause;
    }
    expect(fault).toBeInstanceOf(Malformed);
    expect((fault as Malformed).offset).toBe(offset);
    expect((fault as Malformed).message).toContain(message);
  });

  it("keeps names that mean something to JavaScript as plain keys", () => {
    const read = readJson('{"__proto__": {"x": 1}, "constructor": 2}');
    expect(Object.keys(read.value as Node)).toEqual(["__proto__", "constructor"]);
    expect(({} as { x?: number }).x).toBeUndefined();
  });
});

it("places are told in words", () => {
  expect(placeInWords(["params", "rsi_max"])).toBe("Parameter › rsi_max");
  expect(placeInWords(["entry_rules", "conditions", 1, "right", "value"])).toBe("Buy when › rule 2 › right side › value");
  expect(placeInWords(["exit_rules", 0, "condition", "op"])).toBe("Sell when › exit 1 › condition › comparison");
});
