//! The one of four allergy labels that a banner carries, and the words beside it.
//!
//! Invariant: "No known allergies" is said only when somebody recorded exactly that and nothing contradicts it.

use fhir::resource::text_in;
use serde_json::Value;

use super::facts::concept;
use super::look::List;
use crate::icon::Icon;

/// The SNOMED CT finding that there is no known allergy at all; that there is none to drugs, say, is less.
const NO_KNOWN_ALLERGY: &str = "716186003";
/// Findings that there is no known allergy of one sort: they name no allergy, and do not say that there is none.
const NO_KNOWN_OF_A_SORT: [&str; 4] = ["409137002", "428607008", "429625007", "428197003"];
const SNOMED: &str = "http://snomed.info/sct";
/// How many substances the banner names before it counts the rest.
const NAMED_MAX: usize = 6;

/// What a banner says of allergies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Label {
    pub(crate) words: &'static str,
    pub(crate) detail: String,
    pub(crate) shape: Icon,
}

/// The label for a patient's AllergyIntolerances; None: they could not be read.
pub(crate) fn label(found: Option<&List>) -> Label {
    let Some(found) = found else {
        return Label {
            words: "Allergies unavailable",
            detail: "They could not be read. Ask the patient.".to_owned(),
            shape: Icon::Warning,
        };
    };
    let standing: Vec<&Value> = found.resources.iter().filter(|it| stands(it)).collect();
    let (negative, known): (Vec<&Value>, Vec<&Value>) =
        standing.into_iter().partition(|it| says_none(it));
    if !known.is_empty() || found.more {
        return Label {
            words: "Known allergies",
            detail: named(&known, found.more),
            shape: Icon::Warning,
        };
    }
    if negative.iter().any(|it| has_code(it, &[NO_KNOWN_ALLERGY])) {
        return Label {
            words: "No known allergies",
            detail: String::new(),
            shape: Icon::Information,
        };
    }
    let detail = negative
        .iter()
        .map(|it| concept(it, "code"))
        .collect::<Vec<_>>()
        .join(", ");
    Label {
        words: "Allergies not recorded",
        detail,
        shape: Icon::Warning,
    }
}

/// Neither refuted, nor an error, nor over.
pub(crate) fn stands(it: &Value) -> bool {
    let code = |path: &str| text_in(it, path);
    let verified = !matches!(
        code("verificationStatus.coding.code"),
        Some("refuted" | "entered-in-error")
    );
    verified
        && !matches!(
            code("clinicalStatus.coding.code"),
            Some("inactive" | "resolved")
        )
}

fn says_none(it: &Value) -> bool {
    has_code(it, &[NO_KNOWN_ALLERGY]) || has_code(it, &NO_KNOWN_OF_A_SORT)
}

fn has_code(it: &Value, codes: &[&str]) -> bool {
    let codings = it
        .get("code")
        .and_then(|code| code.get("coding"))
        .and_then(Value::as_array);
    codings.into_iter().flatten().any(|coding| {
        text_in(coding, "system") == Some(SNOMED)
            && text_in(coding, "code").is_some_and(|code| codes.contains(&code))
    })
}

fn named(known: &[&Value], more: bool) -> String {
    let mut names: Vec<String> = known
        .iter()
        .take(NAMED_MAX)
        .map(|it| substance(it))
        .collect();
    let left = known.len().saturating_sub(NAMED_MAX);
    if left > 0 || more {
        names.push(if more {
            "and more: open Allergies".to_owned()
        } else {
            format!("and {left} more: open Allergies")
        });
    }
    names.join(", ")
}

/// A substance with its reaction: `penicillin (anaphylaxis)`.
pub(crate) fn substance(it: &Value) -> String {
    let reaction = it
        .get("reaction")
        .and_then(|all| all.get(0))
        .and_then(|one| one.get("manifestation"))
        .and_then(|all| all.get(0));
    match reaction {
        Some(reaction) => format!(
            "{} ({})",
            concept(it, "code"),
            super::facts::words(reaction)
        ),
        None => concept(it, "code"),
    }
}

#[cfg(test)]
mod tests;
