/** The pages before sign-in: password, mailed link or code, registration, a new password. They work without the frame. */

import { ApiError, sendJson } from "../lib/api";
import { $, $$, must } from "../lib/dom";
import { on, say, sentence, startForms } from "../lib/forms";
import { showStep, stepsOf } from "../lib/steps";

const AGAIN_S = 30;

/** What the person chose on the first step and the second one needs; it never leaves this page's memory. */
let registered: { email: string; password: string } | null = null;

const value = (form: HTMLFormElement, name: string): string => must<HTMLInputElement>(`[name="${name}"]`, form).value;

/** The first factor was right: ask for the second one in place, keeping what was typed. */
function askSecondFactor(form: HTMLFormElement, cause: ApiError): void {
  const box = must<HTMLElement>("[data-second-factor]", form);
  box.hidden = false;
  say(form, cause.message, "info");
  must<HTMLInputElement>("input", box).focus();
}

/** Show the step where the mailed code is entered, for `email`. */
function codeStep(root: HTMLElement, email: string): void {
  for (const node of $$<HTMLInputElement>("input[type=hidden][name=email]", root)) node.value = email;
  for (const node of $$("[data-address]", root)) node.textContent = email;
  showStep(root, 2);
  for (const button of $$<HTMLButtonElement>("[data-again]", root)) holdBack(button);
}

/** A second mail makes the first one worthless, so give it time to arrive. */
function holdBack(button: HTMLButtonElement): void {
  const name = (button.dataset.name ??= button.textContent ?? "");
  let left = AGAIN_S;
  const show = (): void => {
    button.disabled = left > 0;
    button.textContent = left > 0 ? `${name} (in ${left} s)` : name;
    left -= 1;
    if (left >= 0) setTimeout(show, 1000);
  };
  show();
}

async function sendAgain(button: HTMLButtonElement): Promise<void> {
  const form = button.closest("form")!;
  try {
    await sendJson("POST", button.dataset.again!, { email: value(form, "email") });
    say(form, "A new mail is on its way. The codes of older ones no longer count.", "info");
    holdBack(button);
  } catch (cause) {
    say(form, sentence(cause));
  }
}

/**
 * Registration answers with a token for programs. A browser wants a session instead, so the token is given back, and
 * the mail that proves the address is asked for.
 */
async function afterRegistration(form: HTMLFormElement, token: string): Promise<void> {
  registered = { email: value(form, "email"), password: value(form, "password") };
  const root = stepsOf(form)!;
  await sendJson("POST", "/api/auth/password-login", registered);
  await sendJson("POST", "/api/auth/logout", undefined, token).catch(() => undefined);
  codeStep(root, registered.email);
  await sendJson("POST", "/api/auth/magic-link", { email: registered.email }).catch((cause: unknown) =>
    say(must<HTMLElement>('[data-step="2"] form', root), sentence(cause)),
  );
}

/** Proving an address ends the password chosen before (it might have been a stranger's): it is set again, by its owner. */
async function afterProof(form: HTMLFormElement): Promise<void> {
  const next = form.dataset.next ?? "/";
  if (registered) {
    const kept = await sendJson("POST", "/api/auth/password", { new_password: registered.password }).then(
      () => true,
      () => false,
    );
    if (!kept) {
      location.assign("/settings/security/");
      return;
    }
  }
  location.assign(next);
}

startForms();
on<ApiError>("form", "fail", (cause, event) => {
  if (!(cause instanceof ApiError) || cause.code !== "TOTP_REQUIRED") return;
  event.preventDefault();
  askSecondFactor(event.target as HTMLFormElement, cause);
});
on("#mail-form", "done", (_, event) => {
  event.preventDefault();
  const form = event.target as HTMLFormElement;
  codeStep(stepsOf(form)!, value(form, "email"));
});
on<{ access_token: string }>("#register-form", "done", (answer, event) => {
  event.preventDefault();
  const form = event.target as HTMLFormElement;
  afterRegistration(form, answer.access_token).catch((cause: unknown) => say(form, sentence(cause)));
});
on("#proof-form", "done", (_, event) => {
  event.preventDefault();
  void afterProof(event.target as HTMLFormElement);
});
document.addEventListener("click", (event) => {
  const target = event.target as Element;
  const again = target.closest<HTMLButtonElement>("button[data-again]");
  if (again) void sendAgain(again);
  const back = target.closest<HTMLButtonElement>("button[data-back]");
  if (back) showStep(stepsOf(back)!, 1);
});
// Six digits are a whole code: there is nothing left to decide.
document.addEventListener("input", (event) => {
  const input = event.target as HTMLInputElement;
  const form = input.form;
  if (!input.matches("[data-whole-code]") || !form || !/^\d{6}$/.test(input.value.trim())) return;
  if (!$("[data-second-factor]:not([hidden])", form)) form.requestSubmit();
});
