// From an empty house to two people in a room: the set-up link, accounts, the index.
import { PASSWORD, expect, test } from '../support/test.ts';

test('the house is set up by whoever has the link, once', async ({ house, visitor }) => {
  const first = await visitor();
  for (const path of ['/chat/', '/login', '/chat/lobby/']) {
    await first.visit(path);
    await expect(first.page.getByText(/being set up/i).first()).toBeVisible();
  }

  const wrong = await visitor();
  await wrong.page.goto(`${house.url}/setup?key=not-the-key`);
  await expect(wrong.page.getByRole('button', { name: 'Open the house' })).toBeHidden();

  const link = await house.setUpLink();
  await first.page.goto(link);
  await first.page.getByLabel('Name', { exact: true }).fill('mira');
  await first.page.getByLabel('Password', { exact: true }).fill('short');
  await first.page.getByRole('button', { name: 'Open the house' }).click();
  await expect(first.page.getByRole('alert')).toBeVisible();
  await expect(first.page.getByLabel('Name', { exact: true })).toHaveValue('mira');
  await first.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await first.page.getByRole('button', { name: 'Open the house' }).click();
  await expect(first.page).toHaveURL(`${house.url}/chat/`);
  await expect(first.page.getByRole('button', { name: 'Log out' })).toBeVisible();
  await expect(first.page.getByText(/being set up/i)).toBeHidden();

  await wrong.page.goto(link);
  await expect(wrong.page.getByRole('button', { name: 'Open the house' })).toBeHidden();
});

test('two people sign up, make a room and talk', async ({ house, visitor }) => {
  await house.addUser('mira', { admin: true });
  const alice = await visitor();
  await alice.visit('/');
  await expect(alice.page).toHaveURL(`${house.url}/chat/`);
  await expect(alice.page.getByRole('link', { name: /lobby/ })).toBeVisible();
  await alice.page.getByRole('link', { name: 'Sign up' }).click();
  await alice.page.getByLabel('Name', { exact: true }).fill('alice');
  await alice.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await alice.page.getByRole('button', { name: 'Sign up', exact: true }).click();
  await expect(alice.page).toHaveURL(`${house.url}/chat/`);
  await alice.enterRoom('中文 聊天室');

  const guest = await visitor();
  const bob = Object.assign(guest, { name: 'bob' });
  await bob.signUp();
  await bob.page.getByRole('link', { name: /中文 聊天室/ }).click();
  await bob.isIn('中文 聊天室');

  await alice.seesHere('alice', 'bob');
  await bob.seesHere('alice', 'bob');
  await expect(alice.notes('bob came in')).toBeVisible();
  await alice.say('晚上好 👋');
  await bob.hears('晚上好 👋');
  await alice.hears('晚上好 👋');
  await bob.say('good evening');
  await alice.hears('good evening');

  await bob.page.close();
  await expect(alice.notes('bob left')).toBeVisible({ timeout: 15_000 });
  await alice.seesHere('alice');
});

test('the index: busiest first, a filter, what was said last', async ({ person }) => {
  const alice = await person('alice');
  const bob = await person('bob');
  await alice.enterRoom('garden');
  await alice.enterRoom('book club');
  await bob.openRoom('book club');
  await alice.seesHere('alice', 'bob');
  await alice.say('chapter nine for next week');
  await bob.hears('chapter nine for next week');
  await bob.seesHere('alice', 'bob');

  const carol = await person('carol');
  const cards = carol.page.getByRole('main').getByRole('listitem');
  await expect(cards.first()).toContainText('book club');
  await expect(cards.first()).toContainText('chapter nine for next week');
  await expect(cards.first()).toContainText('2');
  await expect(cards.filter({ hasText: 'garden' })).toBeVisible();

  const box = carol.page.getByRole('textbox', { name: 'Find a room, or name a new one' });
  await expect(box).toBeFocused();
  await box.fill('gard');
  await expect(cards).toHaveCount(1);
  await expect(cards).toContainText('garden');
  await box.fill('');
  await expect(cards.filter({ hasText: 'book club' })).toBeVisible();
  await box.fill('night kitchen');
  await box.press('Enter');
  await carol.isIn('night kitchen');
});

test('names and passwords that cannot be are refused, and the name comes back', async ({ house, person, visitor }) => {
  await person('alice');
  const guest = await visitor();
  for (const [name, password] of [
    ['Alice', PASSWORD],
    ['аlice', PASSWORD],
    ['two words', PASSWORD],
    ['bob', '1234567'],
  ]) {
    await guest.visit('/signup');
    await guest.page.getByLabel('Name', { exact: true }).fill(name);
    // Past what the form itself would say: what counts is what the server says.
    await guest.page.locator('form').evaluateAll((forms) => forms.forEach((form) => ((form as HTMLFormElement).noValidate = true)));
    await guest.page.getByLabel('Password', { exact: true }).fill(password);
    await guest.page.getByRole('button', { name: 'Sign up', exact: true }).click();
    await expect(guest.page.getByRole('alert')).toBeVisible();
    await expect(guest.page.getByLabel('Name', { exact: true })).toHaveValue(name);
    await expect(guest.page.getByLabel('Password', { exact: true })).toHaveValue('');
  }

  const said: string[] = [];
  for (const name of ['alice', 'nobody']) {
    await guest.visit('/login');
    await guest.page.getByLabel('Name', { exact: true }).fill(name);
    await guest.page.getByLabel('Password', { exact: true }).fill('wrong wrong wrong');
    await guest.page.getByRole('button', { name: 'Log in', exact: true }).click();
    said.push(await guest.page.getByRole('alert').innerText());
  }
  expect(said[0]).toBe(said[1]);
  expect(house.output).not.toContain('wrong wrong wrong');
});

test('a visitor reads along, and logging in leads back to the room', async ({ house, person, visitor }) => {
  const alice = await person('alice');
  await alice.openRoom('lobby');
  await alice.say('the door is open');
  await alice.hears('the door is open');
  const guest = await visitor();
  await guest.openRoom('lobby');
  await guest.hears('the door is open');
  await expect(guest.composer).toBeHidden();
  await alice.say('come in');
  await guest.hears('come in');
  await alice.seesHere('alice');

  await house.addUser('bob');
  await guest.page.getByRole('main').getByRole('link', { name: 'Log in' }).first().click();
  await guest.page.getByLabel('Name', { exact: true }).fill('bob');
  await guest.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await guest.page.getByRole('button', { name: 'Log in', exact: true }).click();
  await guest.isIn('lobby');
  await guest.say('thank you');
  await alice.hears('thank you');
});

test.describe('where reading is not public', () => {
  test.use({ settings: { ROOMFUL_PUBLIC_READING: 'off' } });

  test('a visitor sees nothing of any room', async ({ house, person, visitor }) => {
    const alice = await person('alice');
    await alice.enterRoom('kitchen cabinet');
    await alice.say('only among us');
    await alice.hears('only among us');
    const guest = await visitor();
    for (const path of ['/chat/', '/chat/kitchen%20cabinet/']) {
      await guest.page.goto(house.url + path);
      await expect(guest.page.getByRole('button', { name: 'Log in', exact: true }).or(guest.page.getByRole('link', { name: 'Log in' })).first()).toBeVisible();
      expect(await guest.page.content()).not.toMatch(/kitchen cabinet<|only among us/);
    }
  });
});
