// What a component's engine lacks or may not have: texts in UTF-8 as node's own classes read them, no chance, no clock.
//
// Invariant: nothing is compared with a copy of itself; node's TextDecoder is the other implementation.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';

import { Utf8Decoder, Utf8Encoder } from '../text.js';

/** A small generator, the same numbers each time. */
function numbers(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Bytes at the edges of UTF-8, so that what is nearly right comes often. */
const EDGES = [0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbb, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff];

const answer = (ask) => {
  try {
    return ask();
  } catch (wrong) {
    return wrong.name;
  }
};

test('bytes are read as node reads them, right and wrong ones', () => {
  const next = numbers(7);
  for (let round = 0; round < 100_000; round++) {
    const bytes = Uint8Array.from({ length: next(7) }, () => EDGES[next(EDGES.length)]);
    for (const options of [{}, { fatal: true }, { ignoreBOM: true }]) {
      const [ours, nodes] = [Utf8Decoder, TextDecoder].map((of) => answer(() => new of('utf-8', options).decode(bytes)));
      assert.equal(ours, nodes, `${[...bytes]} ${JSON.stringify(options)}`);
    }
  }
});

test('a long message is read whole, also from the middle of a buffer', () => {
  const text = 'PID|1||é€𝄞\r'.repeat(20_000);
  const bytes = new TextEncoder().encode(`xx${text}`);
  assert.equal(new Utf8Decoder().decode(bytes.subarray(2)), text);
  assert.equal(new Utf8Decoder().decode(bytes.buffer), `xx${text}`);
});

test('texts are written as node writes them, with halves of pairs too', () => {
  const next = numbers(11);
  const edges = [0x25, 0x41, 0x7f, 0x80, 0x7ff, 0x800, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xe000, 0xffff];
  for (let round = 0; round < 100_000; round++) {
    const text = String.fromCharCode(...Array.from({ length: next(6) }, () => edges[next(edges.length)]));
    assert.deepEqual(new Utf8Encoder().encode(text), new TextEncoder().encode(text));
  }
});

test('another encoding, and a part of a stream, are refused', () => {
  assert.throws(() => new Utf8Decoder('latin1'), RangeError);
  assert.throws(() => new Utf8Decoder().decode(new Uint8Array(), { stream: true }), TypeError);
});

test('chance and the time of day are refused in words, given moments are read', () => {
  const asked = ['Math.random()', 'Date.now()', 'new Date()', 'Date()', 'new ((new Date(0)).constructor)()', 'Reflect.construct(Date, [])'];
  const script = `await import(${JSON.stringify(new URL('../alone.js', import.meta.url).href)});
    const told = ${JSON.stringify(asked)}.map((it) => { try { return [it, String(eval(it))]; } catch (wrong) { return [it, wrong.code, wrong.detail]; } });
    class Day extends Date {}
    console.log(JSON.stringify({ told, typeOf: typeof performance, day: new Day('2026-11-22T12:00:00Z').toISOString(), is: new Day(0) instanceof Date, utc: Date.UTC(2026, 0, 1), parsed: Date.parse('2026-01-01') }));`;
  const found = JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }));
  for (const [what, code, detail] of found.told) {
    assert.equal(code, 'fault', what);
    assert.match(detail ?? '', what.startsWith('Math') ? /^Math\.random is not there: / : /call\.context\.now\(\)$/, what);
  }
  const moment = 1767225600000;
  assert.deepEqual({ ...found, told: null }, { told: null, typeOf: 'undefined', day: '2026-11-22T12:00:00.000Z', is: true, utc: moment, parsed: moment });
});
