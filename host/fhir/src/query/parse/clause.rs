//! One parameter of the resource itself, with its modifier and values.
//!
//! Invariant: a modifier that the kind of the parameter does not have is refused.

use super::{bad, bounded, cut_modifier, known, one_of};
use crate::query::refusal::QueryError;
use crate::query::{Clause, Condition, Modifier, VALUE_BYTES_MAX, VALUES_MAX, value};
use crate::resource::{ResourceType, shortened};
use crate::search_parameter::{Kept, Kind, Known, SearchParameter};

/// `name=value`, `name:modifier=value,value`
pub(super) fn read(
    among: &Known,
    resource_type: ResourceType,
    name: &str,
    text: &str,
) -> Result<Clause, QueryError> {
    let (base, modifier) = cut_modifier(name);
    let parameter = known(among, resource_type, base)?;
    if parameter.kept == Kept::Nowhere {
        return Err(QueryError::NotSupported {
            parameter: shortened(base),
            what: "this parameter",
            instead: "search by another parameter",
        });
    }
    let (modifier, target) = modifier.map_or(Ok((None, None)), |modifier| {
        meaning_of(parameter, base, modifier)
    })?;
    of_values(parameter, modifier, target, name, text)
}

/// A clause whose values stand between commas.
pub(in crate::query) fn of_values(
    parameter: &'static SearchParameter,
    modifier: Option<Modifier>,
    target: Option<ResourceType>,
    name: &str,
    text: &str,
) -> Result<Clause, QueryError> {
    if modifier == Some(Modifier::Missing) {
        let missing = one_of(name, text, &[("true", true), ("false", false)])?;
        return Ok(Clause {
            parameter,
            modifier,
            values: vec![Condition::Missing(missing)],
        });
    }
    let values = value::split(text, ',');
    bounded("values", values.len(), VALUES_MAX)?;
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
        value::condition(parameter, modifier, target, value)
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
    let of_word = match (parameter.kind, modifier) {
        (_, "missing") => Some(Modifier::Missing),
        (Kind::Token, "not") => Some(Modifier::Not),
        _ if parameter.kept == Kept::Row => None,
        (Kind::String, "exact") if parameter.kept == Kept::Index => Some(Modifier::Exact),
        (Kind::String, "contains") if parameter.kept == Kept::Index => Some(Modifier::Contains),
        (Kind::Token | Kind::Reference, "text") => Some(Modifier::Text),
        (Kind::Token, "of-type") => Some(Modifier::OfType),
        (Kind::Token, "in") => Some(Modifier::In),
        (Kind::Token, "not-in") => Some(Modifier::NotIn),
        (Kind::Token | Kind::Uri | Kind::Reference, "above") => Some(Modifier::Above),
        (Kind::Token | Kind::Uri | Kind::Reference, "below") => Some(Modifier::Below),
        (Kind::Reference, "identifier") => Some(Modifier::Identifier),
        _ => None,
    };
    let found = match (of_word, parameter.kind) {
        (Some(word), _) => Some((Some(word), None)),
        (None, Kind::Reference) => {
            let target = modifier.parse().ok();
            let target = target.filter(|target| parameter.targets.contains(target));
            target.map(|target| (None, Some(target)))
        }
        (None, _) => None,
    };
    found
        .filter(|(modifier, _)| {
            parameter.name != "phonetic" || *modifier == Some(Modifier::Missing)
        })
        .ok_or_else(|| QueryError::UnknownModifier {
            parameter: shortened(name),
            modifier: shortened(modifier),
            allowed: allowed(parameter),
        })
}

fn allowed(parameter: &SearchParameter) -> &'static str {
    match (parameter.kept, parameter.kind) {
        (Kept::Row, Kind::Token) => "`:not` and `:missing`",
        (Kept::Row | Kept::Body, _) => "`:missing`",
        _ if parameter.name == "phonetic" => "`:missing`",
        (_, Kind::String) => "`:exact`, `:contains` and `:missing`",
        (_, Kind::Token) => {
            "`:not`, `:text`, `:of-type`, `:in`, `:not-in`, `:above`, `:below` and `:missing`"
        }
        (_, Kind::Uri) => "`:above`, `:below` and `:missing`",
        (_, Kind::Reference) => {
            "a type that it may refer to, such as `:Patient`, `:identifier`, `:text`, `:above`, `:below` and `:missing`"
        }
        (_, Kind::Number | Kind::Date | Kind::Quantity | Kind::Composite | Kind::Special) => {
            "`:missing`"
        }
    }
}
