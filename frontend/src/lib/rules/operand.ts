/** One side of a comparison: what is measured, with its numbers. */

import { el } from "../dom";
import { iconButton, notes, numberInput, select, type Pen } from "./fields";
import { isNode, kindOf, readIndicator, type Choice, type Node } from "./language";
import { showNumber } from "./numbers";
import { keyOf, type Json, type Path } from "./path";

type Place = { path: Path; label: string; position: boolean };

function optgroup(label: string, choices: Choice[], chosen: string): HTMLElement {
  const group = el("optgroup", { label });
  for (const { value, label: text } of choices) group.append(el("option", { value, selected: value === chosen }, text));
  return group;
}

function kindPicker(pen: Pen, node: Json | undefined, { path, label, position }: Place): HTMLElement {
  const { language } = pen;
  const chosen = kindOf(language, node);
  const about = chosen.startsWith("word:") ? (language.words[chosen.slice(5)]?.about ?? "") : "";
  const picker = el("select", { class: "pick kind", "data-path": keyOf(path), "data-as": "kind", "aria-label": `${label}: what`, title: about || undefined });
  if (!chosen) picker.append(el("option", { value: "", selected: true }, "Choose"));
  picker.append(optgroup("Number", [{ value: "number", label: "Number" }], chosen));
  const params = Object.keys(pen.params);
  const missing = chosen.startsWith("param:") && !params.includes(chosen.slice(6)) ? [chosen.slice(6)] : [];
  const named = [...params, ...missing].map((name) => ({ value: `param:${name}`, label: name }));
  if (named.length) picker.append(optgroup("Parameters", named, chosen));
  if (position) {
    const fields = language.fields.map(({ value, label: text }) => ({ value: `position:${value}`, label: capital(text) }));
    picker.append(optgroup("The position held", fields, chosen));
  }
  for (const { name, words } of language.groups) {
    picker.append(optgroup(name, words.map((word) => ({ value: `word:${word}`, label: language.words[word]!.title })), chosen));
  }
  const functions = language.functions.map(({ value, label: text }) => ({ value: `math:${value}`, label: text }));
  picker.append(optgroup("Calculation", functions, chosen));
  picker.append(optgroup("Comparison with others", [{ value: "rank", label: "Percentile rank" }, { value: "random", label: "Random number" }], chosen));
  return picker;
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

function indicator(pen: Pen, node: Node, place: Place): (HTMLElement | string)[] {
  const read = readIndicator(pen.language, node);
  const word = read && pen.language.words[read.word];
  if (!read || !word) return [];
  const { path, label } = place;
  const parts: (HTMLElement | string)[] = [];
  if (word.params.length) {
    const inputs = word.params.map((param) =>
      numberInput(pen, { path, label: `${label}: ${param.label} of ${word.title}`, value: read.numbers[param.name], as: "word-number" }, { "data-number": param.name }),
    );
    parts.push(el("span", { class: "numbers" }, ...inputs));
  }
  const canOwn = word.owners.length > 1;
  const open = pen.open.has(keyOf(path));
  if (word.on !== null && (open || read.on !== null)) {
    const columns = pen.language.columns.map((column) => ({ value: column, label: `of ${column}` }));
    parts.push(select({ path, label: `${label}: column`, value: read.on ?? word.on, as: "word-on" }, columns));
  }
  if (canOwn && (open || read.of !== "self")) {
    const owners = pen.language.owners.filter(({ value }) => word.owners.includes(value));
    parts.push(select({ path, label: `${label}: whose`, value: read.of, as: "word-of" }, owners));
  }
  if (open || read.lag !== 0) {
    parts.push(el("span", { class: "lag" }, numberInput(pen, { path, label: `${label}: bars ago`, value: read.lag, as: "word-lag" }), read.lag === 1 ? "bar ago" : "bars ago"));
  }
  if (!pen.readonly) {
    const button = iconButton("details", path, "sliders", `${label}: ${canOwn ? "whose, " : ""}${word.on === null ? "" : "column, "}bars ago`);
    button.classList.add("details");
    button.setAttribute("aria-expanded", String(open));
    parts.push(button);
  }
  return parts;
}

function math(pen: Pen, node: Node, { path, label, position }: Place): HTMLElement {
  const args = Array.isArray(node.args) ? node.args : [];
  const signs: Record<string, string> = { add: "+", sub: "−", mul: "×", div: "÷" };
  const sign = signs[String(node.fn)] ?? "and";
  const parts = args.flatMap((arg, i) => {
    const one = operand(pen, arg, { path: [...path, "args", i], label: `${label}, part ${i + 1}`, position });
    return i ? [el("span", { class: "sign" }, sign), one] : [one];
  });
  return el("span", { class: "nested" }, ...parts);
}

function rank(pen: Pen, node: Node, { path, label }: Place): HTMLElement {
  return el(
    "span", { class: "nested" }, el("span", { class: "sign" }, "of"),
    operand(pen, node.of, { path: [...path, "of"], label: `${label}, ranked value`, position: false }),
    select({ path: [...path, "among"], label: `${label}: ranked among`, value: String(node.among ?? ""), as: "choice" }, pen.language.peers),
  );
}

/** Draw an operand and all it is made of. */
export function operand(pen: Pen, node: Json | undefined, place: Place): HTMLElement {
  const { path, label } = place;
  const box = el("span", { class: "operand", "data-node": keyOf(path) });
  // Who only reads needs no word for a plain number.
  if (!pen.readonly || !isNode(node) || node.type !== "literal") box.append(kindPicker(pen, node, place));
  if (!isNode(node)) return box;
  if (node.type === "literal") {
    box.append(numberInput(pen, { path: [...path, "value"], label: `${label}: number`, value: node.value, as: "number" }));
    if (!pen.readonly) box.append(paramButton(path, label));
  } else if (node.type === "param") {
    const value = pen.params[String(node.name)];
    box.append(el("span", { class: "known", title: "The parameter's value now" }, value === undefined ? "not declared" : `= ${showNumber(value)}`));
  } else if (node.type === "indicator") box.append(...indicator(pen, node, place));
  else if (node.type === "math") box.append(math(pen, node, place));
  else if (node.type === "rank") box.append(rank(pen, node, place));
  return box;
}

function paramButton(path: Path, label: string): HTMLElement {
  const button = iconButton("to-param", path, "indicator", `${label}: make this number a parameter`);
  button.classList.add("details");
  return button;
}

/** An operand on a line of its own, with its label and its place for faults. */
export function operandField(pen: Pen, node: Json | undefined, place: Place, caption: string): HTMLElement {
  return el("div", { class: "field", role: "group", "aria-label": caption }, el("span", { class: "caption" }, caption), operand(pen, node, place), notes(place.path));
}
