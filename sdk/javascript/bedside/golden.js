// Golden cases: a small chart, one call and the whole answer, in `cases/golden/NAME.json` of a departmental. `departmental
// test` runs the same files in the sandbox, over a real record.
//
// Invariant: a case has one call and one answer or failure; `UPDATE=1` writes those of the answers that differ, and
// nothing else writes.

import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Bedside } from '../bedside.js';
import { readJson, writeJson } from '../json.js';
import { differences } from './differ.js';

/** All the files together, as a component may carry them. */
const BYTES_MAX = 4 * 1024 * 1024;
const MEMBERS = ['golden', 'title', 'chart', 'at', 'answer', 'failure'];
const AT = ['site', 'patient', 'encounter', 'role', 'now', 'settings'];
/** What each call is made with: all of these, and of `?` those that there are. */
const CALLS = {
  open: ['screen', 'parameters?'],
  submit: ['screen', 'action', 'form'],
  react: ['event', 't', 'action', 'resource'],
  advise: ['hook', 'input'],
  convert: ['format', 'message'],
};

const isObject = (it) => it !== null && typeof it === 'object' && !Array.isArray(it);
const has = (it, name) => Object.hasOwn(it, name);

/** A file that is no golden case: which, what is wrong with it, and how to mend it. */
class Unfit extends Error {
  constructor(file, what) {
    super(`${file}: ${what}`);
    this.name = 'Unfit';
  }
}

/** Runs every case of the departmental in a folder; answers how many there are. Throws when one is answered otherwise, with
 * the first places in which it differs, then and now. */
export function golden(folder, departmental) {
  const cases = read(join(folder, 'cases/golden'));
  const said = cases.map((it) => run(folder, departmental, it)).filter((it) => it !== null);
  if (said.length > 0) {
    const help = 'UPDATE=1 writes what is answered now, and the diff is to be read';
    throw new Error(`${said.length} of ${cases.length} golden cases are answered otherwise; ${help}\n${said.join('\n')}`);
  }
  return cases.length;
}

function run(folder, departmental, { file, document, chart }) {
  const call = Object.keys(CALLS).find((name) => has(document, name));
  let now;
  try {
    now = bedside(folder, document.at, chart).ask(departmental, call, document[call]);
  } catch (wrong) {
    throw new Error(`${file}: ${wrong.message}`, { cause: wrong });
  }
  const { answer, failure, ...asked } = document;
  const then = answer === undefined && failure === undefined ? {} : { answer, failure };
  const found = differences(readJson(writeJson(then)), readJson(writeJson(now)));
  if (found.length === 0) {
    return null;
  }
  if (process.env.UPDATE) {
    writeFileSync(file, `${writeJson({ ...asked, ...now }, 2)}\n`);
    return null;
  }
  return [`${file}: ${document.title}`, ...found].join('\n  ');
}

function bedside(folder, at, chart) {
  const made = new Bedside(folder).now(at.now).with(...chart);
  for (const name of ['site', 'patient', 'encounter', 'role']) {
    if (has(at, name)) {
      made[name](at[name]);
    }
  }
  for (const [name, value] of Object.entries(at.settings ?? {})) {
    made.setting(name, value);
  }
  return made;
}

/** The cases of a folder in the order of their names, each with its chart. */
function read(folder) {
  let names;
  try {
    names = readdirSync(folder).filter((it) => it.endsWith('.json') && it !== 'budget.json').sort();
  } catch {
    names = [];
  }
  if (names.length === 0) {
    throw new Unfit(folder, 'holds no golden case; write one file for each, NAME.json');
  }
  const reader = new Reader();
  return names.map((name) => {
    const file = join(folder, name);
    const document = reader.json(file);
    check(file, document);
    const chart = document.chart.flatMap((it) => (typeof it === 'string' ? reader.chart(file, join(folder, it)) : [it]));
    return { file, document, chart };
  });
}

/** Reads files, each once, within the bound of all together. */
class Reader {
  #bytes = 0;
  #charts = new Map();

  json(file) {
    this.#bytes += statSync(file).size;
    if (this.#bytes > BYTES_MAX) {
      throw new Unfit(file, `with it the golden cases have more than ${BYTES_MAX} bytes; share charts, or ask for smaller screens`);
    }
    try {
      return readJson(readFileSync(file, 'utf8'));
    } catch (wrong) {
      throw new Unfit(file, `is not JSON: ${wrong.message}`);
    }
  }

  chart(of, file) {
    if (!this.#charts.has(file)) {
      const is = statSync(file, { throwIfNoEntry: false })?.isFile();
      const resources = is ? this.json(file) : undefined;
      if (!Array.isArray(resources) || !resources.every(isObject)) {
        throw new Unfit(of, `its chart names ${file}, which is ${is ? 'no list of resources' : 'not there'}`);
      }
      this.#charts.set(file, resources);
    }
    return this.#charts.get(file);
  }
}

function check(file, document) {
  const refuse = (what) => {
    throw new Unfit(file, what);
  };
  if (!isObject(document) || document.golden !== 1) {
    refuse('is no golden case; it begins with "golden": 1');
  }
  const other = Object.keys(document).find((name) => !MEMBERS.includes(name) && !has(CALLS, name));
  if (other !== undefined) {
    refuse(`has the member \`${other}\`, which golden/1 does not know; it has ${[...MEMBERS, ...Object.keys(CALLS)].join(', ')}`);
  }
  const { title, chart, at } = document;
  if (typeof title !== 'string' || title.trim() === '') {
    refuse('has no `title`; say in a sentence what it shows');
  }
  if (!Array.isArray(chart) || !chart.every((it) => typeof it === 'string' || isObject(it))) {
    refuse('has no `chart`; write a list of resources, and of names of files that hold such a list');
  }
  const wrong = at?.settings !== undefined && !isObject(at.settings) ? 'settings' : Object.keys(at ?? {}).find((it) => !AT.includes(it));
  if (!isObject(at) || typeof at.now !== 'string' || wrong !== undefined) {
    refuse(`has in \`at\` ${wrong === undefined ? 'no `now`' : `a wrong \`${wrong}\``}; write \`now\`, and where they matter ${AT.join(', ')}`);
  }
  checkCall(document, refuse);
}

function checkCall(document, refuse) {
  const calls = Object.keys(CALLS).filter((name) => has(document, name));
  if (calls.length !== 1) {
    refuse(`has ${calls.length === 0 ? 'no call' : calls.join(' and ')}; write exactly one of ${Object.keys(CALLS).join(', ')}`);
  }
  const given = document[calls[0]];
  const members = CALLS[calls[0]];
  const missing = members.find((it) => !it.endsWith('?') && !(isObject(given) && has(given, it)));
  const more = Object.keys(given ?? {}).find((it) => !members.includes(it) && !members.includes(`${it}?`));
  if (missing !== undefined || more !== undefined) {
    const what = missing === undefined ? `\`${more}\`, which it does not take` : `no \`${missing}\``;
    refuse(`has in \`${calls[0]}\` ${what}; it takes ${members.join(', ')}`);
  }
  if (has(document, 'answer') && has(document, 'failure')) {
    refuse('has an `answer` and a `failure`; a call has one of them');
  }
}
