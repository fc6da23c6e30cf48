// A Chromium for the tests: the system's, Playwright's own, or, where we may, Debian's package.
import { existsSync } from 'node:fs';
import { chromium, giveUp, run, say } from './shared.mjs';

/** Chinese and emoji are in the tests' texts; without the fonts the pictures show boxes. */
const PACKAGES = ['chromium', 'fonts-noto-cjk', 'fonts-noto-color-emoji'];
const PATIENCE_MS = 300_000;

async function playwrights() {
  say('Fetching a browser for the tests…');
  return run('npx', ['playwright', 'install', 'chromium'], { cwd: 'end2end', timeout: PATIENCE_MS });
}

async function debians() {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return false;
  say('Installing Debian’s Chromium…');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update', '-qq'], { env });
  return run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...PACKAGES], { env });
}

if (!chromium() && !(await debians()) && !(await playwrights())) {
  giveUp('no Chromium for the tests: install it (Debian: apt install chromium), or name it in CHROMIUM');
}
