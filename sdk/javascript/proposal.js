// What goes out besides screens: proposals (proposal/1), outcomes of a form (outcome/1), and advice (advice/1).
//
// Invariant: a proposal is all or nothing, never deletes, and names the version each update rests on.

import { Failure } from './failure.js';

const texts = (parameters) => parameters.toJSON?.() ?? { ...parameters };

/** Changes that a departmental proposes. */
export class Proposal {
  #summary;
  #changes = [];
  #temporaries = 0;

  /** A proposal without a change yet. `summary`: what it does, in plain words for who reads the audit. */
  constructor(summary) {
    this.#summary = summary;
  }

  /** Nothing to do. */
  static none() {
    return new Proposal('Nothing to do.');
  }

  /** Proposes a new resource, without an id: the host gives it one. */
  create(resource) {
    this.#changes.push({ action: 'create', resource });
    return this;
  }

  /** A temporary id that no change of this proposal has yet, `urn:uuid:…`: the same at every replay. */
  temporary() {
    this.#temporaries += 1;
    return `urn:uuid:00000000-0000-4000-8000-${this.#temporaries.toString(16).padStart(12, '0')}`;
  }

  /** Proposes a new resource to which other changes of this proposal refer by `temporary`. */
  createAs(temporary, resource) {
    this.#changes.push({ action: 'create', resource, temporary });
    return this;
  }

  /** Asks the host to give the resource that was proposed last an `accession-number` or `order-number`. Not for reactions. */
  identified(kind) {
    const last = this.#changes.at(-1);
    if (last?.action !== 'create') {
      throw Failure.fault('identified follows the creation of a resource');
    }
    (last.identifiers ??= []).push(kind);
    return this;
  }

  /** Proposes the whole resource as it is to be, resting on the version `seen` (its `meta.versionId`). */
  update(resource, seen) {
    this.#changes.push({ action: 'update', resource, seen });
    return this;
  }

  isEmpty() {
    return this.#changes.length === 0;
  }

  toJSON() {
    return { proposal: 1, summary: this.#summary, changes: this.#changes };
  }
}

/** What is wrong with a form, and how to mend it. */
export class Finding {
  constructor(field, message) {
    this.field = field;
    this.message = message;
  }

  /** About one field. */
  static on(field, message) {
    return new Finding(field, message);
  }

  /** About the form as a whole. */
  static aboutForm(message) {
    return new Finding(null, message);
  }

  toJSON() {
    return this.field === null ? { message: this.message } : { field: this.field, message: this.message };
  }
}

/** What becomes of a submitted form. */
export class Outcome {
  #members;

  constructor(members) {
    this.#members = { outcome: 1, ...members };
  }

  /** Commit this. */
  static commit(proposal) {
    return new Outcome({ proposal });
  }

  /** Open another screen of the manifest. */
  static next(screen, parameters = {}) {
    return new Outcome({ next: { screen, parameters: texts(parameters) } });
  }

  /** Once it is committed, open another screen of the manifest. */
  andThen(screen, parameters = {}) {
    this.#members.next = { screen, parameters: texts(parameters) };
    return this;
  }

  /** Nothing is committed; the form is drawn again with these findings and what was typed. */
  static findings(findings) {
    if (findings.length === 0) {
      throw Failure.fault('an outcome of findings has at least one');
    }
    return new Outcome({ findings });
  }

  /** As `findings`, on another screen than the one that was submitted. */
  static findingsOn(findings, screen) {
    const outcome = Outcome.findings(findings);
    outcome.#members.screen = screen;
    return outcome;
  }

  toJSON() {
    return this.#members;
  }
}

/** What a departmental has to say at a hook: cards. */
export class Advice {
  #cards = [];

  /** Nothing to say. */
  static none() {
    return new Advice();
  }

  /** With this card too. */
  card(card) {
    this.#cards.push(card);
    return this;
  }

  toJSON() {
    return { advice: 1, cards: this.#cards };
  }
}

/** One thing to say: `indicator` is `info`, `warning` or `critical`. */
export class Card {
  #members;

  /** `summary`: one line of at most 140 characters; `source`: on what it rests, a guideline with its edition for example. */
  constructor(indicator, summary, source) {
    if (!['info', 'warning', 'critical'].includes(indicator)) {
      throw Failure.fault('Card: its indicator is one of info, warning, critical');
    }
    const length = [...summary].length;
    if (length === 0 || length > 140 || /[\r\n]/.test(summary)) {
      throw Failure.fault('Card: its summary is one line of 1 to 140 characters');
    }
    this.#members = { summary, indicator, source: { label: source } };
  }

  /** With more to read, as plain text of at most 2,000 characters; a line break begins a new paragraph. */
  detail(detail) {
    if ([...detail].length > 2000 || detail === '') {
      throw Failure.fault('Card: its detail has 1 to 2000 characters');
    }
    this.#members.detail = detail;
    return this;
  }

  /** With a way to a screen of the manifest whose place is `patient`; three at most. */
  link(label, screen, parameters = {}) {
    const links = (this.#members.links ??= []);
    links.push({ label, screen, parameters: texts(parameters) });
    if (links.length > 3) {
      throw Failure.fault('Card: three links at most');
    }
    return this;
  }

  toJSON() {
    return this.#members;
  }
}
