// Checks a call as whoever is told would, by the Standard Webhooks alone: reads {"secret", "headers", "body"}
// and ends with 0 if it was signed with the secret, lately, and says so.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';

const { secret, headers, body } = JSON.parse(readFileSync(0, 'utf8'));
const id = headers['webhook-id'];
const timestamp = headers['webhook-timestamp'];
const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest();
const given = headers['webhook-signature'].split(' ').map((one) => one.split(','));
const signed = given.some(([version, signature]) => {
  const bytes = Buffer.from(signature, 'base64');
  return version === 'v1' && bytes.length === expected.length && timingSafeEqual(bytes, expected);
});
const fresh = Math.abs(Date.now() / 1000 - Number(timestamp)) < 300;
process.exit(signed && fresh ? 0 : 1);
