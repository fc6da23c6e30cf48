import type { Page } from '@playwright/test';

/** What the browser itself has measured of a page. Milliseconds, but for the shift, which has no unit. */
export type Observed = {
  /** Tasks over 50 ms. */
  long: number[];
  /** From each key or press until the next frame stood on the screen. */
  interactions: number[];
  /** How far things moved by themselves. */
  shift: number;
  /** When something could first be seen… */
  firstPaint: number;
  /** …and when the largest thing could. */
  largestPaint: number;
};

/** Listens from the first byte on, to this page and all that it goes to. */
export async function observe(page: Page) {
  await page.addInitScript(() => {
    const it = { long: [] as number[], events: new Map<number, number>(), shift: 0, largest: 0 };
    Object.assign(window, { observed: it });
    const on = (type: string, take: (entry: any) => void, more = {}) =>
      new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true, ...more });
    on('longtask', (entry) => it.long.push(entry.duration));
    on('layout-shift', (entry) => {
      if (!entry.hadRecentInput) it.shift += entry.value;
    });
    on('largest-contentful-paint', (entry) => (it.largest = entry.startTime));
    on(
      'event',
      (entry) => {
        // The events of one key or press are one interaction: it takes as long as the longest of them.
        if (entry.interactionId) {
          const longest = it.events.get(entry.interactionId) ?? 0;
          it.events.set(entry.interactionId, Math.max(longest, entry.duration));
        }
      },
      { durationThreshold: 16 },
    );
  });
}

/** What was measured since the page was loaded, or since the last call with `anew`. */
export function observed(page: Page, anew = false): Promise<Observed> {
  return page.evaluate((anew) => {
    const it = (window as any).observed;
    const paint = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0;
    const told = {
      long: [...it.long],
      interactions: [...it.events.values()],
      shift: it.shift,
      firstPaint: paint,
      largestPaint: it.largest,
    };
    if (anew) {
      it.long.length = 0;
      it.events.clear();
      it.shift = 0;
    }
    return told as Observed;
  }, anew);
}
