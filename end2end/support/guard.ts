import type { BrowserContext } from '@playwright/test';

/** What the browser itself writes when the network fails, and nobody can keep it from writing. */
const OF_THE_NETWORK = [
  /^Failed to load resource: net::ERR_/,
  /^WebSocket connection to '[^']*' failed/,
  // Where a proxy stands before the house and has nobody to ask.
  /^Failed to load resource: the server responded with a status of 502/,
  /^Manifest fetch from .* failed, code 502/,
];
/** Where scripts are off, the program that the page names is never run. */
const NOT_RUN = /was preloaded using link preload but not used/;
/** Chromium's own viewer of a picture may not dress up what people sent: nothing may run there. */
const OF_THE_VIEWER = /^(Applying inline style violates|Blocked script execution in) .*\/files\//;
const REFUSED = /^Failed to load resource: the server responded with a status of 4\d\d/;

/**
 * Listens to the consoles of every page: an error or a warning of the app fails the test. A mismatch
 * in hydration, a breach of the content policy and a panic all end up there.
 */
export class Guard {
  private readonly heard: { line: string; text: string; url: string }[] = [];
  private readonly refusedPages = new Set<string>();
  private cuts = false;

  /** This test cuts the network. */
  expectCuts() {
    this.cuts = true;
  }

  watch(context: BrowserContext, scripts: boolean) {
    context.on('response', (response) => {
      // A page that says no (404, a refused form) is an answer; a file that is missing is not.
      const page = response.request().isNavigationRequest() || 'x-roomful-panel' in response.headers();
      if (response.status() >= 400 && page) {
        this.refusedPages.add(response.url());
      }
    });
    context.on('console', (message) => {
      if (!['error', 'warning', 'assert'].includes(message.type())) return;
      if (!scripts && NOT_RUN.test(message.text())) return;
      const { url } = message.location();
      this.heard.push({ line: `${message.type()}: ${message.text()} (${url})`, text: message.text(), url });
    });
    context.on('weberror', (error) => {
      const { stack, message } = error.error();
      this.heard.push({ line: `uncaught: ${stack ?? message}`, text: '', url: '' });
    });
  }

  /** What the app is to blame for. */
  get complaints(): string[] {
    const blameless = ({ text, url }: { text: string; url: string }) =>
      (OF_THE_VIEWER.test(`${text} ${url}`) && new URL(url).pathname.startsWith('/files/')) ||
      (REFUSED.test(text) && this.refusedPages.has(url)) ||
      (this.cuts && OF_THE_NETWORK.some((pattern) => pattern.test(text)));
    return this.heard.filter((one) => !blameless(one)).map(({ line }) => line);
  }
}
