//! The weights behind the scores: where they are from, where the bands lie, and what each level of each field says.
//!
//! Invariant: weights that nobody trained are marked so in words, beside every field.

use std::sync::Arc;

use maud::{Markup, html};
use record::matching::block::PASSES;
use record::matching::features::of_level;
use record::matching::field::Field;
use record::matching::weights::Weights;

/// The page's main part.
pub(super) fn drawn(all: &[Arc<Weights>]) -> Markup {
    html! {
        p .pal-p { a href="/matching" { "All pairs" } }
        h1 .pal-h1 { "What the scores rest on" }
        p .pal-p { "Each field that two records both tell adds or takes a weight, in bits: one bit doubles the odds that they are of one person. The sum, with the odds before anything was compared, is the score." }
        @for weights in all { (one(weights)) }
        section .pal-card .pal-pad {
            h2 .pal-h2 { "Who is compared at all" }
            p .pal-p { "A new patient is compared with whoever shares one of these:" }
            ul { @for pass in PASSES.iter().filter(|pass| pass.is_indexed) { li { (pass.words) } } }
        }
    }
}

fn one(weights: &Weights) -> Markup {
    let is_region = weights.name == "region";
    html! {
        section .pal-card .pal-pad {
            h2 .pal-h2 { @if is_region { "Weights in use: " } @else { "For linking old records in bulk: " } (weights.name) ", version " (weights.version) }
            @if !weights.assumed.is_empty() {
                div .pal-alert role="note" { p .pal-alert__title { "Not trained" } p { "These weights were assumed. Nobody has measured them on this region's records. They put pairs in order for people to look at; they decide nothing." } }
            }
            dl .pal-facts { @for (name, words) in &weights.provenance { div { dt { (name) } dd { (words) } } } }
            p .pal-p { "From " (bits(weights.bands.same_bits)) " a pair looks like one person; from " (bits(weights.bands.ask_bits)) " somebody is asked; below, two people. Before comparing: " (bits(weights.bits[0])) "." }
            @if !weights.bands.never_alone.is_empty() {
                p .pal-p { "However high the score, somebody is asked when: " (never(weights)) "." }
            }
        }
        section .pal-card .pal-card-flush { div .pal-scroll role="region" aria-label={ "Levels of " (weights.name) } tabindex="0" { table .pal-table {
            thead { tr { th scope="col" { "Field" } th scope="col" { "Level" } th scope="col" { "Weight" } th scope="col" { "Among one person's records" } th scope="col" { "By chance" } } }
            tbody { @for field in Field::ALL { @for (number, level) in (0_u8..).zip(field.levels()).skip(1) {
                @let weight = weights.bits[of_level(field, number)];
                @let known = weights.chances.iter().find(|it| (it.0, it.1) == (field, number));
                @if weight != 0.0 || known.is_some() { tr {
                    th scope="row" { (field.words()) @if weights.assumed.contains(&field) { span .pal-line2 { "assumed" } } }
                    td { (level.words) }
                    td .pal-nw { (bits(weight)) }
                    td .pal-nw { @if let Some((_, _, m, _)) = known { (share(*m)) } }
                    td .pal-nw { @if let Some((_, _, _, u)) = known { (share(*u)) } }
                } }
            } } }
        } } }
    }
}

fn never(weights: &Weights) -> String {
    let words = weights
        .bands
        .never_alone
        .iter()
        .filter_map(|(field, level)| {
            let level = field.levels().get(usize::from(*level))?;
            Some(format!("{}: {}", field.words(), level.words))
        });
    words.collect::<Vec<_>>().join("; ")
}

fn bits(of: f64) -> String {
    format!("{of:+.1} bits")
}

/// A share, or one in so many where it is small.
fn share(of: f64) -> String {
    if of >= 0.01 {
        format!("{:.1}%", of * 100.0)
    } else {
        format!("1 in {:.0}", 1.0 / of.max(f64::MIN_POSITIVE))
    }
}
