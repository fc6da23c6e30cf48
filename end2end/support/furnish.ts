// A house with something of everything in it, and all of its pages.
import { deflateSync } from 'node:zlib';
import type { Person } from './person.ts';

/** A frame of the main socket that is answered. */
type Frame = Record<string, unknown> & { t: string };

/** Sends frames by a socket of its own, one after the other; resolves to their answers. */
export function tell(who: Person, frames: Frame[]): Promise<{ id?: string; seq?: number }[]> {
  return who.page.evaluate(
    (frames) =>
      new Promise<{ id?: string }[]>((done, failed) => {
        const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/ws`, 'roomful.v1');
        const answers: { id?: string }[] = [];
        const next = () => {
          if (answers.length < frames.length) {
            socket.send(JSON.stringify({ id: answers.length + 1, ...frames[answers.length] }));
          } else {
            socket.close();
            done(answers);
          }
        };
        socket.onmessage = ({ data }) => {
          const frame = JSON.parse(data);
          if (frame.t === 'hello') next();
          else if (frame.err) failed(new Error(JSON.stringify(frame.err)));
          else if (frame.re !== undefined) {
            answers.push(frame.ok);
            next();
          }
        };
        socket.onclose = ({ code }) => failed(new Error(`closed: ${code}`));
      }),
    frames,
  );
}

const send = (to: string, body: string, reply_to: string | null = null): Frame => ({
  t: 'send',
  to,
  cid: crypto.randomUUID(),
  body,
  reply_to,
});

/** A picture of one colour. */
export function picture(width: number, height: number): Buffer {
  const table = Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; k += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c >>> 0;
  });
  const crc = (bytes: Buffer) =>
    (bytes.reduce((sum, byte) => table[(sum ^ byte) & 255] ^ (sum >>> 8), 0xffffffff) ^ 0xffffffff) >>> 0;
  const chunk = (kind: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(kind), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc(body));
    return Buffer.concat([length, body, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(width * 3, 120)]);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(Buffer.concat(Array.from({ length: height }, () => row)))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** What is typed in chats. */
const TEXTS = [
  'plain words, and **bold**, *italic*, `code` and ~~gone~~',
  '```rust\nfn lamp() -> bool { true } // a line of code that is so long that no phone could ever show it whole\n```',
  '> as you said\n\nquite so: https://example.org/a/long/address/that/has/to/break/somewhere/on/a/phone',
  '- one\n- two\n\n||a spoiler||',
  '/me waves',
  '周六的活动还有两个名额',
];

/** What [furnish] made. */
export type Furnished = {
  /** Pages that whoever has no account sees, by path. */
  outside: string[];
  /** Pages that an administrator sees. */
  inside: string[];
};

/**
 * A lobby with all kinds of rows, a conversation, a closed room, pins, a topic, mentions. `admin` looks
 * after the house, `bob` is the other.
 */
export async function furnish(admin: Person, bob: Person): Promise<Furnished> {
  const there = await tell(bob, TEXTS.map((text) => send('#lobby', text)));
  const ids = there.map(({ id }) => id!);
  const mine = await tell(admin, [
    send('#lobby', 'gladly', ids[0]),
    send('#lobby', 'lunch at on'),
    send('#lobby', 'said too soon'),
  ]);
  const [answer, edited, gone] = mine.map(({ id }) => id!);
  await tell(admin, [
    { t: 'edit', to: '#lobby', message: edited, body: 'lunch at one' },
    { t: 'delete', to: '#lobby', message: gone },
    { t: 'react', to: '#lobby', message: ids[0], emoji: '👍', on: true },
    { t: 'pin', to: '#lobby', message: ids[3], on: true },
    { t: 'topic', to: '#lobby', text: 'What is cooking' },
    send('@bob', 'between the two of us'),
  ]);
  await tell(bob, [
    { t: 'react', to: '#lobby', message: ids[0], emoji: '👍', on: true },
    { t: 'react', to: '#lobby', message: answer, emoji: '🎉', on: true },
    send('#lobby', `@${admin.name} are you coming?`),
    send(`@${admin.name}`, 'nobody else hears this'),
  ]);
  const files = await admin.context.request.post(`${admin.base}/api/say`, {
    multipart: {
      to: '#lobby',
      body: 'look at this',
      cid: crypto.randomUUID(),
      page: '/chat/lobby/',
      files: { name: 'view.png', mimeType: 'image/png', buffer: picture(400, 300) },
    },
    headers: { Accept: 'text/html', Origin: admin.base },
    maxRedirects: 0,
  });
  if (files.status() !== 303) throw new Error(await files.text());
  const invited = await admin.context.request.post(`${admin.base}/api/make_invite`, {
    form: { page: '/house/invitations' },
    headers: { Accept: 'text/html', Origin: admin.base },
    maxRedirects: 0,
  });
  if (invited.status() !== 303) throw new Error(await invited.text());
  return {
    outside: [
      '/chat/',
      '/chat/?name=nothing+like+it',
      '/chat/lobby/',
      '/chat/nowhere/',
      '/login',
      '/signup',
      '/setup',
      '/search',
      '/search?q=lamp',
      '/settings',
      '/help',
      '/jump',
      '/offline',
      '/nothing/is/here',
    ],
    inside: [
      '/chat/',
      '/chat/lobby/',
      '/chat/nowhere/',
      '/chat/lobby/about',
      '/chat/lobby/people',
      '/chat/lobby/webhooks',
      `/chat/lobby/edits/${edited}`,
      '/talk/bob/',
      '/people',
      '/people/bob',
      '/people/bob?room=lobby',
      `/people/${admin.name}`,
      '/notifications/',
      '/notifications/?only=mentions',
      '/rooms/new',
      '/search',
      '/search?q=lunch',
      '/search?q=in:nowhere+lunch',
      '/settings',
      '/help',
      '/jump',
      '/share?text=look+at+this&url=https%3A%2F%2Fexample.org%2Fa',
      '/account',
      '/devices',
      '/house',
      '/house/rooms',
      '/house/invitations',
      '/house/tokens',
      '/api/v1/docs',
      '/nothing/is/here',
    ],
  };
}
