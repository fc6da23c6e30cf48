// What stands beside the log on a desk and in drawers on a phone, and what one does to a message by
// mouse or by finger: a test says the same for both.
import { expect, type Locator } from '@playwright/test';
import type { Person } from './person.ts';

/** Whether this browser belongs to a finger. */
export const byFinger = ({ page }: Person): Promise<boolean> =>
  page.evaluate(() => matchMedia('(pointer: coarse)').matches);

async function opened(who: Person, drawer: Locator, button: string): Promise<Locator> {
  if (!(await drawer.isVisible())) {
    await who.page.getByRole('button', { name: button, exact: true }).click();
  }
  await expect(drawer).toBeInViewport();
  return drawer;
}

/** The rooms and people, taken out of their drawer where they are in one. */
export const rooms = (who: Person) => opened(who, who.side, 'Rooms');

/** Who is here, likewise. */
export const people = (who: Person) => opened(who, who.people, 'People');

/** Puts away whichever drawer is out. */
export const shut = (who: Person) => who.hideDrawers();

/** Whom the list of those here names, in its order; `you` stands behind my own name. */
export async function here(who: Person): Promise<string[]> {
  const list = (await people(who)).getByRole('listitem');
  const names = await list.evaluateAll((all) =>
    all.map((one) => {
      const name = one.querySelector('.name')?.textContent ?? '';
      return one.querySelector('.you') ? `${name} you` : name;
    }),
  );
  await shut(who);
  return names;
}

/** Opens a message's menu: from the toolbar under the pointer, or from the button on the tapped row. */
export async function menuOf(who: Person, text: string): Promise<Locator> {
  const message = who.messages(text);
  // In the margin, where no link is.
  const position = { x: 6, y: 6 };
  if (await byFinger(who)) await message.tap({ position });
  else await message.hover({ position });
  await who.page.getByRole('button', { name: 'More', exact: true }).click();
  const menu = who.page.getByRole('dialog', { name: 'What to do with this message' });
  await expect(menu).toBeVisible();
  return menu;
}

/** The panel that stands beside the room. */
export const panel = ({ page }: Person): Locator => page.locator('dialog#panel');
