// SPDX-FileCopyrightText: 2026 The clearing-house authors
// SPDX-License-Identifier: Apache-2.0
// Plays keys.json and signatures.json, and the worked examples of protocol.md, with nothing but Node.js:
// `node vectors.mjs DOCS`, where DOCS is the folder of protocol.md. Prints what differs; exit status 1 then.
import crypto from "node:crypto";
import { readFileSync } from "node:fs";

const docs = process.argv[2];
const told = (name) => JSON.parse(readFileSync(`${docs}/vectors/${name}.json`, "utf-8"));
const hex = (text) => Buffer.from(text, "hex");
const sha256 = (data) => crypto.createHash("sha256").update(data).digest("hex");
const SPKI = hex("302a300506032b6570032100");
const keyid = (key) => sha256(Buffer.concat([SPKI, key]));

// Points of the curve -x² + y² = 1 + d·x²·y² over p, in affine coordinates: slow, and easy to read.
const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const mod = (a) => ((a % P) + P) % P;
const power = (a, e) => { let r = 1n; for (a = mod(a); e; e >>= 1n, a = (a * a) % P) if (e & 1n) r = (r * a) % P; return r; };
const inverse = (a) => power(a, P - 2n);
const D = mod(-121665n * inverse(121666n));
const ROOT = power(2n, (P - 1n) / 4n);
const little = (bytes) => BigInt("0x" + (Buffer.from(bytes).reverse().toString("hex") || "0"));
const add = ([a, b], [c, e]) => {
  const k = mod(D * a * c * b * e);
  return [mod((a * e + b * c) * inverse(1n + k)), mod((b * e + a * c) * inverse(1n - k))];
};
const times = (n, point) => { let r = [0n, 1n]; for (; n; n >>= 1n, point = add(point, point)) if (n & 1n) r = add(r, point); return r; };
function decoded(bytes) {
  if (bytes.length !== 32) return null;
  const y = little(bytes) & (2n ** 255n - 1n);
  if (y >= P) return null; // not canonical
  const square = mod((y * y - 1n) * inverse(mod(D * y * y) + 1n));
  let x = power(square, (P + 3n) / 8n);
  if (mod(x * x) !== square) x = mod(x * ROOT);
  if (mod(x * x) !== square) return null; // not on the curve
  if (x === 0n && bytes[31] >> 7) return null; // a sign bit on x = 0
  return [Number(x & 1n) === bytes[31] >> 7 ? x : mod(-x), y];
}
const zero = (point) => point[0] === 0n && point[1] === 1n;
const smallOrder = (point) => zero(times(8n, point));
const safeKey = (bytes) => { const point = decoded(bytes); return point !== null && !smallOrder(point) && zero(times(L, point)); };
function fits(key, message, signature) {
  if (signature.length !== 64) return false;
  const r = decoded(signature.subarray(0, 32));
  if (r === null || smallOrder(r) || little(signature.subarray(32)) >= L) return false;
  const made = crypto.createPublicKey({ key: Buffer.concat([SPKI, key]), format: "der", type: "spki" });
  return crypto.verify(null, message, made, signature); // OpenSSL: without the cofactor
}

const wrong = [];
const expect = (name, found, wanted) => { if (found !== wanted) wrong.push(`${name}: ${found}, expected ${wanted}`); };
for (const each of told("keys").cases) {
  expect(each.name, safeKey(hex(each.public_key)) ? "registered" : "KEY_REFUSED", each.expect);
  expect(`${each.name}, key id`, keyid(hex(each.public_key)), each.keyid);
}
for (const each of told("signatures").cases)
  expect(each.name, fits(...[each.public_key, each.message, each.signature].map(hex)), each.expect);

const page = readFileSync(`${docs}/protocol.md`, "utf-8");
const after = (title) => page.split(`\n${title}`)[1].split("\n").slice(1).join("\n").split("\n\n")[0].replace(/```[^]*/, "").trim();
const payload = hex(after("payload (").replace(/\s/g, ""));
const label = after("payload_type\n".trimEnd());
const signed = Buffer.concat([Buffer.from(`DSSEv1 ${label.length} ${label} ${payload.length} `), payload]);
expect("example: key id", keyid(hex(after("public key ("))), after("key id"));
expect("example: hash", sha256(payload), after("SHA-256 of the payload"));
expect("example: encoding", sha256(signed), after("SHA-256 of the pre-authentication encoding"));
expect("example: signature", fits(hex(after("public key (")), signed, hex(after("Ed25519 signature (").replace(/\s/g, ""))), true);
const letters = (text) => [...text].map((each) => parseInt(each, 36)).join("");
const country = JSON.parse(readFileSync(`${docs}/lists/parties.json`, "utf-8")).CHE;
const body = "CHE01" + "100" + "00000001";
const digits = String(98n - (BigInt(letters(`${body}${country}00`)) % 97n)).padStart(2, "0");
expect("example: account", country + digits + body, page.match(/account id {9}(\S+)/)[1]);

wrong.forEach((each) => console.log(each));
process.exit(wrong.length ? 1 : 0);
