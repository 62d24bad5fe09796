// What differs in the engine of a component from others: chance and the clock are refused in words, texts are there.
//
// Invariant: it runs before the departmental's own modules, so none of them holds what is taken away here.

import { Failure } from './failure.js';
import { Utf8Decoder, Utf8Encoder } from './text.js';

const refused = (what, instead) => () => {
  throw Failure.fault(`${what} is not there: ${instead}`);
};
const CHANCE = 'a departmental answers the same to the same question';
const CLOCK = 'the moment of the call is call.context.now()';

const Given = Date;
const now = refused('the time of day', CLOCK);

/** The dates of the engine, of given moments alone. */
const OfGiven = new Proxy(Given, {
  apply: now,
  construct: (of, given, made) => (given.length === 0 ? now() : Reflect.construct(of, given, made)),
});

Math.random = refused('Math.random', CHANCE);
Given.now = now;
Given.prototype.constructor = OfGiven;
globalThis.Date = OfGiven;
// Only some engines have it.
delete globalThis.performance;
globalThis.TextDecoder ??= Utf8Decoder;
globalThis.TextEncoder ??= Utf8Encoder;
