/** Places in a JSON value: a path of keys and numbers. Every function returns a new value and leaves the old one alone. */

export type Step = string | number;
export type Path = readonly Step[];
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A path as an attribute: `entry_rules/conditions/1/left`. */
export const keyOf = (path: Path): string => path.join("/");

/** The path an attribute names; digits are places in a list. */
export const pathOf = (key: string): Step[] =>
  key === "" ? [] : key.split("/").map((step) => (/^\d+$/.test(step) ? Number(step) : step));

/** A path as the server writes it: `entry_rules.conditions[1].left`. */
export function placeOf(path: Path): string {
  let text = "";
  for (const step of path) text += typeof step === "number" ? `[${step}]` : text ? `.${step}` : step;
  return text || "the strategy";
}

export function getIn(value: Json | undefined, path: Path): Json | undefined {
  let at: Json | undefined = value;
  for (const step of path) {
    if (Array.isArray(at)) at = at[step as number];
    else if (at !== null && typeof at === "object") at = at[step];
    else return undefined;
  }
  return at;
}

/** The value with `put` at `path`; `undefined` takes the key away, or the element out of its list. */
export function setIn(value: Json, path: Path, put: Json | undefined): Json {
  const [step, ...rest] = path;
  if (step === undefined) return put ?? null;
  if (Array.isArray(value)) {
    const copy = [...value];
    if (!rest.length && put === undefined) copy.splice(step as number, 1);
    else copy[step as number] = setIn(copy[step as number] ?? null, rest, put);
    return copy;
  }
  const copy: { [key: string]: Json } = value !== null && typeof value === "object" ? { ...value } : {};
  if (!rest.length && put === undefined) delete copy[step];
  else copy[step] = setIn(copy[step] ?? null, rest, put);
  return copy;
}

/** The value with `put` before place `at` of the list at `path`. */
export function insertIn(value: Json, path: Path, at: number, put: Json): Json {
  const list = getIn(value, path);
  const copy = Array.isArray(list) ? [...list] : [];
  copy.splice(at, 0, put);
  return setIn(value, path, copy);
}

/** The longest of `keys` that names `path` or something around it; null when there is none. */
export function nearest(path: Path, keys: ReadonlySet<string>): string | null {
  for (let length = path.length; length >= 0; length -= 1) {
    const key = keyOf(path.slice(0, length));
    if (keys.has(key)) return key;
  }
  return null;
}

/** Whether two values are the same, whatever the order of their keys. */
export function same(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((one, i) => same(one, b[i]));
  if (Array.isArray(a) || Array.isArray(b) || !a || !b || typeof a !== "object" || typeof b !== "object") return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && same(a[key], b[key]));
}
