// Answers of a departmental as the contract wants them: texts in, texts out, a failure where there is no answer.
//
// Invariant: what a departmental does not implement is answered `not-provided`; an error that it did not mean is a
// `fault` that says where in its code, without the error's own words, which may be about a patient.

import { Call } from './call.js';
import { Failure } from './failure.js';
import { Event, Form, Hook, Parameters } from './form.js';
import { writeJson } from './json.js';

/** How the engine of a component calls the one file that it is given. */
const ENGINE_NAME = 'componentize-qjs:user.js';

/** The four exports of the contract for this departmental, answered with what `host` gives. */
export function exported(departmental, host) {
  const answered = (what, part) => {
    try {
      return writeJson(part(new Call(host)));
    } catch (wrong) {
      throw told(what, wrong);
    }
  };
  const provided = (name, what) => {
    if (typeof departmental?.[name] !== 'function') {
      throw Failure.notProvided(what);
    }
  };
  return {
    screens: {
      open: (screen, parameters) =>
        answered('open', (call) => {
          provided('open', `this departmental draws no screen \`${screen}\``);
          return departmental.open(call, screen, Parameters.read(parameters));
        }),
      submit: (screen, action, form) =>
        answered('submit', (call) => {
          provided('submit', `this departmental has no action \`${action}\` on a screen \`${screen}\``);
          return departmental.submit(call, screen, action, Form.read(form));
        }),
    },
    reactions: {
      react: (event) =>
        answered('react', (call) => {
          provided('react', 'this departmental does not react to changes');
          return departmental.react(call, Event.read(event));
        }),
    },
    advice: {
      advise: (hook, input) =>
        answered('advise', (call) => {
          provided('advise', `this departmental has nothing to do with the hook \`${hook}\``);
          const read = Hook.read(input);
          if (read.name !== hook) {
            throw Failure.invalid('the hook is not the one of its document');
          }
          return departmental.advise(call, read);
        }),
    },
    intake: {
      convert: (format, message) =>
        answered('convert', (call) => {
          provided('convert', `this departmental does not read \`${format}\``);
          return departmental.convert(call, format, message);
        }),
    },
  };
}

function told(what, wrong) {
  if (wrong instanceof Failure) {
    return wrong;
  }
  const place = String(wrong?.stack ?? '').split('\n').find((line) => /:\d+/.test(line)) ?? 'a place that is not known';
  const named = place.trim().replace(/^at /, '').replace(ENGINE_NAME, 'departmental.js');
  const told = Failure.fault(`${wrong?.name ?? 'an error'} in ${what}, at ${named}`);
  told.cause = wrong;
  return told;
}
