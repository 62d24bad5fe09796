// The rows that a view makes of a written chart: its search, its selections, and what is asked of its columns.
//
// Invariant: it makes what the host makes, or says what it does not know.

import { Failure } from '../failure.js';
import { Decimal } from '../json.js';
import { path } from './path.js';
import { moment, page } from './search.js';

/** Rows when the question does not say, as in the host. */
const COUNT = 100;

/** `{ columns, values, more }` of a view of the manifest over these resources, from `offset` on. */
export function rowsOf(declared, asked, resources, offset = asked.offset ?? 0) {
  const { resource: type, where = [], select = [] } = declared.view;
  const columns = [];
  const filters = where.map((it) => path(it.path));
  const selects = select.map((it) => selection(it, columns));
  const made = found(declared, type, asked.search ?? '', resources).flatMap((it) => {
    const holds = filters.every((filter) => filter(it).length === 1 && filter(it)[0] === true);
    return holds ? selects.reduce((rows, one) => beside(rows, one(it)), [[]]) : [];
  });
  const rows = chosen(columns, asked, made);
  const count = asked.count ?? COUNT;
  return { columns: columns.map(({ name }) => name), values: rows.slice(offset, offset + count), more: rows.length > offset + count };
}

/** What the search finds, by what the manifest says that it may be found by. */
function found(declared, type, written, resources) {
  for (const pair of written.split('&').filter((it) => it !== '')) {
    const [name, value = ''] = pair.split('=');
    const names = name === '_sort' ? value.split(',').map((it) => it.replace(/^-+/, '')) : [name.split(':')[0]];
    const unknown = names.find((it) => !(declared.search ?? []).includes(it));
    if (unknown !== undefined) {
      throw new Failure('not-granted', `the view is not found by \`${unknown}\`; add it to its \`search\``);
    }
  }
  const all = [];
  for (let query = `${type}?${written}&_count=1000`; query !== undefined; ) {
    const { entry, link } = page(query, resources);
    all.push(...entry.map(({ resource }) => resource));
    query = link[0]?.url;
  }
  return all;
}

/** A selection as a function to its rows; adds what columns it has. */
function selection(document, columns) {
  if (document.repeat !== undefined) {
    throw Failure.invalid('the bedside does not know `repeat`; write the rows with `Bedside.rows`');
  }
  const before = columns.length;
  const each = document.forEach ?? document.forEachOrNull;
  const of = each === undefined ? (here) => [here] : path(each);
  const cells = (document.column ?? []).map((it) => {
    columns.push({ name: it.name, isMoment: ['date', 'dateTime', 'instant'].includes(it.type) });
    return cell(it);
  });
  const inner = (document.select ?? []).map((it) => selection(it, columns));
  const branches = [];
  const union = (document.unionAll ?? []).map((it) => {
    const its = [];
    branches.push(its);
    return selection(it, its);
  });
  columns.push(...(branches[0] ?? []));
  const width = columns.length - before;
  const one = (focus) => {
    const rows = inner.reduce((some, more) => beside(some, more(focus)), [cells.map((it) => it(focus))]);
    return union.length === 0 ? rows : beside(rows, union.flatMap((it) => it(focus)));
  };
  return (here) => {
    const focuses = of(here);
    const isNull = focuses.length === 0 && document.forEach === undefined && each !== undefined;
    return isNull ? [Array(width).fill(null)] : focuses.flatMap(one);
  };
}

function cell({ name, path: written, collection }) {
  const of = path(written);
  return (focus) => {
    const values = of(focus);
    if (values.some((it) => typeof it === 'object' && !(it instanceof Decimal))) {
      throw Failure.invalid(`the column \`${name}\` finds what is no value`);
    }
    if (collection !== true && values.length > 1) {
      throw Failure.invalid(`the column \`${name}\` takes one value and found ${values.length}`);
    }
    return collection === true ? values : (values[0] ?? null);
  };
}

const beside = (rows, more) => rows.flatMap((row) => more.map((other) => [...row, ...other]));

/** The rows that meet the conditions on columns, in the order asked for. */
function chosen(columns, { where = [], order = [] }, made) {
  const column = (name) => {
    const at = columns.findIndex((it) => it.name === name);
    if (at < 0) {
      throw Failure.invalid(`the view has no column \`${name}\``);
    }
    return [at, columns[at].isMoment];
  };
  let rows = made;
  for (const condition of where) {
    const [at, isMoment] = column(condition.column);
    rows = rows.filter((row) => meets(condition, row[at], isMoment));
  }
  for (const { column: name, descending } of [...order].reverse()) {
    const [at, isMoment] = column(name);
    // What has no value comes last either way.
    const [lack, have] = [rows.filter((row) => row[at] === null), rows.filter((row) => row[at] !== null)];
    have.sort((one, other) => compared(one[at], other[at], isMoment) * (descending === true ? -1 : 1));
    rows = [...have, ...lack];
  }
  return rows;
}

function meets(condition, value, isMoment) {
  if (value === null || condition.absent === true) {
    return value === null && condition.absent === true;
  }
  const to = (wanted) => compared(value, wanted, isMoment);
  return (
    (condition.in === undefined || condition.in.some((it) => to(it) === 0)) &&
    (condition.from === undefined || to(condition.from) >= 0) &&
    (condition.until === undefined || to(condition.until) < 0)
  );
}

function compared(one, other, isMoment) {
  const isNumber = (it) => typeof it === 'number' || it instanceof Decimal;
  const plain = (it) => (isNumber(one) && isNumber(other) ? Number(it) : isMoment ? moment(String(it)) : String(it));
  const [left, right] = [plain(one), plain(other)];
  return left < right ? -1 : left > right ? 1 : 0;
}
