/** The settings pages: what a form alone cannot do (secrets shown once, the QR code, the export). */

import { getFile, sendJson } from "../lib/api";
import { saveAs } from "../lib/copy";
import { $, el, must } from "../lib/dom";
import { on, refresh, sentence } from "../lib/forms";
import { showStep, stepsOf } from "../lib/steps";
import { toast } from "../lib/toast";

type Enrolment = { secret: string; uri: string; qr_svg: string };

/** The secret in groups of four, as it is read out and typed. */
const grouped = (secret: string): string => secret.replace(/(.{4})(?=.)/g, "$1 ");

on<Enrolment>("#totp-begin", "done", (made, event) => {
  event.preventDefault();
  const root = must<HTMLElement>("#totp-setup");
  // Read as part of a page: an inline SVG names no namespace, and as a document of its own it would draw nothing.
  const code = must<SVGElement>("svg", new DOMParser().parseFromString(made.qr_svg, "text/html"));
  code.setAttribute("role", "img");
  code.setAttribute("aria-label", "QR code of the secret below");
  must(".qr", root).replaceChildren(document.adoptNode(code));
  must<HTMLInputElement>("#totp-secret", root).value = grouped(made.secret);
  must<HTMLAnchorElement>("#totp-link", root).href = made.uri;
  must<HTMLElement>("#totp-intro").hidden = true;
  root.hidden = false;
  showStep(root, 1);
});

on<{ recovery_codes: string[] }>("#totp-confirm", "done", ({ recovery_codes: codes }, event) => {
  event.preventDefault();
  const root = stepsOf(event.target as Element)!;
  must(".codes", root).replaceChildren(...codes.map((code) => el("li", {}, code)));
  must("#recovery-text", root).textContent = codes.join("\n");
  showStep(root, 3);
  toast("Two-factor sign-in is on. Every sign-in now also asks for a code.");
});

on<{ key: string }>("#agent-key-new", "done", ({ key }, event) => {
  event.preventDefault();
  void refresh("#agent-key").then(() => {
    const box = must<HTMLElement>("#agent-key-once");
    must<HTMLInputElement>("#new-key", box).value = key;
    box.hidden = false;
    must<HTMLElement>("[data-copy]", box).focus();
    toast("A new agent key was made. It is shown this once.");
  });
});

on("#prove-begin", "done", (_, event) => {
  event.preventDefault();
  showStep(must<HTMLElement>("#prove"), 2);
});

async function exportData(link: HTMLAnchorElement): Promise<void> {
  if (link.dataset.busy) return;
  link.dataset.busy = "true";
  link.setAttribute("aria-busy", "true");
  try {
    const { blob, name } = await getFile(link.href);
    saveAs(blob, name);
    toast(`Saved ${name} (${Math.max(1, Math.round(blob.size / 1000))} kB).`);
    await refresh("#export, #delete-account");
    $<HTMLElement>("[data-export]")?.focus();
  } catch (cause) {
    toast(sentence(cause), { kind: "error" });
  } finally {
    delete link.dataset.busy;
    link.removeAttribute("aria-busy");
  }
}

document.addEventListener("click", (event) => {
  const target = event.target as Element;
  const link = target.closest<HTMLAnchorElement>("a[data-export]");
  if (link) {
    event.preventDefault();
    void exportData(link);
  }
  const step = target.closest<HTMLElement>("button[data-to-step]");
  if (step) showStep(stepsOf(step)!, Number(step.dataset.toStep));
  if (target.closest("[data-save-codes]")) {
    const text = must("#recovery-text").textContent ?? "";
    saveAs(new Blob([`${text}\n`], { type: "text/plain" }), "recovery-codes.txt");
  }
  if (target.closest("[data-reload]")) location.reload();
  const mailCode = target.closest<HTMLButtonElement>("button[data-mail-code]");
  if (mailCode) {
    sendJson("POST", mailCode.dataset.mailCode!).then(
      () => toast("A code is on its way to your address. It works once, for ten minutes."),
      (cause: unknown) => toast(sentence(cause), { kind: "error" }),
    );
  }
});
