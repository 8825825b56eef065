/**
 * Forms and buttons that call the API. The page says what to call and what to say; this does the rest.
 *
 *   <form data-api="PATCH /api/auth/profile" data-done="Your name is saved." data-refresh="#profile">
 *   <button data-api="DELETE /api/auth/sessions/3" data-ask="Sign this device out?" data-consequence="…"
 *           data-act="Sign out" data-done="…">
 *
 * Body: one key for each named control. `a.b` nests; a check box is a boolean, type=number (or data-number) a number,
 * datetime-local the instant it is in the person's zone; what is empty of these is null. Check boxes with data-list are
 * the list of the values that are ticked; an empty control with data-optional is left out. Refusals stand
 * next to their fields (`errors[].loc`, or the name a sentence begins with), the rest above the form.
 * On success, in this order: the event "done" (detail: the answer; preventDefault stops what follows), the fields with
 * data-clear are emptied, the toast of data-done, the parts of data-refresh are read again, and data-next is opened.
 * On a refusal: the event "fail" (detail: the ApiError); preventDefault leaves showing it to the listener.
 */

import { ApiError, getJson, getPage, sendJson, type Fault, type Method } from "./api";
import { confirmAction } from "./dialogs";
import { $, $$, el } from "./dom";
import { countdown } from "./format";
import { prepareRows } from "./table";
import { toast } from "./toast";

type Json = Record<string, unknown>;
type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

const controls = (form: HTMLFormElement): Control[] =>
  [...form.elements].filter((node): node is Control => node.matches("input[name], select[name], textarea[name]"));

/** What was entered into a datetime-local field, in the person's zone, as an instant; null where nothing was. */
export function instantOf(entered: string): string | null {
  if (entered === "") return null;
  const moment = new Date(entered);
  return Number.isNaN(moment.getTime()) ? entered : moment.toISOString(); // the server says what is wrong with it
}

function valueOf(control: Control): unknown {
  if (control.hasAttribute("data-number") || control.type === "number") return control.value === "" ? null : Number(control.value);
  if (control instanceof HTMLInputElement && control.type === "checkbox") return control.checked;
  return control.type === "datetime-local" ? instantOf(control.value) : control.value;
}

/** The JSON body of a form. */
export function bodyOf(form: HTMLFormElement): Json {
  const body: Json = {};
  for (const control of controls(form)) {
    if (control.disabled || (control instanceof HTMLInputElement && control.type === "radio" && !control.checked)) continue;
    if (control.hasAttribute("data-optional") && control.value.trim() === "") continue;
    const path = control.name.split(".");
    const last = path.pop()!;
    let place = body;
    for (const step of path) place = (place[step] ??= {}) as Json;
    if (control.hasAttribute("data-list")) {
      const list = (place[last] ??= []) as string[];
      if (control instanceof HTMLInputElement && control.checked) list.push(control.value);
    } else place[last] = valueOf(control);
  }
  return body;
}

function errorPlace(control: Control): HTMLElement | null {
  return $(".error", control.closest(".field") ?? undefined);
}

function clearFaults(form: HTMLElement): void {
  for (const node of $$(":scope > [data-fault]", form)) node.remove();
  for (const node of $$(".field .error", form)) node.textContent = "";
  for (const node of $$("[aria-invalid]", form)) node.removeAttribute("aria-invalid");
}

/** One sentence above the form: read out at once, and where the eye begins. */
export function say(form: HTMLElement, text: string, kind: "danger" | "info" = "danger"): void {
  for (const node of $$(":scope > [data-fault]", form)) node.remove();
  const note = el("p", { class: `notice ${kind}`, role: kind === "danger" ? "alert" : "status", "data-fault": true }, text);
  const title = $(":scope > :is(h1, h2, h3)", form);
  if (title) title.after(note);
  else form.prepend(note);
}

/** The sentence of a refusal, with how long to wait and, for failures of ours, the id that finds it in the log. */
export function sentence(cause: unknown): string {
  if (!(cause instanceof ApiError)) return cause instanceof Error ? cause.message : String(cause);
  const wait = cause.retryAfterS ? ` You can try again in ${countdown(cause.retryAfterS)}.` : "";
  const id = cause.status >= 500 && cause.requestId ? ` (request ${cause.requestId})` : "";
  return `${cause.message}${wait}${id}`;
}

/** The fault of a refusal that names its field in the sentence ("webhook_url: It must …"), if it is one of `names`. */
export function namedFault(message: string, names: string[]): Fault[] {
  const [, name = "", words = ""] = /^(\w+): (.+)$/s.exec(message) ?? [];
  if (!name || !names.includes(name)) return [];
  return [{ loc: [name], msg: words.charAt(0).toUpperCase() + words.slice(1), type: "invalid" }];
}

/** Put each fault beside its field; what has no field stands above the form. Moves the focus to the first one. */
export function showFaults(form: HTMLFormElement, cause: unknown): void {
  clearFaults(form);
  const all = controls(form);
  const told = cause instanceof ApiError ? cause.faults : [];
  const faults = told.length || !(cause instanceof ApiError) ? told : namedFault(cause.message, all.map((node) => node.name));
  const homeless: string[] = [];
  let first: Control | null = null;
  for (const fault of faults) {
    const name = fault.loc.join(".");
    const control = all.find((node) => node.name === name && node.type !== "hidden");
    const place = control ? errorPlace(control) : null;
    if (!control || !place) {
      homeless.push(fault.msg);
      continue;
    }
    control.setAttribute("aria-invalid", "true");
    place.textContent = place.textContent ? `${place.textContent} ${fault.msg}` : fault.msg;
    first ??= control;
  }
  if (!faults.length) say(form, sentence(cause));
  else if (homeless.length) say(form, homeless.join(" "));
  (first ?? $<HTMLElement>(".input:not([type=hidden]):not([readonly])", form))?.focus();
}

/** Read parts of this page again. The focus stays in a part that is replaced. */
export async function refresh(selectors: string): Promise<void> {
  const fresh = await getPage(location.href);
  for (const selector of selectors.split(",").map((part) => part.trim())) {
    const [before, after] = [$(selector), $(selector, fresh)];
    if (!before || !after) continue;
    const held = before.contains(document.activeElement);
    const node = document.adoptNode(after);
    before.replaceWith(node);
    prepareRows(node);
    if (!held && document.activeElement !== document.body) continue;
    node.tabIndex = -1;
    node.focus({ preventScroll: true });
  }
  document.dispatchEvent(new CustomEvent("refreshed"));
}

type Caller = HTMLFormElement | HTMLButtonElement;

function tell<T>(caller: Caller, name: "done" | "fail", detail: T): boolean {
  return caller.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, cancelable: true }));
}

async function finish(caller: Caller, answer: unknown): Promise<void> {
  if (!tell(caller, "done", answer)) return;
  const { done, refresh: parts, next } = caller.dataset;
  for (const node of $$<HTMLInputElement>("[data-clear]", caller)) node.value = "";
  if (done) toast(done);
  if (parts) await refresh(parts);
  if (next) location.assign(next);
}

/** Whether the person agrees; callers without data-consequence do not ask. */
function agreed({ dataset }: Caller): Promise<boolean> {
  const { ask, consequence, act, typed, kind } = dataset;
  if (!consequence) return Promise.resolve(true);
  const question = { title: ask ?? "Sure?", consequence, action: act ?? "Yes", danger: kind !== "plain" };
  return confirmAction(typed ? { ...question, typed } : question);
}

/** Whether the session of this page has ended elsewhere; a wrong code is refused with the same status. */
async function signedOut(cause: unknown): Promise<boolean> {
  if (!(cause instanceof ApiError) || cause.status !== 401 || document.body.dataset.ticks !== "on") return false;
  return getJson("/api/auth/me").then(
    () => false,
    (again: unknown) => again instanceof ApiError && again.status === 401,
  );
}

/** Call what `caller` names. A second press while it runs does nothing. */
export async function call(caller: Caller, body?: Json): Promise<void> {
  if (caller.dataset.busy) return;
  const [method, url] = caller.dataset.api!.split(" ") as [Method, string];
  caller.dataset.busy = "true";
  try {
    if (!(await agreed(caller))) return;
    caller.setAttribute("aria-busy", "true");
    const answer = await sendJson<unknown>(method, url, body);
    if (caller instanceof HTMLFormElement) clearFaults(caller);
    await finish(caller, answer);
  } catch (cause) {
    if (!tell(caller, "fail", cause)) return;
    if (await signedOut(cause)) {
      location.assign(`/login/?next=${encodeURIComponent(location.pathname + location.search)}`);
      return;
    }
    if (caller instanceof HTMLFormElement) showFaults(caller, cause);
    else toast(sentence(cause), { kind: "error" });
  } finally {
    delete caller.dataset.busy;
    caller.removeAttribute("aria-busy");
  }
}

/** Listen for what a form or button was answered. */
export function on<T = unknown>(selector: string, name: "done" | "fail", listener: (detail: T, event: CustomEvent<T>) => void): void {
  document.addEventListener(name, (event) => {
    if ((event.target as Element).matches(selector)) listener((event as CustomEvent<T>).detail, event as CustomEvent<T>);
  });
}

function toggleReveal(button: HTMLElement): void {
  const input = $<HTMLInputElement>(`#${button.getAttribute("aria-controls")}`);
  if (!input) return;
  const shown = input.type === "text";
  input.type = shown ? "password" : "text";
  button.setAttribute("aria-pressed", String(!shown));
}

export function startForms(): void {
  // The server's sentences are better than the browser's bubbles, and there is one set of rules.
  const own = (): void => $$<HTMLFormElement>("form[data-api]").forEach((form) => (form.noValidate = true));
  own();
  document.addEventListener("refreshed", own);
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (!form.dataset.api) return;
    event.preventDefault();
    void call(form, bodyOf(form));
  });
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    const button = target.closest<HTMLButtonElement>("button[data-api]");
    if (button) void call(button);
    const reveal = target.closest<HTMLElement>("[data-reveal]");
    if (reveal) toggleReveal(reveal);
  });
}
