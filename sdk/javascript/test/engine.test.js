// The engine is found in a program among other libraries, whole, and asks for neither chance nor time.
//
// Invariant: the program here is written in this file, so nothing has to be fetched for the test.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { engine, program } from '../build/engine.mjs';

const [CUSTOM, IMPORTS, DATA] = [0, 2, 11];
const FUNCTION = Buffer.from([0, 5]);
const TABLE = Buffer.from([1, 0x70, 1, 0, 9]);
const MEMORY = Buffer.from([2, 0, 1]);
const GLOBAL = Buffer.from([3, 0x7f, 1]);
const LOADER = ['local:init/module-loader', 'load', FUNCTION];
const SEED = ['wasi:random/insecure-seed@0.2.9', 'insecure-seed', FUNCTION];
const TIME = ['wasi:clocks/wall-clock@0.2.0', 'now', FUNCTION];
const OTHERS = [['env', 'memory', MEMORY], ['env', 'table', TABLE], ['env', 'base', GLOBAL], ['wasi:cli/exit@0.2.0', 'exit', FUNCTION]];
const FIXED = [['wasi:cli/environment@0.2.0', 'get-arguments', FUNCTION], ['wasi:clocks/wall-clock@0.2.0', 'resolution', FUNCTION]];

function leb(value) {
  return Buffer.from(value < 128 ? [value] : [(value & 127) | 128, value >> 7]);
}

function text(words) {
  return Buffer.concat([leb(words.length), Buffer.from(words)]);
}

function section(id, body) {
  return Buffer.concat([Buffer.from([id]), leb(body.length), body]);
}

function library(imports, data) {
  const asked = Buffer.concat([leb(imports.length), ...imports.flatMap(([module, name, what]) => [text(module), text(name), what])]);
  return Buffer.concat([
    Buffer.from('\0asm\x01\0\0\0', 'latin1'),
    section(CUSTOM, Buffer.concat([text('dylink.0'), Buffer.alloc(0x12 - 9)])),
    section(IMPORTS, asked),
    section(DATA, Buffer.alloc(data, 7)),
    section(CUSTOM, Buffer.concat([text('component-type'), Buffer.from('what it asks for')])),
  ]);
}

async function engineOf(...parts) {
  const packages = await mkdtemp(join(tmpdir(), 'engine-'));
  try {
    await assert.rejects(program(packages), /is not there for/);
    const folder = join(packages, '@andreiltd', 'for-this-machine');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'program.node'), Buffer.concat(parts));
    return await engine(await program(packages));
  } finally {
    await rm(packages, { recursive: true });
  }
}

const SMALL = library([LOADER, SEED, TIME], 3);
const ASYNCHRONOUS = library([LOADER, SEED, TIME, ['$root', 'waitable-join', FUNCTION]], 900);

test('the larger engine without asynchronous calls is taken, to its last section', async () => {
  const whole = library([...OTHERS, LOADER, SEED, TIME], 300);
  const noise = Buffer.from('\x01\x02\0asm no library');
  for (const behind of [Buffer.from('\0\xf1\x02?co', 'latin1'), Buffer.alloc(40), Buffer.from('words'), SMALL]) {
    const parts = behind === SMALL ? [noise, ASYNCHRONOUS, whole, SMALL] : [noise, SMALL, ASYNCHRONOUS, whole, behind];
    assert.deepEqual(await engineOf(...parts), library([...OTHERS, LOADER, ...FIXED], 300));
  }
});

test('an engine that is not as it was is refused', async () => {
  await assert.rejects(engineOf(SMALL), /has 1 engines without asynchronous calls/);
  await assert.rejects(engineOf(SMALL, library([LOADER, SEED], 300)), /looked at anew/);
  await assert.rejects(engineOf(SMALL, library([LOADER, TIME], 300)), /looked at anew/);
  await assert.rejects(engineOf(SMALL, library([['env', 'tag', Buffer.from([4, 0, 0])], LOADER, SEED, TIME], 300)), /of the kind 4/);
});
