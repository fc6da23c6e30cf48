import { defineConfig } from '@playwright/test';
import { common } from './playwright.config.ts';

/** `make page`: how the page feels. Not a test: it prints figures, and nothing else may run beside it. */
export default defineConfig(common, {
  testDir: '.',
  testMatch: 'measure.ts',
  workers: 1,
  timeout: 600_000,
  reporter: [['line']],
  use: { ...common.use, trace: 'off', screenshot: 'off' },
});
