/**
 * Returns by month: a table that is its own heat map, so that the numbers are there for every reader. And by day: a
 * calendar a year, drawn, whose months are that table.
 *
 *   box.append(monthlyTable(rows, "Monthly returns of the run"));
 *   new DailyCalendar(box, dates, returnsPct);
 */

import { HeatmapChart } from "echarts/charts";
import { CalendarComponent, TooltipComponent, VisualMapComponent } from "echarts/components";
import { use } from "echarts/core";

import { mix } from "../colour";
import { el, token } from "../dom";
import { istDate, signed, signedPct } from "../format";
import { Drawing, tooltipLook } from "./base";

use([HeatmapChart, CalendarComponent, TooltipComponent, VisualMapComponent]);

/** A year of the API: twelve months in percent, null without a session, and the year's return. */
export type YearRow = { year: number; months: (number | null)[]; total: number | null };

export const MONTH_NAMES = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Percent from which a month (a year) has the fullest shade. The server's twin is backtest/pages/tables.py. */
export const FULL_MONTH_PCT = 8;
export const FULL_YEAR_PCT = 40;
const SHADES = 4;

/** Shade of a return: "u1" to "u4" for gains, "d1" to "d4" for losses, "" for none. */
export function shade(value: number | null, full: number): string {
  if (value === null || !Number.isFinite(value) || value === 0) return "";
  const step = Math.min(SHADES, Math.ceil((Math.abs(value) / full) * SHADES));
  return `${value > 0 ? "u" : "d"}${Math.max(1, step)}`;
}

function cell(value: number | null, full: number, isTotal = false): HTMLElement {
  const exact = value === null ? undefined : signedPct(value, 2);
  return el("td", { class: isTotal ? "num total" : "num", "data-shade": shade(value, full) || undefined, title: exact, "data-value": value ?? undefined }, value === null ? "" : signed(value, 1));
}

export function monthlyTable(rows: readonly YearRow[], caption: string): HTMLTableElement {
  const head = el("tr", {}, el("th", { scope: "col" }, "Year"), ...MONTH_NAMES.map((name) => el("th", { scope: "col", class: "num" }, name)), el("th", { scope: "col", class: "num" }, "Year %"));
  const body = rows.map((row) =>
    el("tr", {}, el("th", { scope: "row" }, String(row.year)), ...row.months.map((value) => cell(value, FULL_MONTH_PCT)), cell(row.total, FULL_YEAR_PCT, true)),
  );
  return el("table", { class: "table months" }, el("caption", { class: "visually-hidden" }, caption), el("thead", {}, head), el("tbody", {}, ...body));
}

/** Daily returns in percent of a curve, by the day they were made; the first day has none. */
export function dailyReturns(dates: readonly string[], values: readonly number[]): [string, number][] {
  return dates.slice(1).map((date, i) => [date, values[i]! > 0 ? (values[i + 1]! / values[i]! - 1) * 100 : 0]);
}

const CELL_PX = 13;
const YEAR_PX = 7 * CELL_PX + 34;
/** A day of this size has the full colour. */
const FULL_DAY_PCT = 2;

export class DailyCalendar {
  private readonly drawing: Drawing;
  private readonly years: string[];

  /** Sets the height of `box`: a year takes its place under the one before, newest first. */
  constructor(
    box: HTMLElement,
    private readonly days: [string, number][],
  ) {
    this.years = [...new Set(days.map(([day]) => day.slice(0, 4)))].sort().reverse();
    box.style.height = `${this.years.length * YEAR_PX + 8}px`;
    this.drawing = new Drawing(box, () => this.option());
    const ends = days.length ? ` from ${days[0]![0]} to ${days.at(-1)![0]}` : "";
    this.drawing.describe(`Calendar of ${days.length} daily returns${ends}. The table of months has the same returns month by month.`);
    this.drawing.draw();
  }

  private option(): object {
    const neutral = token("sunken");
    const end = (name: string): string => mix(neutral, token(name), 0.95);
    const near = (name: string): string => mix(neutral, token(name), 0.25);
    return {
      tooltip: {
        ...tooltipLook(),
        formatter: ({ value }: { value: [string, number] }) => `${istDate(new Date(`${value[0]}T00:00:00+05:30`))}\n${signedPct(value[1], 2)}`,
      },
      visualMap: {
        show: false,
        min: -FULL_DAY_PCT,
        max: FULL_DAY_PCT,
        inRange: { color: [end("down-fill"), near("down-fill"), neutral, near("up-fill"), end("up-fill")] },
      },
      calendar: this.years.map((year, i) => this.calendar(year, i)),
      series: this.years.map((year, i) => ({
        type: "heatmap",
        coordinateSystem: "calendar",
        calendarIndex: i,
        data: this.days.filter(([day]) => day.startsWith(year)),
        emphasis: { itemStyle: { borderColor: token("ink"), borderWidth: 1 } },
      })),
    };
  }

  private calendar(year: string, i: number): object {
    return {
      range: year,
      top: i * YEAR_PX + 22,
      left: 58,
      right: 8,
      cellSize: ["auto", CELL_PX],
      itemStyle: { color: "transparent", borderColor: token("surface"), borderWidth: 2 },
      splitLine: { lineStyle: { color: token("line-strong"), width: 1, opacity: 0.5 } },
      dayLabel: { firstDay: 1, nameMap: ["", "M", "", "W", "", "F", ""], color: token("ink-3"), fontSize: 12 },
      monthLabel: { nameMap: MONTH_NAMES, color: token("ink-3"), fontSize: 12 },
      yearLabel: { show: true, color: token("ink-2"), fontSize: 12, fontWeight: 600, margin: 30 },
    };
  }
}
