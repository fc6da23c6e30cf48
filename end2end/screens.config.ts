import { defineConfig } from '@playwright/test';
import { common } from './playwright.config.ts';

/** `make screens`: the pictures of docs/screens, taken from an ordinary evening. */
export default defineConfig(common, {
  testDir: '.',
  testMatch: 'screens.ts',
  workers: 1,
  // A picture is worth waiting for.
  expect: { timeout: 40_000 },
});
