//! Expressions that constrain SNOMED CT: what they say, and the concepts they mean.
//!
//! Done: `<` `<<` `<!` `<<!` `>` `>>` `>!` `>>!` `^` `*`, parentheses, `AND` `OR` `MINUS` and the comma, refinements with
//! `=` and `!=` over concepts, `R` (the other way round), dots. Refused by name: groups in braces, cardinalities, values that
//! are no concepts, filters.
//!
//! Invariant: an expression is understood whole or refused with the place at which it was not.

mod parse;

use std::pin::Pin;

pub(super) use self::parse::read;
use super::TerminologyError;
use super::compose::Made;
use super::ranges::Ranges;
use super::shown;
use super::snomed::REFERENCE_SET;
use super::system::System;
use crate::limits;

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expression {
    /// Every concept.
    Any,
    /// One concept, by its code.
    Concept(String),
    /// What lies so to a set of concepts.
    Lies(Way, Box<Self>),
    /// The members of reference sets.
    Members(Box<Self>),
    /// In each of them.
    And(Vec<Self>),
    /// In one of them.
    Or(Vec<Self>),
    /// In the first, not in the second.
    Minus(Box<Self>, Box<Self>),
    /// Those of which all that is said holds.
    Refined(Box<Self>, Box<Refinement>),
    /// The values that the second set's attributes have in the first.
    Dotted(Box<Self>, Box<Self>),
}

/// Where a concept lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// `<`
    Below,
    /// `<<`
    BelowOrSelf,
    /// `<!`
    Child,
    /// `<<!`
    ChildOrSelf,
    /// `>`
    Above,
    /// `>>`
    AboveOrSelf,
    /// `>!`
    Parent,
    /// `>>!`
    ParentOrSelf,
}

/// What is said of concepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refinement {
    /// All of it.
    And(Vec<Self>),
    /// One of it.
    Or(Vec<Self>),
    /// An attribute has a value.
    Has {
        /// The concept is the value, and the source is what is meant (`R`).
        reversed: bool,
        attribute: Expression,
        /// `!=`: a value that is none of these.
        other: bool,
        value: Expression,
    },
}

type Meant<'a> = Pin<Box<dyn Future<Output = Result<Ranges, TerminologyError>> + Send + 'a>>;

/// The concepts that an expression means.
pub(super) fn evaluate<'a>(
    made: &'a mut Made<'_>,
    system: &'a System,
    expression: &'a Expression,
) -> Meant<'a> {
    Box::pin(async move {
        made.step(1)?;
        let store = made.reader.store();
        match expression {
            Expression::Any => system.all(),
            Expression::Concept(code) => {
                let n = system.find(store, code).await?;
                n.map(Ranges::one)
                    .ok_or_else(|| TerminologyError::UnknownCode {
                        code: shown(code),
                        system: system.canonical(),
                    })
            }
            Expression::Lies(way, of) => {
                if **of == Expression::Any && matches!(way, Way::BelowOrSelf | Way::AboveOrSelf) {
                    return system.all();
                }
                let of = evaluate(made, system, of).await?;
                lies(made, system, *way, &of).await
            }
            Expression::Members(of) => {
                let sets = evaluate(made, system, of).await?;
                let codes = codes(made, system, &sets).await?;
                members(made, system, &codes).await
            }
            Expression::And(all) => {
                let mut both: Option<Ranges> = None;
                for one in all {
                    let one = evaluate(made, system, one).await?;
                    both = Some(both.map_or(one.clone(), |both| both.intersect(&one)));
                }
                Ok(both.unwrap_or_default())
            }
            Expression::Or(all) => {
                let mut either = Ranges::default();
                for one in all {
                    either = either.union(&evaluate(made, system, one).await?);
                }
                Ok(either)
            }
            Expression::Minus(from, what) => {
                let from = evaluate(made, system, from).await?;
                Ok(from.minus(&evaluate(made, system, what).await?))
            }
            Expression::Refined(of, refinement) => {
                let of = evaluate(made, system, of).await?;
                Ok(of.intersect(&refined(made, system, refinement).await?))
            }
            Expression::Dotted(of, attribute) => {
                let of = evaluate(made, system, of).await?;
                let mut values = Vec::new();
                for (value, sources) in attributes(made, system, attribute).await? {
                    if !sources.intersect(&of).is_empty() {
                        values.push(value);
                    }
                }
                Ok(Ranges::of_numbers(values))
            }
        }
    })
}

async fn lies(
    made: &mut Made<'_>,
    system: &System,
    way: Way,
    of: &Ranges,
) -> Result<Ranges, TerminologyError> {
    let n_max = limits::TERMINOLOGY_ROWS_MAX;
    if of.len() > n_max as u64 {
        let what = format!(
            "an operator stands before {} concepts: at most {n_max} may",
            of.len()
        );
        return Err(TerminologyError::too_costly(what));
    }
    let numbers = of.page(0, n_max);
    made.step(numbers.len())?;
    let store = made.reader.store();
    Ok(match way {
        Way::Below => system.below(store, &numbers).await?,
        Way::BelowOrSelf => system.below(store, &numbers).await?.union(of),
        Way::Child => system.children(store, &numbers).await?,
        Way::ChildOrSelf => system.children(store, &numbers).await?.union(of),
        Way::Above => system.above(store, &numbers).await?,
        Way::AboveOrSelf => system.above(store, &numbers).await?.union(of),
        Way::Parent => system.parents(store, &numbers).await?,
        Way::ParentOrSelf => system.parents(store, &numbers).await?.union(of),
    })
}

/// The codes of a set that may not be large, since each is asked for.
async fn codes(
    made: &mut Made<'_>,
    system: &System,
    of: &Ranges,
) -> Result<Vec<String>, TerminologyError> {
    let n_max = limits::ECL_NAMES_MAX;
    if of.len() > n_max as u64 {
        let what = format!(
            "an expression names {} attributes or reference sets: at most {n_max} may be",
            of.len()
        );
        return Err(TerminologyError::too_costly(what));
    }
    let numbers = of.page(0, n_max);
    made.step(numbers.len())?;
    let concepts = system.concepts(made.reader.store(), &numbers).await?;
    Ok(concepts.into_iter().map(|concept| concept.code).collect())
}

async fn members(
    made: &mut Made<'_>,
    system: &System,
    sets: &[String],
) -> Result<Ranges, TerminologyError> {
    let mut all = Ranges::default();
    for set in sets {
        all = all.union(
            &release(system)?
                .posting(made.reader.store(), REFERENCE_SET, set)
                .await?,
        );
    }
    Ok(all)
}

fn release(system: &System) -> Result<&super::release::Loaded, TerminologyError> {
    match system {
        System::Loaded(loaded) => Ok(loaded),
        System::Given(_) | System::Named(_) => Err(TerminologyError::not_supported(
            "reference sets and refinements are known of a loaded release only",
        )),
    }
}

/// Each value that one of the attributes has, with the concepts that have it.
async fn attributes(
    made: &mut Made<'_>,
    system: &System,
    attribute: &Expression,
) -> Result<Vec<(u32, Ranges)>, TerminologyError> {
    let attributes = evaluate(made, system, attribute).await?;
    let mut all = Vec::new();
    for code in codes(made, system, &attributes).await? {
        let values = release(system)?.values(made.reader.store(), &code).await?;
        made.step(values.len() / 64)?;
        let values = values
            .into_iter()
            .filter_map(|(_, value, sources)| Some((value?, sources)));
        all.extend(values);
    }
    Ok(all)
}

fn refined<'a>(
    made: &'a mut Made<'_>,
    system: &'a System,
    refinement: &'a Refinement,
) -> Meant<'a> {
    Box::pin(async move {
        made.step(1)?;
        match refinement {
            Refinement::And(all) => {
                let mut both: Option<Ranges> = None;
                for one in all {
                    let one = refined(made, system, one).await?;
                    both = Some(both.map_or(one.clone(), |both| both.intersect(&one)));
                }
                Ok(both.unwrap_or_default())
            }
            Refinement::Or(all) => {
                let mut either = Ranges::default();
                for one in all {
                    either = either.union(&refined(made, system, one).await?);
                }
                Ok(either)
            }
            Refinement::Has {
                reversed,
                attribute,
                other,
                value,
            } => {
                let wanted = evaluate(made, system, value).await?;
                let wanted = if *other {
                    system.all()?.minus(&wanted)
                } else {
                    wanted
                };
                let mut spans = Vec::new();
                for (value, sources) in attributes(made, system, attribute).await? {
                    if *reversed && !sources.intersect(&wanted).is_empty() {
                        spans.push((value, value));
                    } else if !*reversed && wanted.contains(value) {
                        spans.extend_from_slice(sources.spans());
                    }
                }
                Ok(Ranges::of_spans(spans))
            }
        }
    })
}

#[cfg(test)]
mod tests;
