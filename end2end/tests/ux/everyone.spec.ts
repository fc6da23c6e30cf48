// What people expect of “Everyone”. Each test is named after its line.
import { faults } from '../../support/axe.ts';
import { byFinger, menuOf, panel, people, rooms, shut } from '../../support/drawers.ts';
import { furnish, tell } from '../../support/furnish.ts';
import {
  background, backgrounds, dress, focusShows, isDark, nameless, noteBackgrounds, overflow, small,
} from '../../support/look.ts';
import { observe, observed } from '../../support/observe.ts';
import type { House } from '../../../tools/house.mjs';
import { PASSWORD, expect, test, type Person } from '../../support/test.ts';
import type { Page } from '@playwright/test';

const KEYS = 'Keyboard: Ctrl/Cmd+K jumps to any room or person; Alt+↑/↓ next room, with Shift next unread; ? or Ctrl+/ shows the list; single letters can be turned off';
const FOCUS = 'Keyboard: focus stays in the composer after sending and comes back when a dialog closes; visible focus everywhere';
const READERS = 'Screen readers: the log is role="log", labelled, only additions announced, loaded history not; connection status is role="status"; every button has a name';
const AXE = 'Screen readers: axe finds nothing, in both themes';
const TARGETS = 'Targets ≥ 24 px, 44 on touch';
const LOOKS = 'contrast AA; prefers-reduced-motion and prefers-color-scheme honoured; theme system/light/dark in a cookie, so that the server renders it and nothing flashes';
const PHONES = 'Phones: one column, drawers for rooms and people, safe areas, dvh, the keyboard never covers the composer';
const WORDS = 'English and 简体中文, chosen by cookie, then Accept-Language; <html lang> from the server; names in any script, NFC-normalised, look-alikes of existing names refused';
const PLAIN = 'Without JavaScript: read, log in, sign up, open a room, post, send a private message, all by plain forms';

const THEMES = ['light', 'dark'] as const;
const LANGS = ['en', 'zh'] as const;

/** What reaches beyond so many pixels, and so would have to be scrolled to sideways. */
function tooWide(page: Page, width: number): Promise<string[]> {
  return page.evaluate((width) => {
    const whole = document.documentElement.scrollWidth;
    const out = [...document.querySelectorAll('a, button, input, textarea, select, h1, h2')]
      .filter((one) => one.checkVisibility() && !one.closest('.sr, pre'))
      .filter((one) => one.getBoundingClientRect().right > width + 0.5)
      .map((one) => one.outerHTML.slice(0, 120));
    return whole > width ? [`${whole} px`, ...out] : out;
  }, width);
}

/** The one who looks after the house. */
async function keeper(house: House, visitor: () => Promise<Person>): Promise<Person> {
  await house.addUser('ada', { admin: true });
  const ada = Object.assign(await visitor(), { name: 'ada' });
  await ada.logIn();
  return ada;
}

test.describe('keys', () => {
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
});

test.describe('screen readers', () => {
  test(`${READERS} — additions are announced`, async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await tell(alice, Array.from({ length: 130 }, (_, n) => ({
      t: 'send', to: '#lobby', cid: crypto.randomUUID(), body: `line ${String(n + 1).padStart(3, '0')}`, reply_to: null,
    })));
    await alice.openRoom('lobby');
    await alice.hears('line 130');
    await expect(alice.log).toHaveAttribute('aria-relevant', 'additions');
    await expect(alice.log).toHaveAttribute('aria-live', 'polite');
    expect(await alice.log.ariaSnapshot()).toMatch(/^- log "Messages"/);

    // Each row that comes in, with what the log was to those who listen at that moment.
    await alice.log.evaluate((log) => {
      const heard: [string, string][] = [];
      Object.assign(window, { heard });
      new MutationObserver((changes) => {
        for (const { addedNodes } of changes) {
          for (const row of addedNodes) {
            if (row instanceof HTMLElement && row.matches('article.msg')) {
              const text = row.querySelector('.body')?.textContent ?? '';
              heard.push([text.trim(), log.getAttribute('aria-live') ?? '']);
            }
          }
        }
      }).observe(log, { childList: true, subtree: true });
    });
    const heard = () => alice.page.evaluate(() => (window as unknown as { heard: [string, string][] }).heard);

    await bob.post('#lobby', 'something new');
    await alice.hears('something new');
    expect(await heard()).toEqual([['something new', 'polite']]);

    await alice.log.evaluate((log) => (log.scrollTop = 0));
    await expect(alice.messages('line 050')).toHaveCount(1);
    const loaded = (await heard()).slice(1);
    expect(loaded.length).toBeGreaterThan(20);
    expect(loaded.filter(([, live]) => live !== 'off')).toEqual([]);
    await expect(alice.log).toHaveAttribute('aria-live', 'polite');

    const before = (await heard()).length;
    await bob.post('#lobby', 'new again');
    await alice.hears('new again');
    expect((await heard()).slice(before)).toEqual([['new again', 'polite']]);
  });

  test(`${READERS} — another room is not read out`, async ({ person }) => {
    const alice = await person('alice');
    await alice.enterRoom('garden');
    for (const text of ['one', 'two', 'three']) await alice.post('#garden', text);
    await alice.openRoom('lobby');
    await alice.log.evaluate((log) => {
      const heard: string[] = [];
      Object.assign(window, { heard });
      new MutationObserver((changes) => {
        if (changes.some(({ addedNodes }) => [...addedNodes].some((it) => it instanceof HTMLElement && it.matches('article.msg')))) {
          // All that one task does is told together, as it stands when the next frame is drawn.
          requestAnimationFrame(() => heard.push(log.getAttribute('aria-live') ?? ''));
        }
      }).observe(log, { childList: true, subtree: true });
    });
    await (await rooms(alice)).getByRole('link', { name: /^garden/ }).click();
    await alice.hears('three');
    const heard = () => alice.page.evaluate(() => (window as unknown as { heard: string[] }).heard);
    await expect.poll(async () => (await heard()).length).toBeGreaterThan(0);
    expect((await heard()).filter((live) => live !== 'off')).toEqual([]);
    await expect(alice.log).toHaveAttribute('aria-live', 'polite');
  });

  test(`${READERS} — the connection`, async ({ person, guard }) => {
    guard.expectCuts();
    const alice = await person('alice');
    await alice.openRoom('lobby');
    const status = alice.page.getByRole('status').first();
    await expect(status).toBeAttached();
    await alice.context.setOffline(true);
    await expect(status).toContainText('You are offline');
    expect(await status.ariaSnapshot()).not.toMatch(/Trying again/);
    await alice.context.setOffline(false);
    await expect(status).toContainText('Back.');
  });

  test(`${READERS} — names of everything, on every page`, async ({ house, person, visitor }) => {
    test.setTimeout(180_000);
    const ada = await keeper(house, visitor);
    const { inside, outside } = await furnish(ada, await person('bob'));
    const guest = await visitor();
    for (const [who, paths] of [[ada, inside], [guest, outside]] as const) {
      for (const path of paths) {
        await who.visit(path);
        expect(await nameless(who.page), path).toEqual([]);
        expect(await who.page.title(), path).toMatch(/\S · Roomful$/);
        await expect(who.page.getByRole('heading', { level: 1 }), path).toHaveCount(1);
        await expect(who.page.getByRole('main'), path).toHaveCount(1);
      }
    }
  });

  for (const theme of THEMES) {
    for (const lang of LANGS) {
      test(`${AXE} — every page, ${theme}, ${lang}`, async ({ house, person, visitor }) => {
        test.setTimeout(300_000);
        const ada = await keeper(house, visitor);
        const { inside, outside } = await furnish(ada, await person('bob'));
        const guest = await visitor();
        // The cookie for one, the system's wish for the other.
        await dress(ada, { theme, lang });
        await dress(guest, { lang });
        await guest.page.emulateMedia({ colorScheme: theme });
        const found: string[] = [];
        for (const [who, paths] of [[ada, inside], [guest, outside]] as const) {
          for (const path of paths) {
            await who.visit(path);
            expect(await who.page.locator('html').getAttribute('lang')).toBe(lang === 'zh' ? 'zh-CN' : 'en');
            const shown = await background(who.page);
            expect(isDark(shown), `${path} ${shown}`).toBe(theme === 'dark');
            found.push(...(await faults(who)).map((fault) => `${path} ${fault}`));
          }
        }
        expect(found).toEqual([]);
      });
    }

    test(`${AXE} — dialogs and drawers, ${theme}`, async ({ house, person, visitor }) => {
      test.setTimeout(180_000);
      const ada = await keeper(house, visitor);
      await furnish(ada, await person('bob'));
      await dress(ada, { theme });
      await ada.openRoom('lobby');
      const found: string[] = [];
      const look = async (what: string) => found.push(...(await faults(ada)).map((fault) => `${what}: ${fault}`));
      for (const name of ['About', 'Mentions', 'Search', 'Everybody', 'Make a room', 'Settings', 'Shortcuts', 'ada']) {
        const side = await rooms(ada);
        if (name === 'About') await shut(ada);
        await (name === 'About' ? ada.page.getByRole('main') : side).getByRole('link', { name, exact: true }).click();
        await expect(panel(ada).getByRole('heading', { level: 1 })).toBeVisible();
        await look(name);
        await ada.page.keyboard.press('Escape');
        await expect(panel(ada)).toBeHidden();
      }
      await rooms(ada);
      await look('rooms');
      await shut(ada);
      await people(ada);
      await look('people');
      await shut(ada);
      const menu = await menuOf(ada, 'lunch at one');
      await look('menu');
      await menu.getByRole('button', { name: 'Add a reaction' }).click();
      await expect(menu.getByRole('searchbox')).toBeFocused();
      await look('emoji');
      await ada.page.keyboard.press('Escape');
      await ada.composer.focus();
      await ada.composer.pressSequentially('@b');
      await expect(ada.page.getByRole('option').first()).toBeVisible();
      await look('completion');
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
});


test.describe('sizes, looks, phones', () => {
  test(`${TARGETS} — on every page`, async ({ house, person, visitor }) => {
    test.setTimeout(240_000);
    const ada = await keeper(house, visitor);
    const { inside, outside } = await furnish(ada, await person('bob'));
    const guest = await visitor();
    const least = (await byFinger(ada)) ? 44 : 24;
    const found: string[] = [];
    for (const [who, paths] of [[ada, inside], [guest, outside]] as const) {
      for (const path of paths) {
        await who.visit(path);
        found.push(...(await small(who.page, least)).map((one) => `${path} ${one}`));
      }
    }
    expect(found).toEqual([]);
  });

  test(`${TARGETS} — dialogs, drawers and menus`, async ({ house, person, visitor }) => {
    test.setTimeout(120_000);
    const ada = await keeper(house, visitor);
    await furnish(ada, await person('bob'));
    await ada.openRoom('lobby');
    const least = (await byFinger(ada)) ? 44 : 24;
    const found: string[] = [];
    const look = async (what: string) => found.push(...(await small(ada.page, least)).map((one) => `${what} ${one}`));
    await rooms(ada);
    await look('rooms');
    await shut(ada);
    await people(ada);
    await look('people');
    await shut(ada);
    const menu = await menuOf(ada, 'lunch at one');
    await look('menu');
    await menu.getByRole('button', { name: 'Add a reaction' }).click();
    await expect(menu.getByRole('searchbox')).toBeFocused();
    await look('emoji');
    await ada.page.keyboard.press('Escape');
    await ada.composer.focus();
    await ada.composer.pressSequentially('@b');
    await expect(ada.page.getByRole('option').first()).toBeVisible();
    await look('completion');
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

  test(`${PHONES} — one column and two drawers, or three columns`, async ({ person }, info) => {
    const alice = await person('alice');
    await alice.enterRoom('garden');
    await alice.openRoom('lobby');
    const { page } = alice;
    const roomsButton = page.getByRole('button', { name: 'Rooms', exact: true });
    const peopleButton = page.getByRole('button', { name: 'People', exact: true });
    if (info.project.name !== 'phone') {
      await expect(roomsButton).toBeHidden();
      await expect(peopleButton).toBeHidden();
      await expect(alice.side).toBeInViewport({ ratio: 1 });
      await expect(alice.people).toBeInViewport({ ratio: 1 });
      return;
    }
    expect((await page.getByRole('main').boundingBox())?.width).toBe(390);
    for (const [button, drawer, beside] of [[roomsButton, alice.side, 380], [peopleButton, alice.people, 10]] as const) {
      await expect(drawer).toBeHidden();
      await button.tap();
      await expect(drawer).toBeInViewport({ ratio: 1 });
      const box = await drawer.boundingBox();
      expect(box?.height).toBe(844);
      expect(box!.width).toBeLessThan(390);
      await drawer.getByRole('button', { name: 'Close' }).tap();
      await expect(drawer).toBeHidden();
      await button.tap();
      await expect(drawer).toBeInViewport({ ratio: 1 });
      await page.touchscreen.tap(beside, 420);
      await expect(drawer).toBeHidden();
    }
    await roomsButton.tap();
    await alice.side.getByRole('link', { name: /^garden/ }).tap();
    await alice.isIn('garden');
    await expect(alice.side).toBeHidden();
  });

  for (const lang of LANGS) {
    test(`${PHONES} — nothing is wider than 320 pixels, on any page, ${lang}`, async ({ house, person, visitor }) => {
      test.setTimeout(180_000);
      const ada = await keeper(house, visitor);
      const { inside, outside } = await furnish(ada, await person('bob'));
      const guest = await visitor();
      const found: string[] = [];
      for (const [who, paths] of [[ada, inside], [guest, outside]] as const) {
        await dress(who, { lang });
        await who.page.setViewportSize({ width: 320, height: 640 });
        for (const path of paths) {
          await who.visit(path);
          found.push(...(await tooWide(who.page, 320)).map((it) => `${path} ${it}`));
        }
      }
      expect(found).toEqual([]);
    });
  }

  test(`${PHONES} — a tap beside a drawer closes it`, async ({ person }, info) => {
    test.skip(info.project.name !== 'phone', 'a desk has no drawers');
    const alice = await person('alice');
    await alice.openRoom('lobby');
    await alice.page.getByRole('button', { name: 'Rooms', exact: true }).tap();
    await expect(alice.side).toBeInViewport({ ratio: 1 });
    await alice.page.touchscreen.tap(380, 420);
    await expect(alice.side).toBeHidden();
  });

  test(`${PHONES} — the composer above the keyboard and within the safe areas`, async ({ person }, info) => {
    test.skip(info.project.name !== 'phone', 'a desk has neither');
    const alice = await person('alice');
    await tell(alice, Array.from({ length: 40 }, (_, n) => ({
      t: 'send', to: '#lobby', cid: crypto.randomUUID(), body: `line ${n} of the evening`, reply_to: null,
    })));
    await alice.openRoom('lobby');
    await alice.hears('line 39 of the evening');
    const { page } = alice;
    const meta = page.locator('meta[name=viewport]');
    await expect(meta).toHaveAttribute('content', /viewport-fit=cover.*interactive-widget=resizes-content/);
    /** How far the composer's lower edge is from that of what can be seen, and the last line's. */
    const below = () =>
      page.evaluate(() => {
        const seen = window.visualViewport!;
        const edge = (selector: string) => document.querySelector(selector)!.getBoundingClientRect().bottom;
        return { composer: seen.offsetTop + seen.height - edge('.composer'), page: seen.height - document.documentElement.scrollHeight };
      });
    await alice.composer.tap();
    // The keyboard comes up: with `resizes-content` the window is as much lower.
    for (const height of [844, 500, 400, 844]) {
      await page.setViewportSize({ width: 390, height });
      await expect.poll(async () => (await below()).composer).toBeGreaterThanOrEqual(0);
      expect((await below()).page, 'nothing to scroll but the log').toBeGreaterThanOrEqual(0);
      await expect(alice.composer).toBeInViewport({ ratio: 1 });
      await expect(alice.sendButton).toBeInViewport({ ratio: 1 });
      await expect(alice.messages('line 39 of the evening'), 'the end stays the end').toBeInViewport({ ratio: 1 });
      await expect(alice.composer).toBeFocused();
    }
    const devtools = await alice.context.newCDPSession(page);
    await devtools.send('Emulation.setSafeAreaInsetsOverride' as never, { insets: { top: 47, bottom: 34 } } as never);
    await expect.poll(async () => (await below()).composer).toBeGreaterThanOrEqual(34);
    const head = await page.locator('header.place').evaluate((it) => {
      const { paddingTop } = getComputedStyle(it);
      return it.getBoundingClientRect().top + parseFloat(paddingTop);
    });
    expect(head).toBeGreaterThanOrEqual(47);
  });

  test(`${PHONES} — no page is wider than the window`, async ({ house, person, visitor }) => {
    test.setTimeout(240_000);
    const ada = await keeper(house, visitor);
    const { inside, outside } = await furnish(ada, await person('bob'));
    const guest = await visitor();
    const widths = (await byFinger(ada)) ? [390, 430] : [1440, 760];
    const found: string[] = [];
    for (const [who, paths] of [[ada, inside], [guest, outside]] as const) {
      for (const path of paths) {
        await who.visit(path);
        for (const width of widths) {
          await who.page.setViewportSize({ width, height: 844 });
          const over = await overflow(who.page);
          if (over > 0) found.push(`${path} at ${width}: ${over} px`);
        }
      }
    }
    expect(found).toEqual([]);
  });
});

test.describe('languages and names', () => {
  test(`${WORDS} — cookie, then Accept-Language`, async ({ person, visitor }) => {
    await person('alice');
    const guest = await visitor({ locale: 'zh-CN' });
    const lang = () => guest.page.locator('html').getAttribute('lang');
    for (const [header, expected] of [
      ['zh-CN,zh;q=0.9,en;q=0.8', 'zh-CN'],
      ['zh', 'zh-CN'],
      ['de,en;q=0.5', 'en'],
      ['fr', 'en'],
      ['en;q=0.3,zh-TW;q=0.8', 'zh-CN'],
    ]) {
      const headers = { 'Accept-Language': header };
      const html = await (await guest.context.request.get(`${guest.base}/chat/`, { headers })).text();
      expect(html.slice(0, html.indexOf('<head')), header).toContain(`lang="${expected}"`);
    }
    await guest.visit('/chat/');
    expect(await lang()).toBe('zh-CN');
    await expect(guest.page.getByRole('textbox', { name: '找一个房间，或给新房间起名' })).toBeVisible();
    await dress(guest, { lang: 'en' });
    await guest.visit('/chat/');
    expect(await lang()).toBe('en');
    await guest.visit('/settings');
    await guest.page.getByRole('button', { name: '简体中文' }).click();
    await expect(guest.page.getByRole('heading', { name: '设置' })).toBeVisible();
    expect(await lang()).toBe('zh-CN');
    await guest.visit('/login');
    await expect(guest.page.getByRole('button', { name: '登录' })).toBeVisible();
  });

  test(`${WORDS} — the whole of a room in Chinese`, async ({ person, guard }) => {
    guard.expectCuts();
    const alice = await person('alice');
    const bob = await person('bob');
    await bob.openRoom('lobby');
    await alice.openRoom('lobby');
    await (await rooms(alice)).getByRole('link', { name: 'Settings' }).click();
    await panel(alice).getByRole('button', { name: '简体中文' }).click();
    await expect(alice.page.locator('html')).toHaveAttribute('lang', 'zh-CN');
    await alice.awake();
    const { page } = alice;
    const log = page.getByRole('log', { name: '消息记录' });
    const box = page.getByRole('textbox', { name: '消息', exact: true });
    await expect(log).toBeVisible();
    await box.fill('晚上好');
    await page.getByRole('button', { name: '发送', exact: true }).click();
    await bob.hears('晚上好');
    await bob.composer.pressSequentially('well');
    await expect(page.getByText('bob 正在输入')).toBeVisible();
    await box.fill('/nothing');
    await page.getByRole('button', { name: '发送', exact: true }).click();
    await expect(page.getByRole('alert')).toContainText(/[\u4e00-\u9fff]/);
    await alice.context.setOffline(true);
    await expect(page.getByRole('status').first()).toContainText('你已离线');
    await alice.context.setOffline(false);
    await expect(page.getByRole('status').first()).toContainText('已恢复连接');
    // Nothing English is left over but names.
    await alice.reload();
    const words = await page.evaluate(() => document.body.innerText.match(/[A-Za-z]{3,}/g) ?? []);
    const known = ['Roomful', 'lobby', 'alice', 'bob', 'nothing', 'ALICE', 'well'];
    expect(words.filter((word) => !known.includes(word))).toEqual([]);
  });

  test(`${WORDS} — names of people`, async ({ house, person, visitor }) => {
    await person('alice');
    const composed = 'ren\u00e9';
    const guest = Object.assign(await visitor(), { name: 'rene\u0301' });
    await guest.signUp();
    await guest.openRoom('lobby');
    expect(await (await rooms(guest)).locator('.side-foot .name').textContent()).toBe(composed);
    const another = await visitor();
    for (const taken of [composed, 'аlice', 'ALICE', 'al\u0456ce', 'ａｌｉｃｅ']) {
      await another.visit('/signup');
      await another.page.getByLabel('Name', { exact: true }).fill(taken);
      await another.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
      await another.page.getByRole('button', { name: 'Sign up', exact: true }).click();
      await expect(another.page.getByRole('alert'), taken).toContainText('taken');
    }
    for (const name of ['小林', 'مريم', 'Ольга', 'נועה', 'さくら', 'ประภา']) {
      const somebody = Object.assign(await visitor(), { name });
      await somebody.signUp();
      await somebody.openRoom('lobby');
      await somebody.say(`from ${name}`);
      await somebody.hears(`from ${name}`);
      await expect(somebody.messages(`from ${name}`).locator('.by bdi')).toHaveText(name);
      await somebody.context.close();
    }
    expect(house.output).not.toContain(PASSWORD);
  });

  test(`${WORDS} — names of rooms`, async ({ person }) => {
    const alice = await person('alice');
    for (const room of ['中文 聊天室', 'caf\u00e9', 'غرفة', '🌱 garden']) await alice.enterRoom(room);
    const box = alice.page.getByRole('textbox', { name: 'Find a room, or name a new one' });
    const enter = async (name: string) => {
      await alice.visit('/chat/');
      await box.fill(name);
      await alice.page.getByRole('button', { name: 'Enter', exact: true }).click();
    };
    // The same name, written otherwise, is the same room.
    await enter('cafe\u0301');
    await alice.isIn('caf\u00e9');
    await enter('CAF\u00c9');
    await alice.isIn('caf\u00e9');
    for (const alike of ['саfé', 'lоbby']) {
      await enter(alike);
      await expect(alice.page.getByRole('alert').filter({ visible: true }), alike).toContainText('looks like');
    }
  });
});

test.describe('without JavaScript', () => {
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
    await (await rooms(alice)).getByRole('link', { name: 'Mentions' }).click();
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
});
