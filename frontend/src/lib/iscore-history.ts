/** A stock's kept I-Scores over sessions, with the tiers' borders; arrow keys walk along and say what moved the score. */

import { LineChart } from "echarts/charts";
import { AxisPointerComponent, GridComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { use } from "echarts/core";

import { Drawing, axisLook, tooltipLook } from "./charts/base";
import { axisDay } from "./charts/equity";
import { token } from "./dom";
import { istDate, number, signed } from "./format";

use([LineChart, GridComponent, TooltipComponent, AxisPointerComponent, MarkLineComponent]);

/** As the API gives it; `session` is "2026-11-27". */
export type Session = {
  session: string;
  iscore: number | null;
  confidence: number | null;
  changes: { title: string; points: number }[];
};

/** A tier and the score from which it begins, from the bottom up. */
export type Band = { title: string; least: number };

const STEP = 5;
const LEAST_SPAN = 20;

/** The scale of the picture: whole steps around the scores, wide enough that small moves look small. */
export function scoreScale(scores: readonly (number | null)[]): [number, number] {
  const known = scores.filter((score): score is number => score !== null);
  if (!known.length) return [0, 100];
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const pad = Math.max(STEP / 2, (LEAST_SPAN - (most - least)) / 2);
  return [Math.max(0, Math.floor((least - pad) / STEP) * STEP), Math.min(100, Math.ceil((most + pad) / STEP) * STEP)];
}

/** The tier in which a score lies by its number alone. */
export function bandOf(score: number, bands: readonly Band[]): string {
  return bands.filter(({ least }) => score >= least).at(-1)?.title ?? "";
}

/** What stands at a session: score, change since the one before, and the two inputs that moved it most. */
export function sessionWords(sessions: readonly Session[], at: number): string {
  const one = sessions[at];
  if (!one) return "";
  const day = istDate(new Date(`${one.session}T00:00:00+05:30`));
  if (one.iscore === null) return `${day}: no score, too little was known.`;
  const before = sessions[at - 1]?.iscore ?? null;
  const change = before === null ? "" : ` (${signed(one.iscore - before, 1)})`;
  const moved = one.changes.slice(0, 2).map(({ title, points }) => `${title} ${signed(points, 1)}`);
  return `${day}: ${number(one.iscore, 1)}${change}${moved.length ? `. ${moved.join(", ")}` : ""}.`;
}

export class ScoreHistory {
  private readonly drawing: Drawing;
  private at: number;

  constructor(
    box: HTMLElement,
    private readonly sessions: Session[],
    private readonly bands: Band[],
    private readonly say: (text: string) => void,
  ) {
    this.at = sessions.length - 1;
    this.drawing = new Drawing(box, () => this.option());
    const scores = sessions.map(({ iscore }) => iscore).filter((score): score is number => score !== null);
    const range = scores.length ? ` between ${number(Math.min(...scores), 1)} and ${number(Math.max(...scores), 1)}` : "";
    this.drawing.describe(`I-Score of ${sessions.length} ${sessions.length === 1 ? "session" : "sessions"}${range}. Left and right walk along; the table below has the numbers.`);
    box.addEventListener("keydown", (event) => this.walk(event));
    this.drawing.chart.on("updateAxisPointer", (event) => {
      const [axis] = (event as { axesInfo?: { value: number }[] }).axesInfo ?? [];
      if (axis) this.show(axis.value);
    });
    this.drawing.draw();
    this.show(this.at);
  }

  private show(at: number): void {
    this.at = at;
    this.say(sessionWords(this.sessions, at));
  }

  private walk(event: KeyboardEvent): void {
    const last = this.sessions.length - 1;
    const to = { ArrowLeft: this.at - 1, ArrowRight: this.at + 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.show(Math.max(0, Math.min(last, to)));
    this.drawing.chart.dispatchAction({ type: "showTip", seriesIndex: 0, dataIndex: this.at });
  }

  private option(): object {
    const look = axisLook();
    const scores = this.sessions.map(({ iscore }) => iscore);
    const [low, high] = scoreScale(scores);
    const days = this.sessions.map(({ session }) => session);
    const span = days.length > 1 ? (Date.parse(days.at(-1)!) - Date.parse(days[0]!)) / 86_400_000 : 1;
    const shown = this.bands.filter(({ least }) => least > low && least < high);
    return {
      grid: { left: 12, right: 48, top: 14, bottom: 26 },
      tooltip: {
        ...tooltipLook(),
        trigger: "axis",
        formatter: ([one]: { dataIndex: number }[]) => {
          const score = one ? scores[one.dataIndex] : null;
          return one && score != null ? `${istDate(new Date(`${days[one.dataIndex]}T00:00:00+05:30`))}\n${number(score, 1)} · ${bandOf(score, this.bands)} by score` : "";
        },
      },
      xAxis: { type: "category", data: days, boundaryGap: days.length === 1, ...look, splitLine: { show: false }, axisLabel: { ...look.axisLabel, formatter: (day: string) => axisDay(day, span) } },
      yAxis: { type: "value", min: low, max: high, position: "right", splitNumber: 4, ...look, axisLine: { show: false } },
      series: [
        {
          type: "line",
          data: scores,
          showSymbol: days.length < 40,
          symbol: "circle",
          symbolSize: days.length === 1 ? 9 : 5,
          lineStyle: { color: token("series-1"), width: 2 },
          itemStyle: { color: token("series-1") },
          emphasis: { disabled: true },
          markLine: {
            silent: true,
            symbol: "none",
            lineStyle: { color: token("line-strong"), type: "dashed", width: 1 },
            label: { position: "insideStartTop", color: token("ink-2"), backgroundColor: token("surface"), padding: [1, 3], fontSize: 12, formatter: ({ name }: { name: string }) => name },
            data: shown.map(({ title, least }) => ({ yAxis: least, name: `${title} from ${least}` })),
          },
        },
      ],
    };
  }
}
