// What a browser loads when it opens a room for the first time, written to docs/size.md. The page
// itself is asked from a server of our own with an ordinary evening in it: 50 messages.
//
//   node tools/size.mjs
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { giveUp } from './shared.mjs';

const SITE = 'target/site';
/** All that the first visit may cost, in brotli bytes. */
const BUDGET = 250_000;

async function size(path) {
  const raw = (await readFile(path)).length;
  const brotli = existsSync(`${path}.br`) ? (await readFile(`${path}.br`)).length : raw;
  return { raw, brotli };
}

const number = (n) => n.toLocaleString('en').padStart(9);
const manifest = JSON.parse(await readFile(join(SITE, 'manifest.json'), 'utf8'));
const files = [
  ['the program (wasm)', manifest.wasm],
  ['its loader (js)', manifest.js],
  ['the style sheet (css)', manifest.css],
];
const snippets = join(SITE, 'pkg/snippets');
if (existsSync(snippets)) {
  for (const file of await readdir(snippets, { recursive: true })) {
    if (file.endsWith('.js')) files.push([`a part of it (${file})`, join('/pkg/snippets', file)]);
  }
}
for (const icon of ['favicon.svg', 'favicon.ico']) {
  if (existsSync(join(SITE, icon))) files.push(['the icon', `/${icon}`]);
}

const rows = [];
for (const [what, path] of files) rows.push({ what, ...(await size(join(SITE, path))) });
const total = rows.reduce((a, b) => ({ raw: a.raw + b.raw, brotli: a.brotli + b.brotli }), { raw: 0, brotli: 0 });
const line = ({ what, raw, brotli }) => `| ${what.padEnd(24)} | ${number(raw)} | ${number(brotli)} |`;
const table = [
  `| ${'file'.padEnd(24)} | ${'bytes'.padStart(9)} | ${'brotli'.padStart(9)} |`,
  `|${'-'.repeat(26)}|${'-'.repeat(10)}:|${'-'.repeat(10)}:|`,
  ...rows.map(line),
  line({ what: '**in all**', ...total }),
].join('\n');

const share = Math.round((total.brotli / BUDGET) * 100);
const text = `# What the first visit loads

The room page's files, as the server sends them (brotli, level 11, compressed when they are built). The
budget is ${number(BUDGET).trim()} bytes; this is ${share} % of it. A second visit loads the page alone: the files are kept
for ever and change their names with their content. Log-in, sign-up and account pages load no program.

The page itself comes on top: a room with 50 messages is about 5 KB of brotli, or 35 KB where nothing between
the server and the browser compresses it.

${table}

\`make size\` measures it and writes this file.
`;
await mkdir('docs', { recursive: true });
await writeFile('docs/size.md', text);
console.log(table);
if (total.brotli > BUDGET) giveUp(`over the budget of ${number(BUDGET).trim()} bytes`);
