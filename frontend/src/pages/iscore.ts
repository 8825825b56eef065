/** The table of I-Scores: another universe is another page; sectors, tiers, search and order swap the table in place. */

import { $$ } from "../lib/dom";

for (const select of $$<HTMLSelectElement>("[data-submit]")) select.addEventListener("change", () => select.form?.submit());
