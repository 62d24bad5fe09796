//! What a form asks for in one field, and what was typed there read as that.
//!
//! Invariant: a value that is taken is one that the field could have been given; anything else is said at the field.

use fhir::nhs_number::NhsNumber;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::given::words;
use super::{Typed, name, part};
use crate::screen::coded::Concept;
use crate::screen::condition::{Answers, Standing, there};
use crate::screen::dose;
use crate::screen::node::{Choice, Input, Node};
use crate::screen::word::{Decimal, is_decimal};
use crate::written::instant_of_local;

/// What a form asked for in one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Asked {
    pub(crate) field: String,
    label: String,
    required: bool,
    kind: AskedKind,
    /// Place of the condition that it lies under.
    within: Option<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum AskedKind {
    Text {
        length_max: usize,
    },
    Number {
        min: Option<String>,
        max: Option<String>,
    },
    Date {
        time: bool,
    },
    Choice {
        options: Vec<String>,
    },
    Checks {
        options: Vec<String>,
    },
    NhsNumber,
    Dose {
        units: Vec<String>,
    },
    Coded {
        value_set: String,
    },
    Attest,
}

/// Longest text that a field takes, in characters.
const TEXT_CHARS_MAX: usize = 20_000;

impl AskedKind {
    fn of(node: &Node) -> Option<Self> {
        let values = |options: &[Choice]| {
            options
                .iter()
                .map(|it| it.value.as_str().to_owned())
                .collect()
        };
        let bound = |it: Option<&Decimal>| it.map(|it| it.as_str().to_owned());
        if let Node::InputText(it) = node {
            return Some(Self::Text {
                length_max: it.length_max.map_or(TEXT_CHARS_MAX, usize::from),
            });
        }
        if let Node::InputNumber(it) = node {
            return Some(Self::Number {
                min: bound(it.min.as_ref()),
                max: bound(it.max.as_ref()),
            });
        }
        if let Node::InputDate(it) = node {
            return Some(Self::Date { time: it.time });
        }
        if let Node::InputChoice(it) = node {
            return Some(Self::Choice {
                options: values(&it.options),
            });
        }
        if let Node::InputChecks(it) = node {
            return Some(Self::Checks {
                options: values(&it.options),
            });
        }
        if matches!(node, Node::InputNhsNumber(_)) {
            return Some(Self::NhsNumber);
        }
        if let Node::InputDose(it) = node {
            let units = it.units.iter().map(|it| it.as_str().to_owned());
            return Some(Self::Dose {
                units: units.collect(),
            });
        }
        if let Node::InputCoded(it) = node {
            return Some(Self::Coded {
                value_set: it.value_set.as_str().to_owned(),
            });
        }
        matches!(node, Node::AttestSign(_)).then_some(Self::Attest)
    }
}

impl Asked {
    /// What an input node asks for; None for any other node.
    pub(crate) fn of(node: &Node) -> Option<Self> {
        let (input, kind) = (node.kind().input()?, AskedKind::of(node)?);
        let Input {
            field,
            label,
            required,
            ..
        } = input;
        Some(Self {
            field: field.as_str().to_owned(),
            label: label.as_str().to_owned(),
            required: *required,
            kind,
            within: None,
        })
    }

    /// The same question under a condition.
    pub(crate) fn under(self, within: Option<usize>) -> Self {
        Self { within, ..self }
    }

    /// Whether the answers before it call for it.
    pub(super) fn is_there(&self, standing: &[Standing], answers: &Answers) -> bool {
        there(standing, self.within, answers)
    }

    /// What is said of a question that follows from an answer and was not on the page yet.
    pub(super) fn not_yet_seen(&self, standing: &[Standing]) -> Option<String> {
        let drawn = self
            .within
            .is_none_or(|at| standing.get(at).is_some_and(|it| it.drawn));
        (!drawn).then(|| format!("This follows from what you answered: {}", self.label))
    }

    /// What was typed, as conditions see it.
    pub(super) fn given(&self, typed: &Typed) -> Vec<String> {
        self.read(typed).0.as_ref().map(words).unwrap_or_default()
    }

    /// The field's value as `form/1` has it (None: left empty), and what is wrong with it.
    pub(super) fn read(&self, typed: &Typed) -> (Option<Value>, Option<String>) {
        let name = name(&self.field);
        let (value, wrong) = match &self.kind {
            AskedKind::Text { length_max } => {
                let text = typed.one(&name).unwrap_or_default().replace("\r\n", "\n");
                let n = text.chars().count();
                let long = n > *length_max;
                (
                    said(&text),
                    long.then(|| {
                        format!(
                            "{} must be {length_max} characters or fewer, not {n}",
                            self.label
                        )
                    }),
                )
            }
            AskedKind::Number { min, max } => {
                let text = typed.one(&name).unwrap_or_default().trim().to_owned();
                let wrong = self.number(&text, min.as_deref(), max.as_deref());
                (said(&text), wrong)
            }
            AskedKind::Date { time } => self.date(typed, *time),
            AskedKind::Choice { options } => {
                let chosen = typed.one(&name).unwrap_or_default();
                let known = chosen.is_empty() || options.iter().any(|it| it == chosen);
                (
                    said(chosen),
                    (!known).then(|| format!("{}: choose one of those offered", self.label)),
                )
            }
            AskedKind::Checks { options } => {
                let ticked: Vec<&String> = typed
                    .all(&name)
                    .iter()
                    .filter(|it| !it.is_empty())
                    .collect();
                let known = ticked.iter().all(|it| options.contains(it));
                let value = (!ticked.is_empty()).then(|| json!(ticked));
                (
                    value,
                    (!known).then(|| format!("{}: tick only those offered", self.label)),
                )
            }
            AskedKind::NhsNumber => self.nhs_number(typed.one(&name).unwrap_or_default()),
            AskedKind::Dose { units } => self.dose(typed, units),
            AskedKind::Coded { .. } => self.coded(typed.one(&name).unwrap_or_default()),
            AskedKind::Attest => {
                let yes = typed.one(&name) == Some("yes");
                (yes.then(|| json!("yes")), None)
            }
        };
        let missing = (self.required && value.is_none()).then(|| self.missing());
        (value, wrong.or(missing))
    }

    fn missing(&self) -> String {
        match self.kind {
            AskedKind::Text { .. }
            | AskedKind::Number { .. }
            | AskedKind::Date { .. }
            | AskedKind::NhsNumber
            | AskedKind::Dose { .. } => format!("Enter: {}", self.label),
            AskedKind::Attest => format!("Confirm first: {}", self.label),
            AskedKind::Choice { .. } => format!("Choose one: {}", self.label),
            AskedKind::Coded { .. } => format!("Find and choose one: {}", self.label),
            AskedKind::Checks { .. } => format!("Tick at least one: {}", self.label),
        }
    }

    /// The value set of which a concept is chosen.
    pub(crate) fn value_set(&self) -> Option<&str> {
        if let AskedKind::Coded { value_set } = &self.kind {
            return Some(value_set);
        }
        None
    }

    /// What is said of a concept that is not in the value set.
    pub(crate) fn not_offered(&self) -> String {
        format!("{}: choose one of those found", self.label)
    }

    /// System, code and words, as the page claims them.
    fn coded(&self, text: &str) -> (Option<Value>, Option<String>) {
        match Concept::unpacked(text) {
            Some(it) => (Some(json!([it.system, it.code, it.display])), None),
            None => (said(text), said(text).map(|_| self.not_offered())),
        }
    }

    fn number(&self, text: &str, min: Option<&str>, max: Option<&str>) -> Option<String> {
        if text.is_empty() {
            return None;
        }
        let Some(number) = is_decimal(text).then(|| text.parse::<f64>().ok()).flatten() else {
            return Some(format!("{} must be a number, such as 1.5", self.label));
        };
        let bound = |it: Option<&str>| it.and_then(|it| it.parse::<f64>().ok());
        match (bound(min), bound(max)) {
            (Some(least), _) if number < least => Some(format!(
                "{} must be {} or more",
                self.label,
                min.unwrap_or_default()
            )),
            (_, Some(most)) if number > most => Some(format!(
                "{} must be {} or less",
                self.label,
                max.unwrap_or_default()
            )),
            (_, _) => None,
        }
    }

    /// Ten digits whose last checks the others.
    fn nhs_number(&self, text: &str) -> (Option<Value>, Option<String>) {
        if text.trim().is_empty() {
            return (None, None);
        }
        match text.parse::<NhsNumber>() {
            Ok(number) => (Some(json!(number.digits())), None),
            Err(_) => {
                let what =
                    "must be an NHS number: 10 digits, such as 999 000 0018. Check each digit";
                (said(text), Some(format!("{} {what}", self.label)))
            }
        }
    }

    /// An amount that cannot be misread, and one of the units.
    fn dose(&self, typed: &Typed, units: &[String]) -> (Option<Value>, Option<String>) {
        let of = |name: &str| {
            let text = typed.one(&part(&self.field, name)).unwrap_or_default();
            text.trim().to_owned()
        };
        let (amount, unit) = (of("amount"), of("unit"));
        let unit = match units {
            [only] => only.clone(),
            _ => unit,
        };
        if amount.is_empty() && (unit.is_empty() || units.len() == 1) {
            return (None, None);
        }
        let wrong = if amount.is_empty() {
            Some("enter how much".to_owned())
        } else if !dose::is_portion(&amount) {
            Some("the amount must be digits, with 0 before a point: 0.5, 62.5, 1000".to_owned())
        } else if amount.contains('.') && amount.ends_with('0') {
            let plain = amount.trim_end_matches('0').trim_end_matches('.');
            Some(format!(
                "write {plain}, not {amount}: a point that is overlooked makes it more"
            ))
        } else if amount.bytes().all(|it| it == b'0' || it == b'.') {
            Some("the amount must be more than 0".to_owned())
        } else if !units.contains(&unit) {
            Some("choose a unit".to_owned())
        } else {
            None
        };
        let wrong = wrong.map(|what| format!("{}: {what}", self.label));
        (Some(json!([amount, unit])), wrong)
    }

    /// Day, month, year and time into a FHIR date or dateTime; what was typed where it is none.
    fn date(&self, typed: &Typed, time: bool) -> (Option<Value>, Option<String>) {
        let of = |name: &str| {
            typed
                .one(&part(&self.field, name))
                .unwrap_or_default()
                .trim()
                .to_owned()
        };
        let (day, month, year, at) = (of("day"), of("month"), of("year"), of("time"));
        if [&day, &month, &year, &at].into_iter().all(String::is_empty) {
            return (None, None);
        }
        let written = format!("{year:0>4}-{month:0>2}-{day:0>2}");
        let read = match (time, at.is_empty()) {
            (true, false) => instant_of_local(&format!("{written}T{at}")),
            (true, true) => None,
            (false, _) => written
                .parse::<jiff::civil::Date>()
                .ok()
                .map(|_| written.clone()),
        };
        match read {
            Some(date) if year.len() == 4 => (Some(json!(date)), None),
            Some(_) | None => {
                let example = if time {
                    "27 3 2026 and 14:30"
                } else {
                    "27 3 2026"
                };
                let typed = [day, month, year, at].join(" ");
                (
                    said(typed.trim()),
                    Some(format!(
                        "{} must be a real date, such as {example}",
                        self.label
                    )),
                )
            }
        }
    }
}

fn said(text: &str) -> Option<Value> {
    (!text.trim().is_empty()).then(|| json!(text))
}
