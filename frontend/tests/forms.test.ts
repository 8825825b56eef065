import { expect, it } from "vitest";

import { instantOf, namedFault } from "../src/lib/forms";

it("puts a sentence that names a field of the form at that field, without the name", () => {
  const msg = "10.0.0.1 is not a public address. Webhooks go to public addresses over https.";
  expect(namedFault(`webhook_url: ${msg}`, ["webhook_url"])).toEqual([{ loc: ["webhook_url"], msg, type: "invalid" }]);
  expect(namedFault("symbol: it is unknown.", ["symbol"])[0]!.msg).toBe("It is unknown.");
});

it("leaves every other sentence as it is", () => {
  expect(namedFault("webhook_url: it is not a URL.", ["name"])).toEqual([]);
  expect(namedFault("The webhook is paused: nothing is sent.", ["webhook", "paused"])).toEqual([]);
  expect(namedFault("Nothing to say.", [""])).toEqual([]);
});

it("reads what a datetime-local field holds as an instant, and nothing as null", () => {
  expect(instantOf("2026-05-04T09:15")).toBe(new Date(2026, 4, 4, 9, 15).toISOString());
  expect(instantOf("2026-05-04T09:15")).toMatch(/Z$/);
  expect(instantOf("")).toBeNull();
  expect(instantOf("275760-09-14T00:00")).toBe("275760-09-14T00:00");
});
