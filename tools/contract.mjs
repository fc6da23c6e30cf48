// Asks the HTTP API everything that its own document allows, and much that it does not: schemathesis
// makes requests of /api/v1/openapi.json, with a token of all scopes and without one. No answer may be
// one of the five hundreds, or one that the document does not describe.
//
//   make contract            CASES=200: more of each kind; SEED=1: the same again
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { House } from './house.mjs';
import { giveUp, run, say, TOOLS } from './shared.mjs';

const VERSION = '4.32.5';
const FOLDER = resolve(TOOLS, `schemathesis-${VERSION}`);
const PROGRAM = resolve(FOLDER, 'bin/schemathesis');

async function install() {
  if (existsSync(PROGRAM)) return;
  say(`Fetching schemathesis ${VERSION} into ${TOOLS}…`);
  if (spawnSync('python3', ['-m', 'venv', FOLDER], { stdio: 'inherit' }).status !== 0) {
    giveUp('python3 with venv is missing (Debian: apt install python3-venv)');
  }
  const pip = [resolve(FOLDER, 'bin/pip'), '--quiet', '--disable-pip-version-check', 'install'];
  const ok = await run(pip[0], [...pip.slice(1), `schemathesis==${VERSION}`]);
  if (!ok) giveUp(`schemathesis ${VERSION} could not be fetched with pip`);
}

/** A house with somebody to push to, a room with a message, and a token that may do everything. */
async function open() {
  const house = new House({ ROOMFUL_API_RATE: 'off', ROOMFUL_CONNECTIONS_PER_USER: '0' });
  await house.start();
  await house.addUser('alice', { admin: true });
  await house.addUser('bob');
  const scopes = 'read,write,push,broadcast';
  const token = await house.command(['token', 'add', '--user', 'alice', '--scope', scopes]);
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
  await fetch(`${house.url}/api/enter_room`, {
    method: 'POST',
    headers: { ...headers, 'Content-Type': 'application/x-www-form-urlencoded' },
    body: 'name=lobby',
  });
  const said = await fetch(`${house.url}/api/v1/messages`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ to: '#lobby', body: 'Good morning.' }),
  });
  if (said.status !== 201) giveUp(`nothing can be said: ${said.status} ${await said.text()}`);
  return { house, token };
}

/** One run; whether nothing was found. */
function ask(house, how, headers, config = 'tools/contract.toml') {
  say(`Asking ${how}…`);
  const { CASES, SEED } = process.env;
  return run(PROGRAM, [
    '--config-file',
    resolve(config),
    'run',
    `${house.url}/api/v1/openapi.json`,
    '--checks=all',
    '--continue-on-failure',
    ...(CASES ? [`--max-examples=${CASES}`] : []),
    ...(SEED ? [`--seed=${SEED}`] : []),
    ...headers.flatMap((header) => ['-H', header]),
  ]);
}

await install();
const { house, token } = await open();
let fine = false;
try {
  const within = await ask(house, 'with a token', [`Authorization: Bearer ${token}`]);
  const there = await ask(
    house,
    'with a token, of names that are there',
    [`Authorization: Bearer ${token}`],
    'tools/contract-names.toml',
  );
  const without = await ask(house, 'without one', []);
  fine = within && there && without;
  // What the server itself had to say: errors, and panics.
  const trouble = house.output.split('\n').filter((line) => /ERROR|panicked|unasked/.test(line));
  for (const line of trouble) console.error(line);
  fine &&= trouble.length === 0;
} finally {
  await house.close();
}
if (!fine) giveUp('the API does not keep to its document: see above');
say('The API keeps to its document.');
