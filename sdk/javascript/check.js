// What a member of a document may be: functions from a value to what is written, or to why it is not.
//
// Invariant: a refusal names the sort of a value and never the value, which may be about a patient.

/** Why a value cannot be taken. */
export class Refusal {
  constructor(what) {
    this.what = what;
  }
}

/** Several members in place of one. */
export class Several {
  constructor(members) {
    this.members = members;
  }
}

/** Nothing was said, and nothing is written. */
export const LEFT_OUT = Symbol('left out');

/** A value as it is told in a refusal. */
export function sort(value) {
  if (value === null) {
    return 'null';
  }
  if (typeof value === 'object') {
    return Array.isArray(value) ? 'a list' : `a ${value.constructor?.name ?? 'object'}`;
  }
  return value === undefined ? 'nothing' : `a ${typeof value}`;
}

/** A text of so many characters. */
export const text = (least, most = Infinity, pattern = null) => (value) => {
  if (typeof value !== 'string') {
    return new Refusal(`takes a text, and this is ${sort(value)}`);
  }
  const length = [...value].length;
  if (length < least || length > most) {
    return new Refusal(`has ${length} characters; ${least} to ${most} are allowed`);
  }
  return pattern === null || pattern.test(value) ? value : new Refusal(`does not look as it must: ${pattern.source}`);
};

/** One of these words; `nullable`: null leaves the member out. */
export const word = (words, nullable = false) => (value) => {
  if (nullable && value === null) {
    return LEFT_OUT;
  }
  return words.includes(value) ? value : new Refusal(`takes one of ${words.join(', ')}`);
};

export const truth = (value) =>
  typeof value === 'boolean' ? value : new Refusal(`takes true or false, and this is ${sort(value)}`);

export const integer = (least, most = Infinity) => (value) =>
  Number.isInteger(value) && value >= least && value <= most
    ? value
    : new Refusal(`takes a whole number from ${least} to ${most}`);

/** A list of so many, each of which is taken by `of`. */
export const list = (of, least, most = Infinity) => (value) => {
  if (!Array.isArray(value)) {
    return new Refusal(`takes a list, and this is ${sort(value)}`);
  }
  if (value.length < least || value.length > most) {
    return new Refusal(`has ${value.length} items; ${least} to ${most} are allowed`);
  }
  const taken = [];
  for (const [index, item] of value.entries()) {
    const it = of(item);
    if (it instanceof Refusal) {
      return new Refusal(`at ${index} ${it.what}`);
    }
    taken.push(it instanceof Several ? it.members : it);
  }
  return taken;
};

/** A list in which nothing is there twice. */
export const unique = (list) => (value) => {
  const it = list(value);
  return Array.isArray(it) && new Set(it).size < it.length ? new Refusal('has one item twice') : it;
};

/** Something built by this class; a function gives it, since classes name each other. */
export const of = (known) => (value) =>
  value instanceof known() ? value : new Refusal(`takes a ${known().name}, and this is ${sort(value)}`);

/** Texts by name, as a screen is opened with. */
export const parameters = (value) => {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    return new Refusal(`takes an object of texts, and this is ${sort(value)}`);
  }
  const texts = Object.values(value);
  if (texts.length > 20 || texts.some((it) => typeof it !== 'string' || [...it].length > 2000)) {
    return new Refusal('takes at most 20 texts of at most 2000 characters');
  }
  return { ...value };
};
