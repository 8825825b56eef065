/**
 * Tables: <section data-table> with a filter box, sortable heads, CSV, and rows that the keyboard can walk.
 * A cell's sort key is its data-value, else its text; the order is kept in the URL when data-table has a name.
 */

import { $, $$, isTyping } from "./dom";

type Key = string | number;

export function cellKey(text: string, value: string | undefined): Key {
  const raw = value ?? text.trim();
  const parsed = Number(raw);
  return raw !== "" && Number.isFinite(parsed) ? parsed : raw.toLowerCase();
}

/** Numbers before words; unknown values last in both orders. */
export function compareKeys(a: Key, b: Key, factor: 1 | -1): number {
  const blank = (key: Key): boolean => key === "" || key === "–";
  if (blank(a) || blank(b)) return Number(blank(a)) - Number(blank(b));
  if (typeof a === "number" && typeof b === "number") return (a - b) * factor;
  if (typeof a === "number") return -1;
  if (typeof b === "number") return 1;
  return a.localeCompare(b, "en-IN") * factor;
}

/** A cell for a spreadsheet: quoted where needed, and never a formula. Numbers keep their sign. */
export function csvCell(text: string): string {
  const plain = text.trim();
  const isNumber = plain !== "" && Number.isFinite(Number(plain));
  const safe = !isNumber && /^[=+\-@\t\r]/.test(plain) ? `'${plain}` : plain;
  return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const body = (root: Element): HTMLTableSectionElement | null => $<HTMLTableSectionElement>("tbody", root);
const rowsOf = (root: Element): HTMLTableRowElement[] => $$<HTMLTableRowElement>("tbody tr", root);

function sortBy(root: Element, head: HTMLTableCellElement): void {
  const ascending = head.getAttribute("aria-sort") === "descending" || (head.getAttribute("aria-sort") !== "ascending" && !head.classList.contains("num"));
  for (const other of $$("thead th[aria-sort]", root)) other.setAttribute("aria-sort", "none");
  head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
  const key = (row: HTMLTableRowElement): Key => {
    const cell = row.cells[head.cellIndex];
    const live = cell ? ($<HTMLElement>("[data-value]", cell) ?? cell) : null;
    return cellKey(live?.textContent ?? "", live?.dataset.value);
  };
  const keyed = rowsOf(root).map((row) => ({ row, key: key(row) }));
  keyed.sort((a, b) => compareKeys(a.key, b.key, ascending ? 1 : -1));
  body(root)?.append(...keyed.map(({ row }) => row));
}

function filter(root: Element, text: string): void {
  const needle = text.trim().toLowerCase();
  let shown = 0;
  for (const row of rowsOf(root)) {
    row.hidden = needle !== "" && !(row.textContent ?? "").toLowerCase().includes(needle);
    if (!row.hidden) shown += 1;
  }
  const count = $(".count", root);
  if (count) count.textContent = `${shown} ${shown === 1 ? "row" : "rows"}`;
  const none = $<HTMLElement>("[data-no-match]", root);
  if (none) none.hidden = shown > 0;
}

function download(root: HTMLElement): void {
  const cells = (row: HTMLTableRowElement): string =>
    [...row.cells]
      .filter((cell) => !cell.hasAttribute("data-no-csv"))
      .map((cell) => csvCell(($<HTMLElement>("[data-value]", cell) ?? cell).dataset.value ?? cell.textContent ?? ""))
      .join(",");
  const lines = $$<HTMLTableRowElement>("table tr", root).filter((row) => !row.hidden).map(cells);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([lines.join("\r\n")], { type: "text/csv" }));
  link.download = `${root.dataset.table || "table"}.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function walk(event: KeyboardEvent): void {
  const row = event.target instanceof HTMLTableRowElement ? event.target : null;
  if (!row || isTyping(event)) return;
  const rows = $$<HTMLTableRowElement>("tr", row.parentElement!).filter((other) => !other.hidden);
  const at = rows.indexOf(row);
  const moves: Record<string, number> = { ArrowDown: at + 1, j: at + 1, ArrowUp: at - 1, k: at - 1, Home: 0, End: rows.length - 1 };
  const to = moves[event.key];
  if (to !== undefined && !event.altKey) {
    event.preventDefault();
    const next = rows[Math.max(0, Math.min(rows.length - 1, to))]!;
    row.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  } else if (event.key === "Enter") {
    $<HTMLAnchorElement>("a", row)?.click();
  }
}

/** Make rows reachable: one tab stop for the table, arrows inside. */
export function prepareRows(root: ParentNode = document): void {
  for (const table of $$("[data-rows]", root)) {
    const rows = $$<HTMLTableRowElement>("tbody tr", table);
    rows.forEach((row, i) => (row.tabIndex = i === 0 ? 0 : -1));
  }
}

export function startTables(): void {
  prepareRows();
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    const root = target.closest<HTMLElement>("[data-table]");
    if (!root) return;
    const head = target.closest<HTMLTableCellElement>("th[aria-sort]");
    if (head && target.closest("button")) sortBy(root, head);
    else if (target.closest("[data-csv]")) download(root);
  });
  document.addEventListener("input", (event) => {
    const input = event.target as HTMLInputElement;
    const root = input.closest("[data-table]");
    if (root && input.matches("[data-filter]")) filter(root, input.value);
  });
  document.addEventListener("keydown", walk);
}
