//! Value sets and concept maps that need no resource, because their URL says what is in them.
//!
//! Invariant: a URL that begins like one of these and cannot be understood is refused, never taken for an unknown one.

use serde_json::{Value, json};

use super::TerminologyError;
use super::compose::{Made, Set};
use super::ranges::Ranges;
use super::reader::Reader;
use super::snomed::{REFERENCE_SET, SNOMED};
use super::system::System;

/// What a URL says.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Says<'u> {
    /// Every concept.
    All,
    /// A concept and what lies below it.
    IsA(&'u str),
    /// Every concept that is a reference set.
    ReferenceSets,
    /// The members of a reference set.
    ReferenceSet(&'u str),
    /// What an expression constrains.
    Constraint(String),
}

/// The version that a URL of SNOMED CT names by its path, the rest of the URL, or nothing when it is no such URL.
fn read(url: &str) -> Option<Result<(Option<&str>, Says<'_>), TerminologyError>> {
    let rest = url.strip_prefix(SNOMED)?;
    let (path, query) = rest.split_once('?')?;
    let says = query.strip_prefix("fhir_vs")?;
    let base = url.get(..SNOMED.len() + path.len())?;
    let version = (!path.is_empty()).then_some(base);
    let wrong = || {
        TerminologyError::not_supported(
            "an implicit value set of SNOMED CT is written ?fhir_vs, ?fhir_vs=isa/[code], ?fhir_vs=refset, \
             ?fhir_vs=refset/[code] or ?fhir_vs=ecl/[expression]",
        )
    };
    let says = match says.strip_prefix('=') {
        None if says.is_empty() => Says::All,
        None => return Some(Err(wrong())),
        Some("refset") => Says::ReferenceSets,
        Some(says) => match says.split_once('/') {
            Some(("isa", code)) => Says::IsA(code),
            Some(("refset", code)) => Says::ReferenceSet(code),
            Some(("ecl", expression)) => Says::Constraint(decoded(expression)),
            Some(_) | None => return Some(Err(wrong())),
        },
    };
    Some(Ok((version, says)))
}

/// An expression as it may lie in a URL.
fn decoded(text: &str) -> String {
    // A form's `+` is a space; in expressions it has no meaning of its own.
    let pair = format!("e={}", text.replace('&', "%26"));
    form_urlencoded::parse(pair.as_bytes())
        .next()
        .map_or_else(String::new, |(_, text)| text.into_owned())
}

/// The URL of a code system all of whose codes a value set has: `[url]?fhir_vs`.
fn whole(url: &str) -> Option<&str> {
    url.strip_suffix("?fhir_vs")
        .filter(|of| !of.starts_with(SNOMED))
}

/// The value set that a URL stands for, as a resource; `None` when it stands for none.
pub(super) fn value_set(url: &str) -> Option<Result<Value, TerminologyError>> {
    let named = |name: String, include: Value| {
        json!({
            "resourceType": "ValueSet",
            "url": url,
            "name": name,
            "status": "active",
            "compose": { "include": [include] },
        })
    };
    if let Some(of) = whole(url) {
        return Some(Ok(named(
            format!("All codes of {of}"),
            json!({ "system": of }),
        )));
    }
    let (version, says) = match read(url)? {
        Ok(read) => read,
        Err(why) => return Some(Err(why)),
    };
    let filter = |property: &str, op: &str, value: &str| json!([{ "property": property, "op": op, "value": value }]);
    let (name, filters) = match &says {
        Says::All => ("All of SNOMED CT".to_owned(), json!([])),
        Says::IsA(code) => (
            format!("SNOMED CT: {code} and below"),
            filter("concept", "is-a", code),
        ),
        Says::ReferenceSets => (
            "SNOMED CT: reference sets".to_owned(),
            filter("constraint", "=", &format!("<{ALL_REFERENCE_SETS}")),
        ),
        Says::ReferenceSet(code) => (
            format!("SNOMED CT: members of {code}"),
            filter("concept", "in", code),
        ),
        Says::Constraint(expression) => (
            "SNOMED CT: an expression".to_owned(),
            filter("constraint", "=", expression),
        ),
    };
    let mut include = json!({ "system": SNOMED });
    if let Some(version) = version {
        include["version"] = json!(version);
    }
    if filters
        .as_array()
        .is_some_and(|filters| !filters.is_empty())
    {
        include["filter"] = filters;
    }
    Some(Ok(named(name, include)))
}

/// The concept below which all reference sets lie.
const ALL_REFERENCE_SETS: &str = "900000000000455006";

/// The set of such a URL, without going by way of a resource; `None` when it is not such a URL.
pub(super) async fn made(made: &mut Made<'_>, url: &str) -> Result<Option<Set>, TerminologyError> {
    let Some(read) = read(url) else {
        return Ok(None);
    };
    let (version, says) = read?;
    let wish = made
        .wishes
        .iter()
        .find(|(of, _, over)| of == SNOMED && (*over || version.is_none()));
    let wished = wish.map(|(_, wished, _)| wished.clone());
    let version = wished.as_deref().or(version);
    let reader = made.reader.clone();
    let system = reader.known_system(SNOMED, version).await?;
    let ranges = ranges(made, &reader, &system, &says).await?;
    let at = made.place(system);
    made.value_sets.push(url.to_owned());
    Ok(Some(Set::from([(at, ranges)])))
}

async fn ranges(
    made: &mut Made<'_>,
    reader: &Reader<'_>,
    system: &System,
    says: &Says<'_>,
) -> Result<Ranges, TerminologyError> {
    let store = reader.store();
    let number = async |code: &str| {
        let n = system.find(store, code).await?;
        n.ok_or_else(|| TerminologyError::UnknownCode {
            code: super::shown(code),
            system: system.canonical(),
        })
    };
    match says {
        Says::All => system.all(),
        Says::IsA(code) => {
            let n = number(code).await?;
            Ok(system.below(store, &[n]).await?.union(&Ranges::one(n)))
        }
        Says::ReferenceSet(code) => {
            number(code).await?;
            match system {
                System::Loaded(loaded) => loaded.posting(store, REFERENCE_SET, code).await,
                System::Given(_) | System::Named(_) => Err(TerminologyError::not_supported(
                    "the members of reference sets are known of a loaded release only",
                )),
            }
        }
        Says::ReferenceSets => {
            let n = number(ALL_REFERENCE_SETS).await?;
            system.below(store, &[n]).await
        }
        Says::Constraint(expression) => made.constrained(system, expression).await,
    }
}
