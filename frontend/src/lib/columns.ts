/**
 * Column choice of a table: an element with data-columns="name" around .table-tools and a table gets a menu of its
 * columns. The first column always stays. A choice is kept in this browser; the CSV file has every column.
 */

import { $, $$, el } from "./dom";

/** What a person chose, by the column's title; a column not named here is as the page has it. */
export type Choice = Record<string, boolean>;

const storeName = (table: string): string => `columns.${table}`;

export function readChoice(text: string | null): Choice {
  try {
    const found: unknown = JSON.parse(text ?? "{}");
    if (typeof found !== "object" || found === null || Array.isArray(found)) return {};
    return Object.fromEntries(Object.entries(found).filter(([, shown]) => typeof shown === "boolean")) as Choice;
  } catch {
    return {};
  }
}

/** Choices of this visit, for browsers that keep nothing. */
const visit = new Map<string, Choice>();

function load(table: string): Choice {
  const here = visit.get(table);
  if (here) return here;
  try {
    return readChoice(localStorage.getItem(storeName(table)));
  } catch {
    return {};
  }
}

function save(table: string, choice: Choice): void {
  visit.set(table, choice);
  try {
    if (Object.keys(choice).length) localStorage.setItem(storeName(table), JSON.stringify(choice));
    else localStorage.removeItem(storeName(table));
  } catch {
    // Private windows may refuse storage: the choice then lasts for this page only.
  }
}

const heads = (root: Element): HTMLTableCellElement[] => $$<HTMLTableCellElement>("thead th", root);
const title = (head: Element): string => (head.textContent ?? "").trim();

function apply(root: HTMLElement): void {
  const choice = load(root.dataset.columns!);
  const columns = heads(root);
  for (const row of $$<HTMLTableRowElement>("table tr", root)) {
    if (row.cells.length !== columns.length) continue; // a row that spans all columns
    columns.forEach((head, at) => {
      const shown = at === 0 ? undefined : choice[title(head)];
      row.cells[at]!.hidden = shown === false;
      row.cells[at]!.classList.toggle("chosen", shown === true);
    });
  }
}

const isShown = (head: HTMLElement): boolean => getComputedStyle(head).display !== "none";

function fill(menu: HTMLElement, root: HTMLElement): void {
  const table = root.dataset.columns!;
  const boxes = heads(root)
    .slice(1)
    .filter((head) => title(head))
    .map((head) => {
      const box = el("input", { type: "checkbox", value: title(head) });
      box.checked = isShown(head);
      box.addEventListener("change", () => {
        save(table, { ...load(table), [box.value]: box.checked });
        apply(root);
      });
      return el("label", { class: "check" }, box, ` ${title(head)}`);
    });
  const reset = el("button", { type: "button", class: "button quiet small" }, "As at first");
  reset.addEventListener("click", () => {
    save(table, {});
    apply(root);
    fill(menu, root);
  });
  menu.replaceChildren(el("fieldset", { class: "group" }, el("legend", {}, "Columns shown"), ...boxes), reset);
}

function addMenu(root: HTMLElement): void {
  const tools = $(".table-tools", root);
  if (!tools || $("[data-columns-menu]", tools)) return;
  const id = `columns-${root.dataset.columns}`;
  const menu = el("div", { class: "menu", id, hidden: true });
  const button = el("button", { class: "button quiet small", type: "button", "data-menu": true, "data-columns-menu": true, "aria-controls": id, "aria-expanded": "false" }, "Columns");
  button.addEventListener("click", () => fill(menu, root));
  tools.append(el("div", { class: "menu-anchor" }, button, menu));
}

/** Give every table below `root` its menu, and the columns that were chosen. */
export function prepareColumns(root: ParentNode = document): void {
  const within = root instanceof Element ? root.closest<HTMLElement>("[data-columns]") : null;
  for (const table of [...(within ? [within] : []), ...$$("[data-columns]", root)]) {
    addMenu(table);
    apply(table);
  }
}
