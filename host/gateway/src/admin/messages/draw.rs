//! How the pages of messages are drawn.
//!
//! Invariant: whatever stands in a message is escaped text; a message that waits says why, where and behind what.

use fhir::resource::ResourceType;
use maud::{Markup, html};
use record::commit::What;
use record::message::{Health, Looked, Sender, State, Waiting, WaitingPage};

use super::Done;
use super::segments::{Field, Reading, about, lines, text};
use crate::app::facts;
use crate::screen::sent::Typed;
use crate::written::{moment, plain};

/// Bytes of a message that can be edited on the page: larger ones hold documents, and are sent again by their sender.
const EDITED_BYTES_MAX: usize = 64 << 10;
/// Characters of a message that are shown as they came.
const RAW_CHARS_MAX: usize = 200_000;

pub(super) fn list(
    senders: &[Sender],
    waiting: &WaitingPage,
    source: Option<&str>,
    everywhere: bool,
) -> Markup {
    html! {
        h1 .pal-h1 { "Messages" }
        p .pal-p { "What machines send. A message that cannot be filed waits here, and holds back later messages of the same patient, nobody else's." }
        h2 .pal-h2 { "Interfaces" }
        @if senders.is_empty() { p .pal-absent { "No machine has sent anything yet" } }
        @else {
            section .pal-card .pal-card-flush { div .pal-scroll role="region" aria-label="Interfaces" tabindex="0" { table .pal-table {
                thead { tr {
                    th scope="col" { "Sender" } th scope="col" { "How it does" } th scope="col" { "Received" } th scope="col" { "Filed" }
                    th scope="col" { "Parked" } th scope="col" { "Held" } th scope="col" { "For their patient" }
                    th scope="col" { "Last heard from" } th scope="col" { "Oldest that waits" }
                } }
                tbody { @for it in senders { (sender(it, everywhere)) } }
            } } }
        }
        h2 .pal-h2 { @match source { None => "Messages that wait", Some(source) => { "Messages of " (plain(source)) " that wait" } } }
        @if source.is_some() { p .pal-p { a href="/messages" { "Show those of every sender" } } }
        @if waiting.messages.is_empty() { p .pal-absent { "No message waits" } }
        @else {
            section .pal-card .pal-card-flush { div .pal-scroll role="region" aria-label="Messages that wait" tabindex="0" { table .pal-table {
                thead { tr { th scope="col" { "Message" } th scope="col" { "Patient" } th scope="col" { "Sender" } th scope="col" { "State" } th scope="col" { "Why" } } }
                tbody { @for it in &waiting.messages { (row(it, everywhere)) } }
            } } }
            @if let Some(next) = waiting.next {
                @let more = source.map_or_else(String::new, |source| format!("&source={}", crate::address::encoded(source)));
                p .pal-p { a href={ "/messages?after=" (next) (more) } { "Later ones" } }
            }
        }
    }
}

fn sender(it: &Sender, everywhere: bool) -> Markup {
    let mark = match it.health {
        Health::Backlog => "pal-flag",
        Health::Well | Health::Waiting | Health::Quiet => "pal-nw",
    };
    html! {
        tr .pal-row-warning[it.health == Health::Backlog] {
            th scope="row" {
                a href={ "/messages?source=" (crate::address::encoded(&it.source)) } { (plain(&it.source)) }
                @if everywhere { span .pal-line2 { "Site " (it.site) } }
            }
            td { span class=(mark) { (it.health.as_str()) } }
            td { (it.received) } td { (it.filed) } td { (it.parked) } td { (it.held) } td { (it.awaiting) }
            td .pal-nw { (moment(&it.last_at)) }
            td { @match &it.oldest { None => "–", Some((message, at)) => { a href={ "/messages/" (message) } { "Message " (message) } span .pal-line2 { (moment(at)) } } } }
        }
    }
}

fn row(it: &Waiting, everywhere: bool) -> Markup {
    html! {
        tr {
            th scope="row" {
                a href={ "/messages/" (it.waited.message) } { "Message " (it.waited.message) }
                span .pal-line2 { "Control id " code { (plain(&it.control_id)) } }
                span .pal-line2 { "Arrived " (moment(&it.received_at)) }
            }
            td { (patient(&it.head)) }
            td { (plain(&it.source)) @if everywhere { span .pal-line2 { "Site " (it.site) } } }
            td { (capital(it.state.as_str())) }
            td { (why(&it.state)) }
        }
    }
}

/// About whom a message is, in its own words.
fn patient(bytes: &[u8]) -> Markup {
    html! { @match about(bytes) {
        Some(words) => (plain(&words)),
        None => span .pal-absent { "It names no patient" },
    } }
}

pub(in crate::admin) fn capital(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|it| it.to_uppercase().to_string());
    format!("{}{}", first.unwrap_or_default(), letters.as_str())
}

fn why(state: &State) -> Markup {
    html! {
        @match state {
            State::Parked { reason, at } | State::Awaiting { reason, at } => {
                (plain(reason)) @if let Some(at) = at { span .pal-line2 { "At " code { (plain(at)) } } }
            }
            State::Held { behind } => { "Behind " a href={ "/messages/" (behind) } { "message " (behind) } ", which is about the same patient" }
            State::Due => "It is filed within seconds",
            State::Corrected { by } => { "By " a href={ "/messages/" (by) } { "message " (by) } }
            State::Dropped { reason } => (plain(reason)),
            State::Loose => "It is filed; the stay that it names is not in the record yet",
            State::Filed => "",
        }
    }
}

/// What one message's page is drawn from.
pub(super) struct Sheet<'a> {
    pub(super) looked: &'a Looked,
    pub(super) form_token: &'a str,
    /// Whether whoever looks may open what was changed.
    pub(super) links: bool,
    pub(super) done: Option<Done>,
    /// Why the last decision was not taken, and what was typed.
    pub(super) wrong: Option<(&'a str, &'a Typed)>,
}

pub(super) fn message(sheet: &Sheet<'_>) -> Markup {
    let it = &sheet.looked.waiting;
    let raw = text(&sheet.looked.bytes);
    let at = match &it.state {
        State::Parked { at, .. } | State::Awaiting { at, .. } => at.as_deref(),
        State::Filed
        | State::Loose
        | State::Held { .. }
        | State::Due
        | State::Corrected { .. }
        | State::Dropped { .. } => None,
    };
    html! {
        p .pal-p { a href="/messages" { "All messages" } }
        h1 .pal-h1 { "Message " (it.waited.message) }
        @if let Some(done) = sheet.done { div .pal-alert .pal-alert-information role="status" { p .pal-alert__title { (done.words()) } p { a href={ "/messages/" (it.waited.message) } { "Look again" } } } }
        @if let Some((words, _)) = sheet.wrong {
            div .nhsuk-error-summary role="alert" { h2 .nhsuk-error-summary__title { "Nothing was done" } p { (plain(words)) } }
        }
        dl .pal-facts {
            div { dt { "Patient, as it names them" } dd { b { (patient(&it.head)) } } }
            div { dt { "State" } dd { (capital(it.state.as_str())) } }
            @if !matches!(it.state, State::Filed) { div { dt { "Why" } dd { (why(&it.state)) } } }
            div { dt { "Sender" } dd { (plain(&it.source)) } }
            div { dt { "Control id" } dd { code { (plain(&it.control_id)) } } }
            div { dt { "Arrived" } dd { (moment(&it.received_at)) } }
            div { dt { "Site" } dd { (it.site) } }
        }
        @if it.state.waits() { (decisions(sheet, &raw)) }
        (changed(sheet))
        (became(sheet.looked))
        (parts(&raw, at))
        h2 .pal-h2 { "As it came" }
        @let shown: String = lines(&raw).chars().take(RAW_CHARS_MAX).collect();
        div .pal-scroll role="region" aria-label="The message as it came" tabindex="0" { pre .pal-gallery__json { (plain(&shown)) } }
        p .pal-quiet { (sheet.looked.bytes.len()) " bytes. They are kept, whatever becomes of the message." }
    }
}

fn decisions(sheet: &Sheet<'_>, raw: &str) -> Markup {
    let it = &sheet.looked.waiting;
    let typed = |name: &str| {
        sheet
            .wrong
            .and_then(|(_, typed)| typed.one(name))
            .unwrap_or_default()
    };
    let copy = match typed("text") {
        "" => lines(raw),
        typed => lines(typed),
    };
    let editable = sheet.looked.bytes.len() <= EDITED_BYTES_MAX;
    let behind = matches!(it.state, State::Held { .. });
    html! {
        section .pal-card { div .pal-pad {
            h2 .pal-h2 { "What to do" }
            form method="post" action={ "/messages/" (it.waited.message) } novalidate {
                input type="hidden" name="form_token" value=(sheet.form_token);
                input type="hidden" name="since" value=(it.waited.since);
                @if behind { p .pal-p { "It is filed by itself once the message before it is dealt with." } }
                @else {
                    p .pal-p { "If what stood against it has been put right elsewhere, file it again as it is." }
                    button .nhsuk-button type="submit" name="decision" value="replay" { "File it again" }
                }
                @if editable {
                    div .nhsuk-form-group {
                        label .nhsuk-label for="text" { "Corrected copy" }
                        div .nhsuk-hint id="text-hint" { "One segment to a line. The copy is kept as a message of its own that says whose correction it is; the original stays as it came." }
                        textarea .nhsuk-textarea id="text" name="text" rows="12" spellcheck="false" autocomplete="off" aria-describedby="text-hint" { "\n" (copy) }
                    }
                    button .nhsuk-button .nhsuk-button--secondary type="submit" name="decision" value="correct" { "File the corrected copy" }
                } @else { p .pal-p { "It is too large to be corrected here: have its sender correct it and send it under a new control id, then drop this one." } }
                div .nhsuk-form-group {
                    label .nhsuk-label for="reason" { "Reason to drop it" }
                    div .nhsuk-hint id="reason-hint" { "What it says is not filed. Whoever looks for it reads this." }
                    input .nhsuk-input id="reason" name="reason" type="text" autocomplete="off" maxlength="500" aria-describedby="reason-hint" value=(typed("reason"));
                }
                button .nhsuk-button .nhsuk-button--secondary type="submit" name="decision" value="drop" { "Drop it" }
            }
        } }
    }
}

/// What filing it changed.
fn changed(sheet: &Sheet<'_>) -> Markup {
    let Some(entry) = &sheet.looked.filed else {
        return html! {};
    };
    html! {
        h2 .pal-h2 { "What it changed" }
        p .pal-p { "Commit " (entry.t) ", " (moment(&entry.at)) ", by " (plain(&entry.account)) "." }
        @if entry.changes.is_empty() { p .pal-absent { "Nothing: what it tells was in the record already, or is older than what is" } }
        @else { ul .pal-list { @for change in &entry.changes {
            @let kind = facts::kind(change.key.resource_type.as_str());
            @let chart = sheet.links && change.key.resource_type == ResourceType::PATIENT;
            li {
                @if chart { a href={ "/patients/" (crate::address::encoded(change.key.id.as_str())) } { (kind) } } @else { (kind) }
                " " @match change.what { What::Created => "(new)", What::Updated => "(changed)", What::Deleted => "(ended)", What::Existing | What::Absent => "" }
            }
        } } }
    }
}

/// All that became of it, oldest first.
fn became(looked: &Looked) -> Markup {
    html! {
        @if !looked.fates.is_empty() {
            h2 .pal-h2 { "What became of it" }
            ol .pal-list { @for fate in &looked.fates { li { (capital(fate.state.as_str())) " in commit " (fate.since) ". " (why(&fate.state)) } } }
        }
    }
}

fn parts(raw: &str, at: Option<&str>) -> Markup {
    let reading = Reading::of(raw);
    html! {
        h2 .pal-h2 { "In its parts" }
        @for segment in &reading.segments {
            @let label = match segment.occurrence { 1 => segment.name.clone(), more => format!("{} ({more})", segment.name) };
            section .pal-card .pal-card-flush { div .pal-scroll role="region" aria-label={ "Segment " (plain(&label)) } tabindex="0" { table .pal-table {
                caption .pal-table__caption { (plain(&label)) }
                thead { tr { th scope="col" { "Field" } th scope="col" { "Name" } th scope="col" { "Value" } } }
                tbody { @for field in &segment.fields { (part(field, at)) } }
            } } }
        }
        @if reading.more { p .pal-p { "There are more segments; they are below, as they came." } }
    }
}

fn part(field: &Field, at: Option<&str>) -> Markup {
    // The place of a component lies within its field.
    let fault = at.is_some_and(|at| {
        at.strip_prefix(field.place.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    });
    html! {
        tr .pal-row-warning[fault] {
            th scope="row" .pal-nw { (plain(&field.place)) @if fault { span .pal-line2 { "At fault" } } }
            td { (field.name) }
            td { @for (at, repetition) in field.repetitions.iter().enumerate() {
                @if at > 0 { br; }
                @for (at, component) in repetition.iter().enumerate() { @if at > 0 { span .pal-quiet { " ^ " } } (component) }
            } }
        }
    }
}
