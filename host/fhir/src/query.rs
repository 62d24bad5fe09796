//! A search as written, read into what it means.
//!
//! Invariant: everything in a `Query` is meant: what is not understood is refused by name, never dropped.

pub mod criterion;
mod filter;
mod hold;
mod parse;
mod place;
pub mod refusal;
mod value;

use self::criterion::Criterion;
use self::refusal::QueryError;
use crate::resource::{Key, ResourceType};
use crate::search_parameter::{Known, SearchParameter};

/// How many clauses one search may have.
pub const CLAUSES_MAX: usize = 32;
/// How many values one clause may have.
pub const VALUES_MAX: usize = 1000;
/// How many references a chain or `_has` may follow, one behind the other.
pub const CHAIN_MAX: usize = 4;
/// How many conditions all chains and filters of one search may come to, each type that a reference allows counted.
pub const CRITERIA_MAX: usize = 256;
/// How deep the parentheses of a `_filter` may lie in each other.
pub const FILTER_DEPTH_MAX: usize = 16;
/// How long one value may be, in bytes.
pub const VALUE_BYTES_MAX: usize = 1024;
/// How many resources one page may have.
pub const COUNT_MAX: u32 = 1000;

/// A search of one resource type.
#[derive(Clone, Debug)]
pub struct Query {
    /// What is looked for.
    pub resource_type: ResourceType,
    /// All of them must hold.
    pub clauses: Vec<Clause>,
    /// And all of these: chains, `_has`, `_list` and `_filter`.
    pub criteria: Vec<Criterion>,
    /// First by the first, then by the second, …
    pub sort: Vec<Sort>,
    /// `_count`: 0 to `COUNT_MAX`, to which more is cut; 0 asks for the number only.
    pub count: Option<u32>,
    /// `_page`: where to go on, as an earlier answer gave it. Its meaning is the record's.
    pub page: Option<String>,
    /// `_total`.
    pub total: Option<Total>,
    /// `_summary`.
    pub summary: Option<Summary>,
    /// `_elements`: names of top-level elements.
    pub elements: Vec<String>,
    /// `_include` and `_revinclude`.
    pub includes: Vec<Include>,
    /// `_asOf`: the commit as of which to answer. Its meaning is the record's.
    pub as_of: Option<String>,
}

/// Every URI that lies above one, itself included: what `:above` looks for.
pub fn uris_above(uri: &str) -> Vec<String> {
    hold::above(uri)
}

/// One condition on what is looked for.
#[derive(Clone, Debug)]
pub struct Clause {
    /// What is compared.
    pub parameter: &'static SearchParameter,
    /// How it is compared, where not as usual.
    pub modifier: Option<Modifier>,
    /// One of them must hold (with `Modifier::Not`: none of them). Never empty.
    pub values: Vec<Condition>,
}

/// How a comparison differs from the usual. A `:[type]` modifier is not one of them: it is folded into the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Modifier {
    /// The one value is `Condition::Missing`.
    Missing,
    /// String: the same text, case and accents included.
    Exact,
    /// String: anywhere in the text.
    Contains,
    /// Token: has none of the values; also holds where there is no value at all.
    Not,
    /// Token and reference: the values are text, found anywhere in what people read: a concept's text, a display.
    Text,
    /// Token: an identifier with its type; the values are `Condition::OfType`.
    OfType,
    /// Reference: by the identifier that is written in it; the values are `Condition::Token`.
    Identifier,
    /// Token: a code of the value set; the values are `Condition::Uri`.
    In,
    /// Token: none of the codes of the value set; also holds where there is no value at all.
    NotIn,
    /// Token: a code that subsumes the value. URI: the value or what it lies under. Reference: it or what it is part of.
    Above,
    /// Token: a code that the value subsumes. URI: the value or what lies under it. Reference: it or its parts.
    Below,
    /// String: the whole text, case and accents apart. Only a filter says so.
    Whole,
    /// String: the end of the text. Only a filter says so.
    Ends,
}

/// One value that a clause looks for, by the kind of its parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// `code`, `system|code`, `|code` (no system) or `system|`.
    Token {
        /// What the system must be.
        system: System,
        /// None for `system|`: any code of the system.
        code: Option<String>,
    },
    /// Text; by its beginning unless there is a modifier.
    Text {
        /// As index entries are normalised: compare this.
        normalised: String,
        /// As written, for `:exact`.
        written: String,
    },
    /// A date.
    Date {
        /// How it is compared: see [`Comparison::holds_for_spans`].
        comparison: Comparison,
        /// First millisecond, UTC.
        low_ms: i64,
        /// Millisecond after the last.
        high_ms: i64,
    },
    /// A number.
    Number {
        /// How it is compared: see [`Comparison::holds_for_numbers`].
        comparison: Comparison,
        /// What the digits written may mean: least, included.
        low: f64,
        /// Greatest, not included; equal to `low` for the comparisons that take the number exactly.
        high: f64,
    },
    /// A number with a unit.
    Quantity {
        /// As for a number.
        comparison: Comparison,
        /// As for a number.
        low: f64,
        /// As for a number.
        high: f64,
        /// The system of the unit, where given.
        system: Option<String>,
        /// The unit, where given: with a system the code, without one the code or the unit as people read it.
        code: Option<String>,
    },
    /// Another resource.
    Reference {
        /// Any of these. An id alone gives one key per type that the parameter allows. Empty: not in this record.
        keys: Vec<Key>,
        /// As written, to be compared whole where `keys` is empty.
        text: String,
    },
    /// A URI, whole.
    Uri(String),
    /// An identifier of a type.
    OfType {
        /// System of the type's code.
        system: String,
        /// The type's code.
        code: String,
        /// The identifier itself.
        value: String,
    },
    /// The parts of a composite, each by its component; all must hold of one repetition.
    Composite(Vec<Condition>),
    /// Within a distance of a place.
    Near {
        /// Degrees north.
        latitude: f64,
        /// Degrees east.
        longitude: f64,
        /// How far at most.
        metres: f64,
    },
    /// Words, folded; each must begin a word of the text.
    Words(Vec<String>),
    /// Whether the resource has no value at all for the parameter.
    Missing(bool),
}

/// What the system of a token must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum System {
    /// Anything, or none.
    Any,
    /// None.
    Absent,
    /// This one.
    Is(String),
}

/// A prefix of a number or date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `eq`, or none: what is written contains the value.
    Equal,
    /// `ne`: it does not.
    NotEqual,
    /// `gt`: some of the value lies above.
    Greater,
    /// `lt`: some of the value lies below.
    Less,
    /// `ge`: `gt` or `eq`.
    GreaterOrEqual,
    /// `le`: `lt` or `eq`.
    LessOrEqual,
    /// `sa`: all of the value lies above.
    StartsAfter,
    /// `eb`: all of the value lies below.
    EndsBefore,
    /// `ap`: they overlap. What is written was widened already: a number by a tenth, a date by its own length either way.
    Approximate,
}

impl Comparison {
    /// Whether a value's span of time satisfies what was written; both half-open. Its `match` is the SQL to write.
    pub fn holds_for_spans(self, written: (i64, i64), value: (i64, i64)) -> bool {
        let equal = written.0 <= value.0 && value.1 <= written.1;
        match self {
            Self::Equal => equal,
            Self::NotEqual => !equal,
            Self::Greater => value.1 > written.1,
            Self::Less => value.0 < written.0,
            Self::GreaterOrEqual => value.1 > written.1 || equal,
            Self::LessOrEqual => value.0 < written.0 || equal,
            Self::StartsAfter => value.0 >= written.1,
            Self::EndsBefore => value.1 <= written.0,
            Self::Approximate => value.0 < written.1 && written.0 < value.1,
        }
    }

    /// Whether a value from `value.0` to `value.1`, both included, satisfies what was written. `written.1` is not included
    /// for `eq`, `ne` and `ap`, and equals `written.0` for the others.
    pub fn holds_for_numbers(self, written: (f64, f64), value: (f64, f64)) -> bool {
        let equal = written.0 <= value.0 && value.1 < written.1;
        match self {
            Self::Equal => equal,
            Self::NotEqual => !equal,
            Self::Greater => value.1 > written.0,
            Self::Less => value.0 < written.0,
            Self::GreaterOrEqual => value.1 >= written.0,
            Self::LessOrEqual => value.0 <= written.0,
            Self::StartsAfter => value.0 > written.0,
            Self::EndsBefore => value.1 < written.0,
            Self::Approximate => value.0 < written.1 && written.0 <= value.1,
        }
    }
}

/// One key to sort by.
#[derive(Clone, Copy, Debug)]
pub struct Sort {
    /// What by; of a kind that can be put in order.
    pub parameter: &'static SearchParameter,
    /// Written with `-`: greatest first.
    pub descending: bool,
}

/// `_total`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Total {
    /// Not wanted.
    None,
    /// May be a guess.
    Estimate,
    /// Counted.
    Accurate,
}

/// `_summary`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Summary {
    /// Summary elements only.
    True,
    /// Everything.
    False,
    /// Narrative, id, meta and mandatory elements.
    Text,
    /// Everything but the narrative.
    Data,
    /// The number only.
    Count,
}

/// `_include` or `_revinclude`: which further resources to send along.
#[derive(Clone, Copy, Debug)]
pub struct Include {
    /// Whether to follow references to what was found (`_revinclude`) rather than from it.
    pub reverse: bool,
    /// Whether to follow from included resources too (`:iterate`).
    pub iterate: bool,
    /// The reference that is followed; its `resource_type` is where it starts.
    pub parameter: &'static SearchParameter,
    /// Only to this type, where given.
    pub target: Option<ResourceType>,
}

impl Query {
    /// A search for everything of a type.
    pub fn all(resource_type: ResourceType) -> Self {
        Self {
            resource_type,
            clauses: Vec::new(),
            criteria: Vec::new(),
            sort: Vec::new(),
            count: None,
            page: None,
            total: None,
            summary: None,
            elements: Vec::new(),
            includes: Vec::new(),
            as_of: None,
        }
    }

    /// Reads decoded name and value pairs, as they follow the question mark; R4's parameters only are known.
    pub fn parse(
        resource_type: ResourceType,
        pairs: &[(String, String)],
    ) -> Result<Self, QueryError> {
        Self::parse_among(&Known::default(), resource_type, pairs)
    }

    /// As [`Query::parse`], with what else is known.
    pub fn parse_among(
        among: &Known,
        resource_type: ResourceType,
        pairs: &[(String, String)],
    ) -> Result<Self, QueryError> {
        parse::query(among, resource_type, pairs, None)
    }

    /// As [`Query::parse_among`], but what is not known or not done is left out and told: the place of each such pair,
    /// and why.
    pub fn parse_leniently(
        among: &Known,
        resource_type: ResourceType,
        pairs: &[(String, String)],
    ) -> Result<(Self, Vec<(usize, QueryError)>), QueryError> {
        let mut left_out = Vec::new();
        let query = parse::query(among, resource_type, pairs, Some(&mut left_out))?;
        Ok((query, left_out))
    }

    /// Calls `f` with every parameter that the search goes by, however deep.
    pub fn each_parameter(&self, f: &mut dyn FnMut(&'static SearchParameter)) {
        self.clauses.iter().for_each(|clause| f(clause.parameter));
        for criterion in &self.criteria {
            criterion.each_parameter(f);
        }
        self.sort.iter().for_each(|by| f(by.parameter));
        self.includes.iter().for_each(|by| f(by.parameter));
    }
}

#[cfg(test)]
mod tests;
