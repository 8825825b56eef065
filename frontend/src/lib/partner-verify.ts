/** Both signatures of a webhook, checked where the page is: the secret never leaves it. */

export type Verdict = { ok: boolean; title: string; why: string };
export type Pasted = { headers: string; body: string; secret: string; nowS: number };

const PREFIX = "whsec_";
/** How old or new a request may be, as the Standard Webhooks specification has it. */
export const TOLERANCE_S = 300;

/** Header lines as a map by lower-case name. */
export function parseHeaders(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const at = line.indexOf(":");
    if (at > 0) found.set(line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim());
  }
  return found;
}

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

async function hmac(key: Uint8Array<ArrayBuffer>, message: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const made = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", made, message));
}

const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

function decoded(secret: string): Uint8Array<ArrayBuffer> | null {
  try {
    const bytes = Uint8Array.from(atob(secret.slice(PREFIX.length)), (letter) => letter.charCodeAt(0));
    return bytes.length ? bytes : null;
  } catch {
    return null;
  }
}

async function tcVerdict(headers: Map<string, string>, { body, secret }: Pasted): Promise<Verdict> {
  const title = "X-TC-Signature";
  const sent = headers.get("x-tc-signature");
  if (!sent) return { ok: false, title, why: "The header is not among those pasted." };
  if (!/^sha256=[0-9a-f]{64}$/.test(sent)) return { ok: false, title, why: "It is not sha256= and 64 hexadecimal digits: something was cut off." };
  const expected = `sha256=${hex(await hmac(utf8(secret), utf8(body)))}`;
  if (expected === sent) return { ok: true, title, why: "It holds: the body is what was sent, and the secret is right." };
  return { ok: false, title, why: `It does not hold. ${await suspicion(sent, body, secret)}` };
}

/** What probably went wrong, tried out. */
async function suspicion(sent: string, body: string, secret: string): Promise<string> {
  const matches = async (key: string, text: string): Promise<boolean> => `sha256=${hex(await hmac(utf8(key), utf8(text)))}` === sent;
  if (await matches(secret.trim(), body.trim())) return "Without the blanks around the body or the secret it does: do not add or cut any.";
  if (await matches(secret.replace(PREFIX, ""), body)) return "It would with the secret without whsec_, which is not how we sign.";
  try {
    const packed = JSON.stringify(JSON.parse(body));
    if (packed !== body && (await matches(secret, packed))) return "The body was parsed and printed again: check the raw bytes, before any parser.";
  } catch {
    return "The body is not JSON, so part of it is missing or was changed.";
  }
  return "Either the secret is another one (live and test differ, and a rotation changes it), or the body is not byte for byte what came.";
}

async function standardVerdict(headers: Map<string, string>, pasted: Pasted): Promise<Verdict> {
  const title = "webhook-signature";
  const [id, at, sent] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) => headers.get(name) ?? "") as [string, string, string];
  const absent = [["webhook-id", id], ["webhook-timestamp", at], ["webhook-signature", sent]].filter(([, value]) => !value);
  if (absent.length) return { ok: false, title, why: `Not among the headers pasted: ${absent.map(([name]) => name).join(", ")}.` };
  const key = decoded(pasted.secret);
  if (!key) return { ok: false, title, why: "What follows whsec_ in the secret is not base64: part of it is missing." };
  const expected = `v1,${base64(await hmac(key, utf8(`${id}.${at}.${pasted.body}`)))}`;
  const holds = sent.split(" ").includes(expected);
  if (!holds) return { ok: false, title, why: "It does not hold: the secret, the id, the time or the body is another." };
  const age = pasted.nowS - Number(at);
  const old = Math.abs(age) > TOLERANCE_S;
  const note = old ? ` It was made ${Math.round(Math.abs(age) / 60)} minutes ${age > 0 ? "ago" : "from now"}: a library that checks the time (5 minutes) refuses it by now, as a repeated request.` : "";
  return { ok: true, title, why: `It holds.${note}` };
}

/** What both signatures say about a pasted request. */
export async function verify(pasted: Pasted): Promise<Verdict[]> {
  const headers = parseHeaders(pasted.headers);
  const first = pasted.secret.startsWith(PREFIX)
    ? []
    : [{ ok: false, title: "Secret", why: "It does not begin with whsec_. The whole text is the secret, whsec_ included." }];
  return [...first, await tcVerdict(headers, pasted), await standardVerdict(headers, pasted)];
}
