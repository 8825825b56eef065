/** The market page: heat map with its table, and the watchlist. Movers and breadth refresh by htmx. */

import { getJson } from "../lib/api";
import { $, embedded, must } from "../lib/dom";
import type { HeatMap, Sector } from "../lib/heatmap";
import { startWatchlist } from "../lib/watchlist";

type Overview = { sectors: Sector[] };

const REFRESH_MS = 15_000;

async function startHeatMap(): Promise<void> {
  const box = $("#heatmap");
  const sectors = embedded<Sector[]>("sectors-data");
  if (!box || !sectors) return;
  const { HeatMap: Drawing } = await import("../lib/heatmap");
  const drawing: HeatMap = new Drawing(box);
  $(".skeleton", must("#heatmap-map"))?.remove();
  drawing.show(sectors);
  setInterval(() => {
    if (document.hidden) return;
    getJson<Overview>("/api/market/overview").then(
      (overview) => drawing.show(overview.sectors),
      () => undefined, // The feed band says that prices have stopped.
    );
  }, REFRESH_MS);
}

startWatchlist();
void startHeatMap();
