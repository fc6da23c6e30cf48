// Turning notifications on in a browser: by a click, never on load; listed, tested and removed. Chromium
// cannot reach its push service here, so the browser's part is played; the house's part is real.
import { createECDH, randomBytes } from 'node:crypto';
import { faults } from '../../support/axe.ts';
import { Service } from '../../support/push-service.ts';
import { expect, test as base, type Person } from '../../support/test.ts';

const test = base.extend<{ service: Service }>({
  settings: [{ ROOMFUL_REACHABLE: '127.0.0.0/8' }, { option: true }],
  service: async ({}, use) => {
    const service = await Service.open();
    await use(service);
    await service.close();
  },
});

type Played = { asked: number; key: number[]; on: boolean; answer: NotificationPermission };

/** Plays what the browser does when it is asked, from the next page on. */
async function play(who: Person, service: Service, answer: NotificationPermission = 'granted', at = who.name) {
  const pair = createECDH('prime256v1');
  const keys = { p256dh: pair.generateKeys('base64url'), auth: randomBytes(16).toString('base64url') };
  const endpoint = `${service.url}/for/${at}`;
  await who.context.addInitScript(
    ({ endpoint, keys, answer }) => {
      const played: Played = { asked: 0, key: [], on: false, answer };
      const subscription = {
        endpoint,
        toJSON: () => ({ endpoint, expirationTime: null, keys }),
        unsubscribe: async () => !(played.on = false),
      };
      Object.defineProperty(Notification, 'permission', { configurable: true, get: () => answer });
      Notification.requestPermission = async () => {
        played.asked += 1;
        return played.answer;
      };
      PushManager.prototype.subscribe = async (options) => {
        played.key = [...new Uint8Array(options!.applicationServerKey as ArrayBuffer)];
        played.on = true;
        return subscription as unknown as PushSubscription;
      };
      PushManager.prototype.getSubscription = async () =>
        played.on ? (subscription as unknown as PushSubscription) : null;
      Object.assign(window, { played });
    },
    { endpoint, keys, answer },
  );
}

const played = (who: Person) => who.page.evaluate(() => (window as unknown as { played: Played }).played);

test('Push is asked for on a click, never on load', async ({ person, service }) => {
  const alice = await person('alice');
  await play(alice, service);
  await alice.openRoom('lobby');
  await alice.visit('/devices');
  const turnOn = alice.page.getByRole('button', { name: 'Turn on for this device' });
  await expect(turnOn).toBeVisible();
  expect((await played(alice)).asked).toBe(0);
  expect(await faults(alice)).toEqual([]);

  await alice.press(turnOn);
  const line = alice.page.getByRole('listitem').filter({ hasText: 'this one' });
  await expect(line).toContainText(/Chrome on/);
  await expect(alice.page.getByText('They are on for this device.')).toBeVisible();
  await expect(turnOn).toHaveCount(0);
  expect(await faults(alice)).toEqual([]);

  await alice.press(line.getByRole('button', { name: 'Send a test' }));
  await expect(alice.page.getByRole('status').filter({ hasText: 'has taken the test' })).toBeVisible();
  expect(service.came).toEqual(['/for/alice']);

  await alice.press(line.getByRole('button', { name: 'Remove' }));
  await expect(alice.page.getByRole('listitem')).toHaveCount(0);
  await alice.press(turnOn);
  service.status = 410;
  await alice.press(line.getByRole('button', { name: 'Send a test' }));
  await expect(alice.page.getByRole('alert')).toContainText('taken off the list');
  await expect(alice.page.getByRole('listitem')).toHaveCount(0);
  await expect(turnOn).toBeVisible();
});

test('Push is asked for on a click, never on load — in a panel, with the key of the house', async ({ person, service }) => {
  const alice = await person('alice');
  await play(alice, service);
  await alice.openRoom('lobby');
  await alice.showRooms();
  await alice.press(alice.side.getByRole('link', { name: 'alice' }));
  await alice.press(alice.panel.getByRole('link', { name: 'Your devices' }));
  const turnOn = alice.panel.getByRole('button', { name: 'Turn on for this device' });
  await expect(turnOn).toBeVisible();
  const key = await alice.panel.locator('[data-push-on]').getAttribute('data-push-on');
  await alice.press(turnOn);
  await expect(alice.panel.getByRole('listitem')).toContainText('this one');
  const seen = await played(alice);
  expect(Buffer.from(seen.key).toString('base64url')).toBe(key);
  expect([seen.asked, seen.key.length, seen.on]).toEqual([1, 65, true]);
  expect(await faults(alice)).toEqual([]);

  // What is said to her while the page is before her is not sent there: Dora, who looks at nothing, is told
  // of what is said to her after that.
  const dora = await person('dora');
  await play(dora, service);
  await dora.visit('/devices');
  await dora.press(dora.page.getByRole('button', { name: 'Turn on for this device' }));
  await expect(dora.page.getByText('They are on for this device.')).toBeVisible();
  await dora.page.goto('about:blank');
  const bob = await person('bob');
  await bob.openRoom('lobby');
  await bob.post('@alice', 'you see it');
  await expect(alice.page).toHaveTitle(/^\(1\) /);
  await bob.post('@dora', 'you do not');
  await expect.poll(() => service.came).toEqual(['/for/dora']);

  await alice.press(alice.panel.getByRole('button', { name: 'Remove' }));
  await expect(turnOn).toBeVisible();
  await expect.poll(async () => (await played(alice)).on).toBe(false);
});

test('a browser that got another address, and could not say so, says so with the next page', async ({ person, service }) => {
  const alice = await person('alice');
  await play(alice, service);
  await alice.visit('/devices');
  await alice.press(alice.page.getByRole('button', { name: 'Turn on for this device' }));
  await expect(alice.page.getByText('They are on for this device.')).toBeVisible();
  // Neither does it know any more which one it had.
  await play(alice, service, 'granted', 'alice-again');
  const said = alice.page.waitForResponse((answer) => answer.url().endsWith('/api/subscribe_device'));
  await alice.openRoom('lobby');
  expect((await said).status()).toBe(200);
  expect((await played(alice)).asked, 'nobody is asked anything').toBe(0);
  await alice.visit('/devices');
  const line = alice.page.getByRole('listitem');
  await expect(line).toHaveCount(1);
  await alice.press(line.getByRole('button', { name: 'Send a test' }));
  await expect.poll(() => service.came).toEqual(['/for/alice-again']);
});

test('whoever does not allow it is told how', async ({ person, service }) => {
  const alice = await person('alice');
  await play(alice, service, 'denied');
  await alice.visit('/devices');
  const turnOn = alice.page.getByRole('button', { name: 'Turn on for this device' });
  await alice.press(turnOn);
  await expect(alice.page.getByRole('status').filter({ hasText: 'Allow notifications' })).toBeVisible();
  await expect(alice.page.getByRole('listitem')).toHaveCount(0);
  expect(await faults(alice)).toEqual([]);
});

test('without a script the page says that it takes one, and blames nothing else', async ({ person }) => {
  const alice = await person('alice', { scripts: false });
  await alice.visit('/devices');
  await expect(alice.page.getByText('allow this page to run scripts')).toBeVisible();
  await expect(alice.page.getByText('This browser cannot be told of anything from here.')).toBeHidden();
  await expect(alice.page.getByRole('button', { name: 'Turn on for this device' })).toBeHidden();
});
