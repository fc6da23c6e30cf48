// What a browser loads when it opens a room for the first time, written to docs/size.md. The page is
// asked from a server of our own, with an ordinary evening in it.
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { House, PASSWORD } from './house.mjs';
import { giveUp } from './shared.mjs';

const SITE = 'target/site';
const PAPER = 'docs/size.md';
/** All that the first visit may cost, in brotli bytes. */
const BUDGET = 250_000;
/** As much as a page shows. */
const MESSAGES = 50;
/** As the server compresses what it makes anew each time (src/server/http/compressed.rs). */
const QUALITY_OF_PAGES = 5;

/** A room's page with 50 messages, as someone who is logged in gets it. */
async function page() {
  const house = new House();
  try {
    await house.start();
    await house.addUser('mira');
    const post = (action, fields, headers = {}) =>
      fetch(`${house.url}/api/${action}`, {
        method: 'POST',
        headers: { Accept: 'text/html', Origin: house.url, ...headers },
        body: new URLSearchParams({ page: '/chat/lobby/', ...fields }),
        redirect: 'manual',
      });
    const entered = await post('log_in', { name: 'mira', password: PASSWORD });
    const Cookie = entered.headers.getSetCookie().map((cookie) => cookie.split(';')[0]).join('; ');
    if (entered.status !== 303 || !Cookie) giveUp(`logging in was answered with ${entered.status}`);
    for (let n = 1; n <= MESSAGES; n += 1) {
      const body = `line ${n}: the laser cutter is free again after four, please check the bed`;
      const said = await post('say', { to: '#lobby', body, cid: crypto.randomUUID() }, { Cookie });
      if (said.status !== 303) giveUp(`saying something was answered with ${said.status}`);
    }
    const answer = await fetch(`${house.url}/chat/lobby/`, { headers: { Cookie } });
    const html = Buffer.from(await answer.arrayBuffer());
    const brotli = brotliCompressSync(html, {
      params: { [constants.BROTLI_PARAM_QUALITY]: QUALITY_OF_PAGES },
    });
    return { raw: html.length, brotli: brotli.length };
  } finally {
    await house.close();
  }
}

async function file(path) {
  const whole = join(SITE, path);
  const raw = (await readFile(whole)).length;
  return { raw, brotli: existsSync(`${whole}.br`) ? (await readFile(`${whole}.br`)).length : raw };
}

const manifest = JSON.parse(await readFile(join(SITE, 'manifest.json'), 'utf8'));
const rows = [
  { what: 'the page (html)', ...(await page()) },
  { what: 'the program (wasm)', ...(await file(manifest.wasm)) },
  { what: 'its loader (js)', ...(await file(manifest.js)) },
  { what: 'the style sheet (css)', ...(await file(manifest.css)) },
  { what: 'what every page has (js)', ...(await file(manifest.glue)) },
  // Of one language; English is the first.
  { what: 'what it says (txt)', ...(await file(manifest.words[0])) },
];
if (existsSync(join(SITE, 'pkg/snippets'))) {
  for (const name of await readdir(join(SITE, 'pkg/snippets'), { recursive: true })) {
    if (name.endsWith('.js')) rows.push({ what: 'a part of it (js)', ...(await file(join('pkg/snippets', name))) });
  }
}
for (const icon of ['favicon.svg', 'favicon.ico']) {
  if (existsSync(join(SITE, icon))) rows.push({ what: 'the icon', ...(await file(icon)) });
}

/** Loaded once the page is there and at rest; what it stores, the page has loaded already, but for this. */
const later = await file('sw.js');

const total = rows.reduce((a, b) => ({ raw: a.raw + b.raw, brotli: a.brotli + b.brotli }), { raw: 0, brotli: 0 });
const number = (n) => n.toLocaleString('en').padStart(9);
const line = ({ what, raw, brotli }) => `| ${what.padEnd(24)} | ${number(raw)} | ${number(brotli)} |`;
const table = [
  `| ${'file'.padEnd(24)} | ${'bytes'.padStart(9)} | ${'brotli'.padStart(9)} |`,
  `|${'-'.repeat(26)}|${'-'.repeat(10)}:|${'-'.repeat(10)}:|`,
  ...rows.map(line),
  line({ what: '**in all**', ...total }),
].join('\n');

/** What people wrote below stays. */
const BELOW = '\n## ';
const before = existsSync(PAPER) ? await readFile(PAPER, 'utf8') : '';
const kept = before.includes(BELOW) ? before.slice(before.indexOf(BELOW)) : '';
const share = Math.round((total.brotli / BUDGET) * 100);
await mkdir('docs', { recursive: true });
await writeFile(
  PAPER,
  `# What the first visit loads

A room's page with ${MESSAGES} messages, and all that it needs. The budget is ${number(BUDGET).trim()} bytes of brotli;
this is ${share} % of it.

${table}

The files are compressed when they are built (brotli, level 11) and sent so, the page when it is made (level
${QUALITY_OF_PAGES}). A second visit loads the page alone, because the
files are kept for ever and change their names with their content. Log-in, sign-up and account pages load no program.

When all of that is there, the service worker comes (\`sw.js\`, ${number(later.brotli).trim()} bytes of brotli), and stores
the same files for when there is no network, out of the browser's cache. Beside them it asks for the page that
is shown then, and for what is said in the other language. It is not counted: nobody waits for it.

\`make size\` measures it and writes this file down to here.
${kept}`,
);
console.log(table);
if (total.brotli > BUDGET) giveUp(`over the budget of ${number(BUDGET).trim()} bytes`);
