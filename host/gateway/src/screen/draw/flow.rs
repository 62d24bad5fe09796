//! Steps of a task, answers to be checked before they are sent, and what goes on paper.
//!
//! Invariant: how far a step is, is a word; an answer that was not given says so; every page of paper says about whom it is.

use maud::{Markup, html};

use super::super::node::{At, CheckAnswers, Print, Step, StepState, TaskSteps};
use super::Pen;
use super::identity::who;
use super::value::when;
use crate::icon::{Icon, icon};

impl Pen<'_> {
    pub(super) fn task_steps(&self, it: &TaskSteps, at: At) -> Markup {
        html! {
            div .pal-steps {
                p .pal-table__caption { (it.caption.as_str()) }
                ul .nhsuk-task-list {
                    @for (n, step) in it.steps.iter().enumerate() { (self.step(step, &format!("step-{at}-{n}"))) }
                }
            }
        }
    }

    fn step(&self, it: &Step, id: &str) -> Markup {
        let (class, shape, word) = match it.state {
            StepState::ToDo => ("nhsuk-tag nhsuk-tag--blue", None, "To do"),
            StepState::Current => ("nhsuk-tag nhsuk-tag--yellow", None, "In progress"),
            StepState::Done => ("nhsuk-tag nhsuk-tag--green", Some(Icon::Done), "Done"),
            StepState::Overdue => ("nhsuk-tag nhsuk-tag--red", Some(Icon::Warning), "Overdue"),
            StepState::CannotStart => ("nhsuk-tag nhsuk-tag--grey", None, "Cannot start yet"),
            StepState::NotNeeded => ("nhsuk-tag nhsuk-tag--grey", None, "Not needed"),
        };
        let link = it
            .link
            .as_ref()
            .filter(|_| it.state != StepState::CannotStart);
        let hint = (it.note.is_some() || it.due.is_some()).then(|| format!("{id}-hint"));
        let described = match &hint {
            Some(hint) => format!("{hint} {id}"),
            None => id.to_owned(),
        };
        html! {
            li .nhsuk-task-list__item .nhsuk-task-list__item--with-link[link.is_some()] aria-current=[(it.state == StepState::Current).then_some("step")] {
                div .nhsuk-task-list__name-and-hint {
                    @match link {
                        Some(link) => { a .nhsuk-task-list__link .nhsuk-link href=(self.address(link.screen.as_str(), &link.parameters)) aria-describedby=(described) { (it.label.as_str()) } }
                        None => { div { (it.label.as_str()) } }
                    }
                    @if let Some(hint) = &hint {
                        div .nhsuk-task-list__hint id=(hint) {
                            @if let Some(due) = &it.due { "Due " (when(due)) " " }
                            @if let Some(note) = &it.note { (note.as_str()) }
                        }
                    }
                }
                div .nhsuk-task-list__status id=(id) {
                    strong class=(class) { @if let Some(shape) = shape { (icon(shape)) " " } (word) }
                }
            }
        }
    }

    pub(super) fn print(&self, it: &Print, level: u8) -> Markup {
        let signing = &self.ink.signing;
        html! {
            section .pal-paper {
                // On paper this is repeated on every page of the sheet.
                div .pal-paper__head {
                    p .pal-onpaper { (who(&signing.about)) }
                    (super::title(&it.title, it.note.as_ref(), level))
                    p .pal-quiet .pal-paper__hint { "Of this page, only what is framed so is printed." }
                }
                div .pal-paper__body { (self.children(&it.children, level + 1)) }
                p .pal-onpaper .pal-quiet { "Printed by " (signing.signer) ". The record may have changed since." }
            }
        }
    }

    pub(super) fn check_answers(&self, it: &CheckAnswers) -> Markup {
        let any = it.rows.iter().any(|row| row.change.is_some());
        html! {
            dl .nhsuk-summary-list {
                @for row in &it.rows {
                    div .nhsuk-summary-list__row .nhsuk-summary-list__row--no-actions[any && row.change.is_none()] {
                        dt .nhsuk-summary-list__key { (row.label.as_str()) }
                        dd .nhsuk-summary-list__value { (self.value(&row.value)) }
                        @if let Some(change) = &row.change {
                            dd .nhsuk-summary-list__actions {
                                a .nhsuk-link href=(self.address(change.screen.as_str(), &change.parameters)) { "Change" span .nhsuk-u-visually-hidden { " " (row.label.as_str()) } }
                            }
                        }
                    }
                }
            }
        }
    }
}
