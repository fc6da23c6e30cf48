// What people expect to see and to hit, line by line: contrast, sizes, light and dark, and nothing that
// moves unasked.
import { faults } from '../../support/axe.ts';
import { byFinger, menuOf, panel, rooms } from '../../support/drawers.ts';
import { tell } from '../../support/furnish.ts';
import { background, backgrounds, dress, isDark, noteBackgrounds, small } from '../../support/look.ts';
import { observe, observed } from '../../support/observe.ts';
import { eachDrawerAndMenu, eachPanel, tour } from '../../support/tour.ts';
import { expect, test } from '../../support/test.ts';

const AXE = 'Screen readers: axe finds nothing, in both themes';
const TARGETS = 'Targets ≥ 24 px, 44 on touch';
const LOOKS = 'contrast AA; prefers-reduced-motion and prefers-color-scheme honoured; theme system/light/dark in a cookie, so that the server renders it and nothing flashes';

const THEMES = ['light', 'dark'] as const;
const LANGS = ['en', 'zh'] as const;

for (const theme of THEMES) {
  for (const lang of LANGS) {
    test(`${AXE} — every page, ${theme}, ${lang}`, async ({ house, person, visitor }) => {
      test.setTimeout(300_000);
      const { ada, guest, pages } = await tour(house, { person, visitor });
      // The cookie for one, the system's wish for the other.
      await dress(ada, { theme, lang });
      await dress(guest, { lang });
      await guest.page.emulateMedia({ colorScheme: theme });
      const found: string[] = [];
      for (const [who, path] of pages) {
        await who.visit(path);
        expect(await who.page.locator('html').getAttribute('lang')).toBe(lang === 'zh' ? 'zh-CN' : 'en');
        const shown = await background(who.page);
        expect(isDark(shown), `${path} ${shown}`).toBe(theme === 'dark');
        found.push(...(await faults(who)).map((fault) => `${path} ${fault}`));
      }
      expect(found).toEqual([]);
    });
  }

  test(`${AXE} — dialogs and drawers, ${theme}`, async ({ house, person, visitor }) => {
    test.setTimeout(180_000);
    const { ada } = await tour(house, { person, visitor });
    await dress(ada, { theme });
    await ada.openRoom('lobby');
    const found: string[] = [];
    const look = async (what: string) => found.push(...(await faults(ada)).map((fault) => `${what}: ${fault}`));
    await eachPanel(ada, look);
    await eachDrawerAndMenu(ada, look);
    expect(found).toEqual([]);
  });
}

test(`${AXE} — the set-up`, async ({ house, visitor }) => {
  const link = await house.setUpLink();
  for (const colorScheme of THEMES) {
    const guest = await visitor({ colorScheme });
    for (const lang of LANGS) {
      await dress(guest, { lang });
      for (const address of [link, `${house.url}/setup?key=wrong`, `${house.url}/chat/`, `${house.url}/login`]) {
        await guest.page.goto(address);
        await guest.awake();
        expect(await faults(guest), address).toEqual([]);
      }
    }
  }
});

test(`${TARGETS} — on every page`, async ({ house, person, visitor }) => {
  test.setTimeout(240_000);
  const { ada, pages } = await tour(house, { person, visitor });
  const least = (await byFinger(ada)) ? 44 : 24;
  const found: string[] = [];
  for (const [who, path] of pages) {
    await who.visit(path);
    found.push(...(await small(who.page, least)).map((one) => `${path} ${one}`));
    // What opens on the page itself, such as the form that makes a token.
    const opened = await who.page.evaluate(() => {
      const all = [...document.querySelectorAll<HTMLDetailsElement>('main details:not([open])')];
      for (const one of all) one.open = true;
      return all.length;
    });
    if (opened) found.push(...(await small(who.page, least)).map((one) => `${path}, opened: ${one}`));
  }
  expect(found).toEqual([]);
});

test(`${TARGETS} — dialogs, drawers and menus`, async ({ house, person, visitor }) => {
  test.setTimeout(120_000);
  const { ada } = await tour(house, { person, visitor });
  await ada.openRoom('lobby');
  const least = (await byFinger(ada)) ? 44 : 24;
  const found: string[] = [];
  const look = async (what: string) => found.push(...(await small(ada.page, least)).map((one) => `${what} ${one}`));
  await eachDrawerAndMenu(ada, look);
  expect(found).toEqual([]);
});

test(`${LOOKS} — motion`, async ({ person }) => {
  const alice = await person('alice');
  const bob = await person('bob');
  /** The longest transition or animation of anything there is, in seconds. */
  const longest = () =>
    alice.page.evaluate(() => {
      const seconds = (list: string) => list.split(',').map((one) => parseFloat(one) * (one.trim().endsWith('ms') ? 0.001 : 1));
      return Math.max(
        ...[...document.querySelectorAll('*')].flatMap((one) => {
          const { transitionDuration, animationDuration } = getComputedStyle(one);
          return [...seconds(transitionDuration), ...seconds(animationDuration)];
        }),
      );
    });
  for (const [reducedMotion, most] of [['no-preference', 0.2], ['reduce', 0]] as const) {
    await alice.page.emulateMedia({ reducedMotion });
    await alice.visit('/chat/');
    expect(await longest()).toBeLessThanOrEqual(most);
    await alice.openRoom('lobby');
    await bob.post('#lobby', `with ${reducedMotion}`);
    await alice.hears(`with ${reducedMotion}`);
    expect(await longest()).toBeLessThanOrEqual(most);
    await alice.page.getByRole('main').getByRole('link', { name: 'About', exact: true }).click();
    await expect(panel(alice).getByRole('heading', { level: 1 })).toBeVisible();
    expect(await longest()).toBeLessThanOrEqual(most);
    await alice.page.keyboard.press('Escape');
    await menuOf(alice, `with ${reducedMotion}`);
    expect(await longest()).toBeLessThanOrEqual(most);
    await alice.page.keyboard.press('Escape');
  }
});

test(`${LOOKS} — the first byte`, async ({ person, visitor }) => {
  const alice = await person('alice');
  const guest = await visitor();
  for (const who of [alice, guest]) {
    for (const theme of ['system', ...THEMES] as const) {
      for (const lang of LANGS) {
        await dress(who, { theme, lang });
        for (const path of ['/chat/', '/chat/lobby/', '/settings']) {
          const html = await (await who.context.request.get(who.base + path)).text();
          const first = html.slice(0, html.indexOf('<head'));
          expect(first).toContain(`data-theme="${theme}"`);
          expect(first).toContain(`lang="${lang === 'zh' ? 'zh-CN' : 'en'}"`);
          const schemes = theme === 'system' ? 'light dark' : theme;
          const scheme = html.indexOf(`<meta name="color-scheme" content="${schemes}">`);
          expect(scheme).toBeGreaterThan(0);
          for (const later of ['<script', '<link rel="stylesheet"']) {
            expect(html.indexOf(later) === -1 || html.indexOf(later) > scheme, later).toBe(true);
          }
        }
      }
    }
  }
});

test(`${LOOKS} — nothing flashes`, async ({ person }) => {
  const alice = await person('alice');
  await alice.post('#lobby', 'good evening');
  await noteBackgrounds(alice.page);
  for (const [theme, system, dark] of [
    ['light', 'dark', false],
    ['dark', 'light', true],
    ['system', 'dark', true],
    ['system', 'light', false],
  ] as const) {
    await alice.page.emulateMedia({ colorScheme: system });
    await dress(alice, { theme });
    for (const path of ['/chat/', '/chat/lobby/', '/settings', '/login']) {
      // As slow as it may be: what the style sheet has not said yet, the first bytes have.
      await alice.visit(path);
      const seen = await backgrounds(alice.page);
      expect(seen, `${path} ${theme} on ${system}`).toHaveLength(1);
      expect(isDark(seen[0]), `${path} ${theme} on ${system}: ${seen[0]}`).toBe(dark);
    }
  }
});

test(`${LOOKS} — chosen in the settings`, async ({ person }) => {
  const alice = await person('alice');
  await alice.page.emulateMedia({ colorScheme: 'light' });
  await alice.openRoom('lobby');
  const dark = async () => isDark(await background(alice.page));
  expect(await dark()).toBe(false);
  await (await rooms(alice)).getByRole('link', { name: 'Settings' }).click();
  const themes = panel(alice).getByRole('group', { name: 'Light or dark' });
  await expect(themes.getByRole('button')).toHaveText(['As the system is', 'Light', 'Dark']);
  await themes.getByRole('button', { name: 'Dark' }).click();
  await expect(themes.getByRole('button', { name: 'Dark' })).toHaveAttribute('aria-pressed', 'true');
  await expect.poll(dark).toBe(true);
  const cookie = async () => (await alice.context.cookies()).find(({ name }) => name === 'theme')?.value;
  expect(await cookie()).toBe('dark');
  await alice.reload();
  expect(await dark()).toBe(true);
  await alice.visit('/settings');
  await alice.page.getByRole('button', { name: 'As the system is' }).click();
  await expect.poll(dark).toBe(false);
  await alice.page.emulateMedia({ colorScheme: 'dark' });
  expect(await dark()).toBe(true);
});

test(`${LOOKS} — and nothing moves while the page comes up`, async ({ person }) => {
  const alice = await person('alice');
  const bob = await person('bob');
  await bob.openRoom('lobby');
  await tell(bob, Array.from({ length: 60 }, (_, n) => ({
    t: 'send', to: '#lobby', cid: crypto.randomUUID(), body: `line ${n} of the evening`, reply_to: null,
  })));
  await observe(alice.page);
  for (const path of ['/chat/', '/chat/lobby/']) {
    await alice.visit(path);
    if (path !== '/chat/') {
      await alice.hears('line 59 of the evening');
      await expect(alice.page.locator('.place .about')).toHaveText('2 here');
    }
    // Until it was drawn twice.
    await alice.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    expect((await observed(alice.page)).shift, path).toBeLessThan(0.02);
  }
});

test('the time stands on the line of the name', async ({ person }) => {
  const alice = await person('alice');
  await alice.openRoom('lobby');
  await alice.say('on one line');
  await alice.hears('on one line');
  const [name, time] = await alice.messages('on one line').evaluate((row) =>
    ['.by bdi', '.by time'].map((which) => {
      const mark = document.createElement('span');
      mark.style.cssText = 'display: inline-block; width: 1px; height: 0';
      row.querySelector(which)!.append(mark);
      const { bottom } = mark.getBoundingClientRect();
      mark.remove();
      return bottom;
    }),
  );
  expect(Math.abs(name - time), 'pixels between the two baselines').toBeLessThanOrEqual(1);
});
