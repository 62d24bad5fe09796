// Golden cases: whole calls over a written chart with their whole answers, one in a file of `cases/golden/`. `departmental
// test` runs the same files in the sandbox, over a real record.
//
// Invariant: every case is asked twice and is an answer or a failure in full; a file that cannot be read is told by its name
// and never passed over.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Bedside } from '../bedside.js';
import { readJson, writeJson } from '../json.js';
import { CALLS, Unfit, names, read, roleOf } from './case.js';
import { differences } from './differ.js';

const CASES_MAX = 1000;
const NEW = 'has neither `answer` nor `failure`; run with UPDATE=1, and read what it writes';

/** Runs every case of the departmental in a folder, and answers how many there are. With `UPDATE=1` in the environment what is
 * answered now is written into the files, and the difference is to be read. Throws with every case that answers otherwise
 * than its file says, by place, then and now, and every file that is no case, with what to mend. */
export function golden(folder, departmental) {
  const manifest = readJson(readFileSync(join(folder, 'departmental.json'), 'utf8'));
  const files = names(folder);
  if (files.length === 0 || files.length > CASES_MAX) {
    throw new Error(`cases/golden holds ${files.length} cases; write 1 to ${CASES_MAX}, each a file of its own`);
  }
  const said = files.flatMap((name) => {
    const what = told(folder, departmental, manifest, name);
    return what === null ? [] : [`cases/golden/${name}: ${what}`];
  });
  if (said.length > 0) {
    throw new Error(`${said.length} golden cases do not hold\n\n${said.join('\n\n')}`);
  }
  return files.length;
}

/** What is wrong with a case, or null. */
function told(folder, departmental, manifest, name) {
  try {
    return holds(folder, departmental, name, read(folder, name, manifest));
  } catch (wrong) {
    // What nobody meant is told with where it happened.
    return wrong instanceof Unfit ? wrong.message : wrong.stack;
  }
}

function holds(folder, departmental, name, { document, chart }) {
  const { answer, failure, ...asked } = document;
  const call = Object.keys(CALLS).find((it) => Object.hasOwn(document, it));
  const [now, again] = [1, 2].map(() => bedside(folder, document, chart).ask(departmental, call, document[call]));
  if (writeJson(now) !== writeJson(again)) {
    return `${document.title}\n  the same call was answered in two ways; an answer may rest on nothing but the call`;
  }
  const then = { ...(answer !== undefined && { answer }), ...(failure !== undefined && { failure }) };
  const found = Object.keys(then).length === 0 ? [NEW] : differences(then, now);
  if (found.length === 0) {
    return null;
  }
  if (process.env.UPDATE === '1') {
    writeFileSync(join(folder, 'cases/golden', name), `${writeJson({ ...asked, ...now }, 2)}\n`);
    return null;
  }
  return [document.title, ...found].join('\n  ');
}

function bedside(folder, document, chart) {
  const { at } = document;
  const made = new Bedside(folder).now(at.now).role(roleOf(document)).with(...chart);
  for (const name of ['site', 'patient', 'encounter'].filter((it) => Object.hasOwn(at, it))) {
    made[name](at[name]);
  }
  for (const [name, value] of Object.entries(at.settings ?? {})) {
    made.setting(name, value);
  }
  return made;
}
