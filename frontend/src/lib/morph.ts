/**
 * Bring a tree on the page up to a newly made one without replacing what stays: focus, open parts, scroll and values
 * that follow the ticks (lib/live.ts) remain. Elements are matched by place; data-keep leaves a subtree alone.
 */

/** Attributes that the page's other scripts own. */
const THEIRS = new Set(["tabindex", "open", "aria-selected"]);

export function morph(before: Element, after: Element): void {
  attributes(before, after);
  if (before.hasAttribute("data-keep")) return;
  const [old, made] = [[...before.childNodes], [...after.childNodes]];
  made.forEach((node, i) => {
    const place = old[i];
    if (!place) before.append(node);
    else if (!alike(place, node)) place.replaceWith(node);
    else if (node instanceof Element) inside(place as Element, node);
    else if (place.nodeValue !== node.nodeValue) place.nodeValue = node.nodeValue;
  });
  for (const gone of old.slice(made.length)) gone.remove();
}

function inside(before: Element, after: Element): void {
  // The ticks are newer than the scan that made this value; ages count on their own.
  if (before instanceof HTMLElement && (before.dataset.live || before.dataset.age)) {
    if (before.dataset.age && before.dataset.live === undefined) attributes(before, after);
    return;
  }
  morph(before, after);
}

function alike(a: Node, b: Node): boolean {
  if (a.nodeName !== b.nodeName) return false;
  if (!(a instanceof Element) || !(b instanceof Element)) return true;
  return ["data-live", "data-field", "data-key", "id"].every((name) => a.getAttribute(name) === b.getAttribute(name));
}

function attributes(before: Element, after: Element): void {
  for (const { name } of [...before.attributes]) if (!after.hasAttribute(name) && !THEIRS.has(name)) before.removeAttribute(name);
  for (const { name, value } of [...after.attributes]) if (before.getAttribute(name) !== value && !THEIRS.has(name)) before.setAttribute(name, value);
}
