// How the builders of screen.js are made of what the schema says: what each needs, and what it may have.
//
// Invariant: every member goes through its rule; what is needed comes in the order of the constructor's arguments.

import * as plain from './check.js';
import { Node, Parent, Piece, check } from './node.js';

export const { condition: CONDITION, fact: FACT, link: LINK, parameters: PARAMETERS, truth: TRUTH, way: WAY, words: WORDS } = check;
export const { integer, text, unique, word } = plain;

/** What is handed to a rule, where it is not the one argument as it is. */
const HANDED = new Map([
  [TRUTH, (yes = true) => yes],
  [LINK, (screen, parameters = {}) => ({ screen, parameters })],
  [WAY, (words, screen, parameters = {}) => ({ text: words, screen, parameters })],
]);

/** A list of so many; `of` is a rule or the class of a piece. */
export const list = (of, least, most) => plain.list(ruleOf(of), least, most);

/** A piece of this class that has these members, which it might do without elsewhere. */
export const having = (of, members) => (value) => {
  const it = ruleOf(of)(value);
  const missing = it instanceof plain.Refusal ? undefined : members.find((member) => !(member in it.members));
  return missing === undefined ? it : new plain.Refusal(`takes a ${of.name} with ${members.join(' and ')}, and this has no ${missing}`);
};

/** A member whose function is called otherwise than it is in the document. */
export const called = (name, rule) => ({ name, rule });

/** A node of this kind. */
export const node = (kind, schema = {}) => built(Node, kind, schema);

/** A node of this kind, with others below it. */
export const parent = (kind, schema = {}) => built(Parent, kind, schema);

/** An object inside a node. */
export const piece = (schema = {}) => built(Piece, null, schema);

/** A class for a builder. `needs`: rules by member, for the constructor; `may`: for a function each; `either`: exactly one of
 * these, each by a static function of what is needed and itself. When it is written: of `oneOf` there is exactly one, and
 * of `when` the first exactly when the second has the value that is the third. `fixed`: members that are always the same;
 * `below`: how many nodes it has below it. */
function built(Base, kind, { needs = {}, may = {}, either = {}, oneOf = Object.keys(either), when, fixed = {}, below }) {
  const needed = Object.entries(needs).map(([member, rule]) => [member, ruleOf(rule)]);

  class Built extends Base {
    constructor(...given) {
      super(kind ?? new.target.name);
      needed.forEach(([member, rule], at) => this.put(member, rule, given[at]));
      Object.assign(this.members, fixed);
      this.oneOf(oneOf);
      this.exactly = when ?? null;
      this.bounds = below ?? this.bounds;
    }
  }

  for (const [member, it] of Object.entries(may)) {
    const { name, rule } = 'rule' in it ? it : { name: camel(member), rule: ruleOf(it) };
    const handed = HANDED.get(rule) ?? ((value) => value);
    define(Built.prototype, name, function put(...given) {
      return this.put(member, rule, handed(...given));
    });
  }
  for (const [member, rule] of Object.entries(either)) {
    define(Built, camel(member), function only(...given) {
      return new this(...given.slice(0, needed.length)).put(member, rule, given[needed.length]);
    });
  }
  return Built;
}

function ruleOf(it) {
  return it.prototype instanceof Piece ? plain.of(() => it) : it;
}

function camel(member) {
  return member.replace(/[-_](.)/g, (_, letter) => letter.toUpperCase());
}

function define(on, name, value) {
  Object.defineProperty(on, name, { value, writable: true, configurable: true });
}
