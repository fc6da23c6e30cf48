// What concerns somebody: the bell with its count, the list beside the room and as a page of its own, and that all
// devices are told at once.
import { faults } from '../../support/axe.ts';
import { panel } from '../../support/drawers.ts';
import { dress } from '../../support/look.ts';
import { Person as Someone } from '../../support/person.ts';
import { expect, test, type Person } from '../../support/test.ts';

/** The lines of the list, as they are read. */
const lines = (who: Person) => panel(who).getByRole('listitem');

async function openList(who: Person) {
  await who.press(who.bell);
  await expect(panel(who).getByRole('heading', { level: 1 })).toBeVisible();
}

test('the bell counts what is not before my eyes, and leads to it', async ({ person }) => {
  const alice = await person('alice');
  await alice.openRoom('lobby');
  await alice.bellSays(0);
  const bob = await person('bob');
  await bob.openTalk('alice');
  await bob.say('are you there?');
  await alice.bellSays(1);
  await bob.say('come');
  await bob.post('#lobby', '@alice here you see it');
  await alice.hears('@alice here you see it');
  await alice.bellSays(2);
  await openList(alice);
  await expect(lines(alice)).toHaveCount(2);
  await expect(lines(alice).first()).toContainText('in lobby');
  const talk = lines(alice).nth(1);
  await expect(talk).toContainText('bob');
  await expect(talk).toContainText('2 private messages');
  await expect(talk).toContainText('new');
  await expect(lines(alice).first()).not.toContainText('new');
  expect(await faults(alice)).toEqual([]);
  await alice.fits();
  // To the message, in its place, without leaving the page; there it is read, and counts no more.
  await alice.press(talk.getByRole('link'));
  await expect(panel(alice)).toBeHidden();
  await alice.isIn('bob');
  await alice.hears('come');
  await alice.bellSays(0);
  // What is said there now appears there, and nowhere else.
  await bob.say('good');
  await alice.hears('good');
  await alice.bellSays(0);
});

test('what is marked as read on one device is so on all of them, at once', async ({ person }) => {
  const phone = await person('alice');
  const desk = await person('alice');
  const bob = await person('bob');
  for (const one of [phone, desk]) await one.openRoom('lobby');
  await bob.post('@alice', 'one');
  for (const one of [phone, desk]) await one.bellSays(1);
  await openList(phone);
  const mark = panel(phone).getByRole('button', { name: 'Mark all as read' });
  await phone.press(mark);
  await expect(mark).toBeHidden();
  await expect(lines(phone)).toHaveCount(1);
  for (const one of [phone, desk]) await one.bellSays(0);
  await desk.reload();
  await desk.bellSays(0);
  // It is the message that is unread still, and waits in the column and in the title.
  await expect(desk.page).toHaveTitle('(1) lobby · Roomful');
});

test('it is a page, and a form marks it, without a script', async ({ person }) => {
  const alice = await person('alice', { scripts: false });
  const bob = await person('bob');
  await alice.bell.click();
  await expect(alice.page.getByText('Nothing has happened yet that concerns you.')).toBeVisible();
  await bob.post('#lobby', '@alice the oven is free');
  await alice.visit('/chat/');
  await alice.bellSays(1);
  await alice.openRoom('lobby');
  await alice.bellSays(1);
  await alice.bell.click();
  await expect(alice.page).toHaveURL(`${alice.base}/notifications/`);
  await expect(alice.page.getByRole('listitem')).toContainText('the oven is free');
  await alice.fits();
  await alice.page.getByRole('button', { name: 'Mark all as read' }).click();
  await expect(alice.page).toHaveURL(`${alice.base}/notifications/`);
  await alice.bellSays(0);
  await alice.page.getByRole('link', { name: 'Mentions', exact: true }).click();
  await alice.page.getByRole('listitem').getByRole('link').click();
  await alice.isIn('lobby');
  await alice.hears('the oven is free');
});

test('in both languages and both themes axe finds nothing', async ({ person }) => {
  const alice = await person('alice');
  const bob = await person('bob');
  await bob.post('#lobby', '@alice 你好');
  for (const [lang, heading] of [
    ['en', 'Notifications'],
    ['zh', '通知'],
  ] as const) {
    for (const theme of ['light', 'dark'] as const) {
      await dress(alice, { lang, theme });
      for (const path of ['/notifications/', '/notifications/?only=mentions']) {
        await alice.visit(path);
        await expect(alice.page.getByRole('heading', { level: 1, name: heading })).toBeVisible();
        expect(await faults(alice), `${path} ${lang} ${theme}`).toEqual([]);
        await alice.fits();
      }
    }
  }
});

test('on a page without the room’s connection the bell is true once one looks, and its badge with it', async ({ person }) => {
  const alice = await person('alice');
  await alice.page.addInitScript(() => {
    Object.assign(navigator, { setAppBadge: async (n: number) => void Object.assign(window, { badge: n }) });
  });
  const badge = () => alice.page.evaluate(() => (window as never as { badge?: number }).badge);
  const bob = await person('bob');
  await alice.visit('/chat/');
  await alice.bellSays(0);
  await bob.post('#lobby', '@alice the oven is free');
  // She comes back to the page from another.
  await alice.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await alice.bellSays(1);
  await expect.poll(badge).toBe(1);
  await openList(alice);
  await alice.press(panel(alice).getByRole('button', { name: 'Mark all as read' }));
  await expect(alice.page.locator('.top .bell')).toHaveAttribute('aria-label', 'Notifications');
  await expect(alice.page.locator('.top .bell b')).toBeEmpty();
  await expect.poll(badge).toBe(0);
});

const pushed = (who: Person) => who.page.locator('.told .notice');

test('what is pushed says to whom, the newest is seen, and put away it is not new', async ({ house, person, visitor }) => {
  await house.addUser('boss', { admin: true });
  const boss = new Someone('boss', (await visitor()).page, house.url, true);
  await boss.logIn();
  const push = async (to: string, data: object) => {
    const answer = await boss.context.request.post(`${house.url}/api/v1/push/${to}`, {
      data,
      headers: { Origin: house.url },
    });
    expect(answer.ok(), await answer.text()).toBe(true);
  };
  const alice = await person('alice');
  await alice.enterRoom('garden');
  await alice.openRoom('lobby');
  await push('users/alice', { text: 'for you alone' });
  await expect(pushed(alice)).toContainText('told you');
  const long = 'a long story '.repeat(60);
  await push('users/alice', { text: long });
  await push('broadcast', { text: 'down at noon', link: '/chat/garden/' });
  await expect(pushed(alice)).toHaveCount(3);
  const newest = pushed(alice).filter({ hasText: 'down at noon' });
  await expect(newest).toContainText('boss told everybody');
  await expect(newest).toBeInViewport({ ratio: 1 });
  expect(await faults(alice)).toEqual([]);
  await alice.bellSays(3);

  // By keyboard, from one to the next and then to the composer.
  const close = (text: string) => pushed(alice).filter({ hasText: text }).getByRole('button', { name: 'Close' });
  await alice.page.keyboard.press('Tab');
  await close('a long story').focus();
  await alice.page.keyboard.press('Enter');
  await expect(pushed(alice)).toHaveCount(2);
  await expect(close('for you alone')).toBeFocused();
  await alice.bellSays(3);
  await alice.page.keyboard.press('Enter');
  await expect(close('down at noon')).toBeFocused();
  await alice.bellSays(1);
  // A link that is followed puts it away too.
  await alice.press(newest.getByRole('link'));
  await expect(pushed(alice)).toHaveCount(0);
  await alice.isIn('garden');
  await alice.bellSays(0);
  await alice.reload();
  await alice.bellSays(0);

  // One that more than a few displace hands the focus on, and the last gives it to the composer.
  for (const n of [1, 2, 3]) await push('users/alice', { text: `number ${n}`, stored: false });
  await expect(pushed(alice)).toHaveCount(3);
  await alice.page.keyboard.press('Tab');
  await close('number 1').focus();
  await push('users/alice', { text: 'number 4', stored: false });
  await expect(close('number 2')).toBeFocused();
  for (const n of [2, 3, 4]) {
    await expect(close(`number ${n}`)).toBeFocused();
    await alice.page.keyboard.press('Enter');
  }
  await expect(alice.composer).toBeFocused();
});
