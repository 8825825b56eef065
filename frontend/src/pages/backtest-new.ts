/** The form that runs a backtest: presets, what an empty field means, one run however often the button is pressed. */

import { getPage } from "../lib/api";
import { $, $$, embedded, must } from "../lib/dom";
import { istDate } from "../lib/format";
import { bodyOf, call, on, sentence, say } from "../lib/forms";
import { inWords, spanInWords, yearsBefore } from "../lib/report/money";

const form = must<HTMLFormElement>("#backtest-form");
const field = (name: string): HTMLInputElement => must<HTMLInputElement>(`[name="${name}"]`, form);
const dayLabel = (day: string): string => istDate(new Date(`${day}T00:00:00+05:30`));

const PLAN_HELP: Record<string, string> = {
  zerodha: "No brokerage on delivery; taxes and fees in force on each trade's date.",
  icici: "Brokerage of the Prime plan; taxes and fees in force on each trade's date.",
  none: "For comparison only: nobody trades for nothing.",
  flat: "One rate for every order, taxes included. For what-if questions.",
};
/** Members are known from a date on; a single list means that earlier years lean on survivors. */
const SHORT_YEARS = 3;

function showCapital(): void {
  const value = Number(field("starting_capital").value);
  must("#starting_capital-words").textContent = inWords(value);
  for (const button of $$("[data-capital]", form)) button.setAttribute("aria-pressed", String(Number(button.dataset.capital) === value));
}

function showRange(): void {
  const [from, to] = [field("start_date").value, field("end_date").value];
  const span = from && to ? spanInWords(from, to) : "";
  const help = must("#range-help");
  const years = (Date.parse(to) - Date.parse(from)) / 86_400_000 / 365.25;
  const short = span && years < SHORT_YEARS ? " Under three years no Sharpe ratio is claimed." : "";
  help.textContent = span ? `${span}. Indicators warm up on sessions before the start; the first purchase is at the next open.${short}` : "";
  for (const button of $$("[data-years]", form)) {
    button.setAttribute("aria-pressed", String(to === form.dataset.today && from === yearsBefore(to, Number(button.dataset.years))));
  }
}

function showUniverse(): void {
  const option = must<HTMLSelectElement>("#universe").selectedOptions[0];
  const lists = Number(option?.dataset.lists ?? 0);
  must("#universe-help").textContent =
    lists > 1 ? `${lists} dated lists of members: a share must be a member on the day of the signal.` : lists === 1 ? `One list of members, of ${option?.dataset.asOf}; it is used for all dates.` : "";
}

function showCosts(): void {
  const kind = must<HTMLSelectElement>("#costs-kind").value;
  const flat = kind === "flat";
  const [named, rate] = [must<HTMLInputElement>("#costs"), must<HTMLInputElement>("#costs-flat")];
  named.disabled = flat;
  rate.disabled = !flat;
  must("#flat-field").hidden = !flat;
  if (!flat) named.value = kind;
  must("#costs-help").textContent = PLAN_HELP[kind] ?? "";
}

function showSummary(): void {
  const strategy = must<HTMLSelectElement>("#strategy").selectedOptions[0]?.textContent?.trim() ?? "";
  const universe = must<HTMLSelectElement>("#universe").selectedOptions[0]?.textContent ?? "";
  const [from, to] = [field("start_date").value, field("end_date").value];
  const range = from && to ? `${dayLabel(from)} to ${dayLabel(to)}` : "no range yet";
  must("#run-summary").textContent = `${strategy} on ${universe}, ${range}, with ${inWords(Number(field("starting_capital").value)) || "no capital yet"}.`;
}

function showAll(): void {
  showCapital();
  showRange();
  showUniverse();
  showCosts();
  showSummary();
}

/** The words, the parameters and what empty fields mean, of another strategy. What was typed stays. */
async function chooseStrategy(key: string): Promise<void> {
  const picker = must<HTMLSelectElement>("#strategy");
  picker.name = "strategy_id";
  picker.setAttribute("aria-busy", "true");
  try {
    const fresh = await getPage(`${location.pathname}?strategy=${encodeURIComponent(key)}`);
    if (picker.value !== key) return;
    const part = must("#strategy-part", fresh);
    must("#strategy-part").replaceWith(document.adoptNode(part));
    for (const name of ["position_size_pct", "max_positions", "max_per_sector"]) {
      must(`#${name}-help`).textContent = must(`#${name}-help`, fresh).textContent;
      field(name).placeholder = must<HTMLInputElement>(`#${name}`, fresh).placeholder;
    }
    const own = must("#strategy-part").dataset.universe;
    if (own) must<HTMLSelectElement>("#universe").value = own;
    for (const link of $$<HTMLAnchorElement>("[data-with-strategy]")) link.href = `${link.dataset.withStrategy}?strategy=${encodeURIComponent(key)}`;
    history.replaceState(null, "", `${location.pathname}?strategy=${encodeURIComponent(key)}`);
    showAll();
  } catch (cause) {
    say(form, `The strategy could not be read. ${sentence(cause)}`);
  } finally {
    picker.removeAttribute("aria-busy");
  }
}

function body(): Record<string, unknown> {
  const found = bodyOf(form);
  const rules = $("#strategy-part #inline-rules") ? embedded<object>("inline-rules") : null;
  if (!found.strategy_id && rules) return { ...found, strategy: rules };
  return found;
}

let timer = 0;
let isLeaving = false;

function running(is: boolean): void {
  const [job, button] = [must("#run-job"), must<HTMLButtonElement>("#run-button")];
  clearInterval(timer);
  button.disabled = is;
  if (!is) {
    job.hidden = true;
    return;
  }
  const started = Date.now();
  const tick = (): void => {
    const seconds = Math.floor((Date.now() - started) / 1000);
    // A run of a moment needs no words.
    job.hidden = Date.now() - started < 600;
    must("#run-time").textContent = `${seconds} s`;
  };
  timer = window.setInterval(tick, 200);
}

async function run(): Promise<void> {
  if (must<HTMLButtonElement>("#run-button").disabled) return;
  running(true);
  try {
    await call(form, body());
  } finally {
    // After success the button stays shut: the report is on its way.
    if (!isLeaving) running(false);
  }
}

// Before the frame's own listener on the document: this form's body is not only its fields.
form.addEventListener("submit", (event) => {
  event.preventDefault();
  event.stopPropagation();
  void run();
});
on<{ id: number }>("#backtest-form", "done", (answer) => {
  isLeaving = true;
  const { earlier } = form.dataset;
  location.assign(`/backtests/${answer.id}/${earlier ? `?against=${earlier}` : ""}`);
});

form.addEventListener("input", showAll);
form.addEventListener("change", (event) => {
  const target = event.target as HTMLSelectElement;
  if (target.id === "strategy" && target.value) void chooseStrategy(target.value);
  if (target.id === "financial-year" && target.value) {
    const [from, to] = target.value.split("/") as [string, string];
    field("start_date").value = from;
    field("end_date").value = to;
    target.value = "";
  }
  showAll();
});
form.addEventListener("click", (event) => {
  const button = (event.target as Element).closest<HTMLElement>("[data-years], [data-capital]");
  if (!button) return;
  const today = form.dataset.today!;
  if (button.dataset.years) {
    field("end_date").value = today;
    field("start_date").value = yearsBefore(today, Number(button.dataset.years));
  }
  if (button.dataset.capital) field("starting_capital").value = button.dataset.capital;
  showAll();
});
// Back from the report: the browser may bring the form as it was left, shut.
addEventListener("pageshow", () => {
  isLeaving = false;
  running(false);
});
showAll();
