// What crosses the contract 0.2.0, as JavaScript sees it. Written by sdk/builders.py from wit/departmental.wit.
// A failure is thrown: an import throws an object whose `payload` is a WireFailure.

export interface WireFailure {
  code: string;
  detail: string;
}

export interface Context {
  /** ODS code of the site at which the call is made, for example `RXR`. */
  site(): string;
  /** The one patient this call is bound to, for example `Patient/9f2c`. Absent on a screen about a site. */
  patient(): string | null;
  /** The encounter in which the screen was opened, for example `Encounter/71`. */
  encounter(): string | null;
  /** Role of the person who asked, or `reaction` when nobody did: a commit to the record is being reacted to. */
  role(): string;
  /** The moment of the call, RFC 3339 in UTC. There is no other clock. */
  now(): string;
  /** An object of the manifest's settings with the region's and the site's values, already checked and complete. */
  settings(): string;
}

export interface Chart {
  /** One FHIR R4 resource, by reference, for example `Observation/42`. A hidden and an unknown resource are both `not-found`; a type that the manifest does not read or the site did not grant is `not-granted`. */
  read(reference: string): string;
  /** A FHIR search, for example `Observation?code=http://loinc.org|2160-0&_sort=-date&_count=50`. The host adds the patient of the call. The answer is a FHIR Bundle of type `searchset`; `link` with relation `next` carries the query of the page that follows. */
  search(query: string): string;
  /** Rows of a view of the manifest: the usual window on the record, since only the columns cross. `parameters` follows `view-1.json` (a search that an index answers, conditions and an order on columns, which rows), the answer `rows-1.json`. The rows are of the patient of the call; in a call about no patient those of the patients whom the site cares for, page by page, of views whose `scope` is `site`. A view that the site did not grant, and one of another scope, is `not-granted`. */
  rows(view: string, parameters: string): string;
}

export interface Packs {
  /** The `document` of the pack of that name which is in force at the moment of the call. */
  get(name: string): string;
}

export interface Journal {
  /** `level` is `error`, `warning`, `information` or `debug`; an unknown one is kept as `information`. */
  note(level: string, message: string): void;
}

export interface Screens {
  /** Draws a screen. `parameters` is a JSON object of strings; the answer follows `screen-1.json`. */
  open(screen: string, parameters: string): string;
  /** Answers a form. `form` follows `form-1.json`; the answer follows `outcome-1.json`. */
  submit(screen: string, action: string, form: string): string;
}

export interface Reactions {
  /** `event` follows `event-1.json`, the answer `proposal-1.json`. An empty list of changes means: nothing to do. */
  react(event: string): string;
}

export interface Advice {
  /** `hook` is an open list, `patient-view` so far: somebody opened the patient's chart. `input` follows `hook-1.json`, the answer `advice-1.json`. No cards means: nothing to say. The host waits for a second at most, for all departmentals at once, and names one that did not answer. */
  advise(hook: string, input: string): string;
}

export interface Intake {
  /** `format` is one of the manifest's, `hl7v2:ORU^R30` for example; `message` holds the bytes as they arrived, at most 768 KiB. The host has found the patient by the message's own numbers: the call is about them. The answer follows `proposal-1.json` and is committed together with the message; no changes mean: nothing to file. A failure parks the message with its `detail`, for whoever looks after the feed. */
  convert(format: string, message: Uint8Array): string;
}
