// What people expect where they read, line by line.
import { expect, test, type Person } from '../../support/test.ts';

/** What rounding of positions may make of nothing, in pixels. */
const NO_MOVEMENT = 0.5;

const anHour = 3_600_000;

/** How far from the log's end it stands, in pixels. */
const below = (who: Person) => who.log.evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight);

const top = async (who: Person, text: string) => (await who.messages(text).boundingBox())!.y;

/** What alice has read counts as read: her marker has reached this seq. */
async function hasRead(who: Person, room: string, seq: number) {
  await expect(async () => {
    const answer = await who.page.request.get(`${who.base}/api/open_place?to=${encodeURIComponent(`#${room}`)}`);
    expect((await answer.json()).read).toBe(seq);
  }).toPass();
}

test.describe('Messages of one author within 5 minutes form a group; a line per day; local times, full time on hover', () => {
  test('groups end after 5 minutes and with another author', async ({ person, house }) => {
    const alice = await person('alice');
    for (const [room, minutes, groups] of [['close', 4, 1], ['apart', 6, 6]] as const) {
      await alice.enterRoom(room);
      await house.fill(room, 6, minutes * 60_000);
      await alice.reload();
      await expect(alice.messages('of the size')).toHaveCount(6);
      // Whoever looks just after midnight sees a line of a day between two of them.
      const days = await alice.log.locator('.day').count();
      const heads = await alice.log.locator('article .by').count();
      expect(heads - groups, room).toBeLessThanOrEqual(days - 1);
      expect(heads, room).toBeGreaterThanOrEqual(groups);
    }
    const bob = await person('bob');
    await alice.openRoom('lobby');
    await bob.openRoom('lobby');
    for (const [who, text] of [[alice, 'one'], [alice, 'two'], [bob, 'three'], [alice, 'four']] as const) {
      await who.say(text);
      await alice.hears(text);
    }
    for (const awake of [true, false]) {
      if (!awake) await alice.reload();
      for (const [text, head] of [['one', 1], ['two', 0], ['three', 1], ['four', 1]] as const) {
        await expect(alice.messages(text).locator('.by'), text).toHaveCount(head);
      }
    }
  });

  test('days and times are the reader’s', async ({ person, house }) => {
    const alice = await person('alice');
    await alice.openRoom('lobby');
    await house.fill('lobby', 20, 7 * anHour);
    for (const timezoneId of ['Asia/Shanghai', 'America/Los_Angeles', 'Asia/Kolkata']) {
      const there = await person('alice', { timezoneId });
      await there.openRoom('lobby');
      await expect(there.messages('of the size')).toHaveCount(20);
      const shown = await there.log.locator('article').evaluateAll((rows) =>
        rows.map((row) => {
          const time = row.querySelector('time')!;
          const at = new Date(time.dateTime);
          const two = (n: number) => String(n).padStart(2, '0');
          let day = row.previousElementSibling;
          while (day && !day.matches('.day')) day = day.previousElementSibling;
          return {
            clock: time.textContent,
            here: `${two(at.getHours())}:${two(at.getMinutes())}`,
            title: time.title,
            whole: `${at.getDate()} ${at.toLocaleString('en', { month: 'long' })} ${at.getFullYear()}, `,
            day: day?.querySelector('time')?.dateTime,
            today: `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`,
          };
        }),
      );
      for (const { clock, here, title, whole, day, today } of shown) {
        expect(clock, timezoneId).toBe(here);
        expect(title).toContain(whole + here);
        expect(day).toBe(today);
      }
      const days = await there.log.locator('.day time').evaluateAll((days) => days.map((day) => (day as HTMLTimeElement).dateTime));
      expect(days).toEqual([...new Set(shown.map(({ today }) => today))]);
    }
  });
});

test.describe('Stay at the end only when already within 100 px of it; else “3 new messages ↓”', () => {
  test('within 100 px, and no further', async ({ person, house }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await alice.openRoom('lobby');
    await house.fill('lobby', 40);
    await alice.reload();
    await bob.openRoom('lobby');
    await alice.scroll(-90);
    expect(await below(alice)).toBeGreaterThan(60);
    await bob.say('she is near the end');
    await expect(alice.messages('near the end')).toBeInViewport({ ratio: 1 });
    expect(await below(alice)).toBeLessThanOrEqual(1);

    await alice.scroll(-130);
    const at = await top(alice, 'near the end');
    const fresh = alice.page.getByRole('button', { name: /new message/ });
    for (const [n, label] of [[1, '1 new message'], [2, '2 new messages'], [3, '3 new messages']] as const) {
      await bob.say(`more of it, ${n}`);
      await expect(fresh).toHaveText(label);
    }
    expect(Math.abs((await top(alice, 'near the end')) - at)).toBeLessThanOrEqual(NO_MOVEMENT);
    await alice.press(fresh);
    await expect(alice.messages('more of it, 3')).toBeInViewport({ ratio: 1 });
    await expect(fresh).toBeHidden();
  });

  test('what I say myself brings me to the end', async ({ person, house }) => {
    const alice = await person('alice');
    await alice.openRoom('lobby');
    await house.fill('lobby', 40);
    await alice.reload();
    await alice.scroll(-600);
    await alice.say('here I am');
    await expect(alice.messages('here I am')).toBeInViewport({ ratio: 1 });
  });
});

test.describe('Loading older history never moves what is being read', () => {
  test('2,000 messages up in a room of 100,000, and the document stays small', async ({ person, house }) => {
    test.setTimeout(300_000);
    await person('bob');
    const alice = await person('alice');
    await alice.openRoom('lobby');
    await house.fill('lobby', 100_000);
    await alice.reload();
    await expect(alice.messages('Message 100000 ').first()).toBeInViewport();

    // Each load is let in by hand, so that what is read can be measured before and after it.
    let held: (() => void) | null = null;
    await alice.page.route(/\/api\/history\?/, async (route) => {
      await new Promise<void>((release) => (held = release));
      await route.continue();
    });
    const oldest = () =>
      alice.log.locator('article').first().evaluate((row) => Number(/Message (\d+) /.exec(row.textContent!)![1]));
    const elements = () => alice.page.evaluate(() => document.querySelectorAll('*').length);
    let from = await oldest();
    let most = await elements();
    let loads = 0;
    while (from > 98_000) {
      await expect(async () => {
        if (!held) await alice.scroll(-700);
        expect(held).not.toBeNull();
      }).toPass({ intervals: [0, 20, 50] });
      const before = await alice.log.evaluate((log) => {
        const window = log.getBoundingClientRect();
        const row = document.elementFromPoint(window.x + window.width / 2, window.y + window.height / 2)!.closest('article')
          ?? [...log.querySelectorAll('article')].find((row) => row.getBoundingClientRect().bottom > window.y + window.height / 2)!;
        return { id: row.id, top: row.getBoundingClientRect().top };
      });
      held!();
      held = null;
      await expect.poll(oldest, { intervals: [20, 50] }).toBeLessThan(from);
      const moved = await alice.page.evaluate(
        ({ id, top }) =>
          new Promise<number>((done) =>
            requestAnimationFrame(() =>
              requestAnimationFrame(() => done(Math.abs(document.getElementById(id)!.getBoundingClientRect().top - top))),
            ),
          ),
        before,
      );
      expect(moved, `before ${from}`).toBeLessThanOrEqual(NO_MOVEMENT);
      from = await oldest();
      most = Math.max(most, await elements());
      loads += 1;
    }
    expect(loads).toBeGreaterThanOrEqual(10);
    // Some 300 rows of ten elements each, and the page around them.
    expect(most, 'elements in the document').toBeLessThanOrEqual(6_000);
    expect(await alice.log.locator('article').count()).toBeLessThanOrEqual(330);
  });

  test('a link to a message leads into a room of 100,000, and back to the newest', async ({ person, house }) => {
    test.setTimeout(180_000);
    await person('bob');
    const alice = await person('alice');
    await alice.openRoom('lobby');
    await house.fill('lobby', 100_000);
    await alice.reload();
    const last = alice.messages('Message 100000 ').first();
    await expect(last).toBeInViewport();
    const [, log, seq] = /^m-(\d+)-(\d+)$/.exec((await last.getAttribute('id'))!)!;
    const n = Number(seq) - 70_000;
    await alice.visit(`/chat/lobby/?at=${log}-${n}`);
    const found = alice.messages('Message 30000 ');
    await expect(found).toBeInViewport({ ratio: 1 });
    await expect(found).toHaveClass(/found/);
    await alice.press(alice.page.getByRole('button', { name: 'To the newest' }));
    await expect(last).toBeInViewport();
    await expect(alice.page.getByRole('button', { name: 'To the newest' })).toBeHidden();
    await expect(found).toHaveCount(0);
    expect(await below(alice)).toBeLessThanOrEqual(1);
  });
});

test.describe('A room opens at the first unread message, with a “new” line that stays where it was until I leave', () => {
  test('in a room of 100,000', async ({ person, house }) => {
    test.setTimeout(180_000);
    const alice = await person('alice');
    const bob = await person('bob');
    await alice.enterRoom('garden');
    await alice.openRoom('lobby');
    await house.fill('lobby', 100_000);
    await alice.reload();
    await expect(alice.messages('Message 100000 ').first()).toBeInViewport();
    const id = (await alice.messages('Message 100000 ').first().getAttribute('id'))!;
    await hasRead(alice, 'lobby', Number(id.split('-')[2]));
    await alice.joinRoom('lobby');
    await alice.goTo('garden');
    for (let n = 1; n <= 60; n += 1) await bob.post('#lobby', `unread ${n}.`);
    await alice.goTo('lobby');
    const line = alice.log.getByText('New', { exact: true });
    await expect(line).toBeInViewport();
    await expect(alice.messages('unread 1.')).toBeInViewport();
    await expect(alice.messages('unread 60.')).not.toBeInViewport();
    const next = () => line.evaluate((line) => line.nextElementSibling!.textContent);
    expect(await next()).toContain('unread 1.');

    // It stays while more is said, while I read to the end, and while I answer.
    await bob.openRoom('lobby');
    await bob.say('unread 61.');
    await alice.press(alice.page.getByRole('button', { name: /new message/ }));
    await expect(alice.messages('unread 61.')).toBeInViewport();
    await alice.say('I have read it all');
    await alice.hears('I have read it all');
    expect(await next()).toContain('unread 1.');
    await alice.goTo('garden');
    await alice.goTo('lobby');
    await expect(alice.messages('I have read it all')).toBeInViewport();
    await expect(line).toHaveCount(0);
  });
});

test.describe('Unread counts per room, in the tab’s title and as the app’s badge; read on one device is read on all', () => {
  test('bold, with their number; the title; the badge, which says what the bell does', async ({ person }) => {
    const bob = await person('bob');
    await bob.enterRoom('garden');
    const alice = await person('alice');
    await alice.page.addInitScript(() => {
      Object.assign(navigator, { setAppBadge: async (n: number) => void Object.assign(window, { badge: n }) });
    });
    const badge = () => alice.page.evaluate(() => (window as never as { badge?: number }).badge);
    await alice.joinRoom('garden');
    await alice.joinRoom('lobby');
    await bob.say('one');
    await bob.say('two');
    await bob.say('@alice, this is three');
    await expect(alice.page).toHaveTitle(/^\(3\) /);
    // As a push to this device would set it: what concerns her.
    await alice.bellSays(1);
    await expect.poll(badge).toBe(1);
    await alice.showRooms();
    const line = alice.line('garden');
    await expect(line.getByText('3 unread')).toBeVisible();
    const weight = (name: string) =>
      alice.line(name).locator('bdi').evaluate((it) => Number(getComputedStyle(it).fontWeight));
    expect(await weight('garden')).toBeGreaterThan(await weight('lobby'));
    await alice.goTo('garden');
    await expect(alice.messages('@alice, this is three')).toBeInViewport();
    await expect(alice.page).toHaveTitle(/^garden/);
    await expect.poll(badge).toBe(0);
    await alice.showRooms();
    await expect(line).not.toContainText('unread');
  });

  test('mentions apart, as they come and after a reload', async ({ person }) => {
    const bob = await person('bob');
    await bob.enterRoom('garden');
    const alice = await person('alice');
    await alice.joinRoom('garden');
    // That it counts where nothing was read before is a test of its own, below.
    await bob.say('here we are');
    await alice.hears('here we are');
    await expect.poll(async () => (await alice.context.request.get(`${alice.base}/chat/garden/`)).text()).toMatch(/"read":[1-9]/);
    await alice.openRoom('lobby');
    await bob.say('@alice, look at this');
    for (const again of [false, true]) {
      if (again) await alice.reload();
      await alice.showRooms();
      await expect(alice.line('garden').getByText('1 unread')).toBeVisible();
      await expect(alice.line('garden').getByText('@1 of you')).toBeVisible();
    }
    await alice.goTo('garden');
    await alice.hears('look at this');
    await alice.showRooms();
    await expect(alice.line('garden')).not.toContainText('of you');
  });

  test('in a room that was joined while it was empty, after a reload', async ({ person }) => {
    const bob = await person('bob');
    await bob.enterRoom('garden');
    const alice = await person('alice');
    await alice.joinRoom('garden');
    await alice.openRoom('lobby');
    await bob.say('@alice, look at this');
    await bob.hears('look at this');
    await alice.reload();
    await alice.showRooms();
    await expect(alice.line('garden').getByText('1 unread')).toBeVisible();
  });

  test('read on one device is read on all', async ({ person }) => {
    const bob = await person('bob');
    await bob.enterRoom('garden');
    const desk = await person('alice');
    await desk.joinRoom('garden');
    await desk.openRoom('lobby');
    const other = await person('alice');
    await other.openRoom('lobby');
    await bob.say('for whoever of you looks first');
    for (const device of [desk, other]) {
      await expect(device.page).toHaveTitle(/^\(1\) /);
      await device.showRooms();
      await expect(device.line('garden')).toContainText('1 unread');
    }
    await desk.goTo('garden');
    await desk.hears('for whoever of you looks first');
    await expect(other.line('garden')).not.toContainText('unread');
    await expect(other.page).toHaveTitle(/^lobby/);
  });
});

test.describe('Markdown that chat people type, links made clickable, all from typed nodes; never HTML. Long words and code never widen the page', () => {
  test('each of them, said and heard and loaded', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await alice.openRoom('lobby');
    await bob.openRoom('lobby');
    await alice.say(
      [
        'start **bold** *italic* _also_ `code` ||secret|| https://example.org/path [here](https://example.com/)',
        '> quoted',
        '- an item',
        '1. numbered',
        '```rust',
        'fn main() {}',
        '```',
      ].join('\n'),
    );
    await bob.hears('start');
    for (const how of ['said', 'heard', 'loaded']) {
      const who = how === 'said' ? alice : bob;
      if (how === 'loaded') await bob.reload();
      const it = who.messages('start');
      await expect(it.getByRole('strong'), how).toHaveText('bold');
      await expect(it.getByRole('emphasis')).toHaveText(['italic', 'also']);
      await expect(it.locator('code')).toHaveText(['code', 'fn main() {}']);
      await expect(it.getByRole('blockquote')).toHaveText('quoted');
      await expect(it.getByRole('list')).toHaveCount(2);
      await expect(it.getByRole('listitem')).toHaveText(['an item', 'numbered']);
      await expect(it.getByRole('link', { name: 'https://example.org/path' })).toHaveAttribute('href', 'https://example.org/path');
      await expect(it.getByRole('link', { name: 'here', exact: true })).toHaveAttribute('rel', /noopener/);
      await expect(it.getByText('(example.com)')).toBeVisible();
      const secret = it.getByText('secret');
      await expect(secret).toBeHidden();
      const cover = it.locator('label').filter({ hasText: 'secret' });
      const { width, height } = (await cover.boundingBox())!;
      // Its middle: what is in it for screen readers alone takes no clicks.
      const position = { x: width / 2, y: height / 2 };
      if (who.onPhone) await cover.tap({ position });
      else await cover.click({ position });
      await expect(secret).toBeVisible();
    }
  });

  test('never HTML from a user', async ({ person }) => {
    const alice = await person('alice');
    await alice.openRoom('lobby');
    const nasty = [
      '<img src=x onerror=alert(1)>',
      '**<script>alert(2)</script>**',
      '[click](javascript:alert(3))',
      '[data](data:text/html,<script>alert(4)</script>)',
      '`</code><svg onload=alert(5)>`',
      '&lt;b&gt; stays as typed',
    ];
    await alice.say(nasty.join('\n'));
    for (const again of [false, true]) {
      if (again) await alice.reload();
      const it = alice.messages('stays as typed');
      await expect(it.locator('img, script, svg, b:has-text("stays")')).toHaveCount(0);
      await expect(it.locator('.body').getByRole('link')).toHaveCount(0);
      for (const line of ['<img src=x onerror=alert(1)>', '<script>alert(2)</script>', 'javascript:alert(3)', '&lt;b&gt;']) {
        await expect(it).toContainText(line);
      }
    }
  });

  test('long words and code never widen the page', async ({ person }) => {
    const alice = await person('alice');
    await alice.openRoom('lobby');
    const long = 'x'.repeat(600);
    await alice.say(`${long}\nhttps://example.org/${long}\n\`${long}\`\n**${long}**\n> ${long}\n- ${long}`);
    await alice.say(`\`\`\`\ncode ${long}\n\`\`\``);
    const code = alice.messages('code').locator('pre');
    for (const again of [false, true]) {
      if (again) await alice.reload();
      await alice.fits();
      expect(await alice.log.evaluate((log) => log.scrollWidth - log.clientWidth)).toBeLessThanOrEqual(0);
      // The code scrolls by itself, by keyboard too.
      expect(await code.evaluate((it) => it.scrollWidth > it.clientWidth)).toBe(true);
      await code.focus();
      await alice.page.keyboard.press('ArrowRight');
      await expect.poll(() => code.evaluate((it) => it.scrollLeft)).toBeGreaterThan(0);
    }
  });
});

test.describe('Search over everything I may read, Chinese words of two characters included, with jump to the message in its context', () => {
  /** Looks for words in the panel. */
  async function search(who: Person, words: string) {
    await who.showRooms();
    await who.press(who.side.getByRole('link', { name: 'Search', exact: true }));
    await who.panel.getByRole('searchbox', { name: 'Words to search for' }).fill(words);
    await who.press(who.panel.getByRole('button', { name: 'Search', exact: true }));
    return who.panel.getByRole('region', { name: 'What was found' });
  }

  test('two Chinese characters, in a room of 100,000', async ({ person, house }) => {
    test.setTimeout(180_000);
    const bob = await person('bob');
    const alice = await person('alice');
    await alice.openRoom('lobby');
    await house.fill('lobby', 100_000);
    await bob.openRoom('lobby');
    await bob.say('今天晚上七点在车间见面');
    await bob.hears('今天晚上七点在车间见面');
    for (let n = 1; n <= 120; n += 1) await bob.post('#lobby', `said later, ${n}.`);
    await alice.reload();
    await expect(alice.messages('said later, 120.')).toBeAttached();
    const found = await search(alice, '车间');
    const hit = found.getByRole('link').filter({ hasText: '今天晚上七点在车间见面' });
    // What was filled in behind the server's back is taken up bit by bit, and the page says so.
    await expect(async () => {
      if ((await hit.count()) === 0) {
        await expect(found.getByText(/still being made ready|Looked at so far/).first()).toBeVisible();
        await alice.press(alice.panel.getByRole('button', { name: 'Search', exact: true }));
      }
      await expect(hit.locator('mark')).toHaveText('车间', { timeout: 4_000 });
    }).toPass({ timeout: 100_000 });
    await alice.press(hit);
    await expect(alice.panel).toHaveCount(0);
    await alice.hideDrawers();
    await expect(alice.messages('车间')).toBeInViewport({ ratio: 1 });
    await expect(alice.messages('车间')).toHaveClass(/found/);
    await expect(alice.messages('Message 100000 '), 'its context').toBeInViewport();
    await expect(alice.messages('said later, 1.')).toBeInViewport();
    await alice.press(alice.page.getByRole('button', { name: 'To the newest' }));
    await expect(alice.messages('said later, 120.')).toBeAttached();
  });

  test('everything I may read, and nothing else', async ({ person }) => {
    const [alice, bob, eve] = [await person('alice'), await person('bob'), await person('eve')];
    await alice.openRoom('lobby');
    await alice.say('the lantern in the open');
    await alice.hears('the lantern in the open');
    await alice.openTalk('bob');
    await alice.say('the lantern between us');
    await alice.hears('the lantern between us');
    for (const [who, sees] of [[bob, ['the lantern between us', 'the lantern in the open']], [eve, ['the lantern in the open']]] as const) {
      await who.openRoom('lobby');
      const found = await search(who, 'lantern');
      await expect(found.getByRole('link')).toHaveCount(sees.length);
      for (const text of sees) await expect(found.getByRole('link').filter({ hasText: text })).toHaveCount(1);
    }
    const found = await search(await alice.anotherTab().then(async (tab) => (await tab.openRoom('lobby'), tab)), 'nowhere');
    await expect(found.getByRole('heading', { name: 'Nothing was found.' })).toBeVisible();
  });
});

test.describe('My rooms: those I joined stand in the side column with unread counts; leave and mute are one step away; the index shows the rest. Blocking a person hides them from me', () => {
  test('joined rooms stand in the column, the others on the index', async ({ person }) => {
    const bob = await person('bob');
    await bob.enterRoom('garden');
    await bob.enterRoom('attic');
    const alice = await person('alice');
    await alice.enterRoom('cellar');
    await alice.joinRoom('garden');
    await alice.showRooms();
    await expect(alice.line('garden')).toBeVisible();
    await expect(alice.line('cellar')).toBeVisible();
    await expect(alice.line('attic')).toHaveCount(0);
    await alice.press(alice.side.getByRole('link', { name: 'All rooms' }));
    await expect(alice.page.getByRole('main').getByRole('link', { name: 'attic' })).toBeVisible();
    await alice.press(alice.page.getByRole('main').getByRole('link', { name: 'attic' }));
    await alice.isIn('attic');
    // To look at it is not to join it.
    await alice.showRooms();
    await expect(alice.line('garden')).toBeVisible();
    await expect(alice.line('attic')).toHaveCount(0);
  });

  test('whoever has joined nothing is led to all rooms, and joins one where it is read', async ({ person }) => {
    const bob = await person('bob');
    await bob.enterRoom('garden');
    await bob.say('anybody?');
    const alice = await person('alice');
    await alice.openRoom('lobby');
    await alice.showRooms();
    await expect(alice.side.getByText('No rooms yet.')).toBeVisible();
    await alice.press(alice.side.getByRole('link', { name: 'All rooms' }));
    await alice.press(alice.page.getByRole('main').getByRole('link', { name: 'garden' }));
    await alice.isIn('garden');
    await alice.hears('anybody?');
    const join = alice.page.getByRole('main').getByRole('button', { name: 'Join', exact: true });
    await alice.press(join);
    await expect(join).toBeHidden();
    await alice.isIn('garden');
    await alice.showRooms();
    await expect(alice.line('garden')).toBeVisible();
    await expect(alice.side.getByText('No rooms yet.')).toBeHidden();
    // So does whoever says something, at once.
    await alice.openRoom('lobby');
    await expect(join).toBeVisible();
    await alice.say('here I am');
    await expect(join).toBeHidden();
    await alice.showRooms();
    await expect(alice.line('lobby')).toBeVisible();
  });

  test('leave and mute', async ({ person }) => {
    const bob = await person('bob');
    const alice = await person('alice');
    await alice.enterRoom('garden');
    await alice.enterRoom('attic');
    await alice.openRoom('garden');
    await alice.openAbout();
    const level = (name: string) => alice.panel.getByRole('group', { name: 'Tell me of' }).getByRole('button', { name });
    await alice.press(level('Nothing'));
    await expect(level('Nothing')).toHaveAttribute('aria-pressed', 'true');
    await alice.closePanel();
    await alice.goTo('attic');
    await bob.openRoom('garden');
    await bob.say('into the silence');
    await bob.openRoom('attic');
    await bob.say('to be heard');
    await alice.hears('to be heard');
    await expect(alice.page).toHaveTitle(/^attic/);

    await alice.openAbout();
    await alice.press(alice.panel.getByRole('button', { name: 'Leave this room' }));
    await expect(alice.panel.getByRole('button', { name: 'Join this room' })).toBeVisible();
    await alice.closePanel();
    await alice.showRooms();
    await expect(alice.line('garden')).toBeVisible();
    await expect(alice.line('attic')).toHaveCount(0);
  });

  test('a room that is left goes from the column', async ({ person }) => {
    const alice = await person('alice');
    await alice.enterRoom('attic');
    await alice.openAbout();
    await alice.press(alice.panel.getByRole('button', { name: 'Leave this room' }));
    await expect(alice.panel.getByRole('button', { name: 'Join this room' })).toBeVisible();
    await alice.closePanel();
    for (const again of [false, true]) {
      if (again) await alice.reload();
      await alice.showRooms();
      await expect(alice.line('attic')).toHaveCount(0);
      await expect(alice.side.getByText('No rooms yet.')).toBeVisible();
    }
    await alice.hideDrawers();
    await expect(alice.page.getByRole('main').getByRole('button', { name: 'Join', exact: true })).toBeVisible();
  });

  test('blocking a person hides them from me', async ({ person }) => {
    const [alice, bob, carol] = [await person('alice'), await person('bob'), await person('carol')];
    for (const who of [alice, bob, carol]) await who.openRoom('lobby');
    await bob.say('before she blocked me');
    await alice.hears('before she blocked me');
    await alice.openTalk('bob');
    await alice.openAbout();
    await alice.press(alice.panel.getByText('Block', { exact: true }).first());
    await alice.press(alice.panel.getByRole('button', { name: 'Block', exact: true }));
    await expect(alice.panel.getByRole('button', { name: 'Unblock' })).toBeVisible();
    await alice.openRoom('lobby');
    await bob.say('does she hear me');
    await bob.hears('does she hear me');
    await carol.say('hello alice');
    await alice.hears('hello alice');
    await expect(alice.page.getByText('does she hear me')).toBeHidden();
    await expect(alice.page.getByText('before she blocked me')).toBeHidden();
    // They are not told; they cannot write to me in private.
    await bob.openTalk('alice');
    await bob.composer.fill('then in private');
    await bob.press(bob.sendButton);
    await expect(bob.page.getByText('alice takes no messages from you.').first()).toBeVisible();
  });
});
