// Builds for debugging, serves, and does both again whenever a file changes. Told so by ROOMFUL_DEV,
// the server's pages load themselves again when another run of it answers.
import { spawn } from 'node:child_process';
import { existsSync, watch } from 'node:fs';
import { rm } from 'node:fs/promises';
import { run, say } from './shared.mjs';

const PROGRAM = 'target/wasm32-unknown-unknown/debug/roomful.wasm';
const WATCHED = ['src', 'style', 'public', 'migrations', 'build.rs', 'Cargo.toml', 'Cargo.lock'];
/** An editor that saves several files is one change. */
const SETTLE_MS = 150;

/** What has changed since the last build: the sheet and the pictures need no compiler. */
let looks = true;
let sources = true;
let building = false;
let server = null;

async function compile() {
  say('Compiling the browser’s program…');
  const browser = ['--lib', '--no-default-features', '--features', 'hydrate', '--target', 'wasm32-unknown-unknown'];
  if (!(await run('cargo', ['build', '-q', ...browser]))) return false;
  say('Compiling the server…');
  return run('cargo', ['build', '-q', '--features', 'ssr', '--bin', 'roomful']);
}

async function site() {
  // This site takes the place of the release's: `make run` must make its own again.
  await rm('target/front/release', { force: true });
  return existsSync(PROGRAM) && run('node', ['tools/site.mjs', 'debug', PROGRAM]);
}

async function stop() {
  const old = server;
  server = null;
  if (!old || old.exitCode !== null) return;
  const gone = new Promise((done) => old.once('exit', done));
  old.kill('SIGTERM');
  await gone;
}

function start() {
  server = spawn('target/debug/roomful', ['serve'], {
    stdio: 'inherit',
    env: { ...process.env, ROOMFUL_DEV: 'on' },
  });
  server.once('exit', (code) => {
    if (code) say('The server ended; it starts again after the next change.');
  });
}

async function build() {
  if (building) return;
  building = true;
  while (looks || sources) {
    const recompile = sources;
    looks = sources = false;
    if (recompile && !(await compile())) {
      say('Not yet: waiting for the next change.');
      continue;
    }
    if (!(await site())) continue;
    // For a new style sheet too: the server learns its name when it starts.
    await stop();
    start();
    say('Ready.');
  }
  building = false;
}

let settle;
for (const path of WATCHED.filter((path) => existsSync(path))) {
  watch(path, { recursive: true }, () => {
    if (path === 'style' || path === 'public') looks = true;
    else sources = true;
    clearTimeout(settle);
    settle = setTimeout(build, SETTLE_MS);
  });
}
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await stop();
    process.exit(0);
  });
}
await build();
