/** The partner console: what a form alone cannot do (secrets shown once, search, the tester, the page that tries). */

import { sendJson } from "../lib/api";
import { $, $$, el, must } from "../lib/dom";
import { on, refresh, sentence } from "../lib/forms";
import { curlOf, OPERATIONS, type Operation } from "../lib/partner-try";
import { verify } from "../lib/partner-verify";
import { instrumentOption, instrumentSearch, select, selectedIndex } from "../lib/search";
import { toast } from "../lib/toast";

const query = must<HTMLElement>("[data-console]").dataset.console!;
const api = (path: string): string => `/api/partner-console/${path}?${query}`;

function showOnce(box: string, field: string, value: string, said: string): void {
  const place = must<HTMLElement>(box);
  must<HTMLInputElement>(field, place).value = value;
  place.hidden = false;
  must<HTMLElement>("[data-copy]", place).focus();
  toast(said);
}

// To end all other keys at once is asked again; a rotation is not.
document.querySelector<HTMLSelectElement>("#overlap_hours")?.addEventListener("change", ({ currentTarget }) => {
  const data = must("#key-form").dataset;
  if ((currentTarget as HTMLSelectElement).value !== "0") return void delete data["consequence"];
  Object.assign(data, { ask: "End all other keys now?", consequence: "Every other key of this environment is dead at once, before the new one is in use.", act: "End them" });
});

on<{ key: string }>("#key-form", "done", ({ key }, event) => {
  event.preventDefault();
  void refresh("#keys").then(() => showOnce("#key-once", "#new-key", key, "A new key was made. It is shown this once."));
});

on<{ webhook_secret: string }>("#secret-rotate", "done", ({ webhook_secret: secret }, event) => {
  event.preventDefault();
  void refresh("#secret").then(() => showOnce("#secret-once", "#new-secret", secret, "The secret is rotated. It is shown this once."));
});

on<{ count: number }>("#resend-failed-form", "done", ({ count }, event) => {
  event.preventDefault();
  must<HTMLDialogElement>("#resend-failed").close();
  toast(count ? `${count} deliver${count === 1 ? "y is" : "ies are"} sent again.` : "Nothing failed since then.");
  void refresh("#attempts");
});

document.addEventListener("change", (event) => {
  const target = event.target as Element;
  if (target instanceof HTMLSelectElement) target.closest<HTMLFormElement>("form[data-auto-submit]")?.submit();
});

async function toggle(button: HTMLButtonElement): Promise<void> {
  const [method, url] = button.dataset.toggle!.split(" ") as ["PATCH", string];
  const active = button.dataset.active === "true";
  button.disabled = true;
  try {
    await sendJson(method, url, { is_active: active });
    toast(active ? "It is active again." : "It is paused. Nothing about it is sent until you resume it.");
    await refresh("#subscriptions");
  } catch (cause) {
    toast(sentence(cause), { kind: "error" });
    button.disabled = false;
  }
}

async function sendTest(button: HTMLButtonElement): Promise<void> {
  const state = must<HTMLElement>("#test-state");
  button.disabled = true;
  state.textContent = "Sending…";
  try {
    const { event_id: id } = await sendJson<{ event_id: string }>("POST", api("webhook/test"), { event: button.dataset.testEvent });
    const link = el("a", { href: `/partner/deliveries/?${query}` }, "Deliveries");
    state.replaceChildren(`${id} is on its way. See `, link, " for the answer.");
  } catch (cause) {
    state.textContent = sentence(cause);
  } finally {
    button.disabled = false;
  }
}

document.addEventListener("click", (event) => {
  const target = event.target as Element;
  const switched = target.closest<HTMLButtonElement>("button[data-toggle]");
  if (switched) void toggle(switched);
  const test = target.closest<HTMLButtonElement>("button[data-test-event]");
  if (test) void sendTest(test);
});

/** The box that finds a share. */
function startSearch(input: HTMLInputElement): void {
  const list = must<HTMLElement>("#share-list");
  const search = instrumentSearch(8);
  const close = (): void => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const take = (node: HTMLElement): void => {
    input.value = node.dataset.symbol!;
    close();
  };
  input.addEventListener("input", async () => {
    if (!input.value.trim()) return close();
    const found = await search(input.value.trim()).catch(() => null);
    if (found === null) return;
    const shares = found.filter((row) => row.exchange === "NSE" && row.segment === "EQ");
    list.replaceChildren(
      ...shares.map((row, at) => {
        const node = instrumentOption(`share-${at}`, row);
        node.dataset.symbol = row.symbol.split(":").pop()!;
        return node;
      }),
    );
    list.hidden = shares.length === 0;
    input.setAttribute("aria-expanded", String(shares.length > 0));
  });
  input.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    const at = selectedIndex(list);
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      select(input, list, at + (event.key === "ArrowDown" ? 1 : at < 0 ? 0 : -1));
    } else if (event.key === "Enter" && at >= 0) {
      event.preventDefault();
      take($$("[role=option]", list)[at]!);
    } else if (event.key === "Escape") close();
  });
  list.addEventListener("pointerdown", (event) => {
    const node = (event.target as Element).closest<HTMLElement>("[role=option]");
    if (!node) return;
    event.preventDefault();
    take(node);
  });
  input.addEventListener("blur", close);
}

function startTester(form: HTMLFormElement): void {
  const value = (id: string): string => must<HTMLInputElement | HTMLTextAreaElement>(id, form).value;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const pasted = { headers: value("#t-headers"), body: value("#t-body"), secret: value("#t-secret").trim(), nowS: Date.now() / 1000 };
    const found = await verify(pasted);
    must("#verdicts").replaceChildren(
      ...found.map(({ ok, title, why }) =>
        el("li", {}, el("span", { class: `badge ${ok ? "up" : "danger"}` }, ok ? "Holds" : "Fails"), el("strong", {}, title), el("span", {}, why)),
      ),
    );
  });
}

/** Fills the form with an operation, keeps the command beside it, sends. */
function startTrying(form: HTMLFormElement): void {
  const root = form.dataset.root!;
  const [chooser, scenario] = [must<HTMLSelectElement>("#try-operation"), must<HTMLSelectElement>("#try-scenario")];
  const [path, body, key] = [must<HTMLInputElement>("#try-path"), must<HTMLTextAreaElement>("#try-body"), must<HTMLInputElement>("#try-key")];
  const operation = (): Operation => OPERATIONS[chooser.selectedIndex]!;
  const command = (): void => {
    must("#try-curl").textContent = curlOf(root, operation(), path.value, body.value, scenario.value);
  };
  const fill = (): void => {
    path.value = operation().path;
    body.value = operation().body === undefined ? "" : JSON.stringify(operation().body, null, 2);
    must<HTMLElement>("#try-body-field").hidden = operation().method === "GET";
    command();
  };
  chooser.replaceChildren(...OPERATIONS.map(({ label, method }) => el("option", {}, `${method} · ${label}`)));
  chooser.addEventListener("change", fill);
  for (const node of [path, body, scenario]) node.addEventListener("input", command);
  const maker = must<HTMLButtonElement>("#try-make");
  maker.addEventListener("click", () => void makeKey(maker, key));
  const sender = must<HTMLButtonElement>("[type=submit]", form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (sender.getAttribute("aria-disabled")) return;
    sender.setAttribute("aria-disabled", "true"); // unlike disabled, it leaves the focus where it is
    await tryIt(operation(), path.value, body.value, scenario.value, key.value.trim());
    sender.removeAttribute("aria-disabled");
  });
  fill();
}

async function makeKey(button: HTMLButtonElement, field: HTMLInputElement): Promise<void> {
  const test = new URLSearchParams(query);
  test.set("environment", "test");
  button.disabled = true;
  try {
    const { key } = await sendJson<{ key: string }>("POST", `/api/partner-console/keys?${test}`, { label: "Try it" });
    field.value = key;
    toast("A test key was made for this page. Revoke it under Keys when you are done.");
  } catch (cause) {
    toast(sentence(cause), { kind: "error" });
  } finally {
    button.disabled = false;
  }
}

async function tryIt(operation: Operation, path: string, body: string, scenario: string, key: string): Promise<void> {
  const fault = must<HTMLElement>("#try-key-error");
  fault.textContent = key.startsWith("tc_test_") ? "" : "Paste a test key (tc_test_…), or make one.";
  if (fault.textContent) return must<HTMLInputElement>("#try-key").focus();
  const headers: Record<string, string> = { Accept: "application/json", Authorization: `Bearer ${key}` };
  if (scenario) headers["X-TC-Test-Scenario"] = scenario;
  const init: RequestInit = { method: operation.method, headers, credentials: "omit" };
  if (operation.method === "POST") {
    headers["Content-Type"] = "application/json";
    init.body = body;
  }
  const [state, answer] = [must<HTMLElement>("#try-state"), must<HTMLElement>("#try-answer")];
  state.textContent = "Asking…";
  const started = performance.now();
  try {
    const response = await fetch(`/api/partner/v1/${path.trim().replace(/^\/+/, "")}`, init);
    const text = await response.text();
    const [left, limit] = [response.headers.get("X-RateLimit-Remaining"), response.headers.get("X-RateLimit-Limit")];
    const rest = limit ? ` · ${left} of ${limit} requests left this minute` : "";
    state.textContent = `HTTP ${response.status} in ${Math.round(performance.now() - started)} ms${rest}`;
    answer.textContent = pretty(text);
    answer.hidden = false;
  } catch {
    state.textContent = "The server did not answer. Check the connection and try again.";
  }
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

const share = $<HTMLInputElement>("#share");
if (share) startSearch(share);
const tester = $<HTMLFormElement>("#tester-form");
if (tester) startTester(tester);
const trying = $<HTMLFormElement>("#try-form");
if (trying) startTrying(trying);
