/** The table of I-Scores: another universe is another page; sectors, tiers, search and order swap the table in place. */

import { $$ } from "../lib/dom";

// The choice of the order stands in what is swapped, so it is listened to from above.
document.addEventListener("change", ({ target }) => {
  if (target instanceof HTMLSelectElement && target.id === "iscore-sort") target.form?.requestSubmit();
});

for (const select of $$<HTMLSelectElement>("[data-submit]")) select.addEventListener("change", () => select.form?.submit());
