/** A walk-forward test: progress while it runs, then its windows and the joined curve. */

import { PairBars, type PairBar } from "../lib/charts/bars";
import { EquityChart } from "../lib/charts/equity";
import { $, embedded, must } from "../lib/dom";
import { istDate, number } from "../lib/format";
import { isOver } from "../lib/jobs";
import { followProgress, readAgain } from "../lib/progress";
import type { Meta } from "../lib/sweep-view";

type Data = { windows: PairBar[]; dates: string[]; values: number[] };

const meta = embedded<Meta>("study-meta")!;

function drawCurve({ dates, values }: Data): void {
  const box = $("#joined");
  if (!box || !dates.length) return;
  const show = (date: string | undefined, value: number | null | undefined): void => {
    must("#joined-now").textContent = number(value, 1);
    must("#joined-day").textContent = date ? istDate(new Date(`${date}T00:00:00+05:30`)) : "";
  };
  show(dates.at(-1), values.at(-1));
  new EquityChart(box, [{ name: "Out of sample", dates, values, drawdown: true }], {
    format: (value) => number(value, 0),
    onCursor: (at) => (at ? show(at.date, at.rows[0]?.value) : show(dates.at(-1), values.at(-1))),
  });
}

function draw(): void {
  const data = embedded<Data>("walk-data");
  if (!data) return;
  drawCurve(data);
  const bars = $("#window-chart");
  if (bars) new PairBars(bars, data.windows);
}

function start(): void {
  draw();
  if (isOver({ status: meta.status as "done" })) return;
  const sets = meta.total / Math.max(1, Number(must("#walk").dataset.windows));
  let windows = Math.floor(meta.done / sets);
  const again = (parts: string): void => void readAgain(parts).then(draw, () => undefined); // The next news tries again.
  followProgress("walk_forward", meta.id, {
    onMore: ({ done }) => {
      if (Math.floor(done / sets) === windows) return;
      windows = Math.floor(done / sets);
      again("#walk-result");
    },
    onEnd: () => again("#study-head, #study-state, #walk-result"),
  });
}

start();
