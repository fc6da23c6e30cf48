// What one does to messages: react, edit, answer, delete, pin; and who is writing.
import type { Locator } from '@playwright/test';
import type { Person } from '../support/person.ts';
import { expect, test } from '../support/test.ts';

const toolbar = (person: Person) => person.page.getByRole('group', { name: 'What to do with this message' });
const menu = (person: Person) => person.page.getByRole('dialog', { name: 'What to do with this message' });

/** Opens a message's menu with the mouse. */
async function open(person: Person, text: string) {
  await person.messages(text).hover();
  await toolbar(person).getByRole('button', { name: 'More', exact: true }).click();
  await expect(menu(person)).toBeVisible();
}

async function choose(person: Person, text: string, what: string) {
  await open(person, text);
  await menu(person).getByRole('menuitem', { name: what, exact: true }).click();
}

const chip = (message: Locator, who: string, emoji: string) =>
  message.getByRole('button', { name: `${who} reacted with ${emoji}`, exact: true });

test('reactions are grouped with who, and a click gives or takes back', async ({ person }) => {
  const alice = await person('alice');
  const bob = await person('bob');
  await alice.openRoom('lobby');
  await bob.openRoom('lobby');
  await alice.say('lunch at one');
  await bob.hears('lunch at one');

  await bob.messages('lunch').hover();
  await toolbar(bob).getByRole('button', { name: 'React with 👍' }).click();
  await expect(chip(bob.messages('lunch'), 'you', '👍')).toHaveText('👍1');
  await chip(alice.messages('lunch'), 'bob', '👍').click();
  await expect(chip(alice.messages('lunch'), 'bob and you', '👍')).toHaveAttribute('aria-pressed', 'true');
  await expect(chip(bob.messages('lunch'), 'alice and you', '👍')).toHaveText('👍2');

  await bob.messages('lunch').getByRole('button', { name: 'Add a reaction' }).click();
  const field = menu(bob).getByRole('searchbox', { name: 'Find an emoji' });
  await expect(field).toBeFocused();
  await field.fill('rocket');
  await expect(menu(bob).getByRole('button', { name: /rocket/ }).first()).toHaveText('🚀');
  await field.press('Enter');
  await expect(menu(bob)).toBeHidden();
  await expect(chip(alice.messages('lunch'), 'bob', '🚀')).toBeVisible();

  await chip(bob.messages('lunch'), 'alice and you', '👍').click();
  await expect(chip(alice.messages('lunch'), 'you', '👍')).toHaveText('👍1');
  await alice.reload();
  await expect(chip(alice.messages('lunch'), 'you', '👍')).toHaveClass(/mine/);
});

test('delete asks once, in place, and leaves a tombstone', async ({ person }) => {
  const alice = await person('alice');
  const bob = await person('bob');
  await alice.enterRoom('garden');
  await bob.joinRoom('garden');
  await bob.openRoom('lobby');
  await alice.openRoom('garden');
  await alice.say('said too soon');
  await alice.hears('said too soon');
  const line = bob.side.getByRole('link', { name: 'garden' });

  await choose(alice, 'too soon', 'Delete');
  await menu(alice).getByRole('button', { name: 'Keep it' }).click();
  await expect(menu(alice)).toBeHidden();
  await alice.hears('said too soon');
  await choose(alice, 'too soon', 'Delete');
  await menu(alice).getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(alice.messages('This message was deleted.')).toHaveCount(1);
  await expect(line).not.toContainText('unread');
  await bob.openRoom('garden');
  await expect(bob.messages('This message was deleted.')).toContainText('alice');
  await expect(bob.page.getByText('too soon')).toHaveCount(0);
});

test('what happened while the wire was cut is there afterwards, on both sides', async ({ person, wire, guard }) => {
  guard.expectCuts();
  const alice = await person('alice', { through: wire });
  const bob = await person('bob');
  await alice.openRoom('lobby');
  await bob.openRoom('lobby');
  await bob.say('his first');
  await bob.say('his second');
  await alice.hears('his second');

  wire.drop();
  await expect(alice.status.first()).toContainText('offline');
  await alice.messages('his first').hover();
  await toolbar(alice).getByRole('button', { name: 'React with 🎉' }).click();
  await expect(chip(alice.messages('his first'), 'you', '🎉')).toHaveClass(/waits/);
  await choose(bob, 'his second', 'Delete');
  await menu(bob).getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(bob.messages('This message was deleted.')).toHaveCount(1);
  wire.heal();

  await expect(alice.messages('This message was deleted.')).toHaveCount(1, { timeout: 30_000 });
  await expect(chip(alice.messages('his first'), 'you', '🎉')).not.toHaveClass(/waits/);
  await expect(chip(bob.messages('his first'), 'alice', '🎉')).toBeVisible();
});

test('by keyboard alone', async ({ person }) => {
  const alice = await person('alice');
  await alice.openRoom('lobby');
  for (const text of ['one', 'two', 'three']) {
    await alice.say(text);
    await alice.hears(text);
  }
  await alice.log.focus();
  const { keyboard } = alice.page;
  await keyboard.press('ArrowUp');
  await expect(alice.messages('three')).toBeFocused();
  await keyboard.press('ArrowUp');
  await expect(alice.messages('two')).toBeFocused();
  await keyboard.press('Enter');
  await expect(menu(alice)).toBeVisible();
  await keyboard.press('Escape');
  await expect(menu(alice)).toBeHidden();
  await expect(alice.messages('two')).toBeFocused();
  await keyboard.press('m');
  await expect(menu(alice).getByRole('button', { name: 'React with 👍' })).toBeFocused();
  await keyboard.press('Enter');
  await expect(chip(alice.messages('two'), 'you', '👍')).toBeVisible();
  await keyboard.press('ArrowDown');
  await expect(alice.messages('three')).toBeFocused();
  await keyboard.press('m');
  await expect(menu(alice).getByRole('button', { name: 'React with 👍' })).toBeFocused();
  await keyboard.press('ArrowUp');
  await expect(menu(alice).getByRole('menuitem', { name: 'Delete' })).toBeFocused();
  await keyboard.press('Enter');
  await expect(menu(alice).getByRole('button', { name: 'Keep it' })).toBeFocused();
  await keyboard.press('ArrowRight');
  await keyboard.press('Enter');
  await expect(alice.messages('This message was deleted.')).toHaveCount(1);
  await alice.log.focus();
  await keyboard.press('Escape');
  await expect(alice.composer).toBeFocused();
});

test('the link to a message can be copied, and its text', async ({ person }) => {
  const alice = await person('alice');
  await alice.openRoom('lobby');
  await alice.say('worth keeping');
  await alice.hears('worth keeping');
  await alice.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const clipboard = () => alice.page.evaluate(() => navigator.clipboard.readText());
  await choose(alice, 'worth keeping', 'Copy text');
  await expect(menu(alice)).toContainText('Copied');
  await expect(menu(alice)).toBeHidden();
  expect(await clipboard()).toBe('worth keeping');
  await choose(alice, 'worth keeping', 'Copy link');
  await expect(menu(alice)).toBeHidden();
  const link = await clipboard();
  expect(link).toContain(`${alice.base}/chat/lobby/?at=`);
  await alice.page.goto(link);
  await alice.hears('worth keeping');
});

test('who is writing is told, and nothing moves', async ({ person }) => {
  const alice = await person('alice');
  const bob = await person('bob');
  await alice.openRoom('lobby');
  await bob.openRoom('lobby');
  await alice.say('well?');
  await bob.hears('well?');
  const place = async () => [await alice.composer.boundingBox(), await alice.messages('well?').boundingBox()];
  const before = await place();
  await bob.composer.pressSequentially('/pm alice se');
  await expect(alice.page.getByText('bob is typing')).toHaveCount(0);
  await bob.composer.fill('');
  await bob.composer.pressSequentially('let me th');
  await expect(alice.page.getByText('bob is typing')).toBeVisible();
  expect(await place()).toEqual(before);
  await bob.composer.press('Enter');
  await alice.hears('let me th');
  await expect(alice.page.getByText('bob is typing')).toHaveCount(0);
});

test('one toolbar serves all rows, and rows of others offer less', async ({ person }) => {
  const alice = await person('alice');
  const bob = await person('bob');
  await alice.openRoom('lobby');
  await bob.openRoom('lobby');
  await alice.say('hers');
  await bob.say('his');
  await alice.hears('his');
  for (const text of ['hers', 'his']) {
    await alice.messages(text).hover();
    await expect(toolbar(alice)).toHaveCount(1);
  }
  await open(alice, 'his');
  await expect(menu(alice).getByRole('menuitem')).toHaveText(['Reply', 'Copy text', 'Copy link']);
  await alice.page.keyboard.press('Escape');
  await open(alice, 'hers');
  await expect(menu(alice).getByRole('menuitem')).toHaveText([
    'Reply', 'Edit', 'Copy text', 'Copy link', 'Delete',
  ]);
});

test('an edit and an answer are seen by the other, also after a reload', async ({ person }) => {
  const alice = await person('alice');
  const bob = await person('bob');
  await alice.openRoom('lobby');
  await bob.openRoom('lobby');
  await alice.say('lunch at on');
  await bob.hears('lunch at on');

  await choose(alice, 'lunch', 'Edit');
  await expect(alice.composer).toBeFocused();
  await expect(alice.composer).toHaveValue('lunch at on');
  await alice.composer.fill('lunch at one');
  await alice.composer.press('Enter');
  await expect(bob.messages('lunch at one')).toContainText('(edited)');
  await expect(alice.composer).toHaveValue('');

  await choose(bob, 'lunch', 'Reply');
  await expect(bob.composer).toBeFocused();
  await bob.say('gladly');
  const quote = alice.messages('gladly').getByRole('link', { name: 'In answer to alice: lunch at one' });
  await expect(quote).toBeVisible();
  await quote.click();
  await expect(alice.messages('lunch at one').first()).toHaveClass(/found/);

  await choose(alice, '(edited)', 'Delete');
  await menu(alice).getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(bob.messages('gladly')).toContainText('a message that was deleted');
  await bob.reload();
  await expect(bob.messages('gladly')).toContainText('a message that was deleted');
});
