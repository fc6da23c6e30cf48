import { defineConfig, type PlaywrightTestConfig } from '@playwright/test';
import { chromium } from '../tools/shared.mjs';

/** Quiet, and the same on every machine; `--no-sandbox` because a container's root has none. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const common: PlaywrightTestConfig = {
  forbidOnly: !!process.env.CI,
  // What fails now and then is broken: nothing is tried twice.
  retries: 0,
  workers: 2,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [['list']],
  outputDir: 'test-results',
  use: {
    locale: 'en-GB',
    timezoneId: 'UTC',
    // Where the system has no Chromium, Playwright's own is taken.
    launchOptions: { executablePath: chromium() ?? undefined, args: FLAGS },
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
  },
};

export default defineConfig(common, {
  testDir: 'tests',
  fullyParallel: true,
  // What people expect of the page (tests/ux) is tried on a desk and on a phone; the rest where it matters.
  projects: [
    {
      name: 'desktop',
      testIgnore: 'phone.spec.ts',
      use: { viewport: { width: 1440, height: 900 } },
    },
    {
      name: 'phone',
      testMatch: ['phone.spec.ts', 'ux/*.spec.ts'],
      use: {
        viewport: { width: 390, height: 844 },
        deviceScaleFactor: 2,
        hasTouch: true,
        isMobile: true,
      },
    },
  ],
});
