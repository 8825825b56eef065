import { expect, it } from "vitest";

import { readChoice } from "../src/lib/columns";

it("reads a stored choice of columns and nothing else", () => {
  expect(readChoice('{"Sector":false,"Trend":true}')).toEqual({ Sector: false, Trend: true });
  expect(readChoice(null)).toEqual({});
  for (const broken of ["", "{", "[]", "7", "null", '"x"']) expect(readChoice(broken)).toEqual({});
  expect(readChoice('{"Sector":"no","Trend":true,"Risk":1}')).toEqual({ Trend: true });
});
