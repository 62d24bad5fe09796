//! Inputs by which harm is done most easily: who it is, how much of a medicine, and a signature.
//!
//! Invariant: nothing is ticked or chosen in advance but a dose that a departmental gives; whoever signs reads for whom, and
//! under which name.

use maud::{Markup, html};

use super::super::dose;
use super::super::node::{AttestSign, InputDose, InputNhsNumber};
use super::super::sent::{name, part};
use super::Pen;

/// Whom a signature or a sheet of paper is about.
pub(super) fn who(about: &[(&str, String)]) -> Markup {
    html! {
        @if about.is_empty() { "About no single patient" }
        @for (label, text) in about { span .pal-who__part { @if !label.is_empty() { span .pal-quiet { (label) " " } } b { (text) } } " " }
    }
}

impl Pen<'_> {
    pub(super) fn nhs_number(&self, it: &InputNhsNumber) -> Markup {
        let (field, name) = (it.input.field.as_str(), name(it.input.field.as_str()));
        let kept = self.kept(&name, it.value.as_ref().map(|text| text.as_str()));
        let value = kept
            .parse::<fhir::nhs_number::NhsNumber>()
            .map_or(kept, |number| number.to_string());
        let wrong = self.is_wrong(&it.input);
        self.group(&it.input, html! {
            input .nhsuk-input .nhsuk-input--code .nhsuk-input--width-10 .nhsuk-input--error[wrong] type="text" inputmode="numeric" id={ "field-" (field) }
                name=(name) value=(value) maxlength="20" spellcheck="false" autocomplete="off" aria-describedby=[self.described(&it.input)];
        })
    }

    pub(super) fn dose(&self, it: &InputDose) -> Markup {
        let field = it.input.field.as_str();
        let (amount, unit) = (part(field, "amount"), part(field, "unit"));
        let drawn = it.amount.as_ref().map(|it| dose::plain(it.as_str()));
        let value = self.kept(&amount, drawn);
        let chosen = self.kept(&unit, it.unit.as_ref().map(|it| it.as_str()));
        let wrong = self.is_wrong(&it.input);
        let (id, id_unit) = (
            format!("field-{field}.amount"),
            format!("field-{field}.unit"),
        );
        self.set(&it.input, html! {
            div .pal-dose {
                div {
                    label .nhsuk-label for=(id) { "Amount" }
                    input .nhsuk-input .nhsuk-input--width-5 .nhsuk-input--error[wrong] type="text" inputmode="decimal" id=(id) name=(amount) value=(value) maxlength="20" autocomplete="off";
                }
                @match it.units.as_slice() {
                    [only] => { div .pal-dose__unit { (only.as_str()) } }
                    units => {
                        div {
                            label .nhsuk-label for=(id_unit) { "Unit" }
                            select .nhsuk-select id=(id_unit) name=(unit) {
                                option value="" selected[chosen.is_empty()] { "Choose" }
                                @for it in units { option value=(it.as_str()) selected[chosen == it.as_str()] { (it.as_str()) } }
                            }
                        }
                    }
                }
            }
        })
    }

    pub(super) fn attest(&self, it: &AttestSign) -> Markup {
        let field = it.input.field.as_str();
        let name = name(field);
        let id = format!("field-{field}");
        let wrong = self.is_wrong(&it.input);
        let signing = &self.ink.signing;
        html! {
            div .pal-sign .nhsuk-form-group .nhsuk-form-group--error[wrong] {
                p .pal-sign__who { (who(&signing.about)) }
                p { (it.input.label.as_str()) }
                (self.message(field, it.input.error.as_ref().map(|line| line.as_str())))
                div .nhsuk-checkboxes { div .nhsuk-checkboxes__item {
                    input .nhsuk-checkboxes__input type="checkbox" id=(id) name=(name) value="yes";
                    label .nhsuk-label .nhsuk-checkboxes__label for=(id) { (it.statement.as_str()) }
                } }
                p .pal-quiet { "It is signed as " b { (signing.signer) } ", with the time at which it is sent." }
            }
        }
    }
}
