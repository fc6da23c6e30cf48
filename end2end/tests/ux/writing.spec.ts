// What people expect where they write, line by line.
import { expect, test, type Person } from '../../support/test.ts';

/** Enter, as the keyboard's own event. */
const ENTER = { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13 };

/** An input method at the box that has the focus: composes, presses Enter in the middle, chooses. */
async function inputMethod(who: Person) {
  const devtools = await who.context.newCDPSession(who.page);
  return {
    compose: (text: string) =>
      devtools.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length }),
    enter: async () => {
      await devtools.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...ENTER });
      await devtools.send('Input.dispatchKeyEvent', { type: 'keyUp', ...ENTER });
    },
    choose: (text: string) => devtools.send('Input.insertText', { text }),
  };
}

/**
 * The Enter that ends a composition, as Windows tells of it and as Safari does: late. Until what comes
 * next is no longer taken for a late one, 50 ms after the composition.
 */
async function lateEnters(who: Person) {
  await who.composer.evaluate((box) => {
    const key = { key: 'Enter', code: 'Enter', bubbles: true, cancelable: true, ctrlKey: true };
    box.dispatchEvent(new KeyboardEvent('keydown', { ...key, keyCode: 229, isComposing: true }));
    box.dispatchEvent(new KeyboardEvent('keydown', { ...key, keyCode: 229 }));
    box.dispatchEvent(new CompositionEvent('compositionend', { bubbles: true }));
    box.dispatchEvent(new KeyboardEvent('keydown', { ...key, keyCode: 13 }));
    const ended = performance.now();
    return new Promise<void>((done) => {
      const look = () => (performance.now() - ended > 60 ? done() : requestAnimationFrame(look));
      look();
    });
  });
}

const rows = (who: Person) => who.log.locator('article.msg');

test.describe('Enter sends, Shift+Enter breaks the line; swappable; on touch, Enter breaks and the button sends', () => {
  test('as it is', async ({ person, isMobile }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await alice.openRoom('lobby');
    await bob.openRoom('lobby');
    await alice.press(alice.composer);
    await alice.composer.pressSequentially('first');
    await alice.composer.press(isMobile ? 'Enter' : 'Shift+Enter');
    await alice.composer.pressSequentially('second');
    await expect(alice.composer).toHaveValue('first\nsecond');
    await expect(rows(alice)).toHaveCount(0);
    if (isMobile) await alice.sendButton.tap();
    else await alice.composer.press('Enter');
    await expect(alice.composer).toHaveValue('');
    await expect(alice.composer).toBeFocused();
    await bob.hears('second');
    await expect(bob.messages('first')).toContainText('second');
    // With a keyboard of its own a tablet sends too.
    await alice.composer.fill('by Ctrl+Enter');
    await alice.composer.press('Control+Enter');
    await bob.hears('by Ctrl+Enter');
    await expect(rows(bob)).toHaveCount(2);
  });

  test('swapped: Enter breaks, Shift+Enter sends', async ({ person, isMobile }) => {
    const alice = await person('alice');
    await alice.visit('/settings');
    const choice = alice.page.getByRole('group', { name: 'The Enter key' }).getByRole('button', { name: 'Breaks the line' });
    await alice.press(choice);
    await expect(choice).toHaveAttribute('aria-pressed', 'true');
    await alice.openRoom('lobby');
    await alice.press(alice.composer);
    await alice.composer.pressSequentially('first');
    await alice.composer.press('Enter');
    await alice.composer.pressSequentially('second');
    await expect(alice.composer).toHaveValue('first\nsecond');
    await alice.composer.press(isMobile ? 'Control+Enter' : 'Shift+Enter');
    await alice.hears('second');
    await expect(rows(alice)).toHaveCount(1);
  });
});

test.describe('Enter during an input-method composition never sends; also in the edit box and the completion list', () => {
  test('in the composer', async ({ person }) => {
    const alice = await person('alice');
    await alice.openRoom('lobby');
    await alice.press(alice.composer);
    const method = await inputMethod(alice);
    await method.compose('wanshang');
    await method.enter();
    await expect(alice.composer).toHaveValue('wanshang');
    await method.choose('晚上');
    await lateEnters(alice);
    await expect(alice.composer).toHaveValue('晚上');
    await expect(rows(alice)).toHaveCount(0);
    await alice.press(alice.sendButton);
    await alice.hears('晚上');
    await expect(rows(alice)).toHaveCount(1);
  });

  test('in the edit box', async ({ person }) => {
    const alice = await person('alice');
    await alice.openRoom('lobby');
    await alice.say('早上');
    await alice.hears('早上');
    await alice.choose('早上', 'Edit');
    await expect(alice.composer).toBeFocused();
    await alice.composer.press('End');
    const method = await inputMethod(alice);
    await method.compose('hao');
    await method.enter();
    await method.choose('好');
    await lateEnters(alice);
    await expect(alice.composer).toHaveValue('早上好');
    await expect(alice.page.getByText('(edited)')).toHaveCount(0);
    await alice.press(alice.sendButton);
    await expect(alice.messages('早上好')).toContainText('(edited)');
    await expect(rows(alice)).toHaveCount(1);
  });

  test('in the completion list', async ({ person }) => {
    const alice = await person('alice');
    const lin = await person('小林');
    await lin.openRoom('lobby');
    await alice.openRoom('lobby');
    await lin.say('在吗');
    await alice.hears('在吗');
    await alice.press(alice.composer);
    await alice.composer.pressSequentially('@');
    const offered = alice.page.getByRole('listbox').getByRole('option');
    await expect(offered.first()).toBeVisible();
    const method = await inputMethod(alice);
    await method.compose('xiao');
    await method.enter();
    await expect(alice.composer).toHaveValue('@xiao');
    await method.choose('小');
    await expect(offered).toHaveText([/小林/]);
    await lateEnters(alice);
    await expect(alice.composer).toHaveValue('@小');
    await expect(rows(alice)).toHaveCount(1);
    // An Enter of its own takes what is offered, on a phone too.
    await alice.composer.press('Enter');
    await expect(alice.composer).toHaveValue('@小林 ');
    await expect(rows(alice)).toHaveCount(1);
  });
});

test.describe('A draft per room, kept over reloads. ↑ in an empty composer edits my last. Esc cancels', () => {
  test('a draft per room, kept over reloads', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await bob.enterRoom('garden');
    await alice.joinRoom('garden');
    await alice.joinRoom('lobby');
    await alice.composer.fill('for the lobby,\nnot yet said');
    await alice.goTo('garden');
    await expect(alice.composer).toHaveValue('');
    await alice.composer.fill('for the garden');
    await alice.goTo('lobby');
    await expect(alice.composer).toHaveValue('for the lobby,\nnot yet said');
    await alice.reload();
    await expect(alice.composer).toHaveValue('for the lobby,\nnot yet said');
    await alice.openRoom('garden');
    await expect(alice.composer).toHaveValue('for the garden');
    await alice.press(alice.sendButton);
    await alice.hears('for the garden');
    await alice.reload();
    await expect(alice.composer).toHaveValue('');
  });

  test('↑ edits my last, Esc cancels', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await alice.openRoom('lobby');
    await bob.openRoom('lobby');
    await alice.say('teh end');
    await bob.say('whose end');
    await alice.hears('whose end');
    await alice.press(alice.composer);
    await alice.composer.press('ArrowUp');
    await expect(alice.composer).toHaveValue('teh end');
    const editing = alice.page.getByText('Editing your message.');
    await expect(editing).toBeVisible();
    await alice.composer.press('Escape');
    await expect(alice.composer).toHaveValue('');
    await expect(editing).toBeHidden();
    // In a box that is not empty it moves in the text.
    await alice.composer.fill('a draft');
    await alice.composer.press('ArrowUp');
    await expect(alice.composer).toHaveValue('a draft');
    await alice.composer.fill('');
    await alice.composer.press('ArrowUp');
    await alice.composer.fill('the end');
    await alice.press(alice.sendButton);
    await expect(bob.messages('the end')).toContainText('(edited)');
    await expect(rows(bob)).toHaveCount(2);
  });

  test('Esc brings back the draft that the edit put aside', async ({ person }) => {
    const alice = await person('alice');
    await alice.openRoom('lobby');
    await alice.say('said before');
    await alice.hears('said before');
    await alice.composer.fill('a draft');
    await alice.choose('said before', 'Edit');
    await expect(alice.composer).toHaveValue('said before');
    await alice.composer.fill('said otherwise');
    await alice.press(alice.page.getByRole('button', { name: 'Cancel', exact: true }));
    await expect(alice.composer).toHaveValue('a draft');
    await alice.choose('said before', 'Reply');
    await expect(alice.composer).toHaveValue('a draft');
    await alice.composer.press('Escape');
    await expect(alice.composer).toHaveValue('a draft');
    await alice.hears('said before');
  });
});

test.describe('@ completes people, # rooms, : emoji, / commands, as an ARIA combobox', () => {
  test('what each of them offers, and how it is told', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    const bobby = await person('bobby');
    await bob.enterRoom('garden');
    for (const who of [bob, bobby]) {
      await who.openRoom('lobby');
      await who.say(`hello from ${who.name}`);
    }
    await alice.enterRoom('garden');
    await alice.openRoom('lobby');
    const box = alice.composer;
    const list = alice.page.getByRole('listbox', { name: 'Suggestions' });
    const option = list.getByRole('option');
    await expect(box).toHaveAttribute('aria-autocomplete', 'list');
    await expect(box).toHaveAttribute('aria-haspopup', 'listbox');
    await alice.press(box);
    await box.pressSequentially('well, @bob');
    // Who spoke last comes first.
    await expect(option).toHaveText(['@bobby', '@bob']);
    await expect(box).toHaveAttribute('aria-controls', (await list.getAttribute('id'))!);
    for (const [key, at] of [['ArrowDown', 1], ['ArrowDown', 0], ['ArrowUp', 1]] as const) {
      await box.press(key);
      await expect(option.nth(at)).toHaveAttribute('aria-selected', 'true');
      await expect(box).toHaveAttribute('aria-activedescendant', (await option.nth(at).getAttribute('id'))!);
    }
    await expect(box).toBeFocused();
    await box.press('Enter');
    await expect(box).toHaveValue('well, @bob ');
    await expect(list).toBeHidden();
    await expect(box).not.toHaveAttribute('aria-activedescendant', /./);

    // With the finger or the mouse; the focus stays, and what was written stays.
    await box.fill('');
    await box.pressSequentially('see #gar');
    await alice.press(option.filter({ hasText: 'garden' }));
    await expect(box).toHaveValue('see #garden ');
    await expect(box).toBeFocused();
    await box.fill('');
    await box.pressSequentially(':tada');
    await expect(option.first()).toContainText('🎉');
    await box.press('Tab');
    await expect(box).toHaveValue('🎉');
    await box.fill('');
    await box.pressSequentially('@bo');
    await box.press('Escape');
    await expect(list).toBeHidden();
    await expect(box).toHaveValue('@bo');
    // A mail address, a time and a smile are none of that.
    for (const text of ['me@bob', '8:30', ':)', 'a/b']) {
      await box.fill('');
      await box.pressSequentially(text);
      await expect(list, text).toBeHidden();
    }
    await box.fill('');
    await box.pressSequentially('/');
    for (const command of ['pm', 'me', 'topic']) {
      await expect(option.filter({ hasText: new RegExp(`^/?${command}`) })).toHaveCount(1);
    }
  });

  test('/help shows the list of keys and commands', async ({ person }) => {
    const alice = await person('alice');
    await alice.openRoom('lobby');
    await alice.press(alice.composer);
    await alice.composer.pressSequentially('/he');
    const option = alice.page.getByRole('listbox').getByRole('option');
    await expect(option).toHaveText([/help/]);
    const listed = async () => {
      await expect(alice.panel.getByRole('heading', { level: 1 })).toBeVisible();
      await expect(alice.panel.locator('kbd', { hasText: '/topic' })).toBeVisible();
      await expect(alice.composer).toHaveValue('');
      await alice.closePanel();
      await expect(alice.composer).toBeFocused();
    };
    // Chosen in the list…
    await alice.press(option);
    await listed();
    await alice.composer.pressSequentially('/h');
    await alice.composer.press('Enter');
    await listed();
    // …and sent as it stands.
    await alice.composer.fill('/help');
    await alice.press(alice.sendButton);
    await listed();
    await expect(alice.log.getByRole('article')).toHaveCount(0);
    // What stands behind it is not lost.
    await alice.composer.fill(' a thought');
    await alice.composer.press('Home');
    await alice.composer.pressSequentially('/he');
    await alice.press(option);
    await expect(alice.composer).toHaveValue('/help a thought');
  });

  test('each command does what it says', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await alice.enterRoom('garden');
    await bob.joinRoom('garden');
    await alice.say('/me waves');
    await expect(bob.log.getByRole('article').filter({ hasText: 'alice waves' })).toHaveCount(1);
    await alice.say('/topic tomatoes, and when to plant them');
    for (const who of [alice, bob]) {
      await expect(who.page.getByTitle('tomatoes, and when to plant them')).toHaveText('tomatoes, and when to plant them');
    }
    await alice.say('/pm bob psst');
    await expect(alice.notes('To bob, privately: psst')).toBeVisible();
    await bob.showRooms();
    await expect(bob.line('alice')).toContainText('1 unread');
    await expect(bob.messages('psst')).toHaveCount(0);
    await bob.goTo('alice');
    await bob.hears('psst');
    await alice.composer.fill('/mp bob psst');
    await alice.press(alice.sendButton);
    await expect(alice.page.getByRole('alert').filter({ hasText: 'There is no command /mp.' })).toBeVisible();
    await expect(alice.composer).toHaveValue('/mp bob psst');
    await alice.say('//mp as it stands');
    await bob.goTo('garden');
    await bob.hears('/mp as it stands');
  });
});

test.describe('The message shows at once as pending, then sent; on failure it says so and offers retry and discard; order is kept; a reload keeps the outbox', () => {
  test('pending at once, then sent, in order, over a reload', async ({ person, wire, guard }) => {
    guard.expectCuts();
    const alice = await person('alice', { through: wire });
    const bob = await person('bob');
    await alice.openRoom('lobby');
    await bob.openRoom('lobby');
    await alice.say('before');
    await bob.hears('before');
    wire.pagesOnly();
    await expect(alice.status.first()).toContainText(/offline|connecting/i);
    const said = ['first in the dark', 'second in the dark', 'third in the dark'];
    for (const text of said) {
      await alice.say(text);
      await alice.holds(text);
    }
    await alice.reload();
    for (const text of said) await alice.holds(text);
    expect(await alice.order(said)).toEqual(said);
    await alice.say('fourth in the dark');
    await bob.say('meanwhile');
    wire.heal();
    for (const text of [...said, 'fourth in the dark']) {
      await bob.hears(text, 40_000);
      await alice.hears(text, 40_000);
    }
    const all = [...said, 'fourth in the dark'];
    expect(await bob.order(all)).toEqual(all);
    expect(await alice.order(['meanwhile', ...all])).toEqual(['meanwhile', ...all]);
    await alice.reload();
    expect(await alice.order(all)).toEqual(all);
  });

  test('a failure says so and offers retry and discard', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await alice.openTalk('bob');
    await alice.say('while it goes');
    await alice.hears('while it goes');
    await bob.openTalk('alice');
    await bob.openAbout();
    await bob.press(bob.panel.getByText('Block', { exact: true }).first());
    await bob.press(bob.panel.getByRole('button', { name: 'Block', exact: true }));
    const unblock = bob.panel.getByRole('button', { name: 'Unblock' });
    await expect(unblock).toBeVisible();

    await alice.say('to be tried again');
    const failed = alice.messages('to be tried again');
    await expect(failed).toContainText('Not sent. bob takes no messages from you.');
    await alice.say('to be given up');
    const given = alice.messages('to be given up');
    await expect(given).toContainText('Not sent.');
    // Both are there after a reload, and say so.
    await alice.reload();
    await expect(failed).toContainText('Not sent.');
    await alice.press(given.getByRole('button', { name: 'Discard' }));
    await expect(given).toHaveCount(0);
    await bob.press(unblock);
    await expect(unblock).toHaveCount(0);
    await alice.press(failed.getByRole('button', { name: 'Retry' }));
    await alice.hears('to be tried again');
    await alice.reload();
    await alice.hears('to be tried again');
    await expect(given).toHaveCount(0);
    await bob.openTalk('alice');
    await bob.hears('to be tried again');
    await expect(bob.messages('to be given up')).toHaveCount(0);
  });
});

test.describe('Reply with a quote that jumps to its origin; reactions grouped with who; edited mark; delete leaves a tombstone; copy link to a message', () => {
  test('a reply, and its quote that jumps', async ({ person, house }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await alice.openRoom('lobby');
    await bob.openRoom('lobby');
    await alice.say('where shall we meet');
    await bob.hears('where shall we meet');
    // So much later that the origin is no longer in the page.
    await house.fill('lobby', 400);
    await bob.choose('where shall we meet', 'Reply');
    await expect(bob.composer).toBeFocused();
    await expect(bob.page.getByText('Answering alice: where shall we meet')).toBeVisible();
    await bob.say('in the workshop');
    await bob.hears('in the workshop');
    await alice.reload();
    const quote = alice.messages('in the workshop').getByRole('link', { name: 'In answer to alice: where shall we meet' });
    await expect(quote).toBeInViewport();
    const origin = alice.log.getByRole('article').filter({ has: alice.page.locator('.text', { hasText: 'where shall we meet' }) });
    await expect(origin).toHaveCount(0);
    await alice.press(quote);
    await expect(origin).toBeInViewport({ ratio: 1 });
    await expect(origin).toHaveClass(/found/);
    await alice.page.goBack();
    await expect(quote).toBeInViewport();
  });

  test('reactions grouped with who', async ({ person }) => {
    const [alice, bob, carol] = [await person('alice'), await person('bob'), await person('carol')];
    for (const who of [alice, bob, carol]) await who.openRoom('lobby');
    await alice.say('lunch at one');
    for (const who of [bob, carol]) {
      await who.hears('lunch at one');
      await who.react('lunch', '👍');
    }
    await bob.react('lunch', '🎉');
    await expect(alice.chip('lunch', 'bob and carol', '👍')).toHaveText('👍2');
    await expect(alice.chip('lunch', 'bob', '🎉')).toHaveText('🎉1');
    await alice.press(alice.chip('lunch', 'bob and carol', '👍'));
    await expect(alice.chip('lunch', 'bob, carol and you', '👍')).toHaveAttribute('aria-pressed', 'true');
    await expect(bob.chip('lunch', 'carol, alice and you', '👍')).toHaveText('👍3');
    await alice.press(alice.chip('lunch', 'bob, carol and you', '👍'));
    await expect(bob.chip('lunch', 'carol and you', '👍')).toHaveText('👍2');
    await bob.press(bob.chip('lunch', 'you', '🎉'));
    await expect(alice.messages('lunch')).not.toContainText('🎉');
    await alice.reload();
    await expect(alice.chip('lunch', 'bob and carol', '👍')).toHaveText('👍2');
  });

  test('the edited mark, and the tombstone', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await alice.openRoom('lobby');
    await bob.openRoom('lobby');
    await alice.say('lunch at on');
    await alice.say('said too soon');
    await bob.hears('said too soon');
    await alice.choose('lunch', 'Edit');
    await alice.composer.fill('lunch at one');
    await alice.press(alice.sendButton);
    for (const who of [alice, bob]) {
      await expect(who.messages('lunch at one').getByText('(edited)')).toHaveAttribute('title', /^Edited \d/);
    }
    await alice.choose('too soon', 'Delete');
    await alice.press(alice.menu.getByRole('button', { name: 'Keep it' }));
    await expect(alice.menu).toBeHidden();
    await alice.hears('said too soon');
    await alice.choose('too soon', 'Delete');
    await alice.press(alice.menu.getByRole('button', { name: 'Delete', exact: true }));
    for (const again of [false, true]) {
      for (const who of [alice, bob]) {
        if (again) await who.reload();
        await expect(who.messages('This message was deleted.')).toHaveCount(1);
        await expect(who.page.getByText('too soon')).toHaveCount(0);
        await expect(who.messages('lunch at one')).toContainText('(edited)');
      }
    }
  });

  test('copy link to a message', async ({ person }) => {
    const alice = await person('alice');
    const bob = await person('bob');
    await alice.openRoom('lobby');
    await alice.say('worth keeping');
    await alice.hears('worth keeping');
    await alice.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await alice.choose('worth keeping', 'Copy link');
    await expect(alice.menu.getByText('Copied')).toBeVisible();
    const link = await alice.page.evaluate(() => navigator.clipboard.readText());
    expect(link).toContain(`${alice.base}/chat/lobby/?at=`);
    await bob.page.goto(link);
    await bob.awake();
    await expect(bob.messages('worth keeping')).toHaveClass(/found/);
    await expect(bob.messages('worth keeping')).toBeInViewport({ ratio: 1 });
  });
});
