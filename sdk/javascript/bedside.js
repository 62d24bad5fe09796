// A bench for plain tests: a written chart, the manifest's own grants, settings and packs, and no sandbox.
//
// Invariant: it answers as the host would, and says so where it cannot: a search parameter that it does not know is a
// failure, never everything.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { look } from './bedside/look.js';
import { page } from './bedside/search.js';
import { Call } from './call.js';
import { exported } from './departmental.js';
import { Failure } from './failure.js';
import { readJson, writeJson } from './json.js';

export { golden } from './bedside/golden.js';

const plain = (value) => readJson(writeJson(value));
const referenceOf = (it) => `${it.resourceType}/${it.id}`;

/** Where a departmental is tried. */
export class Bedside {
  #manifest;
  #packs = new Map();
  #settings;
  #resources = [];
  #rows = [];
  #site = 'RXR';
  #patient;
  #encounter;
  #role = 'doctor';
  #now = '2026-11-22T12:00:00Z';
  #notes = [];

  /** A bedside for the departmental of a folder: its manifest with the defaults of its settings, its packs; site RXR, a
   * doctor, nobody's chart, 2026-11-22 at noon. */
  constructor(folder) {
    this.#manifest = readFile(join(folder, 'departmental.json'));
    for (const { name, document, file } of this.#manifest.packs ?? []) {
      this.#packs.set(name, document ?? readFile(join(folder, file)));
    }
    if ((this.#manifest.screens ?? []).filter((it) => it.place === 'help').length > 1) {
      throw Failure.invalid('departmental.json declares several screens with the place `help`; keep one, and link from it to others');
    }
    this.#settings = Object.fromEntries((this.#manifest.settings ?? []).map((it) => [it.name, it.default]));
  }

  /** With these resources in the chart. Without a `meta.versionId` each is at version 1. */
  with(...resources) {
    for (const resource of resources) {
      if (typeof resource?.resourceType !== 'string' || typeof resource.id !== 'string') {
        throw Failure.invalid('a resource of the chart needs `resourceType` and `id`');
      }
      this.#resources.push({ ...resource, meta: { versionId: '1', ...resource.meta } });
    }
    return this;
  }

  /** With these rows as the answer to what is asked of a view: its columns, and a cell for each in every row. */
  rows(view, query, columns, values, next = null) {
    this.#viewed(view);
    if (values.some((row) => row.length !== columns.length)) {
      throw Failure.invalid('every row is a list with a cell for each column');
    }
    const more = next === null ? { more: false } : { more: true, next };
    this.#rows.push({ view, asked: writeJson(query), document: { rows: 1, columns, values, ...more } });
    return this;
  }

  /** At this patient's bedside, for example `Patient/9f2c`. */
  patient(reference) {
    this.#patient = reference;
    return this;
  }

  encounter(reference) {
    this.#encounter = reference;
    return this;
  }

  /** At this site, an ODS code. */
  site(odsCode) {
    this.#site = odsCode;
    return this;
  }

  role(role) {
    this.#role = role;
    return this;
  }

  /** At this moment, RFC 3339 in UTC. */
  now(now) {
    this.#now = now;
    return this;
  }

  /** With this value of a setting instead of its default. */
  setting(name, value) {
    if (!Object.hasOwn(this.#settings, name)) {
      throw Failure.invalid(`departmental.json declares no setting \`${name}\`; add it to \`settings\``);
    }
    this.#settings[name] = value;
    return this;
  }

  /** With this document instead of a pack's own. */
  pack(name, document) {
    this.#packs.set(name, document);
    return this;
  }

  /** The notes that were made so far: `[level, message]`. */
  notes() {
    return [...this.#notes];
  }

  /** Hands the call to a function, for tests of a part. */
  call(part) {
    return part(new Call(this.#host()));
  }

  /** Opens a screen: screen/1, looked at as the host does. */
  open(departmental, screen, parameters = {}) {
    return this.#answered(departmental, 'open', { screen, parameters });
  }

  /** Submits a form: outcome/1, every change of its proposal inside what the manifest asks for. */
  submit(departmental, screen, action, form) {
    return this.#answered(departmental, 'submit', { screen, action, form });
  }

  /** Reacts to a change: proposal/1. */
  react(departmental, action, resource, t = 1) {
    return this.#answered(departmental, 'react', { event: 1, t, action, resource });
  }

  /** Asks for advice at a hook: advice/1. */
  advise(departmental, hook) {
    return this.#answered(departmental, 'advise', { hook, input: { hook: 1, name: hook } });
  }

  /** Reads a message: proposal/1. `message` is a text or bytes. */
  convert(departmental, format, message) {
    return this.#answered(departmental, 'convert', { format, message });
  }

  /** Makes a call as a golden case writes it: `{ answer }`, or `{ failure }` where the departmental says that it has none. An
   * answer that the host would refuse is thrown. */
  ask(departmental, call, given) {
    if (given.screen !== undefined && this.#declared(given.screen).place === 'help' && this.#patient !== undefined) {
      throw Failure.invalid(`\`${given.screen}\` has the place \`help\`, which is opened about nobody; leave out the patient`);
    }
    let answer;
    try {
      answer = this.#called(departmental, call, given);
    } catch (wrong) {
      if (wrong instanceof Failure) {
        return { failure: { code: wrong.code, detail: wrong.detail } };
      }
      throw wrong;
    }
    this.#seen(call, given, answer);
    return { answer };
  }

  #answered(departmental, call, given) {
    const { answer, failure } = this.ask(departmental, call, given);
    if (failure !== undefined) {
      throw new Failure(failure.code, failure.detail);
    }
    return answer;
  }

  #called(departmental, call, given) {
    const { screens, reactions, advice, intake } = exported(departmental, this.#host());
    const ways = {
      open: () => screens.open(given.screen, writeJson(given.parameters ?? {})),
      submit: () => screens.submit(given.screen, given.action, writeJson(given.form)),
      react: () => reactions.react(writeJson(given)),
      advise: () => advice.advise(given.hook, writeJson(given.input)),
      convert: () => intake.convert(given.format, bytesOf(given.message)),
    };
    try {
      return readJson(ways[call]());
    } catch (wrong) {
      // In a test the error itself is wanted, not what the host would be told of it.
      throw wrong.cause ?? wrong;
    }
  }

  /** Looks at an answer as the host does. */
  #seen(call, given, answer) {
    if (call === 'open') {
      this.#drawable(given.screen, answer);
    }
    if (call === 'submit') {
      if (answer.next) {
        this.#declared(answer.next.screen);
      }
      if (answer.screen) {
        this.#drawable(given.screen, answer.screen);
      }
    }
    this.#allowed(call === 'submit' ? answer.proposal : answer);
  }

  #drawable(screen, drawn) {
    look(drawn, this.#screens());
    const { place } = this.#declared(screen);
    if (['help', 'summary'].includes(place) && drawn.nodes.some((it) => it.kind === 'form')) {
      const help = 'put the form on a screen of its own and link to it';
      throw Failure.fault(`\`${screen}\` has the place \`${place}\` and holds a form; ${help}`);
    }
  }

  #host() {
    return {
      context: {
        site: () => this.#site,
        patient: () => this.#patient,
        encounter: () => this.#encounter,
        role: () => this.#role,
        now: () => this.#now,
        settings: () => writeJson(this.#settings),
      },
      chart: {
        read: (reference) => writeJson(this.#read(reference)),
        search: (query) => writeJson(this.#search(query)),
        rows: (view, asked) => writeJson(this.#written(view, asked)),
      },
      packs: { get: (name) => writeJson(this.#pack(name)) },
      journal: { note: (level, message) => this.#notes.push([level, message]) },
    };
  }

  #read(reference) {
    if (!reference.includes('/')) {
      throw Failure.invalid(`\`${reference}\` is no reference; write Type/id`);
    }
    this.#mayRead(reference.split('/')[0]);
    const found = this.#resources.find((it) => referenceOf(it) === reference && this.#inChart(it));
    if (found === undefined) {
      throw Failure.notFound(`there is no ${reference} in this chart`);
    }
    return found;
  }

  #search(query) {
    this.#mayRead(query.split('?')[0]);
    return page(query, plain(this.#resources.filter((it) => this.#inChart(it))));
  }

  #written(view, asked) {
    const isOfSite = this.#viewed(view).scope === 'site';
    if (isOfSite === (this.#patient !== undefined)) {
      throw new Failure(
        'not-granted',
        'a view of scope `site` is asked for in a call without a patient, and any other in a call about one',
      );
    }
    const found = this.#rows.find((it) => it.view === view && it.asked === asked);
    if (found === undefined) {
      throw Failure.fault(`the test wrote no rows of \`${view}\` for ${asked}; add them with \`Bedside.rows\``);
    }
    return found.document;
  }

  #pack(name) {
    if (!this.#packs.has(name)) {
      throw Failure.notFound(`departmental.json declares no pack \`${name}\`; add it to \`packs\``);
    }
    return this.#packs.get(name);
  }

  #screens() {
    return (this.#manifest.screens ?? []).map((it) => it.id);
  }

  #declared(screen) {
    const found = (this.#manifest.screens ?? []).find((it) => it.id === screen);
    if (found === undefined) {
      throw Failure.notProvided(`departmental.json declares no screen \`${screen}\`; add it to \`screens\``);
    }
    return found;
  }

  #viewed(view) {
    const found = (this.#manifest.views ?? []).find((it) => it.id === view);
    if (found === undefined) {
      throw new Failure('not-granted', `departmental.json declares no view \`${view}\`; add it to \`views\` with a reason`);
    }
    return found;
  }

  #allowed(proposal) {
    for (const { action, resource } of proposal?.changes ?? []) {
      const asked = (this.#manifest.writes ?? []).some((it) => it.type === resource.resourceType && it.actions.includes(action));
      if (!asked) {
        throw Failure.fault(
          `the proposal would ${action} a ${resource.resourceType}, which departmental.json does not ask for; add it to \`writes\``,
        );
      }
    }
  }

  #mayRead(type) {
    if (!(this.#manifest.reads ?? []).some((it) => it.type === type)) {
      throw new Failure('not-granted', `departmental.json does not ask to read ${type}; add it to \`reads\` with a reason`);
    }
  }

  /** Whether a resource belongs to the patient of the call, or to nobody. */
  #inChart(resource) {
    const own = resource.resourceType === 'Patient' ? referenceOf(resource) : undefined;
    const owner = (resource.subject ?? resource.patient ?? resource.for)?.reference ?? own;
    return this.#patient === undefined || owner === undefined || owner === this.#patient;
  }
}

/** A filled-in form as `submit` takes it, fields by name. */
export function form(fields, more = {}) {
  return { form: 1, fields, ...more };
}

const bytesOf = (message) => (typeof message === 'string' ? new TextEncoder().encode(message) : message);

function readFile(file) {
  try {
    return readJson(readFileSync(file, 'utf8'));
  } catch (wrong) {
    throw Failure.invalid(`${file}: ${wrong.message}`);
  }
}
