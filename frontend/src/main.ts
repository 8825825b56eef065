/** What every page of the frame needs. */

import htmx from "htmx.org";

import { startBell } from "./lib/bell";
import { startClock } from "./lib/clock";
import { prepareColumns } from "./lib/columns";
import { startCopying } from "./lib/copy";
import { startDateRanges } from "./lib/daterange";
import { startDialogs } from "./lib/dialogs";
import { startFailures } from "./lib/failures";
import { startForms } from "./lib/forms";
import { scan, startLive } from "./lib/live";
import { startMenus } from "./lib/menus";
import { startPalette } from "./lib/palette";
import { startPreferences } from "./lib/preferences";
import { startPresses } from "./lib/presses";
import { startShortcuts } from "./lib/shortcuts";
import { prepareRows, startTables } from "./lib/table";
import { startTabs } from "./lib/tabs";
import { startCountdowns } from "./lib/until";

// Nothing in an attribute may run as code, and htmx may not write a <style> of its own.
htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.defaultSwapDelay = 0;
htmx.config.defaultSettleDelay = 0;

startPreferences();
startDateRanges();
startPresses();
startDialogs();
startMenus();
startTabs();
startTables();
prepareColumns();
startPalette();
startShortcuts();
startLive();
startClock();
startFailures();
startForms();
startCopying();
startCountdowns();
void startBell();

document.addEventListener("htmx:afterSettle", (event) => {
  prepareRows(event.target as HTMLElement);
  prepareColumns(event.target as HTMLElement);
  scan();
});
