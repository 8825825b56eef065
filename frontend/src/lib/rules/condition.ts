/** Conditions as rows in groups, one line each, with what can be done to a row. */

import { el } from "../dom";
import { icon, iconButton, notes, select, textButton, type Pen } from "./fields";
import { isNode, type Node } from "./language";
import { operand } from "./operand";
import { keyOf, type Json, type Path } from "./path";
import { isGroup } from "./tree";

/** `depth` counts groups from 1; `number` is the row's place in its group; `position`: whether a position is known. */
type Place = { path: Path; position: boolean; depth: number; number: string; joined: string };

const KINDS = [
  { value: "and", label: "All of these" },
  { value: "or", label: "Any of these" },
];

function menuItem(act: string, path: Path, name: string, text: string, keys = ""): HTMLElement {
  const item = el("button", { class: "menu-item", type: "button", "data-act": act, "data-path": keyOf(path) }, icon(name), el("span", {}, text));
  if (keys) item.append(el("kbd", {}, keys));
  return item;
}

function tools(path: Path, what: string, more: HTMLElement[]): HTMLElement {
  const id = `menu-${keyOf(path).replaceAll("/", "-")}`;
  const button = el("button", { class: "button quiet small icon", type: "button", "data-menu": true, "aria-controls": id, "aria-expanded": "false", "aria-label": `More for ${what}` }, icon("more"));
  const menu = el("div", { class: "menu", id, hidden: true }, el("div", { class: "group" },
    menuItem("up", path, "arrow-up", "Move up", "Alt ↑"), menuItem("down", path, "arrow-down", "Move down", "Alt ↓"),
    menuItem("after", path, "plus", "Add a rule below", "Alt Enter"), menuItem("duplicate", path, "copy", "Duplicate", "Alt D"), ...more));
  return el("span", { class: "row-tools" }, el("span", { class: "menu-anchor" }, button, menu), iconButton("remove", path, "close", `Delete ${what}`, "Alt Delete"));
}

/** How many shares pass this rule alone; filled in by the builder when the server has counted. */
const passes = (path: Path): HTMLElement => el("span", { class: "passes", "data-passes": keyOf(path), title: "Shares that pass this rule alone on the last bar" });

function comparison(pen: Pen, node: Node, { path, position, number }: Place): HTMLElement[] {
  const name = `Rule ${number}`;
  const parts = [
    operand(pen, node.left, { path: [...path, "left"], label: `${name}, left side`, position }),
    select({ path, label: `${name}, comparison`, value: String(node.op ?? ""), as: "operator" }, pen.language.operators),
    operand(pen, node.right, { path: [...path, "right"], label: `${name}, right side`, position }),
  ];
  if (node.op === "between") {
    parts.push(el("span", { class: "sign" }, "and"), operand(pen, node.hi, { path: [...path, "hi"], label: `${name}, upper bound`, position }));
  }
  return parts;
}

function sectorRule(pen: Pen, node: Node, { path, number }: Place): HTMLElement[] {
  const chosen = Array.isArray(node.sectors) ? node.sectors.map(String) : [];
  const verb = select({ path: [...path, "not"], label: `Rule ${number}, sector`, value: String(node.not === true), as: "choice" }, [
    { value: "false", label: "is one of" },
    { value: "true", label: "is none of" },
  ]);
  const chips = chosen.map((name, i) => {
    const chip = el("span", { class: "chip" }, name);
    if (!pen.readonly) chip.append(iconButton("drop-sector", [...path, "sectors", i], "close", `Take ${name} out`));
    return chip;
  });
  const rest = pen.language.sectors.filter((name) => !chosen.includes(name));
  const add = pen.readonly ? [] : [select({ path, label: `Rule ${number}, add a sector`, value: "", as: "sector" }, [{ value: "", label: "Add a sector" }, ...rest.map((name) => ({ value: name, label: name }))])];
  return [el("span", { class: "sign" }, "Sector"), verb, ...chips, ...add];
}

/** A part the builder has no control for: said, and offered to be replaced. */
function unknown(pen: Pen, { path }: Place): HTMLElement[] {
  const text = el("span", { class: "muted" }, "This part is not a rule yet. Mend it in the JSON, or replace it.");
  return pen.readonly ? [text] : [text, textButton("replace", path, "Replace with a rule", "plus")];
}

function row(pen: Pen, node: Json | undefined, place: Place): HTMLElement {
  const { path, number } = place;
  const known = isNode(node) && (node.type === "compare" || node.type === "sector_in");
  const parts = !known ? unknown(pen, place) : node.type === "compare" ? comparison(pen, node, place) : sectorRule(pen, node, place);
  const line = el("div", { class: "line" }, el("span", { class: "joined" }, place.joined), el("div", { class: "parts" }, ...parts));
  line.append(passes(path));
  if (!pen.readonly) {
    line.append(tools(path, `rule ${number}`, [menuItem("wrap", path, "layers", "Put into a group", "Alt G"), menuItem("negate", path, "close", "Turn into its opposite (not)", "Alt N")]));
  }
  return el("div", { class: "rule", role: "group", "aria-label": `Rule ${number}`, "data-row": keyOf(path) }, line, notes(path));
}

function negation(pen: Pen, node: Node, place: Place): HTMLElement {
  const inner = condition(pen, node.condition, { ...place, path: [...place.path, "condition"], joined: "" });
  const head = el("div", { class: "not-head" }, el("span", { class: "joined" }, place.joined), el("span", { class: "badge warning" }, "Not"), el("span", { class: "muted" }, "the opposite of"), passes(place.path));
  if (!pen.readonly) head.append(el("span", { class: "row-tools" }, textButton("negate", place.path, "Take “not” away", "close")));
  return el("div", { class: "not", "data-row": keyOf(place.path) }, head, inner, notes(place.path));
}

function group(pen: Pen, node: Node & { conditions: Json[] }, place: Place): HTMLElement {
  const { path, depth, number } = place;
  const joined = node.type === "and" ? "and" : "or";
  const list = el("ol", { class: "conditions" });
  node.conditions.forEach((one, i) => {
    const prefix = number ? `${number}.` : "";
    list.append(el("li", {}, condition(pen, one, { ...place, path: [...path, "conditions", i], depth: depth + 1, number: `${prefix}${i + 1}`, joined: i ? joined : node.conditions.length > 1 ? "if" : "" })));
  });
  const head = el("div", { class: "group-head" }, el("span", { class: "joined" }, place.joined),
    select({ path, label: number ? `Group ${number}: how its rules count` : "How these rules count", value: String(node.type), as: "group" }, KINDS));
  if (number) head.append(passes(path));
  if (!pen.readonly && number) {
    head.append(tools(path, `group ${number}`, [menuItem("unwrap", path, "layers", "Take the group apart", "Alt U"), menuItem("negate", path, "close", "Turn into its opposite (not)", "Alt N")]));
  }
  const box = el("div", { class: "condition-group", role: "group", "aria-label": number ? `Group ${number}` : "Rules", "data-row": keyOf(path) }, head, notes(path), list);
  if (!pen.readonly) box.append(adders(path, depth < pen.language.limits.depth - 1));
  return box;
}

function adders(path: Path, canNest: boolean): HTMLElement {
  const box = el("div", { class: "adders" }, textButton("add", path, "Rule"));
  if (canNest) box.append(textButton("add-group", path, "Group"));
  box.append(textButton("add-sector", path, "Sector"));
  return box;
}

export function condition(pen: Pen, node: Json | undefined, place: Place): HTMLElement {
  if (isGroup(node)) return group(pen, node, place);
  return isNode(node) && node.type === "not" ? negation(pen, node, place) : row(pen, node, place);
}

/** A whole tree of conditions: a single row gets the buttons that make it a group. */
export function conditionTree(pen: Pen, node: Json | undefined, path: Path, position: boolean): HTMLElement {
  const place: Place = { path, position, depth: 1, number: "", joined: "" };
  if (isGroup(node)) return group(pen, node, place);
  const box = el("div", { class: "condition-group", role: "group", "aria-label": "Rules" }, condition(pen, node, { ...place, number: "1" }));
  if (!pen.readonly) box.append(adders(path, true));
  return box;
}
