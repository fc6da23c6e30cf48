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

test('completion of people, rooms and commands: keys, pointer, Esc, one step back', async ({ person }) => {
  const alice = await person('alice');
  const bob = await person('bob');
  await bob.openRoom('lobby');
  await alice.openRoom('lobby');
  const list = alice.page.getByRole('listbox');
  const box = alice.composer;
  await bob.say('hello');
  await alice.hears('hello');
  await box.click();
  await box.pressSequentially('hi @bo');
  await expect(list.getByRole('option')).toHaveText([/bob/]);
  await expect(box).toHaveAttribute('aria-activedescendant', 'completion-0');
  // Enter takes what is offered and sends nothing.
  await box.press('Enter');
  await expect(box).toHaveValue('hi @bob ');
  await expect(list).toBeHidden();
  await box.press('Control+z');
  await expect(box).toHaveValue('hi @bo');

  await box.fill('');
  await box.pressSequentially('/');
  await expect(list.getByRole('option')).toHaveText([/\/me/, /\/pm/, /\/topic/, /\/help/]);
  await box.press('ArrowDown');
  await expect(list.getByRole('option').nth(1)).toHaveAttribute('aria-selected', 'true');
  await box.press('Escape');
  await expect(list).toBeHidden();
  await expect(box).toHaveValue('/');
  await box.fill('');
  await box.pressSequentially('#lob');
  await list.getByRole('option').first().click();
  await expect(box).toHaveValue('#lobby ');
  await expect(box).toBeFocused();
  await box.fill('');
  await box.pressSequentially(':tada');
  await expect(list.getByRole('option').first()).toContainText('🎉');
  await box.press('Tab');
  await expect(box).toHaveValue('🎉');
});

test('a draft is kept over a reload, for its room alone', async ({ person }) => {
  const alice = await person('alice');
  await alice.openRoom('lobby');
  await alice.composer.fill('half a thought');
  await alice.reload();
  await expect(alice.composer).toHaveValue('half a thought');
  await alice.enterRoom('attic');
  await expect(alice.composer).toHaveValue('');
  await alice.openRoom('lobby');
  await expect(alice.composer).toHaveValue('half a thought');
  await alice.composer.press('Enter');
  await alice.hears('half a thought');
  await alice.reload();
  await expect(alice.composer).toHaveValue('');
});

test('the arrow up edits my last, Esc brings the draft back', async ({ person }) => {
  const alice = await person('alice');
  await alice.openRoom('lobby');
  await alice.say('teh end');
  await alice.hears('teh end');
  await alice.composer.click();
  await alice.composer.press('ArrowUp');
  await expect(alice.composer).toHaveValue('teh end');
  await expect(alice.page.locator('.compose-bar')).toBeVisible();
  await alice.composer.press('Escape');
  await expect(alice.composer).toHaveValue('');
  await expect(alice.page.locator('.compose-bar')).toBeHidden();
  await alice.composer.press('ArrowUp');
  await alice.composer.fill('the end');
  await alice.composer.press('Enter');
  await alice.hears('the end');
  await expect(alice.composer).toHaveValue('');
  await expect(alice.log.locator('article.msg')).toHaveCount(1);
});

test('markdown is shown the same by the server and by the browser', async ({ person }) => {
  const alice = await person('alice');
  await alice.openRoom('lobby');
  const text = [
    'see **bold** _it_ ~~no~~ `code` @bob #lobby https://example.org/a [x](https://example.org/b)',
    '> quoted',
    '- one',
    '  - two',
    '```js',
    `const long = "${'x'.repeat(400)}";`,
    '```',
    `||hidden ${'w'.repeat(300)}||`,
    `zalgo ${'e' + '\u0301'.repeat(900)}`,
  ].join('\n');
  await alice.say(text);
  const said = alice.log.locator('.text').last();
  await expect(said.locator('strong')).toHaveText('bold');
  await expect(said.locator('pre')).toHaveCount(1);
  // Leptos leaves an empty comment where an element is made without children.
  const shown = () => said.evaluate((it) => it.innerHTML.replace('<!---->', ''));
  const made = await shown();
  await alice.reload();
  expect(await shown()).toBe(made);
  await expect(said.locator('a[href="https://example.org/b"]')).toHaveAttribute('rel', /noopener/);
  await expect(said.locator('.host')).toContainText('example.org');
  // Nothing widens the page; the code scrolls by itself.
  expect(await alice.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  const code = said.locator('pre');
  expect(await code.evaluate((it) => it.scrollWidth > it.clientWidth)).toBe(true);
  const body = alice.log.locator('.body').last();
  expect(await body.evaluate((it) => getComputedStyle(it).overflowY)).toBe('clip');
  // A spoiler opens by key, too.
  const hidden = said.locator('.spoiler > span');
  await expect(hidden).toBeHidden();
  await said.getByRole('checkbox', { name: 'Spoiler' }).focus();
  await alice.page.keyboard.press('Space');
  await expect(hidden).toBeVisible();
  await said.getByRole('button', { name: 'Copy' }).click();
  expect(await alice.page.evaluate(() => String(getSelection()))).toContain('const long');
});

test('/me is shown as what one does', async ({ person }) => {
  const alice = await person('alice');
  await alice.openRoom('lobby');
  await alice.composer.fill('/me waves');
  await alice.composer.press('Enter');
  await expect(alice.log.locator('.action .body')).toHaveText('alice waves');
});
