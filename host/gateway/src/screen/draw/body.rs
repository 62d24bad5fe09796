//! Drawings of the body with what was found marked on them, and the same in words.
//!
//! Invariant: the side is in the heading, in the drawing and in the table; the legend is counted from the marks that are
//! drawn; where a mark lies is said by this host, from its coordinates.

mod figure;

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::super::node::{At, BodyMap, Image, Mark, Shape};
use super::{Pen, absent};
use crate::chart::xy;

impl Pen<'_> {
    pub(super) fn body_map(&self, it: &BodyMap, at: At, level: u8) -> Markup {
        let name = name(it.image);
        let marks = it.marks.as_deref().unwrap_or_default();
        html! {
            figure .pal-figure .pal-body {
                figcaption { (super::heading(name, it.note.as_ref(), level)) }
                @if let Some(why) = it.absent { p .pal-absent { (absent(why)) } } @else {
                    div .pal-body__pair {
                        (drawing(it.image, name, marks, at))
                        (legend(marks))
                    }
                }
                @if !it.not_seen.is_empty() {
                    p { b { "Looked for, not seen: " } @for (at, sign) in it.not_seen.iter().enumerate() { @if at > 0 { ", " } (sign.as_str()) } }
                }
                @if !marks.is_empty() {
                    details .nhsuk-details .pal-details {
                        summary .nhsuk-details__summary { span .nhsuk-details__summary-text { "Show the marks of the " (name.to_lowercase()) " as a table" } }
                        (table(it.image, name, marks))
                    }
                }
            }
        }
    }
}

fn name(image: Image) -> &'static str {
    match image {
        Image::EyeRight => "Right eye",
        Image::EyeLeft => "Left eye",
        Image::FundusRight => "Right fundus",
        Image::FundusLeft => "Left fundus",
        Image::Abdomen => "Abdomen",
    }
}

fn drawing(image: Image, name: &str, marks: &[Mark], at: At) -> Markup {
    let (title_id, text_id) = (format!("body-{at}-t"), format!("body-{at}-d"));
    html! {
        svg .pal-body__drawing role="img" viewBox=(figure::VIEW) width="236" height="236" aria-labelledby=(format!("{title_id} {text_id}")) {
            title id=(title_id) { (name) }
            desc id=(text_id) { (spoken(marks)) }
            (figure::ground(image))
            @for mark in marks {
                @if let Some(place) = mark.place() { @let (x, y) = figure::at(image, place); (shape(mark.shape, x, y)) }
            }
        }
    }
}

/// Findings with their shapes and how many marks each has.
fn counted(marks: &[Mark]) -> BTreeMap<(&str, Shape), usize> {
    let mut counted = BTreeMap::new();
    for mark in marks {
        *counted
            .entry((mark.finding.as_str(), mark.shape))
            .or_insert(0) += 1;
    }
    counted
}

fn spoken(marks: &[Mark]) -> String {
    if marks.is_empty() {
        return "Nothing is marked.".to_owned();
    }
    let said = counted(marks)
        .into_iter()
        .map(|((finding, _), n)| format!("{finding} {n}"));
    format!("Marked: {}.", said.collect::<Vec<_>>().join(", "))
}

fn legend(marks: &[Mark]) -> Markup {
    html! {
        ul .pal-bare .pal-body__legend {
            @if marks.is_empty() { li { "Nothing is marked" } }
            @for ((finding, kind), n) in counted(marks) {
                li {
                    svg .pal-body__key viewBox="-9 -9 18 18" width="18" height="18" aria-hidden="true" focusable="false" { (shape(kind, 0.0, 0.0)) }
                    " " b { (finding) } " " (n)
                }
            }
        }
    }
}

fn shape(kind: Shape, x: f64, y: f64) -> Markup {
    let at = |dx: f64, dy: f64| format!("{} {}", xy(x + dx), xy(y + dy));
    match kind {
        Shape::Dot => html! { circle .m-dot cx=(xy(x)) cy=(xy(y)) r="2" {} },
        Shape::Blot => html! { circle .m-blot cx=(xy(x)) cy=(xy(y)) r="4" {} },
        Shape::Cloud => html! { ellipse .m-cloud cx=(xy(x)) cy=(xy(y)) rx="6.5" ry="4" {} },
        Shape::Diamond => {
            html! { path .m-diamond d=(format!("M{} L{} L{} L{} Z", at(0.0, -4.5), at(4.5, 0.0), at(0.0, 4.5), at(-4.5, 0.0))) {} }
        }
        Shape::Ring => {
            html! { circle .m-ring cx=(xy(x)) cy=(xy(y)) r="4" {} circle .m-ink cx=(xy(x)) cy=(xy(y)) r="1" {} }
        }
        Shape::Cross => {
            html! { path .m-cross d=(format!("M{} L{} M{} L{}", at(-4.0, -4.0), at(4.0, 4.0), at(4.0, -4.0), at(-4.0, 4.0))) {} }
        }
        Shape::Square => {
            html! { rect .m-square x=(xy(x - 4.0)) y=(xy(y - 4.0)) width="8" height="8" {} }
        }
    }
}

fn table(image: Image, name: &str, marks: &[Mark]) -> Markup {
    html! {
        div .pal-scroll role="region" aria-label={ (name) ", as a table" } tabindex="0" {
            table .pal-table {
                caption .pal-table__caption { (name) }
                thead { tr { th scope="col" { "Finding" } th scope="col" { "Where" } th scope="col" { "Note" } } }
                tbody {
                    @for mark in marks {
                        tr {
                            th scope="row" { (mark.finding.as_str()) }
                            td { @if let Some(place) = mark.place() { (figure::where_it_is(image, place)) } }
                            td { @if let Some(note) = &mark.note { (note.as_str()) } }
                        }
                    }
                }
            }
        }
    }
}
