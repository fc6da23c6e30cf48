// Private messages: they find the other wherever they are, wait for who is away, and are nobody
// else's business.
import { expect, test } from '../support/test.ts';

test('to someone in another room, by /pm', async ({ person }) => {
  const alice = await person('alice');
  const bob = await person('bob');
  const carol = await person('carol');
  await alice.enterRoom('中文 聊天室');
  await carol.openRoom('中文 聊天室');
  await bob.openRoom('lobby');
  await bob.say('in the lobby');
  await bob.hears('in the lobby');

  await alice.say('/pm bob just between us');
  const line = bob.side.getByRole('link', { name: /alice/ });
  await expect(line).toContainText('1');
  await line.click();
  await bob.isIn('alice');
  await bob.hears('just between us');
  await bob.say('of course');

  await alice.openTalk('bob');
  await alice.hears('just between us');
  await alice.hears('of course');
  expect(await alice.order(['just between us', 'of course'])).toEqual(['just between us', 'of course']);

  await expect(carol.page.getByText('just between us')).toHaveCount(0);
  await carol.reload();
  await expect(carol.page.getByText('just between us')).toHaveCount(0);
  await expect(carol.side.getByRole('link', { name: /alice|bob/ })).toHaveCount(0);
});

test('by a click on someone who is here', async ({ person }) => {
  const alice = await person('alice');
  const bob = await person('bob');
  await alice.openRoom('lobby');
  await bob.openRoom('lobby');
  await alice.people.getByRole('link', { name: /bob/ }).click();
  await alice.isIn('bob');
  await alice.say('a word, if you have a minute');
  await expect(bob.side.getByRole('link', { name: /alice/ })).toContainText('1');
});

test('to someone who is away, who finds it on coming back', async ({ person, house, guard }) => {
  guard.expectCuts();
  const away = await person('carol');
  await away.context.close();
  const alice = await person('alice');
  await alice.openTalk('carol');
  await alice.say('for when you are back');
  await alice.hears('for when you are back');
  await alice.say('no hurry');
  await alice.hears('no hurry');
  await house.restart();

  const carol = await person('carol');
  await carol.openRoom('lobby');
  const line = carol.side.getByRole('link', { name: /alice/ });
  await expect(line).toContainText('2');
  await line.click();
  await carol.isIn('alice');
  await carol.hears('for when you are back');
  await carol.hears('no hurry');
  await expect(line).not.toContainText('2');
});

test('what cannot be delivered is refused, and the text stays', async ({ person }) => {
  const alice = await person('alice');
  await alice.openRoom('lobby');
  for (const text of ['/pm nobody hi there', '/pm bob', '/pm']) {
    await alice.composer.fill(text);
    // A command that is still offered is taken up first; it is sent once nothing is offered any more.
    await alice.composer.press('Escape');
    await alice.composer.press('Enter');
    await expect(alice.page.getByRole('alert')).toBeVisible();
    await expect(alice.composer).toHaveValue(text);
    await expect(alice.log.getByText(text)).toHaveCount(0);
    await alice.composer.fill('');
  }
});

test('nobody else finds a conversation', async ({ person }) => {
  const alice = await person('alice');
  const bob = await person('bob');
  const carol = await person('carol');
  await alice.openTalk('bob');
  await alice.say('the code is 4711');
  await alice.hears('the code is 4711');
  await bob.openTalk('alice');
  await bob.hears('the code is 4711');
  for (const path of ['/talk/alice/', '/talk/bob/', '/chat/alice/', '/chat/%40bob/']) {
    const answer = await carol.page.goto(carol.base + path);
    expect(await answer?.text()).not.toContain('4711');
  }
  for (const to of ['@alice', '@bob', '#bob', '~']) {
    const answer = await carol.context.request.get(`${carol.base}/api/v1/messages`, { params: { to } });
    expect(await answer.text()).not.toContain('4711');
  }
});
