// A small honest part of FHIRPath, as views use it: members, choices of types, conditions, keys and texts.
//
// Invariant: what it does not know is refused by name; it never finds what the host would not.

import { Failure } from '../failure.js';
import { Decimal, writeJson } from '../json.js';

/** The signs between two, those that hold together least first. */
const SIGNS = [
  [' or ', (one, other) => either(true, truth(one), truth(other))],
  [' and ', (one, other) => either(false, truth(one), truth(other))],
  [' = ', (one, other) => (one.length === 0 || other.length === 0 ? [] : [writeJson(one) === writeJson(other)])],
  [' & ', (one, other) => [textOf(one) + textOf(other)]],
];
/** Functions, each of what is in its parentheses, to what it makes of what was found. */
const FUNCTIONS = {
  first: none(() => (found) => found.slice(0, 1)),
  exists: none(() => (found) => [found.length > 0]),
  empty: none(() => (found) => [found.length === 0]),
  not: none(() => (found) => (truth(found) === null ? [] : [!truth(found)])),
  getResourceKey: none(() => (found) => found.filter((it) => it.resourceType && it.id).map((it) => `${it.resourceType}/${it.id}`)),
  getReferenceKey: (of) => (found) => found.map((it) => referenceKey(it, of)).filter((it) => it !== null),
  where: (condition) => {
    const holds = path(condition);
    return (found) => found.filter((it) => truth(holds(it)) === true);
  },
  select: (inside) => {
    const of = path(inside);
    return (found) => found.flatMap(of);
  },
};

/** An expression as a function from where one stands to all that it finds. */
export function path(text) {
  const trimmed = text.trim();
  for (const [sign, join] of SIGNS) {
    const at = openPlaces(trimmed).find((place) => trimmed.startsWith(sign, place));
    if (at !== undefined) {
      const [one, other] = [path(trimmed.slice(0, at)), path(trimmed.slice(at + sign.length))];
      return (here) => join(one(here), other(here));
    }
  }
  const literal = /^'([^'\\]*)'$/.exec(trimmed);
  if (literal !== null || trimmed === 'true' || trimmed === 'false') {
    return () => [literal === null ? trimmed === 'true' : literal[1]];
  }
  return steps(parts(trimmed));
}

function steps(words) {
  const taken = [];
  for (let at = 0; at < words.length; at += 1) {
    const type = /^ofType\((\w+)\)$/.exec(words[at + 1] ?? '');
    if (isName(words[at]) && type !== null) {
      const chosen = words[at] + type[1][0].toUpperCase() + type[1].slice(1);
      taken.push((found) => found.flatMap((it) => opened(it?.[chosen])));
      at += 1;
    } else {
      taken.push(step(words[at]));
    }
  }
  return (here) => taken.reduce((found, take) => take(found), [here]);
}

function step(word) {
  if (isName(word)) {
    return (found) => found.flatMap((it) => member(it, word));
  }
  if (/^\(.*\)$/s.test(word)) {
    const inside = path(word.slice(1, -1));
    return (found) => found.flatMap(inside);
  }
  const [, name, inside] = /^(\w+)\((.*)\)$/s.exec(word) ?? [];
  if (name === undefined || !Object.hasOwn(FUNCTIONS, name)) {
    throw unknown(word);
  }
  return FUNCTIONS[name](inside.trim(), word);
}

function none(make) {
  return (inside, word) => {
    if (inside !== '') {
      throw unknown(word);
    }
    return make();
  };
}

const unknown = (word) => Failure.invalid(`the bedside does not know \`${word}\` in a path; write its rows with \`Bedside.rows\``);
const isName = (word) => /^[A-Za-z0-9]+$/.test(word);
const isObject = (it) => it !== null && typeof it === 'object' && !Array.isArray(it) && !(it instanceof Decimal);
const truth = (found) => (found.length === 1 && typeof found[0] === 'boolean' ? found[0] : null);
const textOf = ([first]) => (typeof first === 'string' ? first : '');

/** Of three-valued logic: `decides` when either is so, the other when both are, nothing otherwise. */
function either(decides, one, other) {
  if (one === decides || other === decides) {
    return [decides];
  }
  return one === null || other === null ? [] : [!decides];
}

/** What a member holds; of a choice, whichever it is. */
function member(of, name) {
  if (!isObject(of)) {
    return [];
  }
  const chosen = Object.keys(of).find((key) => key.startsWith(name) && /^[A-Z]/.test(key.slice(name.length)));
  return opened(of[name] ?? of[chosen]);
}

function opened(value) {
  return value === undefined || value === null ? [] : [value].flat();
}

function referenceKey(it, of) {
  const words = typeof it?.reference === 'string' ? it.reference.split('/_history/')[0].split('/') : [];
  const [name, id] = words.slice(-2);
  return words.length < 2 || (of !== '' && of !== name) ? null : `${name}/${id}`;
}

/** The places of a text that are outside of its parentheses and quotation marks. */
function openPlaces(text) {
  const places = [];
  let [depth, isQuoted] = [0, false];
  for (const [at, letter] of text.split('').entries()) {
    if (depth === 0 && !isQuoted) {
      places.push(at);
    }
    isQuoted = letter === "'" ? !isQuoted : isQuoted;
    depth += isQuoted ? 0 : { '(': 1, ')': -1 }[letter] ?? 0;
  }
  return places;
}

/** The steps of a path, apart at its dots. */
function parts(text) {
  const dots = openPlaces(text).filter((at) => text[at] === '.');
  return [...dots, text.length].map((end, index) => text.slice(index === 0 ? 0 : dots[index - 1] + 1, end).trim());
}
