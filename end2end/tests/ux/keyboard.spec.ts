// What people expect of the keyboard and of the focus, line by line.
import { byFinger, panel } from '../../support/drawers.ts';
import { focusShows } from '../../support/look.ts';
import { PASSWORD, expect, test } from '../../support/test.ts';

const KEYS = 'Keyboard: Ctrl/Cmd+K jumps to any room or person; Alt+↑/↓ next room, with Shift next unread; ? or Ctrl+/ shows the list; single letters can be turned off';
const FOCUS = 'Keyboard: focus stays in the composer after sending and comes back when a dialog closes; visible focus everywhere';

test(`${KEYS} — to a room and to a person`, async ({ person }) => {
  await (await person('zoe')).context.close();
  const alice = await person('alice');
  const bob = await person('bob');
  await bob.enterRoom('garden');
  await alice.openRoom('lobby');
  await alice.composer.focus();
  await alice.page.keyboard.press('Control+k');
  const field = panel(alice).getByRole('combobox', { name: 'A room or a person' });
  await expect(field).toBeFocused();
  const options = panel(alice).getByRole('option');
  await field.pressSequentially('gard');
  await expect(options).toHaveCount(1);
  await expect(options).toHaveText(/garden/);
  await field.press('Enter');
  await alice.isIn('garden');
  await expect(panel(alice)).toBeHidden();

  await alice.page.keyboard.press('Meta+k');
  await expect(field).toBeFocused();
  await field.pressSequentially('zo');
  await expect(options).toHaveText([/zoe/]);
  await field.press('Enter');
  await alice.isIn('zoe');

  await alice.page.keyboard.press('Control+k');
  await field.pressSequentially('b');
  await expect(options.filter({ hasText: 'lobby' })).toBeVisible();
  await expect(options.filter({ hasText: 'bob' })).toBeVisible();
  await expect(options.filter({ hasText: 'zoe' })).toHaveCount(0);
  const chosen = () => panel(alice).getByRole('option', { selected: true });
  const first = await chosen().innerText();
  await field.press('ArrowDown');
  await expect(chosen()).not.toHaveText(first);
  await field.press('ArrowUp');
  await expect(chosen()).toHaveText(first);
  await field.press('Escape');
  await expect(panel(alice)).toBeHidden();
  await alice.isIn('zoe');
});

test(`${KEYS} — what the page knows is there at once, and the house completes it`, async ({ person }) => {
  await (await person('zoe')).context.close();
  const alice = await person('alice');
  for (const room of ['garden', 'attic']) await alice.enterRoom(room);
  await (await person('otto')).context.close();
  await alice.openTalk('otto');
  await alice.say('so that we know each other');
  await alice.hears('so that we know each other');
  await alice.openRoom('lobby');
  await alice.say('here I am');
  await alice.hears('here I am');
  // The house answers when it is told to.
  let answer = () => {};
  const told = new Promise<void>((done) => (answer = done));
  await alice.page.route('**/jump?**', async (route) => {
    await told;
    await route.continue();
  });
  const field = panel(alice).getByRole('combobox', { name: 'A room or a person' });
  const options = panel(alice).getByRole('option');
  await alice.composer.focus();
  // In the page itself, since a busy machine makes each question of a test a slow one.
  const shown = await alice.page.evaluate(async () => {
    const begin = performance.now();
    document.dispatchEvent(new KeyboardEvent('keydown', { key: 'k', ctrlKey: true, bubbles: true }));
    const all = [...document.querySelectorAll('#panel [role=option] bdi')].map((it) => it.textContent);
    return { all, ms: performance.now() - begin };
  });
  expect(shown.ms).toBeLessThan(100);
  expect([...shown.all].sort()).toEqual(['attic', 'garden', 'lobby', 'otto']);
  await expect(field).toBeFocused();
  await field.pressSequentially('o');
  await expect(options).toHaveText([/lobby/, /otto/]);
  await field.press('ArrowDown');
  const chosen = panel(alice).getByRole('option', { selected: true });
  await expect(chosen).toHaveText(/otto$/);
  answer();
  await expect(options).toHaveText([/lobby/, /otto/, /zoe/]);
  await expect(chosen, 'it stays chosen').toHaveText(/otto$/);
  await expect(field).toHaveValue('o');
  expect(await field.getAttribute('aria-activedescendant')).toBe(await chosen.getAttribute('id'));
  await field.press('Enter');
  await alice.isIn('otto');
});

test(`${KEYS} — offline too, and it says what cannot be opened`, async ({ person, guard }) => {
  guard.expectCuts();
  const alice = await person('alice');
  await alice.enterRoom('garden');
  await alice.openRoom('lobby');
  await alice.say('hello');
  await alice.hears('hello');
  await alice.context.setOffline(true);
  await alice.composer.focus();
  await alice.page.keyboard.press('Control+k');
  const options = panel(alice).getByRole('option');
  await expect(options).toHaveText([/lobby/, /garden/]);
  await expect(panel(alice).getByRole('status')).toHaveText(/cannot be reached.*no other room/);
  const field = panel(alice).getByRole('combobox', { name: 'A room or a person' });
  // Where one is already can be gone to.
  await field.pressSequentially('lob');
  await expect(options).toHaveText([/lobby/]);
  await field.press('Enter');
  await expect(panel(alice)).toBeHidden();
  await alice.isIn('lobby');
  await alice.page.keyboard.press('Control+k');
  await field.pressSequentially('gard');
  await field.press('Enter');
  await expect(panel(alice)).toBeHidden();
  await expect(alice.page.locator('#refusal')).not.toBeEmpty();
  await alice.isIn('lobby');
  await alice.context.setOffline(false);
  await alice.page.keyboard.press('Control+k');
  await field.pressSequentially('gard');
  await expect(options).toHaveCount(1);
  await field.press('Enter');
  await alice.isIn('garden');
});

test(`${KEYS} — the next room, and the next unread one`, async ({ person }) => {
  const alice = await person('alice');
  const bob = await person('bob');
  for (const room of ['attic', 'cellar', 'garden']) await alice.enterRoom(room);
  await alice.openRoom('lobby');
  await alice.say('back in the lobby');
  await alice.hears('back in the lobby');
  const lines = () => alice.page.locator('#rooms a[data-go] .name').allTextContents();
  const order = await lines();
  expect([...order].sort()).toEqual(['attic', 'cellar', 'garden', 'lobby']);
  const next = (from: string, step: number) => order[(order.indexOf(from) + step + order.length) % order.length];

  await alice.composer.focus();
  await alice.page.keyboard.press('Alt+ArrowDown');
  await alice.isIn(next('lobby', 1));
  await alice.page.keyboard.press('Alt+ArrowUp');
  await alice.isIn('lobby');
  await alice.page.keyboard.press('Alt+ArrowUp');
  await alice.isIn(next('lobby', -1));
  await alice.openRoom('lobby');

  await bob.post('#cellar', 'anybody down here?');
  await expect(alice.page.locator('#rooms .count').first()).toBeAttached();
  await alice.page.keyboard.press('Alt+Shift+ArrowDown');
  await alice.isIn('cellar');
  await alice.hears('anybody down here?');
  // Nothing more is unread: one stays.
  await expect(alice.page.locator('#rooms .count')).toHaveCount(0);
  await alice.page.keyboard.press('Alt+Shift+ArrowUp');
  await alice.page.keyboard.press('Control+/');
  await expect(panel(alice).getByRole('heading', { name: 'Shortcuts' })).toBeVisible();
  expect(alice.place()).toBe('cellar');
});

test(`${KEYS} — the list, and single letters turned off`, async ({ person }) => {
  const alice = await person('alice');
  await alice.openRoom('lobby');
  const list = panel(alice).getByRole('heading', { name: 'Shortcuts' });
  const { keyboard } = alice.page;
  await alice.composer.focus();
  await keyboard.press('Control+/');
  await expect(list).toBeVisible();
  for (const key of ['Ctrl', 'K', 'Alt', 'Shift', '?', 'Enter', 'Esc']) {
    await expect(panel(alice).locator('kbd').getByText(key, { exact: true }).first()).toBeVisible();
  }
  await keyboard.press('Escape');
  await expect(list).toBeHidden();

  await alice.composer.focus();
  await keyboard.press('?');
  await expect(alice.composer, 'where one types it is a letter').toHaveValue('?');
  await expect(list).toBeHidden();
  await alice.composer.fill('');
  await alice.log.focus();
  await keyboard.press('?');
  await expect(list).toBeVisible();

  await panel(alice).getByRole('link', { name: 'Settings' }).click();
  const letters = panel(alice).getByRole('group', { name: 'Keys of one letter' });
  await letters.getByRole('button', { name: 'Off' }).click();
  await expect(letters.getByRole('button', { name: 'Off' })).toHaveAttribute('aria-pressed', 'true');
  await keyboard.press('Escape');
  await expect(panel(alice)).toBeHidden();
  await alice.log.focus();
  for (const reloaded of [false, true]) {
    if (reloaded) await alice.reload();
    await alice.log.focus();
    await keyboard.press('?');
    // What comes after it has come: nothing had.
    await keyboard.press('Control+k');
    await expect(panel(alice).getByRole('combobox')).toBeFocused();
    await keyboard.press('Escape');
    await expect(panel(alice)).toBeHidden();
  }
  await keyboard.press('Control+/');
  await expect(list, 'with Ctrl it is no single letter').toBeVisible();
});

test(`${FOCUS} — in the composer after sending`, async ({ person }) => {
  const alice = await person('alice');
  await alice.openRoom('lobby');
  await alice.composer.focus();
  for (const text of ['one', 'two']) {
    await alice.page.keyboard.type(text);
    if (await byFinger(alice)) await alice.sendButton.tap();
    else await alice.page.keyboard.press('Enter');
    await expect(alice.composer).toHaveValue('');
    await expect(alice.composer).toBeFocused();
    await alice.hears(text);
  }
  await alice.page.keyboard.type('three');
  await alice.sendButton.click();
  await alice.hears('three');
  await expect(alice.composer).toBeFocused();
});

test(`${FOCUS} — back when a dialog closes`, async ({ person }) => {
  const alice = await person('alice');
  await alice.openRoom('lobby');
  await alice.say('a message');
  await alice.hears('a message');
  const { keyboard } = alice.page;
  for (const keys of ['Control+k', 'Control+/']) {
    await alice.composer.focus();
    await keyboard.press(keys);
    await expect(panel(alice).getByRole('heading', { level: 1 })).toBeVisible();
    await keyboard.press('Escape');
    await expect(panel(alice)).toBeHidden();
    await expect(alice.composer).toBeFocused();
  }
  const about = alice.page.getByRole('main').getByRole('link', { name: 'About', exact: true });
  await about.focus();
  await keyboard.press('Enter');
  await expect(panel(alice).getByRole('heading', { level: 1, name: 'lobby' })).toBeFocused();
  await keyboard.press('Escape');
  await expect(about).toBeFocused();

  await alice.log.focus();
  await keyboard.press('ArrowUp');
  await expect(alice.messages('a message')).toBeFocused();
  await keyboard.press('Enter');
  await expect(alice.page.getByRole('dialog', { name: 'What to do with this message' })).toBeVisible();
  await keyboard.press('Escape');
  await expect(alice.messages('a message')).toBeFocused();
});

test(`${FOCUS} — visible everywhere`, async ({ person }) => {
  test.setTimeout(120_000);
  const alice = await person('alice');
  await alice.post('#lobby', 'with a [link](https://example.org) in it');
  for (const path of ['/chat/', '/chat/lobby/', '/account', '/settings', '/search', '/people', '/chat/lobby/about', '/jump']) {
    await alice.visit(path);
    await alice.page.locator('body').click({ position: { x: 2, y: 2 } });
    const seen = new Set<string>();
    for (let n = 0; n < 25; n += 1) {
      await alice.page.keyboard.press('Tab');
      const shows = await focusShows(alice.page);
      if (shows === null) break;
      expect(shows, `${path}, after ${n + 1} tabs`).toMatch(/^shows/);
      seen.add(shows);
    }
    expect(seen.size, path).toBeGreaterThan(1);
  }
});

test('Keyboard: by it alone from log-in to a sent private message', async ({ house, visitor, person }, info) => {
  test.skip(info.project.name === 'phone', 'a phone has no keyboard to come in by');
  const bob = await person('bob');
  await house.addUser('alice');
  const alice = await visitor();
  const { page } = alice;
  const { keyboard } = page;
  /** Tabs until what has this name has the focus. */
  const tabTo = async (name: RegExp) => {
    for (let n = 0; n < 40; n += 1) {
      await keyboard.press('Tab');
      const now = await page.evaluate(() => {
        const it = document.activeElement!;
        return it.getAttribute('aria-label') ?? it.textContent ?? '';
      });
      if (name.test(now.trim())) return;
    }
    throw new Error(`no ${name} within 40 tabs`);
  };
  await alice.visit('/chat/');
  await tabTo(/^Log in$/);
  await keyboard.press('Enter');
  await expect(page.getByLabel('Name', { exact: true })).toBeFocused();
  await keyboard.type('alice');
  await keyboard.press('Tab');
  await keyboard.type(PASSWORD);
  await keyboard.press('Enter');
  await expect(page).toHaveURL(`${alice.base}/chat/`);
  await alice.awake();
  await expect(page.getByRole('textbox', { name: 'Find a room, or name a new one' })).toBeFocused();
  await keyboard.type('lobby');
  await keyboard.press('Enter');
  await alice.isIn('lobby');
  await keyboard.press('Control+k');
  await expect(panel(alice).getByRole('combobox')).toBeFocused();
  await keyboard.type('bob');
  await expect(panel(alice).getByRole('option')).toHaveText([/bob/]);
  await keyboard.press('Enter');
  await alice.isIn('bob');
  if (!(await alice.composer.evaluate((it) => it === document.activeElement))) await tabTo(/^Message$/);
  await keyboard.type('by keyboard alone');
  await keyboard.press('Enter');
  await alice.hears('by keyboard alone');
  await bob.openTalk('alice');
  await bob.hears('by keyboard alone');
});
