// The departmental at the bedside: its screens over a written chart, and its form.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Bedside, form } from 'palatine/bedside';

import { observation } from '../audiogram.js';
import hearing from '../hearing.js';

const folder = fileURLToPath(new URL('..', import.meta.url));
const PATIENT = 'Patient/1';
const ear = (id, side, date, thresholds, more = {}) => ({
  id, ...observation(PATIENT, side, date, new Map(Object.entries(thresholds).map(([hz, db]) => [Number(hz), db]))), ...more,
});
const bedside = () => new Bedside(folder).patient(PATIENT);

/** Compares with `cases/screens/NAME.json`; `UPDATE=1` rewrites it. */
function sameAsFile(name, actual) {
  const file = `${folder}/cases/screens/${name}.json`;
  const text = `${JSON.stringify(actual, null, 2)}\n`;
  if (process.env.UPDATE) {
    writeFileSync(file, text);
  }
  assert.equal(text, readFileSync(file, 'utf8'), `${file} differs; UPDATE=1 rewrites it, and the diff is to be read`);
}

test('nobody has measured', () => sameAsFile('empty', bedside().open(hearing, 'audiogram')));

test('two ears, of which one has no response', () => {
  const chart = bedside().with(
    ear('a', 'right', '2026-01-10', { 250: 40, 500: 40, 1000: 40, 2000: 40, 4000: 45, 8000: 60 }),
    ear('b', 'right', '2025-01-10', { 250: 10, 500: 10, 1000: 10, 2000: 10, 4000: 10 }),
    ear('c', 'left', '2026-01-10', { 250: 80, 500: 90, 1000: 110, 2000: 120, 4000: 'no-response' }),
    ear('d', 'left', '2026-03-10', { 250: 0 }, { status: 'entered-in-error' }),
    { ...ear('e', 'left', '2026-04-10', { 250: 0 }), subject: { reference: 'Patient/2' } },
    { ...ear('f', 'left', '2026-05-10', { 250: 0 }), bodySite: undefined },
  );
  sameAsFile('two-ears', chart.open(hearing, 'audiogram'));
});

const FILLED = { ear: 'left', date: '2026-11-20', 'hz-500': '25', 'no-response': ['8000'] };

test('what was measured is filed with its ear', () => {
  const outcome = bedside().submit(hearing, 'audiogram', 'file', form(FILLED));
  const { resource } = outcome.proposal.changes[0];
  assert.equal(resource.bodySite.coding[0].code, 'left');
  assert.equal(resource.subject.reference, PATIENT);
  assert.deepEqual(resource.component.map((it) => it.valueQuantity?.value ?? it.dataAbsentReason.text), [25, 'No response']);
  assert.deepEqual(outcome.next, { screen: 'audiogram', parameters: {} });
});

test('what was typed wrongly is a finding on its field', () => {
  for (const [change, field, words] of [
    [{ ear: undefined }, 'ear', 'which ear'],
    [{ ear: 'both' }, 'ear', 'which ear'],
    [{ date: undefined }, 'date', 'Give the day'],
    [{ date: '2026-13' }, 'date', 'Give the day'],
    [{ date: '2026-11-23' }, 'date', 'yet to come'],
    [{ 'hz-500': '25 dB' }, 'hz-500', 'in steps of 5'],
    [{ 'hz-500': '27' }, 'hz-500', 'in steps of 5'],
    [{ 'hz-500': '125' }, 'hz-500', 'in steps of 5'],
    [{ 'hz-500': '-15' }, 'hz-500', 'in steps of 5'],
    [{ 'hz-8000': '60' }, 'hz-8000', 'Keep one'],
    [{ 'hz-500': undefined, 'no-response': undefined }, undefined, 'at least one'],
  ]) {
    const outcome = bedside().submit(hearing, 'audiogram', 'file', form({ ...FILLED, ...change }));
    assert.equal(outcome.proposal, undefined);
    assert.equal(outcome.findings.length, 1, JSON.stringify(change));
    assert.equal(outcome.findings[0].field, field);
    assert.ok(outcome.findings[0].message.includes(words), outcome.findings[0].message);
  }
});

test('what the host asks and this departmental does not have', () => {
  assert.throws(() => bedside().open(hearing, 'letter'), { code: 'not-provided' });
  assert.throws(() => bedside().submit(hearing, 'audiogram', 'delete', form({})), { code: 'not-provided' });
  assert.throws(() => new Bedside(folder).open(hearing, 'audiogram'), { code: 'invalid' });
  assert.throws(() => bedside().advise(hearing, 'patient-view'), { code: 'not-provided' });
});
