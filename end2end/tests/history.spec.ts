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
