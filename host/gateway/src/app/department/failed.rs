//! What a page says in the place of a departmental's screen that cannot be shown.
//!
//! Invariant: it names the module, says that results may exist that are not shown, and never says that there are none.

use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};
use record::Kind;
use record::departmental::screen::AskError;
use record::departmental::{FailureKind, Release};

use crate::auth::Session;
use crate::icon::{Icon, icon};
use crate::problem::status;
use crate::screen::ScreenError;
use crate::written::plain;
use crate::{Door, frame};

/// What goes to the form's summary, so that nothing typed is lost; None: the whole screen has to give way.
pub(super) fn finding(why: &AskError) -> Option<String> {
    let words = |lead: &str| {
        Some(format!(
            "{lead} Nothing was saved. Look at the screen again before you send it."
        ))
    };
    match why {
        AskError::Refused { failure, .. } => Some(plain(&failure.detail)),
        AskError::Incorrect { what } => Some(plain(what)),
        AskError::Outdated { .. } => words("This module was replaced by another version while the form was open."),
        AskError::KeyUsed => Some("This form was sent before with other content. What was sent first is kept; nothing more was saved. Open the screen again.".to_owned()),
        AskError::NotGranted { .. } => {
            tracing::warn!("{}", record::with_causes(why));
            Some("The module asked for more than this site allows, so nothing was saved. Report it; enter the facts in another way.".to_owned())
        }
        AskError::Commit { source } if source.kind() == Kind::Conflict => words("Somebody else changed the record in between."),
        AskError::Commit { source } if source.kind() == Kind::Busy => words("The record is too busy at this moment."),
        AskError::Commit { source } if source.kind() == Kind::Full => words("The disk of the record is full: report it at once."),
        AskError::Commit { source } if source.kind() == Kind::Incorrect => {
            tracing::warn!("{}", record::with_causes(why));
            words("The record refused what the module proposed.")
        }
        AskError::Commit { .. } | AskError::Failed { .. } | AskError::Library { .. } | AskError::Read { .. } => None,
        AskError::NotEnabled { .. } | AskError::NoSuchScreen { .. } | AskError::NotForRole { .. } | AskError::UnknownPatient => None,
    }
}

/// The page's main part for a screen that could not be had, and its status.
pub(super) fn main(why: &AskError) -> (StatusCode, Markup) {
    match why {
        AskError::Failed {
            departmental,
            version,
            call,
            kind,
            what,
        } => {
            tracing::warn!(departmental = %departmental, "{departmental} {version} failed: {what}");
            let module = format!("{departmental} {}", plain(version));
            if kind.was_not_asked() {
                return (status(why.kind()), not_asked(&module, *kind));
            }
            (
                StatusCode::BAD_GATEWAY,
                broken(&module, how(*kind), call.as_deref()),
            )
        }
        AskError::Library { departmental, .. } => {
            tracing::warn!(departmental = %departmental, "{}", record::with_causes(why));
            (
                StatusCode::BAD_GATEWAY,
                broken(&departmental.to_string(), "could not be loaded", None),
            )
        }
        AskError::Refused {
            departmental,
            failure,
        } => {
            let detail = plain(&failure.detail);
            let words = html! { p { "The module " b { (departmental) } " answered: " (detail) } (not_nothing()) };
            (
                status(why.kind()),
                boxed("This screen cannot be shown", words),
            )
        }
        AskError::NotEnabled { .. }
        | AskError::NoSuchScreen { .. }
        | AskError::NotForRole { .. }
        | AskError::UnknownPatient => {
            let words = html! { p { (plain(&why.to_string())) ". Choose another screen from the menu, or ask your trust's administrator." } (not_nothing()) };
            (
                status(why.kind()),
                boxed("This screen is not available here", words),
            )
        }
        AskError::Incorrect { what } => (
            StatusCode::BAD_REQUEST,
            boxed("This screen cannot be shown", html! { p { (plain(what)) } }),
        ),
        AskError::Outdated { .. } | AskError::KeyUsed | AskError::NotGranted { .. } => (
            status(why.kind()),
            boxed(
                "Nothing was saved",
                html! { p { (plain(&why.to_string())) } },
            ),
        ),
        AskError::Commit { .. } | AskError::Read { .. } => {
            if why.kind() == Kind::Fault {
                tracing::error!("{}", record::with_causes(why));
            }
            let words = html! { p { "The record could not be read or written at this moment. Open the screen again and check what was saved." } (not_nothing()) };
            (
                status(why.kind()),
                boxed("This screen cannot be shown", words),
            )
        }
    }
}

/// The page in the place of one that has a form, which needs a key that nobody can guess.
pub(super) fn without_randomness(door: &Door, session: &Session) -> Response {
    frame::no(
        door,
        Some(session),
        StatusCode::INTERNAL_SERVER_ERROR,
        "Something failed on our side",
        "This machine gives no randomness, so no form can be drawn. Report it.",
    )
}

/// For a screen that breaks the contract.
pub(super) fn malformed(release: &Release, call: &str, why: &ScreenError) -> Markup {
    tracing::warn!(departmental = %release.id, "{} {} answered a screen that cannot be drawn: {why}", release.id, release.version);
    let module = format!(
        "{} {}",
        plain(&release.manifest.name),
        plain(&release.version)
    );
    broken(
        &module,
        "answered a screen that this host cannot draw safely",
        Some(call),
    )
}

/// How a module failed, in words that follow its name.
pub(in crate::app) fn how(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Trap => "stopped in the middle",
        FailureKind::Timeout => "took too long and was stopped",
        FailureKind::Limit => "wanted more than it may have and was stopped",
        FailureKind::Malformed => "answered something that this host cannot draw safely",
        FailureKind::Load => "could not be loaded",
        FailureKind::Busy => "is busy with other questions",
        FailureKind::Resting => "failed several times and is left alone for a while",
        FailureKind::HeldBack => {
            "failed again and again, and is stopped until your trust's administrator lets it run"
        }
    }
}

fn broken(module: &str, how: &str, call: Option<&str>) -> Markup {
    boxed(
        "This module failed",
        html! {
            p { "The module " b { (module) } " " (how) "." }
            (not_nothing())
            p { "The summary and the other departments still work. Open this screen again; if it fails again, report the module by the name and version above, and look for results by telephone or in the laboratory's own system." }
            @if let Some(call) = call { p { "With the report, give this number, by which the question can be put to the module again: " code { (plain(call)) } } }
        },
    )
}

/// For a module that the host did not ask: it may answer later.
fn not_asked(module: &str, kind: FailureKind) -> Markup {
    let what_to_do = match kind {
        FailureKind::Busy => "Open this screen again in a moment.",
        FailureKind::Resting => "Open this screen again in some minutes.",
        FailureKind::HeldBack
        | FailureKind::Trap
        | FailureKind::Timeout
        | FailureKind::Limit
        | FailureKind::Malformed
        | FailureKind::Load => "Ask your trust's administrator about it by its name and version.",
    };
    boxed(
        "This module does not answer at this moment",
        html! {
            p { "The module " b { (module) } " " (how(kind)) ". " (what_to_do) }
            (not_nothing())
            p { "The summary and the other departments still work. What cannot wait: look for results by telephone or in the laboratory's own system." }
        },
    )
}

/// What was typed into a form that could not be put to its module, field by field, to be copied.
pub(super) fn unsaved(fields: &[(&str, String)]) -> Markup {
    html! {
        h2 .pal-h2 { "Nothing was saved" }
        @if !fields.is_empty() {
            p .pal-p { "This is what you typed, to be copied:" }
            dl .pal-facts { @for (field, value) in fields { div { dt { (plain(field)) } dd { (plain(value)) } } } }
        }
    }
}

fn not_nothing() -> Markup {
    html! { p { b { "Results may exist that are not shown here." } } }
}

fn boxed(title: &str, words: Markup) -> Markup {
    html! {
        div .pal-alert .pal-alert-warning role="alert" {
            p .pal-alert__title { (icon(Icon::Warning)) " " (title) }
            (words)
        }
    }
}
