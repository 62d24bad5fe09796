//! What the scales of a ward send: ORU^R30, a measurement without an order, in HL7 v2 with the usual delimiters.
//!
//! A line that is no weight is left alone; one that is and cannot be read refuses the whole message, by its place.

use sdk::{Failure, Value, json};

/// LOINC's code of a measured body weight.
const BODY_WEIGHT: &str = "29463-7";

/// A weight as it was sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Weight {
    /// In kg, a number with the digits that were sent.
    value: Value,
    /// When it was measured, as FHIR has it; `None`: the message does not say.
    at: Option<String>,
}

/// The weights of a message, in its order.
pub(crate) fn weights(message: &[u8]) -> Result<Vec<Weight>, Failure> {
    let text = std::str::from_utf8(message).map_err(|_| {
        Failure::invalid("the message is not UTF-8; set MSH-18 of the scales to UNICODE UTF-8")
    })?;
    if !text.starts_with(r"MSH|^~\&|") {
        return Err(Failure::invalid(
            r"MSH-1 and MSH-2 are not |^~\&; set the scales to the usual delimiters",
        ));
    }
    let lines = text
        .split(['\r', '\n'])
        .filter_map(|segment| segment.strip_prefix("OBX|"));
    let mut weights = Vec::new();
    for (index, line) in lines.enumerate() {
        let fields: Vec<&str> = line.split('|').collect();
        let weight = weight(&fields).map_err(|(number, what)| {
            Failure::invalid(format!("OBX {}: OBX-{number} {what}", index + 1))
        })?;
        weights.extend(weight);
    }
    Ok(weights)
}

/// The weight of a line; `None` where it holds something else. An error is of a field.
fn weight(fields: &[&str]) -> Result<Option<Weight>, (usize, &'static str)> {
    // The name of the segment is gone, so OBX-1 is the first.
    let field = |number: usize| fields.get(number - 1).copied().unwrap_or_default().trim();
    let first = |number: usize| field(number).split('^').next().unwrap_or_default();
    if first(3) != BODY_WEIGHT {
        return Ok(None);
    }
    if field(11) != "F" {
        return Err((11, "is not F; only final weights are filed"));
    }
    if first(6) != "kg" {
        return Err((6, "is not kg; set the scales to kg"));
    }
    let number = field(5).parse::<Value>().ok().filter(Value::is_number);
    let value = number.ok_or((5, "is no number"))?;
    let at = match field(14) {
        "" => None,
        sent => Some(moment(sent).ok_or((14, "is no date of HL7, such as 20260702"))?),
    };
    Ok(Some(Weight { value, at }))
}

/// `YYYYMMDD` with whatever follows, as FHIR's date; the time of day is left out, since it may come without its zone.
fn moment(sent: &str) -> Option<String> {
    let day = sent.get(..8)?;
    if !day.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(format!("{}-{}-{}", &day[..4], &day[4..6], &day[6..]))
}

impl Weight {
    /// As an observation of this patient.
    pub(crate) fn observation(&self, patient: &str) -> Value {
        let mut observation = json!({
            "resourceType": "Observation",
            "status": "final",
            "code": { "coding": [{ "system": "http://loinc.org", "code": BODY_WEIGHT, "display": "Body weight" }] },
            "subject": { "reference": patient },
            "valueQuantity": {
                "value": self.value, "unit": "kg",
                "system": "http://unitsofmeasure.org", "code": "kg",
            },
        });
        if let Some(at) = &self.at {
            observation["effectiveDateTime"] = Value::from(at.as_str());
        }
        observation
    }
}
