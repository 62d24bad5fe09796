// An audiogram of one ear, to and from an Observation of the record.
//
// Invariant: the ear is always said; a frequency is measured, without a response, or not there, and these differ.

const SYSTEM = 'urn:palatine:template:hearing';
export const SEARCH = `Observation?code=${SYSTEM}|audiogram&_sort=-date&_count=100`;
export const EARS = ['right', 'left'];
const NOT_SHOWN = ['entered-in-error', 'cancelled'];
const UNIT = 'dB HL';

const coded = (code, text) => ({ coding: [{ system: SYSTEM, code }], text });
const codeOf = (concept) => concept?.coding?.find((it) => it.system === SYSTEM)?.code;

/** As an Observation of this patient. `thresholds`: dB HL or `no-response`, by frequency in Hz. */
export function observation(patient, ear, date, thresholds) {
  const component = [...thresholds].map(([hz, db]) => ({
    code: coded(`hz-${hz}`, `${hz} Hz`),
    ...(db === 'no-response' ? { dataAbsentReason: coded('no-response', 'No response') } : { valueQuantity: { value: db, unit: UNIT } }),
  }));
  return {
    resourceType: 'Observation',
    status: 'final',
    code: coded('audiogram', 'Pure tone audiogram, air conduction'),
    subject: { reference: patient },
    effectiveDateTime: date,
    bodySite: coded(ear, `${ear === 'right' ? 'Right' : 'Left'} ear`),
    component,
  };
}

/** The newest audiogram of an ear that holds; `null` when there is none. The observations are the newest first. */
export function newest(observations, ear) {
  const found = observations.find((it) => codeOf(it.bodySite) === ear && !NOT_SHOWN.includes(it.status));
  return found === undefined ? null : { date: found.effectiveDateTime ?? null, status: found.status, thresholds: thresholdsOf(found) };
}

/** Audiograms that do not say of which ear they are, and so are of none. */
export function withoutEar(observations) {
  return observations.filter((it) => !EARS.includes(codeOf(it.bodySite)) && !NOT_SHOWN.includes(it.status)).length;
}

function thresholdsOf({ component = [] }) {
  const thresholds = new Map();
  for (const { code, valueQuantity, dataAbsentReason } of component) {
    const hz = Number(/^hz-([0-9]+)$/.exec(codeOf(code) ?? '')?.[1]);
    if (valueQuantity?.unit === UNIT) {
      thresholds.set(hz, Number(valueQuantity.value));
    } else if (codeOf(dataAbsentReason) === 'no-response') {
      thresholds.set(hz, 'no-response');
    }
  }
  return thresholds;
}
