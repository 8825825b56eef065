/** The Patterns page: choices that submit themselves, a symbol's patterns on its candles, and similar history. */

import { SimilarCard } from "../lib/analogues";
import { $, $$ } from "../lib/dom";
import { PatternChart } from "../lib/pattern-chart";

for (const select of $$<HTMLSelectElement>("[data-submit]")) select.addEventListener("change", () => select.form?.requestSubmit());

const chart = $(".pattern-chart");
if (chart) new PatternChart(chart);

const similar = $("#similar");
if (similar) new SimilarCard(similar);
