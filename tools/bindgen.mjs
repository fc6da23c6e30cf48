// Puts wasm-bindgen into .tools/bin, in exactly the version of the crate (the two speak a private
// format to each other): the project's own release where the network has it, else from source.
//
//   node tools/bindgen.mjs <version>
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TOOLS, ask, giveUp, run, say } from './shared.mjs';

const RELEASES = 'https://github.com/wasm-bindgen/wasm-bindgen/releases/download';
/** Where a network has no way out, asking it must not cost more than the time to notice. */
const PATIENCE_MS = 20_000;
const TRIPLES = {
  'linux x64': 'x86_64-unknown-linux-musl',
  'linux arm64': 'aarch64-unknown-linux-musl',
  'darwin x64': 'x86_64-apple-darwin',
  'darwin arm64': 'aarch64-apple-darwin',
};

const version = process.argv[2];
const bin = join(TOOLS, 'bin');
const installed = () => ask(join(bin, 'wasm-bindgen'), ['--version']) === `wasm-bindgen ${version}`;

async function get(address) {
  const answer = await fetch(address, { signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return Buffer.from(await answer.arrayBuffer());
}

async function download() {
  const triple = TRIPLES[`${process.platform} ${process.arch}`];
  if (!triple) return false;
  const name = `wasm-bindgen-${version}-${triple}`;
  const archive = `${RELEASES}/${version}/${name}.tar.gz`;
  let bytes;
  try {
    bytes = await get(archive);
    const sum = (await get(`${archive}.sha256sum`)).toString().slice(0, 64);
    if (createHash('sha256').update(bytes).digest('hex') !== sum) return false;
  } catch {
    return false;
  }
  const folder = await mkdtemp(join(TOOLS, 'download-'));
  await writeFile(join(folder, 'archive.tar.gz'), bytes);
  const unpacked = await run('tar', ['-xzf', 'archive.tar.gz'], { cwd: folder });
  if (unpacked) await rename(join(folder, name, 'wasm-bindgen'), join(bin, 'wasm-bindgen'));
  await rm(folder, { recursive: true });
  return unpacked && installed();
}

await mkdir(bin, { recursive: true });
if (!installed()) {
  say(`Fetching wasm-bindgen ${version}…`);
  if (!(await download())) {
    say('No prebuilt one can be had here: compiling it (about 2 minutes)…');
    // Without --locked: its lock file names versions that are no longer to be had. And in a folder
    // of its own that cargo removes again, not among the project's.
    const { CARGO_TARGET_DIR: _, ...env } = process.env;
    const built = await run('cargo', [
      'install', 'wasm-bindgen-cli', '--version', version, '--bin', 'wasm-bindgen',
      '--root', TOOLS, '--force', '--quiet',
    ], { env });
    if (!built || !installed()) giveUp(`wasm-bindgen ${version} could not be installed`);
  }
}
