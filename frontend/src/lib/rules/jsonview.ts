/** The strategy as JSON: editable, with numbered lines and every fault marked where it stands. */

import { el, must } from "../dom";
import type { Note } from "./builder";
import { lineOf, Malformed, readJson, spanOf, type Read, type Span } from "./jsonplaces";
import { placeOf, same, type Json } from "./path";
import type { Store } from "./store";

const shownAs = (body: Json): string => `${JSON.stringify(body, null, 2)}\n`;

type Mark = Span & { text: string; place: string };

export class JsonView {
  private readonly area: HTMLTextAreaElement;
  private readonly back: HTMLElement;
  private readonly gutter: HTMLElement;
  private readonly list: HTMLElement;
  private read: Read | null = null;
  private noted: Note[] = [];
  /** Why the text is no JSON; null when it is. */
  malformed: Malformed | null = null;

  constructor(
    root: HTMLElement,
    private readonly store: Store,
    private readonly onText: () => void,
  ) {
    this.area = must<HTMLTextAreaElement>("textarea", root);
    this.back = must(".json-back", root);
    this.gutter = must(".json-gutter", root);
    this.list = must(".json-faults", root);
    this.area.addEventListener("input", () => this.typed());
    this.area.addEventListener("scroll", () => this.follow());
    store.onChange((author) => {
      if (author !== "json") this.write();
    });
    this.write();
  }

  show(noted: Note[]): void {
    this.noted = noted;
    this.mark();
  }

  /** Put the caret at the place of a fault. */
  reveal(offset: number): void {
    this.area.focus();
    this.area.setSelectionRange(offset, offset);
    const lineHeight = this.area.scrollHeight / Math.max(1, this.area.value.split("\n").length);
    this.area.scrollTop = Math.max(0, (lineOf(this.area.value, offset).line - 4) * lineHeight);
  }

  /** Show the rules again as they were before the text became unreadable. */
  reset(): void {
    this.read = null;
    this.write();
    this.onText();
  }

  private write(): void {
    if (this.read && same(this.read.value, this.store.body)) return;
    this.area.value = shownAs(this.store.body);
    this.malformed = null;
    this.read = readJson(this.area.value);
    this.mark();
  }

  private typed(): void {
    try {
      this.read = readJson(this.area.value);
      this.malformed = null;
      this.store.edit(this.read.value, "json", "json");
    } catch (cause) {
      if (!(cause instanceof Malformed)) throw cause;
      this.malformed = cause;
      this.read = null;
    }
    this.mark();
    this.onText();
  }

  private marks(): Mark[] {
    const { value: text } = this.area;
    if (this.malformed) {
      const start = Math.min(this.malformed.offset, Math.max(0, text.length - 1));
      return [{ start, end: start + 1, text: this.malformed.message, place: "not JSON" }];
    }
    const { read } = this;
    if (!read) return [];
    return this.noted
      .filter(({ severity }) => severity === "fault")
      .map(({ loc, text: said }) => ({ ...spanOf(read, loc), text: said, place: placeOf(loc) }));
  }

  private mark(): void {
    const text = this.area.value;
    const marks = this.marks().sort((a, b) => a.start - b.start);
    const parts: (Node | string)[] = [];
    let at = 0;
    for (const { start, end } of marks) {
      if (start < at) continue;
      parts.push(text.slice(at, start), el("mark", {}, text.slice(start, Math.max(end, start + 1)) || " "));
      at = Math.max(end, start + 1);
    }
    this.back.replaceChildren(...parts, text.slice(at), "\n");
    const faulty = new Set(marks.map(({ start }) => lineOf(text, start).line));
    const lines = text.split("\n").map((_, i) => el("span", { class: faulty.has(i + 1) ? "faulty" : undefined }, String(i + 1)));
    this.gutter.replaceChildren(...lines);
    this.list.replaceChildren(...marks.map((mark) => this.row(mark)));
    this.area.setAttribute("aria-invalid", String(marks.length > 0));
    this.follow();
  }

  private row({ start, text, place }: Mark): HTMLElement {
    const { line, column } = lineOf(this.area.value, start);
    const button = el("button", { class: "check-row", type: "button" },
      el("span", { class: "kind fault" }, `Line ${line}, column ${column}`), el("span", { class: "text" }, text), el("code", {}, place));
    button.addEventListener("click", () => this.reveal(start));
    return el("li", {}, button);
  }

  private follow(): void {
    this.back.scrollTop = this.area.scrollTop;
    this.back.scrollLeft = this.area.scrollLeft;
    this.gutter.scrollTop = this.area.scrollTop;
  }
}
