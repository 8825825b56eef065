/** The one strategy that all views show, with what was done to it. */

import { same, type Json } from "./path";

/** Who made a change: a view that is its author need not draw it again. */
export type Author = "builder" | "field" | "json" | "history" | "server";
type Listener = (author: Author) => void;

const MERGE_MS = 1200;
const MOST = 200;

export class Store {
  private past: Json[] = [];
  private future: Json[] = [];
  private listeners: Listener[] = [];
  private merging = "";
  private mergedAt = 0;
  saved: Json;

  constructor(
    public body: Json,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.saved = body;
  }

  onChange(listener: Listener): void {
    this.listeners.push(listener);
  }

  /** Take a new state. Edits with the same `merge` in a short time are undone together, as typing is. */
  edit(next: Json, author: Author, merge = ""): void {
    if (same(next, this.body)) return;
    const at = this.now();
    if (!merge || merge !== this.merging || at - this.mergedAt > MERGE_MS) this.past.push(this.body);
    if (this.past.length > MOST) this.past.shift();
    this.merging = merge;
    this.mergedAt = at;
    this.future = [];
    this.body = next;
    this.tell(author);
  }

  undo(): boolean {
    return this.step(this.past, this.future);
  }

  redo(): boolean {
    return this.step(this.future, this.past);
  }

  /** What is stored now, in the server's spelling; what can be undone stays. */
  accept(saved: Json): void {
    this.saved = saved;
    this.body = saved;
    this.merging = "";
    this.tell("server");
  }

  get isDirty(): boolean {
    return !same(this.body, this.saved);
  }

  get canUndo(): boolean {
    return this.past.length > 0;
  }

  get canRedo(): boolean {
    return this.future.length > 0;
  }

  private step(from: Json[], to: Json[]): boolean {
    const next = from.pop();
    if (next === undefined) return false;
    to.push(this.body);
    this.body = next;
    this.merging = "";
    this.tell("history");
    return true;
  }

  private tell(author: Author): void {
    for (const listener of this.listeners) listener(author);
  }
}
