/** The four index cards and the breakdown of one analysis. */

import { el } from "./dom";
import { DIRECTIONS, LATE_S, MODES, calibrationWords, checkWords, disciplineWords, gradeWords, sessionWords, type Analysis, type Answer, type Check, type Layers, type Part, type Vote } from "./fno";
import { badge, bar, directionMark, how, pair, ring, section, source } from "./fno-parts";
import { ageWords, number, price, signed } from "./format";

const PHASES: Record<string, string> = { OPEN: "Open", CLOSED: "Closed", PRE_OPEN: "Pre-open", CLOSING_AUCTION: "Closing auction", POST_CLOSE: "After the close" };

export const phaseWords = (phase: string): string => PHASES[phase] ?? phase.toLowerCase().replaceAll("_", " ");

/** A live price of a symbol, with what was known before the first tick. */
export function livePrice(symbol: string, value: number | null): HTMLElement {
  return el("span", { class: "price", "data-live": symbol, "data-field": "last_price", ...(value !== null && { "data-value": value }) }, price(value));
}

export function card(name: string, symbol: string, answer: Answer | undefined, isCurrent: boolean): HTMLElement {
  const head = el("div", { class: "fno-head" }, el("a", { class: "name", href: `?index=${name}`, "data-index": name, ...(isCurrent && { "aria-current": "true" }) }, name));
  const body = el("article", { class: `card fno-card${isCurrent ? " current" : ""}`, "data-card": name, "aria-label": name }, head);
  if (!answer) {
    body.append(el("div", { class: "fno-spot" }, livePrice(symbol, null)), el("p", { class: "muted" }, "Waiting for the first scan."));
    return body;
  }
  const it = answer.analysis;
  head.append(answer.signal ? badge("Signal live", "accent") : badge(phaseWords(it.market_phase)));
  body.append(
    el("div", { class: "fno-spot" }, livePrice(symbol, it.spot_price), el("span", { class: "price change", "data-live": symbol, "data-field": "change_pct" })),
    verdict(it),
    el("p", { class: "fno-entry" }, el("b", {}, MODES[it.entry_mode] ?? it.entry_mode), it.entry_mode === "NONE" ? "" : `: ${it.entry_words}`),
    veto(it, 2),
    el("div", { class: "fno-foot" }, source(it.data_source, it.as_of, LATE_S), ...(sessionWords(it) ? [el("span", { class: "fno-time" }, `Market time ${sessionWords(it)}`)] : [])),
  );
  return body;
}

function verdict(it: Analysis): HTMLElement {
  const said = calibrationWords(it);
  return el(
    "div",
    { class: "fno-verdict" },
    ring(it.confidence, DIRECTIONS[it.trade_direction].turn, `Confidence ${it.confidence} of 100, ${said}`),
    el("div", {}, el("p", { class: "fno-word" }, directionMark(it.trade_direction)), el("p", {}, gradeWords(it)), el("p", { class: "muted" }, `Confidence ${said}`)),
  );
}

/** Why nothing fires, or that it does. */
export function veto(it: Analysis, most: number): HTMLElement {
  if (it.actionable) return el("p", { class: "fno-veto" }, badge("Actionable", "up"), " Nothing forbids a signal.");
  const shown = it.veto_words.slice(0, most);
  const rest = it.veto_words.length - shown.length;
  const items = shown.map((words) => el("li", {}, words));
  if (rest > 0) items.push(el("li", { class: "muted" }, `and ${rest} more reason${rest === 1 ? "" : "s"}`));
  return el("div", { class: "fno-veto" }, badge("No new signal", "warning"), el("ul", {}, ...items));
}

/** What the verdict of the chosen index rests on. */
export function facts(it: Analysis): HTMLElement {
  return el(
    "dl",
    { class: "fno-pairs" },
    pair("Score before calibration", number(it.raw_confidence, 1)),
    pair("Stop on the index", it.stop_distance === null ? "–" : `${number(it.stop_distance, 1)} points`),
    pair("Oldest input", it.data_age_s === null ? "–" : `${ageWords(it.data_age_s)} old at the scan`),
    pair("Market", phaseWords(it.market_phase)),
    ...(sessionWords(it) ? [pair("Market time", sessionWords(it))] : []),
  );
}

export function layers(it: Analysis): HTMLElement {
  const { direction, strength, filters } = it.layers;
  return section(
    "fno-layers",
    "What the confidence is made of",
    "confidence",
    el("div", { class: "fno-layers" }, directionPart(direction, it), strengthPart(strength), filtersPart(filters, it, sessionWords(it))),
    el("div", { class: "card-foot" }, source(it.data_source, it.as_of, LATE_S), el("span", {}, `${it.missing_words.length ? `Not known: ${it.missing_words.join("; ")}. ` : ""}Engine ${it.engine_version}.`)),
  );
}

const heading = (title: string, key: string, figure: string): HTMLElement => el("div", { class: "fno-layer-head" }, el("h3", {}, title), how(key), el("span", { class: "figure" }, figure));

/** A table of rows with a bar; `heads` names the columns. */
function barTable(caption: string, heads: string[], rows: HTMLElement[]): HTMLElement {
  const head = el("tr", {}, ...heads.map((text, i) => el("th", { scope: "col", class: i && i < heads.length - 1 ? "num" : "" }, text)));
  return el("table", { class: "table fno-bars" }, el("caption", { class: "visually-hidden" }, caption), el("thead", {}, head), el("tbody", {}, ...rows));
}

export function directionPart(direction: Layers["direction"], it: Pick<Analysis, "trade_direction">): HTMLElement {
  const row = (vote: Vote): HTMLElement =>
    el("tr", {}, el("th", { scope: "row" }, vote.label, el("small", {}, vote.words)), el("td", { class: "num" }, `${number(100 * vote.weight, 0)}%`), el("td", { class: "num" }, signed(vote.value, 2)), el("td", {}, bar(vote.value, true)));
  const kept = direction.kept_minutes === null ? "" : `, kept for ${number(direction.kept_minutes, 0)} min`;
  return el(
    "div",
    {},
    heading("Direction", "direction", signed(direction.d, 2)),
    el("p", { class: "muted" }, `${DIRECTIONS[it.trade_direction].word}${kept}. ${number(100 * (direction.agreement ?? 0), 0)}% of the votes agree; ${number(100 * direction.q, 0)}% of them have data.`),
    barTable("Votes for the direction", ["Vote", "Weight", "Value", "Bearish to bullish"], direction.votes.map(row)),
  );
}

export function strengthPart(strength: Layers["strength"]): HTMLElement {
  const row = (part: Part): HTMLElement =>
    el("tr", {}, el("th", { scope: "row" }, part.label, el("small", {}, part.measure === null ? "no data" : `measured ${number(part.measure, 2)}`)), el("td", { class: "num" }, `${number(100 * part.weight, 0)}%`), el("td", { class: "num" }, number(part.value, 2)), el("td", {}, bar(part.value, false)));
  const rank = strength.iv_rank === null ? "" : ` Volatility stands at ${number(strength.iv_rank, 0)}% of its year's range.`;
  return el("div", {}, heading("Strength", "strength", number(strength.s, 2)), el("p", { class: "muted" }, `${number(100 * strength.coverage, 0)}% of it has data.${rank}`), barTable("Parts of the strength", ["Part", "Weight", "Value", "None to full"], strength.parts.map(row)));
}

export function filtersPart({ checks, softeners, discipline }: Layers["filters"], it: { vetoes: string[] }, time = ""): HTMLElement {
  const passed = checks.filter((check) => check.passed === true).length;
  const unknown = checks.filter((check) => check.passed === null).length;
  const failed = checks.filter((check) => check.passed === false);
  return el(
    "div",
    {},
    heading("Filters", "filters", failed.length ? `${failed.length} of ${checks.length} failed` : "none failed"),
    el("p", { class: "muted" }, `${passed} passed, ${failed.length} failed, ${unknown} without data.${time ? ` Hours are those of the market, at ${time}.` : ""}`),
    el("ul", { class: "fno-checks" }, ...failed.map((check) => el("li", {}, el("b", { class: "down" }, "✕ Failed"), ` ${check.words}`))),
    el("details", { class: "twin" }, el("summary", {}, `All ${checks.length} checks`), el("ul", { class: "fno-checks" }, ...checks.map(checkLine))),
    el("h4", {}, "Softeners"),
    softeners.length ? el("ul", { class: "fno-checks" }, ...softeners.map((one) => el("li", {}, `${one.label}: × ${number(one.factor, 2)}`))) : el("p", { class: "muted" }, "Nothing lowers the confidence."),
    el("div", { class: "fno-layer-head" }, el("h4", {}, "Loss-averse state"), how("discipline")),
    el("ul", { class: "fno-checks" }, ...disciplineWords(discipline, it.vetoes, Date.now() / 1000).map((words) => el("li", {}, words))),
    el("dl", { class: "fno-pairs" }, pair("Today", `${signed(discipline.day_r, 2)} R`), pair("This week", `${signed(discipline.week_r, 2)} R`), pair("Size", `${number(100 * discipline.size, 0)}%`)),
  );
}

function checkLine(check: Check): HTMLElement {
  const state = check.passed === null ? "? No data" : check.passed ? "✓ Passed" : "✕ Failed";
  return el("li", {}, el("b", { class: check.passed === false ? "down" : "" }, state), ` ${checkWords(check)}`);
}
