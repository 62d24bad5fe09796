//! Units of results: kept as written, with a UCUM code where that is plain.
//!
//! Invariant: a code is given only where the sender says it is UCUM or the spelling can mean nothing else; a unit that
//! is not recognised keeps its words and gets no code.

use serde_json::{Map, Value as Json};

use crate::feed::message::Value;
use crate::feed::message::error::MessageError;
use crate::feed::sender::UCUM;

/// Spellings that laboratories use, and the UCUM code that each can only mean.
const PLAIN: [(&str, &str); 69] = [
    ("%", "%"),
    ("/min", "/min"),
    ("10*12/L", "10*12/L"),
    ("10*3/uL", "10*3/uL"),
    ("10*6/uL", "10*6/uL"),
    ("10*9/L", "10*9/L"),
    ("10*9/l", "10*9/L"),
    ("10*12/l", "10*12/L"),
    ("10^12/L", "10*12/L"),
    ("10^12/l", "10*12/L"),
    ("10^9/L", "10*9/L"),
    ("10^9/l", "10*9/L"),
    ("x10^12/L", "10*12/L"),
    ("x10^9/L", "10*9/L"),
    ("x10*12/L", "10*12/L"),
    ("x10*9/L", "10*9/L"),
    ("IU/L", "[IU]/L"),
    ("IU/mL", "[IU]/mL"),
    ("L", "L"),
    ("L/L", "L/L"),
    ("L/l", "L/L"),
    ("U/L", "U/L"),
    ("U/l", "U/L"),
    ("beats/min", "{beats}/min"),
    ("cm", "cm"),
    ("deg C", "Cel"),
    ("fL", "fL"),
    ("fl", "fL"),
    ("g", "g"),
    ("g/L", "g/L"),
    ("g/dL", "g/dL"),
    ("g/dl", "g/dL"),
    ("g/l", "g/L"),
    ("h", "h"),
    ("iu/L", "[IU]/L"),
    ("kPa", "kPa"),
    ("kU/L", "kU/L"),
    ("kg", "kg"),
    ("kg/m2", "kg/m2"),
    ("mL", "mL"),
    ("mL/min", "mL/min"),
    ("mL/min/1.73m2", "mL/min/{1.73_m2}"),
    ("mL/min/1.73m^2", "mL/min/{1.73_m2}"),
    ("mL/min/1.73 m2", "mL/min/{1.73_m2}"),
    ("mg/L", "mg/L"),
    ("mg/dL", "mg/dL"),
    ("mg/dl", "mg/dL"),
    ("mg/l", "mg/L"),
    ("mg/mmol", "mg/mmol"),
    ("mm/h", "mm/h"),
    ("mm/hr", "mm/h"),
    ("mmHg", "mm[Hg]"),
    ("mm[Hg]", "mm[Hg]"),
    ("mmol/L", "mmol/L"),
    ("mmol/l", "mmol/L"),
    ("mmol/mol", "mmol/mol"),
    ("ng/L", "ng/L"),
    ("ng/mL", "ng/mL"),
    ("nmol/L", "nmol/L"),
    ("nmol/l", "nmol/L"),
    ("pg", "pg"),
    ("pmol/L", "pmol/L"),
    ("pmol/l", "pmol/L"),
    ("s", "s"),
    ("ug/L", "ug/L"),
    ("umol/L", "umol/L"),
    ("umol/l", "umol/L"),
    ("\u{b5}mol/L", "umol/L"),
    ("\u{3bc}mol/L", "umol/L"),
];

/// A unit as a message has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    /// As written.
    pub written: Option<String>,
    /// By UCUM, where that is plain.
    pub code: Option<&'static str>,
    /// By UCUM, where the sender says so.
    pub declared: Option<String>,
}

impl Unit {
    /// A number with this unit, as FHIR's `Quantity`.
    #[must_use]
    pub fn quantity(&self, number: Json, comparator: Option<&str>) -> Json {
        let mut quantity = Map::new();
        quantity.insert("value".to_owned(), number);
        quantity.extend(comparator.map(|sign| ("comparator".to_owned(), Json::from(sign))));
        quantity.extend(
            self.written
                .clone()
                .map(|unit| ("unit".to_owned(), Json::String(unit))),
        );
        let code = self.declared.clone().or(self.code.map(str::to_owned));
        if let Some(code) = code {
            quantity.insert("system".to_owned(), Json::from(UCUM));
            quantity.insert("code".to_owned(), Json::String(code));
        }
        Json::Object(quantity)
    }
}

/// OBX-6.
///
/// # Errors
/// A part that cannot be read.
pub fn unit(field: Value<'_>) -> Result<Unit, MessageError> {
    let (first, second) = (field.component(1).line()?, field.component(2).line()?);
    let system = field.component(3).line()?.unwrap_or_default();
    let written = match (first, second) {
        // A power of ten whose caret the sender did not escape.
        (Some(ten), Some(power)) if matches!(ten.as_str(), "10" | "x10") && is_power(&power) => {
            Some(format!("{ten}^{power}"))
        }
        (Some(first), _) => Some(first),
        (None, second) => second,
    };
    let declared = written
        .clone()
        .filter(|_| system.eq_ignore_ascii_case("UCUM"));
    let code = written
        .as_deref()
        .and_then(|written| PLAIN.iter().find(|(spelling, _)| *spelling == written))
        .map(|(_, code)| *code);
    Ok(Unit {
        written,
        code,
        declared,
    })
}

fn is_power(text: &str) -> bool {
    text.split_once('/').is_some_and(|(power, _)| {
        !power.is_empty() && power.bytes().all(|byte| byte.is_ascii_digit())
    })
}
