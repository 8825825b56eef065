/** Declared parameters: numbers with a name, which rules refer to and sweeps vary. */

import { isNode, isParam, type Node } from "./language";
import { getIn, setIn, type Json, type Path } from "./path";

/** Where an operand stands; anywhere else a reference takes the place of a plain number. */
const OPERAND_KEYS = new Set(["left", "right", "hi", "of", "value", "by"]);

export function paramsOf(body: Json): Record<string, Json> {
  const params = isNode(body) ? body.params : undefined;
  return isNode(params) ? params : {};
}

function mapRefs(value: Json, name: string, put: (isOperand: boolean) => Json, isOperand = false): Json {
  if (Array.isArray(value)) return value.map((one) => mapRefs(one, name, put, isOperand));
  if (!isNode(value)) return value;
  if (isParam(value) && value.name === name) return put(isOperand);
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, mapRefs(one, name, put, OPERAND_KEYS.has(key) || key === "args")]),
  );
}

/** How often the rules refer to a parameter. */
export function uses(body: Json, name: string): number {
  let count = 0;
  mapRefs(body, name, () => {
    count += 1;
    return null;
  });
  return count;
}

/** Give a parameter another name, wherever it is referred to; its place in the order stays. */
export function renameParam(body: Json, from: string, to: string): Json {
  const renamed = Object.fromEntries(Object.entries(paramsOf(body)).map(([name, value]) => [name === from ? to : name, value]));
  return setIn(mapRefs(body, from, () => ({ type: "param", name: to })), ["params"], renamed);
}

/** Take a parameter away; what referred to it gets its number. */
export function dropParam(body: Json, name: string): Json {
  const value = paramsOf(body)[name] ?? 0;
  const rest = Object.fromEntries(Object.entries(paramsOf(body)).filter(([other]) => other !== name));
  return setIn(mapRefs(body, name, (isOperand) => (isOperand ? { type: "literal", value } : value)), ["params"], rest);
}

/** Declare a parameter under a name that is not taken yet. */
export function declareParam(body: Json, wanted: string, value: Json): { body: Json; name: string } {
  const taken = paramsOf(body);
  let name = wanted;
  for (let i = 2; name in taken; i += 1) name = `${wanted}_${i}`;
  return { body: setIn(body, ["params"], { ...taken, [name]: value }), name };
}

/** Turn the number at `path` (a literal operand) into a parameter. */
export function extractParam(body: Json, path: Path, wanted: string): { body: Json; name: string } {
  const node = getIn(body, path) as Node;
  const made = declareParam(body, wanted, node.value ?? 0);
  return { body: setIn(made.body, path, { type: "param", name: made.name }), name: made.name };
}
