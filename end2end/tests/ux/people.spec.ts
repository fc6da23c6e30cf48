// What people expect of “People”. Each test is named after its line.
import { here, panel, people, rooms, shut } from '../../support/drawers.ts';
import { expect, test, type Person } from '../../support/test.ts';

const LIST = 'Online list with me, sorted, searchable beyond 20; idle and last-seen; click opens a private conversation';
const TYPING = '"alice is typing", "alice and bob are typing", never myself';
const LEVEL = 'Notification level per room: everything, mentions, nothing';

/** Makes the page believe that it is on the screen, or that another window covers it. */
async function show(who: Person, visible: boolean) {
  await who.page.evaluate((visible) => {
    Object.defineProperty(document, 'visibilityState', {
      configurable: true,
      get: () => (visible ? 'visible' : 'hidden'),
    });
    document.dispatchEvent(new Event('visibilitychange'));
  }, visible);
}

test(`${LIST} — with me, sorted`, async ({ person }) => {
  const carol = await person('carol');
  await carol.openRoom('lobby');
  const alice = await person('alice');
  await alice.openRoom('lobby');
  const bob = await person('Bob');
  await bob.openRoom('lobby');
  await expect.poll(() => here(bob)).toEqual(['alice', 'Bob you', 'carol']);
  await expect.poll(() => here(alice)).toEqual(['alice you', 'Bob', 'carol']);
  await expect.poll(() => here(carol)).toEqual(['alice', 'Bob', 'carol you']);
  await alice.reload();
  expect(await here(alice)).toEqual(['alice you', 'Bob', 'carol']);
  await bob.page.close();
  await expect.poll(() => here(alice), { timeout: 20_000 }).toEqual(['alice you', 'carol']);
});

test(`${LIST} — searchable beyond 20`, async ({ house, person }) => {
  test.setTimeout(120_000);
  const alice = await person('alice');
  await alice.openRoom('lobby');
  await (await rooms(alice)).getByRole('link', { name: 'Everybody' }).click();
  await expect(panel(alice).getByRole('heading', { name: 'People' })).toBeVisible();
  await expect(panel(alice).getByRole('searchbox'), 'a few are seen at once').toHaveCount(0);
  await alice.page.keyboard.press('Escape');
  await shut(alice);

  const names = ['小林', '小王', ...Array.from({ length: 19 }, (_, n) => `guest${n + 10}`)];
  for (const name of names) await house.addUser(name);
  await (await rooms(alice)).getByRole('link', { name: 'Everybody' }).click();
  const list = panel(alice).getByRole('listitem');
  await expect(list).toHaveCount(names.length + 1);
  const field = panel(alice).getByRole('searchbox', { name: 'Find somebody' });
  for (const [typed, found] of [
    ['林', ['小林']],
    ['GUEST2', ['guest20', 'guest21', 'guest22', 'guest23', 'guest24', 'guest25', 'guest26', 'guest27', 'guest28']],
  ] as const) {
    await field.fill(typed);
    await field.press('Enter');
    await expect(list.locator('.name')).toHaveText([...found]);
  }
  await field.fill('nobody');
  await field.press('Enter');
  await expect(panel(alice).getByText('Nobody here is called “nobody”.')).toBeVisible();
});

test(`${LIST} — idle and last seen`, async ({ person }) => {
  test.setTimeout(90_000);
  const alice = await person('alice');
  const bob = await person('bob');
  await bob.openRoom('lobby');
  await alice.visit('/people/bob');
  await expect(alice.page.getByText('here now')).toBeVisible();

  const says = async (words: string) => {
    await alice.visit('/people/bob');
    await expect(alice.page.getByText(words)).toBeVisible({ timeout: 500 });
  };
  await show(bob, false);
  await expect(() => says('idle')).toPass();
  await alice.visit('/people');
  await expect(alice.page.getByRole('listitem').filter({ hasText: 'bob' })).toContainText('idle');
  await show(bob, true);
  await expect(() => says('here now')).toPass();
  await bob.page.close();
  await expect(() => says('last here just now')).toPass({ timeout: 30_000 });
});

test(`${LIST} — click opens a private conversation`, async ({ person }) => {
  const alice = await person('alice');
  const bob = await person('bob');
  await alice.openRoom('lobby');
  await bob.openRoom('lobby');
  await expect.poll(() => here(alice)).toEqual(['alice you', 'bob']);
  await (await people(alice)).getByRole('link', { name: 'bob', exact: true }).click();
  await alice.isIn('bob');
  await expect(alice.page.locator('[popover]:popover-open'), 'the drawer has gone').toHaveCount(0);
  await alice.say('a word, if you have a minute');
  const line = (await rooms(bob)).getByRole('link', { name: /^alice/ });
  await expect(line).toContainText('1');
  await line.click();
  await bob.isIn('alice');
  await bob.hears('a word, if you have a minute');
});

test(TYPING, async ({ person }) => {
  const [alice, bob, carol] = [await person('alice'), await person('bob'), await person('carol')];
  for (const who of [alice, bob, carol]) await who.openRoom('lobby');
  const line = ({ page }: Person) => page.locator('.typing');

  await alice.composer.pressSequentially('I th');
  await expect(line(carol)).toHaveText('alice is typing');
  // Both go on: what one says about it lasts a few seconds only.
  await expect(async () => {
    await alice.composer.press('a');
    await bob.composer.press('b');
    await expect(line(carol)).toHaveText('alice and bob are typing', { timeout: 500 });
    await expect(line(alice)).toHaveText('bob is typing', { timeout: 500 });
    await expect(line(bob)).toHaveText('alice is typing', { timeout: 500 });
  }).toPass();
  await alice.say('done');
  await carol.hears('done');
  await expect(line(carol)).not.toContainText('alice');
  await expect(line(alice)).not.toContainText('alice');
});

test(LEVEL, async ({ person }) => {
  test.setTimeout(90_000);
  const alice = await person('alice');
  const bob = await person('bob');
  await alice.enterRoom('garden');
  await bob.openRoom('lobby');
  const choose = async (level: string) => {
    await alice.openRoom('garden');
    await alice.page.getByRole('main').getByRole('link', { name: 'About', exact: true }).click();
    const levels = panel(alice).getByRole('group', { name: 'Tell me of' });
    await levels.getByRole('button', { name: level }).click();
    for (const other of ['Everything', 'Mentions', 'Nothing']) {
      const pressed = String(other === level);
      await expect(levels.getByRole('button', { name: other })).toHaveAttribute('aria-pressed', pressed);
    }
    await alice.openRoom('lobby');
  };
  /** What the line of the garden says, once a later message elsewhere has come. */
  const told = async (mark: string) => {
    await bob.say(mark);
    await alice.hears(mark);
    const line = (await rooms(alice)).getByRole('link', { name: /^garden/ });
    const text = (await line.innerText()).replace(/\s+/g, ' ').trim();
    await shut(alice);
    return text;
  };

  await choose('Nothing');
  await bob.post('#garden', '@alice not now');
  expect(await told('first')).not.toMatch(/\d/);

  await choose('Mentions');
  await bob.post('#garden', 'to nobody');
  expect(await told('second')).not.toMatch(/\d/);
  await bob.post('#garden', '@alice look');
  await expect.poll(() => told('third'.concat(crypto.randomUUID()))).toContain('@1');

  await choose('Everything');
  await bob.post('#garden', 'to everybody');
  await expect.poll(() => told('fourth'.concat(crypto.randomUUID()))).toContain('unread');
});
