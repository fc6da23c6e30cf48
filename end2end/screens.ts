// The pictures of docs/screens. Not tests: they are looked at.
import { test, type Person } from './support/test.ts';

const FOLDER = '../docs/screens';
const DESK = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };

const EVENING: [string, string][] = [
  ['wen', 'the laser cutter is free again after four'],
  ['wen', 'someone left acrylic in it, please check the bed before you start'],
  ['jo', 'that was me, sorry. Cleaned it, and the focus is back to 6 mm.'],
  ['noor', 'taking it from half past five, then it is yours, mira'],
  ['mira', 'perfect, thank you 🌱'],
  ['小林', '周六的活动还有两个名额，谁要一起来？'],
  ['sam', 'I am in! What do I bring?'],
  ['小林', '带上好心情就行 😄'],
  ['mira', 'I bring the walnut sheets, two are spoken for'],
];

test('an ordinary evening', async ({ house, person, visitor }) => {
  test.setTimeout(180_000);
  await house.addUser('ada', { admin: true });
  const people = new Map<string, Person>();
  for (const name of ['mira', 'wen', 'noor', 'jo', 'sam', '小林']) people.set(name, await person(name));
  const mira = people.get('mira')!;
  const others: [string, string, string][] = [
    ['book club', 'noor', 'chapter nine for next week'],
    ['garden', 'jo', 'photo of the tomatoes 🍅'],
    ['release 2.4', 'wen', 'tagging now, watch the graph'],
    ['中文 聊天室', '小林', '周六的活动还有两个名额'],
    ['café', 'sam', 'anyone up for a walk at noon?'],
  ];
  for (const [room, author, text] of others) {
    await mira.enterRoom(room);
    await people.get(author)!.post(`#${room}`, text);
  }
  for (const [author, text] of EVENING) await people.get(author)!.post('#lobby', text);
  await people.get('noor')!.post('@mira', 'see you at half past seven?');
  for (const name of ['wen', 'noor', 'jo', 'sam']) await people.get(name)!.openRoom('lobby');
  await people.get('小林')!.openRoom('中文 聊天室');

  for (const [theme, device, viewport] of [
    ['light', '', DESK],
    ['dark', '', DESK],
    ['light', '-phone', PHONE],
    ['dark', '-phone', PHONE],
  ] as const) {
    const at = (page: string) =>
      `${FOLDER}/${page}${theme === 'dark' ? '-dark' : ''}${device}.png`;
    const { page } = mira;
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    await page.setViewportSize(viewport);
    await mira.openRoom('lobby');
    await mira.hears('I bring the walnut sheets');
    await page.screenshot({ path: at('room') });
    await mira.visit('/chat/');
    await page.screenshot({ path: at('index') });
    await mira.openTalk('noor');
    await page.screenshot({ path: at('talk') });
    const guest = await visitor({ colorScheme: theme, viewport });
    await guest.visit('/login');
    await guest.page.screenshot({ path: at('login') });
  }
});
