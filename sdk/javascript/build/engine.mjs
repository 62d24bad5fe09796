// The engine that goes around a departmental, taken out of what componentize-qjs brings and made deaf to clock and chance.
//
// While a component is made the engine asks once for a seed and for the time, and both would stay in the bytes. Here it
// asks in their place for what is always the same: the arguments of the program, of which there are none, and how fine
// the clock is.
// Invariant: nothing of the engine is changed but the names of those imports; two builds of the same modules are the same.

import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const NAME = /^[\x20-\x7e]+$/;
/** How a library of WebAssembly begins: it is one of several parts, which are linked when the component is made. */
const LIBRARY = Buffer.from('\0asm\x01\0\0\0\0\x12\x08dylink.0', 'latin1');
const HEADER_BYTES = 8;
const [CUSTOM, IMPORTS, DATA, LAST_SECTION] = [0, 2, 11, 13];
/** What an engine asks its maker for, and no other library. */
const LOADER = 'local:init/module-loader';
/** What only an engine with asynchronous calls asks for; the contract has none. */
const ASYNCHRONOUS = '$root';
/** What the engine asks for that differs from build to build, and what it asks for instead: `[module, name]`. */
const FIXED = [
  [/^(wasi:random\/insecure-seed)@/, 'insecure-seed', () => ['wasi:cli/environment@0.2.0', 'get-arguments']],
  [/^wasi:clocks\/(wall|monotonic)-clock@/, 'now', (module) => [module, 'resolution']],
];

/** What makes components on this machine, a library of node: npm has fetched it into this folder of packages. */
export async function program(packages) {
  const scope = join(packages, '@andreiltd');
  const files = await readdir(scope, { recursive: true }).catch(() => []);
  const found = files.find((it) => it.endsWith('.node'));
  if (found === undefined) {
    throw new Error(`componentize-qjs is not there for ${process.platform} on ${process.arch}; it is for Linux and macOS`);
  }
  return join(scope, found);
}

/** The engine in a program. */
export async function engine(program) {
  const found = libraries(await readFile(program))
    .map((library) => ({ library, imports: importsOf(library) }))
    .filter(({ imports }) => imports.some((it) => it.module === LOADER) && !imports.some((it) => it.module === ASYNCHRONOUS));
  // The larger of two is the faster; the smaller one also uses instructions that the host does not take.
  found.sort((one, other) => other.library.length - one.library.length);
  if (found.length !== 2) {
    throw new Error(`componentize-qjs has ${found.length} engines without asynchronous calls, not 2`);
  }
  return fixed(found[0].library, found[0].imports);
}

function libraries(bytes) {
  const found = [];
  for (let at = bytes.indexOf(LIBRARY); at >= 0; at = bytes.indexOf(LIBRARY, at + 1)) {
    const library = bytes.subarray(at);
    found.push(library.subarray(0, sections(library).at(-1).end));
  }
  return found;
}

/** The sections of a module, `{ id, start, from, end }`. What follows it in the program is none: behind the data there are
 * only sections with names. */
function sections(module) {
  const found = [];
  let isBehindData = false;
  for (let start = HEADER_BYTES; start < module.length; ) {
    const reader = new Reader(module, start);
    const id = reader.byte();
    const length = reader.number();
    const end = reader.at + length;
    const isSection = id === CUSTOM ? length > 0 && NAME.test(reader.name(end)) : id <= LAST_SECTION && !isBehindData;
    if (!isSection || end > module.length) {
      break;
    }
    found.push({ id, start, from: end - length, end });
    isBehindData ||= id === DATA;
    start = end;
  }
  return found;
}

/** Every import: `{ module, name, what }`, `what` the bytes of its kind and type. */
function importsOf(library) {
  const section = sections(library).find((it) => it.id === IMPORTS);
  const reader = new Reader(library, section.from);
  return Array.from({ length: reader.number() }, () => {
    const [module, name, from] = [reader.text(), reader.text(), reader.at];
    reader.typeOfImport();
    return { module, name, what: library.subarray(from, reader.at) };
  });
}

function fixed(library, imports) {
  const section = sections(library).find((it) => it.id === IMPORTS);
  const met = new Set();
  const parts = imports.map(({ module, name, what }) => {
    const rule = FIXED.find(([of, called]) => of.test(module) && called === name);
    met.add(rule);
    const named = rule === undefined ? [module, name] : rule[2](module);
    return Buffer.concat([...named.map(text), what]);
  });
  if (FIXED.some((rule) => !met.has(rule))) {
    throw new Error('the engine asks for no seed or no time, so what is fixed in it has to be looked at anew');
  }
  const body = Buffer.concat([number(imports.length), ...parts]);
  const before = library.subarray(0, section.start);
  return Buffer.concat([before, Buffer.from([IMPORTS]), number(body.length), body, library.subarray(section.end)]);
}

/** Reads the binary format of WebAssembly. */
class Reader {
  constructor(bytes, at) {
    this.bytes = bytes;
    this.at = at;
  }

  byte() {
    return this.bytes[this.at++];
  }

  /** An unsigned LEB128. */
  number() {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte();
      value += (byte & 127) * factor;
      if (!(byte & 128)) {
        return value;
      }
    }
  }

  text() {
    const length = this.number();
    this.at += length;
    return this.bytes.toString('utf8', this.at - length, this.at);
  }

  /** The name of a section that ends there; nothing when it would not fit. */
  name(end) {
    const text = this.text();
    return this.at <= end ? text : '';
  }

  limits() {
    const flags = this.byte();
    this.number();
    if (flags & 1) {
      this.number();
    }
  }

  typeOfImport() {
    const kind = this.byte();
    switch (kind) {
      case 0: // function
        return this.number();
      case 1: // table
        this.byte();
        return this.limits();
      case 2: // memory
        return this.limits();
      case 3: // global
        return (this.at += 2);
      default:
        throw new Error(`the engine imports something of the kind ${kind}, which is not known here`);
    }
  }
}

function number(value) {
  const bytes = [];
  do {
    const rest = Math.floor(value / 128);
    bytes.push((value % 128) | (rest > 0 ? 128 : 0));
    value = rest;
  } while (value > 0);
  return Buffer.from(bytes);
}

function text(value) {
  return Buffer.concat([number(Buffer.byteLength(value)), Buffer.from(value)]);
}
