// What comes in with a call: parameters of a screen, a filled-in form, a change of the record, a hook.
//
// Invariant: each reads exactly its schema in `wit/schemas/`; a document that does not follow it is a failure that says where.

import { Failure } from './failure.js';
import { readJson } from './json.js';

const isObject = (it) => it !== null && typeof it === 'object' && !Array.isArray(it);
const isText = (it) => typeof it === 'string';
const areTexts = (it) => isObject(it) && Object.values(it).every(isText);
const invalid = (what) => Failure.invalid(`${what} does not follow its schema`);

function read(what, text) {
  let document;
  try {
    document = readJson(text);
  } catch {
    throw Failure.invalid(`${what} cannot be read as JSON`);
  }
  if (!isObject(document)) {
    throw invalid(what);
  }
  return document;
}

function only(what, document, known) {
  const other = Object.keys(document).find((name) => !known.includes(name));
  if (other !== undefined) {
    throw Failure.invalid(`${what} has the member \`${other}\`, which is not of its schema`);
  }
}

/** Parameters with which a screen is opened: texts by name. */
export class Parameters {
  #texts;

  constructor(texts = {}) {
    this.#texts = texts;
  }

  static read(text) {
    const document = read('the parameters', text);
    if (!areTexts(document)) {
      throw invalid('the parameters');
    }
    return new Parameters(document);
  }

  /** The value of that name, or null. */
  get(name) {
    return Object.hasOwn(this.#texts, name) ? this.#texts[name] : null;
  }

  /** The value of that name; refuses when the screen was opened without it. */
  required(name) {
    const value = this.get(name);
    if (value === null) {
      throw Failure.invalid(`the parameter \`${name}\` is missing`);
    }
    return value;
  }

  toJSON() {
    return { ...this.#texts };
  }
}

/** A filled-in form, form/1. */
export class Form {
  #fields;
  #carries;
  #seen;

  constructor(document) {
    const { form, fields, carries = {}, seen = [], parameters = {} } = document;
    only('the form', document, ['form', 'fields', 'carries', 'seen', 'parameters']);
    const isEntered = (it) => isText(it) || (Array.isArray(it) && it.every(isText));
    const isSeen = (it) => isObject(it) && isText(it.resource) && isText(it.version);
    const followed =
      form === 1 && isObject(fields) && Object.values(fields).every(isEntered) && areTexts(carries) &&
      Array.isArray(seen) && seen.every(isSeen) && areTexts(parameters);
    if (!followed) {
      throw invalid('the form');
    }
    this.#fields = fields;
    this.#carries = carries;
    this.#seen = seen;
    /** The parameters with which the screen of the form was opened. */
    this.parameters = new Parameters(parameters);
  }

  static read(text) {
    return new Form(read('the form', text));
  }

  /** What was typed or chosen, without white space around it; null when the field was left empty. */
  text(field) {
    const entered = Object.hasOwn(this.#fields, field) ? this.#fields[field] : null;
    return isText(entered) && entered.trim() !== '' ? entered.trim() : null;
  }

  /** Which boxes were ticked. */
  ticked(field) {
    const entered = Object.hasOwn(this.#fields, field) ? this.#fields[field] : [];
    return isText(entered) ? [entered] : [...entered];
  }

  /** What the form carried under that name, or null. */
  carried(name) {
    return Object.hasOwn(this.#carries, name) ? this.#carries[name] : null;
  }

  /** The version of this resource that the form showed, or null. */
  seen(resource) {
    return this.#seen.find((it) => it.resource === resource)?.version ?? null;
  }

  /** Every version that the form showed: `{ resource, version }`. */
  allSeen() {
    return this.#seen.map((it) => ({ ...it }));
  }
}

/** One change of the record, event/1: `t`, `action` (`create` or `update`), `resource`. */
export class Event {
  constructor(t, action, resource) {
    if (!Number.isInteger(t) || t < 1 || !['create', 'update'].includes(action) || !isObject(resource)) {
      throw invalid('the event');
    }
    this.t = t;
    this.action = action;
    this.resource = resource;
  }

  static read(text) {
    const document = read('the event', text);
    only('the event', document, ['event', 't', 'action', 'resource']);
    if (document.event !== 1) {
      throw invalid('the event');
    }
    return new Event(document.t, document.action, document.resource);
  }
}

/** The moment of the core application at which advice is asked for, hook/1: its `name`. */
export class Hook {
  constructor(name) {
    if (!isText(name)) {
      throw invalid('the hook');
    }
    this.name = name;
  }

  static read(text) {
    const document = read('the hook', text);
    only('the hook', document, ['hook', 'name']);
    if (document.hook !== 1) {
      throw invalid('the hook');
    }
    return new Hook(document.name);
  }
}
