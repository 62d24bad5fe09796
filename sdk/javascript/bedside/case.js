// Reading a golden case, golden/1: one file of `cases/golden/`, with the charts that it names.
//
// Invariant: what the real record would refuse to load, or the host to ask, is refused here with the words to mend it.

import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { readJson } from '../json.js';

const FILE_BYTES_MAX = 8 * 1024 * 1024;
const RESOURCES_MAX = 10_000;
const TITLE_MAX = 120;
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** What each call is made with, all of it but what has a question mark, and what that is. */
export const CALLS = {
  open: { screen: 'text', 'parameters?': 'object' },
  submit: { screen: 'text', action: 'text', form: 'object' },
  react: { event: 'number', t: 'number', action: 'text', resource: 'object' },
  advise: { hook: 'text', input: 'object' },
  convert: { format: 'text', message: 'text' },
};
const CASE = { golden: 'number', title: 'text', 'chart?': 'list', at: 'object', 'answer?': 'object', 'failure?': 'object' };
const AT = { 'site?': 'text', 'patient?': 'text', 'encounter?': 'text', 'role?': 'text', now: 'text', 'settings?': 'object' };
const FAILURE = { code: 'text', detail: 'text' };

/** Roles as the host calls them. */
const ROLES = ['clinician', 'trust-administrator', 'feed', 'operator', 'reaction'];

/** What is wrong with a case, and how to mend it. */
export class Unfit extends Error {}

const unfit = (what) => {
  throw new Unfit(what);
};
const sorts = {
  object: (it) => it !== null && typeof it === 'object' && !Array.isArray(it),
  list: Array.isArray,
  text: (it) => typeof it === 'string',
  number: Number.isInteger,
};
const referenceOf = (it) => `${it?.resourceType}/${it?.id}`;

/** The file names of the cases, in order. */
export function names(folder) {
  let entries;
  try {
    entries = readdirSync(join(folder, 'cases/golden'), { withFileTypes: true });
  } catch (wrong) {
    throw new Unfit(`cases/golden cannot be read: ${wrong.message}; make the folder and put a case into it`);
  }
  const files = entries.filter((it) => !it.isDirectory() && it.name !== 'budget.json').map((it) => it.name);
  for (const name of files) {
    if (!/^[a-z0-9-]{1,100}\.json$/.test(name)) {
      unfit(`cases/golden/${name} is no name of a case; write small letters, digits and hyphens, at most 100, then .json, or move it into a folder below`);
    }
  }
  return files.sort();
}

/** The case of this file name: its document, and the resources of its chart. */
export function read(folder, name, manifest) {
  const document = json(join(folder, 'cases/golden', name), 'is no golden/1: ');
  shaped('the case', document, { ...CASE, ...Object.fromEntries(Object.keys(CALLS).map((it) => [`${it}?`, 'object'])) });
  if (document.golden !== 1) {
    unfit(`\`golden\` is ${document.golden}; 1 is what is known here`);
  }
  const length = [...document.title].length;
  if (length < 1 || length > TITLE_MAX) {
    unfit(`\`title\` has ${length} characters; say in 1 to ${TITLE_MAX} what the case shows`);
  }
  const calls = Object.keys(CALLS).filter((it) => Object.hasOwn(document, it));
  if (calls.length !== 1) {
    unfit(`needs exactly one of ${Object.keys(CALLS).join(', ')}, and has ${calls.join(' and ') || 'none'}`);
  }
  shaped(calls[0], document[calls[0]], CALLS[calls[0]]);
  if (document.answer !== undefined && document.failure !== undefined) {
    unfit('has both `answer` and `failure`; keep one');
  }
  if (document.failure !== undefined) {
    shaped('failure', document.failure, FAILURE);
  }
  const { hook, input } = document.advise ?? {};
  if (hook !== input?.name) {
    unfit(`\`advise.hook\` is \`${hook}\` and \`advise.input.name\` is \`${input.name}\`; write the same in both`);
  }
  const chart = chartOf(folder, document.chart ?? []);
  shaped('at', document.at, AT);
  fits(document, chart, manifest);
  return { document, chart };
}

/** The role in the host's own word; who asks as a rule, when the case does not say. */
export function roleOf({ at, react, convert }) {
  if (at.role === undefined) {
    return react ? 'reaction' : convert ? 'feed' : 'clinician';
  }
  return at.role === 'doctor' ? 'clinician' : at.role;
}

/** An object has all that it must have, each of its sort, and nothing else. */
function shaped(where, it, members) {
  if (!sorts.object(it)) {
    unfit(`${where} is no object`);
  }
  const known = Object.keys(members).map((name) => name.replace('?', ''));
  const other = Object.keys(it).find((name) => !known.includes(name));
  if (other !== undefined) {
    unfit(`${where} has the member \`${other}\`, which is none of ${known.join(', ')}`);
  }
  for (const [name, sort] of Object.entries(members)) {
    const plain = name.replace('?', '');
    const isLeftOut = name.endsWith('?') && it[plain] === undefined;
    if (!isLeftOut && !sorts[sort](it[plain])) {
      unfit(`${where} needs \`${plain}\`, a${sort === 'object' ? 'n' : ''} ${sort}`);
    }
  }
}

function chartOf(folder, written) {
  const all = written.flatMap((it) => {
    if (sorts.object(it)) {
      return [it];
    }
    const isName = sorts.text(it) && /^[^/]+(\/[^/]+)+\.json$/.test(it) && !it.split('/').includes('..');
    if (!isName) {
      unfit('`chart` takes resources, and names of .json files in a folder below cases/golden: charts/ward.json');
    }
    const resources = json(join(folder, 'cases/golden', it), `\`chart\` names \`${it}\`, which `);
    return sorts.list(resources) ? resources : unfit(`\`chart\` names \`${it}\`, which is no array of resources`);
  });
  if (all.length > RESOURCES_MAX) {
    unfit(`\`chart\` has more than ${RESOURCES_MAX} resources`);
  }
  return all;
}

function json(file, before) {
  let text;
  try {
    const { size } = statSync(file);
    text = size > FILE_BYTES_MAX ? null : readFileSync(file, 'utf8');
  } catch (wrong) {
    throw new Unfit(`${before}cannot be read: ${wrong.message}`);
  }
  if (text === null) {
    unfit(`${before}has more than ${FILE_BYTES_MAX} bytes, so make the chart smaller`);
  }
  try {
    return readJson(text);
  } catch (wrong) {
    throw new Unfit(`${before}is no JSON: ${wrong.message}`);
  }
}

/** What a host would need to ask this is in the chart and in the manifest. */
function fits(document, chart, manifest) {
  const { at, react } = document;
  if (!isMoment(at.now)) {
    unfit(`\`at.now\` is \`${at.now}\`; write a moment in UTC: 2026-11-22T12:00:00Z`);
  }
  if (!ROLES.includes(roleOf(document))) {
    unfit(`\`at.role\` is \`${at.role}\`; the host knows ${ROLES.join(', ')}`);
  }
  for (const [name, value] of Object.entries(at.settings ?? {})) {
    fitsSetting(manifest, name, value);
  }
  const there = new Set();
  for (const resource of chart) {
    if (!sorts.text(resource?.resourceType) || !sorts.text(resource.id)) {
      unfit('a resource of `chart` has no `resourceType` or no `id`; the record loads it by them');
    }
    if (there.has(referenceOf(resource))) {
      unfit(`${referenceOf(resource)} is twice in \`chart\`; give the second an id of its own`);
    }
    there.add(referenceOf(resource));
  }
  const named = [
    ['at.patient', at.patient, 'Patient/'],
    ['at.encounter', at.encounter, 'Encounter/'],
    ['react.resource', react && referenceOf(react.resource), ''],
  ];
  for (const [member, reference, of] of named) {
    if (reference !== undefined && !(reference.startsWith(of) && there.has(reference))) {
      unfit(`\`${member}\` is \`${reference}\`, which is not in \`chart\`; put it there as it is at the moment of the call`);
    }
  }
}

function isMoment(text) {
  // A day that a month does not have is the next month's to `Date`.
  const ms = MOMENT.test(text) ? Date.parse(text) : NaN;
  return !Number.isNaN(ms) && new Date(ms).toISOString().slice(0, 19) === text.slice(0, 19);
}

/** A setting of a case is one of the manifest, with a value that a site could give it. */
function fitsSetting(manifest, name, value) {
  const declared = (manifest.settings ?? []).find((it) => it.name === name);
  if (declared === undefined) {
    unfit(`\`at.settings\` has \`${name}\`, which departmental.json does not declare`);
  }
  const { kind, options = [] } = declared;
  const is = { integer: Number.isInteger, boolean: (it) => typeof it === 'boolean', choice: (it) => options.includes(it) };
  if (!(is[kind] ?? sorts.text)(value)) {
    unfit(`\`at.settings.${name}\` is ${JSON.stringify(value)}, which is no ${kind} that departmental.json allows`);
  }
}
