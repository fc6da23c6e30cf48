// The network fails in three ways and the server in two. Whatever was said meanwhile, on either side,
// is in place afterwards, exactly once.
import { expect, test, type Person, type Wire } from '../support/test.ts';
import type { House } from '../../tools/house.mjs';

// A connection that hangs is found dead after the heartbeat and 10 s: this is a short one.
test.use({ settings: { ROOMFUL_HEARTBEAT: '5' } });

/** Above that, and above the longest wait between two tries, 20 s. */
const BACK_MS = 60_000;

const inTheDark = ['alice writes in the dark', 'alice writes once more'];
const meanwhile = ['bob goes on meanwhile', 'bob has more to say'];

type Ways = { alice: Person; house: House; wire: Wire };
type Cut = {
  name: string;
  /** Whether it takes both of them off the line. */
  both?: boolean;
  /** Whether the browser can tell at once. */
  silent?: boolean;
  begin: (ways: Ways) => Promise<void> | void;
  end: (ways: Ways) => Promise<void> | void;
};

const cuts: Cut[] = [
  {
    name: 'the browser is offline',
    begin: ({ alice }) => alice.context.setOffline(true),
    end: ({ alice }) => alice.context.setOffline(false),
  },
  {
    name: 'the server is killed',
    both: true,
    begin: ({ house }) => house.stop('SIGKILL'),
    end: ({ house }) => house.start(),
  },
  {
    name: 'the server is stopped',
    both: true,
    begin: ({ house }) => house.stop('SIGTERM'),
    end: ({ house }) => house.start(),
  },
  {
    name: 'the connection breaks',
    begin: ({ wire }) => wire.drop(),
    end: ({ wire }) => wire.heal(),
  },
  {
    name: 'the connection hangs',
    silent: true,
    begin: ({ wire }) => wire.hang(),
    end: ({ wire }) => wire.heal(),
  },
];

for (const cut of cuts) {
  test(`K7, K10: everything is in place after ${cut.name}`, async ({ person, house, wire, guard }) => {
    test.setTimeout(2 * BACK_MS);
    guard.expectCuts();
    const alice = await person('alice', { through: wire });
    const bob = await person('bob');
    await alice.openRoom('lobby');
    await bob.openRoom('lobby');
    await alice.say('before, from alice');
    await bob.hears('before, from alice');
    await bob.say('before, from bob');
    await alice.hears('before, from bob');

    await cut.begin({ alice, house, wire });
    if (!cut.silent) await expect(alice.status).toContainText(/offline|connecting/i);
    for (const text of inTheDark) {
      await alice.say(text);
      await alice.holds(text);
    }
    for (const text of meanwhile) {
      await bob.say(text);
      if (cut.both) await bob.holds(text);
      else await bob.hears(text);
    }
    await expect(alice.messages(meanwhile[0])).toHaveCount(0);
    await expect(bob.messages(inTheDark[0])).toHaveCount(0);
    await cut.end({ alice, house, wire });

    const all = ['before, from alice', 'before, from bob', ...inTheDark, ...meanwhile];
    for (const text of all) {
      await alice.hears(text, BACK_MS);
      await bob.hears(text, BACK_MS);
    }
    await expect(alice.status).not.toContainText(/offline|connecting/i);

    // One order on both sides, the one that is stored; and each one's own order is kept.
    const order = await bob.order(all);
    expect([...order].sort()).toEqual([...all].sort());
    expect(await alice.order(all)).toEqual(order);
    expect(order.filter((text) => inTheDark.includes(text))).toEqual(inTheDark);
    expect(order.filter((text) => meanwhile.includes(text))).toEqual(meanwhile);
    await alice.reload();
    expect(await alice.order(all)).toEqual(order);

    await bob.say('and on we go');
    await alice.hears('and on we go');
  });
}

test('a restart while people are talking loses nothing and doubles nothing', async ({ person, house, guard }) => {
  test.setTimeout(2 * BACK_MS);
  guard.expectCuts();
  const alice = await person('alice');
  const bob = await person('bob');
  await alice.openRoom('lobby');
  await bob.openRoom('lobby');
  await alice.say('ready');
  await bob.hears('ready');

  const said: string[] = [];
  const talk = async (who: Person) => {
    for (let n = 10; n < 25; n += 1) {
      const text = `${who.name} says number ${n}.`;
      said.push(text);
      await who.say(text);
    }
  };
  const restarts = async () => {
    await house.restart('SIGTERM');
    await house.restart('SIGKILL');
  };
  await Promise.all([talk(alice), talk(bob), restarts()]);
  await talk(alice);

  for (const text of new Set(said)) {
    const times = said.filter((other) => other === text).length;
    for (const who of [alice, bob]) {
      await expect(who.messages(text)).toHaveCount(times, { timeout: BACK_MS });
      await expect(who.log.locator('article.pending, article.failed')).toHaveCount(0, { timeout: BACK_MS });
    }
  }
  const order = await bob.order([...new Set(said)]);
  expect(order).toHaveLength(said.length);
  expect(await alice.order([...new Set(said)])).toEqual(order);
  await bob.reload();
  const kept = await bob.order([...new Set(said)]);
  expect(kept).toEqual(order.slice(-kept.length));
});

test('unsent messages survive a reload', async ({ person, wire, guard }) => {
  test.setTimeout(2 * BACK_MS);
  guard.expectCuts();
  const alice = await person('alice', { through: wire });
  const bob = await person('bob');
  await alice.openRoom('lobby');
  await bob.openRoom('lobby');
  await alice.say('this one went out');
  await bob.hears('this one went out');

  wire.pagesOnly();
  await expect(alice.status).toContainText(/offline|connecting/i);
  for (const text of inTheDark) {
    await alice.say(text);
    await alice.holds(text);
  }
  await alice.reload();
  for (const text of inTheDark) await alice.holds(text);
  expect(await alice.order(inTheDark)).toEqual(inTheDark);

  wire.heal();
  for (const text of inTheDark) {
    await alice.hears(text, BACK_MS);
    await bob.hears(text);
  }
  expect(await bob.order(inTheDark)).toEqual(inTheDark);
  await alice.reload();
  for (const text of inTheDark) await alice.hears(text);
});

test('the page stays readable and says how it is', async ({ person, guard }) => {
  guard.expectCuts();
  const alice = await person('alice');
  await alice.openRoom('lobby');
  await alice.say('readable throughout');
  await alice.hears('readable throughout');
  const box = await alice.composer.boundingBox();
  await alice.context.setOffline(true);
  await expect(alice.status).toContainText(/You are offline/);
  await expect(alice.messages('readable throughout')).toBeVisible();
  await expect(alice.composer).toBeEditable();
  expect(await alice.composer.boundingBox()).toEqual(box);
  await alice.context.setOffline(false);
  await expect(alice.status).toContainText(/Back/);
  await expect(alice.status).not.toContainText(/Back/);
  expect(await alice.composer.boundingBox()).toEqual(box);
});
