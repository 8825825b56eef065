import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { curlOf, OPERATIONS } from "../src/lib/partner-try";
import { parseHeaders, verify } from "../src/lib/partner-verify";

const KEY = Buffer.alloc(32, 7);
const SECRET = `whsec_${KEY.toString("base64")}`;
const BODY = '{"summary": "₹ 1,00,000 और बढ़त"}';
const NOW = 1_800_000_000;

function headersOf(body: string, secret = SECRET, at = NOW): string {
  const tc = createHmac("sha256", secret).update(body).digest("hex");
  const standard = createHmac("sha256", Buffer.from(secret.slice(6), "base64")).update(`evt_1.${at}.${body}`).digest("base64");
  return `X-TC-Signature: sha256=${tc}\r\nWebhook-Id: evt_1\nwebhook-timestamp: ${at}\nwebhook-signature: v1,AAAA v1,${standard}`;
}

const check = (headers: string, body = BODY, secret = SECRET, nowS = NOW) => verify({ headers, body, secret, nowS });

describe("the webhook tester", () => {
  it("says that both signatures hold, in any case of the header names and beside an older one", async () => {
    expect((await check(headersOf(BODY))).map((row) => row.ok)).toEqual([true, true]);
  });

  it("names the re-printed body, blanks, and a secret without its prefix", async () => {
    expect((await check(headersOf(JSON.stringify(JSON.parse(BODY)))))[0]!.why).toContain("raw bytes");
    expect((await check(headersOf(BODY), `${BODY}\n`))[0]!.why).toContain("blanks");
    expect((await check(headersOf(BODY), BODY, KEY.toString("base64")))[0]!.title).toBe("Secret");
    expect((await check(headersOf(BODY), BODY.slice(0, 9)))[0]!.why).toContain("not JSON");
  });

  it("says what is absent, cut off, or old", async () => {
    const absent = await check("webhook-id: evt_1");
    expect(absent.map((row) => row.ok)).toEqual([false, false]);
    expect(absent[1]!.why).toContain("webhook-timestamp, webhook-signature");
    expect((await check("X-TC-Signature: sha256=abc"))[0]!.why).toContain("cut off");
    const [, old] = await check(headersOf(BODY, SECRET, NOW - 3600));
    expect(old!.ok).toBe(true);
    expect(old!.why).toContain("60 minutes ago");
    expect((await check(headersOf(BODY), BODY, "whsec_***"))[1]!.why).toContain("not base64");
  });

  it("reads header lines", () => {
    expect([...parseHeaders("A: b:c\n\nnonsense\n D : e ")]).toEqual([["a", "b:c"], ["d", "e"]]);
  });
});

describe("the command beside the form", () => {
  it("quotes what a shell would read, and holds no key", () => {
    const batch = OPERATIONS.find(({ path }) => path === "/iscore/batch")!;
    const text = curlOf("https://tc.example/v1", batch, batch.path, `{"a": "it's"}`, "bullish");
    expect(text).toContain("curl -X POST 'https://tc.example/v1/iscore/batch'");
    expect(text).toContain(`-d '{"a": "it'\\''s"}'`);
    expect(text).toContain("$TC_KEY");
    expect(text).toContain("X-TC-Test-Scenario: bullish");
    expect(curlOf("r", OPERATIONS[0]!, "/me", "", "")).not.toContain("-d");
  });
});
