//! The few shapes that stand beside words, each with one meaning.
//!
//! Invariant: a shape never stands alone: it is hidden from screen readers, and the word beside it says the same.

use maud::{Markup, html};

/// Which shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Icon {
    /// Yellow triangle: a warning.
    Warning,
    /// Blue circle: this must be done.
    Mandatory,
    /// Red ring with a bar: this must not be done.
    Prohibited,
    /// Red diamond: critical.
    Critical,
    /// Grey square: information.
    Information,
    /// Ringed tick: done, in range.
    Done,
    /// Triangle up: above the range.
    High,
    /// Triangle down: below the range.
    Low,
    /// Pencil: changed after it was first reported.
    Amended,
    /// Five petals: the mark of the product, five trusts.
    Rose,
}

/// The shape at the size of the text around it.
pub(crate) fn icon(which: Icon) -> Markup {
    html! {
        svg .pal-i .pal-i-large[which == Icon::Rose] viewBox="0 0 16 16" aria-hidden="true" focusable="false" { (shape(which)) }
    }
}

fn shape(which: Icon) -> Markup {
    match which {
        Icon::Warning => {
            html! { path .i-warn d="M8 1.2 15.3 14.6H.7z" {} path .i-ink-line d="M8 5.6v4.3" {} circle .i-ink cx="8" cy="12.3" r="1.1" {} }
        }
        Icon::Mandatory => {
            html! { circle .i-act cx="8" cy="8" r="7.3" {} path .i-white-line d="M8 3.7v5.1" {} circle .i-white cx="8" cy="12" r="1.2" {} }
        }
        Icon::Prohibited => {
            html! { circle .i-stop cx="8" cy="8" r="6.3" {} path .i-stop d="M3.6 3.6l8.8 8.8" {} }
        }
        Icon::Critical => {
            html! { path .i-crit d="M8 .5 15.5 8 8 15.5.5 8z" {} path .i-white-line d="M8 4.2v4.3" {} circle .i-white cx="8" cy="11.3" r="1.1" {} }
        }
        Icon::Information => {
            html! { rect .i-quiet x="1" y="1" width="14" height="14" rx="2" {} path .i-white-line d="M8 7.1v4.8" {} circle .i-white cx="8" cy="4.3" r="1.1" {} }
        }
        Icon::Done => {
            html! { circle .i-ring cx="8" cy="8" r="6.2" {} path .i-ring d="M5.1 8.2l2.1 2.1 3.7-4.2" {} }
        }
        Icon::High => html! { path .i-ink d="M8 2.5 14 13H2z" {} },
        Icon::Low => html! { path .i-ink d="M8 13.5 2 3h12z" {} },
        Icon::Amended => html! { path .i-ring d="M3 13.3l.8-3.2L11 2.9l2.2 2.2-7.2 7.2z" {} },
        Icon::Rose => html! {
            @for (x, y) in [("8", "3.9"), ("11.9", "6.7"), ("10.4", "11.3"), ("5.6", "11.3"), ("4.1", "6.7")] {
                circle .i-petal cx=(x) cy=(y) r="2.6" {}
            }
            circle .i-heart cx="8" cy="8" r="2.1" {} circle .i-petal cx="8" cy="8" r="1.1" {}
        },
    }
}
