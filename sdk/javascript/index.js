// What a supplier builds a departmental with in JavaScript: documents in and out; screens are in `palatine/screen`, a
// bench for tests in `palatine/bedside`.
//
// Invariant: what is here is in the Rust kit under the same name.

export { Failure } from './failure.js';
export { Event, Form, Hook, Parameters } from './form.js';
export { Decimal, decimal, readJson, writeJson } from './json.js';
export { Advice, Card, Finding, Outcome, Proposal } from './proposal.js';
export { Rows, ViewQuery } from './rows.js';
export { Screen } from './node.js';
