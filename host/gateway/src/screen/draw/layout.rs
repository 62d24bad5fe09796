//! Nodes that hold others together and nodes of words, drawn.
//!
//! Invariant: a tone or a level is a shape and a word before it is a colour; the host sets the level of a heading.

use maud::{Markup, html};

use super::super::node::{
    Alert, At, Callout, Card, Columns, Details, Inset, Level, List, Notification, Section,
    SummaryList, Tabs, Tone, Unknown,
};
use super::{Pen, value};
use crate::icon::{Icon, icon};

impl Pen<'_> {
    pub(super) fn section(&self, it: &Section, level: u8) -> Markup {
        html! {
            section .pal-section {
                @if let Some(text) = &it.heading { (super::title(text, it.note.as_ref(), level)) }
                (self.children(&it.children, level + u8::from(it.heading.is_some())))
            }
        }
    }

    pub(super) fn columns(&self, it: &Columns, level: u8) -> Markup {
        html! {
            div class={ "pal-columns pal-columns-" (it.children.len()) } {
                @for child in &it.children { div { (self.node(*child, level)) } }
            }
        }
    }

    /// Works by addresses alone: each label leads to its panel, and the style sheet shows the panel that is led to.
    pub(super) fn tabs(&self, it: &Tabs, at: At, level: u8) -> Markup {
        html! {
            div .pal-tabs {
                ul .pal-tabs__list {
                    @for (n, label) in it.labels.iter().enumerate() { li { a href={ "#tab-" (at) "-" (n) } { (label.as_str()) } } }
                }
                @for (n, (label, child)) in it.labels.iter().zip(&it.children).enumerate() {
                    section .pal-tabs__panel id={ "tab-" (at) "-" (n) } { (super::title(label, None, level)) (self.node(*child, level + 1)) }
                }
            }
        }
    }

    pub(super) fn list(&self, it: &List) -> Markup {
        html! {
            @if it.ordered { ol .pal-list { @for item in &it.items { li { (self.words(item)) } } } }
            @else { ul .pal-list { @for item in &it.items { li { (self.words(item)) } } } }
        }
    }

    pub(super) fn empty_state(&self, it: &Callout, level: u8) -> Markup {
        html! {
            div .pal-empty { p { b { (it.title.as_str()) } } p { (self.words(&it.words)) } (self.children(&it.children, level)) }
        }
    }

    pub(super) fn unknown(it: &Unknown) -> Markup {
        html! {
            div .pal-unknown {
                p .pal-quiet { (icon(Icon::Information)) " This host cannot display this part of the screen as it was meant." }
                @if let Some(text) = &it.fallback { p { (value::lines(text)) } }
            }
        }
    }

    pub(super) fn details(&self, it: &Details, level: u8) -> Markup {
        html! {
            details .nhsuk-details {
                summary .nhsuk-details__summary { span .nhsuk-details__summary-text { (it.summary.as_str()) } }
                div .nhsuk-details__text { (self.children(&it.children, level)) }
            }
        }
    }

    pub(super) fn card(&self, it: &Card, level: u8) -> Markup {
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
                        (super::title(text, it.note.as_ref(), level))
                    }
                }
                div .pal-card__body { (self.children(&it.children, level + u8::from(it.heading.is_some()))) }
            }
        }
    }

    pub(super) fn summary_list(&self, it: &SummaryList) -> Markup {
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

    pub(super) fn inset(&self, it: &Inset, level: u8) -> Markup {
        html! { div .pal-inset { p { (self.words(&it.words)) } (self.children(&it.children, level)) } }
    }

    pub(super) fn boxed(
        &self,
        class: &str,
        shape: Icon,
        word: &str,
        it: &Callout,
        level: u8,
    ) -> Markup {
        html! {
            div class=(class) role="note" {
                p .pal-alert__title { (icon(shape)) " " span .pal-alert__word { (word) ": " } (it.title.as_str()) }
                p { (self.words(&it.words)) }
                (self.children(&it.children, level))
            }
        }
    }

    pub(super) fn alert(&self, it: &Alert, level: u8) -> Markup {
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

    pub(super) fn notification(&self, it: &Notification) -> Markup {
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
}
