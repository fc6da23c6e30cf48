// The house as an app: installed, started without a network, renewed, shared to, and left.
import { expect, test as base, type Person } from '../support/test.ts';
import { Person as Someone } from '../support/person.ts';
import { Device, Gate } from '../support/device.ts';
import { Service } from '../support/push-service.ts';
import { createECDH, randomBytes } from 'node:crypto';
import type { Page } from '@playwright/test';

const test = base.extend<{ device: Device; gate: Gate; owner: (name: string) => Promise<Person> }>({
  gate: async ({ house }, use) => {
    const gate = await Gate.to(house);
    await use(gate);
    await gate.close();
  },
  // It ends before what it is connected to.
  device: async ({ guard, gate: _ }, use) => {
    const device = await Device.new(guard);
    await use(device);
    await device.close();
  },
  // Somebody logged in on the device.
  owner: async ({ house, gate, device }, use) => {
    await use(async (name) => {
      await house.addUser(name);
      const page = device.context.pages()[0] ?? (await device.context.newPage());
      const person = new Someone(name, page, gate.url, true);
      await person.logIn();
      await ready(page);
      return person;
    });
  },
});

/** Until the worker is there and answers. */
async function ready(page: Page) {
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
}

type Kept = { path: string; name: string; at: number; last?: { text: string } };

/** What the device's own store holds, as the database has it; nothing where nothing is in it. */
function store(page: Page): Promise<Record<string, unknown[]>> {
  return page.evaluate(async () => {
    const all = await indexedDB.databases();
    if (!all.some(({ name }) => name === 'roomful')) return {};
    const asked = <T>(request: IDBRequest<T>) =>
      new Promise<T>((yes, no) => {
        request.onsuccess = () => yes(request.result);
        request.onerror = () => no(request.error);
      });
    const database = await asked(indexedDB.open('roomful'));
    const held: Record<string, unknown[]> = {};
    for (const name of database.objectStoreNames) {
      const all = await asked(database.transaction(name).objectStore(name).getAll());
      if (all.length > 0) held[name] = all;
    }
    database.close();
    return held;
  });
}

const kept = async (page: Page) => ((await store(page)).lines ?? []) as Kept[];

/** Until the device has kept this text as the last of a place. */
async function keeps(page: Page, path: string, text: string) {
  await expect
    .poll(async () => (await kept(page)).find((one) => one.path === path)?.last?.text, { timeout: 30_000 })
    .toBe(text);
}

/** Every address in Cache Storage, and what it holds as text. */
function cached(page: Page): Promise<{ path: string; text: string }[]> {
  return page.evaluate(async () => {
    const found = [];
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        found.push({ path: new URL(request.url).pathname, text: await (await cache.match(request))!.text() });
      }
    }
    return found;
  });
}

test('Chromium finds it installable, with all that it asks for', async ({ device, owner }) => {
  const alice = await owner('alice');
  await alice.openRoom('lobby');
  const devtools = await device.context.newCDPSession(alice.page);
  const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors');
  expect(installabilityErrors).toEqual([]);
  const { data, errors } = await devtools.send('Page.getAppManifest');
  expect(errors).toEqual([]);
  const manifest = JSON.parse(data!);
  for (const { src, sizes } of [...manifest.icons, ...manifest.screenshots]) {
    const [width, height] = await alice.page.evaluate(async (src) => {
      const picture = new Image();
      picture.src = src;
      await picture.decode();
      return [picture.naturalWidth, picture.naturalHeight];
    }, src);
    expect(`${width}x${height}`, src).toBe(sizes);
  }
  for (const { url } of manifest.shortcuts) {
    expect((await alice.page.request.get(alice.base + url)).status(), url).toBe(200);
  }
});

for (const way of ['the network is gone', 'the server is stopped', 'a proxy answers that it is gone'] as const) {
  test(`starts while ${way}, shows the room seen last, and sends once what was written`, async ({
    device, house, gate, owner, person, guard,
  }) => {
    test.setTimeout(120_000);
    guard.expectCuts();
    const alice = await owner('alice');
    const bob = await person('bob');
    await bob.openRoom('lobby');
    await bob.say('on the platform');
    await alice.openRoom('lobby');
    await alice.hears('on the platform');
    await bob.say('at the tunnel’s mouth');
    await alice.hears('at the tunnel’s mouth');
    await keeps(alice.page, '/chat/lobby/', 'at the tunnel’s mouth');

    const cut = {
      'the network is gone': () => device.context.setOffline(true),
      'the server is stopped': () => house.stop(),
      'a proxy answers that it is gone': () => void (gate.down = true),
    }[way];
    await cut();
    await alice.page.close();
    const page = await device.context.newPage();
    const again = new Someone('alice', page, gate.url, true);
    // As it is started from the first screen of a phone.
    await page.goto(`${gate.url}/chat/`);
    await expect(page.getByRole('heading', { name: 'You are offline' })).toBeVisible();
    const lobby = page.getByRole('link', { name: /lobby/ });
    await expect(lobby).toContainText('bob: at the tunnel’s mouth');
    await lobby.click();
    await again.isIn('lobby');
    await again.hears('on the platform');
    await again.hears('at the tunnel’s mouth');
    await expect(again.status).toContainText(/offline|connecting/i);
    // Who was there when it was kept may be anywhere by now.
    await expect(again.people.getByRole('heading', { name: 'People here' })).toBeVisible();
    await expect(page.getByText(/here now|\d here/i)).toHaveCount(0);
    await expect(page.locator('.place .lit, .side-lists .lit, .side-lists .present')).toHaveCount(0);
    await again.say('from the tunnel');
    await again.holds('from the tunnel');
    await again.reload();
    await again.holds('from the tunnel');

    const mend = {
      'the network is gone': () => device.context.setOffline(false),
      'the server is stopped': () => house.start(),
      'a proxy answers that it is gone': () => void (gate.down = false),
    }[way];
    await mend();
    await again.hears('from the tunnel', 60_000);
    await expect(again.people.getByRole('heading', { name: /^Here now · \d/ })).toBeVisible();
    await again.reload();
    await again.hears('from the tunnel');
    if (way === 'the server is stopped') await bob.reload();
    await bob.hears('from the tunnel', 60_000);
    const log = await (await page.request.get(`${gate.url}/api/v1/messages?to=${encodeURIComponent('#lobby')}`)).text();
    expect(log.split('from the tunnel').length - 1, log).toBe(1);
  });
}

test('a place that the program went to by itself is kept, and one that was never seen is told of', async ({
  device, owner, guard, gate,
}) => {
  guard.expectCuts();
  const alice = await owner('alice');
  await alice.enterRoom('garden');
  await alice.say('roses');
  await alice.openRoom('lobby');
  await alice.say('[hello](https://example.org), **said** ||the butler|| and _then_ ||the cook||');
  await alice.hears('said');
  await alice.joinRoom('lobby');
  await alice.goTo('garden');
  await keeps(alice.page, '/chat/garden/', 'roses');
  // What is hidden there is hidden here too.
  await keeps(alice.page, '/chat/lobby/', 'hello, said ▒▒▒');
  const latest = async () => (await kept(alice.page)).sort((a, b) => b.at - a.at).map(({ name }) => name);
  await expect.poll(latest).toEqual(['garden', 'lobby']);
  await device.context.setOffline(true);
  await expect(alice.status).toContainText(/offline/i);
  await alice.line('lobby').getByRole('link').first().click();
  await alice.isIn('lobby');
  await alice.hears('hello');
  await device.context.setOffline(false);
  await expect(alice.people.getByRole('heading', { name: /^Here now/ })).toBeVisible();
  await alice.goTo('garden');
  await expect.poll(latest).toEqual(['garden', 'lobby']);
  await device.context.setOffline(true);
  await alice.page.goto(`${gate.url}/settings`);
  await expect(alice.page.getByRole('heading', { name: 'You are offline' })).toBeVisible();
  const names = await alice.page.locator('#kept b').allInnerTexts();
  expect(names).toEqual(['garden', 'lobby']);
  await device.context.setOffline(false);
  // It comes back by itself.
  await expect(alice.page.getByRole('heading', { name: 'Settings' })).toBeVisible();
});

test('a network that is back for a moment takes nobody from where they go', async ({ device, owner, guard, gate }) => {
  guard.expectCuts();
  const alice = await owner('alice');
  await alice.openRoom('lobby');
  await alice.say('hello');
  await keeps(alice.page, '/chat/lobby/', 'hello');
  await device.context.setOffline(true);
  await alice.page.goto(`${gate.url}/chat/`);
  const lobby = alice.page.getByRole('link', { name: /lobby/ });
  await expect(lobby).toBeVisible();
  await lobby.evaluate((link: HTMLElement) => {
    link.click();
    dispatchEvent(new Event('online'));
  });
  await alice.isIn('lobby');
  await alice.hears('hello');
});

test('nothing private is in a cache, and nothing at all is left of whoever logs out', async ({ device, owner, gate, guard }) => {
  guard.expectCuts();
  // As on plain http, where no browser obeys Clear-Site-Data.
  gate.keepsSiteData = true;
  const alice = await owner('alice');
  await alice.openRoom('lobby');
  await alice.say('between us');
  await keeps(alice.page, '/chat/lobby/', 'between us');
  await alice.composer.fill('and between the lines');
  const stored = () => alice.page.evaluate(() => JSON.stringify(localStorage));
  await expect.poll(stored).toContain('between the lines');
  const before = await cached(alice.page);
  expect(before.length).toBeGreaterThan(5);
  for (const { path, text } of before) {
    expect(path).toMatch(/^(\/pkg\/|\/favicon|\/icon|\/badge|\/emoji|\/offline$)/);
    expect(text.includes('between us') || text.includes('alice'), path).toBe(false);
  }
  await alice.page.getByRole('button', { name: 'Log out' }).click();
  await expect(alice.page.getByRole('link', { name: 'Log in' }).first()).toBeVisible();
  await expect.poll(() => store(alice.page)).toEqual({});
  expect(await stored()).not.toMatch(/alice|between/);
  for (const { path, text } of await cached(alice.page)) {
    expect(text.includes('between us') || text.includes('alice'), path).toBe(false);
  }
  // "Back" shows nothing of it either.
  await device.context.setOffline(true);
  await alice.page.goto(`${gate.url}/chat/lobby/`);
  await expect(alice.page.getByText('Nothing is kept here yet')).toBeVisible();
  await expect(alice.page.getByText('between us')).toHaveCount(0);
});

test('where the browser obeys, all of its storage goes with the log-out', async ({ owner }) => {
  const alice = await owner('alice');
  await alice.openRoom('lobby');
  await alice.say('between us');
  await keeps(alice.page, '/chat/lobby/', 'between us');
  // Of these neither the worker nor the program knows.
  await alice.page.evaluate(async () => {
    localStorage.setItem('something', 'else');
    await (await caches.open('another')).put('/some', new Response('thing'));
  });
  await alice.page.getByRole('button', { name: 'Log out' }).click();
  await expect(alice.page.getByRole('link', { name: 'Log in' }).first()).toBeVisible();
  await expect.poll(() => store(alice.page)).toEqual({});
  const left = () => alice.page.evaluate(async () => [localStorage.length, await caches.has('another')]);
  await expect.poll(left).toEqual([0, false]);
});

test('a session that ended elsewhere takes along what was kept, and so does somebody else', async ({
  device, house, owner, gate, guard,
}) => {
  guard.expectCuts();
  const alice = await owner('alice');
  await alice.openRoom('lobby');
  await alice.say('only alice has seen this');
  await keeps(alice.page, '/chat/lobby/', 'only alice has seen this');
  // Her cookie goes, as when the session is over: no form was sent.
  await device.context.clearCookies();
  await alice.page.goto(`${gate.url}/chat/`);
  await expect.poll(() => store(alice.page)).toEqual({});

  await alice.logIn();
  await alice.openRoom('lobby');
  await keeps(alice.page, '/chat/lobby/', 'only alice has seen this');
  // Somebody else's session takes the place of hers, without a page in between.
  await house.addUser('bob');
  await alice.page.request.post(`${gate.url}/api/log_in`, {
    form: { name: 'bob', password: 'a lamp in the window', page: '/login' },
    headers: { Accept: 'text/html', Origin: gate.url },
    maxRedirects: 0,
  });
  await alice.page.goto(`${gate.url}/chat/`);
  await expect.poll(() => kept(alice.page)).toEqual([]);
  await device.context.setOffline(true);
  await alice.page.goto(`${gate.url}/chat/lobby/`);
  await expect(alice.page.getByRole('heading', { name: 'You are offline' })).toBeVisible();
  await expect(alice.page.getByText('only alice has seen this')).toHaveCount(0);
});

test('a newer release is offered quietly, and taken with the draft kept', async ({ device, owner, gate }) => {
  const alice = await owner('alice');
  await alice.openRoom('lobby');
  await alice.composer.fill('half a sentence');
  const bar = alice.page.locator('#newer');
  await expect(bar).toBeHidden();
  gate.renewed = true;
  await alice.page.evaluate(async () => {
    await (await navigator.serviceWorker.ready).update();
  });
  await expect(bar).toBeVisible();
  await expect(bar).toContainText('newer');
  // Never by itself.
  expect(await alice.page.evaluate(() => document.getElementById('newer')!.dataset.release)).not.toBe('another');
  await expect(alice.composer).toHaveValue('half a sentence');

  let loads = 0;
  alice.page.on('framenavigated', () => (loads += 1));
  await bar.getByRole('button', { name: 'Take it' }).click();
  await expect(alice.page.locator('#newer[data-release=another]')).toBeAttached();
  await alice.awake();
  await expect(alice.composer).toHaveValue('half a sentence');
  await expect(bar).toBeHidden();
  expect(loads).toBe(1);
  const other = await device.context.newPage();
  await other.goto(`${gate.url}/chat/lobby/`);
  await expect(other.locator('#newer')).toBeHidden();
});

test('the word of a newer release covers nothing that was pushed, and can be put away', async ({
  house, owner, visitor, gate,
}) => {
  const alice = await owner('alice');
  await house.addUser('boss', { admin: true });
  const boss = new Someone('boss', (await visitor()).page, house.url, true);
  await boss.logIn();
  await alice.openRoom('lobby');
  gate.renewed = true;
  await alice.page.evaluate(async () => {
    await (await navigator.serviceWorker.ready).update();
  });
  const bar = alice.page.locator('#newer');
  await expect(bar).toBeVisible();
  for (const viewport of [{ width: 390, height: 844 }, { width: 1440, height: 900 }]) {
    await alice.page.setViewportSize(viewport);
    const text = `the oven is free, ${viewport.width}`;
    const answer = await boss.context.request.post(`${house.url}/api/v1/push/users/alice`, {
      data: { text, stored: false },
      headers: { Origin: house.url },
    });
    expect(answer.ok(), await answer.text()).toBe(true);
    const pushed = alice.page.locator('.told .notice').filter({ hasText: text });
    await expect(pushed).toBeVisible();
    const [above, below] = [(await bar.boundingBox())!, (await pushed.boundingBox())!];
    expect(above.y + above.height).toBeLessThanOrEqual(below.y);
    await alice.fits();
    await pushed.getByRole('button', { name: 'Close' }).click();
    await expect(pushed).toHaveCount(0);
    await expect(bar).toBeVisible();
  }
  await bar.getByRole('button', { name: 'Close' }).click();
  await expect(bar).toBeHidden();
});

test('what another program shares is put where one chooses, below what is there', async ({ owner, gate }) => {
  const alice = await owner('alice');
  await alice.joinRoom('lobby');
  await alice.composer.fill('half a sentence');
  await alice.page.goto(`${gate.url}/share?title=A+page&url=${encodeURIComponent('https://example.org/a?b=c')}`);
  await expect(alice.page.getByLabel('What to say')).toHaveValue('A page\nhttps://example.org/a?b=c');
  await alice.page.getByRole('button', { name: 'lobby' }).click();
  await alice.isIn('lobby');
  await expect(alice.composer).toHaveValue('half a sentence\nA page\nhttps://example.org/a?b=c');
  // Nothing was said, and loading the page anew brings it no second time.
  await expect(alice.messages('A page')).toHaveCount(0);
  await expect(alice.page).toHaveURL(`${gate.url}/chat/lobby/`);
  await alice.reload();
  await expect(alice.composer).toHaveValue('half a sentence\nA page\nhttps://example.org/a?b=c');
});

test('sharing works without scripts, and through the log-in', async ({ house, visitor, person }) => {
  await house.addUser('alice');
  await person('bob');
  const guest = await visitor({ scripts: false });
  await guest.page.goto(`${guest.base}/share?text=${encodeURIComponent('看看这个')}`);
  await guest.page.getByLabel('Name', { exact: true }).fill('alice');
  await guest.page.getByLabel('Password', { exact: true }).fill('a lamp in the window');
  await guest.page.getByRole('button', { name: 'Log in', exact: true }).click();
  await expect(guest.page.getByLabel('What to say')).toHaveValue('看看这个');
  await guest.page.getByRole('searchbox').fill('bo');
  await guest.page.getByRole('button', { name: 'Find', exact: true }).click();
  await guest.page.getByRole('button', { name: 'bob' }).click();
  await guest.isIn('bob');
  await expect(guest.composer).toHaveValue('看看这个');
  await expect(guest.messages('看看这个')).toHaveCount(0);
});

/** Hands the worker what a push service would. */
async function pushes({ context, page }: Person, origin: string) {
  const devtools = await context.newCDPSession(page);
  const registered = new Promise<string>((done) => {
    devtools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const [one] = registrations.filter(({ isDeleted }) => !isDeleted);
      if (one) done(one.registrationId);
    });
  });
  await devtools.send('ServiceWorker.enable');
  const registrationId = await registered;
  return (message: object) =>
    devtools.send('ServiceWorker.deliverPushMessage', { origin, registrationId, data: JSON.stringify(message) });
}

test('a push is shown once for each conversation, and not where it is open and visible', async ({ device, owner, gate }) => {
  await device.context.grantPermissions(['notifications'], { origin: gate.url });
  const alice = await owner('alice');
  await alice.openRoom('lobby');
  const push = await pushes(alice, gate.url);
  const shown = () =>
    alice.page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready;
      return (await registration.getNotifications()).map(({ title, body, tag }) => ({ title, body, tag }));
    });
  const garden = { title: 'bob in garden', tag: '#garden', url: '/chat/garden/', badge: 1, at: Date.now() };
  await push({ ...garden, body: 'one' });
  await expect.poll(shown).toEqual([{ title: 'bob in garden', body: 'one', tag: '#garden' }]);
  await push({ ...garden, body: 'two' });
  await expect.poll(shown).toEqual([{ title: 'bob in garden', body: 'two', tag: '#garden' }]);
  await alice.page.bringToFront();
  await push({ title: 'bob in lobby', body: 'here', tag: '#lobby', url: '/chat/lobby/', at: Date.now() });
  await push({ ...garden, body: 'three' });
  await expect.poll(shown).toEqual([{ title: 'bob in garden', body: 'three', tag: '#garden' }]);
  // Where it is read, it is shown no more.
  await alice.enterRoom('garden');
  await expect.poll(shown).toEqual([]);
});

test('a push makes the bell true where no connection does', async ({ device, owner, person, gate }) => {
  await device.context.grantPermissions(['notifications'], { origin: gate.url });
  const alice = await owner('alice');
  await alice.visit('/chat/');
  const push = await pushes(alice, gate.url);
  const bob = await person('bob');
  await bob.post('#lobby', '@alice the oven is free');
  await alice.bellSays(0);
  await push({ title: 'bob in lobby', body: 'the oven is free', tag: '#lobby', url: '/chat/lobby/', badge: 1, at: Date.now() });
  await alice.bellSays(1);
});

test('a click on a push goes to what it is about, in the page that is open', async ({ device, owner, gate }) => {
  await device.context.grantPermissions(['notifications'], { origin: gate.url });
  const alice = await owner('alice');
  await alice.enterRoom('garden');
  await alice.say('roses');
  await alice.openRoom('lobby');
  await alice.joinRoom('lobby');
  await alice.composer.fill('half a sentence');
  const push = await pushes(alice, gate.url);
  await push({ title: 'bob in garden', body: 'tulips', tag: '#garden', url: '/chat/garden/', at: Date.now() });
  const [worker] = device.context.serviceWorkers();
  // No test can click outside of the page: the worker is told what the browser would tell it.
  const click = () =>
    worker.evaluate(async () => {
      const scope = self as unknown as ServiceWorkerGlobalScope;
      const [notification] = await scope.registration.getNotifications();
      if (!notification) return false;
      const event = new NotificationEvent('notificationclick', { notification });
      const works: Promise<unknown>[] = [];
      event.waitUntil = (work: Promise<unknown>) => void works.push(work);
      scope.dispatchEvent(event);
      await Promise.all(works);
      return (await scope.registration.getNotifications()).length === 0;
    });
  await expect.poll(click).toBe(true);
  await alice.isIn('garden');
  await alice.hears('roses');
  // It is the same page still: nothing was loaded anew, and nothing typed is gone.
  await alice.goTo('lobby');
  await expect(alice.composer).toHaveValue('half a sentence');
  expect(device.context.pages().length).toBe(1);
});

test.describe('where the push service is this machine', () => {
  test.use({ settings: { ROOMFUL_REACHABLE: '127.0.0.0/8' } });

  test('a device keeps its place on the list when its push service gives it another address', async ({ device, owner }) => {
    const service = await Service.open();
    const alice = await owner('alice');
    await alice.visit('/devices');
    const pair = createECDH('prime256v1');
    const keys = { p256dh: pair.generateKeys('base64url'), auth: randomBytes(16).toString('base64url') };
    const [first, second] = ['first', 'second'].map((name) => `${service.url}/${name}`);
    const subscribed = await alice.page.evaluate(
      async (body) => (await fetch('/api/subscribe_device', { method: 'POST', body: new URLSearchParams(body) })).status,
      { endpoint: first, ...keys },
    );
    expect(subscribed).toBe(200);
    await alice.reload();
    const line = alice.page.getByRole('listitem').filter({ hasText: 'this one' });
    await alice.press(line.getByRole('button', { name: 'Send a test' }));
    await expect.poll(() => service.came).toEqual(['/first']);

    const [worker] = device.context.serviceWorkers();
    await worker.evaluate(
      async ({ first, second, keys }) => {
        const changed = Object.assign(new Event('pushsubscriptionchange'), {
          oldSubscription: { endpoint: first, options: {} },
          newSubscription: { endpoint: second, toJSON: () => ({ endpoint: second, keys }) },
        });
        const works: Promise<unknown>[] = [];
        Object.assign(changed, { waitUntil: (work: Promise<unknown>) => void works.push(work) });
        dispatchEvent(changed);
        await Promise.all(works);
      },
      { first, second, keys },
    );
    await alice.reload();
    await expect(alice.page.getByRole('listitem')).toHaveCount(1);
    await alice.press(line.getByRole('button', { name: 'Send a test' }));
    await expect.poll(() => service.came).toEqual(['/first', '/second']);
    await service.close();
  });
});
