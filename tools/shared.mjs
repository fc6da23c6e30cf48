// What the scripts in tools/ share. They need Node and what `.tools/` holds, and nothing else.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

/** Build tools live in the project, never in the user's home. */
export const TOOLS = '.tools';

/** A package that `.tools/` holds. */
export function fromTools(name) {
  return createRequire(resolve(TOOLS, 'package.json'))(name);
}

export function say(line) {
  console.log(`▸ ${line}`);
}

/** Ends with one line that says what to do about it. */
export function giveUp(line) {
  console.error(`✗ ${line}`);
  process.exit(1);
}

/** Runs a command with its output shown; resolves to whether it succeeded. */
export function run(command, args, options = {}) {
  return new Promise((done) => {
    const child = spawn(command, args, { stdio: 'inherit', ...options });
    child.on('error', () => done(false));
    child.on('exit', (code) => done(code === 0));
  });
}

/** A command's output, or `null` where it failed. */
export function ask(command, args, options = {}) {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8', ...options });
  return status === 0 ? stdout.trim() : null;
}

/** Debian's Chromium, Chrome, or what `CHROMIUM` names; `null` where there is none. */
export function chromium() {
  const named = process.env.CHROMIUM;
  if (named) return existsSync(named) ? named : giveUp(`CHROMIUM=${named}: there is no such file`);
  const known = [
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/usr/bin/google-chrome-stable',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ];
  return known.find((path) => existsSync(path)) ?? null;
}
