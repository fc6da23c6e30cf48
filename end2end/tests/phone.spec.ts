// One column, drawers, thumbs.
import { expect, test } from '../support/test.ts';

test('a room on a phone', async ({ person }) => {
  const alice = await person('alice');
  const bob = await person('bob');
  await bob.enterRoom('garden');
  await bob.openRoom('lobby');
  await alice.joinRoom('garden');
  await alice.openRoom('lobby');
  await bob.say('a word that is longerthananylineofaphonecanpossiblybebecausepeoplepasteaddresses'.repeat(2));
  await alice.hears('longerthananyline');
  const width = await alice.page.evaluate(() => document.documentElement.scrollWidth);
  expect(width).toBeLessThanOrEqual(390);
  await expect(alice.composer).toBeInViewport({ ratio: 1 });
  await expect(alice.sendButton).toBeInViewport({ ratio: 1 });

  // Enter breaks the line here; the button sends.
  await alice.composer.tap();
  await alice.composer.pressSequentially('first');
  await alice.composer.press('Enter');
  await alice.composer.pressSequentially('second');
  await expect(alice.composer).toHaveValue('first\nsecond');
  await alice.sendButton.tap();
  await bob.hears('second');

  await expect(alice.people).not.toBeInViewport();
  await alice.page.getByRole('button', { name: 'People', exact: true }).tap();
  await expect(alice.people).toBeInViewport();
  await alice.seesHere('alice', 'bob');
  await alice.page.touchscreen.tap(10, 420);
  await expect(alice.people).not.toBeInViewport();

  await expect(alice.side).not.toBeInViewport();
  await alice.page.getByRole('button', { name: 'Rooms', exact: true }).tap();
  await expect(alice.side).toBeInViewport();
  await alice.side.getByRole('link', { name: 'garden' }).tap();
  await alice.isIn('garden');
  await expect(alice.side).not.toBeInViewport();
});

test('the index, the forms and what can be pressed on a phone', async ({ person, visitor }) => {
  const guest = await visitor();
  const alice = await person('alice');
  for (const [who, paths] of [
    [guest, ['/chat/', '/login', '/signup', '/chat/lobby/', '/chat/nowhere/']],
    [alice, ['/chat/', '/chat/lobby/', '/account']],
  ] as const) {
    for (const path of paths) {
      await who.visit(path);
      expect(await who.page.evaluate(() => document.documentElement.scrollWidth), path).toBeLessThanOrEqual(390);
      for (const button of await who.page.getByRole('button').all()) {
        if (!(await button.isVisible())) continue;
        const box = await button.boundingBox();
        expect(Math.min(box?.width ?? 0, box?.height ?? 0), `${path} ${await button.textContent()}`).toBeGreaterThanOrEqual(24);
      }
    }
  }
});

test('a message’s menu is a sheet: by the button on the row that was tapped, or by a long press', async ({ person }) => {
  const alice = await person('alice');
  const bob = await person('bob');
  await alice.openRoom('lobby');
  await bob.openRoom('lobby');
  await bob.say('under the thumb');
  await alice.hears('under the thumb');
  const more = alice.page.getByRole('button', { name: 'More', exact: true });
  const sheet = alice.page.getByRole('dialog', { name: 'What to do with this message' });
  await alice.messages('under the thumb').tap();
  const size = await more.boundingBox();
  expect(Math.min(size!.width, size!.height)).toBeGreaterThanOrEqual(44);
  await more.tap();
  await expect(sheet).toBeInViewport({ ratio: 1 });
  const box = await sheet.boundingBox();
  expect([box!.x, Math.round(box!.width), Math.round(box!.y + box!.height)]).toEqual([0, 390, 844]);
  await sheet.getByRole('button', { name: 'React with 🎉' }).tap();
  await expect(sheet).toBeHidden();
  await expect(bob.messages('under the thumb')).toContainText('🎉');

  const row = (await alice.messages('under the thumb').boundingBox())!;
  const touch = await alice.context.newCDPSession(alice.page);
  const at = { x: row.x + 80, y: row.y + row.height / 2 };
  await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [at] });
  await expect(sheet).toBeVisible();
  await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  await expect(sheet, 'it stays when the finger goes').toBeVisible();
});

test('who reacted is said in the menu, which a finger that rests on the reaction opens', async ({ person }) => {
  const alice = await person('alice');
  const bob = await person('bob');
  await alice.openRoom('lobby');
  await bob.openRoom('lobby');
  await alice.say('cake in the kitchen');
  await bob.hears('cake in the kitchen');
  await bob.react('cake in the kitchen', '🎉');
  const chip = alice.chip('cake in the kitchen', 'bob', '🎉');
  await expect(chip).toBeVisible();
  const box = (await chip.boundingBox())!;
  const touch = await alice.context.newCDPSession(alice.page);
  const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [at] });
  await expect(alice.menu).toBeVisible();
  await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  await expect(alice.menu.getByRole('listitem')).toHaveText(['bob reacted with 🎉']);
  await expect(alice.menu.getByRole('listitem')).toBeInViewport({ ratio: 1 });
  // It is followed while it is open; and the finger that went has pressed nothing that came up beneath it.
  await bob.react('cake in the kitchen', '👍');
  await expect(alice.menu.getByRole('listitem')).toHaveText(['bob reacted with 🎉', 'bob reacted with 👍']);
});

test('a tap beside a drawer closes it, however often it was opened before', async ({ person }) => {
  const alice = await person('alice');
  await alice.openRoom('lobby');
  for (const [name, drawer, beside] of [
    ['Rooms', alice.side, 380],
    ['People', alice.people, 10],
  ] as const) {
    const button = alice.page.getByRole('button', { name, exact: true });
    for (const close of ['button', 'beside', 'beside', 'button', 'beside']) {
      await button.tap();
      await expect(drawer).toBeInViewport({ ratio: 1 });
      if (close === 'button') await drawer.getByRole('button', { name: 'Close' }).tap();
      else await alice.page.touchscreen.tap(beside, 420);
      await expect(drawer, `${name}, by ${close}`).toBeHidden();
    }
  }
});
