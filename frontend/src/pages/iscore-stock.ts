/** One stock's I-Score: its history, drawn when the page is there already. */

import { explain, getJson } from "../lib/api";
import { embedded, must } from "../lib/dom";
import { ScoreHistory, type Band, type Session } from "../lib/iscore-history";

const box = document.getElementById("iscore-history");

async function draw(target: HTMLElement): Promise<void> {
  const symbol = must("[data-symbol]").dataset.symbol!;
  const line = must("#history-line");
  try {
    const sessions = await getJson<Session[]>(`/api/iscore/${encodeURIComponent(symbol)}/history?limit=500`);
    new ScoreHistory(target, sessions.reverse(), embedded<Band[]>("iscore-bands") ?? [], (text) => (line.textContent = text));
  } catch (cause) {
    target.replaceChildren();
    line.textContent = `The history cannot be drawn: ${explain(cause)} The table below has it.`;
  }
}

if (box) void draw(box);
