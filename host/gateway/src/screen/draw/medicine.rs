//! Medicines and allergies.
//!
//! Invariant: a medicine is whole and in one order: drug, brand, strength, form, dose, rate, duration, route, frequency; what
//! a prescription cannot do without is said to be missing. Allergies carry one of four labels and no other.

use maud::{Markup, html};

use super::super::dose::{Amount, generic};
use super::super::node::{Allergy, AllergyLabel, AllergyList, Course, MedicationLine, Severity};
use super::super::word::Line;
use super::{Pen, value};
use crate::icon::{Icon, icon};

impl Pen<'_> {
    pub(super) fn medication_line(it: &MedicationLine) -> Markup {
        let plain = |it: &Line| html! { (it.as_str()) };
        let amount = |it: &Amount| html! { span .pal-nw { (it.words()) } };
        let named = |word: &'static str, it: &Amount| html! { span .pal-medicine__word { (word) } " " (amount(it)) };
        let missing = |what: &'static str| html! { span .pal-absent { (what) " not recorded" } };
        let parts = [
            it.strength.as_ref().map(amount),
            it.form.as_ref().map(plain),
            Some(
                it.dose
                    .as_ref()
                    .map_or_else(|| missing("Dose"), |it| named("DOSE", it)),
            ),
            it.rate.as_ref().map(|it| named("RATE", it)),
            it.duration.as_ref().map(plain),
            Some(it.route.as_ref().map_or_else(|| missing("Route"), plain)),
            Some(
                it.frequency
                    .as_ref()
                    .map_or_else(|| missing("Frequency"), plain),
            ),
        ];
        html! {
            div .pal-medicine .pal-medicine-ended[ended(it.status)] {
                p {
                    b { (generic(it.drug.as_str())) }
                    @if let Some(brand) = &it.brand { " " (brand.as_str().to_uppercase()) }
                    @for part in parts.into_iter().flatten() { " – " (part) }
                    " " (course(it.status))
                }
                @if it.indication.is_some() || it.since.is_some() || it.note.is_some() {
                    p .pal-quiet {
                        @if let Some(text) = &it.indication { "For " (text.as_str()) ". " }
                        @if let Some(since) = &it.since { "Since " (value::when(since)) ". " }
                        @if let Some(note) = &it.note { (note.as_str()) }
                    }
                }
            }
        }
    }

    pub(super) fn allergy_list(it: &AllergyList) -> Markup {
        let (shape, words) = match it.label {
            AllergyLabel::KnownAllergies => (Icon::Warning, "Known allergies"),
            AllergyLabel::NoKnownAllergies => (Icon::Information, "No known allergies"),
            AllergyLabel::AllergiesNotRecorded => (Icon::Warning, "Allergies not recorded"),
            AllergyLabel::AllergiesUnavailable => (Icon::Warning, "Allergies unavailable"),
        };
        html! {
            div .pal-allergies .pal-allergies-none[it.label == AllergyLabel::NoKnownAllergies] {
                p .pal-alert__title { (icon(shape)) " " (words) }
                @if !it.items.is_empty() { ul .pal-list { @for item in &it.items { li { (allergy(item)) } } } }
                @if it.label == AllergyLabel::AllergiesUnavailable { p { "They could not be read. Ask the patient." } }
                @if let Some(note) = &it.note { p .pal-quiet { (note.as_str()) } }
            }
        }
    }
}

fn allergy(it: &Allergy) -> Markup {
    let severity = it.severity.map(|it| match it {
        Severity::Mild => "mild",
        Severity::Moderate => "moderate",
        Severity::Severe => "severe",
    });
    html! {
        b { (value::coded(&it.substance)) }
        @if it.reactions.is_empty() { span .pal-absent { ", reaction not recorded" } } @else {
            ": " @for (at, reaction) in it.reactions.iter().enumerate() { @if at > 0 { ", " } (reaction.as_str()) }
        }
        @if let Some(word) = severity { ", " @if it.severity == Some(Severity::Severe) { b { (word) } } @else { (word) } }
        @if it.intolerance { " (intolerance)" }
        @if it.unconfirmed { " (unconfirmed)" }
        @if let Some(recorded) = &it.recorded { span .pal-quiet { ", recorded " (value::when(recorded)) } }
    }
}

fn ended(it: Option<Course>) -> bool {
    match it {
        Some(Course::Stopped | Course::Completed | Course::NotTaken | Course::EnteredInError) => {
            true
        }
        Some(Course::Active | Course::Planned | Course::OnHold | Course::Unknown) | None => false,
    }
}

/// Where a medicine stands, where it is not simply being taken.
fn course(it: Option<Course>) -> Markup {
    let word = match it {
        None | Some(Course::Active) => return html! {},
        Some(Course::Planned) => "Planned",
        Some(Course::OnHold) => "On hold",
        Some(Course::Stopped) => "Stopped",
        Some(Course::Completed) => "Completed",
        Some(Course::NotTaken) => "Not taken",
        Some(Course::EnteredInError) => "Entered in error",
        Some(Course::Unknown) => "Status unknown",
    };
    html! { strong .nhsuk-tag .nhsuk-tag--grey { (word) } }
}
