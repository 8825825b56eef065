/** The visual rule builder: draws the strategy of the store, and turns what is done to its controls into edits. */

import { $, $$, el } from "../dom";
import { ACTIONS, ROW_KEYS } from "./actions";
import { EDITS, isTyped } from "./edits";
import type { As, Pen } from "./fields";
import { isNode, isParam, type Language } from "./language";
import { parseNumber, showNumber } from "./numbers";
import { paramsOf } from "./params";
import { keyOf, nearest, pathOf, type Path, type Step } from "./path";
import { cards } from "./sections";
import type { Store } from "./store";

/** A fault or a remark: where, how grave, what. */
export type Note = { loc: Step[]; severity: "fault" | "error" | "warning" | "info"; text: string };

type Counted = { passes: { loc: Step[]; count: number }[]; of: number };
type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

const WORDS: Record<Note["severity"], string> = { fault: "Fault", error: "Never trades", warning: "Warning", info: "Note" };

export const severityWord = (severity: Note["severity"]): string => WORDS[severity];

export class Builder {
  private readonly open = new Set<string>();
  private known: Note[] = [];
  private counted: Counted = { passes: [], of: 0 };
  private pointerIsDown = false;

  constructor(
    private readonly root: HTMLElement,
    private readonly store: Store,
    private readonly language: Language,
    private readonly readonly: boolean,
  ) {
    store.onChange((author) => {
      if (author === "field") this.showKnown();
      else if (author !== "builder") this.draw();
    });
    document.addEventListener("pointerdown", () => (this.pointerIsDown = true), true);
    for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, () => (this.pointerIsDown = false), true);
    root.addEventListener("change", (event) => this.changed(event.target as Control, true));
    root.addEventListener("input", (event) => this.changed(event.target as Control, false));
    root.addEventListener("click", (event) => this.clicked(event));
    root.addEventListener("keydown", (event) => this.pressed(event));
    this.draw();
  }

  /** Show what the server says, each at the row or field it names. */
  show(noted: Note[]): void {
    this.known = noted;
    this.showKnown();
  }

  /** Show how many shares pass each rule alone. */
  count(counted: Counted): void {
    this.counted = counted;
    this.showCounted();
  }

  /** Bring the place of a note into sight and put the focus there. */
  reveal(loc: Path): void {
    const key = nearest(loc, new Set($$("[data-row], [data-notes]", this.root).map((node) => node.dataset.row ?? node.dataset.notes!)));
    const row = key === null ? null : ($(`[data-row="${key}"]`, this.root) ?? $(`[data-notes="${key}"]`, this.root)?.parentElement);
    row?.scrollIntoView({ block: "center" });
    if (row) $<HTMLElement>("input, select, textarea, button", row)?.focus({ preventScroll: true });
  }

  private draw(focus?: Path): void {
    const held = this.held();
    const { body } = this.store;
    if (!isNode(body)) {
      this.root.replaceChildren(el("p", { class: "notice danger" }, "The JSON is not an object: there is nothing to build with. Mend it in the JSON view, or undo."));
      return;
    }
    const pen: Pen = { language: this.language, params: paramsOf(body), readonly: this.readonly, open: this.open };
    const names = el("datalist", { id: "param-names" }, ...Object.keys(pen.params).map((name) => el("option", { value: name })));
    const sheet = el("fieldset", { class: "builder-sheet", disabled: this.readonly, "aria-label": "Rules" }, names, ...cards(pen, body));
    this.root.replaceChildren(sheet);
    this.showKnown();
    this.showCounted();
    if (focus) this.focusRow(focus);
    else this.giveBack(held);
  }

  /** Which control has the focus, in words that survive drawing again. */
  private held(): string | null {
    const node = document.activeElement;
    if (!(node instanceof HTMLElement) || !this.root.contains(node)) return null;
    return node.dataset.path === undefined ? null : selectorOf(node);
  }

  private giveBack(selector: string | null): void {
    if (selector) $<HTMLElement>(selector, this.root)?.focus({ preventScroll: true });
  }

  private focusRow(path: Path): void {
    for (let length = path.length; length > 0; length -= 1) {
      const key = keyOf(path.slice(0, length));
      const row = $(`[data-row="${key}"]`, this.root) ?? $(`[data-notes="${key}"]`, this.root)?.parentElement;
      const first = row && $<HTMLElement>("select:not(:disabled), input:not(:disabled), button:not(:disabled)", row);
      if (!first) continue;
      first.focus({ preventScroll: true });
      row.scrollIntoView({ block: "nearest" });
      return;
    }
  }

  private changed(control: Control, committed: boolean): void {
    const as = control.dataset.as as As | undefined;
    if (!as || control.dataset.path === undefined) return;
    const typed = isTyped(as);
    if (!typed && !committed) return;
    const path = pathOf(control.dataset.path);
    if (typed && committed) {
      this.settle(control, as);
      return;
    }
    const checked = control instanceof HTMLInputElement && control.checked;
    const given = { text: control.value, checked, number: control.dataset.number ?? "" };
    const next = EDITS[as](this.store.body, path, given, this.language);
    if (typed) this.store.edit(next, "field", `${control.dataset.path}|${as}|${given.number}`);
    else this.store.edit(next, "builder");
    // A refused name goes back to what it was, so this draws also when nothing changed.
    if (as === "param-name") this.drawSoon();
    else if (!typed) this.draw();
  }

  /** What was typed is taken already; show it as it stands, and draw again where it became something else. */
  private settle(control: Control, as: As): void {
    if (as === "text" || as === "text?") return;
    const value = parseNumber(control.value);
    if (isParam(value) !== control.classList.contains("named") || as === "param-value") this.drawSoon();
    else control.value = showNumber(value);
  }

  /** Draw once the focus has moved on and no button is pressed: a click must find what it was aimed at. */
  private drawSoon(): void {
    if (this.pointerIsDown) document.addEventListener("pointerup", () => setTimeout(() => this.draw()), { once: true });
    else setTimeout(() => this.draw());
  }

  private clicked(event: Event): void {
    const button = (event.target as Element).closest<HTMLElement>("[data-act]");
    if (!button || this.readonly) return;
    const path = pathOf(button.dataset.path!);
    if (button.dataset.act === "details") {
      const key = button.dataset.path!;
      if (!this.open.delete(key)) this.open.add(key);
      this.draw();
      return;
    }
    this.act(button.dataset.act!, path);
  }

  private act(name: string, path: Path): void {
    const action = ACTIONS[name];
    if (!action) return;
    const { body, at } = action(this.store.body, path);
    this.store.edit(body, "builder");
    this.draw(at);
  }

  private pressed(event: KeyboardEvent): void {
    if (!event.altKey || event.ctrlKey || event.metaKey || this.readonly) return;
    const row = (event.target as Element).closest<HTMLElement>(".rule[data-row], .condition-group[data-row], .not[data-row]");
    const name = ROW_KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!row || !name) return;
    event.preventDefault();
    this.act(name, pathOf(row.dataset.row!));
  }

  private showKnown(): void {
    const slots = new Map($$("[data-notes]", this.root).map((node) => [node.dataset.notes!, node]));
    for (const slot of slots.values()) slot.replaceChildren();
    for (const control of $$("[aria-invalid]", this.root)) control.removeAttribute("aria-invalid");
    const keys = new Set(slots.keys());
    for (const { loc, severity, text } of this.known) {
      const key = nearest(loc, keys);
      if (key === null) continue;
      slots.get(key)!.append(el("p", { class: `note ${severity}` }, el("span", { class: "kind" }, severityWord(severity)), ` ${text}`));
      if (severity === "fault") this.markControl(loc);
    }
  }

  private showCounted(): void {
    const { passes, of } = this.counted;
    const counts = new Map(passes.map(({ loc, count }) => [keyOf(loc), count]));
    for (const slot of $$("[data-passes]", this.root)) {
      const count = counts.get(slot.dataset.passes!);
      slot.textContent = count === undefined ? "" : `${count} of ${of} pass`;
      slot.classList.toggle("none", count === 0);
    }
  }

  private markControl(loc: Path): void {
    const controls = new Map($$<Control>("[data-as]", this.root).map((node) => [node.dataset.path!, node]));
    const exact = controls.get(keyOf(loc));
    // The numbers of an indicator are edited at the indicator's own place.
    const at = loc.indexOf("params");
    const number = at > 0 ? $(`[data-path="${keyOf(loc.slice(0, at))}"][data-number="${String(loc[at + 1])}"]`, this.root) : null;
    const control = number ?? exact ?? controls.get(keyOf(loc.slice(0, -1)));
    control?.setAttribute("aria-invalid", "true");
  }
}

function selectorOf(node: HTMLElement): string {
  const { path, as, act, number } = node.dataset;
  const rest = as ? `[data-as="${as}"]` : act ? `[data-act="${act}"]` : "";
  return `[data-path="${path}"]${rest}${number ? `[data-number="${number}"]` : ""}`;
}
