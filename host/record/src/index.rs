//! A resource as the rows by which it is found.
//!
//! Invariant: the rows are a function of the resource and of the numbers of what it refers to, nothing else; so what an
//! earlier version left in the index can be told from its body.

pub(crate) mod span;

use std::collections::{HashMap, HashSet};

use fhir::compartment;
use fhir::resource::{Key, Resource, ResourceType};
use fhir::search_parameter::{self, IndexEntry, IndexValue, ParameterCode, SearchParameter};
use sha2::{Digest, Sha256};

use crate::matching::block::indexed_keys;
use crate::matching::person::Details;
use crate::store::NOT_IMPLIED;
use crate::store::row::{Found, IndexRow, seq_of};

/// The parameter of the keys by which a person is looked for among all (`matching::block`). It is the record's own: no
/// search can name it. It lies between R4's numbers and those that are added.
pub(crate) const MATCH_KEY: u32 = search_parameter::added::FIRST - 1;

/// A resource's number, known or still to be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Number {
    /// It has this one.
    Known(i64),
    /// It is the new resource of this change of the same proposal.
    New(usize),
}

/// In whose compartment a resource is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    /// This patient's.
    Patient(Number),
    /// Nobody's.
    Nobody,
}

/// One row to be, its numbers perhaps still to be given.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Draft {
    parameter: u32,
    value: Value,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Value {
    Term {
        value: i64,
        system: i64,
    },
    Refers(Number),
    Text(String),
    Date {
        low: i64,
        high: i64,
        ends: i64,
    },
    /// The ends as their bits, so that equal drafts are equal.
    Amount {
        low: u64,
        high: u64,
        system: i64,
        code: i64,
        unit: i64,
    },
}

/// What a resource is found by, as far as it can be told from the resource alone.
pub(crate) struct Entries {
    patient: Option<Key>,
    resource_type: ResourceType,
    entries: Vec<IndexEntry>,
    /// Of a Patient: the keys by which they are looked for.
    match_keys: Vec<u64>,
}

/// The rows of one version, with the compartment they are in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Indexed {
    /// Whose compartment.
    pub(crate) place: Place,
    /// The rows, each once.
    pub(crate) drafts: HashSet<Draft>,
}

/// 64 bits that stand for a text.
pub(crate) fn hash(text: &str) -> i64 {
    let digest = Sha256::digest(text.as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    i64::from_be_bytes(first)
}

/// 64 bits that stand for a text, 0 for none.
pub(crate) fn hash_or_none(text: Option<&str>) -> i64 {
    text.map_or(0, hash)
}

/// What stands for a reference out of this record; always negative, so that it is no resource's number.
pub(crate) fn hash_of_foreign(reference: &str) -> i64 {
    hash(reference) | i64::MIN
}

/// Whether being in a patient's compartment answers this parameter unless a row says otherwise.
pub(crate) fn implied(parameter: ParameterCode) -> bool {
    // What was added says of every resource by a row what it refers to.
    !parameter.is_added()
        && search_parameter::by_code(parameter).is_some_and(|parameter| {
            (parameter.name == "patient" || parameter.name == "subject")
                && parameter.targets.contains(&ResourceType::PATIENT)
                && parameter.resource_type != ResourceType::PATIENT
        })
}

impl Entries {
    /// Draws the entries out of a resource that has its id, by R4's parameters and those that were added.
    pub(crate) fn of(resource: &Resource, added: &[&SearchParameter]) -> Self {
        let mut entries = search_parameter::extract(resource);
        if !added.is_empty() {
            entries.extend(search_parameter::extract_by(resource, added));
        }
        let mut all = Self::with(resource, entries);
        if resource.resource_type() == ResourceType::PATIENT {
            all.match_keys = indexed_keys(&Details::of_patient(resource.value()));
        }
        all
    }

    /// Draws the entries of one parameter alone, which was added.
    pub(crate) fn by(resource: &Resource, parameter: &SearchParameter) -> Self {
        let entries = search_parameter::extract_by(resource, &[parameter]);
        Self::with(resource, entries)
    }

    fn with(resource: &Resource, entries: Vec<IndexEntry>) -> Self {
        let patient =
            compartment::patient_of(resource).map(|id| Key::new(ResourceType::PATIENT, id));
        Self {
            patient,
            resource_type: resource.resource_type(),
            entries,
            match_keys: Vec::new(),
        }
    }

    /// The resources whose numbers are needed.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &Key> {
        let referred = self.entries.iter().filter_map(|entry| match &entry.value {
            IndexValue::Reference { key, .. } => key.as_ref(),
            IndexValue::Token { .. } | IndexValue::Text(_) | IndexValue::Date { .. } => None,
            IndexValue::Number { .. } | IndexValue::Quantity { .. } | IndexValue::Uri(_) => None,
        });
        self.patient.iter().chain(referred)
    }

    /// The rows, given the numbers of what is referred to.
    pub(crate) fn indexed(&self, numbers: &HashMap<Key, Number>) -> Indexed {
        let patient = self
            .patient
            .as_ref()
            .and_then(|key| numbers.get(key).copied());
        let mut drafts = HashSet::with_capacity(self.entries.len());
        let mut said: HashSet<u32> = HashSet::new();
        for entry in &self.entries {
            let parameter = entry.parameter.number();
            let Some(value) = value(&entry.value, numbers) else {
                continue;
            };
            if let (Value::Refers(number), Some(patient)) = (&value, patient)
                && *number == patient
                && implied(entry.parameter)
            {
                said.insert(parameter);
                continue;
            }
            drafts.insert(Draft { parameter, value });
        }
        drafts.extend(self.match_keys.iter().map(|key| Draft {
            parameter: MATCH_KEY,
            value: Value::Term {
                value: i64::from_be_bytes(key.to_be_bytes()),
                system: 0,
            },
        }));
        if patient.is_some() {
            let silent = search_parameter::of(self.resource_type).filter(|parameter| {
                implied(parameter.code) && !said.contains(&parameter.code.number())
            });
            let denial = Value::Term {
                value: NOT_IMPLIED,
                system: 0,
            };
            drafts.extend(silent.map(|parameter| Draft {
                parameter: parameter.code.number(),
                value: denial.clone(),
            }));
        }
        Indexed {
            place: patient.map_or(Place::Nobody, Place::Patient),
            drafts: with_ends(drafts),
        }
    }
}

fn value(value: &IndexValue, numbers: &HashMap<Key, Number>) -> Option<Value> {
    Some(match value {
        IndexValue::Token { system, code } => Value::Term {
            value: hash(code),
            system: hash_or_none(system.as_deref()),
        },
        IndexValue::Text(text) => Value::Text(text.clone()),
        IndexValue::Date { low_ms, high_ms } => Value::Date {
            low: *low_ms,
            high: *high_ms,
            ends: 0,
        },
        IndexValue::Number { low, high } => amount(*low, *high, None, None, None),
        IndexValue::Quantity {
            low,
            high,
            system,
            code,
            unit,
        } => amount(
            *low,
            *high,
            system.as_deref(),
            code.as_deref(),
            unit.as_deref(),
        ),
        IndexValue::Reference { text, .. } if text.starts_with('#') => return None,
        IndexValue::Reference { key, text } => {
            match key.as_ref().and_then(|key| numbers.get(key)) {
                Some(number) => Value::Refers(*number),
                None => Value::Term {
                    value: hash_of_foreign(text),
                    system: 0,
                },
            }
        }
        IndexValue::Uri(uri) => Value::Term {
            value: hash(uri),
            system: 0,
        },
    })
}

fn amount(
    low: f64,
    high: f64,
    system: Option<&str>,
    code: Option<&str>,
    unit: Option<&str>,
) -> Value {
    let unit = unit.filter(|unit| Some(*unit) != code);
    // Zero has two signs; in an index it has one.
    let bits = |end: f64| {
        if end == 0.0 {
            0.0_f64.to_bits()
        } else {
            end.to_bits()
        }
    };
    Value::Amount {
        low: bits(low),
        high: bits(high),
        system: hash_or_none(system),
        code: hash_or_none(code),
        unit: hash_or_none(unit),
    }
}

/// Marks the first and the last date of each parameter, by which resources are put in order.
fn with_ends(drafts: HashSet<Draft>) -> HashSet<Draft> {
    type Span = (i64, i64);
    let mut spans: HashMap<u32, (Span, Span)> = HashMap::new();
    for draft in &drafts {
        if let Value::Date { low, high, .. } = draft.value {
            let ends = spans
                .entry(draft.parameter)
                .or_insert(((low, high), (low, high)));
            *ends = (ends.0.min((low, high)), ends.1.max((low, high)));
        }
    }
    let marked = drafts.into_iter().map(|mut draft| {
        if let (Value::Date { low, high, ends }, Some((first, last))) =
            (&mut draft.value, spans.get(&draft.parameter))
        {
            *ends = i64::from((*low, *high) == *first) | (i64::from((*low, *high) == *last) << 1);
        }
        draft
    });
    marked.collect()
}

impl Place {
    /// The number to keep, given the resource's own number and those of new ones.
    pub(crate) fn compartment(self, own: i64, new: &[i64]) -> i64 {
        match self {
            Self::Patient(number) => seq_of(number.settled(new)),
            Self::Nobody => -seq_of(own),
        }
    }
}

impl Number {
    /// The number, given those of the proposal's new resources by change; 0 where that change made none.
    pub(crate) fn settled(self, new: &[i64]) -> i64 {
        match self {
            Self::Known(r) => r,
            Self::New(change) => new.get(change).copied().unwrap_or(0),
        }
    }
}

impl Draft {
    /// The row, given its resource's number and compartment, and the numbers of new resources.
    pub(crate) fn settled(&self, r: i64, compartment: i64, new: &[i64]) -> IndexRow {
        let found = match &self.value {
            Value::Term { value, system } => Found::Term {
                value: *value,
                system: *system,
            },
            Value::Refers(number) => Found::Term {
                value: number.settled(new),
                system: 0,
            },
            Value::Text(text) => Found::Text(text.clone()),
            Value::Date { low, high, ends } => Found::Date {
                low: *low,
                high: *high,
                ends: *ends,
            },
            Value::Amount {
                low,
                high,
                system,
                code,
                unit,
            } => Found::Amount {
                low: f64::from_bits(*low),
                high: f64::from_bits(*high),
                system: *system,
                code: *code,
                unit: *unit,
            },
        };
        IndexRow {
            parameter: i64::from(self.parameter),
            compartment,
            r,
            found,
        }
    }

    /// Parameter and value, where it is a term that a condition may look for.
    pub(crate) fn term(&self, new: &[i64]) -> Option<(u32, i64)> {
        match &self.value {
            Value::Term { value, .. } => Some((self.parameter, *value)),
            Value::Refers(number) => Some((self.parameter, number.settled(new))),
            Value::Text(_) | Value::Date { .. } | Value::Amount { .. } => None,
        }
    }
}
