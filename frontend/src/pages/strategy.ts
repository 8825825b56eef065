/** One strategy: builder, words, JSON and versions of the same rules, saved as versions. */

import { getFile, getJson, sendJson } from "../lib/api";
import { saveAs } from "../lib/copy";
import { confirmAction } from "../lib/dialogs";
import { $, embedded, must } from "../lib/dom";
import { on, refresh, sentence } from "../lib/forms";
import { Builder, type Note } from "../lib/rules/builder";
import { JsonView } from "../lib/rules/jsonview";
import { Debounced, faultsOf, matchesOf, notesOf, validate, type Matches, type Sentences, type Verdict } from "../lib/rules/judge";
import { isNode, type Language } from "../lib/rules/language";
import { matchUniverse, noMatches, showChecks, showMatches, showWords, staleWords } from "../lib/rules/panels";
import { same, type Json, type Step } from "../lib/rules/path";
import { Store } from "../lib/rules/store";
import { compare } from "../lib/rules/versions";
import { toast } from "../lib/toast";

type Editor = { id: number | null; key: string; version: number; mine: boolean; body: Json; sentences?: Sentences };
type Stored = { id: number; version: number; name: string; findings: Verdict["findings"]; sentences: Sentences };

const VALIDATE_MS = 250;
const MATCHES_MS = 350;

const editor = embedded<Editor>("strategy-data")!;
const language = embedded<Language>("rule-language")!;
const store = new Store(editor.body);
const builder = new Builder(must("#builder"), store, language, !editor.mine);
const jsonView = new JsonView(must("#json-view"), store, changed);

/** What the server said of the present rules; null while it has not answered. */
let noted: Note[] | null = null;
let saving = false;

const hasFaults = (): boolean => jsonView.malformed !== null || (noted ?? []).some(({ severity }) => severity === "fault");

function reveal(loc: Step[]): void {
  if (!$<HTMLElement>("#view-json")?.hidden) must<HTMLElement>("#tab-build").click();
  builder.reveal(loc);
}

function note(found: Note[]): void {
  noted = found;
  builder.show(found);
  jsonView.show(found);
  showChecks(found, reveal);
  showState();
}

const judge = new Debounced<Json, Verdict>(
  VALIDATE_MS,
  validate,
  (verdict) => {
    showWords(verdict.sentences, false);
    note(notesOf(verdict.findings));
    askMatches();
  },
  (cause) => {
    staleWords(true);
    note(faultsOf(cause));
    counting.cancel();
    builder.count({ passes: [], of: 0 });
    noMatches("Counted again as soon as the faults are mended.", "blocked");
  },
);

const counting = new Debounced<{ body: Json; universe: string }, Matches>(
  MATCHES_MS,
  matchesOf,
  (found) => {
    showMatches(found, isNode(store.body) ? String(store.body.rebalance ?? "daily") : "daily");
    builder.count(found);
  },
  (cause) => {
    noMatches(sentence(cause), "blocked");
    builder.count({ passes: [], of: 0 });
  },
);

function askMatches(): void {
  const universe = matchUniverse(isNode(store.body) ? store.body.universe : null);
  if (!universe) return noMatches("Choose a universe to count in.", "blocked");
  noMatches("Counting…", "waiting");
  counting.put({ body: store.body, universe });
}

/** The rules or the text of the JSON changed: ask the server, and show what is unsaved. */
function changed(): void {
  if (jsonView.malformed) {
    judge.cancel();
    counting.cancel();
    staleWords(true);
    const { message } = jsonView.malformed;
    showChecks([{ loc: [], severity: "fault", text: `The JSON cannot be read: ${message}` }], () => openJson());
    noMatches("Counted again as soon as the JSON can be read.", "blocked");
  } else {
    noMatches("Counting…", "waiting");
    judge.put(store.body);
  }
  showState();
}

function openJson(): void {
  must<HTMLElement>("#tab-json").click();
  jsonView.reveal(jsonView.malformed?.offset ?? 0);
}

const isUnsaved = (): boolean => editor.mine && (store.isDirty || jsonView.malformed !== null);

function showState(): void {
  const set = (id: string, disabled: boolean): void => {
    const button = $<HTMLButtonElement>(id);
    if (button) button.disabled = disabled;
  };
  set("#undo", !store.canUndo && jsonView.malformed === null);
  set("#redo", !store.canRedo);
  set("#save", saving || hasFaults() || (editor.id !== null && !store.isDirty));
  const state = $("#save-state");
  if (!state) return;
  const unsaved = isUnsaved();
  state.dataset.unsaved = String(unsaved);
  state.textContent = hasFaults() ? "Mend the faults to save" : unsaved ? "Unsaved changes" : editor.id === null ? "Not saved yet" : `Version ${editor.version} saved`;
}

async function save(): Promise<void> {
  if (saving || !editor.mine || hasFaults()) return;
  if (editor.id !== null && !store.isDirty) return toast("Nothing has changed since the last version.");
  saving = true;
  showState();
  try {
    await put(store.body);
  } catch (cause) {
    const faults = faultsOf(cause);
    note(faults);
    toast(sentence(cause), { kind: "error" });
  } finally {
    saving = false;
    showState();
  }
}

/** Keep a body as the next version; what is asked for is read back as the server wrote it. */
async function put(body: Json): Promise<void> {
  if (editor.id === null) {
    const made = await sendJson<Stored>("POST", "/api/strategies", body);
    store.saved = store.body;
    location.assign(`/strategies/${made.id}/`);
    return;
  }
  const stored = await sendJson<Stored>("PUT", `/api/strategies/${editor.id}`, body);
  editor.version = stored.version;
  const kept = await getJson<{ strategy: Json }>(`/api/strategies/${editor.id}/versions/${stored.version}`);
  if (same(store.body, body)) store.accept(kept.strategy);
  else store.saved = kept.strategy;
  await refresh("#strategy-head, #versions");
  document.title = document.title.replace(/^[^·]+/, `${stored.name} `);
  toast(`Saved as version ${stored.version}. Runs and portfolios of older versions stay as they are.`);
  showState();
}

async function restore(number: number): Promise<void> {
  const lost = isUnsaved() ? " Your unsaved changes are dropped." : "";
  const sure = await confirmAction({
    title: `Go back to version ${number}?`,
    consequence: `The rules of version ${number} become version ${editor.version + 1}. All versions in between stay.${lost}`,
    action: "Go back to it",
    danger: false,
  });
  if (!sure) return;
  const { strategy } = await getJson<{ strategy: Json }>(`/api/strategies/${editor.id}/versions/${number}`);
  store.edit(strategy, "server");
  await put(strategy);
}

const attempt = (work: () => Promise<void>): void => void work().catch((cause: unknown) => toast(sentence(cause), { kind: "error" }));

const STEPS: Record<string, () => unknown> = {
  // A text that cannot be read is no state of the rules: undoing goes back to what they were.
  "#undo": () => (jsonView.malformed ? jsonView.reset() : store.undo()),
  "#redo": () => store.redo(),
  "#save": () => void save(),
  "#compare": () => void compare(editor.key),
};

document.addEventListener("click", (event) => {
  const target = event.target as Element;
  for (const [selector, step] of Object.entries(STEPS)) if (target.closest(selector)) step();
  const back = target.closest<HTMLElement>("[data-restore]");
  if (back) attempt(() => restore(Number(back.dataset.restore)));
  const file = target.closest<HTMLAnchorElement>("a[data-export]");
  if (file) {
    event.preventDefault();
    attempt(async () => {
      const { blob, name } = await getFile(file.href);
      saveAs(blob, name);
      toast(`Saved ${name}.`);
    });
  }
});

document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || $("dialog[open]")) return;
  const key = event.key.toLowerCase();
  if (key === "s") {
    event.preventDefault();
    // What is being typed counts as well.
    void save();
  }
  // In the JSON and the description the browser's own undo knows the caret.
  if (!editor.mine || (event.target as Element).matches?.("textarea")) return;
  if (key === "z" || key === "y") {
    event.preventDefault();
    const did = key === "y" || event.shiftKey ? store.redo() : store.undo();
    if (!did) must("#announcer").textContent = "Nothing left to undo or redo";
  }
});

addEventListener("beforeunload", (event) => {
  if (isUnsaved() && !saving) event.preventDefault();
});

on<Stored>("[data-fork]", "done", ({ id }, event) => {
  event.preventDefault();
  store.saved = store.body;
  location.assign(`/strategies/${id}/?forked=1`);
});

$("#match-universe")?.addEventListener("change", askMatches);
store.onChange(changed);
if (editor.sentences) showWords(editor.sentences, false);
if (new URLSearchParams(location.search).has("forked")) {
  history.replaceState(null, "", location.pathname);
  toast("This copy is yours: change it freely, the original stays as it is.");
}
changed();
