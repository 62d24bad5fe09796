//! An input for one concept: words to look for, what was found, and what is chosen.
//!
//! Invariant: what is chosen stays among what is offered, whatever was looked for since; nothing is chosen by being found.

use maud::{Markup, html};

use super::super::coded::{Concept, Found, finding};
use super::super::node::InputCoded;
use super::super::sent::{name, part};
use super::Pen;

impl Pen<'_> {
    pub(super) fn coded(&self, it: &InputCoded) -> Markup {
        let field = it.input.field.as_str();
        let (name, words) = (name(field), part(field, "words"));
        let drawn = it.chosen().map(|it| it.packed());
        let chosen = Concept::unpacked(&self.kept(&name, drawn.as_deref()));
        let found = self.ink.desk.found.filter(|it| it.field == field);
        let offered = offered(chosen.as_ref(), found);
        let id = format!("field-{field}.words");
        self.set(&it.input, html! {
            @if let Some(found) = found { p role="status" { (found.said()) } }
            @if !offered.is_empty() {
                div .nhsuk-radios .pal-coded__offered {
                    @for (at, concept) in offered.iter().enumerate() {
                        (self.concept(&format!("{name}.{at}"), &name, Some(concept), chosen.as_ref() == Some(concept)))
                    }
                    @if !it.input.required { (self.concept(&format!("{name}.none"), &name, None, chosen.is_none())) }
                }
            }
            div .pal-coded {
                div {
                    label .nhsuk-label for=(id) { "Find by words" }
                    input .nhsuk-input type="text" id=(id) name=(words) value=(self.kept(&words, None)) maxlength="100" autocomplete="off" spellcheck="false";
                }
                button .nhsuk-button .nhsuk-button--secondary type="submit" name="action" value=(finding(field)) {
                    "Find" span .nhsuk-u-visually-hidden { ": " (it.input.label.as_str()) }
                }
            }
        })
    }

    /// One of those offered; without a concept: none of them.
    fn concept(&self, id: &str, name: &str, it: Option<&Concept>, chosen: bool) -> Markup {
        html! {
            div .nhsuk-radios__item {
                input .nhsuk-radios__input type="radio" id=(id) name=(name) value=(it.map(Concept::packed).unwrap_or_default()) checked[chosen];
                label .nhsuk-label .nhsuk-radios__label for=(id) {
                    @match it {
                        Some(it) => { (it.display) " " span .pal-quiet { (it.code) } }
                        None => { "None of these" }
                    }
                }
            }
        }
    }
}

fn offered<'a>(chosen: Option<&'a Concept>, found: Option<&'a Found>) -> Vec<&'a Concept> {
    let others = found.iter().flat_map(|it| &it.concepts);
    chosen
        .into_iter()
        .chain(others.filter(|it| Some(*it) != chosen))
        .collect()
}
