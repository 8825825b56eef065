/**
 * Rows of rules: conditions in groups. `body` is a whole strategy, `path` leads to a condition in it. Every function
 * returns the new body and the path where the row is now, so that the focus can follow it.
 */

import { isNode, type Node } from "./language";
import { getIn, insertIn, setIn, type Json, type Path, type Step } from "./path";

export type Moved = { body: Json; at: Path };
export type GroupKind = "and" | "or";

export const isGroup = (node: Json | undefined): node is Node & { conditions: Json[] } =>
  isNode(node) && (node.type === "and" || node.type === "or") && Array.isArray(node.conditions);

export const isNot = (node: Json | undefined): node is Node => isNode(node) && node.type === "not";

export const newRule = (): Node => ({
  type: "compare",
  left: { type: "indicator", name: "close" },
  op: ">",
  right: { type: "indicator", name: "sma20" },
});

/** A condition of an optional part may go; the others always hold one, or an empty group that asks for a rule. */
const OPTIONAL = new Set(["regime"]);

const parentOf = (path: Path): Step[] => path.slice(0, -1);
const inList = (path: Path): boolean => typeof path.at(-1) === "number" && path.at(-2) === "conditions";
const listOf = (body: Json, path: Path): Json[] => (getIn(body, parentOf(path)) as Json[] | undefined) ?? [];

/** The row that a path belongs to: the negation around it, if there is one, moves along. */
function rowOf(body: Json, path: Path): Path {
  const around = parentOf(path);
  return path.at(-1) === "condition" && isNot(getIn(body, around)) ? rowOf(body, around) : path;
}

/** Add a condition at the end of the group at `path`; anything else there is put into a group with it. */
export function addTo(body: Json, path: Path, node: Node): Moved {
  const there = getIn(body, path);
  if (isGroup(there)) {
    const list = [...path, "conditions"];
    return { body: insertIn(body, list, there.conditions.length, node), at: [...list, there.conditions.length] };
  }
  if (!isNode(there) || !there.type) return { body: setIn(body, path, { type: "and", conditions: [node] }), at: [...path, "conditions", 0] };
  return { body: setIn(body, path, { type: "and", conditions: [there, node] }), at: [...path, "conditions", 1] };
}

/** Add a condition below the row at `path`. */
export function addAfter(body: Json, path: Path, node: Node): Moved {
  const row = rowOf(body, path);
  if (!inList(row)) return addTo(body, row, node);
  const at = (row.at(-1) as number) + 1;
  return { body: insertIn(body, parentOf(row), at, node), at: [...parentOf(row), at] };
}

export function duplicate(body: Json, path: Path): Moved {
  const row = rowOf(body, path);
  return addAfter(body, row, structuredClone(getIn(body, row)) as Node);
}

/** Remove the row at `path`, and a group that holds nothing after it. The focus goes to what stands next. */
export function remove(body: Json, path: Path): Moved {
  const row = rowOf(body, path);
  if (!inList(row)) {
    const gone = OPTIONAL.has(String(row[0])) && row.length === 1;
    return { body: setIn(body, row, gone ? null : { type: "and", conditions: [] }), at: row };
  }
  const rest = listOf(body, row).length - 1;
  if (rest === 0) return remove(body, row.slice(0, -2));
  const next = Math.min(row.at(-1) as number, rest - 1);
  return { body: setIn(body, row, undefined), at: [...parentOf(row), next] };
}

/** Move a row one line up or down: past its neighbour, into a group that stands there, or out of its own. */
export function move(body: Json, path: Path, by: -1 | 1): Moved {
  const row = rowOf(body, path);
  if (!inList(row)) return { body, at: path };
  const node = getIn(body, row) as Json;
  const list = parentOf(row);
  const from = row.at(-1) as number;
  const to = from + by;
  const neighbour = listOf(body, row)[to];
  if (neighbour === undefined) return moveOut(body, row, node, by);
  if (isGroup(neighbour)) {
    const at = by === 1 ? 0 : neighbour.conditions.length;
    const entered = insertIn(body, [...list, to, "conditions"], at, node);
    return { body: setIn(entered, row, undefined), at: [...list, by === 1 ? from : to, "conditions", at] };
  }
  return { body: insertIn(setIn(body, row, undefined), list, to, node), at: [...list, to] };
}

function moveOut(body: Json, row: Path, node: Json, by: -1 | 1): Moved {
  const group = rowOf(body, row.slice(0, -2));
  if (!inList(group)) return { body, at: row };
  const outer = parentOf(group);
  const at = group.at(-1) as number;
  const left = setIn(body, row, undefined);
  if (listOf(body, row).length === 1) return { body: setIn(left, group, node), at: group };
  const to = by === 1 ? at + 1 : at;
  return { body: insertIn(left, outer, to, node), at: [...outer, to] };
}

/** Put the row at `path` into a group of its own, of the other kind than the one it stands in. */
export function wrap(body: Json, path: Path): Moved {
  const around = getIn(body, path.slice(0, -2));
  const kind: GroupKind = isGroup(around) && around.type === "and" ? "or" : "and";
  return { body: setIn(body, path, { type: kind, conditions: [getIn(body, path) as Json] }), at: [...path, "conditions", 0] };
}

/** Let the rows of the group at `path` stand where it stands. */
export function unwrap(body: Json, path: Path): Moved {
  const group = getIn(body, path);
  if (!isGroup(group)) return { body, at: path };
  const [only] = group.conditions;
  if (group.conditions.length === 1 && only !== undefined) return { body: setIn(body, path, only), at: path };
  if (!inList(path)) return { body, at: path };
  let next = setIn(body, path, undefined);
  const at = path.at(-1) as number;
  group.conditions.forEach((node, i) => (next = insertIn(next, parentOf(path), at + i, node)));
  return { body: next, at: path };
}

/** Turn the condition at `path` into its opposite, or back. */
export function negate(body: Json, path: Path): Moved {
  const node = getIn(body, path);
  if (isNot(node)) return { body: setIn(body, path, node.condition), at: path };
  const around = parentOf(path);
  if (path.at(-1) === "condition" && isNot(getIn(body, around))) return { body: setIn(body, around, node), at: around };
  return { body: setIn(body, path, { type: "not", condition: node as Json }), at: [...path, "condition"] };
}

/** Set the comparison of a row; `between` gets a second bound, the others lose it. */
export function setOperator(body: Json, path: Path, op: string): Json {
  const node = getIn(body, path) as Node;
  const next: Node = { ...node, op };
  if (op === "between") next.hi ??= structuredClone(node.right ?? { type: "literal", value: 0 });
  else delete next.hi;
  return setIn(body, path, next);
}

/** Move an element of a list (exit rules, scores). With `priorities` the order is written into them. */
export function reorder(body: Json, list: Path, from: number, by: -1 | 1, priorities = false): Json {
  const items = [...((getIn(body, list) as Json[] | undefined) ?? [])];
  const to = from + by;
  if (to < 0 || to >= items.length) return body;
  [items[from], items[to]] = [items[to]!, items[from]!];
  return setIn(body, list, priorities ? items.map((item, i) => (isNode(item) ? { ...item, priority: i } : item)) : items);
}
