//! What a resource is found by: the R4 search parameters, and the index entries that they draw from a resource.
//!
//! Invariant: a `ParameterCode` belongs to one parameter of one resource type and never changes its meaning. The table
//! `definitions/search_parameters.tsv` keeps the numbers; its generator only ever appends.

pub mod added;
pub(crate) mod body;
mod extract;
mod parts;
mod phonetic;
mod table;
pub(crate) mod text;

pub use self::added::Known;

use std::hash::{Hash, Hasher};

use serde_json::Value;

use crate::path::Expression;
use crate::resource::{Key, Resource, ResourceType};

/// The number of one parameter of one resource type, as kept in databases. An index row that holds it need not hold the
/// type as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ParameterCode(u32);

impl ParameterCode {
    /// The number to keep.
    pub fn number(self) -> u32 {
        self.0
    }

    /// The code with that number; whether anything has it, `by_code` tells.
    pub fn from_number(number: u32) -> Self {
        Self(number)
    }

    /// Whether it is of a parameter that was added here, rather than one of R4.
    pub fn is_added(self) -> bool {
        self.0 >= added::FIRST
    }
}

/// What a parameter compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A number.
    Number,
    /// A date, a time or a period.
    Date,
    /// Text, by its beginning.
    String,
    /// A code, with or without its system.
    Token,
    /// Another resource.
    Reference,
    /// Several parameters that must hold of one repetition.
    Composite,
    /// A number with a unit.
    Quantity,
    /// A URI, whole.
    Uri,
    /// A rule of its own.
    Special,
}

impl Kind {
    /// The FHIR code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Date => "date",
            Self::String => "string",
            Self::Token => "token",
            Self::Reference => "reference",
            Self::Composite => "composite",
            Self::Quantity => "quantity",
            Self::Uri => "uri",
            Self::Special => "special",
        }
    }
}

/// Where the answer to a parameter is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kept {
    /// In index entries, which `extract` gives.
    Index,
    /// With the version itself: `_id` and `_lastUpdated`, for which `extract` gives nothing.
    Row,
    /// With the version's body only: composites, `_text`, `_content` and `near`, for which `extract` gives nothing.
    Body,
    /// Nowhere: `_query`. A query that names it is refused.
    Nowhere,
}

/// One search parameter of one resource type.
#[derive(Debug)]
pub struct SearchParameter {
    /// Its number.
    pub code: ParameterCode,
    /// The type that it finds.
    pub resource_type: ResourceType,
    /// As written in a search, for example `birthdate` or `_lastUpdated`.
    pub name: &'static str,
    /// What it compares.
    pub kind: Kind,
    /// Where the answer is found.
    pub kept: Kept,
    /// For references, the types that may be referred to; empty otherwise.
    pub targets: Box<[ResourceType]>,
    /// What it reads, compiled. None where the definitions give none (`_text`, `_content`, `_query`).
    pub expression: Option<Expression>,
    /// For composites, the parts: name of the parameter whose kind applies, and what it reads below `expression`.
    pub components: Box<[Component]>,
    /// The members of the resource that the expression starts with, without the type of a choice; empty if not known.
    starts: Box<[Box<str>]>,
}

/// One part of a composite parameter.
#[derive(Debug)]
pub struct Component {
    /// Name of the parameter of the same type that says how the part is compared.
    pub name: &'static str,
    /// What it reads, from each item of the composite's own expression.
    pub expression: Expression,
}

/// The parameter of that name, those of every resource (`_id`, `_lastUpdated`, `_tag`, …) included.
pub fn find(resource_type: ResourceType, name: &str) -> Option<&'static SearchParameter> {
    table::of(resource_type)
        .binary_search_by(|parameter| parameter.name.cmp(name))
        .ok()
        .map(|at| &table::of(resource_type)[at])
}

/// The parameter with that code.
pub fn by_code(code: ParameterCode) -> Option<&'static SearchParameter> {
    if code.is_added() {
        return added::by_code(code);
    }
    table::by_code(code)
}

/// Every parameter of the type, by name, those of every resource included.
pub fn of(resource_type: ResourceType) -> impl Iterator<Item = &'static SearchParameter> {
    table::of(resource_type).iter()
}

/// One thing that a resource is found by.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexEntry {
    /// By which parameter.
    pub parameter: ParameterCode,
    /// With which value.
    pub value: IndexValue,
}

/// The value of an index entry. Equal entries of one resource are given once.
#[derive(Clone, Debug, PartialEq)]
pub enum IndexValue {
    /// A code, an identifier, a boolean, a telephone number.
    Token {
        /// Its system, where it has one.
        system: Option<String>,
        /// The code; empty where only a system is known.
        code: String,
    },
    /// Text as [`normalised`], to be compared by its beginning.
    Text(String),
    /// Half-open, UTC milliseconds since 1970; an open end is `date::EARLIEST_MS` or `date::LATEST_MS`.
    Date {
        /// First millisecond.
        low_ms: i64,
        /// Millisecond after the last.
        high_ms: i64,
    },
    /// Both ends included; equal unless a range was written. An open end is `f64::MIN` or `f64::MAX`.
    Number {
        /// Least.
        low: f64,
        /// Greatest.
        high: f64,
    },
    /// As a number, with what it counts.
    Quantity {
        /// Least.
        low: f64,
        /// Greatest.
        high: f64,
        /// System of the coded unit.
        system: Option<String>,
        /// Coded unit.
        code: Option<String>,
        /// Unit as people read it.
        unit: Option<String>,
    },
    /// Another resource.
    Reference {
        /// In this record, where the text says so.
        key: Option<Key>,
        /// The text of the reference, whole.
        text: String,
    },
    /// A URI, whole.
    Uri(String),
}

/// Index values hold no NaN, so each equals itself.
impl Eq for IndexValue {}

impl Hash for IndexValue {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // Adding zero turns -0.0, which equals 0.0, into 0.0.
        let bits = |value: &f64| (value + 0.0).to_bits();
        match self {
            Self::Token { system, code } => (system, code).hash(state),
            Self::Text(text) | Self::Uri(text) => text.hash(state),
            Self::Date { low_ms, high_ms } => (low_ms, high_ms).hash(state),
            Self::Number { low, high } => (bits(low), bits(high)).hash(state),
            Self::Quantity {
                low,
                high,
                system,
                code,
                unit,
            } => {
                (bits(low), bits(high), system, code, unit).hash(state);
            }
            Self::Reference { key, text } => (key, text).hash(state),
        }
    }
}

impl SearchParameter {
    /// Whether a composite's parts hold of one repetition as soon as they hold of the resource, since it repeats the
    /// resource itself only.
    pub fn is_of_the_whole(&self) -> bool {
        self.kind == Kind::Composite
            && self
                .expression
                .as_ref()
                .is_some_and(|expression| expression.text() == self.resource_type.as_str())
    }

    /// The parameter by which a part of a composite is compared.
    pub fn part(&self, component: &Component) -> Option<&'static SearchParameter> {
        find(self.resource_type, component.name)
    }

    /// False where the resource has no member that the expression starts with, so it need not be evaluated.
    fn may_read(&self, resource: &Value) -> bool {
        let Some(object) = resource.as_object() else {
            return false;
        };
        self.starts.is_empty()
            || object
                .keys()
                .any(|name| self.starts.iter().any(|start| name.starts_with(&**start)))
    }
}

/// The parameters whose index entries answer this one, `code` and `component-code` for `combo-code`; `None`: it has its own.
pub fn parts(code: ParameterCode) -> Option<&'static [ParameterCode]> {
    parts::of(code)
}

/// Everything that the resource is found by, `_id` and `_lastUpdated` excepted (see [`Kept::Row`]).
/// What is malformed gives no entry; `validate::check` reports it.
pub fn extract(resource: &Resource) -> Vec<IndexEntry> {
    extract::entries(resource)
}

/// What the resource is found by through these parameters alone. Those of other types give nothing.
pub fn extract_by(resource: &Resource, parameters: &[&SearchParameter]) -> Vec<IndexEntry> {
    extract::entries_by(resource, parameters)
}

/// The values of one parameter of the resource's type, each once: what `extract` gives for it.
pub fn values(parameter: &SearchParameter, resource: &Resource) -> Vec<IndexValue> {
    extract::of_parameter(parameter, resource)
}

/// What a name sounds like, by which `phonetic` compares: a letter and three digits for each of its words.
pub fn sounds(text: &str) -> Vec<String> {
    phonetic::sounds(text)
}

/// Text as it is compared: lower case, accents folded, runs of white space one space, at most 256 characters.
pub fn normalised(text: &str) -> String {
    text::normalised(text)
}

#[cfg(test)]
mod tests;
