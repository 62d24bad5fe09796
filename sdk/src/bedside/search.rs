//! A small honest FHIR search over a written chart: the common parameters, prefixes of dates, `_sort`, `_count`, pages.
//!
//! What it does not know is refused by name; it never answers more than was asked for.

use std::cmp::Ordering;

use serde_json::Value;

use crate::{Failure, Page};

/// Resources on a page when the query does not say.
const PAGE: usize = 50;
/// Resources on a page at most, as in the host.
const PAGE_MAX: usize = 1_000;

/// How a parameter is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    Token,
    Date,
    Reference,
}

/// Parameters by name: how they are compared and where the value is, in any resource type that has it.
const PARAMETERS: [(&str, Manner, &[&str]); 20] = [
    ("_id", Manner::Token, &["id"]),
    ("_lastUpdated", Manner::Date, &["meta.lastUpdated"]),
    ("identifier", Manner::Token, &["identifier"]),
    ("code", Manner::Token, &["code"]),
    ("category", Manner::Token, &["category"]),
    ("status", Manner::Token, &["status"]),
    ("intent", Manner::Token, &["intent"]),
    ("clinical-status", Manner::Token, &["clinicalStatus"]),
    ("business-status", Manner::Token, &["businessStatus"]),
    ("patient", Manner::Reference, &["subject", "patient", "for"]),
    ("subject", Manner::Reference, &["subject", "for"]),
    ("encounter", Manner::Reference, &["encounter"]),
    ("based-on", Manner::Reference, &["basedOn"]),
    ("focus", Manner::Reference, &["focus"]),
    ("owner", Manner::Reference, &["owner"]),
    ("result", Manner::Reference, &["result"]),
    ("specimen", Manner::Reference, &["specimen"]),
    (
        "date",
        Manner::Date,
        &[
            "effectiveDateTime",
            "effectivePeriod.start",
            "effectiveInstant",
            "recordedDate",
            "date",
        ],
    ),
    ("authored-on", Manner::Date, &["authoredOn"]),
    ("issued", Manner::Date, &["issued"]),
];

/// A search as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Query {
    /// The resource type.
    pub(super) of: String,
    conditions: Vec<Condition>,
    sort: Vec<(Vec<&'static str>, bool)>,
    count: usize,
    offset: usize,
    written: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Condition {
    manner: Manner,
    paths: &'static [&'static str],
    any_of: Vec<String>,
    not: bool,
}

impl Query {
    pub(super) fn parse(written: &str) -> Result<Self, Failure> {
        let (of, rest) = written.split_once('?').unwrap_or((written, ""));
        let mut query = Self {
            of: of.to_owned(),
            conditions: Vec::new(),
            sort: Vec::new(),
            count: PAGE,
            offset: 0,
            written: String::new(),
        };
        let mut kept = Vec::new();
        for pair in rest.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if name != "_offset" {
                kept.push(pair);
            }
            query.take(name, &decoded(value)?)?;
        }
        query.written = format!("{of}?{}", kept.join("&"));
        Ok(query)
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), Failure> {
        let number = || {
            value
                .parse::<usize>()
                .map_err(|_| Failure::invalid(format!("`{name}={value}`: write a number")))
        };
        match name {
            "_count" => self.count = number()?.clamp(1, PAGE_MAX),
            "_offset" => self.offset = number()?,
            "_sort" => {
                for by in value.split(',') {
                    let (name, descending) = by
                        .strip_prefix('-')
                        .map_or((by, false), |name| (name, true));
                    self.sort.push((parameter(name)?.1.to_vec(), descending));
                }
            }
            _ => {
                let (name, not) = name
                    .strip_suffix(":not")
                    .map_or((name, false), |name| (name, true));
                let (manner, paths) = parameter(name)?;
                let any_of = value.split(',').map(str::to_owned).collect();
                self.conditions.push(Condition {
                    manner,
                    paths,
                    any_of,
                    not,
                });
            }
        }
        Ok(())
    }

    /// The page that the query asks for.
    pub(super) fn page(&self, resources: &[&Value]) -> Result<Page, Failure> {
        let mut found: Vec<&Value> = resources
            .iter()
            .copied()
            .filter(|it| it.get("resourceType").and_then(Value::as_str) == Some(self.of.as_str()))
            .filter(|it| self.conditions.iter().all(|condition| condition.holds(it)))
            .collect();
        found.sort_by(|one, other| self.order(one, other));
        let all = found.len();
        let page: Vec<Value> = found
            .into_iter()
            .skip(self.offset)
            .take(self.count)
            .cloned()
            .collect();
        let end = self.offset.saturating_add(page.len());
        let next =
            (end < all && !page.is_empty()).then(|| format!("{}&_offset={end}", self.written));
        Ok(Page {
            resources: page,
            next,
        })
    }

    fn order(&self, one: &Value, other: &Value) -> Ordering {
        for (paths, descending) in &self.sort {
            let by = |it: &Value| {
                texts(it, paths)
                    .into_iter()
                    .next()
                    .map(|text| moment(&text))
            };
            let order = match (by(one), by(other)) {
                (Some(one), Some(other)) if *descending => other.cmp(&one),
                (Some(one), Some(other)) => one.cmp(&other),
                // What has no value comes last, whichever way the rest is sorted.
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => Ordering::Equal,
            };
            if order != Ordering::Equal {
                return order;
            }
        }
        Ordering::Equal
    }
}

impl Condition {
    fn holds(&self, resource: &Value) -> bool {
        let holds = self.any_of.iter().any(|wanted| match self.manner {
            Manner::Token => at(resource, self.paths)
                .into_iter()
                .any(|it| token_is(it, wanted)),
            Manner::Reference => at(resource, self.paths)
                .into_iter()
                .filter_map(|it| it.get("reference")?.as_str())
                .any(|it| it == wanted || it.rsplit('/').next() == Some(wanted)),
            Manner::Date => texts(resource, self.paths)
                .iter()
                .any(|it| date_is(it, wanted)),
        });
        holds != self.not
    }
}

fn parameter(name: &str) -> Result<(Manner, &'static [&'static str]), Failure> {
    PARAMETERS
        .iter()
        .find(|it| it.0 == name)
        .map(|it| (it.1, it.2))
        .ok_or_else(|| {
            let known: Vec<&str> = PARAMETERS.iter().map(|it| it.0).collect();
            Failure::invalid(format!(
                "the bedside cannot search by `{name}`; it knows {} and _sort, _count, :not",
                known.join(", ")
            ))
        })
}

/// Every value at these paths, lists opened.
fn at<'a>(resource: &'a Value, paths: &[&str]) -> Vec<&'a Value> {
    paths
        .iter()
        .flat_map(|path| {
            path.split('.').fold(vec![resource], |here, name| {
                here.into_iter()
                    .filter_map(|it| it.get(name))
                    .flat_map(|it| match it {
                        Value::Array(items) => items.iter().collect(),
                        one => vec![one],
                    })
                    .collect()
            })
        })
        .collect()
}

fn texts(resource: &Value, paths: &[&str]) -> Vec<String> {
    at(resource, paths)
        .into_iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

/// `code`, `system|code`, `|code` or `system|` against a code, Coding, CodeableConcept or Identifier.
fn token_is(it: &Value, wanted: &str) -> bool {
    if let Some(text) = it.as_str() {
        return text == wanted.rsplit('|').next().unwrap_or(wanted);
    }
    if let Some(codings) = it.get("coding").and_then(Value::as_array) {
        return codings.iter().any(|coding| token_is(coding, wanted));
    }
    let system = it.get("system").and_then(Value::as_str).unwrap_or_default();
    let code = it
        .get("code")
        .or_else(|| it.get("value"))
        .and_then(Value::as_str)
        .unwrap_or_default();
    match wanted.split_once('|') {
        None => code == wanted,
        Some((of, "")) => system == of,
        Some((of, wanted)) => system == of && code == wanted,
    }
}

/// A date with its prefix, to the precision in which it is written.
fn date_is(it: &str, wanted: &str) -> bool {
    let prefixes = ["eq", "ne", "gt", "lt", "ge", "le"];
    let (prefix, date) = prefixes
        .into_iter()
        .find_map(|prefix| Some((prefix, wanted.strip_prefix(prefix)?)))
        .unwrap_or(("eq", wanted));
    let (it, date) = (moment(it), moment(date));
    let precision = date.len().min(it.len());
    let order = it.get(..precision).cmp(&date.get(..precision));
    match prefix {
        "ne" => order != Ordering::Equal,
        "gt" => order == Ordering::Greater,
        "lt" => order == Ordering::Less,
        "ge" => order != Ordering::Less,
        "le" => order != Ordering::Greater,
        _ => order == Ordering::Equal,
    }
}

/// A date and time in UTC without its offset, so that it sorts as text; anything else as it is.
pub(super) fn moment(text: &str) -> String {
    let Some((date, time)) = text.split_once('T') else {
        return text.to_owned();
    };
    let Some(sign) = time.rfind(['+', '-']) else {
        return text.trim_end_matches('Z').to_owned();
    };
    let offset = &time[sign + 1..];
    let shifted = (|| {
        let (hours, minutes) = offset.split_once(':')?;
        let offset: i64 = hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?;
        let offset = if time.as_bytes()[sign] == b'+' {
            -offset
        } else {
            offset
        };
        let clock: Vec<&str> = time[..sign].splitn(3, ':').collect();
        let [hour, minute, second] = clock[..] else {
            return None;
        };
        let of_day = hour.parse::<i64>().ok()? * 60 + minute.parse::<i64>().ok()? + offset;
        let date = day_after(date, of_day.div_euclid(24 * 60))?;
        let of_day = of_day.rem_euclid(24 * 60);
        Some(format!(
            "{date}T{:02}:{:02}:{second}",
            of_day / 60,
            of_day % 60
        ))
    })();
    shifted.unwrap_or_else(|| text.to_owned())
}

/// The date some days later, by the proleptic Gregorian calendar.
fn day_after(date: &str, days: i64) -> Option<String> {
    let mut parts = date.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (mut year, mut month, mut day) = (parts.next()??, parts.next()??, parts.next()?? + days);
    let length = |year: i64, month: i64| match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    while day < 1 {
        (year, month) = if month == 1 {
            (year - 1, 12)
        } else {
            (year, month - 1)
        };
        day += length(year, month);
    }
    while day > length(year, month) {
        day -= length(year, month);
        (year, month) = if month == 12 {
            (year + 1, 1)
        } else {
            (year, month + 1)
        };
    }
    Some(format!("{year:04}-{month:02}-{day:02}"))
}

/// A value of a query with its percent signs and pluses resolved.
fn decoded(value: &str) -> Result<String, Failure> {
    let wrong = || {
        Failure::invalid(format!(
            "`{value}`: a percent sign needs two hexadecimal digits after it"
        ))
    };
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let (high, low) = (
                    digit(rest.next()).ok_or_else(wrong)?,
                    digit(rest.next()).ok_or_else(wrong)?,
                );
                bytes.push(u8::try_from(high * 16 + low).map_err(|_| wrong())?);
            }
            b'+' => bytes.push(b' '),
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}
