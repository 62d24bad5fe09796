//! The filters of a value set: which concepts of a code system have a property so and so.
//!
//! Invariant: a filter that is not understood is refused; it never lets everything or nothing through.

use regex::{Regex, RegexBuilder};
use serde_json::Value;

use super::TerminologyError;
use super::compose::Made;
use super::concept::Concept;
use super::given::Given;
use super::ranges::Ranges;
use super::release::Loaded;
use super::shown;
use super::snomed::{DMD, REFERENCE_SET, SNOMED};
use super::system::System;
use crate::limits;

/// One filter as it is written.
struct Filter<'v> {
    property: &'v str,
    operator: &'v str,
    value: &'v str,
}

impl Filter<'_> {
    fn is_about_the_concept(&self) -> bool {
        matches!(self.property, "concept" | "code")
    }

    /// The values of `in` and `not-in`.
    fn values(&self) -> impl Iterator<Item = &str> {
        self.value
            .split(',')
            .map(str::trim)
            .filter(|value| !value.is_empty())
    }

    fn not_done(&self, system: &System) -> TerminologyError {
        let what = format!(
            "the filter `{} {} {}` is not done on {}",
            shown(self.property),
            shown(self.operator),
            shown(self.value),
            system.canonical()
        );
        TerminologyError::not_supported(what)
    }

    fn wrong(&self, why: impl Into<String>) -> TerminologyError {
        TerminologyError::Definition {
            what: format!(
                "the filter `{} {} {}`",
                shown(self.property),
                shown(self.operator),
                shown(self.value)
            ),
            why: why.into(),
        }
    }
}

/// The concepts of a code system that a `filter` of a value set lets through.
pub(super) async fn those(
    made: &mut Made<'_>,
    system: &System,
    written: &Value,
) -> Result<Ranges, TerminologyError> {
    let member = |name: &str| {
        written
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let filter = Filter {
        property: member("property"),
        operator: member("op"),
        value: member("value"),
    };
    match filter.operator {
        "is-a" | "descendent-of" | "is-not-a" | "generalizes" if filter.is_about_the_concept() => {
            related(made, system, &filter).await
        }
        "in" | "not-in" if filter.is_about_the_concept() => among(made, system, &filter).await,
        "=" if filter.is_about_the_concept() => among(made, system, &filter).await,
        "is-a" | "descendent-of" | "is-not-a" | "generalizes" => Err(filter.not_done(system)),
        "=" | "in" | "not-in" | "exists" | "regex" => match system {
            System::Given(given) => in_memory(given, &filter),
            System::Loaded(loaded) => in_tables(made, system, loaded, &filter).await,
            System::Named(_) => Err(filter.not_done(system)),
        },
        _unknown => Err(filter.wrong(
            "has an operator that R4 does not have: use =, is-a, descendent-of, is-not-a, regex, in, not-in, generalizes or exists",
        )),
    }
}

/// Filters on where a concept lies.
async fn related(
    made: &mut Made<'_>,
    system: &System,
    filter: &Filter<'_>,
) -> Result<Ranges, TerminologyError> {
    let store = made.reader.store();
    let n = system.find(store, filter.value).await?;
    let n = n.ok_or_else(|| TerminologyError::UnknownCode {
        code: shown(filter.value),
        system: system.canonical(),
    })?;
    let itself = Ranges::one(n);
    Ok(match filter.operator {
        "generalizes" => system.above(store, &[n]).await?.union(&itself),
        "descendent-of" => system.below(store, &[n]).await?,
        "is-a" => system.below(store, &[n]).await?.union(&itself),
        _is_not_a => {
            let branch = system.below(store, &[n]).await?.union(&itself);
            system.all()?.minus(&branch)
        }
    })
}

/// Filters on the code itself; on SNOMED CT, `in` means a reference set.
async fn among(
    made: &mut Made<'_>,
    system: &System,
    filter: &Filter<'_>,
) -> Result<Ranges, TerminologyError> {
    let store = made.reader.store();
    let fits = match system {
        System::Loaded(loaded) if loaded.release.system == SNOMED && filter.operator != "=" => {
            let mut all = Ranges::default();
            for set in filter.values() {
                all = all.union(&loaded.posting(store, REFERENCE_SET, set).await?);
            }
            all
        }
        System::Given(_) | System::Loaded(_) | System::Named(_) => {
            let codes: Vec<&str> = match filter.operator {
                "=" => vec![filter.value],
                _several => filter.values().collect(),
            };
            made.step(codes.len())?;
            let found = system.find_all(store, &codes).await?;
            Ranges::of_numbers(found.into_iter().flatten().collect())
        }
    };
    if filter.operator == "not-in" {
        Ok(system.all()?.minus(&fits))
    } else {
        Ok(fits)
    }
}

/// What a concept has for a property.
fn held(given: &Given, n: u32, property: &str) -> Vec<String> {
    let Some(concept) = given.concept(n) else {
        return Vec::new();
    };
    let own = |text: &Option<String>| text.iter().cloned().collect::<Vec<_>>();
    let code_of = |n: &u32| given.concept(*n).map(|it| it.code.clone());
    match property {
        "concept" | "code" => vec![concept.code.clone()],
        "display" => own(&concept.display),
        "definition" => own(&concept.definition),
        "designation" => concept.names().map(str::to_owned).collect(),
        "parent" => given.parents(n).iter().filter_map(code_of).collect(),
        "child" => {
            let below = given.below(n);
            let children = below
                .iter()
                .filter(|below| given.parents(*below).contains(&n));
            children.filter_map(|n| code_of(&n)).collect()
        }
        "inactive" => vec![concept.inactive.to_string()],
        "notSelectable" | "abstract" => vec![concept.is_abstract.to_string()],
        _own => concept.values(property).collect(),
    }
}

/// Whether the values that a concept has of a property are those asked for.
type Holds<'f> = Box<dyn Fn(&[String]) -> bool + 'f>;

fn in_memory(given: &Given, filter: &Filter<'_>) -> Result<Ranges, TerminologyError> {
    const ALWAYS: [&str; 10] = [
        "concept",
        "code",
        "display",
        "definition",
        "designation",
        "parent",
        "child",
        "inactive",
        "notSelectable",
        "abstract",
    ];
    let property = filter.property;
    let is_known = ALWAYS.contains(&property)
        || given.declared.iter().any(|own| own == property)
        || !given
            .those(|it: &Concept| it.values(property).next().is_some())
            .is_empty();
    if !is_known {
        let why = format!("is about a property that {} does not have", given.url);
        return Err(filter.wrong(why));
    }
    let holds: Holds<'_> = match filter.operator {
        "=" => Box::new(|held: &[String]| held.iter().any(|own| own == filter.value)),
        "in" => Box::new(|held: &[String]| {
            held.iter()
                .any(|own| filter.values().any(|wanted| wanted == own))
        }),
        "not-in" => Box::new(|held: &[String]| {
            !held
                .iter()
                .any(|own| filter.values().any(|wanted| wanted == own))
        }),
        "exists" => {
            let wanted = match filter.value {
                "true" => true,
                "false" => false,
                _other => return Err(filter.wrong("needs the value true or false")),
            };
            Box::new(move |held: &[String]| held.is_empty() != wanted)
        }
        _regex => {
            let pattern = pattern(filter)?;
            Box::new(move |held: &[String]| held.iter().any(|own| pattern.is_match(own)))
        }
    };
    let fits = given
        .all()
        .iter()
        .filter(|n| holds(&held(given, *n, property)))
        .collect();
    Ok(Ranges::of_numbers(fits))
}

/// A regular expression over the whole value; matching takes time linear in the text.
fn pattern(filter: &Filter<'_>) -> Result<Regex, TerminologyError> {
    let whole = format!("^(?:{})$", filter.value);
    RegexBuilder::new(&whole)
        .size_limit(limits::REGEX_BYTES_MAX)
        .dfa_size_limit(limits::REGEX_BYTES_MAX)
        .build()
        .map_err(|_| {
            filter.wrong("is no regular expression of linear time (no look-around, no back-references), or too large")
        })
}

async fn in_tables(
    made: &mut Made<'_>,
    system: &System,
    loaded: &Loaded,
    filter: &Filter<'_>,
) -> Result<Ranges, TerminologyError> {
    let store = made.reader.store();
    match (
        loaded.release.system.as_str(),
        filter.property,
        filter.operator,
    ) {
        (SNOMED, "constraint", "=") => return made.constrained(system, filter.value).await,
        (SNOMED, "expressions", "=") if filter.value == "false" => return system.all(),
        (SNOMED, "expressions", "=") => return Err(filter.not_done(system)),
        (_, "inactive", "=") => {
            let inactive = system.inactive(store).await?;
            return match filter.value {
                "true" => Ok(inactive),
                "false" => Ok(system.all()?.minus(&inactive)),
                _other => Err(filter.wrong("needs the value true or false")),
            };
        }
        (_, "parent" | "child", "=") => {
            let n = system.find(store, filter.value).await?;
            let Some(n) = n else {
                return Ok(Ranges::default());
            };
            return match filter.property {
                "parent" => system.children(store, &[n]).await,
                _child => system.parents(store, &[n]).await,
            };
        }
        (SNOMED | DMD, "display" | "designation" | "word" | "refset", _) => {
            return Err(filter.not_done(system));
        }
        (_, _, _) => {}
    }
    match filter.operator {
        "=" => loaded.posting(store, filter.property, filter.value).await,
        "in" | "not-in" => {
            let mut all = Ranges::default();
            for value in filter.values() {
                made.step(1)?;
                all = all.union(&loaded.posting(store, filter.property, value).await?);
            }
            match filter.operator {
                "not-in" => Ok(system.all()?.minus(&all)),
                _in => Ok(all),
            }
        }
        "exists" => {
            let values = loaded.values(store, filter.property).await?;
            let spans = values
                .iter()
                .flat_map(|(_, _, members)| members.spans().iter().copied());
            let having = Ranges::of_spans(spans.collect());
            match filter.value {
                "true" => Ok(having),
                "false" => Ok(system.all()?.minus(&having)),
                _other => Err(filter.wrong("needs the value true or false")),
            }
        }
        _regex => Err(filter.not_done(system)),
    }
}
