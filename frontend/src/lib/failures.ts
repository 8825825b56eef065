/** What htmx could not load says so: in its place where something still waits there, else as a toast. */

import htmx from "htmx.org";

import { el } from "./dom";
import { toast } from "./toast";

const AWAY = "The server did not answer.";

/** Say in a place that waits for its content why it did not come, with a button that asks again. */
export function showFailure(place: HTMLElement, words: string): void {
  const again = el("button", { type: "button", class: "button quiet small" }, "Try again");
  again.addEventListener("click", () => htmx.trigger(place, "again"));
  (place.querySelector(".card-body") ?? place).replaceChildren(el("p", { role: "alert" }, words), again);
  place.setAttribute("aria-busy", "false");
}

function failed(event: Event, words: string, hint: string): void {
  const place = event.target as HTMLElement;
  if (place.closest("[data-poll]")) return; // It is asked again by itself; the feed band says that the server is away.
  if (place.hasAttribute("aria-busy")) showFailure(place, `${words} This part is missing.`);
  else toast(`${words} ${hint}`, { kind: "error" });
}

export function startFailures(): void {
  document.addEventListener("htmx:sendError", (event) => failed(event, AWAY, "Check the connection and try again."));
  document.addEventListener("htmx:responseError", (event) => {
    const { status } = (event as CustomEvent<{ xhr: XMLHttpRequest }>).detail.xhr;
    failed(event, status === 401 ? "You are signed out." : `The server could not do this (${status}).`, status === 401 ? "Sign in again." : "Try again in a moment.");
  });
}
