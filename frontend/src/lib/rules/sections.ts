/** The parts of a strategy, each a card: what to buy, when to leave, how large. */

import { el } from "../dom";
import { conditionTree } from "./condition";
import { check, iconButton, labelled, notes, numberInput, select, textButton, textInput, type As, type Pen } from "./fields";
import { isNode, type Node, type Setting } from "./language";
import { operandField } from "./operand";
import { uses } from "./params";
import { keyOf, type Json, type Path } from "./path";

const textOf = (value: Json | undefined): string => (typeof value === "string" ? value : "");
const listOf = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);

/** Which cards a strategy is shown with. Who only reads it sees no empty ones, and the page says above what it is. */
export function cards(pen: Pen, body: Node): HTMLElement[] {
  const made = [entry(pen, body), regime(pen, body), choice(pen, body), exits(pen, body), stops(pen, body), size(pen, body)];
  const adds = isNode(body.addon_rules) && body.addon_rules.enabled === true;
  if (!pen.readonly) made.unshift(basics(pen, body));
  if (!pen.readonly || adds) made.push(addons(pen, body));
  if (!pen.readonly || Object.keys(pen.params).length) made.push(parameters(pen, body));
  return made;
}

/** A card of the builder; `id` is its address on the page. */
function section(id: string, title: string, lead: string, ...children: (HTMLElement | string)[]): HTMLElement {
  const head = el("div", { class: "part-head" }, el("h2", { id: `part-${id}` }, title), el("p", { class: "muted" }, lead));
  return el("section", { class: "card part", "data-part": id, "aria-labelledby": `part-${id}` }, head, el("div", { class: "part-body" }, ...children));
}

function basics(pen: Pen, body: Node): HTMLElement {
  const universes = [{ value: "", label: "Chosen when it runs" }, ...pen.language.universes];
  const describe = el("textarea", { class: "input", rows: 1, maxlength: 4000, "data-path": "description", "data-as": "text" });
  describe.value = textOf(body.description);
  return section("basics", "About", "The name and what it is for. These change nothing in how it trades.",
    el("div", { class: "fields" },
      labelled("Name", ["name"], textInput({ path: ["name"], label: "Name", value: textOf(body.name), as: "text" }, { maxlength: 120 })),
      labelled("Universe", ["universe"], select({ path: ["universe"], label: "Universe", value: textOf(body.universe), as: "choice?" }, universes), "", "The list of shares it looks at."),
      labelled("Base model", ["base_model"], textInput({ path: ["base_model"], label: "Base model", value: textOf(body.base_model), as: "text?" }, { maxlength: 60 }), "", "A label to sort by. It fills in nothing."),
      check({ path: ["is_active"], label: "Active", value: body.is_active !== false, as: "flag" }),
    ),
    labelled("Description", ["description"], describe),
  );
}

function entry(pen: Pen, body: Node): HTMLElement {
  return section("entry", "Buy when", "Looked at after every close; the order is filled at the next open.", conditionTree(pen, body.entry_rules, ["entry_rules"], false));
}

function regime(pen: Pen, body: Node): HTMLElement {
  const lead = "A state of the market without which nothing new is bought. What is held is not sold by it.";
  if (isNode(body.regime)) return section("regime", "Only while", lead, conditionTree(pen, body.regime, ["regime"], false));
  const nothing = pen.readonly ? el("p", { class: "muted" }, "In every market.") : textButton("add-regime", ["regime"], "Add a condition on the market");
  return section("regime", "Only while", lead, nothing, notes(["regime"]));
}

function exitRule(pen: Pen, rule: Json, i: number, count: number): HTMLElement {
  const path: Path = ["exit_rules", i];
  const node = isNode(rule) ? rule : {};
  const name = textOf(node.name) || `exit_${i + 1}`;
  const head = el("div", { class: "fields tight" },
    labelled("Name", [...path, "name"], textInput({ path: [...path, "name"], label: "Name", value: textOf(node.name), as: "text" }, { maxlength: 60 })),
    labelled("Priority", [...path, "priority"], numberInput({ ...pen, params: {} }, { path: [...path, "priority"], label: "Priority", value: node.priority ?? i, as: "whole" })),
    labelled("Price named in reports", [...path, "exit_price"], textInput({ path: [...path, "exit_price"], label: "Price", value: textOf(node.exit_price), as: "text?" }, { maxlength: 40, placeholder: "close", list: "price-names" })),
    check({ path: [...path, "ignore_min_hold"], label: "Also before the least holding time", value: node.ignore_min_hold === true, as: "flag" }),
  );
  if (!pen.readonly) {
    const up = iconButton("item-up", path, "arrow-up", `Move ${name} up`);
    const down = iconButton("item-down", path, "arrow-down", `Move ${name} down`);
    up.disabled = i === 0;
    down.disabled = i === count - 1;
    head.append(el("span", { class: "row-tools" }, up, down, iconButton("item-remove", path, "trash", `Delete ${name}`)));
  }
  return el("article", { class: "exit", "aria-label": `Exit rule ${name}`, "data-row": keyOf(path) }, head, notes(path), conditionTree(pen, node.condition, [...path, "condition"], true));
}

function exits(pen: Pen, body: Node): HTMLElement {
  const rules = listOf(body.exit_rules);
  const lead = "Any one of these sells at the next open. The smallest priority is looked at first and is the reason in reports.";
  const children = rules.map((rule, i) => exitRule(pen, rule, i, rules.length));
  const others = isNode(body.select) ? "the ranking, stops, targets and holding times do" : "stops, targets and holding times below do";
  if (!rules.length) children.push(el("p", { class: "muted" }, `No rule sells. Then only ${others}.`));
  if (!pen.readonly && rules.length < pen.language.limits.exit_rules) children.push(textButton("add-exit", ["exit_rules"], "Exit rule"));
  return section("exits", "Sell when", lead, ...children, notes(["exit_rules"]));
}

const STOPS = new Set(["stop_loss_pct", "atr_stop_mult", "trail_atr_mult", "take_profit_pct", "target_r", "max_hold", "min_hold", "exit_buffer_pct"]);

function settingField(pen: Pen, body: Node, setting: Setting): HTMLElement {
  const path: Path = ["config", setting.value];
  const value = isNode(body.config) ? body.config[setting.value] : undefined;
  return labelled(setting.label, path, numberInput(pen, { path, label: setting.label, value, as: "number?" }, { placeholder: "none" }), setting.unit);
}

/** Settings to show: all of them to somebody who may set them, else those that are set. */
function settingsOf(pen: Pen, body: Node, isStop: boolean): Setting[] {
  const config = isNode(body.config) ? body.config : {};
  return pen.language.settings.filter(({ value }) => STOPS.has(value) === isStop && (!pen.readonly || config[value] !== undefined));
}

function stops(pen: Pen, body: Node): HTMLElement {
  const shown = settingsOf(pen, body, true).map((setting) => settingField(pen, body, setting));
  const lead = pen.readonly ? "Stops and targets act inside the bar, the stop first." : "Stops and targets act inside the bar, the stop first. Empty means none.";
  const fields = shown.length ? el("div", { class: "fields" }, ...shown) : el("p", { class: "muted" }, "None.");
  return section("stops", "Stops, targets, holding time", lead, fields, notes(["config"]));
}

function choice(pen: Pen, body: Node): HTMLElement {
  const ranked = isNode(body.select) ? body.select : null;
  const parts: HTMLElement[] = [
    el("div", { class: "fields" }, labelled("Buys are made", ["rebalance"], select({ path: ["rebalance"], label: "Buys are made", value: textOf(body.rebalance) || "daily", as: "choice" }, pen.language.rebalances))),
  ];
  if (ranked) parts.push(ranking(pen, ranked));
  else if (!pen.readonly) parts.push(textButton("add-select", ["select"], "Hold only the best ranked"));
  return section("choice", "When there is a choice", "More may match than there is money or room for. This says when it looks and what comes first.", ...parts, notes(["select"]), scores(pen, body));
}

function ranking(pen: Pen, ranked: Node): HTMLElement {
  const directions = [
    { value: "desc", label: "Highest first" },
    { value: "asc", label: "Lowest first" },
  ];
  const number = (key: string, label: string, as: As): HTMLElement =>
    labelled(label, ["select", key], numberInput(pen, { path: ["select", key], label, value: ranked[key], as }, as === "number?" ? { placeholder: "as many" } : {}));
  const box = el("article", { class: "exit", "aria-label": "Ranking", "data-row": "select" },
    operandField(pen, ranked.by, { path: ["select", "by"], label: "Ranking", position: false }, "Rank by"),
    el("div", { class: "fields tight" },
      labelled("Order", ["select", "direction"], select({ path: ["select", "direction"], label: "Order", value: textOf(ranked.direction) || "desc", as: "choice" }, directions)),
      number("top", "Hold the best", "number"), number("exit_below", "Sell below rank", "number?")));
  if (!pen.readonly) box.append(textButton("drop-select", ["select"], "No ranking", "close"));
  return box;
}

function scores(pen: Pen, body: Node): HTMLElement {
  const list = listOf(body.conviction_scoring);
  const rows = list.map((score, i) => {
    const path: Path = ["conviction_scoring", i];
    const node = isNode(score) ? score : {};
    const number = (key: string, label: string): HTMLElement => labelled(label, [...path, key], numberInput(pen, { path: [...path, key], label, value: node[key], as: "number" }));
    const box = el("article", { class: "exit", "aria-label": `Score ${i + 1}`, "data-row": keyOf(path) },
      operandField(pen, node.value, { path: [...path, "value"], label: `Score ${i + 1}`, position: false }, "Score by"),
      el("div", { class: "fields tight" },
        labelled("Name", [...path, "name"], textInput({ path: [...path, "name"], label: "Name", value: textOf(node.name), as: "text" }, { maxlength: 60 })),
        number("from", "0 points at"), number("to", "100 points at"), number("weight", "Weight")), notes(path));
    if (!pen.readonly) box.append(textButton("item-remove", path, "Delete this score", "trash"));
    return box;
  });
  const title = el("h3", {}, "Conviction");
  const lead = el("p", { class: "muted" }, list.length ? "Each value is mapped to 0 to 100 points; their weighted mean orders what matches." : isNode(body.select) ? "The ranking decides what comes first." : "Without scores the most traded comes first.");
  const add = pen.readonly || list.length >= pen.language.limits.scores ? [] : [textButton("add-score", ["conviction_scoring"], "Score")];
  return el("div", { class: "stack small" }, title, lead, ...rows, ...add, notes(["conviction_scoring"]));
}

function size(pen: Pen, body: Node): HTMLElement {
  const sizing = isNode(body.sizing) ? body.sizing : {};
  const mode = textOf(sizing.mode) || "pct_equity";
  const field = (key: string, label: string, unit: string, placeholder: string): HTMLElement =>
    labelled(label, ["sizing", key], numberInput(pen, { path: ["sizing", key], label, value: sizing[key], as: "number?" }, { placeholder }), unit);
  const fields = [
    labelled("Size of a position", ["sizing", "mode"], select({ path: ["sizing", "mode"], label: "Size", value: mode, as: "sizing" }, pen.language.sizing_modes)),
  ];
  if (!pen.readonly || sizing.pct !== undefined) fields.push(field("pct", mode === "pct_equity" ? "Share of equity" : "At most", "%", "10"));
  if (mode === "risk") fields.push(field("risk_pct", "Equity at risk", "%", "1"));
  if (mode === "inverse_vol") fields.push(field("vol_bars", "Volatility over", "bars", "63"));
  const caps = settingsOf(pen, body, false).map((setting) => settingField(pen, body, setting));
  return section("size", "How much", "Of the equity at the close of the signal, in whole shares.", el("div", { class: "fields" }, ...fields, ...caps), notes(["sizing"]));
}

function addons(pen: Pen, body: Node): HTMLElement {
  const rule = isNode(body.addon_rules) ? body.addon_rules : {};
  const on = rule.enabled === true;
  const lead = "Buys more of what is held, at most once a bar, before anything new is bought.";
  const toggle = check({ path: ["addon_rules"], label: "Add to positions", value: on, as: "addons" });
  if (!on) return section("addons", "Add-ons", lead, toggle, notes(["addon_rules"]));
  const field = (key: string, label: string, unit: string, usual: number): HTMLElement =>
    labelled(label, ["addon_rules", key], numberInput(pen, { path: ["addon_rules", key], label, value: rule[key] ?? usual, as: "number" }), unit);
  return section("addons", "Add-ons", lead, toggle, conditionTree(pen, rule.condition, ["addon_rules", "condition"], true),
    el("div", { class: "fields tight" }, field("max_addons", "At most", "times", 1), field("size_pct", "Size of each", "% of a position", 50)), notes(["addon_rules"]));
}

function parameters(pen: Pen, body: Node): HTMLElement {
  const rows = Object.entries(pen.params).map(([name, value]) => {
    const path: Path = ["params", name];
    const count = uses(body, name);
    const line = el("div", { class: "param", role: "group", "aria-label": `Parameter ${name}`, "data-row": keyOf(path) },
      textInput({ path, label: `Name of ${name}`, value: name, as: "param-name" }, { maxlength: 40, spellcheck: "false" }),
      el("span", { class: "sign" }, "="),
      numberInput({ ...pen, params: {} }, { path, label: `Value of ${name}`, value, as: "param-value" }),
      el("span", { class: "muted" }, count ? `used ${count === 1 ? "once" : `${count} times`}` : "not used"));
    if (!pen.readonly) line.append(iconButton("drop-param", path, "trash", `Delete ${name}; rules that use it get its number`));
    return el("div", {}, line, notes(path));
  });
  const add = pen.readonly || rows.length >= pen.language.limits.params ? [] : [textButton("add-param", ["params"], "Parameter")];
  if (!rows.length && pen.readonly) rows.push(el("div", { class: "muted" }, "None."));
  return section("params", "Parameters", "Numbers with a name. Type the name in any number field to use it; a sweep tries other values of it.", ...rows, ...add, notes(["params"]));
}
