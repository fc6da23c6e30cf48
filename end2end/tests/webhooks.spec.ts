// A room's webhooks: their page as a panel, what is shown once, and what comes of it.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { faults } from '../support/axe.ts';
import { expect, test } from '../support/test.ts';

test.use({ settings: { ROOMFUL_REACHABLE: '127.0.0.1' } });

const SIZES = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
];

for (const viewport of SIZES) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`a room has webhooks, ${viewport.width} wide, ${colorScheme}`, async ({ visitor, house }) => {
      const told: string[] = [];
      const receiver = createServer((request, response) => {
        let body = '';
        request.on('data', (piece) => (body += piece));
        request.on('end', () => {
          told.push(JSON.parse(body).type);
          response.end('thank you');
        });
      });
      await new Promise<void>((listening) => receiver.listen(0, '127.0.0.1', listening));
      try {
        // Only an administrator has something called that is not public.
        await house.addUser('alice', { admin: true });
        const alice = Object.assign(await visitor({ viewport, colorScheme }), { name: 'alice' });
        await alice.logIn();
        await alice.enterRoom('den');
        await alice.page.getByRole('main').getByRole('link', { name: 'About', exact: true }).click();
        await alice.panel.getByRole('link', { name: 'Webhooks' }).click();
        await expect(alice.panel.getByRole('heading', { level: 1, name: 'Webhooks of den' })).toBeVisible();

        // A program writes.
        await alice.panel.getByLabel('Name of the program').fill('GitHub');
        await alice.panel.getByRole('button', { name: 'Make an address' }).click();
        const made = alice.panel.getByLabel('Address', { exact: true });
        await expect(made).toHaveValue(/\/hooks\//);
        await expect(alice.panel.getByLabel('Try it on the command line')).toHaveValue(/^curl /);
        expect(await faults(alice)).toEqual([]);
        await alice.fits();
        const address = await made.inputValue();
        await alice.panel.getByRole('button', { name: 'Copy' }).first().click();
        await expect(alice.panel.locator('[data-copies="done"]')).toHaveCount(1);
        expect(await alice.page.evaluate(() => String(getSelection())), 'what was copied is selected').toBe(address);
        const answer = await fetch(address, { method: 'POST', body: JSON.stringify({ text: 'Build *7* is green' }) });
        expect(await answer.text()).toBe('ok');

        // A program is told; what is refused keeps what was typed.
        const url = alice.panel.getByLabel('Address to call');
        await url.fill('https://192.168.1.1/');
        await alice.panel.getByRole('button', { name: 'Call this address' }).click();
        await expect(alice.panel.getByRole('alert').filter({ visible: true })).toHaveText(/not public/);
        await expect(url).toHaveValue('https://192.168.1.1/');
        await url.fill(`http://127.0.0.1:${(receiver.address() as AddressInfo).port}/told`);
        await alice.panel.getByRole('button', { name: 'Call this address' }).click();
        await expect(alice.panel.getByLabel('Secret')).toHaveValue(/^whsec_/);
        await alice.panel.getByRole('button', { name: 'Send a test' }).click();
        await expect.poll(() => told).toEqual(['test']);
        await expect
          .poll(async () => {
            await alice.visit('/chat/den/webhooks');
            await alice.page.getByText('Last deliveries').click();
            return alice.page.getByText(/arrived · answered 200/).isVisible();
          })
          .toBe(true);
        expect(await faults(alice)).toEqual([]);
        await alice.fits();

        // It ends, and what was said stays.
        await alice.page.locator('summary', { hasText: 'Remove' }).first().click();
        await alice.page.getByRole('button', { name: 'Remove' }).filter({ visible: true }).click();
        await expect(alice.page.getByText('GitHub')).toHaveCount(0);
        const dead = await fetch(address, { method: 'POST', body: '{"text": "again"}' });
        expect(dead.status).toBe(404);
        await alice.visit('/chat/den/');
        await alice.hears('Build 7 is green');
        await alice.log.getByRole('link', { name: 'GitHub' }).click();
        await expect(alice.panel.getByText('A program that writes in den')).toBeVisible();
        expect(house.output).not.toContain(new URL(address).pathname);
      } finally {
        receiver.close();
      }
    });
  }
}
