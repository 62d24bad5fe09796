// Why there is no answer: a word a program may act on and a sentence for a person.
//
// The words are an open list; whoever reads one that is unknown treats it as `fault`.

/** Why a departmental, or the host on its behalf, has no answer. Thrown; no patient data in `detail`. */
export class Failure extends Error {
  constructor(code, detail) {
    super(`${code}: ${detail}`);
    this.name = 'Failure';
    this.code = code;
    this.detail = detail;
  }

  /** What was asked for does not exist, or may not be seen: the two are one answer. */
  static notFound(detail) {
    return new Failure('not-found', detail);
  }

  /** The departmental has no such screen, action or reaction. */
  static notProvided(detail) {
    return new Failure('not-provided', detail);
  }

  /** What was asked is not well formed. */
  static invalid(detail) {
    return new Failure('invalid', detail);
  }

  /** Something in the record or a pack is not as the departmental believed. */
  static fault(detail) {
    return new Failure('fault', detail);
  }
}
