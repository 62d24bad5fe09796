//! Fields of this departmental's forms: how each is asked, and what was typed as a fact.
//!
//! Invariant: an empty field is no fact; what cannot be is a finding on its field, never another value.

use sdk::moment::{Day, Moment};
use sdk::screen::{Choice, InputChoice, InputDate, InputNumber, InputText, Node};
use sdk::{Finding, Form, Value, json};

/// The code system of this departmental's own codes.
pub(crate) const SYSTEM: &str = "urn:palatine:maternity";
const TEXT_CHARS_MAX: usize = 1_000;

/// One field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    id: String,
    label: String,
    ask: Ask,
    is_required: bool,
    hint: &'static str,
}

#[derive(Debug, Clone, PartialEq)]
enum Ask {
    Number {
        unit: String,
        ends: [f64; 2],
        is_whole: bool,
    },
    Choice(Vec<(String, String)>),
    Date,
    Moment,
    Text,
}

/// What was recorded under a name.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    /// Its name.
    pub(crate) id: String,
    label: String,
    /// What it is.
    pub(crate) value: Recorded,
}

/// What a fact holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Recorded {
    /// A decimal as typed, with its unit.
    Number(String, String),
    /// One of a list: its code and how it is read.
    Word(String, String),
    /// A day or a moment.
    When(String),
    /// Words.
    Text(String),
}

impl Field {
    /// A number with its unit, between two ends.
    pub(crate) fn number(id: &str, label: &str, unit: &str, ends: [f64; 2]) -> Self {
        let (unit, is_whole) = (unit.to_owned(), false);
        let ask = Ask::Number {
            unit,
            ends,
            is_whole,
        };
        Self::of(id, label, ask)
    }

    /// A whole number.
    pub(crate) fn whole(id: &str, label: &str, unit: &str, ends: [f64; 2]) -> Self {
        let (unit, is_whole) = (unit.to_owned(), true);
        let ask = Ask::Number {
            unit,
            ends,
            is_whole,
        };
        Self::of(id, label, ask)
    }

    /// How many of what the label says.
    pub(crate) fn count(id: &str, label: &str, ends: [f64; 2]) -> Self {
        Self::whole(id, label, "", ends)
    }

    /// One of several, of which none is chosen in advance.
    pub(crate) fn choice<S: AsRef<str>>(id: &str, label: &str, options: &[(S, S)]) -> Self {
        let owned = |(value, label): &(S, S)| (value.as_ref().into(), label.as_ref().into());
        Self::of(id, label, Ask::Choice(options.iter().map(owned).collect()))
    }

    /// A day.
    pub(crate) fn date(id: &str, label: &str) -> Self {
        Self::of(id, label, Ask::Date)
    }

    /// A moment.
    pub(crate) fn moment(id: &str, label: &str) -> Self {
        Self::of(id, label, Ask::Moment)
    }

    /// Words.
    pub(crate) fn text(id: &str, label: &str) -> Self {
        Self::of(id, label, Ask::Text)
    }

    fn of(id: &str, label: &str, ask: Ask) -> Self {
        Self {
            id: id.to_owned(),
            label: label.to_owned(),
            ask,
            is_required: false,
            hint: "",
        }
    }

    /// Its name in forms and facts.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// That it must be answered.
    pub(crate) fn required(mut self) -> Self {
        self.is_required = true;
        self
    }

    /// With small words below its label.
    pub(crate) fn hint(mut self, hint: &'static str) -> Self {
        self.hint = hint;
        self
    }

    /// As it is asked, with what is in it, if anything.
    pub(crate) fn node(&self, held: Option<&str>) -> Node {
        let (id, label, required) = (self.id.as_str(), self.label.as_str(), self.is_required);
        macro_rules! asked {
            ($input:expr) => {{
                let mut input = $input.required(required);
                if let Some(held) = held {
                    input = input.value(held);
                }
                if self.hint.is_empty() {
                    input.into()
                } else {
                    input.hint(self.hint).into()
                }
            }};
        }
        match &self.ask {
            Ask::Number { unit, ends, .. } => {
                let [low, high] = ends.map(|it| it.to_string());
                let number = InputNumber::new(id, label).min(low).max(high);
                match unit.is_empty() {
                    true => asked!(number),
                    false => asked!(number.unit(unit.as_str())),
                }
            }
            Ask::Choice(options) => {
                let options: Vec<_> = options
                    .iter()
                    .map(|(value, label)| Choice::new(value.as_str(), label.as_str()))
                    .collect();
                asked!(InputChoice::new(id, label, options))
            }
            Ask::Date => asked!(InputDate::new(id, label)),
            Ask::Moment => asked!(InputDate::new(id, label).time(true)),
            Ask::Text => asked!(InputText::new(id, label).lines(3_u32)),
        }
    }

    /// What was typed, or what is wrong with it.
    fn read(&self, form: &Form, now: &str) -> Result<Option<Entry>, String> {
        let Some(typed) = form.text(&self.id) else {
            return match self.is_required {
                true => Err(format!("Answer this: {}.", self.label.to_lowercase())),
                false => Ok(None),
            };
        };
        let value = match &self.ask {
            Ask::Number {
                unit,
                ends: [low, high],
                is_whole,
            } => {
                let number = typed.parse::<Value>().ok().and_then(|it| it.as_f64());
                let fits = |it: &f64| {
                    it >= low && it <= high && (!is_whole || it.fract().abs() < f64::EPSILON)
                };
                if !number.as_ref().is_some_and(fits) {
                    let kind = if *is_whole {
                        "a whole number"
                    } else {
                        "a number"
                    };
                    let ends = format!("{low} to {high} {unit}");
                    return Err(format!("Give {kind} from {}.", ends.trim_end()));
                }
                Recorded::Number(typed.to_owned(), unit.clone())
            }
            Ask::Choice(options) => {
                let chosen = options.iter().find(|(value, _)| value == typed);
                let (value, label) = chosen.ok_or("Select one of the answers offered.")?;
                Recorded::Word(value.clone(), label.clone())
            }
            Ask::Date => match Day::parse(typed) {
                None => return Err("Give a real date.".into()),
                Some(day) if Some(day) > Day::of(now) => {
                    return Err("Give a date that is not in the future.".into());
                }
                Some(day) => Recorded::When(day.to_string()),
            },
            Ask::Moment => match Moment::timed(typed) {
                None => return Err("Give a real date and time.".into()),
                Some(at) if Some(at) > Moment::timed(now) => {
                    return Err("Give a time that is not in the future.".into());
                }
                Some(_) => Recorded::When(typed.to_owned()),
            },
            Ask::Text if typed.chars().count() > TEXT_CHARS_MAX => {
                return Err(format!("Write {TEXT_CHARS_MAX} characters or fewer."));
            }
            Ask::Text => Recorded::Text(typed.to_owned()),
        };
        Ok(Some(Entry::new(&self.id, &self.label, value)))
    }
}

/// What was typed into all fields, or every finding.
pub(crate) fn read_all(
    fields: &[Field],
    form: &Form,
    now: &str,
) -> Result<Vec<Entry>, Vec<Finding>> {
    let (mut entries, mut findings) = (Vec::new(), Vec::new());
    for field in fields {
        match field.read(form, now) {
            Ok(entry) => entries.extend(entry),
            Err(what) => findings.push(Finding::on(field.id.as_str(), what)),
        }
    }
    if findings.is_empty() {
        Ok(entries)
    } else {
        Err(findings)
    }
}

impl Entry {
    /// A fact.
    pub(crate) fn new(id: &str, label: &str, value: Recorded) -> Self {
        Self {
            id: id.to_owned(),
            label: label.to_owned(),
            value,
        }
    }

    /// Its number.
    pub(crate) fn as_number(&self) -> Option<f64> {
        match &self.value {
            Recorded::Number(text, _) => text.parse().ok(),
            Recorded::Word(..) | Recorded::When(_) | Recorded::Text(_) => None,
        }
    }

    /// Its code, day or words.
    pub(crate) fn as_text(&self) -> &str {
        match &self.value {
            Recorded::Number(text, _)
            | Recorded::Word(text, _)
            | Recorded::When(text)
            | Recorded::Text(text) => text,
        }
    }

    /// As a component of an Observation.
    pub(crate) fn component(&self) -> Value {
        let mut it = json!({ "code": concept(&self.id, &self.label) });
        match &self.value {
            Recorded::Number(text, unit) => {
                let number: Value = text.parse().unwrap_or(Value::Null);
                it["valueQuantity"] = json!({ "value": number });
                if !unit.is_empty() {
                    it["valueQuantity"]["unit"] = json!(unit);
                }
            }
            Recorded::Word(code, words) => it["valueCodeableConcept"] = concept(code, words),
            Recorded::When(text) => it["valueDateTime"] = json!(text),
            Recorded::Text(text) => it["valueString"] = json!(text),
        }
        it
    }
}

impl Entry {
    /// The fact that a component of an Observation holds.
    pub(crate) fn of_component(it: &Value) -> Option<Self> {
        let text = |path: &str| it.pointer(path).and_then(Value::as_str).map(str::to_owned);
        let unit = text("/valueQuantity/unit").unwrap_or_default();
        let number = it
            .pointer("/valueQuantity/value")
            .and_then(Value::as_number);
        let value = match (number, text("/valueCodeableConcept/coding/0/code")) {
            (Some(number), _) => Recorded::Number(number.to_string(), unit),
            (None, Some(code)) => {
                let words = text("/valueCodeableConcept/text");
                Recorded::Word(code, words.unwrap_or_default())
            }
            (None, None) => match text("/valueDateTime") {
                Some(when) => Recorded::When(when),
                None => Recorded::Text(text("/valueString")?),
            },
        };
        Some(Self {
            id: text("/code/coding/0/code")?,
            label: text("/code/text").unwrap_or_default(),
            value,
        })
    }
}

/// What was recorded under a name among entries.
pub(crate) fn entry<'a>(entries: &'a [Entry], id: &str) -> Option<&'a Entry> {
    entries.iter().find(|it| it.id == id)
}

/// A concept of this departmental's own codes.
pub(crate) fn concept(code: &str, words: &str) -> Value {
    json!({ "coding": [{ "system": SYSTEM, "code": code, "display": words }], "text": words })
}
