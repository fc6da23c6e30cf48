// What every page is: whole before the program wakes, steady while it does, usable by everybody.
import { faults } from '../support/axe.ts';
import { expect, test, type Person } from '../support/test.ts';

/** How far things have moved by themselves since the page began, as the browser counts it. */
function shift(who: Person): Promise<number> {
  return who.page.evaluate(
    () =>
      new Promise<number>((done) => {
        new PerformanceObserver((list) => {
          const entries = list.getEntries() as (PerformanceEntry & { value: number })[];
          done(entries.reduce((sum, { value }) => sum + value, 0));
        }).observe({ type: 'layout-shift', buffered: true });
        // Nothing has moved: then the observer has nothing to say.
        requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(0))));
      }),
  );
}

test('the program takes the page over as it stands', async ({ person, visitor }) => {
  const alice = await person('alice');
  for (const text of ['one', 'two\nlines', '<b>three</b>', '四']) await alice.post('#lobby', text);
  const plain = await visitor({ scripts: false });
  await plain.openRoom('lobby');
  const guest = await visitor();
  await guest.openRoom('lobby');
  const bodies = (who: Person) => who.log.locator('article.msg').count();
  expect(await bodies(guest)).toBe(await bodies(plain));
  for (const text of ['one', 'lines', '<b>three</b>', '四']) {
    await plain.hears(text);
    await guest.hears(text);
  }
  // A mismatch is an error on the console, which the guard reports.
  await alice.openRoom('lobby');
  await alice.say('and it works');
  await guest.hears('and it works');
});

test('nothing moves while the page comes up', async ({ person }) => {
  const alice = await person('alice');
  const bob = await person('bob');
  for (let n = 100; n < 160; n += 1) await alice.post('#lobby', `line ${n}`);
  await alice.openRoom('lobby');
  await bob.openRoom('lobby');
  await alice.seesHere('alice', 'bob');
  expect(await shift(alice)).toBeLessThan(0.02);
  await bob.visit('/chat/');
  expect(await shift(bob)).toBeLessThan(0.02);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`axe finds nothing, ${colorScheme}`, async ({ person, visitor }) => {
    const guest = await visitor({ colorScheme });
    for (const path of ['/chat/', '/login', '/signup', '/chat/lobby/', '/chat/nowhere/']) {
      await guest.visit(path);
      expect(await faults(guest), path).toEqual([]);
    }
    const alice = await person('alice', { colorScheme });
    await alice.post('#lobby', 'good evening');
    for (const path of ['/chat/', '/chat/lobby/', '/talk/alice/', '/account']) {
      await alice.visit(path);
      expect(await faults(alice), path).toEqual([]);
    }
  });
}

test('pages are guarded, files are kept', async ({ person, house }) => {
  const alice = await person('alice');
  const page = await alice.visit('/chat/lobby/');
  const headers = page?.headers() ?? {};
  expect(headers['content-security-policy']).toMatch(/script-src[^;]*'nonce-/);
  expect(headers['content-security-policy']).not.toMatch(/script-src[^;]*'unsafe-(inline|eval)'/);
  expect(headers['cache-control']).toMatch(/no-store|no-cache|private/);
  expect(headers['x-content-type-options']).toBe('nosniff');

  const html = (await page?.text()) ?? '';
  const files = [...new Set(html.match(/\/pkg\/[\w.-]+\.(?:css|js|wasm)/g) ?? [])];
  // Two scripts: the program's loader, and what every page has.
  expect(files.map((file) => file.split('.').pop()).sort()).toEqual(['css', 'js', 'js', 'wasm']);
  for (const file of files) {
    const answer = await alice.context.request.get(house.url + file, { headers: { 'Accept-Encoding': 'br' } });
    expect(answer.status()).toBe(200);
    expect(answer.headers()).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'content-encoding': 'br',
      vary: 'Accept-Encoding',
    });
  }
  expect((await alice.context.request.get(`${house.url}/pkg/roomful.0.wasm`)).status()).toBe(404);
});
