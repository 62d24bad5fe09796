//! A screen drawn: every kind of node in the NHS design system's words and shapes.
//!
//! Invariant: every node of the screen is drawn; a kind that is not known says so. All text goes through escaping.

mod collection;
mod form;
mod value;

use std::collections::BTreeMap;

use maud::{Markup, html};
use record::departmental::outcome::Finding;

use super::Screen;
use super::node::{
    Absent, Alert, At, Boxed, Callout, Card, ClinicalValue, Details, Level, Node, Notification,
    Parameters, SummaryList, Tone,
};
use super::seal::{Carried, Seals};
use super::sent::Typed;
use super::word::Line;
use crate::app::moment::with;
use crate::icon::{Icon, icon};
use crate::written;

pub(crate) use form::error_summary;

/// What the drawing needs besides the screen.
pub(crate) struct Ink<'a> {
    /// Address of the departmental's screens, without the last slash: `/patients/1/departments/imaging`.
    pub(crate) base: &'a str,
    /// What keeps an earlier moment in an address; `None`: now. Of the past no form is offered.
    pub(crate) kept: Option<&'a str>,
    /// The names of the patients and actors referred to.
    pub(crate) names: &'a BTreeMap<String, Named>,
    /// What forms need to be sent.
    pub(crate) desk: Desk<'a>,
}

/// A reference put into words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// A practitioner, an organisation, a device.
    Actor(String),
    /// A patient: the small banner's parts.
    Patient(Vec<(&'static str, String)>),
}

/// What a form is sent with.
pub(crate) struct Desk<'a> {
    pub(crate) seals: &'a Seals,
    pub(crate) form_token: &'a str,
    /// What every form of this drawing carries; each adds its own.
    pub(crate) carried: &'a Carried,
    pub(crate) typed: &'a Typed,
    pub(crate) findings: &'a [Finding],
}

/// The whole screen, under a heading of level 1 that the page has drawn.
pub(crate) fn screen(screen: &Screen, ink: &Ink<'_>) -> Markup {
    Pen { screen, ink }.node(screen.root, 2)
}

/// One drawing in hand.
struct Pen<'a> {
    screen: &'a Screen,
    ink: &'a Ink<'a>,
}

impl Pen<'_> {
    fn children(&self, children: &[At], level: u8) -> Markup {
        html! { @for child in children { (self.node(*child, level)) } }
    }

    fn node(&self, at: At, level: u8) -> Markup {
        let Some(node) = self.screen.node(at) else {
            return html! {};
        };
        match node {
            Node::Section(it) => html! {
                section .pal-section {
                    @if let Some(text) = &it.heading { (title(text, it.note.as_ref(), level)) }
                    (self.children(&it.children, level + u8::from(it.heading.is_some())))
                }
            },
            Node::Columns(it) => html! {
                div class={ "pal-columns pal-columns-" (it.children.len()) } {
                    @for child in &it.children { div { (self.node(*child, level)) } }
                }
            },
            Node::Card(it) => self.card(it, level),
            Node::Details(it) => self.details(it, level),
            Node::SummaryList(it) => self.summary_list(it),
            Node::Heading(it) => title(&it.text, None, level),
            Node::Paragraph(it) => html! { p .pal-p { (self.words(it)) } },
            Node::List(it) => html! {
                @if it.ordered { ol .pal-list { @for item in &it.items { li { (self.words(item)) } } } }
                @else { ul .pal-list { @for item in &it.items { li { (self.words(item)) } } } }
            },
            Node::Inset(it) => self.inset(it, level),
            Node::WarningCallout(it) => self.boxed(
                "pal-alert pal-alert-warning",
                Icon::Warning,
                "Warning",
                it,
                level,
            ),
            Node::Tag(it) => value::tag(&it.text, it.tone),
            Node::Alert(it) => self.alert(it, level),
            Node::Notification(it) => self.notification(it),
            Node::EmptyState(it) => html! {
                div .pal-empty { p { b { (it.title.as_str()) } } p { (self.words(&it.words)) } (self.children(&it.children, level)) }
            },
            Node::ClinicalValue(it) => self.clinical_value(it),
            Node::Datetime(it) => labelled(it.label.as_ref(), html! { (value::when(&it.value)) }),
            Node::CodedConcept(it) => labelled(it.label.as_ref(), value::coded(&it.coded)),
            Node::PatientRef(it) => self.patient(&it.reference),
            Node::ActorRef(it) => {
                labelled(it.label.as_ref(), html! { (self.actor(&it.reference)) })
            }
            Node::Table(it) => self.table(it),
            Node::ResultGrid(it) => self.grid(it, at),
            Node::Trend(it) => self.trend(it, at, level),
            Node::Form(it) => self.form(it, at, level),
            Node::InputText(it) => self.text(it),
            Node::InputNumber(it) => self.number(it),
            Node::InputDate(it) => self.date(it),
            Node::InputChoice(it) => self.choice(it),
            Node::InputChecks(it) => self.checks(it),
            Node::Action(it) => self.action(it),
            Node::Link(it) => {
                html! { p .pal-p { a href=(self.address(it.screen.as_str(), &it.parameters)) { (it.text.as_str()) } } }
            }
            Node::Unknown(it) => html! {
                div .pal-unknown {
                    p .pal-quiet { (icon(Icon::Information)) " This host cannot display this part of the screen as it was meant." }
                    @if let Some(text) = &it.fallback { p { (value::lines(text)) } }
                }
            },
        }
    }

    fn details(&self, it: &Details, level: u8) -> Markup {
        html! {
            details .nhsuk-details {
                summary .nhsuk-details__summary { span .nhsuk-details__summary-text { (it.summary.as_str()) } }
                div .nhsuk-details__text { (self.children(&it.children, level)) }
            }
        }
    }

    fn card(&self, it: &Card, level: u8) -> Markup {
        let tone = match it.tone {
            Tone::Neutral | Tone::Success => "",
            Tone::Information => " pal-card-information",
            Tone::Warning => " pal-card-warning",
            Tone::Critical => " pal-card-critical",
        };
        html! {
            div class={ "pal-card" (tone) } {
                @if let Some(text) = &it.heading {
                    div .pal-card__head {
                        @match it.tone {
                            Tone::Warning => { (icon(Icon::Warning)) span .nhsuk-u-visually-hidden { "Warning: " } }
                            Tone::Critical => { (icon(Icon::Critical)) span .nhsuk-u-visually-hidden { "Critical: " } }
                            Tone::Neutral | Tone::Information | Tone::Success => {}
                        }
                        (title(text, it.note.as_ref(), level))
                    }
                }
                div .pal-card__body { (self.children(&it.children, level + 1)) }
            }
        }
    }

    fn summary_list(&self, it: &SummaryList) -> Markup {
        html! {
            dl .pal-facts {
                @for row in &it.rows {
                    div {
                        dt { (row.label.as_str()) }
                        dd { (self.value(&row.value)) @if let Some(note) = &row.note { " " span .pal-quiet { (note.as_str()) } } }
                    }
                }
            }
        }
    }

    fn inset(&self, it: &Boxed, level: u8) -> Markup {
        html! { div .pal-inset { p { (self.words(&it.words)) } (self.children(&it.children, level)) } }
    }

    fn boxed(&self, class: &str, shape: Icon, word: &str, it: &Callout, level: u8) -> Markup {
        html! {
            div class=(class) role="note" {
                p .pal-alert__title { (icon(shape)) " " span .pal-alert__word { (word) ": " } (it.title.as_str()) }
                p { (self.words(&it.words)) }
                (self.children(&it.children, level))
            }
        }
    }

    fn alert(&self, it: &Alert, level: u8) -> Markup {
        let (class, shape, word) = match it.level {
            Level::Mandatory => ("pal-alert pal-alert-mandatory", Icon::Mandatory, "Must do"),
            Level::Prohibited => (
                "pal-alert pal-alert-prohibited",
                Icon::Prohibited,
                "Must not",
            ),
            Level::Warning => ("pal-alert pal-alert-warning", Icon::Warning, "Warning"),
            Level::Information => (
                "pal-alert pal-alert-information",
                Icon::Information,
                "Information",
            ),
        };
        html! {
            div class=(class) role="note" {
                p .pal-alert__title { (icon(shape)) " " span .pal-alert__word { (word) ": " } (it.title.as_str()) }
                p { (self.words(&it.words)) }
                (self.children(&it.children, level))
            }
        }
    }

    fn notification(&self, it: &Notification) -> Markup {
        let shape = if it.tone == Tone::Success {
            Icon::Done
        } else {
            Icon::Information
        };
        html! {
            div .pal-notification role="status" {
                p .pal-alert__title { (icon(shape)) " " (it.title.as_str()) }
                p { (self.words(&it.words)) }
            }
        }
    }

    fn clinical_value(&self, it: &ClinicalValue) -> Markup {
        html! {
            div .pal-value {
                div .pal-value__now {
                    span .pal-value__label { (it.label.as_str()) }
                    @if let Some(when) = &it.when { span .pal-quiet { (value::when(when)) } }
                    span .pal-value__number { (self.value(&it.value)) }
                    (value::interpretation(it.interpretation))
                    (value::status(it.status))
                }
                @if let Some(before) = &it.previous {
                    div .pal-value__before {
                        span .pal-quiet { "Previous" }
                        b { (self.value(&before.value)) }
                        @if let Some(when) = &before.when { span .pal-quiet { (value::when(when)) } }
                    }
                }
                @if let Some(range) = &it.range { p .pal-quiet { "Reference " (value::range(range, None)) } }
                @if let Some(source) = &it.source { p .pal-quiet { "From " (source.as_str()) } }
            }
        }
    }

    /// The address of a screen of the same departmental.
    fn address(&self, screen: &str, parameters: &Parameters) -> String {
        with(&address(self.ink.base, screen, parameters), self.ink.kept)
    }
}

/// The address of a screen: its parameters are the query, each name after `p.`.
pub(crate) fn address(base: &str, screen: &str, parameters: &Parameters) -> String {
    let mut text = format!("{base}/{screen}");
    for (at, (name, value)) in parameters.iter().enumerate() {
        text.push(if at == 0 { '?' } else { '&' });
        text.push_str("p.");
        text.push_str(&crate::address::encoded(name));
        text.push('=');
        text.push_str(&crate::address::encoded(value));
    }
    text
}

fn labelled(label: Option<&Line>, what: Markup) -> Markup {
    html! { p .pal-p { @if let Some(label) = label { span .pal-label { (label.as_str()) } " " } (what) } }
}

/// A heading of the level that the host sets, from 2 to 6.
fn title(text: &Line, note: Option<&Line>, level: u8) -> Markup {
    let words = html! { (text.as_str()) @if let Some(note) = note { " " small .pal-note { (note.as_str()) } } };
    match level {
        0..=2 => html! { h2 .pal-h2 { (words) } },
        3 => html! { h3 .pal-h3 { (words) } },
        4 => html! { h4 .pal-h3 { (words) } },
        5 => html! { h5 .pal-h3 { (words) } },
        6.. => html! { h6 .pal-h3 { (words) } },
    }
}

/// Why there is no value, in words.
pub(super) fn absent(why: Absent) -> &'static str {
    match why {
        Absent::NotRecorded => written::NOT_RECORDED,
        Absent::NoneKnown => "None known",
        Absent::Unknown => "Unknown",
        Absent::Unavailable => "Unavailable",
        Absent::Withheld => "Withheld",
        Absent::NotRequested => "Not requested",
        Absent::NotReported => "Not reported",
        Absent::NotApplicable => "Not applicable",
        Absent::Pending => "Pending",
        Absent::Unsuitable => "Specimen unsuitable",
    }
}
