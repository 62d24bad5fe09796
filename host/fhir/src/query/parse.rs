//! From pairs to a query.
//!
//! Invariant: a pair is either meant or refused, or it is told that it was left out.

pub(super) mod chain;
pub(super) mod clause;
mod include;

use super::criterion::Criterion;
use super::refusal::QueryError;
use super::{
    CLAUSES_MAX, COUNT_MAX, CRITERIA_MAX, Query, Sort, Summary, Total, VALUE_BYTES_MAX, VALUES_MAX,
    filter, value,
};
use crate::near;
use crate::resource::{Id, ResourceType, shortened};
use crate::search_parameter::{Kept, Kind, Known, SearchParameter};

const SORTS_MAX: usize = 8;
const INCLUDES_MAX: usize = 32;
const ELEMENTS_MAX: usize = 64;

/// What was left out: the place of the pair, and why.
type LeftOut = Vec<(usize, QueryError)>;

pub(super) fn query(
    among: &Known,
    resource_type: ResourceType,
    pairs: &[(String, String)],
    mut left_out: Option<&mut LeftOut>,
) -> Result<Query, QueryError> {
    bounded("parameters", pairs.len(), CLAUSES_MAX + INCLUDES_MAX)?;
    let mut query = Query::all(resource_type);
    let mut seen = Vec::new();
    let mut includes = 0;
    for (at, (name, text)) in pairs.iter().enumerate() {
        let (base, _) = cut_modifier(name);
        if is_once(base) {
            if seen.contains(&base) {
                return Err(QueryError::Repeated(shortened(base)));
            }
            seen.push(base);
        }
        includes += usize::from(base.ends_with("include"));
        match (pair(among, &mut query, name, text), left_out.as_deref_mut()) {
            (Ok(()), _) => {}
            (Err(why), Some(left_out)) if why.is_for_lack() => left_out.push((at, why)),
            (Err(why), Some(_) | None) => return Err(why),
        }
    }
    let criteria = query.criteria.iter().map(Criterion::size).sum();
    bounded("conditions", query.clauses.len(), CLAUSES_MAX)?;
    bounded("conditions in chains and filters", criteria, CRITERIA_MAX)?;
    bounded("includes", includes, INCLUDES_MAX)?;
    Ok(query)
}

pub(super) fn bounded(what: &'static str, found: usize, max: usize) -> Result<(), QueryError> {
    if found > max {
        Err(QueryError::TooMany { what, found, max })
    } else {
        Ok(())
    }
}

pub(super) fn cut_modifier(name: &str) -> (&str, Option<&str>) {
    name.split_once(':')
        .map_or((name, None), |(base, modifier)| (base, Some(modifier)))
}

fn is_once(name: &str) -> bool {
    matches!(
        name,
        "_count"
            | "_sort"
            | "_page"
            | "_total"
            | "_summary"
            | "_elements"
            | "_asOf"
            | "_format"
            | "_pretty"
    )
}

pub(super) fn bad(name: &str, text: &str, problem: impl Into<String>) -> QueryError {
    QueryError::BadValue {
        parameter: shortened(name),
        value: shortened(text),
        problem: problem.into(),
    }
}

fn pair(among: &Known, query: &mut Query, name: &str, text: &str) -> Result<(), QueryError> {
    if text.len() > VALUE_BYTES_MAX * VALUES_MAX {
        return Err(bad(
            name,
            text,
            format!(
                "the value is longer than {} bytes",
                VALUE_BYTES_MAX * VALUES_MAX
            ),
        ));
    }
    let of = query.resource_type;
    match name {
        "_count" => query.count = Some(count(name, text)?),
        "_sort" => query.sort = sort(among, of, name, text)?,
        "_page" => query.page = Some(opaque(name, text)?),
        "_asOf" => query.as_of = Some(opaque(name, text)?),
        "_total" => query.total = Some(one_of(name, text, &TOTALS)?),
        "_summary" => query.summary = Some(one_of(name, text, &SUMMARIES)?),
        "_elements" => query.elements = elements(name, text)?,
        // How the answer is written is for whoever writes it.
        "_format" | "_pretty" => {}
        "_include" | "_include:iterate" | "_include:recurse" => {
            query
                .includes
                .extend(include::forward(among, of, name, text)?);
        }
        "_revinclude" | "_revinclude:iterate" | "_revinclude:recurse" => {
            query
                .includes
                .extend(include::reverse(among, of, name, text)?);
        }
        "_filter" => query.criteria.push(filter::read(among, of, text)?),
        "_list" => query.criteria.push(list(name, text)?),
        _ => match chain::criterion(among, of, name, text)? {
            Criterion::Clause(clause) => query.clauses.push(clause),
            further => query.criteria.push(further),
        },
    }
    Ok(())
}

const TOTALS: [(&str, Total); 3] = [
    ("none", Total::None),
    ("estimate", Total::Estimate),
    ("accurate", Total::Accurate),
];
const SUMMARIES: [(&str, Summary); 5] = [
    ("true", Summary::True),
    ("false", Summary::False),
    ("text", Summary::Text),
    ("data", Summary::Data),
    ("count", Summary::Count),
];

pub(super) fn one_of<T: Copy>(
    name: &str,
    text: &str,
    allowed: &[(&str, T)],
) -> Result<T, QueryError> {
    let found = allowed
        .iter()
        .find(|(word, _)| *word == text)
        .map(|(_, meaning)| *meaning);
    found.ok_or_else(|| {
        let words: Vec<&str> = allowed.iter().map(|(word, _)| *word).collect();
        bad(name, text, format!("write one of {}", words.join(", ")))
    })
}

/// More than `COUNT_MAX` is cut to it.
fn count(name: &str, text: &str) -> Result<u32, QueryError> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(bad(
            name,
            text,
            format!("write a whole number from 0 to {COUNT_MAX}"),
        ));
    }
    Ok(text.parse().unwrap_or(COUNT_MAX).min(COUNT_MAX))
}

fn opaque(name: &str, text: &str) -> Result<String, QueryError> {
    if text.is_empty() || text.len() > VALUE_BYTES_MAX {
        return Err(bad(name, text, "write it as an earlier answer gave it"));
    }
    Ok(text.to_owned())
}

fn sort(
    among: &Known,
    resource_type: ResourceType,
    name: &str,
    text: &str,
) -> Result<Vec<Sort>, QueryError> {
    let keys: Vec<&str> = text.split(',').collect();
    bounded("sort keys", keys.len(), SORTS_MAX)?;
    let key = |key: &str| {
        let (written, descending) = key
            .strip_prefix('-')
            .map_or((key, false), |key| (key, true));
        let parameter = known(among, resource_type, written)?;
        let ordered = match parameter.kind {
            Kind::Date | Kind::Number | Kind::Quantity | Kind::String | Kind::Token | Kind::Uri => {
                true
            }
            Kind::Reference => true,
            Kind::Composite | Kind::Special => false,
        };
        if !ordered || matches!(parameter.kept, Kept::Nowhere | Kept::Body) {
            let problem = format!(
                "`{}` has no order; sort by a date, number, text, code or reference",
                shortened(written)
            );
            return Err(bad(name, text, problem));
        }
        Ok(Sort {
            parameter,
            descending,
        })
    };
    keys.into_iter().map(key).collect()
}

fn elements(name: &str, text: &str) -> Result<Vec<String>, QueryError> {
    let names: Vec<&str> = text.split(',').collect();
    bounded("elements", names.len(), ELEMENTS_MAX)?;
    let is_name = |name: &&str| {
        name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    match names.iter().find(|name| !is_name(name)) {
        None => Ok(names.into_iter().map(str::to_owned).collect()),
        Some(wrong) => {
            let problem = format!(
                "`{}` is not the name of an element, for example `birthDate`",
                shortened(wrong)
            );
            Err(bad(name, text, problem))
        }
    }
}

/// The entries of these Lists.
fn list(name: &str, text: &str) -> Result<Criterion, QueryError> {
    let values = value::split(text, ',');
    bounded("values", values.len(), VALUES_MAX)?;
    let id = |written: &String| {
        let written = written.trim();
        if written.starts_with('$') {
            return Err(QueryError::NotSupported {
                parameter: shortened(name),
                what: "a functional list such as `$current-allergies`",
                instead: "write the id of a List",
            });
        }
        let written = written.strip_prefix("List/").unwrap_or(written);
        let id: Id = written
            .parse()
            .map_err(|error| bad(name, written, format!("{error}")))?;
        Ok(id)
    };
    let ids = values.iter().map(id).collect::<Result<_, _>>()?;
    Ok(Criterion::Listed(ids))
}

/// The parameter of that name, or an error that names those that are close.
pub(super) fn known(
    among: &Known,
    resource_type: ResourceType,
    name: &str,
) -> Result<&'static SearchParameter, QueryError> {
    among.find(resource_type, name).ok_or_else(|| {
        let usable = among
            .of(resource_type)
            .filter(|parameter| parameter.kept != Kept::Nowhere);
        let near = near::names(name, usable.map(|parameter| parameter.name));
        QueryError::UnknownParameter {
            resource_type,
            name: shortened(name),
            near,
        }
    })
}
