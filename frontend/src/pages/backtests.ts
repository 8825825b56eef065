/** The list of runs: filters that apply at once, and two to four runs chosen to be compared. */

import { $, $$, must } from "../lib/dom";
import { toast } from "../lib/toast";

const MOST = 4;
/** Kept while the list is left for a report: choosing takes looking. */
const KEY = "backtests.compare";

const remembered = (): string[] => (sessionStorage.getItem(KEY) ?? "").split(",").filter(Boolean);
let picked = remembered();

function show(): void {
  for (const box of $$<HTMLInputElement>("[data-pick]")) {
    box.checked = picked.includes(box.value);
    box.closest("tr")?.setAttribute("data-picked", String(box.checked));
  }
  const bar = must("#compare-bar");
  bar.hidden = picked.length === 0;
  must("[data-count]", bar).textContent = picked.length === 1 ? "1 run chosen; choose another to compare" : `${picked.length} runs chosen`;
  const link = must<HTMLAnchorElement>("[data-compare]", bar);
  link.href = `/backtests/compare/?ids=${picked.join(",")}`;
  link.toggleAttribute("hidden", picked.length < 2);
  sessionStorage.setItem(KEY, picked.join(","));
}

function pick(box: HTMLInputElement): void {
  if (box.checked && picked.length >= MOST) {
    box.checked = false;
    toast(`At most ${MOST} runs are compared. Take one away first.`);
    return;
  }
  picked = box.checked ? [...picked, box.value] : picked.filter((id) => id !== box.value);
  show();
}

document.addEventListener("change", (event) => {
  const target = event.target as HTMLElement;
  if (target instanceof HTMLInputElement && target.matches("[data-pick]")) pick(target);
  if (target instanceof HTMLSelectElement) target.closest<HTMLFormElement>("form[data-auto-submit]")?.submit();
});
document.addEventListener("click", (event) => {
  if (!(event.target as Element).closest("[data-clear-picks]")) return;
  picked = [];
  show();
});
// A deleted run cannot be compared; one on another page of the list can.
document.addEventListener("done", (event) => {
  const gone = (event.target as HTMLElement).dataset.api?.split("/").at(-1);
  picked = picked.filter((id) => id !== gone);
});
document.addEventListener("refreshed", show);
// A report that sends its reader here has chosen itself.
const asked = new URLSearchParams(location.search).get("pick");
if (asked && /^\d+$/.test(asked) && !picked.includes(asked)) picked = [...picked, asked].slice(-MOST);
if ($("#compare-bar")) show();
