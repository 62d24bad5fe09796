// What all builders of screens rest on: nodes and pieces, facts and words, and the screen itself.
//
// Invariant: a member that the schema of screen/1 would refuse is refused here, with the builder and the member named.

import * as plain from './check.js';
import { LEFT_OUT, Refusal, Several, sort } from './check.js';
import { Failure } from './failure.js';
import { ABSENT, COMPARATOR, DECIMAL, ID, LINE, REFERENCE, TEXT, TONE, UNIT, WHEN } from './rules.js';

const CHILDREN_MAX = 2000;
const PANELS_MAX = 8;

function taken(where, rule, value) {
  const it = rule(value);
  if (it instanceof Refusal) {
    throw Failure.fault(`${where} ${it.what}`);
  }
  return it;
}

/** An object inside a node. */
export class Piece {
  constructor(name) {
    this.name = name;
    this.members = {};
    this.alternatives = [];
    this.exactly = null;
  }

  put(member, rule, value) {
    const it = taken(`${this.name}: \`${member}\``, rule, value);
    if (it instanceof Several) {
      Object.assign(this.members, it.members);
    } else if (it !== LEFT_OUT) {
      this.members[member] = it;
    }
    return this;
  }

  /** Exactly one of these members is to be there when it is written. */
  oneOf(members) {
    this.alternatives = members;
  }

  toJSON() {
    const given = this.alternatives.filter((it) => it in this.members);
    if (this.alternatives.length > 0 && given.length !== 1) {
      throw Failure.fault(`${this.name}: give exactly one of ${this.alternatives.join(' and ')}`);
    }
    if (this.exactly !== null) {
      const [member, other, value] = this.exactly;
      const there = (this.members[member] ?? []).length > 0;
      if (there !== (this.members[other] === value)) {
        throw Failure.fault(`${this.name}: give ${member} exactly when ${other} is ${value}`);
      }
    }
    return this.members;
  }
}

/** A node of any kind. */
export class Node extends Piece {
  constructor(kind) {
    super(kind);
    this.members.kind = kind;
    this.below = null;
  }

  /** Plain words for a host that does not know the kind of this node. */
  fallback(words) {
    return this.put('fallback', TEXT, words);
  }

  /** Inside a form: when this part of it is there. */
  showIf(condition) {
    return this.put('show_if', check.condition, condition);
  }
}

/** A node with others below it. */
export class Parent extends Node {
  constructor(kind) {
    super(kind);
    this.below = [];
    /** How many there are, from and to. */
    this.bounds = [0, CHILDREN_MAX];
  }

  toJSON() {
    const [least] = this.bounds;
    if (this.below.length < least) {
      throw Failure.fault(`${this.name}: has ${this.below.length} children; ${least} are needed`);
    }
    return super.toJSON();
  }

  /** With one more node below it. */
  child(child) {
    const [, most] = this.bounds;
    if (this.below.length === most) {
      throw Failure.fault(`${this.name}: has more than ${most} children`);
    }
    this.below.push(taken(`${this.name}: a child`, plain.of(() => Node), child));
    return this;
  }

  /** With more nodes below it. */
  children(children) {
    for (const child of children) {
      this.child(child);
    }
    return this;
  }
}

/** Panels of which one is in front: the first, until another is asked for. On paper all of them are there. */
export class Tabs extends Parent {
  constructor(label, panel) {
    super('tabs');
    this.members.labels = [];
    this.bounds = [1, PANELS_MAX];
    this.panel(label, panel);
  }

  /** With one more panel. */
  panel(label, panel) {
    this.members.labels.push(taken('tabs: the label of a panel', LINE, label));
    if (new Set(this.members.labels).size < this.members.labels.length) {
      throw Failure.fault('tabs: two panels have one label');
    }
    return super.child(panel);
  }

  child() {
    throw Failure.fault('tabs: a panel has a label; add it with panel(label, node)');
  }
}

/** One typed value, or the reason why there is none. */
export class Fact extends Piece {
  constructor(member, rule, value) {
    super('Fact');
    this.put(member, rule, value);
  }

  static text(text) {
    return new Fact('text', TEXT, text);
  }

  /** A decimal as it was reported, all its digits kept: a text. */
  static number(number) {
    return new Fact('number', DECIMAL, number);
  }

  static yesOrNo(yes) {
    return new Fact('boolean', plain.truth, yes);
  }

  /** A year, a month, a day, or a moment with its offset. */
  static date(when) {
    return new Fact('date', WHEN, when);
  }

  /** A number with its unit; `comparator` where it is `<`, `<=`, `>` or `>=`. */
  static quantity(value, unit, comparator = null) {
    const it = new Piece('Quantity').put('value', DECIMAL, value).put('unit', UNIT, unit);
    return new Fact('quantity', piece, comparator === null ? it : it.put('comparator', COMPARATOR, comparator));
  }

  static coded(display, system = null, code = null) {
    const it = new Piece('Coded').put('display', LINE, display);
    for (const [name, value] of Object.entries({ system, code })) {
      if (value !== null) {
        it.put(name, LINE, value);
      }
    }
    return new Fact('coded', piece, it);
  }

  static patient(reference) {
    return new Fact('patient', REFERENCE, reference);
  }

  /** Practitioner, PractitionerRole, Organization or Device: the host writes the name. */
  static actor(reference) {
    return new Fact('actor', REFERENCE, reference);
  }

  static tag(text, tone = 'neutral') {
    return new Fact('tag', piece, new Piece('Tag').put('text', LINE, text).put('tone', TONE, tone));
  }

  /** Words that lead to a screen of the same departmental. */
  static link(text, screen, parameters = {}) {
    return new Fact('link', check.way, { text, screen, parameters });
  }

  static absent(why) {
    return new Fact('absent', ABSENT, why);
  }
}

/** A piece of a sentence. */
export class Part extends Piece {
  constructor(fact) {
    super('Part');
    this.put('value', check.fact, fact);
  }

  static plain(fact) {
    return new Part(fact);
  }

  /** What to look at. */
  static strong(fact) {
    return new Part(fact).put('strong', plain.truth, true);
  }
}

/** When a part of a form is there. It asks only for fields that stand before it in the same form. */
export class Condition extends Piece {
  constructor(member, rule, value) {
    super('Condition');
    this.put(member, rule, value);
  }

  static answered(field) {
    return new Condition('answered', ID, field);
  }

  /** The answer, or one of those ticked. */
  static is(field, value) {
    return new Condition('is', piece, asked(field, value));
  }

  /** The answer is a number not below this. */
  static atLeast(field, value) {
    return new Condition('at-least', piece, asked(field, value));
  }

  static below(field, value) {
    return new Condition('below', piece, asked(field, value));
  }

  static all(conditions) {
    return new Condition('all', plain.list(check.condition, 1, 20), conditions);
  }

  static any(conditions) {
    return new Condition('any', plain.list(check.condition, 1, 20), conditions);
  }

  negated() {
    return new Condition('not', check.condition, this);
  }
}

const asked = (field, value) => new Piece('Condition').put('field', ID, field).put('value', plain.text(0, 300, null), value);
const piece = plain.of(() => Piece);

/** A screen, screen/1. */
export class Screen {
  constructor(root) {
    this.root = taken('Screen: its root', plain.of(() => Node), root);
    this.titled = {};
  }

  /** A title instead of the one in the manifest. */
  title(title) {
    this.titled = { title: taken('Screen: its title', LINE, title) };
    return this;
  }

  /** As it crosses the contract. Nodes come in the order in which they are read. */
  toJSON() {
    const nodes = [];
    flatten(this.root, nodes);
    return { screen: 1, ...this.titled, root: 0, nodes };
  }
}

function flatten(node, nodes) {
  const index = nodes.length;
  nodes.push(null);
  const members = { ...node.toJSON() };
  if (node.below !== null) {
    members.children = node.below.map((child) => flatten(child, nodes));
  }
  nodes[index] = members;
  return index;
}

/** What a member of a screen may be. */
export const check = {
  ...plain,
  fact: (value) => {
    const text = typeof value === 'string' ? TEXT(value) : null;
    if (text !== null) {
      return text instanceof Refusal ? text : Fact.text(text);
    }
    return value instanceof Fact ? value : new Refusal(`takes a Fact or a text, and this is ${sort(value)}`);
  },
  words: (value) => {
    const name = Array.isArray(value) ? 'parts' : 'text';
    const it = name === 'parts' ? plain.list(plain.of(() => Part), 1, 100)(value) : TEXT(value);
    return it instanceof Refusal ? it : new Several({ [name]: it });
  },
  condition: plain.of(() => Condition),
  link: ({ screen, parameters }) =>
    new Piece('link').put('screen', ID, screen).put('parameters', plain.parameters, parameters),
  way: ({ text, screen, parameters }) =>
    new Piece('link').put('text', LINE, text).put('screen', ID, screen).put('parameters', plain.parameters, parameters),
};
