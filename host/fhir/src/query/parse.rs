//! From pairs to a query.
//!
//! Invariant: a pair is either meant or refused.

use super::{
    CLAUSES_MAX, COUNT_MAX, Clause, Condition, Include, Modifier, Query, QueryError, Sort, Summary,
    Total, VALUE_BYTES_MAX, VALUES_MAX, value,
};
use crate::near;
use crate::resource::{ResourceType, shortened};
use crate::search_parameter::{self, Kept, Kind, SearchParameter};

const SORTS_MAX: usize = 8;
const INCLUDES_MAX: usize = 32;
const ELEMENTS_MAX: usize = 64;

pub(super) fn query(
    resource_type: ResourceType,
    pairs: &[(String, String)],
) -> Result<Query, QueryError> {
    bounded("parameters", pairs.len(), CLAUSES_MAX + INCLUDES_MAX)?;
    let mut query = Query::all(resource_type);
    let mut seen = Vec::new();
    for (name, text) in pairs {
        let (base, _) = cut_modifier(name);
        if is_once(base) {
            if seen.contains(&base) {
                return Err(QueryError::Repeated(shortened(base)));
            }
            seen.push(base);
        }
        pair(&mut query, name, text)?;
    }
    bounded("conditions", query.clauses.len(), CLAUSES_MAX)?;
    bounded("includes", query.includes.len(), INCLUDES_MAX)?;
    Ok(query)
}

fn bounded(what: &'static str, found: usize, max: usize) -> Result<(), QueryError> {
    if found > max {
        Err(QueryError::TooMany { what, found, max })
    } else {
        Ok(())
    }
}

fn cut_modifier(name: &str) -> (&str, Option<&str>) {
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

fn pair(query: &mut Query, name: &str, text: &str) -> Result<(), QueryError> {
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
    match name {
        "_count" => query.count = Some(count(name, text)?),
        "_sort" => query.sort = sort(query.resource_type, name, text)?,
        "_page" => query.page = Some(opaque(name, text)?),
        "_asOf" => query.as_of = Some(opaque(name, text)?),
        "_total" => query.total = Some(one_of(name, text, &TOTALS)?),
        "_summary" => query.summary = Some(one_of(name, text, &SUMMARIES)?),
        "_elements" => query.elements = elements(name, text)?,
        // How the answer is written is for whoever writes it.
        "_format" | "_pretty" => {}
        "_include" | "_include:iterate" | "_revinclude" | "_revinclude:iterate" => {
            query
                .includes
                .push(include(query.resource_type, name, text)?);
        }
        _ => query.clauses.push(clause(query.resource_type, name, text)?),
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

fn one_of<T: Copy>(name: &str, text: &str, allowed: &[(&str, T)]) -> Result<T, QueryError> {
    let found = allowed
        .iter()
        .find(|(word, _)| *word == text)
        .map(|(_, meaning)| *meaning);
    found.ok_or_else(|| {
        let words: Vec<&str> = allowed.iter().map(|(word, _)| *word).collect();
        bad(name, text, format!("write one of {}", words.join(", ")))
    })
}

fn count(name: &str, text: &str) -> Result<u32, QueryError> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let count = digits
        .then(|| text.parse().ok())
        .flatten()
        .filter(|count| *count <= COUNT_MAX);
    count.ok_or_else(|| {
        bad(
            name,
            text,
            format!("write a whole number from 0 to {COUNT_MAX}"),
        )
    })
}

fn opaque(name: &str, text: &str) -> Result<String, QueryError> {
    if text.is_empty() || text.len() > VALUE_BYTES_MAX {
        return Err(bad(name, text, "write it as an earlier answer gave it"));
    }
    Ok(text.to_owned())
}

fn sort(resource_type: ResourceType, name: &str, text: &str) -> Result<Vec<Sort>, QueryError> {
    let keys: Vec<&str> = text.split(',').collect();
    bounded("sort keys", keys.len(), SORTS_MAX)?;
    let key = |key: &str| {
        let (written, descending) = key
            .strip_prefix('-')
            .map_or((key, false), |key| (key, true));
        let parameter = known(resource_type, written)?;
        let ordered = match parameter.kind {
            Kind::Date | Kind::Number | Kind::Quantity | Kind::String | Kind::Token | Kind::Uri => {
                true
            }
            Kind::Reference | Kind::Composite | Kind::Special => false,
        };
        if !ordered || parameter.kept == Kept::Nowhere {
            let problem = format!(
                "`{}` has no order; sort by a date, number, text or code",
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

/// `Observation:subject` or `Observation:subject:Patient`
fn include(resource_type: ResourceType, name: &str, text: &str) -> Result<Include, QueryError> {
    let reverse = name.starts_with("_revinclude");
    let iterate = name.ends_with(":iterate");
    let shape = || {
        bad(
            name,
            text,
            "write type and parameter, for example `Observation:subject`",
        )
    };
    let mut parts = text.split(':');
    let source: ResourceType = parts
        .next()
        .ok_or_else(shape)?
        .parse()
        .map_err(|error| bad(name, text, format!("{error}")))?;
    let parameter_name = parts.next().ok_or_else(shape)?;
    let target = parts
        .next()
        .map(|target| target.parse::<ResourceType>())
        .transpose();
    let target = target.map_err(|error| bad(name, text, error.to_string()))?;
    if parts.next().is_some() {
        return Err(shape());
    }
    if parameter_name == "*" {
        return Err(QueryError::NotSupported {
            parameter: shortened(name),
            what: "`*`",
            instead: "name each reference, for example `Observation:subject`",
        });
    }
    let parameter = known(source, parameter_name)?;
    if parameter.kind != Kind::Reference {
        return Err(bad(
            name,
            text,
            format!("`{parameter_name}` is not a reference"),
        ));
    }
    if let Some(target) = target.filter(|target| !parameter.targets.contains(target)) {
        return Err(bad(
            name,
            text,
            format!("`{parameter_name}` of {source} never refers to {target}"),
        ));
    }
    let found = Include {
        reverse,
        iterate,
        parameter,
        target,
    };
    if !iterate {
        starts_here(&found, resource_type).map_err(|problem| bad(name, text, problem))?;
    }
    Ok(found)
}

/// Whether an include that is followed once has an end among what is searched.
fn starts_here(include: &Include, resource_type: ResourceType) -> Result<(), String> {
    let (parameter, source) = (include.parameter, include.parameter.resource_type);
    let leads_here = parameter.targets.contains(&resource_type);
    if !include.reverse && source != resource_type {
        return Err(format!(
            "this searches {resource_type}, so start from it, or use `:iterate`"
        ));
    }
    if include.reverse
        && (!leads_here || include.target.is_some_and(|target| target != resource_type))
    {
        return Err(format!(
            "`{}` of {source} does not refer to {resource_type}",
            parameter.name
        ));
    }
    Ok(())
}

fn clause(resource_type: ResourceType, name: &str, text: &str) -> Result<Clause, QueryError> {
    let (base, modifier) = cut_modifier(name);
    if base == "_has"
        || base.contains('.')
        || modifier.is_some_and(|modifier| modifier.contains('.'))
    {
        return Err(QueryError::NotSupported {
            parameter: shortened(name),
            what: "a chained search",
            instead: "find the other resource first, then search by its reference",
        });
    }
    let parameter = known(resource_type, base)?;
    if parameter.kept == Kept::Nowhere {
        return Err(QueryError::NotSupported {
            parameter: shortened(base),
            what: "this parameter",
            instead: if parameter.kind == Kind::Composite {
                "search by its parts one by one"
            } else {
                "search by another parameter"
            },
        });
    }
    let (modifier, target) = modifier.map_or(Ok((None, None)), |modifier| {
        meaning_of(parameter, base, modifier)
    })?;
    let values = value::split(text, ',');
    bounded("values", values.len(), VALUES_MAX)?;
    if modifier == Some(Modifier::Missing) {
        let missing = one_of(name, text, &[("true", true), ("false", false)])?;
        return Ok(Clause {
            parameter,
            modifier,
            values: vec![Condition::Missing(missing)],
        });
    }
    let read = |written: &String| {
        let value = written.trim();
        if value.is_empty() {
            return Err(bad(
                name,
                text,
                "a value is empty; leave the parameter out, or use `:missing`",
            ));
        }
        if value.len() > VALUE_BYTES_MAX {
            return Err(bad(
                name,
                value,
                format!("a value is longer than {VALUE_BYTES_MAX} bytes"),
            ));
        }
        value::condition(parameter, target, value)
            .map_err(|problem| bad(name, &value::unescaped(value), problem))
    };
    Ok(Clause {
        parameter,
        modifier,
        values: values.iter().map(read).collect::<Result<_, _>>()?,
    })
}

type Meaning = (Option<Modifier>, Option<ResourceType>);

fn meaning_of(
    parameter: &SearchParameter,
    name: &str,
    modifier: &str,
) -> Result<Meaning, QueryError> {
    let found = match (parameter.kind, modifier) {
        _ if parameter.kept == Kept::Row => None,
        (_, "missing") => Some((Some(Modifier::Missing), None)),
        (Kind::String, "exact") => Some((Some(Modifier::Exact), None)),
        (Kind::String, "contains") => Some((Some(Modifier::Contains), None)),
        (Kind::Token, "not") => Some((Some(Modifier::Not), None)),
        (Kind::Reference, name) => {
            let target = name
                .parse()
                .ok()
                .filter(|target| parameter.targets.contains(target));
            target.map(|target| (None, Some(target)))
        }
        _ => None,
    };
    found.ok_or_else(|| QueryError::UnknownModifier {
        parameter: shortened(name),
        modifier: shortened(modifier),
        allowed: match parameter.kind {
            _ if parameter.kept == Kept::Row => "none",
            Kind::String => "`:exact`, `:contains` and `:missing`",
            Kind::Token => "`:not` and `:missing`",
            Kind::Reference => "a type that it may refer to, such as `:Patient`, and `:missing`",
            Kind::Number | Kind::Date | Kind::Quantity | Kind::Uri => "`:missing`",
            Kind::Composite | Kind::Special => "none",
        },
    })
}

/// The parameter of that name, or an error that names those that are close.
fn known(resource_type: ResourceType, name: &str) -> Result<&'static SearchParameter, QueryError> {
    search_parameter::find(resource_type, name).ok_or_else(|| {
        let usable =
            search_parameter::of(resource_type).filter(|parameter| parameter.kept != Kept::Nowhere);
        let near = near::names(name, usable.map(|parameter| parameter.name));
        QueryError::UnknownParameter {
            resource_type,
            name: shortened(name),
            near,
        }
    })
}
