/** Short messages of what happened, with undo where undo is possible. */

import { el, must } from "./dom";

type Options = { kind?: "info" | "error"; undo?: () => void };

const SHOWN_MS = 6000;

export function toast(text: string, { kind = "info", undo }: Options = {}): void {
  const box = el("div", { class: `toast ${kind}`, role: kind === "error" ? "alert" : "status" }, el("span", { class: "text" }, text));
  const close = (): void => box.remove();
  if (undo) {
    const button = el("button", { class: "button small", type: "button" }, "Undo");
    button.addEventListener("click", () => {
      undo();
      close();
    });
    box.append(button);
  }
  const dismiss = el("button", { class: "button quiet small icon", type: "button", "aria-label": "Dismiss" }, "×");
  dismiss.addEventListener("click", close);
  box.append(dismiss);
  must(".toasts").append(box);
  // An error stays until it is read; the rest leaves on its own unless somebody is on it.
  if (kind !== "error") {
    const leave = (): void => {
      if (box.matches(":hover, :focus-within")) setTimeout(leave, 1500);
      else close();
    };
    setTimeout(leave, SHOWN_MS);
  }
}
