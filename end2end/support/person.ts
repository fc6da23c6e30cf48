import { expect, type BrowserContext, type Locator, type Page } from '@playwright/test';
import { PASSWORD } from '../../tools/house.mjs';

/** Someone at a browser: what they do and what they see, in the words that the page uses. */
export class Person {
  constructor(
    readonly name: string,
    readonly page: Page,
    /** Where this browser finds the house: the server itself, or a wire that leads to it. */
    readonly base: string,
    /** Whether the browser runs scripts. */
    readonly scripts: boolean,
  ) {}

  get context(): BrowserContext {
    return this.page.context();
  }

  get log(): Locator {
    return this.page.getByRole('log', { name: 'Messages' });
  }

  get composer(): Locator {
    return this.page.getByRole('textbox', { name: 'Message', exact: true });
  }

  get sendButton(): Locator {
    return this.page.getByRole('button', { name: 'Send', exact: true });
  }

  get status(): Locator {
    return this.page.locator('.status').getByRole('status');
  }

  get side(): Locator {
    return this.page.getByRole('navigation', { name: 'Rooms and people' });
  }

  get people(): Locator {
    return this.page.getByRole('complementary', { name: 'People here' });
  }

  /** What is shown beside the room: a page in a dialog. */
  get panel(): Locator {
    return this.page.getByRole('dialog').filter({ has: this.page.getByRole('heading', { level: 1 }) });
  }

  /** The bell in the header, which leads to what concerns them. */
  get bell(): Locator {
    return this.page.getByRole('link', { name: /^(Notifications|通知)/ });
  }

  /** The bell says that so much is unread; the page has it in its name, which is read out. */
  async bellSays(count: number | string) {
    const name = count === 0 ? 'Notifications' : `Notifications · ${count} unread`;
    await expect(this.bell).toHaveAccessibleName(name);
  }

  /** What can be done with a message: a menu, on a phone a sheet. */
  get menu(): Locator {
    return this.page.getByRole('dialog', { name: 'What to do with this message' });
  }

  /** One column, with drawers, and a finger to press with. */
  get onPhone(): boolean {
    return (this.page.viewportSize()?.width ?? Infinity) < 600;
  }

  /** With the finger, or with the mouse. */
  async press(what: Locator) {
    if (this.onPhone) await what.tap();
    else await what.click();
  }

  /** The column of rooms and people is there: on a phone its drawer is open. */
  async showRooms() {
    if (!this.onPhone || (await this.side.isVisible())) return;
    await this.page.getByRole('button', { name: 'Rooms', exact: true }).tap();
    await expect(this.side).toBeInViewport();
  }

  /** The list of who is here is there: on a phone its drawer is open. */
  async showPeople() {
    if (!this.onPhone || (await this.people.isVisible())) return;
    await this.page.getByRole('button', { name: 'People', exact: true }).tap();
    await expect(this.people).toBeInViewport();
  }

  /** A phone's drawers are closed again, by a tap beside the one that is out. */
  async hideDrawers() {
    if (!this.onPhone) return;
    const out = this.page.locator('[popover]:popover-open');
    if ((await out.count()) > 0) {
      const { x } = (await out.boundingBox())!;
      const { width, height } = this.page.viewportSize()!;
      // In the margin of the log, where neither a button nor a link is near.
      await this.page.touchscreen.tap(x > 0 ? 10 : width - 10, height / 2);
    }
    await expect(this.side).toBeHidden();
    await expect(this.people).toBeHidden();
  }

  /** A room's or a person's line in the side column; only where that is shown. */
  line(name: string): Locator {
    return this.side.getByRole('listitem').filter({ has: this.page.locator('bdi', { hasText: new RegExp(`^${name}$`) }) });
  }

  /** By its line in the side column, without loading a page. */
  async goTo(name: string) {
    await this.showRooms();
    await this.press(this.line(name).getByRole('link').first());
    await this.isIn(name);
    await this.hideDrawers();
  }

  /** The page about the room or the person, as a panel. */
  async openAbout() {
    await this.press(this.page.getByRole('main').getByRole('link', { name: 'About', exact: true }));
    await expect(this.panel).toBeVisible();
  }

  async closePanel() {
    await this.page.keyboard.press('Escape');
    await expect(this.panel).toHaveCount(0);
  }

  /** What can be done with this message, which is the only one with that text. */
  async openMenu(text: string) {
    const message = this.messages(text);
    if (this.onPhone) await message.tap();
    else await message.hover();
    await this.press(this.page.getByRole('button', { name: 'More', exact: true }));
    await expect(this.menu).toBeVisible();
  }

  /** Does this with a message. */
  async choose(text: string, what: string) {
    await this.openMenu(text);
    await this.press(this.menu.getByRole('menuitem', { name: what, exact: true }));
  }

  /** With one of the reactions that are one step away. */
  async react(text: string, emoji: string) {
    await this.openMenu(text);
    await this.press(this.menu.getByRole('button', { name: `React with ${emoji}` }));
    await expect(this.menu).toBeHidden();
  }

  /** The reaction under this message, as it is read out. */
  chip(text: string, who: string, emoji: string): Locator {
    return this.messages(text).getByRole('button', { name: `${who} reacted with ${emoji}`, exact: true });
  }

  /** Scrolls the log by so many pixels, as a wheel or a finger does, and until that is drawn. */
  async scroll(by: number) {
    await this.log.evaluate(
      (log, by) =>
        new Promise<void>((done) => {
          log.scrollTop += by;
          requestAnimationFrame(() => requestAnimationFrame(() => done()));
        }),
      by,
    );
  }

  /** Nothing is wider than the window. */
  async fits() {
    expect(await this.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  }

  /** The messages that contain this text, however they fare. */
  messages(text: string): Locator {
    return this.log.locator('article.msg').filter({ hasText: text });
  }

  /** The quiet lines of the log: who came and who left. */
  notes(text: string | RegExp): Locator {
    return this.log.getByRole('paragraph').filter({ hasText: text });
  }

  /** Another tab of the same browser. */
  async anotherTab(): Promise<Person> {
    return new Person(this.name, await this.context.newPage(), this.base, this.scripts);
  }

  /** Opens a page of the house and waits until it listens to what a person does. */
  async visit(path: string) {
    const answer = await this.page.goto(this.base + path);
    await this.awake();
    return answer;
  }

  async reload() {
    // A panel that was just closed may still be on its way back in the browser's history, and breaks it off.
    await expect(() => this.page.reload()).toPass();
    await this.awake();
  }

  /** Until the program has taken over, where the page has one. */
  async awake() {
    if (!this.scripts) return;
    const program = this.page.locator('#house-data, #index-data');
    if ((await program.count()) > 0) {
      await expect(this.page.locator('html[data-awake]')).toBeAttached({ timeout: 20_000 });
    }
  }

  async logIn(password = PASSWORD) {
    await this.visit('/login');
    await this.page.getByLabel('Name', { exact: true }).fill(this.name);
    await this.page.getByLabel('Password', { exact: true }).fill(password);
    await this.page.getByRole('button', { name: 'Log in', exact: true }).click();
    await expect(this.page).toHaveURL(`${this.base}/chat/`);
    await this.awake();
  }

  async signUp(password = PASSWORD) {
    await this.visit('/signup');
    await this.page.getByLabel('Name', { exact: true }).fill(this.name);
    await this.page.getByLabel('Password', { exact: true }).fill(password);
    await this.page.getByRole('button', { name: 'Sign up', exact: true }).click();
    await expect(this.page).toHaveURL(`${this.base}/chat/`);
    await this.awake();
  }

  /** By the form on the index, which opens the room or makes it. */
  async enterRoom(room: string) {
    await this.visit('/chat/');
    await this.page.getByRole('textbox', { name: 'Find a room, or name a new one' }).fill(room);
    await this.page.getByRole('button', { name: 'Enter', exact: true }).click();
    await this.isIn(room);
  }

  /** By its address. */
  async openRoom(room: string) {
    await this.visit(`/chat/${encodeURIComponent(room)}/`);
    await this.isIn(room);
  }

  /** By its address, as one of those who belong to it: it stands in the side column. */
  async joinRoom(room: string) {
    const answer = await this.context.request.post(`${this.base}/api/join`, {
      form: { room, page: `/chat/${encodeURIComponent(room)}/` },
      headers: { Accept: 'text/html', Origin: this.base },
      maxRedirects: 0,
    });
    expect(answer.status(), await answer.text()).toBe(303);
    await this.openRoom(room);
  }

  /** By its address. */
  async openTalk(other: string) {
    await this.visit(`/talk/${encodeURIComponent(other)}/`);
    await this.isIn(other);
  }

  /** The page is this room's or this person's, and its address says so. */
  async isIn(name: string) {
    await expect(this.page.getByRole('heading', { level: 1, name, exact: true })).toBeVisible();
    expect(this.place()).toBe(name);
    await this.awake();
  }

  /** What the address names. */
  place(): string {
    const [, , segment] = new URL(this.page.url()).pathname.split('/');
    return decodeURIComponent(segment);
  }

  /** Says it: by Enter, or by the button where there are no scripts or no keyboard. */
  async say(text: string) {
    await this.composer.fill(text);
    const byEnter = this.scripts && (await this.page.evaluate(() => !matchMedia('(pointer: coarse)').matches));
    if (byEnter) await this.composer.press('Enter');
    else await this.sendButton.click();
    await expect(this.composer).toHaveValue('');
  }

  /** The message is there, once, and stored. */
  async hears(text: string, patience?: number) {
    const all = this.messages(text);
    await expect(all).toHaveCount(1, { timeout: patience });
    await expect(all).not.toHaveClass(/(^| )(pending|failed)( |$)/, { timeout: patience });
  }

  /** The message is there, once, and on its way. */
  async holds(text: string) {
    await expect(this.messages(text)).toHaveCount(1);
    await expect(this.messages(text)).toHaveClass(/(^| )pending( |$)/);
  }

  async seesHere(...names: string[]) {
    await expect(this.people.getByRole('heading', { name: `Here now · ${names.length}` })).toBeVisible();
    for (const name of names) await expect(this.people.getByRole('listitem').filter({ hasText: name })).toBeVisible();
  }

  /** Which of these texts the log shows, in its order, as often as it shows them. */
  async order(texts: string[]): Promise<string[]> {
    const shown = await this.log.locator('article.msg').allInnerTexts();
    return shown.flatMap((message) => texts.filter((text) => message.includes(text)));
  }

  /** Says it by the plain form, without the page: quick, for filling a room. */
  async post(to: string, body: string, cid = crypto.randomUUID()) {
    const page = `/chat/${encodeURIComponent(to.slice(1))}/`;
    const answer = await this.context.request.post(`${this.base}/api/say`, {
      form: { to, body, cid, page },
      headers: { Accept: 'text/html', Origin: this.base },
      maxRedirects: 0,
    });
    expect(answer.status(), await answer.text()).toBe(303);
  }
}
