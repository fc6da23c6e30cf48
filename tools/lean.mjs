// Makes the browser's program and its loader lean, in what wasm-opt and brotli cannot know.
//
// - A panic ends the program; what it would say of itself (reasons, files, lines, and all that puts such
//   texts together) is a tenth of what is sent. In a release it says nothing: it is a trap, which the
//   browser tells of. `make dev` builds the program that says it all.
// - wasm-bindgen gives each thing that goes over the border a name with a hash in it. They are the same
//   on both sides, and nobody reads them.

/** By their names: functions that only a panic runs. */
const PANICS = [
  /^core::panicking::/,
  /^std::panicking::(begin_panic|panic_handler|panic_with_hook|rust_panic)/,
  /^__rustc::rust_(panic|begin_unwind)$/,
  /^core::(option|result|cell)::(lazy::)?(expect_failed|unwrap_failed|panic_\w+)$/,
  /^core::slice::.*(slice_index_fail|len_mismatch_fail|panic_on_ord_violation)$/,
  /^core::str::slice_error_fail(_rt)?$/,
  /^<std::panic(::PanicHookInfo|king::.*Payload) as /,
  /^<?alloc::.*(assert_failed|capacity_overflow|handle_error|handle_alloc_error)$/,
  /^std::(thread::local|sync::lazy_lock)::panic_\w+$/,
];

/** What says how a value looks to whoever wrote the program: it says nothing, and that it went well. */
const LOOKS = / as core::fmt::Debug>::fmt$/;

const [UNREACHABLE, END, I32_CONST, I32] = [0x00, 0x0b, 0x41, 0x7f];
const [CUSTOM, TYPE, IMPORT, FUNCTION, EXPORT, CODE, DATA] = [0, 1, 2, 3, 7, 10, 11];

/** Reads what a WebAssembly file is made of. */
class Reader {
  constructor(bytes, at = 0) {
    [this.bytes, this.at] = [bytes, at];
  }
  byte() {
    return this.bytes[this.at++];
  }
  /** An unsigned number; no address needs more than 32 bits. */
  number() {
    for (let value = 0, shift = 1; ; shift *= 128) {
      const byte = this.byte();
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  }
  take(length) {
    return this.bytes.subarray(this.at, (this.at += length));
  }
  name() {
    return Buffer.from(this.take(this.number())).toString();
  }
  list(each) {
    return Array.from({ length: this.number() }, () => each(this));
  }
  limits() {
    if (this.byte() & 1) this.number();
    this.number();
  }
}

function number(value) {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return Buffer.from([...bytes, value]);
}

const sized = (bytes) => Buffer.concat([number(bytes.length), bytes]);
const name = (text) => sized(Buffer.from(text));
const list = (items) => Buffer.concat([number(items.length), ...items]);

function sections(wasm) {
  const [reader, all] = [new Reader(wasm, 8), []];
  while (reader.at < wasm.length) {
    const id = reader.byte();
    all.push({ id, bytes: reader.take(reader.number()) });
  }
  return all;
}

const whole = (wasm, sections) =>
  Buffer.concat([
    wasm.subarray(0, 8),
    ...sections.flatMap(({ id, bytes }) => [Buffer.from([id]), sized(bytes)]),
  ]);

/** Each import as its module, its name, its kind, and what else is said of it. */
const imports = (bytes) =>
  new Reader(bytes).list((it) => {
    const [module, name, from] = [it.name(), it.name(), it.at];
    const kind = it.byte();
    if (kind === 0) it.number();
    else if (kind === 1) it.byte(), it.limits();
    else if (kind === 2) it.limits();
    else if (kind === 3) it.take(2);
    else throw new Error(`an import of kind ${kind}`);
    return { module, name, kind, rest: bytes.subarray(from, it.at) };
  });

/** Each export as its name, and what it is. */
const exported = (bytes) =>
  new Reader(bytes).list((it) => {
    const [name, from] = [it.name(), it.at];
    it.byte();
    it.number();
    return { name, rest: bytes.subarray(from, it.at) };
  });

/** The names of functions, by number. */
function names(all) {
  for (const { id, bytes } of all) {
    const reader = new Reader(bytes);
    if (id !== CUSTOM || reader.name() !== 'name') continue;
    while (reader.at < bytes.length) {
      const [part, length] = [reader.byte(), reader.number()];
      if (part === 1) return new Map(reader.list((it) => [it.number(), it.name()]));
      reader.take(length);
    }
  }
  return new Map();
}

/** For each function of the program, whether one number is all that it answers. */
function answers(all) {
  const read = (id, each) =>
    all.filter((it) => it.id === id).flatMap(({ bytes }) => new Reader(bytes).list(each));
  const types = read(TYPE, (it) => {
    it.byte();
    it.take(it.number());
    const results = it.take(it.number());
    return results.length === 1 && results[0] === I32;
  });
  return read(FUNCTION, (it) => types[it.number()]);
}

/** The program with panics that say nothing. Needs the names that wasm-opt takes away. */
export function speechless(wasm) {
  const all = sections(wasm);
  const [known, answer] = [names(all), answers(all)];
  const first = all
    .filter(({ id }) => id === IMPORT)
    .flatMap(({ bytes }) => imports(bytes))
    .filter(({ kind }) => kind === 0).length;
  let found = 0;
  for (const section of all) {
    // The data stand behind the code.
    if (section.id === DATA && found) section.bytes = placeless(section.bytes);
    if (section.id !== CODE) continue;
    const bodies = new Reader(section.bytes).list((it) => it.take(it.number()));
    const kept = bodies.map((body, at) => {
      // Without the hashes of crates and of functions.
      const plain = known.get(first + at)?.replace(/\[[0-9a-f]+\]|::h[0-9a-f]{16}$/g, '') ?? '';
      if (LOOKS.test(plain) && answer[at]) return sized(Buffer.from([0, I32_CONST, 0, END]));
      if (!PANICS.some((panic) => panic.test(plain))) return sized(body);
      found += 1;
      return sized(Buffer.from([0, UNREACHABLE, END]));
    });
    section.bytes = list(kept);
  }
  // Another compiler may name them otherwise: then the program is larger than it need be, but whole.
  if (found < PANICS.length) console.warn('  lean: panics have other names than tools/lean.mjs knows');
  return whole(wasm, all);
}

/** The data without the places in the source that panics would name: each is its file's name (where it
 *  is and how long), a line and a column. */
function placeless(section) {
  const segments = new Reader(section).list((it) => {
    const flags = it.number();
    if (flags !== 0 || it.byte() !== I32_CONST) throw new Error('data of an unknown kind');
    const began = it.at;
    const from = it.number();
    if (it.byte() !== END) throw new Error('data at an unknown place');
    const place = section.subarray(began, it.at);
    return { from, place, bytes: Buffer.from(it.take(it.number())) };
  });
  const files = new Set();
  for (const { bytes } of segments) {
    for (let at = 0; at + 16 <= bytes.length; at += 4) {
      const [where, length] = [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4)];
      const holds = ({ from, bytes }) => from <= where && where + length <= from + bytes.length;
      const holder = length > 3 && length < 300 && segments.find(holds);
      if (!holder) continue;
      const text = holder.bytes.subarray(where - holder.from, where - holder.from + length);
      if (!/^[\w./\\:@+-]+\.rs\0?$/.test(text.toString('latin1'))) continue;
      files.add(text);
      bytes.fill(0, at, at + 16);
    }
  }
  for (const file of files) file.fill(0);
  return list(
    segments.map(({ place, bytes }) =>
      Buffer.concat([Buffer.from([0, I32_CONST]), place, sized(bytes)]),
    ),
  );
}

/**
 * The loader and the program without what nobody calls: the loader's classes for streams, which come
 * with a crate, and what the program offers to them alone.
 */
export function uncalled(js, wasm) {
  const loader = js
    .replace(/^export class [^]*?^}\n(?:if \(Symbol\.dispose\).*\n)?/gm, '')
    .replace(/^const \w+Finalization = [^]*?;\n/gm, '')
    .replace(/^function initSync\([^]*?^}\n/gm, '')
    .replace('export { initSync, ', 'export { ');
  const all = sections(wasm);
  for (const section of all) {
    if (section.id !== EXPORT) continue;
    const wanted = exported(section.bytes).filter(({ name }) => new RegExp(`\\b${name}\\b`).test(loader));
    section.bytes = list(wanted.map((it) => Buffer.concat([name(it.name), it.rest])));
  }
  return { loader, program: whole(wasm, all) };
}

/** The loader and the program with short names for what goes over the border between them. */
export function shortly(js, wasm) {
  const all = sections(wasm);
  const short = new Map();
  const other = (name) => {
    if (!name.includes('__')) return name;
    if (!short.has(name)) short.set(name, `$${short.size.toString(36)}`);
    return short.get(name);
  };
  for (const section of all) {
    if (section.id === IMPORT) {
      const named = imports(section.bytes).map((it) => [name(it.module), name(other(it.name)), it.rest]);
      section.bytes = list(named.map((parts) => Buffer.concat(parts)));
    }
    if (section.id === EXPORT) {
      const named = exported(section.bytes).map((it) => [name(other(it.name)), it.rest]);
      section.bytes = list(named.map((parts) => Buffer.concat(parts)));
    }
  }
  const loader = js
    // What the program does not ask for any more.
    .replace(/^ {8}(\w+): function\([^]*?^ {8}}.*,\n/gm, (entry, name) => (short.has(name) ? entry : ''))
    // What nobody reads where it runs: comments that are lines of their own, and the space before lines.
    .replace(/^\s*\/\*\*[^]*?\*\/$/gm, '')
    .replace(/^\s*\/\/.*$/gm, '')
    .replace(/^\s+/gm, '')
    .replace(/\b\w*__\w+/g, (name) => short.get(name) ?? name);
  return { loader, program: whole(wasm, all) };
}
