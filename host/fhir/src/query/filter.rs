//! `_filter`: conditions joined by `and`, `or` and `not`, read into the same criteria as other parameters.
//!
//! Invariant: a comparison that a kind of parameter does not have is refused; parentheses lie in each other at most
//! `FILTER_DEPTH_MAX` deep.

mod syntax;

use self::syntax::{Comparison as Written, Node};
use super::criterion::Criterion;
use super::parse::{chain, clause};
use super::refusal::QueryError;
use super::{CHAIN_MAX, Clause, Comparison, Condition, Modifier};
use crate::resource::{ResourceType, shortened};
use crate::search_parameter::{Kept, Kind, Known, SearchParameter};

/// Reads a filter on resources of a type.
pub(super) fn read(
    among: &Known,
    resource_type: ResourceType,
    text: &str,
) -> Result<Criterion, QueryError> {
    let node = syntax::parse(text).map_err(|problem| bad(text, problem))?;
    criterion(among, resource_type, &node)
}

fn bad(text: &str, problem: impl Into<String>) -> QueryError {
    QueryError::BadValue {
        parameter: "_filter".to_owned(),
        value: shortened(text),
        problem: problem.into(),
    }
}

fn criterion(among: &Known, of: ResourceType, node: &Node) -> Result<Criterion, QueryError> {
    let each = |nodes: &[Node]| {
        let all = nodes.iter().map(|node| criterion(among, of, node));
        all.collect::<Result<Vec<_>, _>>()
    };
    match node {
        Node::And(nodes) => Ok(Criterion::All(each(nodes)?)),
        Node::Or(nodes) => Ok(Criterion::Any(each(nodes)?)),
        Node::Not(node) => Ok(Criterion::Not(Box::new(criterion(among, of, node)?))),
        Node::Compared(compared) => {
            chain::follow(among, of, &compared.path, CHAIN_MAX, &|of, name| {
                leaf(among, of, name, compared)
            })
        }
        Node::Within { path, inner, rest } => {
            chain::follow(among, of, path, CHAIN_MAX, &|of, name| {
                let (base, target) = name
                    .split_once(':')
                    .map_or((name, None), |(base, target)| (base, Some(target)));
                let by = parameter(among, of, base)?;
                if by.kind != Kind::Reference || by.kept != Kept::Index {
                    let problem = "brackets are for references: write for example subject[name co \"a\"].gender";
                    return Err(bad(base, problem));
                }
                let target = target
                    .map(|target| chain::meant(by, name, target))
                    .transpose()?;
                let types = target.as_ref().map_or(&*by.targets, std::slice::from_ref);
                chain::to_any(by, types, name, &|of| {
                    Ok(Criterion::All(vec![
                        criterion(among, of, inner)?,
                        criterion(among, of, rest)?,
                    ]))
                })
            })
        }
    }
}

fn parameter(
    among: &Known,
    of: ResourceType,
    name: &str,
) -> Result<&'static SearchParameter, QueryError> {
    among
        .find(of, name)
        .ok_or_else(|| QueryError::UnknownParameter {
            resource_type: of,
            name: shortened(name),
            near: Vec::new(),
        })
}

/// One comparison of a parameter of the resource itself.
fn leaf(
    among: &Known,
    of: ResourceType,
    name: &str,
    compared: &syntax::Compared,
) -> Result<Criterion, QueryError> {
    let (base, target) = name
        .split_once(':')
        .map_or((name, None), |(base, target)| (base, Some(target)));
    let parameter = parameter(among, of, base)?;
    let target = target
        .map(|target| chain::meant(parameter, name, target))
        .transpose()?;
    if parameter.kept == Kept::Nowhere {
        return Err(bad(name, "this parameter cannot be searched by"));
    }
    let value = escaped(&compared.value, parameter.kind);
    let with = |modifier, value: &str| {
        clause::of_values(parameter, modifier, target, name, value).map(Criterion::Clause)
    };
    let present = || with(Some(Modifier::Missing), "false");
    match (compared.how, parameter.kind) {
        (Written::Present, _) => match compared.value.as_str() {
            "true" => present(),
            "false" => with(Some(Modifier::Missing), "true"),
            _ => Err(bad(&compared.value, "`pr` is followed by true or false")),
        },
        (how, Kind::Date | Kind::Number | Kind::Quantity) => ordered(parameter, how, &value, with),
        (Written::Equal, Kind::String) if parameter.kept == Kept::Index && base != "phonetic" => {
            with(Some(Modifier::Whole), &value)
        }
        (Written::Equal | Written::Refers, Kind::Reference) => with(None, &value),
        (Written::Equal, _) => with(None, &value),
        (Written::NotEqual, kind) => {
            let modifier =
                (kind == Kind::String && parameter.kept == Kept::Index).then_some(Modifier::Whole);
            let equal = with(modifier, &value)?;
            Ok(Criterion::All(vec![
                present()?,
                Criterion::Not(Box::new(equal)),
            ]))
        }
        (Written::Contains, Kind::String) if parameter.kept == Kept::Index => {
            with(Some(Modifier::Contains), &value)
        }
        (Written::StartsWith, Kind::String) => with(None, &value),
        (Written::EndsWith, Kind::String) if parameter.kept == Kept::Index => {
            with(Some(Modifier::Ends), &value)
        }
        (Written::Contains, Kind::Token) => with(Some(Modifier::Text), &value),
        (Written::Subsumes, Kind::Token | Kind::Uri) => with(Some(Modifier::Below), &value),
        (Written::SubsumedBy, Kind::Token | Kind::Uri) => with(Some(Modifier::Above), &value),
        (Written::In, Kind::Token) => with(Some(Modifier::In), &value),
        (Written::NotIn, Kind::Token) => Ok(Criterion::All(vec![
            present()?,
            with(Some(Modifier::NotIn), &value)?,
        ])),
        (how, kind) => {
            let problem = format!(
                "`{}` does not go with `{base}`, which is a {}",
                how.as_str(),
                kind.as_str()
            );
            Err(bad(name, problem))
        }
    }
}

/// Comparisons of what has an order: the prefixes of a search.
fn ordered(
    parameter: &'static SearchParameter,
    how: Written,
    value: &str,
    with: impl Fn(Option<Modifier>, &str) -> Result<Criterion, QueryError>,
) -> Result<Criterion, QueryError> {
    let prefix = match how {
        Written::Equal => "eq",
        Written::NotEqual => "ne",
        Written::Greater => "gt",
        Written::Less => "lt",
        Written::GreaterOrEqual => "ge",
        Written::LessOrEqual => "le",
        Written::Approximate => "ap",
        Written::StartsAfter => "sa",
        Written::EndsBefore => "eb",
        Written::Overlaps if parameter.kind == Kind::Date => {
            let Criterion::Clause(clause) = with(None, value)? else {
                return Err(bad(value, "write a date"));
            };
            return Ok(Criterion::Clause(overlapping(clause)));
        }
        Written::Overlaps
        | Written::Contains
        | Written::StartsWith
        | Written::EndsWith
        | Written::Subsumes
        | Written::SubsumedBy
        | Written::In
        | Written::NotIn
        | Written::Refers
        | Written::Present => {
            let problem = format!(
                "`{}` does not go with a {}",
                how.as_str(),
                parameter.kind.as_str()
            );
            return Err(bad(parameter.name, problem));
        }
    };
    if value.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Err(bad(
            value,
            "the comparison is already said: write the value only",
        ));
    }
    with(None, &format!("{prefix}{value}"))
}

/// The same dates, but only to overlap.
fn overlapping(mut clause: Clause) -> Clause {
    for value in &mut clause.values {
        if let Condition::Date { comparison, .. } = value {
            *comparison = Comparison::Approximate;
        }
    }
    clause
}

/// A value of a filter is one value: its commas are letters.
fn escaped(value: &str, kind: Kind) -> String {
    let mut text = String::with_capacity(value.len());
    for c in value.chars() {
        let is_letter = match kind {
            Kind::Composite => matches!(c, ',' | '\\'),
            Kind::Number | Kind::Date | Kind::Quantity | Kind::Reference => {
                matches!(c, ',' | '\\' | '$')
            }
            Kind::String | Kind::Token | Kind::Uri | Kind::Special => matches!(c, ',' | '\\' | '$'),
        };
        if is_letter {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

#[cfg(test)]
mod tests;
