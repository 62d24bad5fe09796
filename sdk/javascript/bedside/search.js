// A small honest FHIR search over a written chart: the common parameters, prefixes of dates, `_sort`, `_count`, pages.
//
// Invariant: what it does not know is refused by name; it never answers more than was asked for.

import { Failure } from '../failure.js';

const PAGE = 50;
const PAGE_MAX = 1000;
const DATES = ['effectiveDateTime', 'effectivePeriod.start', 'effectiveInstant', 'recordedDate', 'date'];

/** Parameters by name: how they are compared and where the value is, in any resource type that has it. */
const PARAMETERS = new Map([
  ['_id', [token, ['id']]],
  ['_lastUpdated', [date, ['meta.lastUpdated']]],
  ['identifier', [token, ['identifier']]],
  ['code', [token, ['code']]],
  ['category', [token, ['category']]],
  ['status', [token, ['status']]],
  ['intent', [token, ['intent']]],
  ['clinical-status', [token, ['clinicalStatus']]],
  ['business-status', [token, ['businessStatus']]],
  ['patient', [reference, ['subject', 'patient', 'for']]],
  ['subject', [reference, ['subject', 'for']]],
  ['encounter', [reference, ['encounter']]],
  ['based-on', [reference, ['basedOn']]],
  ['focus', [reference, ['focus']]],
  ['owner', [reference, ['owner']]],
  ['result', [reference, ['result']]],
  ['specimen', [reference, ['specimen']]],
  ['date', [date, DATES]],
  ['authored-on', [date, ['authoredOn']]],
  ['issued', [date, ['issued']]],
]);

/** The page that a query asks for, as a FHIR Bundle. */
export function page(query, resources) {
  const [type, written = ''] = query.split('?', 2);
  const pairs = written.split('&').filter((pair) => pair !== '');
  let [count, offset, found] = [PAGE, 0, resources.filter((it) => it.resourceType === type)];
  const sorts = [];
  for (const pair of pairs) {
    const [name, value] = parted(pair);
    if (name === '_count') {
      count = Math.min(Math.max(whole(pair, value), 1), PAGE_MAX);
    } else if (name === '_offset') {
      offset = whole(pair, value);
    } else if (name === '_sort') {
      sorts.push(...value.split(',').map((by) => [parameter(by.replace(/^-/, ''))[1], by.startsWith('-')]));
    } else {
      const [plain, not] = name.endsWith(':not') ? [name.slice(0, -4), true] : [name, false];
      const [holds, paths] = parameter(plain);
      const wanted = value.split(',');
      found = found.filter((it) => wanted.some((one) => at(it, paths).some((here) => holds(here, one))) !== not);
    }
  }
  found.sort((one, other) => order(sorts, one, other));
  const some = found.slice(offset, offset + count);
  const end = offset + some.length;
  const kept = pairs.filter((pair) => !pair.startsWith('_offset=')).concat(`_offset=${end}`).join('&');
  const link = end < found.length && some.length > 0 ? [{ relation: 'next', url: `${type}?${kept}` }] : [];
  return { resourceType: 'Bundle', type: 'searchset', link, entry: some.map((resource) => ({ resource })) };
}

function parted(pair) {
  const cut = pair.indexOf('=');
  const [name, value] = cut < 0 ? [pair, ''] : [pair.slice(0, cut), pair.slice(cut + 1)];
  try {
    return [name, decodeURIComponent(value.replaceAll('+', ' '))];
  } catch {
    throw Failure.invalid(`\`${value}\`: a percent sign needs two hexadecimal digits after it`);
  }
}

function whole(pair, value) {
  if (!/^\d+$/.test(value)) {
    throw Failure.invalid(`\`${pair}\`: write a number`);
  }
  return Number(value);
}

function parameter(name) {
  const known = PARAMETERS.get(name);
  if (known === undefined) {
    const names = [...PARAMETERS.keys()].join(', ');
    throw Failure.invalid(`the bedside cannot search by \`${name}\`; it knows ${names} and _sort, _count, :not`);
  }
  return known;
}

/** Every value at these paths, lists opened. */
function at(resource, paths) {
  const step = (here, name) => here.flatMap((it) => it?.[name] ?? []);
  return paths.flatMap((path) => path.split('.').reduce(step, [resource]));
}

function token(here, wanted) {
  if (typeof here === 'string') {
    return here === wanted.split('|').at(-1);
  }
  if (Array.isArray(here.coding)) {
    return here.coding.some((coding) => token(coding, wanted));
  }
  const [system, code] = [here.system ?? '', here.code ?? here.value ?? ''];
  if (!wanted.includes('|')) {
    return code === wanted;
  }
  const [ofSystem, ofCode] = wanted.split('|');
  return system === ofSystem && (ofCode === '' || code === ofCode);
}

function reference(here, wanted) {
  return here.reference === wanted || here.reference?.split('/').at(-1) === wanted;
}

/** A date with its prefix, to the precision in which it is written. */
function date(here, wanted) {
  const [, prefix = 'eq', text] = /^(eq|ne|gt|lt|ge|le)?(.*)$/.exec(wanted);
  const [it, limit] = [moment(here), moment(text)];
  const length = Math.min(it.length, limit.length);
  const [one, other] = [it.slice(0, length), limit.slice(0, length)];
  return { eq: one === other, ne: one !== other, gt: one > other, lt: one < other, ge: one >= other, le: one <= other }[prefix];
}

/** A date and time in UTC, so that it sorts as text; a date without a time as it is. */
export function moment(text) {
  return text.includes('T') && !Number.isNaN(Date.parse(text)) ? new Date(text).toISOString() : text;
}

function order(sorts, one, other) {
  for (const [paths, descending] of sorts) {
    const [a, b] = [one, other].map((it) => at(it, paths).filter((here) => typeof here === 'string').map(moment)[0]);
    if (a !== b) {
      // What has no value comes last, whichever way the rest is sorted.
      return a === undefined ? 1 : b === undefined ? -1 : (a < b) === descending ? 1 : -1;
    }
  }
  return 0;
}
