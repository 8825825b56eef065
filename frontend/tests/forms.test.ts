import { expect, it } from "vitest";

import { namedFault } from "../src/lib/forms";

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
