import { expect, test as base } from '@playwright/test';
import { House } from '../../tools/house.mjs';
import { Guard } from './guard.ts';
import { Person } from './person.ts';
import { Wire } from './wire.ts';

export { expect } from '@playwright/test';
export { PASSWORD } from '../../tools/house.mjs';
export type { Person } from './person.ts';
export type { Wire } from './wire.ts';

type How = {
  /** Whether the browser runs scripts. */
  scripts?: boolean;
  /** What leads to the house instead of the direct way. */
  through?: Wire;
  colorScheme?: 'light' | 'dark';
  viewport?: { width: number; height: number };
  /** Where the browser is. */
  timezoneId?: string;
  /** The browser's language. */
  locale?: string;
};

type Fixtures = {
  /** Settings of the server, as environment variables. */
  settings: Record<string, string>;
  /** A house of this test's own, with its server running and nobody in it. */
  house: House;
  /** The consoles of all browsers. */
  guard: Guard;
  /** Cuts between a browser and the house. */
  wire: Wire;
  /** Someone without an account, in a browser of their own. */
  visitor: (how?: How) => Promise<Person>;
  /** Someone with an account and logged in, in a browser of their own. */
  person: (name: string, how?: How) => Promise<Person>;
};

export const test = base.extend<Fixtures>({
  settings: [{}, { option: true }],

  house: async ({ settings }, use, info) => {
    const house = new House(settings);
    try {
      await house.start();
      await use(house);
    } finally {
      await house.close();
    }
    if (info.status !== info.expectedStatus) {
      await info.attach('server', { body: house.output, contentType: 'text/plain' });
    }
    expect(house.output, 'what the server says').not.toMatch(/panicked at|ended unasked/);
  },

  guard: async ({}, use) => {
    const guard = new Guard();
    await use(guard);
    expect(guard.complaints, 'what the browsers’ consoles say').toEqual([]);
  },

  wire: async ({ house }, use) => {
    const wire = await Wire.to(house);
    await use(wire);
    await wire.close();
  },

  visitor: async ({ browser, house, guard }, use) => {
    const contexts: Awaited<ReturnType<typeof browser.newContext>>[] = [];
    await use(async ({ scripts = true, through, ...options } = {}) => {
      const context = await browser.newContext({ javaScriptEnabled: scripts, ...options });
      contexts.push(context);
      guard.watch(context, scripts);
      return new Person('', await context.newPage(), through?.url ?? house.url, scripts);
    });
    for (const context of contexts) await context.close();
  },

  person: async ({ house, visitor }, use) => {
    const known = new Set<string>();
    await use(async (name, how) => {
      if (!known.has(name)) await house.addUser(name);
      known.add(name);
      const { page, base, scripts } = await visitor(how);
      const person = new Person(name, page, base, scripts);
      await person.logIn();
      return person;
    });
  },
});
