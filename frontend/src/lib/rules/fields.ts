/** Controls of the rule builder. Each names the place it edits (data-path) and how its text is read (data-as). */

import { $, el } from "../dom";
import { isParam, type Choice, type Language } from "./language";
import { showNumber } from "./numbers";
import { keyOf, type Json, type Path } from "./path";

/** What drawing needs to know beside the strategy. `open`: places whose details are unfolded. */
export type Pen = { language: Language; params: Record<string, Json>; readonly: boolean; open: Set<string> };

/** How a control's text becomes a value: see `edits.ts`. */
export type As =
  | "number" | "number?" | "whole" | "text" | "text?" | "flag" | "choice" | "choice?" | "operator" | "kind" | "group"
  | "word-number" | "word-of" | "word-on" | "word-lag" | "param-name" | "param-value" | "sector" | "sizing" | "addons";

type FieldOf<T> = { path: Path; label: string; value: T; as: As };

/** An icon of the page's <template id="icons">. */
export function icon(name: string): Node {
  const source = $<HTMLTemplateElement>("#icons")?.content.querySelector(`[data-icon="${name}"] svg`);
  return source ? source.cloneNode(true) : document.createTextNode("");
}

export function iconButton(act: string, path: Path, name: string, label: string, keys = ""): HTMLButtonElement {
  const attributes = {
    class: "button quiet small icon", type: "button", "data-act": act, "data-path": keyOf(path), "aria-label": label,
    title: keys ? `${label} (${keys})` : label, "aria-keyshortcuts": keys ? keys.replaceAll(" ", "+") : undefined,
  };
  return el("button", attributes, icon(name));
}

export function textButton(act: string, path: Path, text: string, iconName = "plus", more: Record<string, string> = {}): HTMLButtonElement {
  const attributes = { class: "button quiet small", type: "button", "data-act": act, "data-path": keyOf(path), ...more };
  return el("button", attributes, icon(iconName), text);
}

export function select({ path, label, value, as }: FieldOf<string>, choices: Choice[], title = ""): HTMLSelectElement {
  const node = el("select", { class: "pick", "data-path": keyOf(path), "data-as": as, "aria-label": label, title: title || undefined });
  for (const choice of choices) node.append(el("option", { value: choice.value, selected: choice.value === value }, choice.label));
  if (!choices.some((choice) => choice.value === value)) {
    node.prepend(el("option", { value, selected: true }, value || "Choose"));
  }
  return node;
}

/** A number, or the name of a parameter. */
export function numberInput(pen: Pen, { path, label, value, as }: FieldOf<Json | undefined>, more: Record<string, string> = {}): HTMLElement {
  const text = showNumber(value);
  const named = isParam(value);
  const input = el("input", {
    class: named ? "input small figure named" : "input small figure", type: "text", inputmode: "decimal", autocomplete: "off", spellcheck: "false",
    value: text, "data-path": keyOf(path), "data-as": as, "aria-label": label, size: Math.max(3, Math.min(16, text.length + 1)),
    list: Object.keys(pen.params).length ? "param-names" : undefined, ...more,
  });
  if (!named) return input;
  const known = pen.params[String((value as { name: Json }).name)];
  return el("span", { class: "named-number" }, input, el("span", { class: "known", title: "The parameter's value now" }, known === undefined ? "?" : showNumber(known)));
}

export function textInput({ path, label, value, as }: FieldOf<string>, more: Record<string, string | number> = {}): HTMLInputElement {
  return el("input", { class: "input small", type: "text", autocomplete: "off", value, "data-path": keyOf(path), "data-as": as, "aria-label": label, ...more });
}

export function check({ path, label, value, as }: FieldOf<boolean>): HTMLElement {
  return el("label", { class: "check" }, el("input", { type: "checkbox", checked: value, "data-path": keyOf(path), "data-as": as }), label);
}

/** A field with its label above, and the place for what is wrong with it. */
export function labelled(label: string, path: Path, control: HTMLElement, unit = "", help = ""): HTMLElement {
  const input = control.matches("input, select, textarea") ? control : $<HTMLElement>("input, select, textarea", control);
  const id = `f-${keyOf(path).replaceAll("/", "-")}`;
  input?.setAttribute("id", id);
  input?.removeAttribute("aria-label");
  const line = unit ? el("span", { class: "with-unit" }, control, el("span", { class: "unit" }, unit)) : control;
  const box = el("div", { class: "field" }, el("label", { for: id }, label), line);
  if (help) {
    box.append(el("p", { class: "help", id: `${id}-help` }, help));
    input?.setAttribute("aria-describedby", `${id}-help`);
  }
  box.append(notes(path));
  return box;
}

/** Where faults and remarks about `path` appear. */
export const notes = (path: Path): HTMLElement => el("div", { class: "notes", "data-notes": keyOf(path) });
