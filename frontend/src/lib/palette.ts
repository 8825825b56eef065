/** Ctrl-K: pages, symbols, actions in one list. */

import { $, $$, el, must } from "./dom";
import { openDialog, option } from "./dialogs";
import { choose, chosen } from "./preferences";
import { instrumentOption, instrumentSearch, instrumentUrl, keyOf, select, selectedIndex } from "./search";

type Entry = { label: string; hint: string; run: () => void };

const go = (url: string) => (): void => location.assign(url);

function pages(): Entry[] {
  const links = new Map($$<HTMLAnchorElement>("[data-page-link]").map((a) => [a.href, a.textContent?.trim() ?? ""]));
  return [...links].map(([href, label]) => ({ label, hint: "Page", run: go(href) }));
}

function actions(): Entry[] {
  const dark = document.documentElement.dataset.theme === "dark";
  const compact = chosen("density") === "compact";
  const entries: Entry[] = [
    { label: dark ? "Use the light theme" : "Use the dark theme", hint: "Action", run: () => choose("theme", dark ? "light" : "dark") },
    { label: "Follow the system's theme", hint: "Action", run: () => choose("theme", "system") },
    {
      label: compact ? "Comfortable rows" : "Compact rows",
      hint: "Action",
      run: () => choose("density", compact ? "comfortable" : "compact"),
    },
    { label: "Keyboard shortcuts", hint: "?", run: () => openDialog(must<HTMLDialogElement>("#shortcuts")) },
  ];
  const signOut = $<HTMLFormElement>("#sign-out");
  if (signOut) entries.push({ label: "Sign out", hint: "Action", run: () => signOut.requestSubmit() });
  return entries;
}

export function startPalette(): void {
  const dialog = $<HTMLDialogElement>("#palette");
  if (!dialog) return;
  const input = must<HTMLInputElement>("input", dialog);
  const list = must("[role=listbox]", dialog);
  const find = instrumentSearch(8);
  let runs: (() => void)[] = [];

  const render = (groups: [string, [HTMLElement, () => void][]][], empty: string): void => {
    runs = [];
    list.replaceChildren();
    for (const [name, rows] of groups) {
      if (!rows.length) continue;
      const id = `palette-${name.toLowerCase()}`;
      const group = el("div", { role: "group", "aria-labelledby": id }, el("div", { class: "section", id, role: "presentation" }, name));
      for (const [node, run] of rows) {
        group.append(node);
        runs.push(run);
      }
      list.append(group);
    }
    if (!runs.length) list.append(el("div", { class: "section", role: "presentation" }, empty));
    select(input, list, 0);
  };

  const refresh = async (): Promise<void> => {
    const text = input.value.trim();
    const matches = (entry: Entry): boolean => entry.label.toLowerCase().includes(text.toLowerCase());
    const row = (entry: Entry, i: number, kind: string): [HTMLElement, () => void] => [
      option(`palette-${kind}-${i}`, el("span", { class: "name" }, entry.label), el("span", { class: "hint" }, entry.hint)),
      entry.run,
    ];
    const fixed = (): [string, [HTMLElement, () => void][]][] => [
      ["Pages", pages().filter(matches).map((entry, i) => row(entry, i, "page"))],
      ["Actions", actions().filter(matches).map((entry, i) => row(entry, i, "action"))],
    ];
    if (!text) {
      render(fixed(), "");
      return;
    }
    const found = await find(text).catch(() => []);
    if (found === null) return;
    const symbols = found.map((instrument, i): [HTMLElement, () => void] => [
      instrumentOption(`palette-symbol-${i}`, instrument),
      go(instrumentUrl(keyOf(instrument))),
    ]);
    render([["Symbols", symbols], ...fixed()], `Nothing is called “${text}”.`);
  };

  const run = (index: number): void => {
    const chosenRun = runs[index];
    if (!chosenRun) return;
    dialog.close();
    chosenRun();
  };

  input.addEventListener("input", () => void refresh());
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      select(input, list, selectedIndex(list) + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter") {
      event.preventDefault();
      run(selectedIndex(list));
    }
  });
  list.addEventListener("click", (event) => {
    const node = (event.target as Element).closest("[role=option]");
    if (node) run($$("[role=option]", list).indexOf(node as HTMLElement));
  });
  document.addEventListener("palette", () => {
    input.value = "";
    void refresh();
    openDialog(dialog);
    input.focus();
  });
}

export const openPalette = (): void => void document.dispatchEvent(new CustomEvent("palette"));
