//! Typed values on a screen, which the host formats: dates, quantities, codes, people, and why there is no value.
//!
//! A decimal is a string with the digits that were reported; a missing value says which kind of missing it is.

#![expect(
    clippy::new_without_default,
    reason = "made like the kinds that need something"
)]

use serde_json::{Map, Value, json};

use crate::Parameters;
use crate::screen::{Member, objects};

/// Closed lists of words.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$case_doc:meta])* $case:ident = $word:literal),* $(,)? })*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$case_doc])* $case),* }

        impl $name {
            /// The word in the document.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$case => $word),* }
            }
        }

        impl crate::screen::Member for $name {
            fn value(self) -> serde_json::Value {
                serde_json::Value::from(self.word())
            }
        }
    )* };
}
pub(super) use words;

words! {
    /// What a thing means, never by colour alone.
    Tone {
        /// Plain.
        Neutral = "neutral",
        /// Worth knowing.
        Information = "information",
        /// Done.
        Success = "success",
        /// Look here.
        Warning = "warning",
        /// Look here at once.
        Critical = "critical",
    }
    /// Why there is no value.
    Absent {
        /// Nobody wrote it down.
        NotRecorded = "not-recorded",
        /// Somebody asked, and there is none.
        NoneKnown = "none-known",
        /// Somebody asked, and it is not known.
        Unknown = "unknown",
        /// It could not be fetched now.
        Unavailable = "unavailable",
        /// There is one, and it may not be shown.
        Withheld = "withheld",
        /// The test was not asked for.
        NotRequested = "not-requested",
        /// The test was asked for and not reported.
        NotReported = "not-reported",
        /// It does not apply to this person.
        NotApplicable = "not-applicable",
        /// It is still to come.
        Pending = "pending",
        /// The specimen could not be used.
        Unsuitable = "unsuitable",
    }
    /// What the laboratory or a rule said about a result.
    Interpretation {
        /// In range.
        Normal = "normal",
        /// Below the range.
        Low = "low",
        /// Above the range.
        High = "high",
        /// So low that somebody must act.
        CriticalLow = "critical-low",
        /// So high that somebody must act.
        CriticalHigh = "critical-high",
        /// Not normal, without a direction.
        Abnormal = "abnormal",
    }
    /// FHIR Observation.status.
    Status {
        /// Known of, nothing yet.
        Registered = "registered",
        /// Early.
        Preliminary = "preliminary",
        /// Complete.
        Final = "final",
        /// Changed after it was final.
        Amended = "amended",
        /// Changed after it was final, since it was wrong.
        Corrected = "corrected",
        /// Stopped.
        Cancelled = "cancelled",
        /// Should never have been there.
        EnteredInError = "entered-in-error",
        /// Not known.
        Unknown = "unknown",
    }
    /// How a reported value stands to the true one.
    Comparator {
        /// Below.
        Less = "<",
        /// At or below.
        LessOrEqual = "<=",
        /// Above.
        Greater = ">",
        /// At or above.
        GreaterOrEqual = ">=",
    }
}

impl Interpretation {
    /// From a code of HL7's ObservationInterpretation: `H`, `LL`, `A`, … Nothing for one that says something else.
    #[must_use]
    pub fn from_hl7(code: &str) -> Option<Self> {
        match code {
            "N" => Some(Self::Normal),
            "L" => Some(Self::Low),
            "H" | "HU" => Some(Self::High),
            "LL" | "LU" => Some(Self::CriticalLow),
            "HH" => Some(Self::CriticalHigh),
            "A" | "AA" => Some(Self::Abnormal),
            _ => None,
        }
    }
}

impl Status {
    /// From FHIR's code. Nothing for a code FHIR R4 does not have.
    #[must_use]
    pub fn from_fhir(code: &str) -> Option<Self> {
        [
            Self::Registered,
            Self::Preliminary,
            Self::Final,
            Self::Amended,
            Self::Corrected,
            Self::Cancelled,
            Self::EnteredInError,
            Self::Unknown,
        ]
        .into_iter()
        .find(|status| status.word() == code)
    }
}

objects! {
    /// A reference range; either end may be left open.
    Range() {
        /// Lower end, a decimal as reported.
        low: String,
        /// Upper end, a decimal as reported.
        high: String,
        /// Unit of both ends.
        unit: String,
        /// For whom it holds: women 18 and over.
        population: String,
        /// The laboratory's words, when it gave no numbers.
        text: String,
    }
    /// A coded concept as it is to be read.
    Coded(display: String) {
        /// The code system's URI.
        system: String,
        /// The code.
        code: String,
    }
    /// A number with its unit; `value` is a decimal as reported.
    Quantity(value: String) {
        /// As it is to be read: umol/L.
        unit: String,
        /// When the value is only known to be below or above.
        comparator: Comparator,
    }
}

/// One typed value.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact(Value);

impl Fact {
    /// Plain text.
    pub fn text(text: impl Into<String>) -> Self {
        Self(json!({ "text": text.into() }))
    }

    /// A decimal as reported, without a unit.
    pub fn number(decimal: impl Into<String>) -> Self {
        Self(json!({ "number": decimal.into() }))
    }

    /// Yes or No.
    #[must_use]
    pub fn yes_or_no(yes: bool) -> Self {
        Self(json!({ "boolean": yes }))
    }

    /// A FHIR date, dateTime or instant.
    pub fn date(when: impl Into<String>) -> Self {
        Self(json!({ "date": when.into() }))
    }

    /// A number with its unit, both as reported.
    pub fn quantity(value: impl Into<String>, unit: impl Into<String>) -> Self {
        Quantity::new(value).unit(unit).into()
    }

    /// A patient, by reference.
    pub fn patient(reference: impl Into<String>) -> Self {
        Self(json!({ "patient": reference.into() }))
    }

    /// A practitioner, role, organisation or device, by reference.
    pub fn actor(reference: impl Into<String>) -> Self {
        Self(json!({ "actor": reference.into() }))
    }

    /// A word in a box.
    pub fn tag(text: impl Into<String>, tone: Tone) -> Self {
        Self(json!({ "tag": { "text": text.into(), "tone": tone.word() } }))
    }

    /// A way to another screen of the manifest.
    pub fn link(text: impl Into<String>, screen: &str, parameters: &Parameters) -> Self {
        Self(
            json!({ "link": { "text": text.into(), "screen": screen, "parameters": parameters.to_json() } }),
        )
    }

    /// No value, and why.
    #[must_use]
    pub fn absent(why: Absent) -> Self {
        Self(json!({ "absent": why.word() }))
    }
}

impl From<Quantity> for Fact {
    fn from(quantity: Quantity) -> Self {
        Self(json!({ "quantity": quantity.value() }))
    }
}

impl From<Coded> for Fact {
    fn from(coded: Coded) -> Self {
        Self(json!({ "coded": coded.value() }))
    }
}

impl From<&str> for Fact {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Fact {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl Member for Fact {
    fn value(self) -> Value {
        self.0
    }
}

/// A piece of a sentence.
#[derive(Debug, Clone, PartialEq)]
pub struct Part(Value);

impl Part {
    /// What to look at.
    pub fn strong(fact: impl Into<Fact>) -> Self {
        Self(json!({ "value": fact.into().0, "strong": true }))
    }

    /// The rest.
    pub fn plain(fact: impl Into<Fact>) -> Self {
        Self(json!({ "value": fact.into().0 }))
    }
}

/// Words: plain text, or a sentence of parts, joined without a space between them.
#[derive(Debug, Clone, PartialEq)]
pub struct Words(&'static str, Value);

impl From<&str> for Words {
    fn from(text: &str) -> Self {
        Self("text", Value::from(text))
    }
}

impl From<String> for Words {
    fn from(text: String) -> Self {
        Self("text", Value::String(text))
    }
}

impl From<Vec<Part>> for Words {
    fn from(parts: Vec<Part>) -> Self {
        Self("parts", parts.into_iter().map(|part| part.0).collect())
    }
}

impl<const N: usize> From<[Part; N]> for Words {
    fn from(parts: [Part; N]) -> Self {
        Vec::from(parts).into()
    }
}

impl Member for Words {
    fn value(self) -> Value {
        let mut members = Map::new();
        members.insert(self.0.into(), self.1);
        Value::Object(members)
    }

    fn put(self, _: &str, members: &mut Map<String, Value>) {
        members.insert(self.0.into(), self.1);
    }
}
