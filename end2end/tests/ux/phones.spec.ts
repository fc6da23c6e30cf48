// What people expect on a phone, line by line.
import { byFinger } from '../../support/drawers.ts';
import { tell } from '../../support/furnish.ts';
import { dress, overflow, tooWide } from '../../support/look.ts';
import { tour } from '../../support/tour.ts';
import { expect, test } from '../../support/test.ts';

const PHONES = 'Phones: one column, drawers for rooms and people, safe areas, dvh, the keyboard never covers the composer';

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
  const { ada, pages } = await tour(house, { person, visitor });
  const widths = (await byFinger(ada)) ? [390, 430] : [1440, 760];
  const found: string[] = [];
  for (const [who, path] of pages) {
    await who.visit(path);
    for (const width of widths) {
      await who.page.setViewportSize({ width, height: 844 });
      const over = await overflow(who.page);
      if (over > 0) found.push(`${path} at ${width}: ${over} px`);
    }
  }
  expect(found).toEqual([]);
});

for (const lang of ['en', 'zh'] as const) {
  test(`${PHONES} — nothing is wider than 320 pixels, on any page, ${lang}`, async ({ house, person, visitor }) => {
    test.setTimeout(240_000);
    const { ada, guest, pages } = await tour(house, { person, visitor });
    for (const who of [ada, guest]) {
      await dress(who, { lang });
      await who.page.setViewportSize({ width: 320, height: 640 });
    }
    const found: string[] = [];
    for (const [who, path] of pages) {
      await who.visit(path);
      found.push(...(await tooWide(who.page, 320)).map((it) => `${path} ${it}`));
    }
    expect(found).toEqual([]);
  });
}
