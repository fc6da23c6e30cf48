// Writing: what Enter does, and what it never does.
import { expect, test } from '../support/test.ts';

test('Enter sends, Shift+Enter breaks the line, nothing is not sent', async ({ person }) => {
  const alice = await person('alice');
  await alice.openRoom('lobby');
  await alice.composer.click();
  await alice.composer.pressSequentially('one');
  await alice.composer.press('Shift+Enter');
  await alice.composer.pressSequentially('two');
  await expect(alice.composer).toHaveValue('one\ntwo');
  await alice.composer.press('Enter');
  await expect(alice.composer).toHaveValue('');
  await expect(alice.composer).toBeFocused();
  await expect(alice.log.locator('article.msg')).toHaveCount(1);
  await alice.hears('one');
  await expect(alice.messages('one')).toContainText('two');

  for (const nothing of ['', '   ', '\n\n']) {
    await alice.composer.fill(nothing);
    await alice.composer.press('Enter');
  }
  await alice.composer.fill('something');
  await alice.sendButton.click();
  await alice.hears('something');
  await expect(alice.log.locator('article.msg')).toHaveCount(2);
});

// K20
test('Enter in the middle of a composition never sends', async ({ person }) => {
  const alice = await person('alice');
  await alice.openRoom('lobby');
  await alice.composer.click();
  const devtools = await alice.context.newCDPSession(alice.page);
  const enter = { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13 };

  // A real composition: what is typed is underlined and not yet chosen.
  await devtools.send('Input.imeSetComposition', { text: 'wanshang', selectionStart: 8, selectionEnd: 8 });
  await expect(alice.composer).toHaveValue('wanshang');
  await devtools.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...enter });
  await devtools.send('Input.dispatchKeyEvent', { type: 'keyUp', ...enter });
  await expect(alice.composer).toHaveValue('wanshang');
  await devtools.send('Input.insertText', { text: '晚上' });
  await expect(alice.composer).toHaveValue('晚上');

  // The keydown that ends a composition, as Windows names it (229) and as Safari sends it (late).
  await alice.composer.evaluate((box) => {
    const key = { key: 'Enter', code: 'Enter', bubbles: true, cancelable: true };
    box.dispatchEvent(new KeyboardEvent('keydown', { ...key, keyCode: 229, isComposing: true }));
    box.dispatchEvent(new KeyboardEvent('keydown', { ...key, keyCode: 229 }));
  });
  await expect(alice.composer).toHaveValue('晚上');
  await alice.composer.press('Enter');
  await alice.hears('晚上');
  await expect(alice.log.locator('article.msg')).toHaveCount(1);
});

test('a text over the limit is refused before it is sent, and stays', async ({ person }) => {
  const alice = await person('alice');
  const sent: string[] = [];
  alice.page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => sent.push(String(payload))));
  await alice.openRoom('lobby');
  // Characters are counted, not the two units that JavaScript makes of each of these.
  const most = '🏮'.repeat(4_000);
  await alice.composer.fill(`${most}!`);
  await alice.composer.press('Enter');
  await expect(alice.page.getByRole('alert')).toContainText(/4,?000/);
  await expect(alice.composer).toHaveValue(`${most}!`);
  expect(sent.filter((frame) => frame.includes('"send"'))).toEqual([]);

  await alice.composer.fill(most);
  await alice.composer.press('Enter');
  await alice.hears('🏮🏮🏮');
  await expect(alice.page.getByRole('alert')).toBeHidden();
});

test('what people type is shown, not obeyed', async ({ person }) => {
  const alice = await person('alice');
  const bob = await person('bob');
  await alice.openRoom('lobby');
  await bob.openRoom('lobby');
  const nasty = '<img src=x onerror="alert(1)"> </script><b>bold</b> &amp; {{7*7}}';
  await alice.say(nasty);
  await bob.hears(nasty);
  await bob.reload();
  await bob.hears(nasty);
  await expect(bob.log.locator('img, b:has-text("bold"), script')).toHaveCount(0);
});
