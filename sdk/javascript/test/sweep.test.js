// Every builder with all that it may have, and on both sides of every bound, against the schema of screens.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Failure } from '../failure.js';
import { readJson, writeJson } from '../json.js';
import * as screen from '../screen.js';

const builders = fileURLToPath(new URL('../../builders.py', import.meta.url));
const cases = JSON.parse(execFileSync('python3', [builders, '--sweep'], { encoding: 'utf8', maxBuffer: 2 ** 26 }));

const camel = (member) => member.replace(/[-_](.)/g, (_, letter) => letter.toUpperCase());

/** What the words of a case say, built. */
function made(it) {
  if (Array.isArray(it)) {
    return it.map(made);
  }
  const [[how, given] = []] = it !== null && typeof it === 'object' ? Object.entries(it) : [];
  switch (how) {
    case '$':
      return builder(...given);
    case 'fact':
      return screen.Fact[given[0]](...given.slice(1));
    case 'field':
      return screen.Condition.answered(given);
    case 'text':
      return 'ä'.repeat(given);
    case 'times':
      return Array.from({ length: given[0] }, () => made(given[1]));
    default:
      return it;
  }
}

function builder(name, needs, calls, children, only) {
  const given = made(needs);
  let it = only === null ? new screen[name](...given) : screen[name][camel(only)](...given);
  for (const [called, more] of calls) {
    it = it[camel(called)](...made(more));
  }
  for (let at = 0; at < (children ?? 0); at += 1) {
    it.child(new screen.Heading(`Child ${at}`));
  }
  return it;
}

test('every builder takes what the schema takes, and nothing else', () => {
  assert.ok(cases.length > 1000);
  for (const { of, what, build, taken, document } of cases) {
    let found = null;
    try {
      found = readJson(writeJson(made(build)));
    } catch (wrong) {
      assert.ok(wrong instanceof Failure, `${of}, ${what}: ${wrong.stack}`);
    }
    assert.equal(found !== null, taken, `${of}, ${what}`);
    if (document !== undefined) {
      assert.deepEqual(found, document, `${of}, ${what}`);
    }
  }
});

test('every kind that there is has a builder', () => {
  const built = new Set(cases.map(({ document }) => document?.kind).filter((it) => it !== undefined));
  assert.ok(built.size > 45, String(built.size));
});
