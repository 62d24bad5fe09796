// The average by its cases, and against a second way of finding it.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';

import { EARS, newest } from '../audiogram.js';
import { averageHearingLevel } from '../average.js';

const read = (file) => readFileSync(new URL(file, import.meta.url), 'utf8');
const pack = JSON.parse(read('../packs/hearing-levels.json'));

const said = ({ db, words, refused }) => (refused === undefined ? `${db} dB HL, ${words}` : `cannot be calculated: ${refused}`);

const rows = read('../cases/average.txt')
  .split('\n')
  .filter((line) => line.includes('|') && !line.startsWith('#'))
  .map((row) => row.split('|').map((it) => it.trim().replace(/\s+/g, ' ')));

test('the cases', () => {
  assert.ok(rows.length > 15);
  for (const [given, answer] of rows) {
    const thresholds = new Map();
    given.split(' ').forEach((text, index) => {
      if (text !== '-') {
        thresholds.set(pack.average_hz[index], text === 'NR' ? 'no-response' : Number(text));
      }
    });
    assert.equal(said(averageHearingLevel(thresholds, pack)), answer, given);
  }
});

const isNew = process.env.UPDATE === '1';

test('every case is a golden case as well, so that it runs in the sandbox too', { skip: isNew }, () => {
  const told = new Map();
  const folder = new URL('../cases/golden/', import.meta.url);
  for (const name of readdirSync(folder).filter((it) => it.startsWith('average-'))) {
    const { chart, answer } = JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
    const observations = chart.filter((it) => it.resourceType === 'Observation');
    observations.forEach((it, index) => {
      const { thresholds } = newest([it], EARS[index]);
      const words = (db) => (db === undefined ? '-' : db === 'no-response' ? 'NR' : String(db));
      const given = pack.average_hz.map((hz) => words(thresholds.get(hz))).join(' ');
      told.set(given, answer.nodes[0].rows[index].value.text);
    });
  }
  for (const [given, answer] of rows) {
    assert.equal(told.get(given), answer, given);
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
