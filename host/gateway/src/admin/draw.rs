//! The administrator's pages drawn: the list of releases, and one release's sheet.
//!
//! Invariant: every tick box is empty until the administrator ticks it, or shows what is given now; what runs is never
//! said by colour alone.

use std::sync::Arc;

use maud::{Markup, html};
use record::departmental::manifest::{DeclaredView, Hook, Scope};
use record::departmental::setting::{Level, Setting, SettingKind};
use record::departmental::watch::Watched;
use record::departmental::{Release, Unfit};
use record::enablement::Enablement;
use serde_json::Value;

use super::{Trust, watched};
use crate::icon::{Icon, icon};
use crate::screen::sent::Typed;
use crate::written::plain;

/// What the page of one release is drawn from.
pub(super) struct Sheet<'a> {
    pub(super) release: &'a Release,
    pub(super) trusts: &'a [Trust],
    pub(super) watched: &'a [Watched],
    pub(super) form_token: &'a str,
    /// What was ticked and typed when the decision was refused.
    pub(super) typed: &'a Typed,
    pub(super) wrong: Option<&'a str>,
}

/// Every release, and what runs at the five trusts.
pub(super) fn list(releases: &[Arc<Release>], unfit: &[Unfit], trusts: &[Trust]) -> Markup {
    html! {
        h1 .pal-h1 { "Departmentals" }
        p .pal-p { "Every trust runs the same bytes. Nothing runs at your site that you did not enable, and it gets nothing that you did not give." }
        @if releases.is_empty() { p .pal-absent { "No release is published in the registry" } }
        @else {
            section .pal-card .pal-card-flush { div .pal-scroll role="region" aria-label="Releases" tabindex="0" { table .pal-table {
                thead { tr {
                    th scope="col" { "Departmental" } th scope="col" { "Version" } th scope="col" { "Supplier" } th scope="col" { "Digest" }
                    @for trust in trusts { th scope="col" .pal-own[trust.own] { abbr title=(trust.name) { (trust.code) } @if trust.own { " (yours)" } } }
                } }
                tbody { @for release in releases { tr {
                    th scope="row" { a href={ "/departmentals/" (release.digest) } { (plain(&release.manifest.name)) " " (plain(&release.version)) } }
                    td { (plain(&release.version)) }
                    td { (plain(&release.supplier)) span .pal-line2 { "Signed by key " (plain(&release.signed_by)) } }
                    td { (fingerprint(release.digest.as_str())) }
                    @for trust in trusts { td .pal-own[trust.own] { (state(release, trust)) } }
                } } }
            } } }
        }
        @if !unfit.is_empty() { (refused(unfit)) }
    }
}

/// What is published and not offered, each with what it needs.
fn refused(unfit: &[Unfit]) -> Markup {
    html! {
        section .pal-card .pal-card-flush {
            div .pal-card__head { h2 .pal-h2 { "Published, and cannot run here" } }
            ul .pal-bare { @for it in unfit { li .pal-pad {
                (icon(Icon::Prohibited)) " " b { (plain(&it.name)) " " (plain(&it.version)) } ": " (plain(&it.why))
            } } }
        }
    }
}

/// Whether this release runs at a trust, in a shape and a word.
fn state(release: &Release, trust: &Trust) -> Markup {
    match standing(release, trust) {
        Some(it) if it.enabled && it.digest == release.digest && it.held_back.is_some() => {
            html! { span .pal-nw { (icon(Icon::Warning)) " Held back" } }
        }
        Some(it) if it.enabled && it.digest == release.digest => {
            html! { span .pal-nw { (icon(Icon::Done)) " Enabled" } }
        }
        Some(it) if it.enabled => html! { span .pal-quiet { "Runs " (plain(&it.version)) } },
        Some(_) => html! { span .pal-quiet { "Stopped" } },
        None => html! { span .pal-quiet { "Not enabled" } },
    }
}

fn standing<'t>(release: &Release, trust: &'t Trust) -> Option<&'t Enablement> {
    trust
        .enabled
        .iter()
        .find(|it| it.departmental == release.id)
}

/// The first 8 hexadecimal digits as bars and as text: five equal digests look equal before they are read.
fn fingerprint(digest: &str) -> Markup {
    let short: String = digest
        .trim_start_matches("sha256:")
        .chars()
        .take(8)
        .collect();
    html! {
        span .pal-nw title=(digest) {
            svg .pal-print viewBox="0 0 32 16" width="32" height="16" aria-hidden="true" {
                @for (at, digit) in short.chars().enumerate() {
                    @let tall = digit.to_digit(16).unwrap_or(0) + 1;
                    rect x=(at * 4) width="3" y=(16 - tall) height=(tall) {}
                }
            }
            " " code { (short) }
        }
    }
}

/// One release: what it is, what it asks for, the decision.
pub(super) fn release(sheet: &Sheet<'_>) -> Markup {
    let (release, manifest) = (sheet.release, &sheet.release.manifest);
    let own = sheet.trusts.iter().find(|trust| trust.own);
    let here = own.and_then(|trust| standing(release, trust));
    let running = here.filter(|it| it.enabled);
    html! {
        p { a href="/departmentals" { "Departmentals" } " / " (plain(&manifest.name)) }
        h1 .pal-h1 { (plain(&manifest.name)) " " (plain(&release.version)) }
        dl .pal-facts {
            div { dt { "Supplier" } dd { (plain(&release.supplier)) } }
            div { dt { "Signed by key" } dd { code { (plain(&release.signed_by)) } } }
            div { dt { "Digest" } dd { (fingerprint(release.digest.as_str())) " " code .pal-digest { (release.digest) } } }
            div { dt { "Contract" } dd { (plain(&manifest.contract)) } }
            @if let Some(own) = own { div { dt { "At your site" } dd { (state(release, own)) @if let Some(it) = running { " since commit " (it.since) ", by " (plain(&it.by)) } } } }
        }
        @if let Some(words) = sheet.wrong {
            div .nhsuk-error-summary role="alert" { h2 .nhsuk-error-summary__title { "Nothing was changed" } p { (words) } }
        }
        @if let Some(it) = running.filter(|it| it.digest == release.digest) { (watched::held_back(release, it, sheet.form_token)) }
        (watched::figures(release, sheet.watched))
        form method="post" action={ "/departmentals/" (release.digest) } novalidate {
            input type="hidden" name="form_token" value=(sheet.form_token);
            (asks(sheet, running))
            (reactions(release))
            (settings(sheet, here))
            div .pal-decide {
                button .nhsuk-button type="submit" name="decision" value="enable" {
                    (match running { None => "Enable at my site", Some(it) if it.digest == release.digest => "Keep it enabled with this", Some(_) => "Change to this version" })
                }
            }
        }
        @if running.is_some() { (stop(sheet)) }
        (elsewhere(sheet))
    }
}

fn asks(sheet: &Sheet<'_>, running: Option<&Enablement>) -> Markup {
    let manifest = &sheet.release.manifest;
    let ticked = |name: &str, value: &str, given: bool| {
        if sheet.typed.is_empty() {
            given
        } else {
            sheet.typed.all(name).iter().any(|it| it == value)
        }
    };
    html! {
        h2 .pal-h2 { "What it asks for" }
        p .pal-p { "It gets nothing that you do not tick." }
        @for read in &manifest.reads {
            @let given = running.is_some_and(|it| it.reads.contains(&read.resource_type));
            (ask("read", &read.resource_type, &format!("Read {}", read.resource_type), &read.reason, ticked("read", &read.resource_type, given)))
        }
        @for view in &manifest.views {
            @let given = running.is_some_and(|it| it.views.contains(&view.id));
            (ask("view", &view.id, &columns(view), &view.reason, ticked("view", &view.id, given)))
        }
        @for it in &manifest.hooks {
            @let (hook, when) = (it.hook.as_str(), words(it.hook));
            @let given = running.is_some_and(|it| it.hooks.iter().any(|known| known == hook));
            (ask("hook", hook, when, &it.reason, ticked("hook", hook, given)))
        }
        @for it in &manifest.intake {
            @let given = running.is_some_and(|here| here.intake.contains(&it.format));
            (ask("intake", &it.format, &format!("Be given every message {}, and file what it says", it.format), &it.reason, ticked("intake", &it.format, given)))
        }
        @for write in &manifest.writes {
            @for action in &write.actions {
                @let value = format!("{}:{}", write.resource_type, action.as_str());
                @let given = running.is_some_and(|it| it.writes.iter().any(|(name, actions)| {
                    *name == write.resource_type && actions.iter().any(|it| it == action.as_str())
                }));
                (ask("write", &value, &format!("Write: {} {}", action.as_str(), write.resource_type), &write.reason, ticked("write", &value, given)))
            }
        }
        @if manifest.reads.is_empty() && manifest.views.is_empty() && manifest.hooks.is_empty() && manifest.intake.is_empty() && manifest.writes.is_empty() { p .pal-absent { "It asks to read and write nothing" } }
    }
}

/// When a departmental is asked.
fn words(hook: Hook) -> &'static str {
    match hook {
        Hook::PatientView => {
            "Be asked for advice whenever a patient's chart is opened, and show it there"
        }
    }
}

/// What a view tells: the columns, and by what else its resources are found.
fn columns(view: &DeclaredView) -> String {
    let columns = view.view.columns().iter();
    let names: Vec<&str> = columns.map(|column| column.name.as_str()).collect();
    let whose = match view.scope {
        Scope::Patient => "of the one patient whose chart is open",
        Scope::Own => "of this site itself and about no patient, as departmentals wrote it",
        Scope::Site => "of ALL patients whom this site cares for, in lists about many of them",
    };
    let of = format!(
        "{}: {} of {}, {whose}",
        view.title,
        names.join(", "),
        view.resource_type()
    );
    match view.search.as_slice() {
        [] => of,
        search => format!("{of}, found by {}", search.join(", ")),
    }
}

fn ask(name: &str, value: &str, title: &str, reason: &str, is_ticked: bool) -> Markup {
    let id = format!("{name}-{value}");
    html! {
        div .pal-card { div .pal-card__body .pal-ask {
            div { p { b { (title) } } p .pal-quiet { "Why, in the supplier's words: " (plain(reason)) } }
            div .nhsuk-checkboxes { div .nhsuk-checkboxes__item {
                input .nhsuk-checkboxes__input type="checkbox" id=(id) name=(name) value=(value) checked[is_ticked];
                label .nhsuk-label .nhsuk-checkboxes__label for=(id) { "Give it" span .nhsuk-u-visually-hidden { ": " (title) } }
            } }
        } }
    }
}

fn reactions(release: &Release) -> Markup {
    html! {
        @if !release.manifest.reactions.is_empty() {
            h2 .pal-h2 { "What it reacts to" }
            ul .pal-list { @for it in &release.manifest.reactions {
                li {
                    (it.resource_type) ", when it is " (it.on.iter().map(|on| match on.as_str() { "create" => "new", _other => "changed" }).collect::<Vec<_>>().join(" or "))
                    @if let Some(condition) = &it.condition { ", where " code { (plain(condition)) } }
                }
            } }
        }
    }
}

fn settings(sheet: &Sheet<'_>, here: Option<&Enablement>) -> Markup {
    let all = &sheet.release.manifest.settings;
    html! {
        @if !all.is_empty() { h2 .pal-h2 { "Settings" } }
        @for setting in all {
            @let set = here.and_then(|it| it.settings.get(&setting.name)).unwrap_or(&setting.default);
            @let shown = match set { Value::String(text) => plain(text), other => other.to_string() };
            @if setting.level == Level::Regional {
                dl .pal-facts { div {
                    dt { (setting.name) }
                    dd { (shown) " " span .pal-quiet { "Set for the whole region, since it changes clinical meaning. " (plain(&setting.reason)) } }
                } }
            } @else {
                (input(setting, sheet.typed.one(&format!("setting.{}", setting.name)).unwrap_or(&shown)))
            }
        }
    }
}

fn input(setting: &Setting, value: &str) -> Markup {
    let id = format!("setting.{}", setting.name);
    let options: Vec<&str> = match setting.kind {
        SettingKind::Boolean => vec!["true", "false"],
        SettingKind::Choice => setting.options.iter().map(String::as_str).collect(),
        SettingKind::Text | SettingKind::Integer | SettingKind::Decimal => Vec::new(),
    };
    html! {
        div .nhsuk-form-group {
            label .nhsuk-label for=(id) { (setting.name) }
            div .nhsuk-hint id={ (id) "-hint" } { (plain(&setting.reason)) }
            @if options.is_empty() {
                input .nhsuk-input .nhsuk-input--width-20 type="text" id=(id) name=(id) value=(value) autocomplete="off" aria-describedby={ (id) "-hint" };
            } @else {
                select .nhsuk-select id=(id) name=(id) aria-describedby={ (id) "-hint" } {
                    @for option in options { option value=(option) selected[option == value] { (option) } }
                }
            }
        }
    }
}

fn stop(sheet: &Sheet<'_>) -> Markup {
    html! {
        section .pal-card { div .pal-card__body {
            h2 .pal-h2 { "Stop it at your site" }
            p .pal-p { "Its screens leave the menu and it no longer reacts. What it wrote stays in the record." }
            form method="post" action={ "/departmentals/" (sheet.release.digest) } novalidate {
                input type="hidden" name="form_token" value=(sheet.form_token);
                div .nhsuk-form-group {
                    label .nhsuk-label for="reason" { "Reason" }
                    input .nhsuk-input id="reason" name="reason" type="text" value=(sheet.typed.one("reason").unwrap_or_default()) autocomplete="off" maxlength="500";
                }
                button .nhsuk-button .nhsuk-button--warning type="submit" name="decision" value="disable" { "Stop it" }
            }
        } }
    }
}

fn elsewhere(sheet: &Sheet<'_>) -> Markup {
    html! {
        h2 .pal-h2 { "At the trusts" }
        section .pal-card .pal-card-flush { div .pal-scroll role="region" aria-label="At the trusts" tabindex="0" { table .pal-table {
            thead { tr { th scope="col" { "Trust" } th scope="col" { "State" } th scope="col" { "Digest" } } }
            tbody { @for trust in sheet.trusts { tr .pal-own[trust.own] {
                th scope="row" { (trust.name) " (" (trust.code) ")" @if trust.own { " – yours" } }
                td { (state(sheet.release, trust)) }
                td { @match standing(sheet.release, trust) { Some(it) => (fingerprint(it.digest.as_str())), None => span .pal-quiet { "Not enabled" } } }
            } } }
        } } }
    }
}
