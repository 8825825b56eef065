import { describe, expect, it } from "vitest";

import { contrast, mix, textOn } from "../src/lib/colour";
import css from "../src/styles/tokens.css?raw";

type Tokens = Record<string, string>;

/** The hex tokens that hold where every given selector part matches, later blocks over earlier ones. */
function tokens(theme: "light" | "dark", updown: string): Tokens {
  const found: Tokens = {};
  for (const [, selector, body] of css.matchAll(/(:root[^{]*)\{([^}]*)\}/g)) {
    const applies = selector!.split(",").some((part) => {
      const attributes = [...part.matchAll(/data-(\w+)="([^"]+)"/g)];
      return attributes.every(([, name, value]) => value === { theme, updown }[name as "theme"]);
    });
    if (applies) for (const [, name, value] of body!.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)) found[name!] = value!;
  }
  return found;
}

const TEXT = ["ink", "ink-2", "ink-3", "accent", "up", "down", "warning", "danger"];
const GROUNDS = ["canvas", "surface", "sunken", "raised", "hover"];
const PAIRS = [
  ["up", "up-soft"],
  ["down", "down-soft"],
  ["warning", "warning-soft"],
  ["danger", "danger-soft"],
  ["accent", "accent-soft"],
  ["accent", "selected"],
  ["ink-2", "selected"],
  ["on-accent", "accent-fill"],
];

describe.each(["light", "dark"] as const)("%s", (theme) => {
  describe.each(["green-up", "red-up", "blue-orange"])("%s", (updown) => {
    const t = tokens(theme, updown);

    it.each(TEXT.flatMap((text) => GROUNDS.map((ground) => [text, ground])).concat(PAIRS))("%s on %s is readable", (text, ground) => {
      expect(contrast(t[text!]!, t[ground!]!)).toBeGreaterThanOrEqual(4.5);
    });

    it("keeps control borders visible", () => {
      expect(contrast(t["line-strong"]!, t.surface!)).toBeGreaterThanOrEqual(3);
    });

    it("writes readably on every shade of the heat map", () => {
      for (const hue of ["up-fill", "down-fill"]) {
        for (let share = 0; share <= 10; share += 1) {
          const fill = mix(t.sunken!, t[hue]!, share / 10);
          expect(contrast(fill, textOn(fill))).toBeGreaterThanOrEqual(4.5);
        }
      }
    });
  });
});
