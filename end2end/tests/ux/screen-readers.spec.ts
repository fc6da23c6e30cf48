// What people expect who listen to the page, line by line.
import { rooms } from '../../support/drawers.ts';
import { tell } from '../../support/furnish.ts';
import { nameless } from '../../support/look.ts';
import { tour } from '../../support/tour.ts';
import { expect, test } from '../../support/test.ts';

const READERS = 'Screen readers: the log is role="log", labelled, only additions announced, loaded history not; connection status is role="status"; every button has a name';

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
  const status = alice.page.locator('.status').getByRole('status');
  await expect(status).toBeAttached();
  await alice.context.setOffline(true);
  await expect(status).toContainText('You are offline');
  expect(await status.ariaSnapshot()).not.toMatch(/Trying again/);
  await alice.context.setOffline(false);
  await expect(status).toContainText('Back.');
});

test(`${READERS} — names of everything, on every page`, async ({ house, person, visitor }) => {
  test.setTimeout(180_000);
  const { pages } = await tour(house, { person, visitor });
  for (const [who, path] of pages) {
    await who.visit(path);
    expect(await nameless(who.page), path).toEqual([]);
    expect(await who.page.title(), path).toMatch(/\S · Roomful$/);
    await expect(who.page.getByRole('heading', { level: 1 }), path).toHaveCount(1);
    await expect(who.page.getByRole('main'), path).toHaveCount(1);
  }
});
