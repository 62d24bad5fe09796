// The departmental at the bedside: its golden cases, and its form field by field.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Bedside, form, golden } from 'palatine/bedside';

import hearing from '../hearing.js';

const folder = fileURLToPath(new URL('..', import.meta.url));
const PATIENT = 'Patient/1';
const bedside = () => new Bedside(folder).patient(PATIENT);

test('golden cases', () => assert.ok(golden(folder, hearing) >= 10));

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
    [{ date: '2026-02-30' }, 'date', 'Give the day'],
    [{ date: '2026-02-00' }, 'date', 'Give the day'],
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
