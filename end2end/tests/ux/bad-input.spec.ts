// What people paste, on purpose or not, harms nobody's page.
import { expect, test, type Person } from '../../support/test.ts';

/** Both are in the lobby and hear each other. */
async function both(alice: Person, bob: Person) {
  for (const who of [alice, bob]) await who.openRoom('lobby');
  await alice.say('before all this');
  await bob.hears('before all this');
}

test('markdown bombs are shown, and one goes on talking', async ({ person }) => {
  const alice = await person('alice');
  const bob = await person('bob');
  await both(alice, bob);
  const bombs = ['*', '_', '>', '[', '||', '`', '> - ', '**a ', '[](', '- ', '\n> '];
  for (const [n, bomb] of bombs.entries()) {
    const text = `bomb ${n}. ${bomb.repeat(3_900)}`.slice(0, 3_900);
    await alice.post('#lobby', text);
    await bob.hears(`bomb ${n}.`);
  }
  await bob.say('and on we go');
  await alice.hears('and on we go');
  await alice.reload();
  await alice.hears('and on we go');
  for (const who of [alice, bob]) {
    await who.fits();
    const depth = await who.log.evaluate((log) => {
      const depth = (of: Element): number => 1 + Math.max(0, ...[...of.children].map(depth));
      return depth(log);
    });
    expect(depth).toBeLessThan(40);
    expect(await who.page.evaluate(() => document.querySelectorAll('*').length)).toBeLessThan(50_000);
  }
});

test('4,000 combining marks do not paint over their neighbours', async ({ person }) => {
  const alice = await person('alice');
  const bob = await person('bob');
  await both(alice, bob);
  await alice.say('above them');
  await alice.say(`z${'\u0301\u0316\u0489'.repeat(1_330)}`);
  await alice.say('below them');
  await bob.hears('below them');
  for (const again of [false, true]) {
    if (again) await bob.reload();
    const marked = bob.log.locator('article.msg').filter({ hasText: '\u0489' });
    const row = (await marked.boundingBox())!;
    const above = (await bob.messages('above them').boundingBox())!;
    const below = (await bob.messages('below them').boundingBox())!;
    expect(above.y + above.height).toBeLessThanOrEqual(row.y + 1);
    expect(row.y + row.height).toBeLessThanOrEqual(below.y + 1);
    expect(row.height).toBeLessThan(400);
    // What is drawn is cut off where the row ends.
    const body = marked.locator('.body');
    expect(await body.evaluate((it) => getComputedStyle(it).overflowY)).toBe('clip');
    const cut = (await body.boundingBox())!;
    expect(cut.y).toBeGreaterThanOrEqual(row.y);
    expect(cut.y + cut.height).toBeLessThanOrEqual(row.y + row.height + 1);
    await bob.fits();
  }
});

test('what turns the direction of writing turns nothing outside of it', async ({ person }) => {
  const alice = await person('alice');
  const mariam = await person('مريم');
  for (const who of [alice, mariam]) await who.openRoom('lobby');
  await mariam.say('\u202Eabc 123');
  await alice.hears('123');
  const message = alice.messages('123');
  const name = (await message.locator('.by bdi').boundingBox())!;
  const time = (await message.locator('.by time').boundingBox())!;
  expect(name.x + name.width, 'the time stands after the name').toBeLessThanOrEqual(time.x);
  await alice.say('hello @مريم, 12:30 at the \u202Edoor');
  await mariam.hears('12:30');
  await expect(mariam.messages('12:30').getByRole('link', { name: '@مريم' })).toBeVisible();
  // A file whose name pretends to end otherwise.
  await alice.page.getByLabel('Attach files').setInputFiles({
    name: 'invoice\u202Efdp.exe',
    mimeType: 'application/pdf',
    buffer: Buffer.from('MZ'),
  });
  await alice.press(alice.sendButton);
  const file = mariam.log.getByRole('link', { name: /invoice/ });
  await expect(file).toContainText('EXE');
  expect(await file.textContent()).not.toContain('\u202E');
  await alice.fits();
});

test('names that cannot be seen, or turn the writing, are refused', async ({ person, visitor }) => {
  const alice = await person('alice');
  const guest = await visitor();
  for (const name of ['al\u200bice', '\u200b\u200b\u200b', 'al\u202eice', '\u2060x']) {
    await guest.visit('/signup');
    await guest.page.getByLabel('Name', { exact: true }).fill(name);
    await guest.page.getByLabel('Password', { exact: true }).fill('a lamp in the window');
    await guest.press(guest.page.getByRole('button', { name: 'Sign up', exact: true }));
    await expect(guest.page.getByRole('alert').filter({ hasText: 'A name' }), JSON.stringify(name)).toBeVisible();
  }
  for (const name of ['\u200b\u200d', 'lob\u202eby', 'lob\u2028by', 'lobby\u200b']) {
    await alice.visit('/chat/');
    await alice.page.getByRole('textbox', { name: 'Find a room, or name a new one' }).fill(name);
    await alice.press(alice.page.getByRole('button', { name: 'Enter', exact: true }));
    await expect(alice.page.getByRole('alert'), JSON.stringify(name)).toBeVisible();
  }
});

test('an SVG with a script is only ever saved', async ({ person }) => {
  const alice = await person('alice');
  const bob = await person('bob');
  await both(alice, bob);
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(2)</script></svg>';
  await alice.page.getByLabel('Attach files').setInputFiles({
    name: 'drawing.svg',
    mimeType: 'image/svg+xml',
    buffer: Buffer.from(svg),
  });
  await alice.press(alice.sendButton);
  const link = bob.log.getByRole('link', { name: /drawing\.svg/ });
  await expect(link).toBeVisible();
  await expect(bob.log.getByRole('img', { name: /drawing/ })).toHaveCount(0);
  const answer = await bob.context.request.get(new URL((await link.getAttribute('href'))!, bob.base).href);
  expect(answer.headers()['content-disposition']).toMatch(/^attachment/);
  expect(answer.headers()['content-type']).not.toContain('svg');
  expect(answer.headers()['x-content-type-options']).toBe('nosniff');
  const asked: string[] = [];
  bob.page.on('dialog', async (dialog) => {
    asked.push(dialog.message());
    await dialog.dismiss();
  });
  const [download] = await Promise.all([bob.page.waitForEvent('download'), bob.press(link)]);
  expect(download.suggestedFilename()).toBe('drawing.svg');
  expect(asked).toEqual([]);
});

test('what is no emoji cannot be given as a reaction', async ({ person }) => {
  const alice = await person('alice');
  const bob = await person('bob');
  await both(alice, bob);
  await bob.openMenu('before all this');
  await bob.press(bob.menu.getByRole('button', { name: 'Add a reaction' }));
  const field = bob.menu.getByRole('searchbox', { name: 'Find an emoji' });
  await field.fill('<b>no such thing</b>');
  await expect(bob.menu.getByText('No emoji of that name.')).toBeVisible();
  await field.press('Enter');
  await field.fill('');
  await field.press('Escape');
  await expect(bob.menu).toBeHidden();
  // Whoever bends the page hears it from the house.
  await bob.openMenu('before all this');
  const bent = bob.menu.getByRole('button', { name: 'React with 👍' });
  await bent.evaluate((it) => it.setAttribute('data-react', '<b>'));
  await bob.press(bent);
  await expect(bob.page.getByRole('alert').filter({ hasText: 'That is not an emoji.' })).toBeVisible();
  for (const who of [alice, bob]) await expect(who.log.getByRole('button', { name: /reacted with/ })).toHaveCount(0);
});

test('500 reactions are counted, not listed', async ({ person }) => {
  const alice = await person('alice');
  const bob = await person('bob');
  await alice.openRoom('lobby');
  await alice.say('popular');
  await alice.hears('popular');
  await bob.enterRoom('garden');
  const kinds = ['👍', '🎉', '😂', '🚀', '🏮', '🍅', '👀', '🙏', '💯', '🔥', '✨', '🌱', '🌙', '🌊', '🍞', '🎈', '🎲', '🎧', '📌', '🧭'];
  await bob.page.route(/\/api\/open_place\?/, async (route) => {
    const answer = await route.fetch();
    const place = await answer.json();
    place.history.messages.at(-1).reactions = kinds.map((emoji) => ({
      emoji,
      users: Array.from({ length: 500 }, (_, n) => `somebody-with-a-long-name-${n}`),
    }));
    await route.fulfill({ response: answer, json: place });
  });
  await bob.openRoom('garden');
  await bob.page.evaluate(() => {
    const link = document.createElement('a');
    link.href = '/chat/lobby/';
    link.textContent = 'the way there';
    document.querySelector('main')!.prepend(link);
  });
  await bob.press(bob.page.getByRole('link', { name: 'the way there' }));
  await bob.isIn('lobby');
  const chips = bob.messages('popular').getByRole('button', { name: /reacted with/ });
  await expect(chips).toHaveCount(20);
  await expect(chips.first()).toHaveText('👍500');
  await expect(chips.first()).toHaveAccessibleName(/somebody-with-a-long-name-9 and 490 others reacted with 👍$/);
  await bob.fits();
  const row = (await bob.messages('popular').boundingBox())!;
  expect(row.height).toBeLessThan(400);
  for (const chip of await chips.all()) {
    const box = (await chip.boundingBox())!;
    expect(box.x + box.width).toBeLessThanOrEqual(row.x + row.width);
  }
});

test('a search for 10,000 characters is answered clearly', async ({ person }) => {
  const alice = await person('alice');
  for (const words of ['x'.repeat(10_000), '车'.repeat(1_000), '" OR NEAR( '.repeat(400)]) {
    const answer = await alice.visit(`/search?q=${encodeURIComponent(words)}`);
    expect(answer!.status()).toBeGreaterThanOrEqual(400);
    expect(answer!.status()).toBeLessThan(500);
    await expect(alice.page.getByRole('alert').filter({ hasText: /too long to search for: at most 256/ })).toBeVisible();
    await alice.fits();
  }
});

test('an edit of a message that was deleted keeps the text', async ({ person }) => {
  const alice = await person('alice');
  const other = await person('alice');
  for (const device of [alice, other]) await device.openRoom('lobby');
  await alice.say('to be changed');
  await other.hears('to be changed');
  await alice.choose('to be changed', 'Edit');
  await alice.composer.fill('a long and careful text');
  await other.choose('to be changed', 'Delete');
  await other.press(other.menu.getByRole('button', { name: 'Delete', exact: true }));
  await expect(alice.messages('This message was deleted.')).toHaveCount(1);
  await alice.press(alice.sendButton);
  await expect(alice.page.getByText('That message was deleted.').first()).toBeVisible();
  const kept = alice.messages('a long and careful text');
  await expect(async () => {
    const inBox = await alice.composer.inputValue();
    expect(inBox === 'a long and careful text' || (await kept.count()) === 1).toBe(true);
  }).toPass();
});
