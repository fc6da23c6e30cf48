// The other end of Web Push, by node:crypto alone and from the RFCs: makes the keys of a browser, opens
// what is sent to it (RFC 8188 and 8291), and checks who signed it (RFC 8292).
//
//   node open.mjs keys                 → {"private", "p256dh", "auth"}
//   node open.mjs < {"private", "auth", "authorization", "body", "key", "origin"}
//                                      → {"plain", "claims"}; what is wrong ends it with a sentence
import assert from 'node:assert/strict';
import { createDecipheriv, createECDH, createHmac, createPublicKey, randomBytes, verify } from 'node:crypto';

const read = (text) => Buffer.from(text, 'base64url');
const write = (bytes) => Buffer.from(bytes).toString('base64url');
const hmac = (key, ...parts) => {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(part);
  return mac.digest();
};
/** HKDF (RFC 5869) for at most 32 bytes: extract, then the first block of expand. */
const hkdf = (salt, secret, info, length) =>
  hmac(hmac(salt, secret), info, Buffer.from([1])).subarray(0, length);

function keys() {
  const pair = createECDH('prime256v1');
  const p256dh = pair.generateKeys();
  return { private: write(pair.getPrivateKey()), p256dh: write(p256dh), auth: write(randomBytes(16)) };
}

/** RFC 8291, 3.4 and RFC 8188, 2. */
function open(body, secret, auth) {
  const salt = body.subarray(0, 16);
  const size = body.readUInt32BE(16);
  const idLength = body[20];
  const theirs = body.subarray(21, 21 + idLength);
  const sealed = body.subarray(21 + idLength);
  assert.equal(idLength, 65, 'the key of the sender is a point that is not compressed');
  const pair = createECDH('prime256v1');
  pair.setPrivateKey(secret);
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), pair.getPublicKey(), theirs]);
  const material = hkdf(auth, pair.computeSecret(theirs), info, 32);
  const key = hkdf(salt, material, Buffer.from('Content-Encoding: aes128gcm\0'), 16);
  const nonce = hkdf(salt, material, Buffer.from('Content-Encoding: nonce\0'), 12);
  assert.ok(sealed.length <= size, 'one record, as RFC 8291 asks for');
  const cipher = createDecipheriv('aes-128-gcm', key, nonce);
  cipher.setAuthTag(sealed.subarray(-16));
  const padded = Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()]);
  const end = padded.findLastIndex((byte) => byte !== 0);
  assert.equal(padded[end], 2, 'it is marked as the last record');
  return padded.subarray(0, end);
}

/** RFC 8292, 2 and 3. */
function signer(authorization, key, origin) {
  const [, token, shown] = /^vapid t=([^,]+), k=(.+)$/.exec(authorization) ?? assert.fail(authorization);
  assert.equal(shown, key, 'it is signed with the key that browsers were given');
  const [head, claims, signature] = token.split('.');
  const point = read(key);
  const jwk = { kty: 'EC', crv: 'P-256', x: write(point.subarray(1, 33)), y: write(point.subarray(33)) };
  const by = { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' };
  assert.ok(verify('sha256', Buffer.from(`${head}.${claims}`), by, read(signature)), 'the signature counts');
  assert.equal(JSON.parse(read(head)).alg, 'ES256');
  const said = JSON.parse(read(claims));
  assert.equal(said.aud, origin);
  const left = said.exp - Date.now() / 1_000;
  assert.ok(left > 3_600 && left <= 86_400, `it counts for ${left} s`);
  assert.match(said.sub, /^(mailto|https):/);
  return said;
}

if (process.argv[2] === 'keys') {
  console.log(JSON.stringify(keys()));
} else {
  let text = '';
  for await (const piece of process.stdin) text += piece;
  const it = JSON.parse(text);
  const plain = open(Buffer.from(it.body, 'base64'), read(it.private), read(it.auth)).toString('utf8');
  console.log(JSON.stringify({ plain, claims: signer(it.authorization, it.key, it.origin) }));
}
