// The whole of it by plain forms and links.
import { PASSWORD, expect, test, type Person } from '../support/test.ts';

const older = (who: Person) => who.page.getByRole('link', { name: /older/i });

test('sign up, make a room, post, read, log out, log in', async ({ house, person, visitor }) => {
  await house.addUser('mira', { admin: true });
  const guest = await visitor({ scripts: false });
  const alice = Object.assign(guest, { name: 'alice' });
  await alice.signUp();
  await expect(alice.page.getByRole('link', { name: /lobby/ })).toBeVisible();
  await alice.enterRoom('中文 聊天室');
  await alice.say('by a plain form');
  await alice.isIn('中文 聊天室');
  await alice.hears('by a plain form');

  const bob = await person('bob');
  await bob.openRoom('中文 聊天室');
  await bob.hears('by a plain form');
  await bob.say('by the program');
  await bob.hears('by the program');
  await alice.reload();
  await alice.hears('by the program');
  await alice.say('one more');
  await bob.hears('one more');

  await alice.visit('/chat/');
  await alice.page.getByRole('button', { name: 'Log out' }).click();
  await expect(alice.page.getByRole('link', { name: 'Log in' })).toBeVisible();
  await alice.visit('/chat/%E4%B8%AD%E6%96%87%20%E8%81%8A%E5%A4%A9%E5%AE%A4/');
  await alice.hears('one more');
  await expect(alice.composer).toBeHidden();
  await alice.page.getByRole('main').getByRole('link', { name: 'Log in' }).first().click();
  await alice.page.getByLabel('Name', { exact: true }).fill('alice');
  await alice.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await alice.page.getByRole('button', { name: 'Log in', exact: true }).click();
  await alice.isIn('中文 聊天室');
  await alice.say('back again');
  await alice.hears('back again');
});

test('the filter of the index', async ({ person }) => {
  const alice = await person('alice', { scripts: false });
  await alice.enterRoom('garden');
  await alice.enterRoom('book club');
  await alice.visit('/chat/');
  await alice.page.getByRole('textbox', { name: 'Find a room, or name a new one' }).fill('GARD');
  await alice.page.getByRole('button', { name: 'Filter', exact: true }).click();
  const rooms = alice.page.getByRole('main').getByRole('listitem');
  await expect(rooms).toHaveCount(1);
  await expect(rooms).toContainText('garden');
});

test('/help leads to the list of keys and commands', async ({ person }) => {
  const alice = await person('alice', { scripts: false });
  await alice.openRoom('lobby');
  await alice.composer.fill('/help');
  await alice.sendButton.click();
  await expect(alice.page).toHaveURL(`${alice.base}/help`);
  await expect(alice.page.locator('kbd', { hasText: '/topic' })).toBeVisible();
});

test('a reload posts nothing twice, and neither does a second press', async ({ person }) => {
  const alice = await person('alice', { scripts: false });
  await alice.openRoom('lobby');
  await alice.say('only once, please');
  await alice.page.reload();
  await alice.hears('only once, please');
  const cid = crypto.randomUUID();
  await alice.post('#lobby', 'pressed twice', cid);
  await alice.post('#lobby', 'pressed twice', cid);
  await alice.page.reload();
  await alice.hears('pressed twice');
});

test('paging back and forth', async ({ person }) => {
  const alice = await person('alice', { scripts: false });
  for (let n = 100; n < 220; n += 1) await alice.post('#lobby', `line ${n}`);
  await alice.openRoom('lobby');
  const messages = alice.log.locator('article.msg');
  await expect(messages).toHaveCount(50);
  await alice.hears('line 219');
  await older(alice).click();
  await expect(messages).toHaveCount(50);
  await alice.hears('line 169');
  await expect(alice.messages('line 170')).toHaveCount(0);
  await older(alice).click();
  await expect(messages).toHaveCount(20);
  await alice.hears('line 100');
  await expect(older(alice)).toHaveCount(0);
  await alice.page.getByRole('link', { name: /newer|newest|latest/i }).first().click();
  await expect(messages.first()).toBeVisible();
});

test('a text that is refused comes back in the form', async ({ person }) => {
  const alice = await person('alice', { scripts: false });
  await alice.openRoom('lobby');
  const long = 'a long evening '.repeat(300).slice(0, 4_001);
  for (const text of [long, '/pm nobody hi there']) {
    await alice.composer.fill(text);
    await alice.sendButton.click();
    await expect(alice.page.getByRole('alert')).toBeVisible();
    await expect(alice.composer).toHaveValue(text);
  }
  await alice.composer.fill('shorter');
  await alice.sendButton.click();
  await alice.isIn('lobby');
  await alice.hears('shorter');
  await expect(alice.composer).toHaveValue('');
  await expect(alice.log.locator('article.msg')).toHaveCount(1);
});

test('private messages', async ({ person }) => {
  const alice = await person('alice', { scripts: false });
  const bob = await person('bob', { scripts: false });
  await alice.openRoom('lobby');
  await alice.composer.fill('/pm bob by command');
  await alice.sendButton.click();
  await alice.openTalk('bob');
  await alice.hears('by command');
  await alice.say('by the conversation’s page');
  await alice.isIn('bob');

  await bob.openRoom('lobby');
  const line = bob.side.getByRole('link', { name: /alice/ });
  await expect(line).toContainText('2');
  await line.click();
  await bob.isIn('alice');
  await bob.hears('by command');
  await bob.hears('by the conversation’s page');
});

test('a room that does not exist is made by its button', async ({ person }) => {
  const alice = await person('alice', { scripts: false });
  expect((await alice.visit('/chat/a%25b%3Fc/'))?.status()).toBe(404);
  await alice.page.getByRole('button', { name: 'Open this room' }).click();
  await alice.isIn('a%b?c');
  await alice.say('open');
  await alice.isIn('a%b?c');
  await alice.hears('open');
});
