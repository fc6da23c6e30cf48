// What people expect in their language and with their names, line by line.
import { panel, rooms } from '../../support/drawers.ts';
import { dress } from '../../support/look.ts';
import { PASSWORD, expect, test } from '../../support/test.ts';

const WORDS = 'English and 简体中文, chosen by cookie, then Accept-Language; <html lang> from the server; names in any script, NFC-normalised, look-alikes of existing names refused';

test(`${WORDS} — cookie, then Accept-Language`, async ({ person, visitor }) => {
  await person('alice');
  const guest = await visitor({ locale: 'zh-CN' });
  const lang = () => guest.page.locator('html').getAttribute('lang');
  for (const [header, expected] of [
    ['zh-CN,zh;q=0.9,en;q=0.8', 'zh-CN'],
    ['zh', 'zh-CN'],
    ['de,en;q=0.5', 'en'],
    ['fr', 'en'],
    ['en;q=0.3,zh-TW;q=0.8', 'zh-CN'],
  ]) {
    const headers = { 'Accept-Language': header };
    const html = await (await guest.context.request.get(`${guest.base}/chat/`, { headers })).text();
    expect(html.slice(0, html.indexOf('<head')), header).toContain(`lang="${expected}"`);
  }
  await guest.visit('/chat/');
  expect(await lang()).toBe('zh-CN');
  await expect(guest.page.getByRole('textbox', { name: '找一个房间，或给新房间起名' })).toBeVisible();
  await dress(guest, { lang: 'en' });
  await guest.visit('/chat/');
  expect(await lang()).toBe('en');
  await guest.visit('/settings');
  await guest.page.getByRole('button', { name: '简体中文' }).click();
  await expect(guest.page.getByRole('heading', { name: '设置' })).toBeVisible();
  expect(await lang()).toBe('zh-CN');
  await guest.visit('/login');
  await expect(guest.page.getByRole('button', { name: '登录' })).toBeVisible();
});

test(`${WORDS} — the whole of a room in Chinese`, async ({ person, guard }) => {
  guard.expectCuts();
  const alice = await person('alice');
  const bob = await person('bob');
  await bob.openRoom('lobby');
  await alice.openRoom('lobby');
  await (await rooms(alice)).getByRole('link', { name: 'Settings' }).click();
  await panel(alice).getByRole('button', { name: '简体中文' }).click();
  await expect(alice.page.locator('html')).toHaveAttribute('lang', 'zh-CN');
  await alice.awake();
  const { page } = alice;
  const log = page.getByRole('log', { name: '消息记录' });
  const box = page.getByRole('textbox', { name: '消息', exact: true });
  await expect(log).toBeVisible();
  await box.fill('晚上好');
  await page.getByRole('button', { name: '发送', exact: true }).click();
  await bob.hears('晚上好');
  await bob.composer.pressSequentially('well');
  await expect(page.getByText('bob 正在输入')).toBeVisible();
  await box.fill('/nothing');
  await page.getByRole('button', { name: '发送', exact: true }).click();
  await expect(page.getByRole('alert')).toContainText(/[\u4e00-\u9fff]/);
  await alice.context.setOffline(true);
  await expect(page.locator('.status').getByRole('status')).toContainText('你已离线');
  await alice.context.setOffline(false);
  await expect(page.locator('.status').getByRole('status')).toContainText('已恢复连接');
  // Nothing English is left over but names.
  await alice.reload();
  const words = await page.evaluate(() => document.body.innerText.match(/[A-Za-z]{3,}/g) ?? []);
  const known = ['Roomful', 'lobby', 'alice', 'bob', 'nothing', 'ALICE', 'well'];
  expect(words.filter((word) => !known.includes(word))).toEqual([]);
});

test(`${WORDS} — names of people`, async ({ house, person, visitor }) => {
  await person('alice');
  const composed = 'ren\u00e9';
  const guest = Object.assign(await visitor(), { name: 'rene\u0301' });
  await guest.signUp();
  await guest.openRoom('lobby');
  expect(await (await rooms(guest)).locator('.side-foot .name').textContent()).toBe(composed);
  const another = await visitor();
  for (const taken of [composed, 'аlice', 'ALICE', 'al\u0456ce', 'ａｌｉｃｅ']) {
    await another.visit('/signup');
    await another.page.getByLabel('Name', { exact: true }).fill(taken);
    await another.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await another.page.getByRole('button', { name: 'Sign up', exact: true }).click();
    await expect(another.page.getByRole('alert'), taken).toContainText('taken');
  }
  for (const name of ['小林', 'مريم', 'Ольга', 'נועה', 'さくら', 'ประภา']) {
    const somebody = Object.assign(await visitor(), { name });
    await somebody.signUp();
    await somebody.openRoom('lobby');
    await somebody.say(`from ${name}`);
    await somebody.hears(`from ${name}`);
    await expect(somebody.messages(`from ${name}`).locator('.by bdi')).toHaveText(name);
    await somebody.context.close();
  }
  expect(house.output).not.toContain(PASSWORD);
});

test(`${WORDS} — names of rooms`, async ({ person }) => {
  const alice = await person('alice');
  for (const room of ['中文 聊天室', 'caf\u00e9', 'غرفة', '🌱 garden']) await alice.enterRoom(room);
  const box = alice.page.getByRole('textbox', { name: 'Find a room, or name a new one' });
  const enter = async (name: string) => {
    await alice.visit('/chat/');
    await box.fill(name);
    await alice.page.getByRole('button', { name: 'Enter', exact: true }).click();
  };
  // The same name, written otherwise, is the same room.
  await enter('cafe\u0301');
  await alice.isIn('caf\u00e9');
  await enter('CAF\u00c9');
  await alice.isIn('caf\u00e9');
  for (const alike of ['саfé', 'lоbby']) {
    await enter(alike);
    await expect(alice.page.getByRole('alert').filter({ visible: true }), alike).toContainText('looks like');
  }
});
