// What people expect without JavaScript.
import { people, rooms } from '../../support/drawers.ts';
import { PASSWORD, expect, test } from '../../support/test.ts';

const PLAIN = 'Without JavaScript: read, log in, sign up, open a room, post, send a private message, all by plain forms';

test(PLAIN, async ({ house, person, visitor }) => {
  await house.addUser('mira', { admin: true });
  const bob = await person('bob');
  await bob.openRoom('lobby');
  await bob.say('anybody here?');
  await bob.hears('anybody here?');

  const guest = await visitor({ scripts: false });
  const { page } = guest;
  await guest.visit('/');
  await page.getByRole('main').getByRole('link', { name: /lobby/ }).click();
  await guest.hears('anybody here?');
  await expect(guest.composer).toBeHidden();
  await page.getByRole('main').getByRole('link', { name: 'Log in' }).click();
  await page.getByRole('link', { name: 'Sign up' }).click();
  await page.getByLabel('Name', { exact: true }).fill('alice');
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign up', exact: true }).click();
  const alice = Object.assign(guest, { name: 'alice' });
  await alice.isIn('lobby');
  await alice.say('I am, by a plain form');
  await alice.hears('I am, by a plain form');
  await bob.hears('I am, by a plain form');

  await (await rooms(alice)).getByRole('link', { name: 'All rooms' }).click();
  await page.getByRole('textbox', { name: 'Find a room, or name a new one' }).fill('garden');
  await page.getByRole('button', { name: 'Enter', exact: true }).click();
  await alice.isIn('garden');
  await alice.say('tomatoes');
  await alice.hears('tomatoes');

  await (await rooms(alice)).getByRole('link', { name: /^lobby/ }).click();
  await alice.isIn('lobby');
  await (await people(alice)).getByRole('link', { name: 'bob', exact: true }).click();
  await alice.isIn('bob');
  await alice.say('only between us');
  await alice.hears('only between us');
  await (await rooms(bob)).getByRole('link', { name: /^alice/ }).click();
  await bob.hears('only between us');

  await (await rooms(alice)).getByRole('button', { name: 'Log out' }).click();
  await alice.visit('/chat/');
  await expect(page.getByRole('link', { name: 'Log in' })).toBeVisible();
  await alice.logIn();
  await alice.openRoom('garden');
  await alice.hears('tomatoes');
});

test(`${PLAIN} — and settings, search, people, mentions, a room's page`, async ({ person }) => {
  const alice = await person('alice', { scripts: false });
  const bob = await person('bob');
  await bob.post('#lobby', '@alice the laser cutter is free');
  const { page } = alice;
  await alice.openRoom('lobby');
  await page.getByRole('main').getByRole('link', { name: 'Notifications · 1 unread' }).click();
  await page.getByRole('link', { name: 'Mentions', exact: true }).click();
  await expect(page.getByText('the laser cutter is free')).toBeVisible();
  await alice.openRoom('lobby');
  await (await rooms(alice)).getByRole('link', { name: 'Search' }).click();
  await page.getByRole('searchbox', { name: 'Words to search for' }).fill('laser');
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  await expect(page.getByText('cutter is free')).toBeVisible();
  await alice.openRoom('lobby');
  await page.getByRole('main').getByRole('link', { name: 'About', exact: true }).click();
  await page.getByRole('button', { name: 'Join this room' }).click();
  await page.getByRole('group', { name: 'Tell me of' }).getByRole('button', { name: 'Nothing' }).click();
  await expect(page.getByRole('button', { name: 'Nothing' })).toHaveAttribute('aria-pressed', 'true');
  await alice.visit('/people');
  await page.getByRole('link', { name: /bob/ }).click();
  await page.getByRole('link', { name: 'Message', exact: true }).click();
  await alice.isIn('bob');
  await alice.visit('/settings');
  await page.getByRole('button', { name: 'Dark' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.getByRole('button', { name: '简体中文' }).click();
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh-CN');
});
