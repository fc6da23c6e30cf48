// Panels: pages beside what is on the screen.
import { expect, test, PASSWORD, type Person } from '../support/test.ts';

const panel = ({ page }: Person) => page.getByRole('dialog');

async function openAccount(me: Person) {
  await me.side.getByRole('link', { name: me.name }).click();
  await expect(panel(me).getByRole('heading', { level: 1, name: 'Your account' })).toBeVisible();
}

test('a panel opens beside the room, and the focus is back where it was', async ({ person }) => {
  const alice = await person('alice');
  await alice.openRoom('lobby');
  const address = alice.page.url();
  await openAccount(alice);
  expect(alice.page.url()).toBe(address);
  await expect(panel(alice).getByRole('heading', { level: 1 })).toBeFocused();
  for (const close of [
    () => alice.page.keyboard.press('Escape'),
    () => panel(alice).getByRole('button', { name: 'Close' }).click(),
    () => alice.page.mouse.click(500, 300),
  ]) {
    await close();
    await expect(panel(alice)).toHaveCount(0);
    await expect(alice.side.getByRole('link', { name: 'alice' })).toBeFocused();
    await openAccount(alice);
  }
  await alice.page.goBack();
  await expect(panel(alice)).toHaveCount(0);
  expect(alice.page.url()).toBe(address);
  // With a key held it is the browser's own click.
  const [tab] = await Promise.all([
    alice.context.waitForEvent('page'),
    alice.side.getByRole('link', { name: 'alice' }).click({ modifiers: ['ControlOrMeta'] }),
  ]);
  await expect(tab).toHaveURL(/\/account$/);
});

test('a panel that opens right after another was closed is not taken for it', async ({ person }) => {
  const alice = await person('alice');
  await alice.visit('/chat/');
  await alice.openRoom('lobby');
  await openAccount(alice);
  await alice.page.evaluate(() => {
    // That it is closed is told a moment later.
    document.querySelector<HTMLDialogElement>('#panel')!.close();
    document.querySelector<HTMLElement>('main a[href="/chat/lobby/about"]')!.click();
  });
  await expect(panel(alice).getByRole('heading', { level: 1, name: 'lobby' })).toBeFocused();
  await alice.page.goBack();
  await expect(panel(alice)).toHaveCount(0);
  await alice.isIn('lobby');
  await alice.page.goBack();
  await expect(alice.page).toHaveURL(/\/chat\/$/);
});

test('a form in a panel is refused, corrected and done without leaving the room', async ({ person }) => {
  const alice = await person('alice');
  await alice.openRoom('lobby');
  await openAccount(alice);
  const dialog = panel(alice);
  await dialog.getByLabel('Current password', { exact: true }).fill('not my password');
  await dialog.getByLabel('New password', { exact: true }).fill('another lamp entirely');
  await dialog.getByRole('button', { name: 'Change password' }).click();
  await expect(dialog.getByRole('alert').filter({ visible: true })).toBeVisible();
  await expect(dialog.getByLabel('Current password', { exact: true })).toBeFocused();
  await dialog.getByLabel('Current password', { exact: true }).fill(PASSWORD);
  await dialog.getByLabel('New password', { exact: true }).fill('another lamp entirely');
  await dialog.getByRole('button', { name: 'Change password' }).click();
  await expect(dialog.getByText(/password was changed/i)).toBeVisible();
  await alice.page.keyboard.press('Escape');
  await alice.say('still here');
  await alice.hears('still here');
});

test('a panel that cannot be reached says so and keeps what was typed', async ({ person, guard }) => {
  guard.expectCuts();
  const alice = await person('alice');
  await alice.openRoom('lobby');
  await openAccount(alice);
  const dialog = panel(alice);
  await dialog.getByLabel('Current password', { exact: true }).fill('typed');
  await dialog.getByLabel('New password', { exact: true }).fill('typed as well');
  await alice.context.setOffline(true);
  await dialog.getByRole('button', { name: 'Change password' }).click();
  await expect(dialog.getByText(/cannot be reached/)).toBeVisible();
  await expect(dialog.getByLabel('New password', { exact: true })).toHaveValue('typed as well');
  await alice.page.keyboard.press('Escape');
  await alice.side.getByRole('link', { name: 'alice' }).click();
  await expect(dialog.getByText(/cannot be reached/)).toBeVisible();
  await alice.context.setOffline(false);
  await dialog.getByRole('link', { name: 'Try again' }).click();
  await expect(dialog.getByRole('heading', { level: 1, name: 'Your account' })).toBeVisible();
  await expect(dialog.getByText(/cannot be reached/)).toBeHidden();
});

test('times in panels are on my own clock; where no program runs they say whose they are', async ({ person }) => {
  const how = { timezoneId: 'Asia/Kolkata' };
  const alice = await person('alice', how);
  await alice.openRoom('lobby');
  await alice.say('a frist word');
  await alice.hears('a frist word');
  await alice.composer.press('ArrowUp');
  await alice.composer.fill('a first word');
  await alice.composer.press('Enter');
  await alice.hears('a first word');
  await expect(alice.messages('a first word')).not.toHaveClass(/waits/);
  const edited = alice.messages('a first word').getByRole('link', { name: '(edited)' });
  await expect(edited).toHaveAttribute('title', /^Edited (?!.*UTC).*\d\d:\d\d$/);
  /** What the first time in the panel is, and how it reads and is to read. */
  const first = () =>
    panel(alice).locator('time').first().evaluate((time) => {
      const at = new Date((time as HTMLTimeElement).dateTime);
      const clock = at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
      return { said: time.textContent!, title: time.getAttribute('title') ?? '', clock };
    });
  await edited.click();
  await expect(panel(alice).locator('time').first()).toBeVisible();
  const shown = await first();
  expect(shown.said).toMatch(new RegExp(`${shown.clock}$`));
  await alice.page.keyboard.press('Escape');

  const bob = await person('bob');
  await bob.openRoom('lobby');
  await bob.say('@alice look');
  await alice.hears('@alice look');
  await alice.page.getByRole('link', { name: 'Notifications' }).click();
  await expect(panel(alice).locator('time').first()).toBeVisible();
  const called = await first();
  expect(called.title).toMatch(new RegExp(`${called.clock}$`));

  const plain = await person('alice', { ...how, scripts: false });
  await plain.visit('/notifications/');
  await expect(plain.page.locator('time').first()).toHaveAttribute('title', / UTC$/);
  await plain.visit('/account');
  await expect(plain.page.locator('time').first()).toHaveText(/ UTC$/);
});
