import { expect, it } from "vitest";

import { presetRange } from "../src/lib/daterange";
import { cellKey, compareKeys, csvCell } from "../src/lib/table";

it("sorts numbers by value, words by letters, unknown values last", () => {
  const sorted = (values: string[], factor: 1 | -1): (string | number)[] => values.map((v) => cellKey(v, undefined)).sort((a, b) => compareKeys(a, b, factor));
  expect(sorted(["10", "9", "–", "100"], 1)).toEqual([9, 10, 100, "–"]);
  expect(sorted(["10", "9", "–", "100"], -1)).toEqual([100, 10, 9, "–"]);
  expect(sorted(["TCS", "Infosys"], 1)).toEqual(["infosys", "tcs"]);
  expect(cellKey("1,234.50", "1234.5")).toBe(1234.5);
});

it("writes cells that a spreadsheet reads as they are", () => {
  expect(csvCell("-12.5")).toBe("-12.5");
  expect(csvCell("=SUM(A1)")).toBe("'=SUM(A1)");
  expect(csvCell('Tata, "Steel"')).toBe('"Tata, ""Steel"""');
});

it("knows the financial year", () => {
  expect(presetRange("fy", "2026-05-03")).toEqual({ from: "2026-04-01", to: "2026-05-03" });
  expect(presetRange("last-fy", "2026-03-31")).toEqual({ from: "2024-04-01", to: "2025-03-31" });
  expect(presetRange("30d", "2026-03-10")).toEqual({ from: "2026-02-08", to: "2026-03-10" });
  expect(presetRange("never", "2026-03-10")).toBeNull();
});
