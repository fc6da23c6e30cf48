// Makes target/site, all that the server serves as it is, out of what cargo compiled for the
// browser, style/ and public/:
//
//   pkg/roomful.<hash>.{js,wasm,css}   cached for ever, because the name changes with the content
//   pkg/roomful.<hash>.txt             what the program says, for each language
//   sw.js                              of public/, told what the site is made of
//   everything else of public/         as it is (installed.js is under pkg/)
//   **/*.br                            each file over 1 KB once more, as brotli
//   manifest.json                      which names the pages refer to
//
//   node tools/site.mjs release|debug <program.wasm>
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { shortly, speechless, uncalled } from './lean.mjs';
import { TOOLS, fromTools } from './shared.mjs';

const SITE = 'target/site';
/** Written here and moved in one step, so that a server in debug never reads half a site. */
const NEW = 'target/site.new';
const WORK = 'target/front';
/** Below it, the saving is lost in the packets that carry it. */
const WORTH_COMPRESSING = 1024;
/** Compressed already. */
const DENSE = new Set(['.png', '.jpg', '.webp', '.avif', '.woff2', '.br']);
/**
 * What is sent is brotli, and brotli finds what it has seen. A function that is inlined into its only
 * caller makes the program smaller and what is sent larger by a tenth; and the copies of one generic
 * function lie together when all are in the order of their names.
 */
const SMALL = [
  '--reorder-functions-by-name',
  '-Os',
  '--one-caller-inline-max-function-size=10',
  '--strip-debug',
  '--strip-producers',
  '--strip-target-features',
];
/** What no page asks for: the worker itself, what is for other programs, and what browsers ask for to install. */
const UNASKED = /^\/(sw\.js|robots\.txt|(shot|apple|icon-maskable|icon-512)[^/]*)$/;
/** The texts, a folder for each language; in the order of `Lang::ALL`. */
const WORDS = 'src/words';
const LANGUAGES = ['en', 'zh'];
/** Has the derive that embeds the site. */
const EMBEDS = 'src/server/http/assets.rs';

const [mode, program] = process.argv.slice(2);
const release = mode === 'release';

function bind() {
  execFileSync(
    join(TOOLS, 'bin/wasm-bindgen'),
    [program, '--target', 'web', '--no-typescript', '--out-dir', WORK, '--out-name', 'roomful'],
    { stdio: 'inherit' },
  );
  return { js: join(WORK, 'roomful.js'), wasm: join(WORK, 'roomful_bg.wasm') };
}

/** The loader and the program, in a release as small as can be. */
async function shrunk({ js, wasm }) {
  const [loader, program] = [await readFile(js, 'utf8'), await readFile(wasm)];
  if (!release) return { loader, program };
  const called = uncalled(loader, speechless(program));
  return shortly(called.loader, await readFile(await optimised(called.program)));
}

/** wasm-opt, unless this very program has been through it: it takes longer than all the rest. */
async function optimised(program) {
  const small = join(WORK, `roomful.${hash(Buffer.concat([program, Buffer.from(SMALL.join())]))}.opt.wasm`);
  if (!existsSync(small)) {
    for (const old of await readdir(WORK)) {
      if (old.endsWith('.opt.wasm')) await rm(join(WORK, old));
    }
    // What rustc may use without being asked to, and every browser has had for years.
    const features = ['bulk-memory', 'multivalue', 'mutable-globals', 'nontrapping-float-to-int',
      'reference-types', 'sign-ext'].map((feature) => `--enable-${feature}`);
    const [whole, half] = [`${small}.whole`, `${small}.half`];
    await writeFile(whole, program);
    execFileSync(join(TOOLS, 'node_modules/.bin/wasm-opt'), [...SMALL, ...features, whole, '-o', half], {
      stdio: 'inherit',
    });
    await rm(whole);
    await rename(half, small);
  }
  return small;
}

/** The files of style/ in the order of their names, as one sheet. */
async function styles() {
  const names = existsSync('style') ? (await readdir('style')).filter((n) => n.endsWith('.css')) : [];
  const sheets = await Promise.all(names.sort().map((name) => readFile(join('style', name))));
  const code = Buffer.concat(sheets.flatMap((sheet) => [sheet, Buffer.from('\n')]));
  const { transform } = fromTools('lightningcss');
  // It also finds what is not CSS, and says where.
  const { code: small, warnings } = transform({ filename: 'style', code, minify: release });
  for (const { message, loc } of warnings) console.warn(`  style: ${message} (line ${loc?.line})`);
  return small;
}

/**
 * The texts of a language that the program needs, a line each, in the order of the English ones; those
 * of refusals with their names. build.rs numbers them in the same way and has found all that is wrong
 * with them before; `words::file` is the same in Rust, and a test compares the two.
 */
async function words(language) {
  const read = async (language, part, file) =>
    (await readFile(join(WORDS, language, part, file), 'utf8'))
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line && !line.startsWith('#'))
      .map((line) => line.split(/ = (.*)/s, 2).map((it) => it.trim()));
  let lines = '';
  for (const part of ['live', 'refusals']) {
    for (const file of (await readdir(join(WORDS, 'en', part))).sort()) {
      const here = new Map(await read(language, part, file));
      for (const [key, english] of await read('en', part, file)) {
        const names = [...english.matchAll(/{(\w+)}/g)].map(([, name]) => name);
        if (english.includes(' | ')) names.unshift('n');
        const order = [...new Set(names)];
        const text = here.get(key).replaceAll(' | ', '|').replace(/{(\w+)}/g, (_, name) => `{${order.indexOf(name)}}`);
        const name = key.replace(/(?<!^)[A-Z]/g, '_$&').toLowerCase();
        lines += `${part === 'refusals' ? `${name}=` : ''}${text}\n`;
      }
    }
  }
  return Buffer.from(lines);
}

/** A script that is sent without what is only there for its readers. */
function plainly(script) {
  return Buffer.from(release ? script.replace(/^ *(\/\/|\/?\*).*\n/gm, '').replace(/^ +/gm, '') : script);
}

/**
 * Tells the worker the site's files and their release: a hash over all of them and over itself. So a
 * browser that asks for the worker anew sees whether anything is new. Resolves to the release.
 */
async function tellWorker() {
  const worker = join(NEW, 'sw.js');
  const all = (await files(NEW)).sort();
  const release = hash(Buffer.concat(await Promise.all(all.map(async (file) => createHash('sha256').update(`${file}\n`).update(await readFile(file)).digest()))));
  const paths = all.map((file) => file.slice(NEW.length)).filter((file) => !UNASKED.test(file));
  const script = await readFile(worker, 'utf8');
  const told = script.replace(/^const SITE = .*$/m, () => `const SITE = ${JSON.stringify({ version: release, files: paths })};`);
  if (told === script) throw new Error('public/sw.js: there is no line that begins with "const SITE ="');
  await writeFile(worker, plainly(told));
  return release;
}

function hash(bytes) {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}

async function put(extension, bytes) {
  const path = `/pkg/roomful.${hash(bytes)}.${extension}`;
  await writeFile(join(NEW, path), bytes);
  return path;
}

async function files(folder) {
  const all = await readdir(folder, { recursive: true, withFileTypes: true });
  return all.filter((e) => e.isFile()).map((e) => join(e.parentPath ?? e.path, e.name));
}

async function compress() {
  for (const file of await files(NEW)) {
    const bytes = await readFile(file);
    if (bytes.length < WORTH_COMPRESSING || DENSE.has(extname(file))) continue;
    const small = brotliCompressSync(bytes, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: 11,
        [constants.BROTLI_PARAM_LGWIN]: 22,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    });
    if (small.length < bytes.length) await writeFile(`${file}.br`, small);
  }
}

await mkdir(WORK, { recursive: true });
await rm(NEW, { recursive: true, force: true });
await mkdir(join(NEW, 'pkg'), { recursive: true });

const { loader, program: lean } = await shrunk(bind());
if (existsSync('public')) await cp('public', NEW, { recursive: true });
if (existsSync(join(WORK, 'snippets'))) {
  await cp(join(WORK, 'snippets'), join(NEW, 'pkg/snippets'), { recursive: true });
}
const manifest = {
  css: await put('css', await styles()),
  js: await put('js', loader),
  wasm: await put('wasm', lean),
  words: await Promise.all(LANGUAGES.map(async (language) => put('txt', await words(language)))),
  glue: await put('js', plainly(await readFile('public/installed.js', 'utf8'))),
  release: '',
};
await rm(join(NEW, 'installed.js'));
manifest.release = await tellWorker();
if (existsSync(join(NEW, 'manifest.json'))) {
  throw new Error('public/manifest.json: that name is taken; call it manifest.webmanifest');
}
await writeFile(join(NEW, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
if (release) await compress();

const first = !existsSync(join(SITE, 'manifest.json'));
await rm(SITE, { recursive: true, force: true });
await rename(NEW, SITE);
// A server that was compiled while there was no site has nothing that tells cargo to look again.
if (first && existsSync(EMBEDS)) await utimes(EMBEDS, new Date(), new Date());
