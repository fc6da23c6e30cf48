// Rounds through a furnished house: each of its pages, and each panel, drawer and menu of a room. What
// is to hold everywhere is looked at wherever one gets to.
import { expect } from '@playwright/test';
import type { House } from '../../tools/house.mjs';
import { menuOf, panel, people, rooms, shut } from './drawers.ts';
import { furnish } from './furnish.ts';
import type { Person } from './person.ts';

/** The one who looks after the house. */
async function keeper(house: House, visitor: () => Promise<Person>): Promise<Person> {
  await house.addUser('ada', { admin: true });
  const ada = Object.assign(await visitor(), { name: 'ada' });
  await ada.logIn();
  return ada;
}

/** Who sees which pages of the house, by path. */
export type Tour = {
  /** Who looks after the house. */
  ada: Person;
  /** Somebody without an account. */
  guest: Person;
  /** Every page, as each of the two sees it. */
  pages: [Person, string][];
};

/** Furnishes the house for a tour of its pages. */
export async function tour(
  house: House,
  { person, visitor }: { person: (name: string) => Promise<Person>; visitor: () => Promise<Person> },
): Promise<Tour> {
  const ada = await keeper(house, visitor);
  const { inside, outside } = await furnish(ada, await person('bob'));
  const guest = await visitor();
  const seenBy = (who: Person, paths: string[]) => paths.map((path): [Person, string] => [who, path]);
  return { ada, guest, pages: [...seenBy(ada, inside), ...seenBy(guest, outside)] };
}

/** Looks at each panel that a room leads to. */
export async function eachPanel(who: Person, look: (what: string) => Promise<unknown>) {
  for (const name of ['About', 'Notifications', 'Search', 'Everybody', 'Make a room', 'Settings', 'Shortcuts', who.name]) {
    const side = await rooms(who);
    const inHeader = name === 'About' || name === 'Notifications';
    if (inHeader) await shut(who);
    const way = (inHeader ? who.page.getByRole('main') : side).getByRole('link', { name, exact: name !== 'Notifications' });
    await way.click();
    await expect(panel(who).getByRole('heading', { level: 1 })).toBeVisible();
    await look(name);
    await who.page.keyboard.press('Escape');
    await expect(panel(who)).toBeHidden();
  }
}

/** Looks at both drawers, at what opens over a message, and at what completes what is typed. */
export async function eachDrawerAndMenu(who: Person, look: (what: string) => Promise<unknown>) {
  await rooms(who);
  await look('rooms');
  await shut(who);
  await people(who);
  await look('people');
  await shut(who);
  const menu = await menuOf(who, 'lunch at one');
  await look('menu');
  await menu.getByRole('button', { name: 'Add a reaction' }).click();
  await expect(menu.getByRole('searchbox')).toBeFocused();
  await look('emoji');
  await who.page.keyboard.press('Escape');
  await who.composer.focus();
  await who.composer.pressSequentially('@b');
  await expect(who.page.getByRole('option').first()).toBeVisible();
  await look('completion');
}
