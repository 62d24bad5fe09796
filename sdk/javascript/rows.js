// Rows of a view: what is asked for, and what comes back.
//
// Invariant: a view is declared in the manifest under `views`, and its columns are all that crosses.

import { Failure } from './failure.js';
import { Decimal } from './json.js';

/** Which rows of a view, in which order. Without anything: the first hundred in the record's own order. */
export class ViewQuery {
  #members = {};

  /** FHIR conditions and `_sort`, by the search parameters that the manifest names for the view: an index answers them. */
  search(conditions) {
    return this.#set('search', conditions);
  }

  /** Rows whose column is one of these. */
  among(column, values) {
    return this.#push('where', { column, in: values });
  }

  /** Rows whose column is this or more. */
  from(column, value) {
    return this.#push('where', { column, from: value });
  }

  /** Rows whose column is less than this. */
  until(column, value) {
    return this.#push('where', { column, until: value });
  }

  /** Rows that have a value in the column. */
  present(column) {
    return this.#push('where', { column, absent: false });
  }

  /** Put in order by a column, the smallest first; behind the columns named before. */
  ascending(column) {
    return this.#push('order', { column });
  }

  /** Put in order by a column, the largest first; behind the columns named before. */
  descending(column) {
    return this.#push('order', { column, descending: true });
  }

  /** So many rows left out at the beginning, in a call about a patient. */
  offset(rows) {
    return this.#set('offset', rows);
  }

  /** From where an answer about a site said that rows follow, `next`. All but the count is to be asked as it was. */
  page(next) {
    return this.#set('page', next);
  }

  /** So many rows at most. */
  count(rows) {
    return this.#set('count', rows);
  }

  /** The document that crosses: view/1. */
  toJSON() {
    return this.#members;
  }

  #set(member, value) {
    this.#members[member] = value;
    return this;
  }

  #push(member, value) {
    (this.#members[member] ??= []).push(value);
    return this;
  }
}

/** Rows of a view: iterate over them. `more`: rows follow; `next`: where, in a call about a site. */
export class Rows {
  #columns;
  #values;

  constructor(columns, values, more, next) {
    this.#columns = new Map(columns.map((name, index) => [name, index]));
    this.#values = values;
    this.more = more;
    this.next = next;
  }

  /** Reads rows/1. */
  static read(document) {
    const { columns, values, more, next = null } = document ?? {};
    const isRow = (row) => Array.isArray(row) && row.length === columns.length;
    const followed =
      Array.isArray(columns) &&
      columns.every((name) => typeof name === 'string') &&
      Array.isArray(values) &&
      values.every(isRow) &&
      typeof more === 'boolean' &&
      (next === null || typeof next === 'string');
    if (!followed) {
      throw Failure.fault('the rows from the host do not follow rows/1');
    }
    return new Rows(columns, values, more, next);
  }

  get length() {
    return this.#values.length;
  }

  *[Symbol.iterator]() {
    for (const values of this.#values) {
      yield new Row(this.#columns, values);
    }
  }
}

/** One row. */
class Row {
  #columns;
  #values;

  constructor(columns, values) {
    this.#columns = columns;
    this.#values = values;
  }

  /** The cell of a column; null where there is no value, and of a column that the view does not have. */
  get(column) {
    return this.#values[this.#columns.get(column)] ?? null;
  }

  /** The text of a column, or null. */
  text(column) {
    const value = this.get(column);
    return typeof value === 'string' ? value : null;
  }

  /** The decimal of a column with the digits that were reported, or null. */
  decimal(column) {
    const value = this.get(column);
    if (value instanceof Decimal) {
      return value.text;
    }
    return typeof value === 'number' ? String(value) : null;
  }
}
