//! Interfaces that send HL7 v2: what is declared, what waits, and the messages that nobody took.
//!
//! Invariant: nothing is done with a message but what a button of this page says, and a drop says why.

use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use record::sending::{Declaration, Interface, Sending, SendingError, State as Of};
use record::{Kind, with_causes};

use crate::Door;
use crate::app::start::not_ours;
use crate::auth::Session;
use crate::frame::{self, Page};
use crate::problem::status;
use crate::screen::sent::Typed;
use crate::written::{moment, plain};

/// Dead letters shown of one interface.
const SHOWN_MAX: u32 = 50;
/// Least words of a reason for dropping a message, in characters.
const REASON_CHARS_MIN: usize = 10;
/// What is shown of what a receiver said, in characters.
const SAID_CHARS_MAX: usize = 300;
/// Longest declaration, in bytes.
const DECLARATION_BYTES_MAX: usize = 8 << 10;

/// An interface as the page shows it.
struct Shown {
    interface: Interface,
    waiting: u64,
    dead: u64,
    letters: Vec<Sending>,
}

/// `GET /interfaces`: the interfaces of the caller's site, or of all for an operator. 403 for everybody else.
pub(crate) async fn interfaces(
    State(door): State<Door>,
    session: Session,
    Query(query): Query<Vec<(String, String)>>,
) -> Response {
    let done = query.iter().find(|(name, _)| name == "done");
    let done = done.and_then(|(_, word)| done_words(word));
    shown(&door, &session, StatusCode::OK, done, None).await
}

/// `POST /interfaces`: declares one; 303 back. 422 and the page again with why not; 403 for a foreign form.
pub(crate) async fn declare(
    State(door): State<Door>,
    session: Session,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    let typed = Typed::new(pairs);
    if !session.sent(typed.one("form_token").unwrap_or_default()) {
        return not_ours(&door, &session);
    }
    match declared(&door, &session, &typed).await {
        Ok(()) => Redirect::to("/interfaces?done=declared").into_response(),
        Err((code, words)) => again(&door, &session, code, &words, &typed).await,
    }
}

/// The page once more, with what was typed and why it cannot be taken.
async fn again(
    door: &Door,
    session: &Session,
    code: StatusCode,
    words: &str,
    typed: &Typed,
) -> Response {
    let text = typed.one("declaration").unwrap_or_default();
    shown(door, session, code, None, Some((words, text))).await
}

/// `POST /interfaces/{interface}/{n}`: sends a message again or drops it; 303 back. 422 and the page again with why not,
/// 409 when it has gone on; 403 for a foreign form.
pub(crate) async fn decide(
    State(door): State<Door>,
    session: Session,
    Path((interface, n)): Path<(String, i64)>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    let typed = Typed::new(pairs);
    if !session.sent(typed.one("form_token").unwrap_or_default()) {
        return not_ours(&door, &session);
    }
    match decided(&door, &session, (&interface, n), &typed).await {
        Ok(done) => Redirect::to(&format!("/interfaces?done={done}")).into_response(),
        Err((code, words)) => shown(&door, &session, code, None, Some((&words, ""))).await,
    }
}

fn done_words(word: &str) -> Option<&'static str> {
    match word {
        "declared" => Some("The interface is declared."),
        "again" => Some("The message is sent again."),
        "dropped" => Some("The message was dropped."),
        _ => None,
    }
}

async fn declared(
    door: &Door,
    session: &Session,
    typed: &Typed,
) -> Result<(), (StatusCode, String)> {
    let text = typed.one("declaration").unwrap_or_default();
    let wrong = |words: String| (StatusCode::UNPROCESSABLE_ENTITY, words);
    if text.len() > DECLARATION_BYTES_MAX {
        let words = format!("A declaration has at most {DECLARATION_BYTES_MAX} bytes.");
        return Err(wrong(words));
    }
    let declaration: Declaration = serde_json::from_str(text)
        .map_err(|error| wrong(format!("The declaration cannot be read: {error}.")))?;
    let done = door.record.declare_interface(&session.caller, declaration);
    done.await.map(drop).map_err(|why| refused(&why))
}

async fn decided(
    door: &Door,
    session: &Session,
    (interface, n): (&str, i64),
    typed: &Typed,
) -> Result<&'static str, (StatusCode, String)> {
    let wrong = |words: &str| (StatusCode::UNPROCESSABLE_ENTITY, words.to_owned());
    match typed.one("decision") {
        Some("again") => {
            let again = door.record.resend(&session.caller, interface, n).await;
            again.map(|()| "again").map_err(|why| refused(&why))
        }
        Some("drop") => {
            let reason = typed.one("reason").unwrap_or_default();
            if reason.trim().chars().count() < REASON_CHARS_MIN {
                return Err(wrong(&format!(
                    "Say why the message is dropped, in at least {REASON_CHARS_MIN} characters: whoever looks for it will read this."
                )));
            }
            let dropped = door
                .record
                .drop_sending(&session.caller, interface, n, reason);
            let dropped = dropped.await;
            dropped.map(|()| "dropped").map_err(|why| refused(&why))
        }
        Some(_) | None => Err(wrong("Use the buttons of this page.")),
    }
}

fn refused(why: &SendingError) -> (StatusCode, String) {
    if why.kind() == Kind::Fault {
        tracing::error!("{}", with_causes(why));
    }
    (status(why.kind()), sentence(why))
}

/// A refusal as a sentence for whoever reads the page.
fn sentence(why: &SendingError) -> String {
    match why {
        SendingError::Commit(_) | SendingError::Read(_) | SendingError::Store(_) => {
            "The record could not be read or written. Try again, then report it.".to_owned()
        }
        SendingError::Forbidden { .. }
        | SendingError::NotFound { .. }
        | SendingError::Declaration { .. }
        | SendingError::Changed
        | SendingError::NoReason => {
            let words = why.to_string();
            let mut letters = words.chars();
            let first = letters.next().map(|it| it.to_uppercase().to_string());
            format!("{}{}.", first.unwrap_or_default(), letters.as_str())
        }
    }
}

async fn read(door: &Door, session: &Session) -> Result<Vec<Shown>, SendingError> {
    let (record, caller) = (&door.record, &session.caller);
    let mut all = Vec::new();
    for (interface, waiting, dead) in record.sending_counts(caller).await? {
        let id = &interface.declaration.id;
        let letters = match dead {
            0 => Vec::new(),
            _ => {
                record
                    .sending_list(caller, id, Of::Dead, 0, SHOWN_MAX)
                    .await?
            }
        };
        all.push(Shown {
            interface,
            waiting,
            dead,
            letters,
        });
    }
    Ok(all)
}

async fn shown(
    door: &Door,
    session: &Session,
    code: StatusCode,
    done: Option<&str>,
    wrong: Option<(&str, &str)>,
) -> Response {
    match read(door, session).await {
        Ok(all) => {
            let drawn = draw(&all, &session.form_token, done, wrong);
            let page = Page::plain("Messages that go out", drawn);
            frame::page(door, Some(session), code, page)
        }
        Err(why) => {
            let (code, words) = refused(&why);
            frame::no(door, Some(session), code, "This cannot be shown", &words)
        }
    }
}

/// The page; `wrong`: why nothing was done, and the declaration as it was typed.
fn draw(
    all: &[Shown],
    form_token: &str,
    done: Option<&str>,
    wrong: Option<(&str, &str)>,
) -> Markup {
    html! {
        h1 .pal-h1 { "Messages that go out" }
        p .pal-p { "Changes of the record are sent to these systems as HL7 v2. A message that a system does not take is a dead letter: it waits here until it is sent again or dropped." }
        @if let Some(words) = done { div .pal-alert .pal-alert-information role="status" { p .pal-alert__title { (words) } } }
        @if let Some((words, _)) = wrong {
            div .nhsuk-error-summary role="alert" { h2 .nhsuk-error-summary__title { "Nothing was done" } p { (plain(words)) } }
        }
        @if all.is_empty() { p .pal-absent { "No interface is declared" } }
        @for it in all { (interface(it, form_token)) }
        section .pal-card .pal-pad {
            h2 .pal-h2 { "Declare an interface, or change one" }
            form method="post" action="/interfaces" novalidate {
                input type="hidden" name="form_token" value=(form_token);
                div .nhsuk-form-group {
                    label .nhsuk-label for="declaration" { "Declaration (JSON)" }
                    textarea .nhsuk-textarea #declaration name="declaration" rows="12" spellcheck="false" autocomplete="off" { "\n" (wrong.map_or("", |(_, typed)| typed)) }
                }
                button .nhsuk-button type="submit" { "Declare" }
            }
        }
    }
}

fn interface(it: &Shown, form_token: &str) -> Markup {
    let declared = &it.interface.declaration;
    let in_use = if declared.active {
        "In use"
    } else {
        "Out of use"
    };
    html! {
        section .pal-card .pal-card-flush {
            div .pal-pad {
            h2 .pal-h2 { (plain(&declared.id)) }
            p .pal-p {
                (in_use) ", from " (declared.site) " to " code { (plain(&declared.address)) }
                @if declared.tls { " through TLS" } ", HL7 v" (plain(&declared.version)) ": " (declared.events.join(", "))
                span .pal-line2 { (it.waiting) " wait, " (it.dead) @if it.dead == 1 { " dead letter" } @else { " dead letters" } ". Declared in commit " (it.interface.since) " by " (plain(&it.interface.by)) }
            }
            }
            @if !it.letters.is_empty() {
                div .pal-scroll role="region" aria-label={ "Dead letters of " (plain(&declared.id)) } tabindex="0" { table .pal-table {
                    thead { tr { th scope="col" { "Message" } th scope="col" { "Why" } th scope="col" { "What to do" } } }
                    tbody { @for letter in &it.letters { (row(letter, form_token)) } }
                } }
            }
        }
    }
}

fn row(it: &Sending, form_token: &str) -> Markup {
    let what = format!("message {} of {}", it.n(), it.interface());
    let reason = format!("reason-{}-{}", it.interface(), it.n());
    let said: String = it.said().chars().take(SAID_CHARS_MAX).collect();
    html! {
        tr {
            th scope="row" {
                (it.n()) " " (plain(it.kind())) span .pal-line2 { code { (plain(it.about())) } }
                span .pal-line2 { "Made " (moment(&it.made_at())) ", control id " code { (plain(it.control_id())) } }
            }
            td { (plain(&said)) span .pal-line2 { @match it.tries() { 0 => "Never sent", 1 => "Sent once", more => { "Sent " (more) " times" } } } }
            td {
                form method="post" action={ "/interfaces/" (it.interface()) "/" (it.n()) } novalidate {
                    input type="hidden" name="form_token" value=(form_token);
                    button .nhsuk-button type="submit" name="decision" value="again" aria-label={ "Send again: " (what) } { "Send again" }
                    div .nhsuk-form-group {
                        label .nhsuk-label for=(reason) { "Reason to drop it" }
                        input .nhsuk-input id=(reason) name="reason" type="text" autocomplete="off" maxlength="500";
                    }
                    button .nhsuk-button .nhsuk-button--secondary type="submit" name="decision" value="drop" aria-label={ "Drop: " (what) } { "Drop" }
                }
            }
        }
    }
}
