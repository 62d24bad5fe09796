//! A form as a browser sends it: read against what was asked, into `form/1` and what is wrong with it.
//!
//! Invariant: only fields that the form drew are taken, and what was typed is kept whatever is wrong with it.

use std::collections::BTreeMap;

use record::departmental::outcome::Finding;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::node::{Choice, Input, Node, input};
use super::seal::Carried;
use super::word::{Decimal, is_decimal};
use crate::written::instant_of_local;

/// What a form asked for in one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Asked {
    pub(crate) field: String,
    label: String,
    required: bool,
    kind: AskedKind,
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
}

/// Longest text that a field takes, in characters.
const TEXT_CHARS_MAX: usize = 20_000;

/// What a person typed and ticked, by the names of the page's inputs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Typed(BTreeMap<String, Vec<String>>);

impl Typed {
    pub(crate) fn new(pairs: Vec<(String, String)>) -> Self {
        let mut typed = BTreeMap::<_, Vec<_>>::new();
        for (name, value) in pairs {
            typed.entry(name).or_default().push(value);
        }
        Self(typed)
    }

    /// The one value under a name; None where it is missing or there are several.
    pub(crate) fn one(&self, name: &str) -> Option<&str> {
        match self.0.get(name).map(Vec::as_slice) {
            Some([value]) => Some(value),
            Some(_) | None => None,
        }
    }

    pub(crate) fn all(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The name of a field's input on the page.
pub(crate) fn name(field: &str) -> String {
    format!("f.{field}")
}

/// The name of one part of a field's input.
pub(crate) fn part(field: &str, part: &str) -> String {
    format!("f.{field}.{part}")
}

/// The name of the tick that confirms an action.
pub(crate) fn confirmation(action: &str) -> String {
    format!("confirm.{action}")
}

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
        None
    }
}

impl Asked {
    /// What an input node asks for; None for any other node.
    pub(crate) fn of(node: &Node) -> Option<Self> {
        let (input, kind) = (input(node)?, AskedKind::of(node)?);
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
        })
    }

    /// The field's value as `form/1` has it (None: left empty), and what is wrong with it.
    fn read(&self, typed: &Typed) -> (Option<Value>, Option<String>) {
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
        };
        let missing = (self.required && value.is_none()).then(|| self.missing());
        (value, wrong.or(missing))
    }

    fn missing(&self) -> String {
        match self.kind {
            AskedKind::Text { .. } | AskedKind::Number { .. } | AskedKind::Date { .. } => {
                format!("Enter: {}", self.label)
            }
            AskedKind::Choice { .. } => format!("Choose one: {}", self.label),
            AskedKind::Checks { .. } => format!("Tick at least one: {}", self.label),
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

/// The form as `submit` gets it, and what is wrong before anybody is asked.
pub(crate) fn form(carried: &Carried, action: &str, typed: &Typed) -> (Value, Vec<Finding>) {
    let mut fields = Map::new();
    let mut findings = Vec::new();
    for asked in &carried.asked {
        let (value, wrong) = asked.read(typed);
        if let Some(value) = value {
            fields.insert(asked.field.clone(), value);
        }
        findings.extend(wrong.map(|message| Finding {
            field: Some(asked.field.clone()),
            message,
        }));
    }
    let sentence = carried
        .actions
        .iter()
        .find(|(name, _)| name == action)
        .and_then(|(_, sentence)| sentence.as_ref());
    if let Some(sentence) = sentence
        && typed.one(&confirmation(action)) != Some("yes")
    {
        findings.push(Finding {
            field: Some(confirmation(action)),
            message: format!("Confirm first: {sentence}"),
        });
    }
    let form = json!({
        "form": 1, "fields": fields, "carries": carried.carries, "seen": carried.seen, "parameters": carried.parameters,
    });
    (form, findings)
}
