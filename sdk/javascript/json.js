// JSON as the record writes it: a decimal keeps the digits that were reported.
//
// Invariant: what is read and written again has every number as it was, 1.50 and 0.10 included.

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/;
/** A string of JSON, or a number: so that digits inside a string are left alone. */
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
/** Numbers that JavaScript might write otherwise: a trailing zero behind a point, an exponent, many digits. */
const MAY_LOSE = /\.\d*0(?!\d)|\d[eE]|[\d.]{16}|-0(?![.\d]*[1-9])/;
const MARK = '\u0001decimal:';
const MARKED = /"\\u0001decimal:([^"]*)"/g;

/** A decimal whose digits JavaScript's own numbers would lose. Compares and calculates as a number does. */
export class Decimal {
  constructor(text) {
    const whole = NUMBER.exec(text);
    if (typeof text !== 'string' || whole === null || whole[0] !== text) {
      throw new TypeError(`${JSON.stringify(text)} is no decimal of JSON`);
    }
    this.text = text;
    Object.freeze(this);
  }

  valueOf() {
    return Number(this.text);
  }

  toString() {
    return this.text;
  }

  toJSON() {
    return MARK + this.text;
  }
}

/** Reads a document. A number that JavaScript would write with other digits becomes a `Decimal`. */
export function readJson(text) {
  if (!MAY_LOSE.test(text)) {
    return JSON.parse(text);
  }
  let found = false;
  const marked = text.replace(STRING_OR_NUMBER, (token) => {
    if (token[0] === '"' || String(Number(token)) === token) {
      return token;
    }
    found = true;
    return `"\\u0001decimal:${token}"`;
  });
  return found ? JSON.parse(marked, decimals) : JSON.parse(text);
}

/** Writes a document; a `Decimal` with its digits. `indent`: so many spaces for each level, on lines of their own. */
export function writeJson(value, indent = 0) {
  const text = JSON.stringify(value, null, indent);
  return text.replace(MARKED, (_, digits) => new Decimal(digits).text);
}

/** A number as it was reported, for a screen. */
export function decimal(value) {
  if (value instanceof Decimal) {
    return value.text;
  }
  if (typeof value === 'number' && Number.isFinite(value)) {
    return String(value);
  }
  throw new TypeError('a decimal is asked for, and this is none');
}

function decimals(_, value) {
  return typeof value === 'string' && value.startsWith(MARK) ? new Decimal(value.slice(MARK.length)) : value;
}
