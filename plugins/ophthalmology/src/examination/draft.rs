//! An examination as it is proposed for an eye.
//!
//! Invariant: digits go into the record as they were typed, with the unit that was asked for.

#[cfg(test)]
mod tests;

use sdk::{Call, Failure, Value, json};

use crate::examination::{Kind, SYSTEM};
use crate::eye::Eye;

const SNOMED: &str = "http://snomed.info/sct";
const ODS: &str = "https://fhir.nhs.uk/Id/ods-organization-code";
const UCUM: &str = "http://unitsofmeasure.org";
/// The unit in which each number is kept: as it is read, and its UCUM code.
const UNITS: [(&str, &str); 8] = [
    ("mmHg", "mm[Hg]"),
    ("µm", "um"),
    ("mm", "mm"),
    ("m", "m"),
    ("D", "[diop]"),
    ("deg", "deg"),
    ("weeks", "wk"),
    ("1", "1"),
];

/// An examination that is to be proposed.
pub(crate) struct Draft(Value);

impl Draft {
    /// Of this kind and this eye, now.
    ///
    /// # Errors
    /// `invalid` on a call that is not about one patient.
    pub(crate) fn new(call: &Call<'_>, kind: Kind, eye: Eye) -> Result<Self, Failure> {
        let snomed = kind
            .snomed()
            .map(|(code, display)| json!({ "system": SNOMED, "code": code, "display": display }));
        let own = json!({ "system": SYSTEM, "code": kind.code(), "display": kind.words() });
        let codings: Vec<Value> = snomed.into_iter().chain([own]).collect();
        let mut observation = json!({
            "resourceType": "Observation",
            "status": "final",
            "category": [{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "exam", "display": "Exam" }] }],
            "code": { "coding": codings, "text": kind.words() },
            "subject": { "reference": call.patient()? },
            "effectiveDateTime": call.context.now(),
            "performer": [{ "type": "Organization", "identifier": { "system": ODS, "value": call.context.site() } }],
            "bodySite": eye.body_site(),
            "component": []
        });
        if let Some(encounter) = call.context.encounter() {
            observation["encounter"] = json!({ "reference": encounter });
        }
        Ok(Self(observation))
    }

    /// Not yet confirmed by anybody.
    pub(crate) fn preliminary(mut self) -> Self {
        self.0["status"] = json!("preliminary");
        self
    }

    /// With this number as what was found.
    pub(crate) fn value(mut self, digits: &str, unit: &str) -> Self {
        self.0["valueQuantity"] = quantity(digits, unit);
        self
    }

    /// With a number and its unit, the digits as they were typed.
    pub(crate) fn number(self, code: &str, digits: &str, unit: &str) -> Self {
        self.component(code, "valueQuantity", quantity(digits, unit))
    }

    /// With words as they were typed.
    pub(crate) fn text(self, code: &str, text: &str) -> Self {
        self.component(code, "valueString", json!(text))
    }

    /// With one of the words of a list.
    pub(crate) fn coded(self, code: &str, value: &str, words: &str) -> Self {
        let concept = concept(value, words);
        self.component(code, "valueCodeableConcept", concept)
    }

    fn component(mut self, code: &str, member: &str, value: Value) -> Self {
        if let Some(parts) = self.0["component"].as_array_mut() {
            let code = json!({ "coding": [{ "system": SYSTEM, "code": code }] });
            parts.push(json!({ "code": code, member: value }));
        }
        self
    }

    /// The Observation.
    pub(crate) fn resource(mut self) -> Value {
        let is_empty = self.0["component"].as_array().is_none_or(Vec::is_empty);
        if let Some(members) = self.0.as_object_mut().filter(|_| is_empty) {
            // FHIR has no empty lists.
            members.remove("component");
        }
        self.0
    }
}

/// A concept of this departmental's own codes.
pub(crate) fn concept(code: &str, words: &str) -> Value {
    json!({ "coding": [{ "system": SYSTEM, "code": code, "display": words }], "text": words })
}

/// The site of the call as an owner or performer.
pub(crate) fn site(call: &Call<'_>) -> Value {
    json!({ "type": "Organization", "identifier": { "system": ODS, "value": call.context.site() } })
}

fn quantity(digits: &str, unit: &str) -> Value {
    let mut quantity = json!({ "value": json_number(digits), "unit": unit });
    if let Some((_, code)) = UNITS.iter().find(|(known, _)| *known == unit) {
        quantity["system"] = json!(UCUM);
        quantity["code"] = json!(code);
    }
    quantity
}

/// A JSON number with these digits; JSON has no zero before another digit and no plus.
fn json_number(digits: &str) -> Value {
    let (sign, digits) = digits
        .strip_prefix('-')
        .map_or(("", digits.strip_prefix('+').unwrap_or(digits)), |digits| {
            ("-", digits)
        });
    let kept = digits.trim_start_matches('0');
    let zero = if kept.is_empty() || kept.starts_with('.') {
        "0"
    } else {
        ""
    };
    let text = format!("{sign}{zero}{kept}");
    text.parse().unwrap_or_else(|_| Value::from(text))
}
