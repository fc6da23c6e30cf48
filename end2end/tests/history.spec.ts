// What was said is there again, and reading it is never disturbed.
import { expect, test, type Person } from '../support/test.ts';

const line = (n: number) => `line ${String(n).padStart(3, '0')} of the evening`;
/** What rounding of positions may make of nothing. */
const NO_MOVEMENT = 0.5;

async function fill(alice: Person, room: string, count: number) {
  for (let n = 1; n <= count; n += 1) await alice.post(`#${room}`, line(n));
}

test('history over a reload, and over a restart', async ({ person, house, guard }) => {
  guard.expectCuts();
  const alice = await person('alice');
  await alice.openRoom('lobby');
  const said = ['first of all', 'and then', 'finally'];
  for (const text of said) {
    await alice.say(text);
    await alice.hears(text);
  }
  await alice.reload();
  expect(await alice.order(said)).toEqual(said);
  await house.restart('SIGKILL');
  await alice.reload();
  expect(await alice.order(said)).toEqual(said);
});

test('the page shows the last 50, and is at their end', async ({ person, visitor }) => {
  const alice = await person('alice');
  await fill(alice, 'lobby', 60);
  const plain = await visitor({ scripts: false });
  for (const who of [plain, alice]) {
    await who.openRoom('lobby');
    await who.hears(line(60));
    await expect(who.messages(line(60))).toBeInViewport();
  }
  await expect(plain.log.locator('article.msg')).toHaveCount(50);
  await expect(plain.messages(line(10))).toHaveCount(0);
});

test('older history comes in above without moving what is read', async ({ person }) => {
  const alice = await person('alice');
  await fill(alice, 'lobby', 130);

  // Older pages are held back until the place has been measured.
  let held: (() => void) | null = null;
  await alice.page.route(/\/api\/history\?/, async (route) => {
    await new Promise<void>((release) => (held = release));
    await route.continue();
  });
  const release = () => {
    held?.();
    held = null;
  };

  await alice.openRoom('lobby');
  for (const [first, next] of [[81, 31], [31, 1]]) {
    await alice.hears(line(first));
    await alice.log.hover();
    await expect(async () => {
      if (!held) await alice.page.mouse.wheel(0, -500);
      expect(held).not.toBeNull();
    }).toPass();
    // A reader's place somewhere in the middle, not at an edge that might hold by luck.
    const anchor = alice.messages(line(first + 4));
    await anchor.evaluate((row) => row.scrollIntoView({ block: 'center' }));
    const traced = anchor.evaluate(
      (row) =>
        new Promise<number[]>((done) => {
          const tops: number[] = [];
          const watch = () => {
            tops.push(row.getBoundingClientRect().top);
            if ('enough' in window) {
              delete window.enough;
              done(tops);
            } else requestAnimationFrame(watch);
          };
          requestAnimationFrame(watch);
        }),
    );
    release();
    await alice.hears(line(next));
    await alice.page.evaluate(
      () =>
        new Promise<void>((done) =>
          requestAnimationFrame(() =>
            requestAnimationFrame(() => {
              Object.assign(window, { enough: true });
              done();
            }),
          ),
        ),
    );
    const tops = await traced;
    expect(Math.max(...tops) - Math.min(...tops), `frames: ${tops}`).toBeLessThanOrEqual(NO_MOVEMENT);
  }
  await expect(alice.log.locator('article.msg')).toHaveCount(130);
});

test('the log stays at its end, but only when it is there', async ({ person }) => {
  const alice = await person('alice');
  const bob = await person('bob');
  await fill(alice, 'lobby', 60);
  await alice.openRoom('lobby');
  await bob.openRoom('lobby');
  await bob.say('you are at the end');
  await alice.hears('you are at the end');
  await expect(alice.messages('you are at the end')).toBeInViewport();

  const anchor = alice.messages(line(30));
  await anchor.scrollIntoViewIfNeeded();
  await anchor.evaluate((row) => row.scrollIntoView({ block: 'center' }));
  const fresh = alice.page.getByRole('button', { name: /new message/ });
  const place = await anchor.boundingBox();
  await bob.say('you are reading older things');
  await expect(fresh).toContainText('1');
  await bob.say('and go on with it');
  await expect(fresh).toContainText('2');
  expect((await anchor.boundingBox())?.y).toBeCloseTo(place?.y ?? NaN, 0);

  await fresh.click();
  await expect(alice.messages('and go on with it')).toBeInViewport();
  await expect(fresh).toBeHidden();
});

/** Says `line <from>` to `line <to>` in the lobby, as fast as the house takes it. */
async function sayMany(who: Person, from: number, to: number) {
  await who.page.evaluate(
    ([from, to]) =>
      new Promise<void>((done, failed) => {
        const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/ws`, 'roomful.v1');
        let next = from;
        let answered = from;
        const say = () => {
          if (next > to) return;
          const more = next % 7 === 0 ? ' and some more of it\nbelow' : '';
          const body = `line ${String(next).padStart(4, '0')}${more}`;
          const cid = crypto.randomUUID();
          socket.send(JSON.stringify({ id: next, t: 'send', to: '#lobby', cid, body, reply_to: null }));
          next += 1;
        };
        socket.onmessage = ({ data }) => {
          const frame = JSON.parse(data);
          if (frame.t === 'hello') for (let n = 0; n < 30; n += 1) say();
          else if (frame.re !== undefined) {
            if (frame.err) failed(new Error(JSON.stringify(frame.err)));
            answered += 1;
            say();
            if (answered > to) {
              socket.close();
              done();
            }
          }
        };
        socket.onclose = ({ code }) => failed(new Error(`closed: ${code}`));
      }),
    [from, to],
  );
}

const nth = (n: number) => `line ${String(n).padStart(4, '0')}`;

test('two thousand messages up and back: few in the page, and nothing moves', async ({ person }) => {
  test.setTimeout(180_000);
  await sayMany(await person('bob'), 1, 2_000);
  const alice = await person('alice');
  await alice.openRoom('lobby');
  await alice.hears(nth(2_000));

  // What is watched at each frame: how many rows there are, and whether the row in the middle
  // has moved otherwise than by scrolling.
  await alice.page.evaluate(() => {
    const log = document.querySelector<HTMLElement>('.log.kept')!;
    const seen = { rows: 0, moved: 0, tasks: 0 };
    Object.assign(window, { seen });
    const middle = () => {
      const { top, height } = log.getBoundingClientRect();
      const rows = [...log.querySelectorAll<HTMLElement>('article.msg')];
      return rows.find((row) => row.getBoundingClientRect().bottom > top + height / 2);
    };
    let anchor: HTMLElement | undefined;
    let at = 0;
    const watch = () => {
      seen.rows = Math.max(seen.rows, log.querySelectorAll('.rows > *').length);
      if (anchor?.isConnected) {
        const step = Number(log.dataset.step ?? 0);
        seen.moved = Math.max(seen.moved, Math.abs(anchor.getBoundingClientRect().top - (at - step)));
      }
      log.dataset.step = '0';
      const way = Number(log.dataset.way ?? 0);
      if (way !== 0) {
        const from = log.scrollTop;
        const to = Math.max(0, Math.min(from + way, log.scrollHeight - log.clientHeight));
        anchor = middle();
        at = anchor?.getBoundingClientRect().top ?? 0;
        log.scrollTop = to;
        log.dataset.step = String(log.scrollTop - from);
      } else anchor = undefined;
      requestAnimationFrame(watch);
    };
    requestAnimationFrame(watch);
  });
  const go = (way: number) =>
    alice.log.evaluate((log, way) => ((log as HTMLElement).dataset.way = String(way)), way);
  await go(-160);
  await expect(alice.messages(nth(1)).first()).toBeInViewport({ timeout: 90_000 });
  await expect(alice.log.getByText('This is the beginning of lobby.')).toBeVisible();
  await expect(alice.messages(nth(2_000))).toHaveCount(0);
  await go(160);
  await expect(alice.messages(nth(2_000))).toBeInViewport({ timeout: 90_000 });
  await go(0);
  const seen = await alice.page.evaluate(() => (window as never as { seen: { rows: number; moved: number } }).seen);
  expect(seen.rows, 'rows in the page').toBeLessThanOrEqual(330);
  expect(seen.moved, 'pixels').toBeLessThanOrEqual(1);
});

test('a link to a message opens it in its place, and back leads back', async ({ person, visitor }) => {
  test.setTimeout(120_000);
  await sayMany(await person('bob'), 1, 2_000);
  const alice = await person('alice');
  await alice.openRoom('lobby');
  await alice.hears(nth(2_000));
  const id = await alice.messages(nth(2_000)).getAttribute('id');
  const log = id!.match(/^m-(\d+)-/)![1];
  const to = (n: number) => `/chat/lobby/?at=${log}-${n}#m-${log}-${n}`;

  await alice.say(`look: ${alice.base}${to(1_000)}`);
  await alice.log.getByRole('link', { name: to(1_000) }).click();
  await expect(alice.messages(nth(1_000))).toBeInViewport();
  await expect(alice.messages(nth(1_000))).toHaveClass(/found/);
  expect(new URL(alice.page.url()).search).toBe(`?at=${log}-1000`);
  await expect(alice.messages(nth(2_000))).toHaveCount(0);
  const down = alice.page.getByRole('button', { name: 'To the newest' });
  await expect(down).toBeVisible();
  await alice.page.goBack();
  await expect(alice.messages('look:')).toBeInViewport();
  await expect(down).toBeHidden();
  await alice.page.goForward();
  await expect(alice.messages(nth(1_000))).toBeInViewport();
  await alice.reload();
  await expect(alice.messages(nth(1_000))).toBeInViewport();
  await down.click();
  await expect(alice.messages('look:')).toBeInViewport();
  await expect(down).toBeHidden();

  const plain = await visitor({ scripts: false });
  await plain.visit(to(1_000));
  await expect(plain.messages(nth(1_000))).toBeInViewport();
  await plain.page.getByRole('link', { name: 'Newer messages' }).click();
  await expect(plain.messages(nth(1_025))).toBeInViewport();
  await plain.page.getByRole('link', { name: 'Newest messages' }).click();
  await expect(plain.messages(nth(2_000))).toBeInViewport();
  await plain.visit(`/chat/lobby/?at=${log}-99999`);
  await expect(plain.page.getByText('That message is not here any more.')).toBeVisible();
});

test('a room opens where the new begins', async ({ person }) => {
  const bob = await person('bob');
  await sayMany(bob, 1, 50);
  const alice = await person('alice');
  await alice.joinRoom('lobby');
  await alice.hears(nth(50));
  // Until it counts as read.
  await expect(async () => {
    const answer = await alice.page.request.get(`${alice.base}/api/open_place?to=%23lobby`);
    expect((await answer.json()).read).toBe(50);
  }).toPass();
  await alice.visit('/chat/');
  await sayMany(bob, 51, 400);
  await alice.openRoom('lobby');
  await expect(alice.log.locator('.day.new')).toBeInViewport();
  await expect(alice.messages(nth(51))).toBeInViewport();
  await expect(alice.page).toHaveTitle(/^\(99\+\) lobby/);
  await expect(alice.page.locator('link[rel=icon]')).toHaveAttribute('href', /lit/);
  await alice.page.getByRole('button', { name: 'To the newest' }).click();
  await expect(alice.messages(nth(400))).toBeInViewport();
  await expect(alice.page).toHaveTitle(/^lobby/);
  await expect(alice.page.locator('link[rel=icon]')).not.toHaveAttribute('href', /lit/);
});
