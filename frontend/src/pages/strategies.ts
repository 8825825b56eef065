/** The list of strategies: what needs a script beside filters and confirmations (fork, pause, export, import). */

import { ApiError, getFile, getJson, sendJson } from "../lib/api";
import { saveAs } from "../lib/copy";
import { openDialog } from "../lib/dialogs";
import { $, el, must } from "../lib/dom";
import { on, refresh, sentence } from "../lib/forms";
import { placeOf } from "../lib/rules/path";
import { toast } from "../lib/toast";

type Stored = { id: number; version: number; name: string; is_active: boolean } & Record<string, unknown>;

const PARTS = "#strategies, #strategy-tabs";

async function attempt(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    toast(sentence(cause), { kind: "error" });
  }
}

/** Whether a strategy is active is part of its body, so it is kept as a version with the same rules. */
async function setActive(id: string, name: string, active: boolean, undo = true): Promise<void> {
  const url = `/api/strategies/${id}`;
  const stored = await sendJson<Stored>("PUT", url, { ...(await getJson<Stored>(url)), is_active: active });
  await refresh(PARTS);
  const text = `“${name}” is ${active ? "active" : "paused"}. Kept as version ${stored.version}; its rules are unchanged.`;
  toast(text, undo ? { undo: () => void attempt(() => setActive(id, name, !active, false)) } : {});
}

function showImportFaults(title: string, rows: { place: string; text: string }[]): void {
  const dialog = must<HTMLDialogElement>("#import-faults");
  must(".consequence", dialog).textContent = title;
  must(".fault-list", dialog).replaceChildren(
    ...rows.map(({ place, text }) => el("li", {}, el("code", {}, place), ` ${text}`)),
  );
  openDialog(dialog);
}

/** Bring in a file: an exported document, or a bare strategy as the JSON view shows it. */
async function importFile(file: File): Promise<void> {
  let document_: unknown;
  try {
    document_ = JSON.parse(await file.text());
  } catch (cause) {
    showImportFaults(`${file.name} is not JSON. Export a strategy to see what such a file looks like.`, [
      { place: "file", text: cause instanceof Error ? cause.message : String(cause) },
    ]);
    return;
  }
  const bare = typeof document_ === "object" && document_ !== null && "entry_rules" in document_;
  try {
    const made = await sendJson<Stored>("POST", bare ? "/api/strategies" : "/api/strategies/import", document_);
    location.assign(`/strategies/${made.id}/`);
  } catch (cause) {
    if (!(cause instanceof ApiError) || !cause.faults.length) throw cause;
    const rows = cause.faults.map(({ loc, msg }) => ({ place: placeOf(loc), text: msg }));
    showImportFaults(`${file.name} is not a strategy this platform can read. Nothing was stored.`, rows);
  }
}

on<Stored>("[data-fork]", "done", ({ id }, event) => {
  event.preventDefault();
  location.assign(`/strategies/${id}/?forked=1`);
});

document.addEventListener("click", (event) => {
  const target = event.target as Element;
  const toggle = target.closest<HTMLElement>("[data-set-active]");
  if (toggle) {
    const { id, name, setActive: wanted } = toggle.dataset;
    void attempt(() => setActive(id!, name!, wanted === "true"));
  }
  const link = target.closest<HTMLAnchorElement>("a[data-export]");
  if (link) {
    event.preventDefault();
    void attempt(async () => {
      const { blob, name } = await getFile(link.href);
      saveAs(blob, name);
      toast(`Saved ${name}.`);
    });
  }
});

$("#import-file")?.addEventListener("change", (event) => {
  const input = event.target as HTMLInputElement;
  const file = input.files?.[0];
  input.value = "";
  if (file) void attempt(() => importFile(file));
});
