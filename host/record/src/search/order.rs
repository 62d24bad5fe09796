//! Putting matches in an order for which there is no index.
//!
//! Invariant: the order is total, so that pages neither overlap nor leave anything out; what has no value comes last.

use std::cmp::Ordering;
use std::sync::Arc;

use fhir::query::Sort;
use fhir::resource::Resource;
use fhir::search_parameter::{self, IndexValue};

use crate::store::row::VersionRow;

/// What one resource is ordered by, for one sort key.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Number(f64),
    Text(String),
}

/// Puts versions in the order asked for; equal ones by their number.
pub(super) fn sorted(versions: Vec<Arc<VersionRow>>, sort: &[Sort]) -> Vec<Arc<VersionRow>> {
    let mut keyed: Vec<(Vec<Option<Value>>, Arc<VersionRow>)> = versions
        .into_iter()
        .map(|version| (keys(&version, sort), version))
        .collect();
    keyed.sort_by(|(a, left), (b, right)| {
        let each = a
            .iter()
            .zip(b)
            .zip(sort)
            .map(|((a, b), by)| compare(a.as_ref(), b.as_ref(), by.descending));
        each.fold(Ordering::Equal, Ordering::then)
            .then(left.r.cmp(&right.r))
    });
    keyed.into_iter().map(|(_, version)| version).collect()
}

fn compare(a: Option<&Value>, b: Option<&Value>, descending: bool) -> Ordering {
    let both = match (a, b) {
        (None, None) => return Ordering::Equal,
        (None, Some(_)) => return Ordering::Greater,
        (Some(_), None) => return Ordering::Less,
        (Some(Value::Number(a)), Some(Value::Number(b))) => a.total_cmp(b),
        (Some(Value::Text(a)), Some(Value::Text(b))) => a.cmp(b),
        (Some(Value::Number(_)), Some(Value::Text(_))) => Ordering::Less,
        (Some(Value::Text(_)), Some(Value::Number(_))) => Ordering::Greater,
    };
    if descending { both.reverse() } else { both }
}

fn keys(version: &VersionRow, sort: &[Sort]) -> Vec<Option<Value>> {
    let resource = version
        .body
        .as_deref()
        .and_then(|body| Resource::parse(body.as_bytes()).ok());
    sort.iter()
        .map(|by| key(version, resource.as_ref(), by))
        .collect()
}

fn key(version: &VersionRow, resource: Option<&Resource>, by: &Sort) -> Option<Value> {
    match by.parameter.name {
        "_id" => return Some(Value::Text(version.key.id.as_str().to_owned())),
        #[expect(
            clippy::cast_precision_loss,
            reason = "milliseconds since 1970 fit a double for 285,000 years"
        )]
        "_lastUpdated" => return Some(Value::Number(version.at_ms as f64)),
        _ => {}
    }
    let found = resource.map(|resource| search_parameter::values(by.parameter, resource));
    let values = found.iter().flatten().map(value);
    // The least of several when the least comes first, else the greatest.
    values.reduce(|a, b| {
        if compare(Some(&a), Some(&b), by.descending) == Ordering::Greater {
            b
        } else {
            a
        }
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds since 1970 fit a double for 285,000 years"
)]
fn value(value: &IndexValue) -> Value {
    match value {
        IndexValue::Token { code, .. } => Value::Text(code.clone()),
        IndexValue::Text(text) | IndexValue::Uri(text) | IndexValue::Reference { text, .. } => {
            Value::Text(text.clone())
        }
        IndexValue::Date { low_ms, .. } => Value::Number(*low_ms as f64),
        IndexValue::Number { low, .. } | IndexValue::Quantity { low, .. } => Value::Number(*low),
    }
}
