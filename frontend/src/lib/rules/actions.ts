/** What the buttons and keys of the builder do to the strategy. */

import { newExit } from "./edits";
import { isNode } from "./language";
import { declareParam, dropParam, extractParam } from "./params";
import { getIn, insertIn, setIn, type Json, type Path } from "./path";
import { addAfter, addTo, duplicate, move, negate, newRule, remove, reorder, unwrap, wrap, type Moved } from "./tree";

type Action = (body: Json, path: Path) => Moved;

const INDEX_UP = {
  type: "compare",
  left: { type: "indicator", name: "close", of: "index" },
  op: ">",
  right: { type: "indicator", name: "sma200", of: "index" },
};

function append(make: (body: Json) => Json): Action {
  return (body, path) => {
    const list = getIn(body, path);
    const at = Array.isArray(list) ? list.length : 0;
    return { body: insertIn(body, path, at, make(body)), at: [...path, at] };
  };
}

const newScore = (): Json => ({ name: "momentum", weight: 1, value: { type: "indicator", name: "mom_12_1" }, from: -50, to: 150 });
const newSelect: Json = { by: { type: "indicator", name: "mom_12_1" }, direction: "desc", top: 20, exit_below: 40 };

function scoreName(body: Json): Json {
  const list = getIn(body, ["conviction_scoring"]);
  const count = Array.isArray(list) ? list.length : 0;
  return { ...(newScore() as object), name: count ? `score_${count + 1}` : "momentum" };
}

/** A name for a number that becomes a parameter, after what it is compared with: `rsi_level`. */
function nameFor(body: Json, path: Path): string {
  const side = String(path.at(-1));
  const left = getIn(body, [...path.slice(0, -1), "left"]);
  const word = isNode(left) && typeof left.name === "string" ? left.name.replace(/[\d.]+.*$/, "").replace(/_$/, "") : "";
  const end = side === "hi" ? "max" : side === "right" ? "level" : "value";
  return word ? `${word}_${end}` : end;
}

const item = (path: Path): { list: Path; at: number } => ({ list: path.slice(0, -1), at: path.at(-1) as number });

/** Moving an exit rule writes the order into the priorities, so that what is seen is what happens. */
const reordered = (by: -1 | 1): Action => (body, path) => {
  const { list, at } = item(path);
  const next = reorder(body, list, at, by, list[0] === "exit_rules");
  return { body: next, at: next === body ? path : [...list, at + by] };
};

export const ACTIONS: Record<string, Action> = {
  add: (body, path) => addTo(body, path, newRule()),
  "add-group": (body, path) => {
    const around = getIn(body, path);
    const kind = isNode(around) && around.type === "and" ? "or" : "and";
    const made = addTo(body, path, { type: kind, conditions: [newRule()] });
    return { body: made.body, at: [...made.at, "conditions", 0] };
  },
  "add-sector": (body, path) => addTo(body, path, { type: "sector_in", sectors: [] }),
  "add-regime": (body, path) => ({ body: setIn(body, path, INDEX_UP), at: path }),
  "add-exit": append(newExit),
  "add-score": append(scoreName),
  "add-select": (body, path) => ({ body: setIn(body, path, newSelect), at: path }),
  "drop-select": (body, path) => ({ body: setIn(body, path, null), at: path }),
  "add-param": (body) => {
    const made = declareParam(body, "level", 0);
    return { body: made.body, at: ["params", made.name] };
  },
  "drop-param": (body, path) => ({ body: dropParam(body, String(path.at(-1))), at: ["params"] }),
  "to-param": (body, path) => ({ body: extractParam(body, path, nameFor(body, path)).body, at: path }),
  "drop-sector": (body, path) => ({ body: setIn(body, path, undefined), at: path.slice(0, -2) }),
  "item-up": reordered(-1),
  "item-down": reordered(1),
  "item-remove": (body, path) => ({ body: setIn(body, path, undefined), at: path.slice(0, -1) }),
  replace: (body, path) => ({ body: setIn(body, path, newRule()), at: path }),
  up: (body, path) => move(body, path, -1),
  down: (body, path) => move(body, path, 1),
  after: (body, path) => addAfter(body, path, newRule()),
  duplicate,
  remove,
  wrap,
  unwrap,
  negate,
};

/** Keys inside a row, pressed with Alt. */
export const ROW_KEYS: Record<string, string> = {
  ArrowUp: "up",
  ArrowDown: "down",
  Enter: "after",
  Delete: "remove",
  Backspace: "remove",
  d: "duplicate",
  g: "wrap",
  u: "unwrap",
  n: "negate",
};
