/** The option chain around the money: calls left, puts right, the strikes of the trades marked. */

import { el } from "./dom";
import type { Chain, ChainQuote, ChainRow, Trade } from "./fno";
import { badge, section, source, svg } from "./fno-parts";
import { compact, istDate, number, price } from "./format";

type Side = "ce" | "pe";

const COLUMNS: [string, string][] = [["Open interest", "oi"], ["OI change", "oi_change"], ["Volume", "volume"], ["Volatility", "iv"], ["Price ₹", "ltp"]]; // prettier-ignore
/** Columns that a narrow screen leaves out; the volatility stands under the price there. */
const WIDE = new Set(["oi_change", "volume", "iv"]);

/** The most telling first; "NO_CHAIN" alone says no more than the card's title. */
const WHY: Record<string, string> = {
  CALENDAR_UNKNOWN: "No official trading calendar is loaded for this year, so the expiry is not known.",
  PROVIDER_DOWN: "A source of market data does not answer. It is asked again every quarter of a minute.",
  NOT_LISTED: "The contracts of this expiry are not listed where prices come from.",
};

export function chainCard(chain: Chain, trades: readonly Trade[]): HTMLElement {
  if (!chain.rows.length) {
    return section("fno-chain", "Option chain", "chain", el("div", { class: "empty" }, el("p", { class: "title" }, "No chain now"), el("p", {}, noChainWords(chain.faults))));
  }
  const most = Math.max(1, ...chain.rows.flatMap((row) => [row.ce?.oi ?? 0, row.pe?.oi ?? 0]));
  const table = el(
    "table",
    { class: "table fno-chain", "data-rows": true },
    el("caption", { class: "visually-hidden" }, `Option chain of ${chain.index}, expiry ${chain.expiry ?? "unknown"}`),
    el("thead", {}, sides(), heads()),
    el("tbody", {}, ...lines(chain, trades, most)),
  );
  const facts = [`expires ${chain.expiry ? istDate(new Date(`${chain.expiry}T12:00:00+05:30`)) : "unknown"}`, `${number(chain.days_to_expiry, 1)} days left`, `puts to calls ${number(chain.put_call_ratio, 2)}`, `forward ${price(chain.forward)}`];
  return section(
    "fno-chain",
    "Option chain",
    "chain",
    el("p", { class: "fno-note" }, facts.join(" · ")),
    el("div", { class: "table-scroll tall", tabindex: 0, role: "region", "aria-label": "Option chain" }, table),
    el("div", { class: "card-foot" }, source(chain.data_source, chain.as_of, 90), el("span", {}, "Calls on the left, puts on the right; 1, 2, 3: rank of the trades above. Open interest in units.")),
  );
}

/** Why there is no chain, from what gathering it met; other faults are of other inputs. */
export function noChainWords(faults: readonly string[]): string {
  const said = Object.entries(WHY).filter(([code]) => faults.includes(code)).map(([, words]) => words);
  return said.length ? said.join(" ") : "No source has an option chain of this index at the moment.";
}

function sides(): HTMLElement {
  const side = (name: string): HTMLElement => el("th", { scope: "colgroup", colspan: COLUMNS.length, class: "side" }, name);
  return el("tr", { class: "sides" }, side("Calls"), el("td", { class: "strike" }), side("Puts"));
}

function heads(): HTMLElement {
  const names = (side: Side): HTMLElement[] =>
    (side === "ce" ? COLUMNS : [...COLUMNS].reverse()).map(([name, key]) => el("th", { scope: "col", class: `num${WIDE.has(key) ? " wide-only" : ""}` }, el("span", { class: "visually-hidden" }, side === "ce" ? "Call " : "Put "), el("span", { class: "head" }, name), ...(key === "ltp" ? [el("small", { class: "narrow-only" }, "Volatility")] : [])));
  return el("tr", {}, ...names("ce"), el("th", { scope: "col", class: "strike" }, "Strike"), ...names("pe"));
}

function lines(chain: Chain, trades: readonly Trade[], most: number): HTMLElement[] {
  const made: HTMLElement[] = [];
  const spot = chain.spot_price;
  let isDrawn = spot === null;
  for (const row of chain.rows) {
    if (!isDrawn && spot !== null && row.strike > spot) {
      made.push(el("tr", { class: "spot-line" }, el("td", { colspan: 11 }, `Index ${price(spot)}`)));
      isDrawn = true;
    }
    made.push(line(row, chain, trades, most));
  }
  return made;
}

function line(row: ChainRow, chain: Chain, trades: readonly Trade[], most: number): HTMLElement {
  const isAtm = row.strike === chain.atm_strike;
  const chosen = (side: Side): Trade | undefined => trades.find((trade) => trade.strike === row.strike && trade.option_type === side.toUpperCase());
  const strike = el("th", { scope: "row", class: "strike" }, number(row.strike, Number.isInteger(row.strike) ? 0 : 2), ...(isAtm ? [" ", badge("ATM", "accent")] : []));
  return el("tr", { "data-key": String(row.strike), class: isAtm ? "atm" : "" }, ...cells(row.ce, "ce", most, chosen("ce")), strike, ...cells(row.pe, "pe", most, chosen("pe")));
}

function cells(quote: ChainQuote | null, side: Side, most: number, chosen: Trade | undefined): HTMLElement[] {
  const made = COLUMNS.map(([, key]) => {
    const cell = el("td", { class: `num ${side}${WIDE.has(key) ? " wide-only" : ""}${key === "oi" ? " oi" : ""}${key === "ltp" && chosen ? " chosen" : ""}` });
    if (!quote) return cell;
    if (key === "oi") cell.append(oiBar(quote.oi / most, side), el("span", {}, compact(quote.oi)));
    else if (key === "oi_change") cell.append(quote.oi_change === null ? "–" : `${quote.oi_change > 0 ? "+" : quote.oi_change < 0 ? "−" : ""}${compact(Math.abs(quote.oi_change))}`);
    else if (key === "volume") cell.append(compact(quote.volume));
    else if (key === "iv") cell.append(volatility(quote));
    else cell.append(...(chosen ? [badge(String(chosen.rank), "accent"), el("span", { class: "visually-hidden" }, `trade ${chosen.rank} `), " "] : []), price(quote.ltp), el("small", { class: "narrow-only" }, volatility(quote)));
    return cell;
  });
  return side === "ce" ? made : made.reverse();
}

const volatility = (quote: ChainQuote): string => (quote.iv === null ? "–" : `${number(100 * quote.iv, 1)}%${quote.iv_source === "previous" ? "*" : ""}`);

/** Bars grow from the strike outwards: calls to the left, puts to the right. */
function oiBar(share: number, side: Side): SVGElement {
  const width = 100 * Math.max(0, Math.min(1, share));
  return svg("svg", { "aria-hidden": "true" }, svg("rect", { x: side === "ce" ? `${100 - width}%` : 0, y: 0, width: `${width}%`, height: "100%" }));
}
