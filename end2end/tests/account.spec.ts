// My password and my sessions.
import { expect, test } from '../support/test.ts';

test('changing the password ends the other sessions', async ({ person, house }) => {
  const here = await person('alice');
  const there = await person('alice');
  await there.openRoom('lobby');
  await here.visit('/account');

  await here.page.getByLabel('Current password', { exact: true }).fill('not my password');
  await here.page.getByLabel('New password', { exact: true }).fill('another lamp entirely');
  await here.page.getByRole('button', { name: 'Change password' }).click();
  await expect(here.page.getByRole('alert')).toBeVisible();

  await here.page.getByLabel('Current password', { exact: true }).fill('a lamp in the window');
  await here.page.getByLabel('New password', { exact: true }).fill('another lamp entirely');
  await here.page.getByRole('button', { name: 'Change password' }).click();
  await expect(here.page.getByText(/password was changed/i)).toBeVisible();
  await expect(there.status).toContainText(/logged out/i);

  await there.visit('/chat/');
  await expect(there.page.getByRole('link', { name: 'Log in' })).toBeVisible();
  await there.logIn('another lamp entirely');
  await here.visit('/chat/');
  await expect(here.page).toHaveURL(`${house.url}/chat/`);
  await expect(here.page.getByRole('button', { name: 'Log out' })).toBeVisible();
});

test('a session that I end elsewhere is over at once', async ({ person }) => {
  const there = await person('alice');
  await there.openRoom('lobby');
  await there.say('from the other machine');
  await there.hears('from the other machine');
  const here = await person('alice');
  await here.visit('/account');
  const sessions = here.page.getByRole('listitem');
  await expect(sessions).toHaveCount(2);
  const other = sessions.filter({ hasNotText: 'this one' });
  await other.getByRole('button', { name: 'End', exact: true }).click();
  await expect(sessions).toHaveCount(1);
  await expect(there.status).toContainText(/logged out/i);
});

test('logging out in one tab is logging out in all: nothing private stays on the screen or is written down', async ({
  person,
}) => {
  const alice = await person('alice');
  const bob = await person('bob');
  await bob.openTalk('alice');
  await bob.say('between us');
  await alice.openTalk('bob');
  await alice.hears('between us');
  await alice.composer.fill('and only');
  const second = await alice.anotherTab();
  await second.visit('/chat/');
  await second.page.getByRole('button', { name: 'Log out' }).click();
  await expect(second.page.getByRole('link', { name: 'Log in' })).toBeVisible();
  await expect(alice.page).toHaveURL(`${alice.base}/login?next=%2Ftalk%2Fbob%2F`);
  await expect(alice.page.getByText('between us')).toHaveCount(0);
  expect(await alice.page.evaluate(() => JSON.stringify(localStorage))).toBe('{}');
});

test('whoever was logged out elsewhere keeps what is half written, and none of it is stored', async ({ person }) => {
  const there = await person('alice');
  await there.openRoom('lobby');
  await there.composer.fill('half a');
  const stored = () => there.page.evaluate(() => JSON.stringify(localStorage));
  await expect.poll(stored).toContain('half a');
  const here = await person('alice');
  await here.visit('/account');
  const other = here.page.getByRole('listitem').filter({ hasNotText: 'this one' });
  await other.getByRole('button', { name: 'End', exact: true }).click();
  await expect(there.status).toContainText(/logged out/i);
  await there.composer.pressSequentially(' secret');
  await expect(there.composer).toHaveValue('half a secret');
  expect(await stored()).toBe('{}');
});

test('logging out leaves nothing written behind, even where no program sees it', async ({ person }) => {
  const alice = await person('alice');
  await alice.visit('/settings');
  await alice.page.getByRole('button', { name: 'Dark' }).click();
  await expect(alice.page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await alice.openRoom('lobby');
  await alice.composer.fill('half a secret');
  const stored = () => alice.page.evaluate(() => Object.values(localStorage).join());
  await expect.poll(stored).toContain('half a secret');
  // Sent as by a page without its program: no handler hears of it.
  await alice.page.evaluate(() => document.querySelector<HTMLFormElement>('form[action="/api/log_out"]')!.submit());
  await expect(alice.page.getByRole('link', { name: 'Log in' }).first()).toBeVisible();
  expect(await alice.page.evaluate(() => localStorage.length)).toBe(0);
  await expect(alice.page.locator('html')).toHaveAttribute('data-theme', 'dark');
});
