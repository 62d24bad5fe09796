//! Typed values as clinicians read them: quantities as reported, dates in one form, absence in words.
//!
//! Invariant: an interpretation is a shape and a word, never colour alone; no interpretation is not "normal".

use maud::{Markup, html};

use super::super::node::{
    Coded, Comparator, Inline, Interpretation, Quantity, Range, Status, Tone, Value,
};
use super::super::word::{Decimal, Line, Reference, Short, Text, When};
use super::{Named, Pen, absent};
use crate::icon::{Icon, icon};
use crate::written;

impl Pen<'_> {
    /// Words with values among them, joined as they come.
    pub(super) fn words(&self, it: &Inline) -> Markup {
        match (&it.text, &it.parts) {
            (Some(text), _) => lines(text),
            (None, Some(parts)) => html! {
                @for part in parts {
                    @if part.strong { b { (self.value(&part.value)) } } @else { (self.value(&part.value)) }
                }
            },
            (None, None) => html! {},
        }
    }

    pub(super) fn value(&self, it: &Value) -> Markup {
        match it {
            Value::Text(text) => lines(text),
            Value::Number(number) => html! { (number.as_str()) },
            Value::Boolean(yes) => html! { (if *yes { "Yes" } else { "No" }) },
            Value::Date(date) => when(date),
            Value::Quantity(it) => quantity(it),
            Value::Coded(it) => coded(it),
            Value::Patient(reference) => {
                html! { (self.patient(reference)) (self.to_chart(reference)) }
            }
            Value::Actor(reference) => html! { (self.actor(reference)) },
            Value::Tag(it) => tag(&it.text, it.tone),
            Value::Link(it) => {
                html! { a href=(self.address(it.screen.as_str(), &it.parameters)) { (it.text.as_str()) } }
            }
            Value::Absent(why) => html! { span .pal-absent { (absent(*why)) } },
        }
    }

    /// The name of whoever is referred to, or that it is not known.
    pub(super) fn actor(&self, reference: &Reference) -> String {
        match self.ink.names.get(reference.as_str()) {
            Some(Named::Actor(name)) => name.clone(),
            Some(Named::Patient(_)) | None => "Name unavailable".to_owned(),
        }
    }

    /// The way to the chart of somebody known who is not the one whose chart this is.
    fn to_chart(&self, reference: &Reference) -> Markup {
        let known = matches!(
            self.ink.names.get(reference.as_str()),
            Some(Named::Patient(_))
        );
        let id = reference.as_str().strip_prefix("Patient/");
        let other =
            id.filter(|id| known && !self.ink.base.starts_with(&format!("/patients/{id}/")));
        html! { @if let Some(id) = other { a href={ "/patients/" (crate::address::encoded(id)) } { "Open this chart" } } }
    }

    /// The small patient banner.
    pub(super) fn patient(&self, reference: &Reference) -> Markup {
        match self.ink.names.get(reference.as_str()) {
            Some(Named::Patient(parts)) => html! {
                span .pal-who {
                    @for (label, text) in parts {
                        span .pal-who__part { @if !label.is_empty() { span .pal-quiet { (label) " " } } b { (text) } }
                        " "
                    }
                }
            },
            Some(Named::Actor(_)) | None => html! { span .pal-absent { "Patient unavailable" } },
        }
    }
}

/// Text with its line breaks.
pub(super) fn lines(text: &Text) -> Markup {
    html! {
        @for (at, line) in text.as_str().lines().enumerate() {
            @if at > 0 { br; }
            (line)
        }
    }
}

pub(super) fn when(it: &When) -> Markup {
    html! { time .pal-nw datetime=(it.as_str()) { (written::moment(it.as_str())) } }
}

pub(super) fn comparator(it: Option<Comparator>) -> &'static str {
    match it {
        Some(Comparator::Below) => "<",
        Some(Comparator::AtMost) => "≤",
        Some(Comparator::Above) => ">",
        Some(Comparator::AtLeast) => "≥",
        None => "",
    }
}

fn quantity(it: &Quantity) -> Markup {
    html! {
        span .pal-nw {
            (comparator(it.comparator)) (it.value.as_str())
            @if let Some(unit) = &it.unit { " " span .pal-unit { (written::unit(unit.as_str())) } }
        }
    }
}

/// The words; the code is there for whoever asks the page for it.
pub(super) fn coded(it: &Coded) -> Markup {
    let code = match (&it.system, &it.code) {
        (Some(system), Some(code)) => Some(format!("{} {}", system.as_str(), code.as_str())),
        (None, Some(code)) => Some(code.as_str().to_owned()),
        (_, None) => None,
    };
    html! { span title=[code] { (it.display.as_str()) } }
}

pub(super) fn tag(text: &Line, tone: Tone) -> Markup {
    let (class, shape) = match tone {
        Tone::Neutral => ("nhsuk-tag nhsuk-tag--grey", None),
        Tone::Information => ("nhsuk-tag nhsuk-tag--blue", None),
        Tone::Success => ("nhsuk-tag nhsuk-tag--green", Some(Icon::Done)),
        Tone::Warning => ("nhsuk-tag nhsuk-tag--yellow", Some(Icon::Warning)),
        Tone::Critical => ("nhsuk-tag nhsuk-tag--red", Some(Icon::Critical)),
    };
    html! { strong class=(class) { @if let Some(shape) = shape { (icon(shape)) " " } (text.as_str()) } }
}

/// The shape and the word for an interpretation; nothing where nothing was said.
pub(super) fn interpretation(it: Option<Interpretation>) -> Markup {
    let Some(it) = it else { return html! {} };
    let (shape, word) = interpretation_words(it);
    match shape {
        Some(shape) => html! { span .pal-flag { (icon(shape)) " " (word) } },
        None => html! { span .pal-quiet { (word) } },
    }
}

/// Shape and whole word of an interpretation.
pub(super) fn interpretation_words(it: Interpretation) -> (Option<Icon>, &'static str) {
    match it {
        Interpretation::Normal => (None, "In range"),
        Interpretation::Low => (Some(Icon::Low), "Low"),
        Interpretation::High => (Some(Icon::High), "High"),
        Interpretation::CriticalLow => (Some(Icon::Critical), "Critically low"),
        Interpretation::CriticalHigh => (Some(Icon::Critical), "Critically high"),
        Interpretation::Abnormal => (Some(Icon::Warning), "Abnormal"),
    }
}

/// A status other than final, in words.
pub(super) fn status(it: Option<Status>) -> Markup {
    let word = match it {
        None | Some(Status::Final) => return html! {},
        Some(Status::Registered) => "Registered, no result yet",
        Some(Status::Preliminary) => "Preliminary",
        Some(Status::Amended) => "Amended",
        Some(Status::Corrected) => "Corrected",
        Some(Status::Cancelled) => "Cancelled",
        Some(Status::EnteredInError) => "Entered in error",
        Some(Status::Unknown) => "Status unknown",
    };
    html! { span .pal-status { (icon(Icon::Amended)) " " (word) } }
}

/// A reference range in words; the unit once.
pub(super) fn range(it: &Range, unit_of_row: Option<&Short>) -> Markup {
    let unit = it
        .unit
        .as_ref()
        .or(unit_of_row)
        .map(|unit| written::unit(unit.as_str()));
    let words = match (&it.low, &it.high, &it.text) {
        (Some(low), Some(high), _) => format!("{} to {}", low.as_str(), high.as_str()),
        (Some(low), None, _) => format!("{} or more", low.as_str()),
        (None, Some(high), _) => format!("up to {}", high.as_str()),
        (None, None, Some(text)) => return html! { (text.as_str()) },
        (None, None, None) => return html! { span .pal-absent { "Range not given" } },
    };
    html! {
        span .pal-nw { (words) } @if let Some(unit) = unit { " " span .pal-unit { (unit) } }
        @if let Some(population) = &it.population { span .pal-quiet { ", " (population.as_str()) } }
    }
}

/// The number that a reported text is, for lines; None where it is words or has a comparator.
pub(super) fn number(text: &str) -> Option<f64> {
    Decimal::try_from(text.to_owned()).ok()?.scale()
}
