// The host as a component sees it: what the contract's imports answer.
//
// Invariant: a failure of the host comes as a `Failure`, never as anything that could be taken for an answer.

import * as chart from 'palatine:departmental/chart@0.2.0';
import * as context from 'palatine:departmental/context@0.2.0';
import * as journal from 'palatine:departmental/journal@0.2.0';
import * as packs from 'palatine:departmental/packs@0.2.0';

import { exported } from './departmental.js';
import { Failure } from './failure.js';

const asked = (ask) => (...given) => {
  try {
    return ask(...given);
  } catch (wrong) {
    const { code, detail } = wrong?.payload ?? wrong ?? {};
    throw typeof code === 'string' && typeof detail === 'string' ? new Failure(code, detail) : wrong;
  }
};

const HOST = {
  context,
  chart: { read: asked(chart.read), search: asked(chart.search), rows: asked(chart.rows) },
  packs: { get: asked(packs.get) },
  journal,
};

/** What a component exports: as `exported`, with failures as the contract's own. */
export function component(departmental) {
  const interfaces = Object.entries(exported(departmental, HOST));
  return Object.fromEntries(interfaces.map(([name, functions]) => [name, plain(functions)]));
}

function plain(functions) {
  const told = (answer) => (...given) => {
    try {
      return answer(...given);
    } catch ({ code, detail }) {
      // The engine takes texts alone.
      throw { code: String(code), detail: String(detail) };
    }
  };
  return Object.fromEntries(Object.entries(functions).map(([name, answer]) => [name, told(answer)]));
}
