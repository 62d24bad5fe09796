// What a departmental is handed for one call: the context, the chart, the packs, the journal.
//
// Nothing else is reachable, and every answer is the same for the whole call.

import { Failure } from './failure.js';
import { readJson, writeJson } from './json.js';
import { Rows, ViewQuery } from './rows.js';

/** One call. `host` answers as the contract does: texts, and a thrown `Failure`. */
export class Call {
  constructor(host) {
    this.context = new Context(host.context);
    this.chart = new Chart(host.chart);
    this.packs = new Packs(host.packs);
    this.journal = new Journal(host.journal);
  }

  /** The patient of the call, for example `Patient/9f2c`. Refuses a call that is not about one patient. */
  patient() {
    const patient = this.context.patient();
    if (patient === null) {
      throw Failure.invalid('this call needs a patient and has none');
    }
    return patient;
  }

  /** A setting of the manifest by name, with the value in force at the site. */
  setting(name) {
    const settings = this.context.settings();
    if (!Object.hasOwn(settings, name)) {
      throw Failure.fault(`the manifest declares no setting \`${name}\`; add it to \`settings\``);
    }
    return settings[name];
  }
}

/** Where, for whom, by whom and when. */
class Context {
  #host;

  constructor(host) {
    this.#host = host;
  }

  /** ODS code of the site, for example `RXR`. */
  site() {
    return this.#host.site();
  }

  /** The one patient of the call; null in a call about a site. */
  patient() {
    return this.#host.patient() ?? null;
  }

  /** The encounter in which the screen was opened, or null. */
  encounter() {
    return this.#host.encounter() ?? null;
  }

  /** Role of the person who asked; `reaction` when a change of the record is reacted to. */
  role() {
    return this.#host.role();
  }

  /** The moment of the call, RFC 3339 in UTC. There is no other clock. */
  now() {
    return this.#host.now();
  }

  /** The manifest's settings, each with the value in force at the site. */
  settings() {
    return document('the settings', this.#host.settings());
  }
}

/** The record as it stood when the call began, through the grants. */
class Chart {
  #host;

  constructor(host) {
    this.#host = host;
  }

  /** One FHIR R4 resource by reference, for example `Observation/42`. */
  read(reference) {
    return document('a resource', this.#host.read(reference));
  }

  /** One page of a FHIR search: `{ resources, next }`, `next` null behind the last. The host adds the patient. */
  search(query) {
    const bundle = document('a search', this.#host.search(query));
    if (bundle?.resourceType !== 'Bundle') {
      throw Failure.fault('the answer to a search is not a Bundle');
    }
    const next = (bundle.link ?? []).find((link) => link.relation === 'next')?.url ?? null;
    const resources = (bundle.entry ?? []).map((entry) => entry.resource).filter((it) => it !== undefined);
    return { resources, next };
  }

  /** All pages of a search; refuses when there are more than `resourcesMax`: never a part as if it were the whole. */
  searchAll(query, resourcesMax) {
    const all = [];
    for (let next = query; next !== null; ) {
      const page = this.search(next);
      all.push(...page.resources);
      if (all.length > resourcesMax) {
        throw new Failure('limit', `more than ${resourcesMax} resources match \`${query}\`; narrow the search`);
      }
      next = page.next;
    }
    return all;
  }

  /** Rows of a view of the manifest, about the patient of the call or, without one, about those of the site. */
  rows(view, query = new ViewQuery()) {
    return Rows.read(document('rows', this.#host.rows(view, writeJson(query))));
  }
}

/** Thresholds and code lists in force. */
class Packs {
  #host;

  constructor(host) {
    this.#host = host;
  }

  /** The document of the pack of that name. */
  get(name) {
    return document(`the pack ${name}`, this.#host.get(name));
  }
}

/** Notes for whoever keeps the departmental running; never patient data. */
class Journal {
  #host;

  constructor(host) {
    this.#host = host;
  }

  error(message) {
    this.#host.note('error', message);
  }

  warning(message) {
    this.#host.note('warning', message);
  }

  information(message) {
    this.#host.note('information', message);
  }

  debug(message) {
    this.#host.note('debug', message);
  }
}

function document(what, text) {
  try {
    return readJson(text);
  } catch {
    throw Failure.fault(`${what} from the host cannot be read as JSON`);
  }
}
