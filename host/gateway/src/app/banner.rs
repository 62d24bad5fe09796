//! The patient banner: who this is, always on top, and what they are allergic to.
//!
//! Invariant: name, born, gender, NHS number, in this order; one of four allergy labels.

use maud::{Markup, html};

use super::allergies::Label;
use super::person::Person;
use crate::address;
use crate::icon::{Icon, icon};

/// The banner of a page about one patient.
pub(crate) fn banner(person: &Person, allergies: &Label) -> Markup {
    html! {
        section .pal-banner .pal-banner-dead[person.died.is_some()] aria-label="Patient" {
            div .pal-banner__id {
                p .pal-banner__name { (person.name) }
                @if let Some(into) = &person.merged_to {
                    p { (icon(Icon::Warning)) " This record was merged into another. " a href={ "/patients/" (address::encoded(into)) } { "Open the record in use" } }
                }
                dl .pal-banner__facts {
                    div { dt { "Born" } dd { (person.born) } }
                    @if let Some(died) = &person.died { div { dt { "Died" } dd { (died) } } }
                    div { dt { "Gender" } dd { (person.gender) } }
                    div { dt { "NHS No." } dd .pal-nw { (person.nhs_number) } }
                }
            }
            div .pal-banner__allergies .pal-banner__none[allergies.words == "No known allergies"] {
                (icon(allergies.shape))
                p { b { (allergies.words) } @if !allergies.detail.is_empty() { span { " " (allergies.detail) } } }
            }
        }
    }
}
