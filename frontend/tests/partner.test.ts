import { describe, expect, it } from "vitest";
import { curlOf, OPERATIONS } from "../src/lib/partner-try";
import { parseHeaders, verify } from "../src/lib/partner-verify";

const KEY = new Uint8Array(32).fill(7);
const WORDS = btoa(String.fromCharCode(...KEY));
const SECRET = `whsec_${WORDS}`;
const BODY = '{"summary": "₹ 1,00,000 और बढ़त"}';
const NOW = 1_800_000_000;

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

async function hmac(key: Uint8Array<ArrayBuffer>, text: string): Promise<Uint8Array> {
  const made = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", made, bytes(text)));
}

async function headersOf(body: string, at = NOW): Promise<string> {
  const tc = [...(await hmac(bytes(SECRET), body))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const standard = btoa(String.fromCharCode(...(await hmac(KEY, `evt_1.${at}.${body}`))));
  return `X-TC-Signature: sha256=${tc}\r\nWebhook-Id: evt_1\nwebhook-timestamp: ${at}\nwebhook-signature: v1,AAAA v1,${standard}`;
}

const check = (headers: string, body = BODY, secret = SECRET, nowS = NOW) => verify({ headers, body, secret, nowS });

describe("the webhook tester", () => {
  it("says that both signatures hold, in any case of the header names and beside an older one", async () => {
    expect((await check(await headersOf(BODY))).map((row) => row.ok)).toEqual([true, true]);
  });

  it("names the re-printed body, blanks, and a secret without its prefix", async () => {
    expect((await check(await headersOf(JSON.stringify(JSON.parse(BODY)))))[0]!.why).toContain("raw bytes");
    expect((await check(await headersOf(BODY), `${BODY}\n`))[0]!.why).toContain("blanks");
    expect((await check(await headersOf(BODY), BODY, WORDS))[0]!.title).toBe("Secret");
    expect((await check(await headersOf(BODY), BODY.slice(0, 9)))[0]!.why).toContain("not JSON");
  });

  it("says what is absent, cut off, or old", async () => {
    const absent = await check("webhook-id: evt_1");
    expect(absent.map((row) => row.ok)).toEqual([false, false]);
    expect(absent[1]!.why).toContain("webhook-timestamp, webhook-signature");
    expect((await check("X-TC-Signature: sha256=abc"))[0]!.why).toContain("cut off");
    const [, old] = await check(await headersOf(BODY, NOW - 3600));
    expect(old!.ok).toBe(true);
    expect(old!.why).toContain("60 minutes ago");
    expect((await check(await headersOf(BODY), BODY, "whsec_***"))[1]!.why).toContain("not base64");
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
