//! Chains and `_has`: conditions on what a resource refers to, and on what refers to it.
//!
//! Invariant: every link of a chain is a reference that is kept in the index, and at most `CHAIN_MAX` follow each other.

use super::{bad, clause, cut_modifier, known};
use crate::query::criterion::{Criterion, Nested};
use crate::query::refusal::QueryError;
use crate::query::{CHAIN_MAX, CRITERIA_MAX};
use crate::resource::{ResourceType, shortened};
use crate::search_parameter::{Kept, Kind, Known, SearchParameter};

/// What stands at the end of the chain: given the type and what is left of the name, the condition.
pub(in crate::query) type End<'a> =
    dyn Fn(ResourceType, &str) -> Result<Criterion, QueryError> + 'a;

/// `name=value`, `reference.name=value`, `_has:Type:reference:name=value`, and these in each other.
pub(super) fn criterion(
    among: &Known,
    resource_type: ResourceType,
    name: &str,
    text: &str,
) -> Result<Criterion, QueryError> {
    let end = |of, rest: &str| clause::read(among, of, rest, text).map(Criterion::Clause);
    follow(among, resource_type, name, CHAIN_MAX, &end)
}

/// Follows the links of a name to its end.
pub(in crate::query) fn follow(
    among: &Known,
    resource_type: ResourceType,
    name: &str,
    links: usize,
    end: &End<'_>,
) -> Result<Criterion, QueryError> {
    let too_long = || QueryError::TooMany {
        what: "references in one chain",
        found: CHAIN_MAX + 1,
        max: CHAIN_MAX,
    };
    if let Some(rest) = name.strip_prefix("_has:") {
        return has(among, resource_type, name, rest, &|of, rest| {
            follow(
                among,
                of,
                rest,
                links.checked_sub(1).ok_or_else(too_long)?,
                end,
            )
        });
    }
    let Some((head, rest)) = name.split_once('.') else {
        return end(resource_type, name);
    };
    if links == 0 {
        return Err(too_long());
    }
    let (base, target) = cut_modifier(head);
    let by = known(among, resource_type, base)?;
    is_link(by, name)?;
    let target = target.map(|target| meant(by, name, target)).transpose()?;
    let types: &[ResourceType] = target.as_ref().map_or(&by.targets, std::slice::from_ref);
    to_any(by, types, name, &|of| {
        follow(among, of, rest, links - 1, end)
    })
}

/// A reference to any of the types for which the condition can be read.
pub(in crate::query) fn to_any(
    by: &'static SearchParameter,
    types: &[ResourceType],
    name: &str,
    read: &dyn Fn(ResourceType) -> Result<Criterion, QueryError>,
) -> Result<Criterion, QueryError> {
    let mut to = Vec::new();
    let mut size = 0;
    let mut refused = None;
    for of in types {
        match read(*of) {
            Ok(criterion) => {
                size += 1 + criterion.size();
                to.push(Nested {
                    resource_type: *of,
                    criterion: Box::new(criterion),
                });
            }
            // What is wrong with a value is wrong whatever the type; a name may be known to another one.
            Err(why) if why.is_for_lack() || matches!(why, QueryError::BadValue { .. }) => {
                refused.get_or_insert(why);
            }
            Err(why) => return Err(why),
        }
        if size > CRITERIA_MAX {
            return Err(QueryError::TooMany {
                what: "types that a chain may go through (write the type, as in `subject:Patient.name`)",
                found: size,
                max: CRITERIA_MAX,
            });
        }
    }
    match (to.is_empty(), refused) {
        (false, _) => Ok(Criterion::Refers { by, to }),
        (true, Some(why)) => Err(why),
        (true, None) => Err(bad(name, "", "it refers to nothing")),
    }
}

/// `Type:reference:rest`
fn has(
    among: &Known,
    resource_type: ResourceType,
    name: &str,
    written: &str,
    read: &End<'_>,
) -> Result<Criterion, QueryError> {
    let shape = || {
        bad(
            name,
            "",
            "write type, reference and parameter, for example `_has:Observation:patient:code`",
        )
    };
    let mut parts = written.splitn(3, ':');
    let source = parts.next().ok_or_else(shape)?;
    let source: ResourceType = source
        .parse()
        .map_err(|error| bad(name, "", format!("{error}")))?;
    let by = known(among, source, parts.next().ok_or_else(shape)?)?;
    let rest = parts
        .next()
        .filter(|rest| !rest.is_empty())
        .ok_or_else(shape)?;
    is_link(by, name)?;
    meant(by, name, resource_type.as_str())?;
    let criterion = read(source, rest)?;
    Ok(Criterion::Referred {
        by,
        from: Nested {
            resource_type: source,
            criterion: Box::new(criterion),
        },
    })
}

fn is_link(by: &SearchParameter, name: &str) -> Result<(), QueryError> {
    if by.kind == Kind::Reference && by.kept == Kept::Index {
        Ok(())
    } else {
        let problem = format!(
            "`{}` is not a reference, so no chain goes on from it",
            by.name
        );
        Err(bad(&shortened(name), "", problem))
    }
}

/// The type of that name, which the parameter must be able to refer to.
pub(in crate::query) fn meant(
    by: &SearchParameter,
    name: &str,
    target: &str,
) -> Result<ResourceType, QueryError> {
    let of: ResourceType = target
        .parse()
        .map_err(|error| bad(name, "", format!("{error}")))?;
    if by.targets.contains(&of) {
        Ok(of)
    } else {
        let problem = format!("`{}` of {} never refers to {of}", by.name, by.resource_type);
        Err(bad(name, "", problem))
    }
}
