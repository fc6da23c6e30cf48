// Who is here: by the person, not by the tab.
import { expect, test } from '../support/test.ts';

// K12
test('a second tab that closes leaves the first online', async ({ person }) => {
  const bob = await person('bob');
  await bob.openRoom('lobby');
  const alice = await person('alice');
  await alice.openRoom('lobby');
  const second = await alice.anotherTab();
  await second.openRoom('lobby');
  await second.say('from the second tab');
  await bob.hears('from the second tab');
  await alice.hears('from the second tab');
  const dave = await person('dave');
  await dave.openRoom('lobby');
  await bob.seesHere('alice', 'bob', 'dave');

  // Whoever leaves is shown to have left after a while. Dave goes after the tab has: once his
  // leaving is shown, a leaving of alice's would have been.
  await second.page.close();
  await dave.page.close();
  await expect(bob.notes('dave left')).toBeVisible({ timeout: 15_000 });
  await bob.seesHere('alice', 'bob');
  await expect(bob.notes(/alice( and \w+)? left/)).toHaveCount(0);
  await alice.say('still here');
  await bob.hears('still here');
});

test('a reload is silent', async ({ person }) => {
  const bob = await person('bob');
  await bob.openRoom('lobby');
  const alice = await person('alice');
  await alice.openRoom('lobby');
  const dave = await person('dave');
  await dave.openRoom('lobby');
  await bob.seesHere('alice', 'bob', 'dave');
  await alice.reload();
  await dave.page.close();
  await expect(bob.notes('dave left')).toBeVisible({ timeout: 15_000 });
  await expect(bob.notes(/alice( and \w+)? left/)).toHaveCount(0);
  await expect(bob.notes(/alice.* came in/)).toHaveCount(1);
  await bob.seesHere('alice', 'bob');
});

test('going to another room is leaving this one', async ({ person }) => {
  const bob = await person('bob');
  await bob.openRoom('lobby');
  const alice = await person('alice');
  await alice.enterRoom('garden');
  await alice.openRoom('lobby');
  await bob.seesHere('alice', 'bob');
  await alice.side.getByRole('link', { name: 'garden' }).click();
  await alice.isIn('garden');
  await alice.seesHere('alice');
  await expect(bob.notes('alice left')).toBeVisible({ timeout: 15_000 });
  await bob.seesHere('bob');
});

test('whoever touches nothing for ten minutes is idle though the page is in view, until they do', async ({ person, guard }) => {
  // A clock that leaps ends what the page waits for: a connection too that is just being opened.
  guard.expectCuts();
  const bob = await person('bob');
  await bob.openRoom('lobby');
  const alice = await person('alice');
  await alice.page.clock.install();
  await alice.openRoom('lobby');
  await bob.seesHere('alice', 'bob');
  const line = bob.people.getByRole('listitem').filter({ hasText: 'alice' });
  await expect(line).not.toHaveClass(/idle/);
  for (let minute = 1; minute <= 4; minute += 1) {
    await alice.page.clock.fastForward('04:00');
    await alice.page.mouse.move(400 + minute, 300);
  }
  // What was said meanwhile has come by the time this has.
  await alice.say('sixteen minutes later');
  await bob.hears('sixteen minutes later');
  await expect(line).not.toHaveClass(/idle/);
  await alice.page.clock.fastForward('10:01');
  await expect(line).toHaveClass(/idle/, { timeout: 20_000 });
  await alice.page.mouse.move(500, 320);
  await expect(line).not.toHaveClass(/idle/, { timeout: 20_000 });
});
