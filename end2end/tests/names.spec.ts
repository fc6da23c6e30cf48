// Every name survives its address: by the form, typed in, by a click, over a reload, back and forth.
import { expect, test } from '../support/test.ts';

const ROOMS = [
  '中文 聊天室',
  '100% sure?',
  'a#b+c&d=e',
  '50%25 off %2F %zz',
  'café 🍅 👩‍🚀',
  'שלום עולם',
  'back\\slash "quoted" <b>',
  '.hidden; semi:colon @home ~me',
];

for (const room of ROOMS) {
  test(`a room called ${room}`, async ({ person }) => {
    const alice = await person('alice');
    await alice.enterRoom(room);
    await alice.say('here we are');
    await alice.hears('here we are');
    await alice.reload();
    await alice.isIn(room);
    await alice.hears('here we are');

    // By a click, which the program takes care of without loading a page.
    await alice.openRoom('lobby');
    await alice.page.evaluate(() => Object.assign(window, { stayed: true }));
    await alice.side.getByRole('link', { name: room }).click();
    await alice.isIn(room);
    await alice.hears('here we are');
    await alice.say('still the same page');
    await alice.hears('still the same page');
    await alice.page.goBack();
    await alice.isIn('lobby');
    await alice.page.goForward();
    await alice.isIn(room);
    await alice.hears('still the same page');
    expect(await alice.page.evaluate(() => 'stayed' in window)).toBe(true);

    // By its address, in another browser, and by the listing.
    const bob = await person('bob');
    await bob.openRoom(room);
    await bob.hears('still the same page');
    await bob.say('found it');
    await alice.hears('found it');
    await bob.visit('/chat/');
    await bob.page.getByRole('main').getByRole('link', { name: room }).click();
    await bob.isIn(room);
    await bob.hears('found it');
  });
}

test('people with names of any script', async ({ person }) => {
  const names = ['小林', 'Αλίκη', 'مريم', 'Zoë_k.-9'];
  const mira = await person('mira');
  await mira.openRoom('lobby');
  for (const name of names) {
    const other = await person(name);
    await other.openRoom('lobby');
    await mira.people.getByRole('link', { name }).click();
    await mira.isIn(name);
    await mira.say(`hello ${name}`);
    await mira.hears(`hello ${name}`);
    await other.openTalk('mira');
    await other.hears(`hello ${name}`);
    await mira.openTalk(name);
    await mira.hears(`hello ${name}`);
    await mira.openRoom('lobby');
  }
});

test('names that cannot be come back in the form', async ({ person }) => {
  const alice = await person('alice');
  const box = alice.page.getByRole('textbox', { name: 'Find a room, or name a new one' });
  for (const name of ['a/b', '..', 'x'.repeat(129)]) {
    await alice.visit('/chat/');
    await box.fill(name);
    await alice.page.getByRole('button', { name: 'Enter', exact: true }).click();
    await expect(alice.page.getByRole('alert')).toBeVisible();
    await expect(box).toHaveValue(name);
  }
});

test('a room that does not exist is a 404, and looking makes nothing', async ({ person, visitor }) => {
  const guest = await visitor();
  const missing = await guest.visit('/chat/no%20such%20room/');
  expect(missing?.status()).toBe(404);
  await expect(guest.page.getByRole('heading', { level: 1 })).toHaveText('There is no room called no such room yet.');
  await expect(guest.page.getByRole('button', { name: 'Open this room' })).toBeHidden();
  await expect(guest.page.getByRole('main').getByRole('link', { name: 'Log in' })).toBeVisible();
  await guest.visit('/chat/');
  await expect(guest.page.getByText('no such room')).toHaveCount(0);

  const alice = await person('alice');
  expect((await alice.visit('/chat/no%20such%20room/'))?.status()).toBe(404);
  expect((await alice.visit('/chat/no%20such%20room/'))?.status()).toBe(404);
  await alice.page.getByRole('button', { name: 'Open this room' }).click();
  await alice.isIn('no such room');
  expect((await guest.visit('/chat/no%20such%20room/'))?.status()).toBe(200);

  // Another spelling of the same name is the same room.
  expect((await alice.visit('/chat/NO%20such%20ROOM/'))?.status()).toBe(200);
  await expect(alice.page.getByRole('heading', { level: 1 })).toHaveText('no such room');
  for (const path of ['/chat/../secrets/', '/nothing/here', '/talk/nobody/']) {
    expect((await alice.visit(path))?.status()).toBe(404);
  }
});
