//! Steps of a task, and answers to be checked before they are sent.
//!
//! Invariant: how far a step is, is a word; an answer that was not given says so.

use maud::{Markup, html};

use super::super::node::{At, CheckAnswers, Step, StepState, TaskSteps};
use super::Pen;
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
        html! {
            li .nhsuk-task-list__item .nhsuk-task-list__item--with-link[link.is_some()] aria-current=[(it.state == StepState::Current).then_some("step")] {
                div .nhsuk-task-list__name-and-hint {
                    @match link {
                        Some(link) => { a .nhsuk-task-list__link href=(self.address(link.screen.as_str(), &link.parameters)) aria-describedby=(id) { (it.label.as_str()) } }
                        None => { (it.label.as_str()) }
                    }
                    @if it.note.is_some() || it.due.is_some() {
                        div .nhsuk-task-list__hint {
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

    pub(super) fn check_answers(&self, it: &CheckAnswers) -> Markup {
        html! {
            dl .nhsuk-summary-list {
                @for row in &it.rows {
                    div .nhsuk-summary-list__row .nhsuk-summary-list__row--no-actions[row.change.is_none()] {
                        dt .nhsuk-summary-list__key { (row.label.as_str()) }
                        dd .nhsuk-summary-list__value { (self.value(&row.value)) }
                        @if let Some(change) = &row.change {
                            dd .nhsuk-summary-list__actions {
                                a href=(self.address(change.screen.as_str(), &change.parameters)) { "Change" span .nhsuk-u-visually-hidden { " " (row.label.as_str()) } }
                            }
                        }
                    }
                }
            }
        }
    }
}
