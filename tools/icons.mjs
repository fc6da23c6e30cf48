// Draws what a browser wants to install the house, out of public/favicon.svg, into public/: icons of
// several sizes, those that a system may cut into its own shape, the sign in a phone's status bar, and
// two pictures of docs/screens. Run when one of these has changed; what it makes is committed.
//
//   node tools/icons.mjs
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { chromium as installed, giveUp } from './shared.mjs';

const { chromium } = createRequire(resolve('end2end/package.json'))('@playwright/test');

/** The wall of src/pages/look.rs by night: a lit window is what the house is known by. */
const WALL = '#1a1d25';
/** The picture's share of a side. Of what a system may cut off, four fifths in the middle stay. */
const [WHOLE, SAFE] = [0.86, 0.56];

const window = (await readFile('public/favicon.svg', 'utf8')).trim();
/** One colour, and what is cut out of it: a phone takes the shape and no colour. */
const shape = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path fill="#fff" fill-rule="evenodd"
  d="M4 29.5V10a7 7 0 0 1 7-7h10a7 7 0 0 1 7 7v19.500zM7 10v5.500h7.500V6H11a4 4 0 0 0-4 4zm10.500-4v9.500H25V10a4 4 0 0 0-4-4zM7 18.500v8h7.500v-8zm10.500 0v8H25v-8z"/></svg>`;

const pictures = [
  { name: 'icon-192', side: 192, share: WHOLE },
  { name: 'icon-512', side: 512, share: WHOLE },
  { name: 'icon-maskable-192', side: 192, share: SAFE, wall: WALL },
  { name: 'icon-maskable-512', side: 512, share: SAFE, wall: WALL },
  { name: 'apple-touch-icon', side: 180, share: 0.7, wall: WALL },
  { name: 'badge', side: 96, share: 1, svg: shape },
];

const browser = await chromium.launch({ executablePath: installed() ?? undefined, args: ['--no-sandbox', '--disable-gpu'] });
try {
  for (const { name, side, share, wall = 'transparent', svg = window } of pictures) {
    const page = await browser.newPage({ viewport: { width: side, height: side } });
    const edge = Math.round(side * share);
    await page.setContent(
      `<style>body{margin:0;height:100vh;display:grid;place-items:center;background:${wall}}svg{width:${edge}px;height:${edge}px}</style>${svg}`,
    );
    await writeFile(`public/${name}.png`, await page.screenshot({ omitBackground: true }));
    await page.close();
  }
} catch (error) {
  giveUp(`the icons could not be drawn: ${error.message}`);
} finally {
  await browser.close();
}
await copyFile('docs/screens/desk/room.webp', 'public/shot-wide.webp');
await copyFile('docs/screens/phone/room.webp', 'public/shot-narrow.webp');
