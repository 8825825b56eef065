/** Search of instruments, shared by the palette and the watchlist. */

import { getJson } from "./api";
import { $$, el } from "./dom";
import { option } from "./dialogs";

export type Instrument = { symbol: string; name: string; exchange: string; segment: string; instrument_type: string };

/** "INFY" of NSE is NSE:INFY, whether the answer carries the exchange in the symbol or beside it. */
export const keyOf = ({ symbol, exchange }: Pick<Instrument, "symbol" | "exchange">): string =>
  symbol.includes(":") ? symbol : `${exchange}:${symbol}`;

export const instrumentUrl = (key: string): string => `/market/${encodeURIComponent(key).replace("%3A", ":")}/`;

/** Return a search that drops answers overtaken by a later question. */
export function instrumentSearch(limit: number): (text: string) => Promise<Instrument[] | null> {
  let running: AbortController | null = null;
  return async (text) => {
    running?.abort();
    const mine = new AbortController();
    running = mine;
    await new Promise((resolve) => setTimeout(resolve, 90));
    if (mine.signal.aborted) return null;
    try {
      const url = `/api/market/instruments?q=${encodeURIComponent(text)}&limit=${limit}`;
      return await getJson<Instrument[]>(url, mine.signal);
    } catch (cause) {
      if (cause instanceof DOMException) return null;
      throw cause;
    }
  };
}

/** Move the selection of a listbox; the input keeps the focus (aria-activedescendant). */
export function select(input: HTMLInputElement, list: HTMLElement, index: number): void {
  const options = $$("[role=option]", list);
  if (!options.length) {
    input.removeAttribute("aria-activedescendant");
    return;
  }
  const at = (index + options.length) % options.length;
  options.forEach((node, i) => node.setAttribute("aria-selected", String(i === at)));
  const chosen = options[at]!;
  input.setAttribute("aria-activedescendant", chosen.id);
  chosen.scrollIntoView({ block: "nearest" });
}

export const selectedIndex = (list: HTMLElement): number =>
  $$("[role=option]", list).findIndex((node) => node.getAttribute("aria-selected") === "true");

export function instrumentOption(id: string, instrument: Instrument): HTMLElement {
  const key = keyOf(instrument);
  return option(
    id,
    el("span", { class: "code" }, key.split(":").slice(1).join(":")),
    el("span", { class: "name" }, instrument.name),
    el("span", { class: "hint muted" }, instrument.exchange),
  );
}
