// Images and files: picked, pasted, dropped; shown without a jump; refused with a reason.
import { deflateSync } from 'node:zlib';
import { expect, test } from '../support/test.ts';

/** A PNG of one colour. */
function png(width: number, height: number): Buffer {
  const table = Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c >>> 0;
  });
  const crc = (bytes: Buffer) =>
    (bytes.reduce((sum, byte) => table[(sum ^ byte) & 255] ^ (sum >>> 8), 0xffffffff) ^ 0xffffffff) >>> 0;
  const chunk = (kind: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(kind), data]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc(body));
    return Buffer.concat([length, body, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(width * 3, 0x7f)]);
  const pixels = deflateSync(Buffer.concat(Array.from({ length: height }, () => row)));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', head), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]);
}

const picture = (name = 'view.png') => ({ name, mimeType: 'image/png', buffer: png(800, 600) });

test('a picture is picked, goes with the message, and opens in full', async ({ person }) => {
  const [alice, bob] = [await person('alice'), await person('bob')];
  await alice.openRoom('lobby');
  await bob.openRoom('lobby');
  await alice.page.getByLabel('Attach files').setInputFiles([
    picture(),
    { name: 'notes.txt', mimeType: 'text/html', buffer: Buffer.from('words') },
  ]);
  const waiting = alice.page.getByRole('list', { name: 'Files that go with your message' });
  await expect(waiting.getByRole('listitem')).toHaveCount(2);
  await alice.composer.fill('look at this');
  await alice.composer.press('Enter');
  await expect(waiting).toBeHidden();
  for (const who of [alice, bob]) {
    const message = who.messages('look at this');
    const shown = message.getByRole('img', { name: 'view.png' });
    await expect(shown).toBeVisible();
    await expect.poll(() => shown.evaluate((it: HTMLImageElement) => it.naturalWidth)).toBe(640);
    expect(await shown.boundingBox()).toMatchObject({ width: 320, height: 240 });
    await expect(message.getByRole('link', { name: /notes.txt.*TXT · 1 KB/ })).toBeVisible();
  }
  const opened = bob.context.waitForEvent('page');
  await bob.messages('look at this').getByRole('img').click();
  const whole = (await opened).locator('img');
  await expect.poll(() => whole.evaluate((it: HTMLImageElement) => it.naturalWidth)).toBe(800);
  // As the server renders it, and as the program wakes it.
  await bob.reload();
  await expect(bob.messages('look at this').getByRole('img')).toBeVisible();
});

test('pictures that load move nothing', async ({ person }) => {
  const alice = await person('alice');
  await alice.openRoom('lobby');
  await alice.page.route('**/files/**', async (route) => {
    await new Promise((done) => setTimeout(done, 700));
    await route.continue();
  });
  await alice.page.getByLabel('Attach files').setInputFiles(picture());
  await alice.composer.press('Enter');
  const shown = alice.log.getByRole('img', { name: 'view.png' });
  await expect(shown).toBeVisible();
  const before = await shown.boundingBox();
  expect(await shown.evaluate((it: HTMLImageElement) => it.complete)).toBe(false);
  await expect.poll(() => shown.evaluate((it: HTMLImageElement) => it.naturalWidth)).toBe(640);
  expect(await shown.boundingBox()).toEqual(before);
});

test('pasted and dropped files go the same way', async ({ person }) => {
  const alice = await person('alice');
  await alice.openRoom('lobby');
  const bytes = [...png(30, 20)];
  await alice.composer.focus();
  for (const kind of ['paste', 'drop']) {
    await alice.composer.evaluate(
      (box, { bytes, kind }) => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(bytes)], `${kind}.png`, { type: 'image/png' }));
        const event =
          kind === 'paste'
            ? new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })
            : new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true });
        box.dispatchEvent(event);
      },
      { bytes, kind },
    );
    const waiting = alice.page.getByRole('list', { name: 'Files that go with your message' });
    await expect(waiting.getByRole('listitem')).toContainText(`${kind}.png`);
    await alice.composer.press('Enter');
    await expect(alice.log.getByRole('img', { name: `${kind}.png` })).toBeVisible();
  }
});

test.describe('with a small limit', () => {
  test.use({ settings: { ROOMFUL_FILE_LIMIT: '50000' } });

  test('a file that is refused says why, and can be removed', async ({ person }) => {
    const alice = await person('alice');
    await alice.openRoom('lobby');
    const field = alice.page.getByLabel('Attach files');
    await field.setInputFiles({ name: 'big.bin', mimeType: '', buffer: Buffer.alloc(60_000) });
    await expect(alice.page.getByRole('alert').filter({ hasText: 'too large' })).toBeVisible();
    await alice.composer.fill('with it?');
    await alice.composer.press('Enter');
    await expect(alice.composer).toHaveValue('with it?');
    await alice.page.getByRole('button', { name: 'Remove big.bin' }).click();
    await alice.composer.press('Enter');
    await alice.hears('with it?');
  });
});

test('a message said before its files are there keeps its place', async ({ person }) => {
  const alice = await person('alice');
  await alice.openRoom('lobby');
  let letGo = () => {};
  const held = new Promise<void>((done) => (letGo = done));
  await alice.page.route('**/api/v1/files**', async (route) => {
    await held;
    await route.continue();
  });
  await alice.page.getByLabel('Attach files').setInputFiles(picture());
  await alice.composer.fill('first');
  await alice.composer.press('Enter');
  await alice.composer.fill('second');
  await alice.composer.press('Enter');
  await expect(alice.messages('first')).toContainText('Its files are on their way');
  letGo();
  await expect(alice.messages('first').getByRole('img')).toBeVisible();
  await expect(alice.log.locator('article.msg.pending')).toHaveCount(0);
  await expect(alice.log.locator('article.msg').first()).toContainText('first');
  await alice.reload();
  await expect(alice.log.locator('article.msg').first()).toContainText('first');
});

test('without a script the form carries the file', async ({ person }) => {
  const alice = await person('alice', { scripts: false });
  await alice.openRoom('lobby');
  await alice.page.locator('input[name=file]').setInputFiles(picture());
  await alice.composer.fill('by a plain form');
  await alice.sendButton.click();
  await expect(alice.messages('by a plain form').getByRole('img', { name: 'view.png' })).toBeVisible();
});

test('a picture beside my name', async ({ person }) => {
  const [alice, bob] = [await person('alice'), await person('bob')];
  await alice.openRoom('lobby');
  await alice.say('hello');
  await alice.visit('/account');
  await alice.page.getByLabel('A picture').setInputFiles(picture());
  await alice.page.getByRole('button', { name: 'Show this picture' }).click();
  await expect(alice.page.getByRole('button', { name: 'Remove it' })).toBeVisible();
  await bob.openRoom('lobby');
  const face = bob.messages('hello').locator('.face img');
  await expect.poll(() => face.evaluate((it: HTMLImageElement) => it.naturalWidth)).toBe(128);
  await alice.page.getByRole('button', { name: 'Remove it' }).click();
  await expect(alice.page.getByRole('button', { name: 'Remove it' })).toBeHidden();
  await bob.reload();
  await expect(face).toHaveCount(0);
  await expect(bob.messages('hello').locator('.face')).toHaveText('A');
});
