// Types of node.js: what all builders of screens rest on.

export class Piece {
  toJSON(): Record<string, unknown>;
}

export class Node extends Piece {
  fallback(words: string): this;
  showIf(condition: Condition): this;
}

export class Parent extends Node {
  child(child: Node): this;
  children(children: Iterable<Node>): this;
}

export class Tabs extends Parent {
  constructor(label: string, panel: Node);
  panel(label: string, panel: Node): this;
}

export class Fact extends Piece {
  private constructor();
  static text(text: string): Fact;
  static number(number: string): Fact;
  static yesOrNo(yes: boolean): Fact;
  static date(when: string): Fact;
  static quantity(value: string, unit: string, comparator?: '<' | '<=' | '>' | '>=' | null): Fact;
  static coded(display: string, system?: string | null, code?: string | null): Fact;
  static patient(reference: string): Fact;
  static actor(reference: string): Fact;
  static tag(text: string, tone?: import('./screen.js').Tone): Fact;
  static link(text: string, screen: string, parameters?: Record<string, string>): Fact;
  static absent(why: import('./screen.js').Absent): Fact;
}

export class Part extends Piece {
  private constructor();
  static plain(fact: Fact | string): Part;
  static strong(fact: Fact | string): Part;
}

export type Words = string | Part[];

export class Condition extends Piece {
  private constructor();
  static answered(field: string): Condition;
  static is(field: string, value: string): Condition;
  static atLeast(field: string, value: string): Condition;
  static below(field: string, value: string): Condition;
  static all(conditions: Condition[]): Condition;
  static any(conditions: Condition[]): Condition;
  negated(): Condition;
}

export class Screen {
  constructor(root: Node);
  title(title: string): this;
  toJSON(): { screen: 1; title?: string; root: number; nodes: Record<string, unknown>[] };
}
