//! One clinical value, with all that belongs to it.
//!
//! Invariant: a value is never shown without its unit, and what was said of it is a word.

use maud::{Markup, html};

use super::super::node::ClinicalValue;
use super::{Pen, value};

impl Pen<'_> {
    pub(super) fn clinical_value(&self, it: &ClinicalValue) -> Markup {
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
}
