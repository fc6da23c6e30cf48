// The pictures of docs/screens: every page, light and dark, on a desk and on a phone. Not tests: they
// are looked at.
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Page } from '@playwright/test';
import { House } from '../tools/house.mjs';
import { Person } from './support/person.ts';
import { expect, test } from './support/test.ts';

const FOLDER = '../docs/screens';
/** Of a hundred: letters stay sharp, and a picture takes some 30 KB. */
const QUALITY = 80;

const DESK = { name: 'desk', viewport: { width: 1440, height: 900 } };
const TABLET = { name: 'tablet', viewport: { width: 820, height: 1180 } };
const PHONE = { name: 'phone', viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
type Device = typeof DESK & { isMobile?: boolean };

const made = new Set<string>();

/** Where nobody has an account yet. */
const empty = new House();
test.afterEach(() => empty.close());

/** What the page shows now, in both themes. */
async function picture(page: Page, device: Device, name: string) {
  const wire = await page.context().newCDPSession(page);
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    const { data } = await wire.send('Page.captureScreenshot', { format: 'webp', quality: QUALITY });
    const file = join(device.name, `${name}${theme === 'dark' ? '-dark' : ''}.webp`);
    await mkdir(join(FOLDER, dirname(file)), { recursive: true });
    await writeFile(join(FOLDER, file), Buffer.from(data, 'base64'));
    made.add(file);
  }
  await wire.detach();
}

/** The house at dusk, as somebody would photograph it. */
async function photograph(page: Page): Promise<Buffer> {
  const url = await page.evaluate(() => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 800, height: 330 });
    const on = canvas.getContext('2d')!;
    const sky = on.createLinearGradient(0, 0, 0, 330);
    for (const [at, colour] of ['#1d2440', '#5a4468', '#d98a5b'].entries()) sky.addColorStop(at / 2, colour);
    on.fillStyle = sky;
    on.fillRect(0, 0, 800, 330);
    on.fillStyle = '#12141c';
    on.fillRect(0, 290, 800, 40);
    on.fillRect(290, 120, 220, 180);
    on.beginPath();
    on.moveTo(265, 125);
    on.lineTo(400, 40);
    on.lineTo(535, 125);
    on.fill();
    for (let pane = 0; pane < 6; pane++) {
      on.fillStyle = pane % 2 ? '#f5b04c' : '#2a2f3b';
      on.fillRect(315 + (pane % 3) * 64, 142 + Math.floor(pane / 3) * 66, 42, 46);
    }
    return canvas.toDataURL('image/jpeg', 0.9);
  });
  return Buffer.from(url.split(',')[1], 'base64');
}

/** A message's menu, by the mouse. */
async function menuOf(who: Person, text: string) {
  await who.messages(text).hover();
  await who.page.getByRole('button', { name: 'More', exact: true }).click();
}

async function choose(who: Person, text: string, what: string) {
  await menuOf(who, text);
  await who.page.getByRole('menuitem', { name: what, exact: true }).click();
}

async function react(who: Person, text: string, emoji: string) {
  await who.messages(text).hover();
  await who.page.getByRole('group').getByRole('button', { name: `React with ${emoji}` }).click();
  await expect(who.messages(text).getByRole('button', { name: `reacted with ${emoji}` })).toBeVisible();
}

/** A page in the panel, whatever leads there. */
async function openPanel({ page }: Person, address: string, heading: RegExp | string) {
  await page.mouse.move(0, 0);
  await page.evaluate((address) => {
    const link = Object.assign(document.createElement('a'), { href: address });
    link.dataset.panel = '';
    document.querySelector('#house')!.append(link);
    link.click();
    link.remove();
  }, address);
  await expect(page.getByRole('dialog').getByRole('heading', { level: 1, name: heading })).toBeVisible();
}

async function closePanel({ page }: Person) {
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
}

test('an ordinary evening', async ({ house, person, visitor, guard }) => {
  test.setTimeout(900_000);
  guard.expectCuts();

  await empty.start();
  const setUp = await empty.setUpLink();

  await house.addUser('mira', { admin: true });
  const devices = new Map<Device, Person>();
  for (const device of [DESK, TABLET, PHONE]) {
    const { name: _, ...how } = device;
    const { page, base } = await visitor(how);
    const mira = new Person('mira', page, base, true);
    await mira.logIn();
    devices.set(device, mira);
  }
  const mira = devices.get(DESK)!;
  const names = ['wen', 'noor', 'jo', 'sam', '小林'] as const;
  const people = {} as Record<(typeof names)[number], Person>;
  for (const name of names) people[name] = await person(name, { viewport: DESK.viewport });
  const { wen, noor, jo, sam } = people;
  const lin = people['小林'];

  // What happened before this evening.
  const rooms: [string, Person, string][] = [
    ['book club', noor, 'chapter nine for next week'],
    ['garden', jo, 'photo of the tomatoes 🍅'],
    ['release 2.4', wen, 'tagging now, watch the graph'],
    ['中文 聊天室', lin, '周六的活动还有两个名额，想来的朋友请在这里说一声'],
    ['café', sam, 'anyone up for a walk at noon?'],
  ];
  for (const [room, author, text] of rooms) {
    await mira.enterRoom(room);
    await author.post(`#${room}`, text);
  }
  await mira.enterRoom('a quiet corner');
  await noor.post('#book club', '@mira do you have the second volume?');
  await noor.post('@mira', 'see you at half past seven?');
  for (const [who, room] of [[lin, '中文 聊天室'], [jo, 'garden']] as const) await who.openRoom(room);
  for (const who of [mira, wen, noor, sam]) await who.joinRoom('lobby');
  const topic = { to: '#lobby', text: 'Workshop, walks and whatever the day brings', page: '/chat/lobby/about' };
  const send = (verb: string, form: Record<string, string>) =>
    mira.context.request.post(`${house.url}/api/${verb}`, {
      form,
      headers: { Accept: 'text/html', Origin: house.url },
      maxRedirects: 0,
    });
  await send('set_topic', topic);
  await send('make_incoming_hook', { room: 'lobby', name: 'builds' });
  await send('make_outgoing_hook', { room: 'lobby', url: 'https://example.org/heard', word: '' });
  await send('make_token', { user: 'mira', name: 'builds', read: 'on', push: 'on', expires: '' });

  // The evening itself.
  await wen.say('the laser cutter is free again after four');
  await wen.say('someone left acrylic in it, please check the bed before you start');
  await sam.say('These are the settings that worked:\n```toml\n[walnut]\nspeed = 18  # mm/s\npower = 62  # %\n```');
  await sam.say('and the acrylic was me, sorry. Cleaned it; the focus is back to 6 mm.');
  await noor.hears('Cleaned it');
  await react(noor, 'Cleaned it', '👍');
  await react(wen, 'Cleaned it', '👍');
  await react(mira, 'Cleaned it', '🎉');
  await choose(noor, 'the laser cutter is free', 'Reply');
  await noor.say('taking it from half past five; @mira, then it is yours');
  await noor.page.getByLabel('Attach files').setInputFiles([
    { name: 'dusk.jpg', mimeType: 'image/jpeg', buffer: await photograph(noor.page) },
    { name: 'walnut lamp, second try.svg.zip', mimeType: 'application/zip', buffer: Buffer.alloc(48_200, 7) },
  ]);
  await noor.say('the lamp as it will stand, and the drawing. *Thanks* for https://example.org/walnut');
  await expect(mira.messages('the lamp as it will').getByRole('img')).toBeVisible();
  await wen.hears('the lamp as it will');
  await wen.say('/me makes tea for whoever is still here');
  await lin.openRoom('lobby');
  await lin.say('周六的活动还有两个名额，谁要一起来？我们下午两点在车站见面，然后一起走到湖边，大概四十分钟。');
  await sam.say('I am in! What do I bringe?');
  await sam.hears('bringe');
  await choose(sam, 'bringe', 'Edit');
  await sam.composer.fill('I am in! What do I bring?');
  await sam.composer.press('Enter');
  await expect(mira.messages('I am in')).toContainText('(edited)');
  const id = await mira.messages('I am in').getAttribute('id');

  const latest: [Person, string][] = [
    [wen, 'the workshop is open until eight, then I lock up'],
    [noor, 'I leave the key with wen'],
    [lin, '带上好心情就行 😄'],
  ];
  for (const [device, me] of devices) {
    const { page } = me;
    const touch = device.isMobile;
    const shot = (name: string) => picture(page, device, name);
    // Something new, said while nobody called mira looks at the lobby.
    await me.visit('/chat/');
    await mira.openRoom('a quiet corner');
    const [author, text] = latest.shift()!;
    await author.say(text);
    await expect(mira.page.locator('a[href="/chat/lobby/"]').filter({ hasText: 'unread' })).not.toHaveCount(0);
    await me.openRoom('lobby');
    await expect(page.getByText('New', { exact: true })).toBeVisible();
    await expect(me.messages('the lamp as it will').getByRole('img')).toBeVisible();
    await page.mouse.move(0, 0);
    await shot('room');
    await me.visit('/chat/');
    await shot('index');

    if (device !== TABLET) {
      await me.openTalk('noor');
      await expect(me.side.getByRole('link', { name: /noor.*unread/ })).toHaveCount(0);
      await shot('talk');

      await me.openRoom('lobby');
      const message = me.messages('I am in');
      if (touch) {
        await message.locator('.body').tap();
        await page.getByRole('button', { name: 'More', exact: true }).tap();
      } else {
        await menuOf(me, 'I am in');
      }
      await expect(page.getByRole('menuitem', { name: 'Reply' })).toBeVisible();
      await shot('menu');
      await page.getByRole('menuitem', { name: 'Reply' }).click();
      await me.composer.pressSequentially('bring a jumper :lea');
      await expect(page.getByRole('listbox')).toBeVisible();
      await shot('completion');
      await page.keyboard.press('Escape');
      await page.keyboard.press('Escape');
      await me.composer.fill('');

      if (touch) {
        await page.getByRole('button', { name: 'Rooms', exact: true }).tap();
        await shot('drawer');
        await page.keyboard.press('Escape');
      }
      const panels: [string, string, RegExp | string][] = [
        ['about', '/chat/lobby/about', 'lobby'],
        ['person', '/people/noor?room=lobby', 'noor'],
        ['people', '/people', 'People'],
        ['notifications', '/notifications/', 'Notifications'],
        ['search', `/search?q=${encodeURIComponent('活动')}`, /./],
        ['webhooks', '/chat/lobby/webhooks', 'Webhooks of lobby'],
        ['account', '/account', 'Your account'],
        ['devices', '/devices', 'Notifications on your devices'],
        ['settings', '/settings', 'Settings'],
        ['help', '/help', 'Shortcuts'],
        ['jump', '/jump', /./],
        ['house', '/house', 'The house'],
        ['tokens', '/house/tokens', 'The house'],
        ['new-room', '/rooms/new', 'Make a room'],
        ['edits', `/chat/lobby/edits/${id?.replace(/^m-?/, '')}`, 'How it read before'],
      ];
      for (const [name, address, heading] of panels) {
        await openPanel(me, address, heading);
        await shot(name);
        if (name === 'tokens') {
          await page.getByRole('dialog').getByText('Make a token', { exact: true }).first().click();
          await shot('token-form');
        }
        await closePanel(me);
      }

      await me.openRoom('a quiet corner');
      await shot('empty');
      await me.visit('/share?text=the+beans+are+in&url=https%3A%2F%2Fexample.org%2Fbeans');
      await shot('share');
      await me.visit('/api/v1/docs');
      await shot('api');
      await me.visit('/chat/the attic/');
      await shot('missing');
      await me.openRoom('garden');
      const bed = `the ${touch ? 'third' : 'second'} bed is ready for beans`;
      await me.context.setOffline(true);
      await expect(me.status.filter({ hasText: 'offline' })).toBeVisible({ timeout: 40_000 });
      await me.composer.fill(bed);
      await me.sendButton.click();
      await me.holds(bed);
      await shot('offline');
      await me.composer.fill('');
      await me.context.setOffline(false);
      await me.hears(bed, 40_000);

      const { name: _, ...how } = device;
      const guest = await visitor(how);
      for (const name of ['login', 'signup']) {
        await guest.visit(`/${name}`);
        await picture(guest.page, device, name);
      }
      await guest.page.goto(setUp);
      await picture(guest.page, device, 'setup');

      await me.context.addCookies([{ name: 'lang', value: 'zh', url: house.url }]);
      await me.openRoom('lobby');
      await shot('room-zh');
      await me.visit('/chat/');
      await shot('index-zh');
      await me.context.clearCookies({ name: 'lang' });
    }
  }

  // What is not made any more goes.
  for (const file of await readdir(FOLDER, { recursive: true, withFileTypes: true })) {
    const path = join(file.parentPath, file.name);
    if (file.isFile() && !made.has(path.slice(FOLDER.length + 1))) await rm(path);
  }
});
