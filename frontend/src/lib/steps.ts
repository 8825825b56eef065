/** A task in steps: <div data-steps> with a <c-stepper> and <section data-step="1">, "2", …; one is shown at a time. */

import { $, $$ } from "./dom";

/** Show step `number` and put the focus where it begins. */
export function showStep(root: HTMLElement, number: number): void {
  $$("[data-step]", root).forEach((section) => (section.hidden = section.dataset.step !== String(number)));
  $$(".stepper li", root).forEach((item, i) => {
    item.dataset.state = i + 1 < number ? "done" : i + 1 === number ? "now" : "next";
    if (i + 1 === number) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
  });
  const section = $(`[data-step="${number}"]`, root);
  const begin = section && ($<HTMLElement>(".input:not([readonly]):not([type=hidden])", section) ?? $<HTMLElement>("button, a", section));
  begin?.focus();
}

/** The steps that contain `node`. */
export const stepsOf = (node: Element): HTMLElement | null => node.closest<HTMLElement>("[data-steps]");
