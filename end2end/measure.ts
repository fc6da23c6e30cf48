// How the page feels, in figures that can be compared: what the browser's own observer says of it.
// `make page` prints them; docs/performance.md keeps them.
import { brotliCompressSync } from 'node:zlib';
import { expect, test, type Person } from './support/test.ts';
import { observe, observed } from './support/observe.ts';

/** A long room, and one that fits on a page. */
const LONG = 100_000;
const SHORT = 50;
/** So often each is opened; every second time the other one first. */
const OPENINGS = 15;
/** Messages a second that come in, and for how long. */
const RATE = 20;
const SECONDS = 20;
/** Messages that are scrolled back. */
const BACK = 2_000;

const median = (all: number[]) => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;
/** Presses that took less than the observer tells of count as that. */
const percentile = (all: number[], of: number, share: number) => {
  const told = [...all].sort((a, b) => a - b);
  const rest = Math.max(0, of - told.length);
  const at = Math.ceil(of * share) - 1 - rest;
  return at < 0 ? 16 : (told[at] ?? 0);
};
const ms = (value: number) => `${value.toFixed(0)} ms`;
const say = (what: string, value: string) => console.log(`  ${what.padEnd(64)} ${value}`);

async function opened(person: Person, room: string) {
  await person.page.goto(`${person.base}/chat/${room}/`);
  await person.awake();
  return person.page.evaluate(() => ({
    readable: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0,
    awake: performance.now(),
  }));
}

test('a room of 100,000 messages opens like one of 50', async ({ house, person }) => {
  const mira = await person('mira');
  for (const [room, count] of [['short', SHORT], ['long', LONG]] as const) {
    await mira.enterRoom(room);
    await house.fill(room, count);
  }
  const times = { short: [] as { readable: number; awake: number }[], long: [] as { readable: number; awake: number }[] };
  for (const room of ['short', 'long'] as const) await opened(mira, room);
  for (let n = 0; n < OPENINGS; n += 1) {
    const order = n % 2 ? (['short', 'long'] as const) : (['long', 'short'] as const);
    for (const room of order) times[room].push(await opened(mira, room));
  }
  for (const of of ['readable', 'awake'] as const) {
    const [short, long] = (['short', 'long'] as const).map((room) => median(times[room].map((one) => one[of])));
    say(`opening, until it is ${of}: ${LONG} messages beside ${SHORT}`, `${ms(long)} / ${ms(short)} = ${(long / short).toFixed(2)}`);
  }
});

test('scrolling back', async ({ house, person }) => {
  const mira = await person('mira');
  await mira.enterRoom('long');
  await house.fill('long', LONG);
  await observe(mira.page);
  await mira.openRoom('long');
  const rows = mira.log.locator('article.msg');
  const number = async () => Number(/Message (\d+) of/.exec(await rows.first().innerText())?.[1] ?? LONG);
  await mira.log.hover();
  let most = 0;
  let first = await number();
  const begun = first;
  while (begun - first < BACK) {
    await mira.page.mouse.wheel(0, -1_200);
    await mira.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    most = Math.max(most, await mira.page.evaluate(() => document.querySelectorAll('*').length));
    first = await number();
  }
  const { long } = await observed(mira.page);
  say(`scrolled back ${begun - first} messages: elements in the document, at most`, String(most));
  say('  tasks over 50 ms meanwhile (the first ones are the program starting)', `${long.length}, longest ${ms(Math.max(0, ...long))}`);
});

test('while it is busy', async ({ person }) => {
  const mira = await person('mira');
  const noor = await person('noor');
  await observe(mira.page);
  await mira.openRoom('lobby');
  for (let n = 0; n < 60; n += 1) await noor.post('#lobby', `before ${n}`);
  await mira.hears('before 59');
  await observed(mira.page, true);
  const until = Date.now() + SECONDS * 1_000;
  const speaking = (async () => {
    for (let n = 0; Date.now() < until; n += 1) {
      const next = Date.now() + 1_000 / RATE;
      await noor.post('#lobby', `said ${n}: **loud** and \`quiet\`, https://example.org/${n}`);
      await new Promise((done) => setTimeout(done, Math.max(0, next - Date.now())));
    }
  })();
  let presses = 0;
  await mira.composer.click();
  while (Date.now() < until - 1_500) {
    const text = 'what I have to say about it';
    await mira.composer.pressSequentially(text, { delay: 40 });
    await mira.composer.press('Enter');
    presses += text.length + 1;
    await expect(mira.composer).toHaveValue('');
  }
  await speaking;
  const { long, interactions } = await observed(mira.page);
  say(`${RATE} messages a second for ${SECONDS} s: tasks over 50 ms`, `${long.length}, longest ${ms(Math.max(0, ...long))}`);
  for (const share of [0.5, 0.95, 0.99]) {
    say(`  typing and sending until the next frame, p${share * 100} of ${presses}`, ms(percentile(interactions, presses, share)));
  }
});

test('what moves, and what comes first', async ({ person }) => {
  const mira = await person('mira');
  for (let n = 0; n < 60; n += 1) await mira.post('#lobby', `line ${n}: the laser cutter is free again after four`);
  await observe(mira.page);
  for (const path of ['/chat/', '/chat/lobby/']) {
    await mira.visit(path);
    await mira.page.waitForLoadState('networkidle');
    const { shift, firstPaint, largestPaint } = await observed(mira.page);
    say(`${path}: layout shift`, shift.toFixed(4));
    say('  first paint, largest paint', `${ms(firstPaint)}, ${ms(largestPaint)}`);
  }
  const answer = await mira.context.request.get(`${mira.base}/chat/lobby/`);
  const html = await answer.text();
  const style = /href="([^"]+\.css)"/.exec(html)?.[1] ?? '';
  const css = await (await mira.context.request.get(mira.base + style)).body();
  const upTo = html.slice(0, html.indexOf('</article>'));
  const small = (bytes: Buffer) => brotliCompressSync(bytes).length;
  say('bytes (brotli) before the first message can be read: page, style', `${small(Buffer.from(upTo))} + ${small(css)}`);
  say('bytes (brotli) of the whole page and the style', `${small(Buffer.from(html))} + ${small(css)}`);
});
