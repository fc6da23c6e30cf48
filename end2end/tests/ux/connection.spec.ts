// What people expect of “State of the connection”. Each test is named after its line.
import { menuOf, rooms } from '../../support/drawers.ts';
import { tell } from '../../support/furnish.ts';
import { expect, test, type Person } from '../../support/test.ts';

const LINE = 'One quiet status line: connecting, offline (with a countdown and "now"), back. The page stays readable and the composer stays usable meanwhile';
const TUNNEL = 'After sleep or a train tunnel: what was missed appears in place, edits and deletions too';

/** Longest wait for a connection to be back: retries come at most 30 s apart. */
const BACK_MS = 60_000;

/** The line itself: its words, and what is only seen. */
const line = ({ page }: Person) => page.locator('.status [role=status]');

test(`${LINE} — offline, with a countdown and “now”, then back`, async ({ person, wire, guard }) => {
  test.setTimeout(2 * BACK_MS);
  guard.expectCuts();
  const alice = await person('alice', { through: wire });
  const bob = await person('bob');
  await alice.openRoom('lobby');
  await alice.say('readable throughout');
  await alice.hears('readable throughout');
  await expect(line(alice)).toHaveText('');
  const now = alice.page.getByRole('button', { name: 'Try now' });
  await expect(now).toBeHidden();
  const place = async () => [await alice.composer.boundingBox(), await alice.messages('readable').boundingBox()];
  const before = await place();

  wire.drop();
  await expect(line(alice)).toContainText('You are offline; what you write goes out when you are back.');
  // The waiting grows from try to try: at last it can be seen to count.
  const seconds = async () => Number(/in (\d+) s/.exec((await line(alice).textContent()) ?? '')?.[1] ?? 0);
  await expect.poll(seconds, { timeout: 30_000 }).toBeGreaterThan(2);
  const first = await seconds();
  await expect.poll(seconds).toBeLessThan(first);
  await expect(line(alice).locator('[aria-hidden]'), 'seconds are not read out').toContainText(/Trying again/);
  await expect(now).toBeVisible();
  expect(await place(), 'nothing moves').toEqual(before);
  await expect(alice.messages('readable')).toBeInViewport();
  await expect(alice.composer).toBeEditable();
  await alice.say('written in the tunnel');
  await alice.holds('written in the tunnel');

  wire.heal();
  await bob.openRoom('lobby');
  await now.click();
  await expect(line(alice)).toContainText('Back.');
  await expect(now).toBeHidden();
  await bob.hears('written in the tunnel');
  await alice.hears('written in the tunnel');
  await expect(line(alice)).toHaveText('');
});

test(`${LINE} — connecting`, async ({ person, guard }) => {
  guard.expectCuts();
  const alice = await person('alice');
  let open: (() => void) | null = null;
  const opened = new Promise<void>((done) => (open = done));
  // A handshake that takes its time.
  await alice.page.routeWebSocket(/\/ws$/, async (socket) => {
    await opened;
    socket.connectToServer();
  });
  await alice.post('#lobby', 'readable throughout');
  await alice.openRoom('lobby');
  await expect(line(alice)).toHaveText('Connecting…');
  await expect(alice.messages('readable throughout')).toBeVisible();
  await alice.say('before it stands');
  await alice.holds('before it stands');
  open!();
  await alice.hears('before it stands', BACK_MS);
  await expect(line(alice)).toHaveText('');
});

test(`${LINE} — the browser says that it is offline`, async ({ person, guard }) => {
  guard.expectCuts();
  const alice = await person('alice');
  await alice.openRoom('lobby');
  await alice.say('readable throughout');
  await alice.hears('readable throughout');
  const box = await alice.composer.boundingBox();
  await alice.context.setOffline(true);
  await expect(line(alice)).toContainText('You are offline');
  expect(await alice.composer.boundingBox()).toEqual(box);
  await alice.context.setOffline(false);
  await expect(line(alice)).toContainText('Back');
  await expect(line(alice)).toHaveText('');
  expect(await alice.composer.boundingBox()).toEqual(box);
});

/** What happens while alice is away: one edit, one deletion, a reaction, and something new. */
async function meanwhile(bob: Person, ids: string[]) {
  await tell(bob, [
    { t: 'edit', to: '#lobby', message: ids[0], body: 'the train leaves at nine' },
    { t: 'delete', to: '#lobby', message: ids[1] },
    { t: 'react', to: '#lobby', message: ids[2], emoji: '🎉', on: true },
  ]);
  await bob.say('said in the meantime');
  await bob.hears('said in the meantime');
}

const said = ['the train leaves at eight', 'that was nonsense', 'and it stands'];

async function prepare(alice: Person, bob: Person): Promise<string[]> {
  await bob.openRoom('lobby');
  const answers = await tell(
    bob,
    said.map((body) => ({ t: 'send', to: '#lobby', cid: crypto.randomUUID(), body, reply_to: null })),
  );
  await alice.openRoom('lobby');
  for (const text of said) await alice.hears(text);
  await alice.page.evaluate(() => Object.assign(window, { same: true }));
  return answers.map(({ id }) => id!);
}

async function allInPlace(alice: Person) {
  await alice.hears('said in the meantime', BACK_MS);
  const shown = alice.log.locator('article.msg');
  await expect(shown).toHaveCount(4);
  await expect(shown.nth(0)).toContainText('the train leaves at nine');
  await expect(shown.nth(0)).toContainText('(edited)');
  await expect(shown.nth(1)).toContainText('This message was deleted.');
  await expect(shown.nth(2)).toContainText('🎉');
  await expect(shown.nth(3)).toContainText('said in the meantime');
  await expect(alice.log).not.toContainText('nonsense');
  expect(await alice.page.evaluate(() => 'same' in window), 'the same page').toBe(true);
}

test(`${TUNNEL} — a wire that is cut`, async ({ person, wire, guard }) => {
  test.setTimeout(2 * BACK_MS);
  guard.expectCuts();
  const alice = await person('alice', { through: wire });
  const bob = await person('bob');
  const ids = await prepare(alice, bob);
  wire.drop();
  await expect(line(alice)).toContainText('You are offline');
  await meanwhile(bob, ids);
  await expect(alice.messages('that was nonsense')).toBeVisible();
  wire.heal();
  await allInPlace(alice);
  await alice.reload();
  await expect(alice.log.locator('article.msg')).toHaveCount(4);
});

test(`${TUNNEL} — a machine that sleeps`, async ({ person, wire, guard }) => {
  test.setTimeout(2 * BACK_MS);
  guard.expectCuts();
  const alice = await person('alice', { through: wire });
  const bob = await person('bob');
  const ids = await prepare(alice, bob);
  // Nothing of the page runs, and its connection is forgotten on the way.
  const devtools = await alice.context.newCDPSession(alice.page);
  await devtools.send('Page.setWebLifecycleState', { state: 'frozen' });
  wire.hang();
  await meanwhile(bob, ids);
  wire.heal();
  await devtools.send('Page.setWebLifecycleState', { state: 'active' });
  await alice.page.evaluate(() => window.dispatchEvent(new Event('online')));
  await allInPlace(alice);
});

test(`${TUNNEL} — in another room, and in private`, async ({ person, wire, guard }) => {
  test.setTimeout(2 * BACK_MS);
  guard.expectCuts();
  const alice = await person('alice', { through: wire });
  const bob = await person('bob');
  await alice.enterRoom('garden');
  await bob.post('#garden', 'good morning');
  await alice.hears('good morning');
  const read = async () => (await alice.context.request.get(`${alice.base}/api/open_place?to=%23garden`)).json();
  await expect.poll(async () => (await read()).read).toBeGreaterThan(0);
  await alice.openRoom('lobby');
  wire.drop();
  await expect(line(alice)).toContainText('You are offline');
  await bob.post('#garden', 'tomatoes');
  await bob.post('#garden', 'and beans');
  await tell(bob, [{ t: 'send', to: '@alice', cid: crypto.randomUUID(), body: 'are you there?', reply_to: null }]);
  wire.heal();
  const side = await rooms(alice);
  await expect(side.getByRole('link', { name: /^garden/ })).toContainText('2', { timeout: BACK_MS });
  await expect(side.getByRole('link', { name: /^bob/ })).toContainText('1');
  await side.getByRole('link', { name: /^bob/ }).click();
  await alice.isIn('bob');
  await alice.hears('are you there?');
});

test(`${TUNNEL} — what I did in the tunnel myself`, async ({ person, wire, guard }) => {
  test.setTimeout(2 * BACK_MS);
  guard.expectCuts();
  const alice = await person('alice', { through: wire });
  const bob = await person('bob');
  await alice.openRoom('lobby');
  await bob.openRoom('lobby');
  await alice.say('said too soon');
  await bob.hears('said too soon');
  await alice.hears('said too soon');
  wire.drop();
  await expect(line(alice)).toContainText('You are offline');
  const menu = await menuOf(alice, 'said too soon');
  await menu.getByRole('menuitem', { name: 'Delete' }).click();
  await menu.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(bob.messages('said too soon')).toBeVisible();
  wire.heal();
  await expect(bob.messages('This message was deleted.')).toHaveCount(1, { timeout: BACK_MS });
  await expect(alice.messages('This message was deleted.')).toHaveCount(1);
});
