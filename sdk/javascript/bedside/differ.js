// Where two documents differ, by JSON Pointer.
//
// Invariant: two numbers are the same only with the same digits, and the order of an object's members means nothing.

import { Decimal, writeJson } from '../json.js';

/** So many places are told. */
const PLACES_MAX = 8;
const CHARS_MAX = 160;

const kindOf = (it) => (Array.isArray(it) ? 'list' : it !== null && typeof it === 'object' && !(it instanceof Decimal) ? 'object' : 'plain');

/** The first places in which they differ: `/nodes/2/text: then "3", now "4"`. */
export function differences(then, now) {
  const found = [];
  compare('', then, now, found);
  const more = found.length > PLACES_MAX ? [`and ${found.length - PLACES_MAX} more places`] : [];
  return [...found.slice(0, PLACES_MAX), ...more];
}

function compare(place, then, now, found) {
  const kind = kindOf(then);
  if (kind !== kindOf(now) || then === undefined || now === undefined) {
    found.push(told(place, then, now));
  } else if (kind === 'plain') {
    if (writeJson(then) !== writeJson(now)) {
      found.push(told(place, then, now));
    }
  } else {
    const names = kind === 'list' ? Array.from({ length: Math.max(then.length, now.length) }, (_, at) => at) : new Set([...Object.keys(then), ...Object.keys(now)]);
    for (const name of names) {
      const [one, other] = [then, now].map((it) => (Object.hasOwn(it, name) ? it[name] : undefined));
      compare(`${place}/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`, one, other, found);
    }
  }
}

function told(place, then, now) {
  const [one, other] = [then, now].map((it) => {
    const text = it === undefined ? 'nothing' : writeJson(it);
    return [...text].length > CHARS_MAX ? `${[...text].slice(0, CHARS_MAX).join('')}…` : text;
  });
  return `${place}: then ${one}, now ${other}`;
}
