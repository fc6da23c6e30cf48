// What can be seen of any page by a machine: names, sizes, overflow, focus, and the two cookies that
// decide how it looks.
import { expect, type Page } from '@playwright/test';
import type { Person } from './person.ts';

export type Theme = 'light' | 'dark';
export type Lang = 'en' | 'zh';

/** Chooses theme and language as the settings do: by cookies. */
export async function dress(who: Person, choice: { theme?: Theme | 'system'; lang?: Lang }) {
  const cookies = Object.entries(choice).map(([name, value]) => ({ name, value, url: who.base }));
  await who.context.addCookies(cookies);
}

/** The kinds that a person can do something with, and that must say what. */
const NAMED = [
  'button', 'link', 'textbox', 'searchbox', 'combobox', 'checkbox', 'radio', 'switch', 'menuitem',
  'option', 'tab', 'slider', 'dialog', 'log', 'navigation', 'complementary', 'image', 'heading',
];

/** What of the page has no name, as assistive technology is told of it. */
export async function nameless(page: Page): Promise<string[]> {
  const devtools = await page.context().newCDPSession(page);
  const { nodes } = await devtools.send('Accessibility.getFullAXTree');
  await devtools.detach();
  return nodes
    .filter(({ ignored, role, name }) => !ignored && NAMED.includes(role?.value) && !name?.value?.trim())
    .map(({ role, nodeId }) => `${role?.value} ${nodeId}`);
}

/**
 * What can be pressed and is smaller than `least` pixels, either way. A link within a sentence is as
 * tall as its line: WCAG 2.2 asks nothing else of it.
 */
export function small(page: Page, least: number): Promise<string[]> {
  return page.evaluate((least) => {
    const kinds = 'a[href], button, input:not([type=hidden]), textarea, select, summary, [role=button], [role=option]';
    const found: string[] = [];
    for (const one of document.querySelectorAll<HTMLElement>(kinds)) {
      if (!one.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
      // What only screen readers find has what is pressed around it.
      const pressed = one.matches('.sr, [type=radio], [type=checkbox]') ? one.closest('label') : one;
      if (!pressed || pressed.matches('.skip')) continue;
      const style = getComputedStyle(pressed);
      const words = (node: Node | null) => (node?.textContent ?? '').trim();
      const sentence = style.display === 'inline' && words(pressed.parentElement) !== words(pressed);
      if (sentence) continue;
      const { width, height } = pressed.getBoundingClientRect();
      if (width === 0 && height === 0) continue;
      if (Math.min(width, height) < least - 0.5) {
        const size = `${Math.round(width)}×${Math.round(height)}`;
        found.push(`${pressed.tagName.toLowerCase()}.${pressed.className} “${words(pressed).slice(0, 30)}” ${size}`);
      }
    }
    return [...new Set(found)];
  }, least);
}

/** How much wider than the window the page is, in pixels. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** What reaches beyond so many pixels, and so would have to be scrolled to sideways. */
export function tooWide(page: Page, width: number): Promise<string[]> {
  return page.evaluate((width) => {
    const whole = document.documentElement.scrollWidth;
    const out = [...document.querySelectorAll('a, button, input, textarea, select, h1, h2')]
      .filter((one) => one.checkVisibility() && !one.closest('.sr, pre'))
      .filter((one) => one.getBoundingClientRect().right > width + 0.5)
      .map((one) => one.outerHTML.slice(0, 120));
    return whole > width ? [`${whole} px`, ...out] : out;
  }, width);
}

/** Whether what has the focus looks otherwise than without it: it, or what stands around it. */
export function focusShows(page: Page): Promise<string | null> {
  return page.evaluate(() => {
    const focused = document.activeElement as HTMLElement | null;
    if (!focused || focused === document.body) return null;
    const around: Element[] = [];
    for (let one: Element | null = focused; one && around.length < 4; one = one.parentElement) around.push(one);
    const look = () =>
      around.map((one) => {
        const { outline, boxShadow, borderColor, backgroundColor } = getComputedStyle(one);
        return [outline, boxShadow, borderColor, backgroundColor].join();
      });
    for (const one of around) (one as HTMLElement).style.transition = 'none';
    const withFocus = look().join('|');
    focused.blur();
    const without = look().join('|');
    focused.focus({ focusVisible: true, preventScroll: true } as FocusOptions);
    const name = focused.getAttribute('aria-label') ?? focused.textContent?.trim().slice(0, 30);
    return withFocus === without ? `nothing shows: ${focused.outerHTML.slice(0, 120)}` : `shows: ${name}`;
  });
}

/** Notes the background at each step of loading, from the first element on. */
export async function noteBackgrounds(page: Page) {
  await page.addInitScript(() => {
    const seen: [string, string][] = [];
    Object.assign(window, { backgrounds: seen });
    const note = (when: string) => {
      // Nothing is drawn before there is a body; its background is the root's.
      if (document.body) seen.push([when, getComputedStyle(document.documentElement).backgroundColor]);
    };
    document.addEventListener('DOMContentLoaded', () => note('DOMContentLoaded'));
    window.addEventListener('load', () => note('load'));
    const frame = () => {
      note('frame');
      if (seen.length < 60) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
}

/** Which backgrounds the page has had since it was begun. */
export const backgrounds = (page: Page): Promise<string[]> =>
  page.evaluate(() => [...new Set((window as unknown as { backgrounds: string[][] }).backgrounds.map(([, it]) => it))]);

/** The background of the page as it stands. */
export const background = (page: Page): Promise<string> =>
  page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);

/** Whether a colour as the browser writes it is rather dark. */
export function isDark(colour: string): boolean {
  const [r, g, b] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  const scale = colour.startsWith('rgb') ? 255 : 1;
  expect(colour, 'a colour').toMatch(/^(rgb|color)/);
  return (0.2126 * r + 0.7152 * g + 0.0722 * b) / scale < 0.5;
}
