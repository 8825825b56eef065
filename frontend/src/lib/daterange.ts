/** Presets of a date range. Financial years run from 1 April to 31 March. */

import { $ } from "./dom";

export type Range = { from: string; to: string };

const iso = (year: number, month: number, day: number): string => new Date(Date.UTC(year, month - 1, day)).toISOString().slice(0, 10);

/** The range of a preset on a day ("2026-05-03"); null for a preset nobody knows. */
export function presetRange(preset: string, today: string): Range | null {
  const [year, month, day] = today.split("-").map(Number) as [number, number, number];
  const start = month >= 4 ? year : year - 1;
  switch (preset) {
    case "30d":
      return { from: iso(year, month, day - 30), to: today };
    case "1y":
      return { from: iso(year - 1, month, day), to: today };
    case "fy":
      return { from: iso(start, 4, 1), to: today };
    case "last-fy":
      return { from: iso(start - 1, 4, 1), to: iso(start, 3, 31) };
    default:
      return null;
  }
}

const todayInIndia = (): string => new Intl.DateTimeFormat("en-CA", { timeZone: "Asia/Kolkata" }).format(new Date());

export function startDateRanges(): void {
  document.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLElement>("[data-preset]");
    const box = button?.closest("[data-date-range]");
    const range = presetRange(button?.dataset.preset ?? "", todayInIndia());
    if (!box || !range) return;
    for (const end of ["from", "to"] as const) {
      const input = $<HTMLInputElement>(`[name=${end}]`, box);
      if (!input) continue;
      input.value = range[end];
      input.dispatchEvent(new Event("change", { bubbles: true }));
    }
  });
}
