// Golden cases: what holds, what differs and how it is told, and files that are none.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';

import { golden } from '../bedside.js';
import { Failure, Outcome, Proposal, Screen } from '../index.js';
import { Fact, Heading, SummaryList, SummaryRow } from '../screen.js';

const MANIFEST = {
  manifest: 1, id: 'one', name: 'One', version: '0.1.0', supplier: 'S', contract: '0.2',
  screens: [{ id: 'first', title: 'First', place: 'patient', audience: ['doctor'] }],
  reads: [{ type: 'Observation', reason: 'To show the newest of them.' }],
  settings: [{ name: 'words', kind: 'text', default: 'Words', level: 'site', reason: 'What is shown above.' }],
};
const PATIENT = { resourceType: 'Patient', id: 'p1' };
const WEIGHT = `{"resourceType":"Observation","id":"w1","status":"final","code":{"text":"Weight"},
  "subject":{"reference":"Patient/p1"},"valueQuantity":{"value":70.50,"unit":"kg"}}`;
const AT = { patient: 'Patient/p1', now: '2026-11-22T12:00:00Z' };
const OPENED = { golden: 1, title: 'The words of the site', chart: [PATIENT], at: AT, open: { screen: 'first' } };

let answers = 0;
/** Shows a setting and the weight, and files nothing that it may not. */
const one = {
  open(call, screen, parameters) {
    if (parameters.get('turn') !== null) {
      answers += 1;
      return new Screen(new Heading(`Answer ${answers}`));
    }
    const found = call.chart.searchAll('Observation?status=final', 10);
    const shown = found.map(({ valueQuantity: { value, unit } }) => Fact.quantity(String(value), unit));
    const facts = shown.length > 0 ? shown : [Fact.absent('not-recorded')];
    return new Screen(new SummaryList(facts.map((it) => new SummaryRow(call.setting('words'), it))));
  },
  submit(call, screen, action) {
    if (action === 'broken') {
      return undefined.field;
    }
    if (action === 'write') {
      return Outcome.commit(new Proposal('Files a weight.').create(JSON.parse(WEIGHT)));
    }
    throw Failure.notProvided(`there is no action \`${action}\``);
  },
};

const folder = mkdtempSync(join(tmpdir(), 'golden-'));
const cases = join(folder, 'cases/golden');
after(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  rmSync(cases, { recursive: true, force: true });
  mkdirSync(join(cases, 'charts'), { recursive: true });
  writeFileSync(join(folder, 'departmental.json'), JSON.stringify(MANIFEST));
});

const file = (it, name = 'case.json') => writeFileSync(join(cases, name), typeof it === 'string' ? it : JSON.stringify(it));
const read = () => JSON.parse(readFileSync(join(cases, 'case.json'), 'utf8'));

function run(update = '') {
  const before = process.env.UPDATE;
  process.env.UPDATE = update;
  try {
    return golden(folder, one);
  } finally {
    process.env.UPDATE = before ?? '';
  }
}

function refused(it, name = 'case.json') {
  readdirSync(cases).filter((old) => old.endsWith('.json')).forEach((old) => rmSync(join(cases, old)));
  file(it, name);
  try {
    run();
  } catch (wrong) {
    return wrong.message;
  }
  return assert.fail(`${JSON.stringify(it)} was taken`);
}

test('a new case is written and holds, and a change is told by place, then and now', () => {
  file({ ...OPENED, at: { ...AT, settings: { words: 'Ours' } } });
  assert.throws(() => run(), /has neither `answer` nor `failure`/);
  assert.equal(run('1'), 1);
  assert.equal(run(), 1);
  const document = read();
  assert.deepEqual(Object.keys(document), ['golden', 'title', 'chart', 'at', 'open', 'answer']);
  document.answer.nodes[0].rows[0].label = 'Theirs';
  file(document);
  assert.throws(() => run(), /\/answer\/nodes\/0\/rows\/0\/label: then "Theirs", now "Ours"/);
});

test('digits of a chart in a file of its own stay as they are', () => {
  file(`[${WEIGHT}]`, 'charts/weight.json');
  file({ ...OPENED, chart: [PATIENT, 'charts/weight.json'] });
  run('1');
  assert.equal(read().answer.nodes[0].rows[0].value.quantity.value, '70.50');
});

test('a failure of the departmental is an answer, and an error is none', () => {
  const { open, ...asked } = OPENED;
  const submit = (action) => ({ ...asked, submit: { screen: 'first', action, form: { form: 1, fields: {} } } });
  file(submit('none'));
  run('1');
  assert.deepEqual(read().failure, { code: 'not-provided', detail: 'there is no action `none`' });
  assert.match(refused(submit('broken')), /TypeError/);
  assert.match(refused(submit('write')), /would create a Observation/);
});

test('an answer that rests on more than the call is refused', () => {
  assert.match(refused({ ...OPENED, open: { screen: 'first', parameters: { turn: '1' } } }), /answered in two ways/);
});

test('files that are no cases', () => {
  for (const [change, words] of [
    [{ golden: 2 }, '`golden` is 2'],
    [{ title: '' }, '`title` has 0 characters'],
    [{ titel: 'x' }, 'the member `titel`'],
    [{ open: { screen: 'first', with: {} } }, 'open has the member `with`'],
    [{ open: {} }, 'open needs `screen`'],
    [{ open: { screen: 'second' } }, 'declares no screen `second`'],
    [{ convert: { format: 'f', message: 'm' } }, 'needs exactly one of'],
    [{ answer: {}, failure: { code: 'c', detail: 'd' } }, 'has both `answer` and `failure`'],
    [{ at: { ...AT, now: '2026-11-22' } }, 'write a moment in UTC'],
    [{ at: { ...AT, now: '2026-02-30T12:00:00Z' } }, 'write a moment in UTC'],
    [{ at: { ...AT, role: 'nurse' } }, 'the host knows clinician'],
    [{ at: { ...AT, who: 'me' } }, 'at has the member `who`'],
    [{ at: { ...AT, settings: { none: 'x' } } }, 'which departmental.json does not declare'],
    [{ at: { ...AT, settings: { words: 7 } } }, 'is no text'],
    [{ at: { ...AT, patient: 'Patient/p2' } }, 'which is not in `chart`'],
    [{ chart: [PATIENT, PATIENT] }, 'Patient/p1 is twice'],
    [{ chart: [{ resourceType: 'Patient' }] }, 'the record loads it by them'],
    [{ chart: ['../people.json'] }, 'a folder below cases/golden'],
    [{ chart: ['charts/none.json'] }, '`charts/none.json`, which cannot be read'],
  ]) {
    const said = refused({ ...OPENED, ...change });
    assert.ok(said.includes(words) && said.includes('cases/golden/case.json'), said);
  }
  assert.match(refused('{'), /is no JSON/);
  assert.match(refused(OPENED, 'Case 1.json'), /is no name of a case/);
  rmSync(join(cases, 'Case 1.json'));
  assert.throws(() => run(), /holds 0 cases/);
});
