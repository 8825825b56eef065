/** JSON read with the place of everything in its text, so that a fault can be marked where it stands. */

import { keyOf, type Json, type Step } from "./path";

export type Span = { start: number; end: number };
export type Read = { value: Json; spans: Map<string, Span> };

/** What is wrong in a text that is no JSON, and where. */
export class Malformed extends Error {
  constructor(
    message: string,
    readonly offset: number,
  ) {
    super(message);
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const WORDS: [string, Json][] = [["true", true], ["false", false], ["null", null]];
const DEEPEST = 200;

class Reader {
  private at = 0;
  readonly spans = new Map<string, Span>();
  private readonly path: Step[] = [];

  constructor(private readonly text: string) {}

  whole(): Json {
    const value = this.value();
    this.blank();
    if (this.at < this.text.length) this.fail("Nothing may follow the end of the strategy");
    return value;
  }

  private fail(message: string, at = this.at): never {
    throw new Malformed(`${message}.`, Math.min(at, this.text.length));
  }

  private blank(): void {
    while (" \t\n\r".includes(this.text[this.at] ?? "x")) this.at += 1;
  }

  private match(pattern: RegExp): string | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found === undefined) return null;
    this.at += found.length;
    return found;
  }

  private value(): Json {
    this.blank();
    if (this.path.length > DEEPEST) this.fail("This is nested too deep");
    const start = this.at;
    const value = this.bare();
    this.spans.set(keyOf(this.path), { start, end: this.at });
    return value;
  }

  private bare(): Json {
    const first = this.text[this.at];
    if (first === "{") return this.object();
    if (first === "[") return this.list();
    if (first === '"') return this.string();
    const word = WORDS.find(([name]) => this.text.startsWith(name, this.at));
    if (word) {
      this.at += word[0].length;
      return word[1];
    }
    const number = this.match(NUMBER);
    if (number !== null) return Number(number);
    if (first === undefined) this.fail("The text ends where a value should stand");
    if (first === "}" || first === "]") this.fail("A value is missing here; take away the comma before it");
    if (first === "'") this.fail("Text stands in double quotes in JSON");
    return this.fail(`A value should stand here, not “${this.text.slice(this.at, this.at + 12).split("\n")[0]}”`);
  }

  private string(): string {
    const start = this.at;
    const found = this.match(STRING);
    if (found === null) this.fail("This text is not closed by a double quote", start);
    return JSON.parse(found) as string;
  }

  private object(): Json {
    const made: { [key: string]: Json } = {};
    this.members("}", () => {
      if (this.text[this.at] !== '"') this.fail("A name in double quotes should stand here");
      const start = this.at;
      const name = this.string();
      if (Object.hasOwn(made, name)) this.fail(`“${name}” stands here a second time`, start);
      this.blank();
      if (this.text[this.at] !== ":") this.fail(`A colon is missing after “${name}”`);
      this.at += 1;
      this.path.push(name);
      Object.defineProperty(made, name, { value: this.value(), enumerable: true, configurable: true, writable: true });
      this.path.pop();
    });
    return made;
  }

  private list(): Json {
    const made: Json[] = [];
    this.members("]", () => {
      this.path.push(made.length);
      made.push(this.value());
      this.path.pop();
    });
    return made;
  }

  private members(close: string, member: () => void): void {
    this.at += 1;
    this.blank();
    if (this.text[this.at] === close) {
      this.at += 1;
      return;
    }
    for (;;) {
      this.blank();
      member();
      this.blank();
      const next = this.text[this.at];
      if (next !== "," && next !== close) {
        this.fail(next === undefined ? `The text ends before its closing ${close}` : "A comma is missing before this");
      }
      this.at += 1;
      if (next === close) return;
    }
  }
}

/** Read a text. Throws `Malformed`. */
export function readJson(text: string): Read {
  const reader = new Reader(text);
  return { value: reader.whole(), spans: reader.spans };
}

/** Line and column, both from 1, of an offset. */
export function lineOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  return { line, column: offset - before.lastIndexOf("\n") };
}

/** The span of a place, or of the nearest thing around it that the text has. */
export function spanOf(read: Read, path: readonly Step[]): Span {
  for (let length = path.length; length >= 0; length -= 1) {
    const found = read.spans.get(keyOf(path.slice(0, length)));
    if (found) return found;
  }
  return { start: 0, end: 0 };
}
