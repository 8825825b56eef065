/**
 * The watchlist panel: lists are chosen by link (htmx), everything else goes through /api/market/watchlists.
 * Rows are stamped from the template that the server renders, so that there is one markup for a row.
 */

import { explain, getJson, sendJson } from "./api";
import { $, $$, must, stamp } from "./dom";
import { askText, confirmAction } from "./dialogs";
import { scan } from "./live";
import { instrumentOption, instrumentSearch, instrumentUrl, keyOf, select, selectedIndex, type Instrument } from "./search";
import { prepareRows } from "./table";
import { toast } from "./toast";

type Watchlist = { id: number; name: string; symbols: string[] };

const API = "/api/market/watchlists";

const panel = (): HTMLElement => must("#watchlist");
const rows = (): HTMLTableRowElement[] => $$<HTMLTableRowElement>("tbody tr", panel());
const current = (): { id: string; name: string } => ({ id: panel().dataset.id ?? "", name: panel().dataset.name ?? "" });
const symbols = (): string[] => rows().map((row) => row.dataset.symbol!);
const openList = (id: number | string): void => location.assign(`/market/?watchlist=${id}`);

type Change = (list: string[]) => string[];

/** Put the change to the list as it is stored now: another tab may have changed it since this page was made. */
async function apply(change: Change, rename?: string): Promise<Watchlist> {
  const address = `${API}/${current().id}`;
  const stored = await getJson<Watchlist>(address);
  return sendJson<Watchlist>("PUT", address, { name: rename ?? stored.name, symbols: change(stored.symbols) });
}

const without = (list: string[], key: string): string[] => list.filter((symbol) => symbol !== key);

/** The list with `key` put before `next`; at its end when `next` is not in it. */
function placed(list: string[], key: string, next: string | undefined): string[] {
  const rest = without(list, key);
  const at = next === undefined ? -1 : rest.indexOf(next);
  return at < 0 ? [...rest, key] : [...rest.slice(0, at), key, ...rest.slice(at)];
}

const following = (row: HTMLElement): string | undefined =>
  (row.nextElementSibling as HTMLElement | null)?.dataset.symbol;

/** Saves wait for each other, so that a quick second change cannot overtake the first. */
let saving: Promise<unknown> = Promise.resolve();

function save(change: Change): Promise<boolean> {
  const attempt = saving.then(() => apply(change)).then(
    () => true,
    (cause: unknown) => {
      toast(`The watchlist was not saved: ${explain(cause)}`, { kind: "error" });
      return false;
    },
  );
  saving = attempt;
  return attempt;
}

function show(): void {
  const empty = $<HTMLElement>("[data-empty]", panel());
  if (empty) empty.hidden = rows().length > 0;
  const table = $<HTMLElement>(".table-scroll", panel());
  if (table) table.hidden = rows().length === 0;
  prepareRows(panel());
  scan();
}

function makeRow(key: string, name: string): HTMLTableRowElement {
  const row = stamp(must<HTMLTemplateElement>("#watch-row")) as HTMLTableRowElement;
  row.dataset.symbol = key;
  const [exchange, code] = [key.slice(0, key.indexOf(":")), key.slice(key.indexOf(":") + 1)];
  must<HTMLAnchorElement>("a", row).href = instrumentUrl(key);
  must(".code", row).textContent = code;
  must(".exchange", row).textContent = exchange;
  must(".name", row).textContent = name;
  for (const node of $$("[data-live]", row)) node.dataset.live = key;
  for (const button of $$("[data-remove], [data-move]", row)) {
    button.setAttribute("aria-label", (button.getAttribute("aria-label") ?? "").replace("SYMBOL", code));
  }
  return row;
}

async function add(instrument: Instrument): Promise<void> {
  const key = keyOf(instrument);
  if (symbols().includes(key)) {
    toast(`${key} is in this list already.`);
    return;
  }
  const row = makeRow(key, instrument.name);
  must("tbody", panel()).append(row);
  show();
  if (!(await save((list) => (list.includes(key) ? list : [...list, key])))) {
    row.remove();
    show();
  }
}

async function remove(row: HTMLTableRowElement): Promise<void> {
  const key = row.dataset.symbol!;
  const next = row.nextElementSibling ?? row.previousElementSibling;
  const after = row.nextElementSibling;
  const body = row.parentElement!;
  row.remove();
  show();
  (next as HTMLElement | null)?.focus();
  const restore = (): void => {
    body.insertBefore(row, after?.parentElement === body ? after : null);
    show();
  };
  if (!(await save((list) => without(list, key)))) return restore();
  toast(`${key} removed from ${current().name}.`, {
    undo: () => {
      restore();
      void save((list) => placed(list, key, following(row)));
    },
  });
}

async function move(row: HTMLTableRowElement, by: -1 | 1): Promise<void> {
  const other = by < 0 ? row.previousElementSibling : row.nextElementSibling;
  if (!other) return;
  const focused = document.activeElement as HTMLElement | null;
  if (by < 0) other.before(row);
  else other.after(row);
  focused?.focus();
  must("#announcer").textContent = `${row.dataset.symbol} is now number ${rows().indexOf(row) + 1} of ${rows().length}.`;
  const [key, next] = [row.dataset.symbol!, following(row)];
  await save((list) => placed(list, key, next));
}

async function create(): Promise<void> {
  const name = await askText("New watchlist", "Name", "Create");
  if (name === null) return;
  await attempt(async () => openList((await sendJson<Watchlist>("POST", API, { name, symbols: [] })).id));
}

async function rename(): Promise<void> {
  const { id, name } = current();
  const next = await askText("Rename watchlist", "Name", "Rename", name);
  if (next === null || next === name) return;
  await attempt(async () => {
    await apply((list) => list, next);
    openList(id);
  });
}

async function erase(): Promise<void> {
  const { id, name } = current();
  const count = rows().length;
  const sure = await confirmAction({
    title: `Delete “${name}”?`,
    consequence: `The list and its ${count} ${count === 1 ? "symbol" : "symbols"} are removed from your account. Orders and holdings are not touched.`,
    action: "Delete the list",
  });
  if (!sure) return;
  await attempt(async () => {
    await sendJson("DELETE", `${API}/${id}`);
    location.assign("/market/");
  });
}

async function attempt(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    toast(explain(cause), { kind: "error" });
  }
}

/** The box that finds a symbol and adds it: a combobox with a list below. */
function startAdding(): void {
  const find = instrumentSearch(8);
  let found: Instrument[] = [];
  const parts = (): { input: HTMLInputElement; list: HTMLElement } | null => {
    const input = $<HTMLInputElement>("#watch-add");
    return input ? { input, list: must("#watch-add-list") } : null;
  };
  const close = (): void => {
    const p = parts();
    if (!p) return;
    p.list.hidden = true;
    p.input.setAttribute("aria-expanded", "false");
    p.input.removeAttribute("aria-activedescendant");
  };
  const choose = (index: number): void => {
    const p = parts();
    const instrument = found[index];
    if (!p || !instrument) return;
    p.input.value = "";
    close();
    void add(instrument);
  };
  const ask = async (input: HTMLInputElement, list: HTMLElement): Promise<void> => {
    const text = input.value.trim();
    if (!text) return close();
    const answer = await find(text).catch((cause: unknown) => {
      toast(explain(cause), { kind: "error" });
      return null;
    });
    if (answer === null) return;
    found = answer;
    list.replaceChildren(...found.map((instrument, i) => instrumentOption(`watch-add-${i}`, instrument)));
    list.hidden = found.length === 0;
    input.setAttribute("aria-expanded", String(found.length > 0));
    select(input, list, 0);
  };
  document.addEventListener("input", (event) => {
    const p = parts();
    if (p && event.target === p.input) void ask(p.input, p.list);
  });
  document.addEventListener("keydown", (event) => {
    const p = parts();
    if (!p || event.target !== p.input) return;
    if (event.key === "Escape") close();
    else if (event.key === "Enter") {
      event.preventDefault();
      choose(selectedIndex(p.list));
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      select(p.input, p.list, selectedIndex(p.list) + (event.key === "ArrowDown" ? 1 : -1));
    }
  });
  document.addEventListener("mousedown", (event) => {
    const p = parts();
    if (!p) return;
    const node = (event.target as Element).closest("#watch-add-list [role=option]");
    if (node) {
      event.preventDefault();
      choose($$("[role=option]", p.list).indexOf(node as HTMLElement));
    } else if (event.target !== p.input) close();
  });
}

const ACTIONS: Record<string, () => Promise<void>> = { create, rename, erase };

export function startWatchlist(): void {
  if (!$("#watchlist")) return;
  startAdding();
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    const action = target.closest<HTMLElement>("[data-watchlist]")?.dataset.watchlist;
    if (action) void ACTIONS[action]?.();
    const row = target.closest<HTMLTableRowElement>("#watchlist tbody tr");
    if (!row) return;
    if (target.closest("[data-remove]")) void remove(row);
    const by = target.closest<HTMLElement>("[data-move]")?.dataset.move;
    if (by) void move(row, by === "up" ? -1 : 1);
  });
  document.addEventListener("keydown", (event) => {
    const row = event.target as HTMLTableRowElement;
    if (!(row instanceof HTMLTableRowElement) || !row.closest("#watchlist")) return;
    if (event.key === "Delete") void remove(row);
    else if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      void move(row, event.key === "ArrowUp" ? -1 : 1);
    }
  });
}

let isAdding = false;

/** Add one symbol to the caller's first list (made when there is none). Used by the instrument page. A second press
 *  while it runs does nothing: both would find no list and make one each.
 */
export async function addToFirstList(key: string): Promise<void> {
  if (isAdding) return;
  isAdding = true;
  await attempt(async () => {
    const lists = await getJson<Watchlist[]>(API);
    const list = lists[0] ?? (await sendJson<Watchlist>("POST", API, { name: "My list", symbols: [] }));
    if (list.symbols.includes(key)) return toast(`${key} is in “${list.name}” already.`);
    const before = { name: list.name, symbols: list.symbols };
    await sendJson("PUT", `${API}/${list.id}`, { ...before, symbols: [...list.symbols, key] });
    toast(`${key} added to “${list.name}”.`, { undo: () => void attempt(() => sendJson("PUT", `${API}/${list.id}`, before)) });
  });
  isAdding = false;
}


