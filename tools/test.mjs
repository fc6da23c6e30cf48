// All that proves that Roomful works, in the order in which it is quickest to be told that it does
// not. A step that fails does not keep the others from running, only those that stand on it.
//
//   node tools/test.mjs [word …]     only the steps with one of these words in their names
import { existsSync } from 'node:fs';
import { ask, run, say } from './shared.mjs';

const WASM = ['--target', 'wasm32-unknown-unknown'];
const BROWSER = ['--lib', '--no-default-features', '--features', 'hydrate', ...WASM];
/** Crates that have no business in a browser; a prefix stands for its family. */
const SERVERS_OWN = /^(tokio|axum|hyper|tower|sqlx|mio|argon2|rustls|libsqlite3|leptos_axum|tungstenite|tokio-tungstenite|clap|governor|rpassword|tracing-subscriber|rust-embed|unicode-security|ipnet|redis)([-_].*)?$/;

const all = [
  { name: 'formatting', run: () => run('cargo', ['fmt', '--check']) },
  { name: 'no server crate in the browser', run: onlyTheBrowsersCrates },
  {
    name: 'clippy, the server’s side',
    run: () => run('cargo', ['clippy', '-q', '--features', 'ssr', '--all-targets', '--', '-D', 'warnings']),
  },
  {
    name: 'clippy, the browser’s side',
    run: () => run('cargo', ['clippy', '-q', ...BROWSER, '--', '-D', 'warnings']),
  },
  { name: 'native tests', run: () => run('cargo', ['test', '-q', '--features', 'ssr']) },
  { name: 'the site', run: () => run('make', ['-s', 'target/front/release']) },
  // The native tests have compiled it already; this is here for when they failed.
  { name: 'the server', run: () => run('cargo', ['build', '-q', '--features', 'ssr', '--bin', 'roomful']) },
  {
    name: 'Playwright and Chromium',
    run: async () =>
      (await run('make', ['-s', 'end2end/node_modules/.package-lock.json'])) &&
      (await run('node', ['tools/chromium.mjs'])),
  },
  {
    // The browser's side is tested where it lives: the program that ships, in the real page. Its
    // state machines have no browser in them and are among the native tests.
    name: 'end to end',
    needs: ['the site', 'the server', 'Playwright and Chromium'],
    run: () => run('npx', ['playwright', 'test'], { cwd: 'end2end' }),
  },
];

function onlyTheBrowsersCrates() {
  const tree = ask('cargo', ['tree', '-e', 'normal', '--prefix', 'none', '-f', '{p}',
    '--no-default-features', '--features', 'hydrate', ...WASM]);
  if (tree === null) return false;
  const crates = new Set(tree.split('\n').map((line) => line.split(' ')[0]));
  const strays = [...crates].filter((name) => SERVERS_OWN.test(name));
  for (const name of strays) console.error(`  ${name} is compiled for the browser (cargo tree -i ${name} …)`);
  return strays.length === 0;
}

const words = process.argv.slice(2);
const steps = words.length ? all.filter(({ name }) => words.some((word) => name.includes(word))) : all;

const results = new Map();
const took = [];
for (const [at, { name, needs = [], run: step }] of steps.entries()) {
  const lacking = needs.find((other) => results.has(other) && results.get(other) !== 'passed');
  if (lacking) {
    results.set(name, 'left out');
    continue;
  }
  say(`${at + 1}/${steps.length} ${name}…`);
  const begun = performance.now();
  const passed = await step();
  took[at] = (performance.now() - begun) / 1000;
  results.set(name, passed ? 'passed' : 'FAILED');
}

console.log('');
for (const [at, { name }] of steps.entries()) {
  const time = took[at] === undefined ? '' : `${took[at].toFixed(1)} s`;
  console.log(`  ${results.get(name).padEnd(9)} ${time.padStart(9)}   ${name}`);
}
const total = took.reduce((sum, seconds) => sum + (seconds ?? 0), 0);
const good = [...results.values()].every((result) => result === 'passed');
console.log(`\n${good ? '✓ Everything passed' : '✗ Not everything passed'} (${Math.ceil(total / 60)} min).`);
if (!good && existsSync('end2end/test-results')) {
  console.log('  What the browser saw: end2end/test-results');
}
process.exit(good ? 0 : 1);
