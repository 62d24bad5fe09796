//! What every release in tables of its own has in common, and the identifiers of SNOMED CT that rules depend on.
//!
//! Invariant: a concept's row is read back as it was written.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::concept::{Concept, Designation, Property};
use crate::store::terminology::ConceptRow;

/// SNOMED CT.
pub(crate) const SNOMED: &str = "http://snomed.info/sct";
/// The NHS dictionary of medicines and devices.
pub(crate) const DMD: &str = "https://dmd.nhs.uk";
/// The kind of name that is whole by itself.
pub(crate) const FULLY_SPECIFIED: &str = "900000000000003001";
/// Any other name.
pub(crate) const SYNONYM: &str = "900000000000013009";
/// A definition in words.
pub(crate) const IN_WORDS: &str = "900000000000550004";
/// The relationship by which one concept is a kind of another.
pub(crate) const IS_A: &str = "116680003";
/// The status of a concept that is defined by what is said about it.
pub(crate) const DEFINED: &str = "900000000000073002";

/// The posting of the words of names.
pub(crate) const WORD: &str = "word";
/// The posting of reference sets, by their concept's code.
pub(crate) const REFERENCE_SET: &str = "refset";
/// The posting of concepts that are no longer to be used, under the key `true`.
pub(crate) const INACTIVE: &str = "inactive";

/// What a concept's row says beside its code, display and place: names by short letters, properties by `c` (code), `s`
/// (text) or `b` (yes or no).
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Detail {
    #[serde(rename = "i", default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) inactive: bool,
    /// Language, kind (`f` fully specified, `s` synonym, `d` definition, `o` other) and words.
    #[serde(rename = "n", default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) names: Vec<(String, String, String)>,
    /// Code, kind and value.
    #[serde(rename = "p", default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) properties: Vec<(String, String, String)>,
}

fn used_as(kind: &str) -> Option<serde_json::Value> {
    let (code, display) = match kind {
        "f" => (FULLY_SPECIFIED, "Fully specified name"),
        "s" => (SYNONYM, "Synonym"),
        "d" => (IN_WORDS, "Definition"),
        _other => return None,
    };
    Some(json!({ "system": SNOMED, "code": code, "display": display }))
}

/// The concept of a row; `None` when this program did not write it.
pub(crate) fn concept_of(row: &ConceptRow) -> Option<Concept> {
    let detail: Detail = serde_json::from_str(&row.detail).ok()?;
    let designations = detail
        .names
        .into_iter()
        .map(|(language, kind, value)| Designation {
            language: Some(language),
            used_as: used_as(&kind),
            value,
        });
    let properties = detail
        .properties
        .into_iter()
        .map(|(code, kind, value)| match kind.as_str() {
            "c" => Property::code(&code, &value),
            "b" => Property {
                member: "valueBoolean".to_owned(),
                value: json!(value == "true"),
                code,
            },
            _text => Property::string(&code, &value),
        });
    Some(Concept {
        code: row.code.clone(),
        display: Some(row.display.clone()).filter(|display| !display.is_empty()),
        definition: None,
        inactive: detail.inactive,
        is_abstract: false,
        designations: designations.collect(),
        properties: properties.collect(),
    })
}
