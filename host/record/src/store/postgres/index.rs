//! What PostgreSQL writes into its index: rows that begin and rows that end.
//!
//! Invariant: a row that ends is found by all that it says, in its compartment, and is still open.

use super::pipeline::Pipeline;
use crate::store::row::{Batch, Found, IndexRow};

/// Ends and begins what a batch ends and begins.
pub(super) fn rows<'a>(pipeline: &mut Pipeline<'a>, batch: &'a Batch) {
    let closed: Vec<Timed<'_>> = batch
        .closed
        .iter()
        .map(|(row, t)| (row, *t, None))
        .collect();
    let opened: Vec<Timed<'_>> = batch
        .opened
        .iter()
        .map(|span| (&span.row, span.from_t, span.to_t))
        .collect();
    // What ends goes before what begins, since a row may end and begin anew.
    terms(pipeline, &closed, CLOSE_TERM);
    texts(pipeline, &closed, CLOSE_TEXT);
    dates(pipeline, &closed, CLOSE_DATE);
    amounts(pipeline, &closed, CLOSE_AMOUNT);
    terms(pipeline, &opened, OPEN_TERM);
    texts(pipeline, &opened, OPEN_TEXT);
    dates(pipeline, &opened, OPEN_DATE);
    amounts(pipeline, &opened, OPEN_AMOUNT);
}

/// A row, the commit at which it begins or ends, and, where it begins and has ended since, at which it ended.
type Timed<'a> = (&'a IndexRow, i64, Option<i64>);

/// The columns that every index has, then the picked ones.
type Columns<T> = (
    Vec<i64>,
    Vec<i64>,
    Vec<i64>,
    Vec<i64>,
    Vec<Option<i64>>,
    Vec<T>,
);

/// The columns that every index has: parameter, compartment, number, commit, the end of what begins.
fn columns<'a, T>(rows: &[Timed<'a>], pick: impl Fn(&'a Found) -> Option<T>) -> Columns<T> {
    let mut all: Columns<T> = (vec![], vec![], vec![], vec![], vec![], vec![]);
    for (row, t, end) in rows {
        if let Some(picked) = pick(&row.found) {
            all.0.push(row.parameter);
            all.1.push(row.compartment);
            all.2.push(row.r);
            all.3.push(*t);
            all.4.push(*end);
            all.5.push(picked);
        }
    }
    all
}

const OPEN_TERM: &str = "INSERT INTO index_term (parameter, compartment, r, from_t, value, system, to_t) \
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])";
const CLOSE_TERM: &str = "UPDATE index_term i SET to_t = k.t FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], \
    $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[]) AS k (parameter, compartment, r, t, value, system, to_t) \
    WHERE i.parameter = k.parameter AND i.value = k.value AND i.compartment = k.compartment AND i.r = k.r \
    AND i.system = k.system AND i.to_t IS NULL";

fn terms<'a>(pipeline: &mut Pipeline<'a>, rows: &[Timed<'a>], sql: &'static str) {
    let (parameter, compartment, r, t, end, pairs) = columns(rows, |found| match found {
        Found::Term { value, system } => Some((*value, *system)),
        Found::Text(_) | Found::Date { .. } | Found::Amount { .. } => None,
    });
    let (value, system): (Vec<i64>, Vec<i64>) = pairs.into_iter().unzip();
    pipeline.add(
        r.len(),
        sql,
        vec![
            Box::new(parameter),
            Box::new(compartment),
            Box::new(r),
            Box::new(t),
            Box::new(value),
            Box::new(system),
            Box::new(end),
        ],
    );
}

const OPEN_TEXT: &str = "INSERT INTO index_text (parameter, compartment, r, from_t, value, to_t) \
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::bigint[])";
const CLOSE_TEXT: &str = "UPDATE index_text i SET to_t = k.t FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], \
    $4::bigint[], $5::text[], $6::bigint[]) AS k (parameter, compartment, r, t, value, to_t) WHERE i.parameter = k.parameter \
    AND i.value = k.value AND i.compartment = k.compartment AND i.r = k.r AND i.to_t IS NULL";

fn texts<'a>(pipeline: &mut Pipeline<'a>, rows: &[Timed<'a>], sql: &'static str) {
    let (parameter, compartment, r, t, end, value) = columns(rows, |found| match found {
        Found::Text(text) => Some(text.as_str()),
        Found::Term { .. } | Found::Date { .. } | Found::Amount { .. } => None,
    });
    pipeline.add(
        r.len(),
        sql,
        vec![
            Box::new(parameter),
            Box::new(compartment),
            Box::new(r),
            Box::new(t),
            Box::new(value),
            Box::new(end),
        ],
    );
}

const OPEN_DATE: &str = "INSERT INTO index_date (parameter, compartment, r, from_t, low, high, ends, to_t) SELECT * FROM \
    unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[])";
const CLOSE_DATE: &str = "UPDATE index_date i SET to_t = k.t FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], \
    $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[]) \
    AS k (parameter, compartment, r, t, low, high, ends, to_t) \
    WHERE i.parameter = k.parameter AND i.compartment = k.compartment AND i.low = k.low AND i.r = k.r \
    AND i.high = k.high AND i.ends = k.ends AND i.to_t IS NULL";

fn dates<'a>(pipeline: &mut Pipeline<'a>, rows: &[Timed<'a>], sql: &'static str) {
    let (parameter, compartment, r, t, end, spans) = columns(rows, |found| match found {
        Found::Date { low, high, ends } => Some((*low, *high, *ends)),
        Found::Term { .. } | Found::Text(_) | Found::Amount { .. } => None,
    });
    let low: Vec<i64> = spans.iter().map(|(low, _, _)| *low).collect();
    let high: Vec<i64> = spans.iter().map(|(_, high, _)| *high).collect();
    let ends: Vec<i64> = spans.iter().map(|(_, _, ends)| *ends).collect();
    pipeline.add(
        r.len(),
        sql,
        vec![
            Box::new(parameter),
            Box::new(compartment),
            Box::new(r),
            Box::new(t),
            Box::new(low),
            Box::new(high),
            Box::new(ends),
            Box::new(end),
        ],
    );
}

const OPEN_AMOUNT: &str = "INSERT INTO index_amount (parameter, compartment, r, from_t, low, high, system, code, unit, to_t) \
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::float8[], $6::float8[], \
    $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[])";
const CLOSE_AMOUNT: &str = "UPDATE index_amount i SET to_t = k.t FROM unnest($1::bigint[], $2::bigint[], \
    $3::bigint[], $4::bigint[], $5::float8[], $6::float8[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[]) \
    AS k (parameter, compartment, r, t, low, high, system, code, unit, to_t) WHERE i.parameter = k.parameter \
    AND i.compartment = k.compartment AND i.low = k.low AND i.r = k.r AND i.high = k.high AND i.system = k.system \
    AND i.code = k.code AND i.unit = k.unit AND i.to_t IS NULL";

fn amounts<'a>(pipeline: &mut Pipeline<'a>, rows: &[Timed<'a>], sql: &'static str) {
    let (parameter, compartment, r, t, end, amounts) = columns(rows, |found| match found {
        Found::Amount {
            low,
            high,
            system,
            code,
            unit,
        } => Some((*low, *high, *system, *code, *unit)),
        Found::Term { .. } | Found::Text(_) | Found::Date { .. } => None,
    });
    let low: Vec<f64> = amounts.iter().map(|amount| amount.0).collect();
    let high: Vec<f64> = amounts.iter().map(|amount| amount.1).collect();
    let system: Vec<i64> = amounts.iter().map(|amount| amount.2).collect();
    let code: Vec<i64> = amounts.iter().map(|amount| amount.3).collect();
    let unit: Vec<i64> = amounts.iter().map(|amount| amount.4).collect();
    pipeline.add(
        r.len(),
        sql,
        vec![
            Box::new(parameter),
            Box::new(compartment),
            Box::new(r),
            Box::new(t),
            Box::new(low),
            Box::new(high),
            Box::new(system),
            Box::new(code),
            Box::new(unit),
            Box::new(end),
        ],
    );
}
