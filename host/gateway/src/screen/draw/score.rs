//! A score: the number, every band it may fall into with the present one marked, and the parts.
//!
//! Invariant: a score of which a part is missing says so beside the number, and what it could be where that is known.

use maud::{Markup, html};

use super::super::node::{Score, ScoreBand, Tone};
use super::super::word::Decimal;
use super::{Pen, absent, title, value};
use crate::icon::{Icon, icon};

impl Pen<'_> {
    pub(super) fn score(&self, it: &Score, level: u8) -> Markup {
        let missing = it
            .components
            .iter()
            .filter(|it| it.points.is_none())
            .count();
        html! {
            div .pal-score {
                (title(&it.title, None, level))
                @if let Some(when) = &it.when { p .pal-quiet { (value::when(when)) } }
                p .pal-score__now {
                    @match (&it.value, it.absent) {
                        (Some(value), _) => { span .pal-score__number { (value.as_str()) } }
                        (None, Some(why)) => { span .pal-score__none { "No total" } " " span .pal-absent { (absent(why)) } }
                        (None, None) => {}
                    }
                    @if missing > 0 { " " (partial(it, missing)) }
                }
                @if !it.bands.is_empty() {
                    ol .pal-score__bands aria-label="Bands" {
                        @for band in &it.bands { (scored(band, standing(it, band))) }
                    }
                }
                @if !it.components.is_empty() { (self.components(it)) }
                @if let Some(rule) = &it.rule { p .pal-quiet { "By " (rule.as_str()) } }
            }
        }
    }

    fn components(&self, it: &Score) -> Markup {
        html! {
            div .pal-scroll role="region" aria-label={ "Parts of " (it.title.as_str()) } tabindex="0" {
                table .pal-table {
                    caption .nhsuk-u-visually-hidden { "Parts of " (it.title.as_str()) }
                    thead { tr { th scope="col" { "Part" } th scope="col" { "Found" } th scope="col" .pal-end { "Points" } } }
                    tbody {
                        @for part in &it.components {
                            tr {
                                th scope="row" { (part.label.as_str()) }
                                td { @match &part.value { Some(found) => { (self.value(found)) } None => { span .pal-absent { "Not given" } } } }
                                td .pal-end {
                                    @if let Some(points) = &part.points { (points.as_str()) }
                                    @if let Some(why) = part.absent { span .pal-absent { (absent(why)) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// That parts are missing, and what the score could be.
fn partial(it: &Score, missing: usize) -> Markup {
    let parts = if missing == 1 {
        "1 part missing".to_owned()
    } else {
        format!("{missing} parts missing")
    };
    html! {
        span .pal-score__partial {
            (icon(Icon::Warning)) " " (parts)
            @if it.value.is_some() {
                @match it.most() {
                    Some(most) => { ", could be " (format!("{most:.6}").trim_end_matches('0').trim_end_matches('.')) }
                    None => { ", so this is not the whole score" }
                }
            }
        }
    }
}

/// How a band stands to the score.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Now,
    /// The parts that are missing could bring the score there.
    Possible,
    Other,
}

fn standing(it: &Score, band: &ScoreBand) -> Standing {
    let number = |it: Option<&Decimal>| it.and_then(Decimal::scale);
    let above = |value: f64| number(band.from.as_ref()).is_some_and(|from| from > value);
    if it.band.as_ref() == Some(&band.id) {
        return Standing::Now;
    }
    match (number(it.value.as_ref()), it.most()) {
        (Some(value), Some(most)) if above(value) && !above(most) => Standing::Possible,
        (_, _) => Standing::Other,
    }
}

fn scored(band: &ScoreBand, standing: Standing) -> Markup {
    let now = standing == Standing::Now;
    let marked = standing != Standing::Other;
    let shape = match band.tone {
        Tone::Critical => Some(Icon::Critical),
        Tone::Warning => Some(Icon::Warning),
        Tone::Success => Some(Icon::Done),
        Tone::Neutral | Tone::Information => None,
    };
    let range = match (&band.from, &band.to) {
        (Some(from), Some(to)) if from == to => Some(from.as_str().to_owned()),
        (Some(from), Some(to)) => Some(format!("{} to {}", from.as_str(), to.as_str())),
        (Some(from), None) => Some(format!("{} or more", from.as_str())),
        (None, Some(to)) => Some(format!("up to {}", to.as_str())),
        (None, None) => None,
    };
    html! {
        li .pal-score__band .pal-score__band-now[now] .pal-score__band-possible[standing == Standing::Possible] aria-current=[now.then_some("true")] {
            @if marked { @if let Some(shape) = shape { (icon(shape)) " " } }
            (band.label.as_str())
            @if let Some(range) = range { " " span .pal-nw { "(" (range) ")" } }
            @match standing {
                Standing::Now => { span .pal-score__here { " now" } }
                Standing::Possible => { span .pal-score__here { " possible" } }
                Standing::Other => {}
            }
        }
    }
}
