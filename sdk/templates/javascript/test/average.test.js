// The average by its cases, and against a second way of finding it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { averageHearingLevel } from '../average.js';

const read = (file) => readFileSync(new URL(file, import.meta.url), 'utf8');
const pack = JSON.parse(read('../packs/hearing-levels.json'));

const said = ({ db, words, refused }) => (refused === undefined ? `${db} dB HL, ${words}` : `cannot be calculated: ${refused}`);

test('the cases', () => {
  const rows = read('../cases/average.txt').split('\n').filter((line) => line.includes('|') && !line.startsWith('#'));
  assert.ok(rows.length > 15);
  for (const row of rows) {
    const [given, answer] = row.split('|').map((it) => it.trim());
    const thresholds = new Map();
    given.split(/\s+/).forEach((text, index) => {
      if (text !== '-') {
        thresholds.set(pack.average_hz[index], text === 'NR' ? 'no-response' : Number(text));
      }
    });
    assert.equal(said(averageHearingLevel(thresholds, pack)), answer, row);
  }
});

/** The same from the published words: whole steps are counted, and the bands are compared from above, in fifths of a dB. */
function secondWay(thresholds) {
  const steps = [250, 500, 1000, 2000, 4000].map((hz) => thresholds.get(hz) / 5).reduce((sum, it) => sum + it);
  const words = steps > 95 ? 'profound' : steps > 70 ? 'severe' : steps > 40 ? 'moderate' : steps >= 20 ? 'mild' : '';
  return `${steps} dB HL, ${words === '' ? 'within normal limits' : `${words} hearing loss`}`;
}

test('a second way agrees on 100,000 ears', () => {
  let state = 20261122;
  const next = (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  for (let round = 0; round < 100_000; round += 1) {
    const thresholds = new Map(pack.average_hz.map((hz) => [hz, next(27) * 5 - 10]));
    assert.equal(said(averageHearingLevel(thresholds, pack)), secondWay(thresholds));
  }
});
