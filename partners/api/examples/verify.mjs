import { createHmac, timingSafeEqual } from "node:crypto";

const same = (text, other) => {
  const [a, b] = [Buffer.from(text), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
};

/** X-TC-Signature: keyed with the whole secret as it is written. `body` is a Buffer: the bytes as they came. */
export function verifyTc(body, header, secret) {
  return same(`sha256=${createHmac("sha256", secret).update(body).digest("hex")}`, header ?? "");
}

/** webhook-signature: keyed with the bytes after whsec_; refuses what is older than five minutes. */
export function verifyStandard(body, headers, secret, toleranceS = 300) {
  const [id, at] = [headers["webhook-id"], headers["webhook-timestamp"]];
  if (!/^[0-9]{1,12}$/.test(at ?? "") || Math.abs(Date.now() / 1000 - Number(at)) > toleranceS) return false;
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const expected = `v1,${createHmac("sha256", key).update(`${id}.${at}.`).update(body).digest("base64")}`;
  return (headers["webhook-signature"] ?? "").split(" ").some((one) => same(one, expected));
}
