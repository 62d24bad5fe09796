//! What a release does, for whoever decides whether it runs: how often it was asked, how it did, what it used.
//!
//! Invariant: what is held back is said first, with the button that lets it run again; figures are of this host since it
//! was started, and say so.

use maud::{Markup, html};
use record::clock::rfc3339;
use record::departmental::Release;
use record::departmental::watch::Watched;
use record::enablement::Enablement;

use crate::icon::{Icon, icon};
use crate::written::{moment, plain};

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

/// That the host asks it nothing, and the button that lets it run again.
pub(super) fn held_back(release: &Release, here: &Enablement, form_token: &str) -> Markup {
    html! {
        @if let Some(why) = &here.held_back {
            div .pal-alert .pal-alert-warning role="alert" {
                p .pal-alert__title { (icon(Icon::Warning)) " It is held back at your site" }
                p { (plain(&release.manifest.name)) " " (plain(&here.version)) " is asked nothing: " (plain(why)) ". Its screens say so, and what it should have reacted to is kept for it." }
                p { "Talk to the supplier, enable another version, or let it run again." }
                form method="post" action={ "/departmentals/" (release.digest) } novalidate {
                    input type="hidden" name="form_token" value=(form_token);
                    button .nhsuk-button .nhsuk-button--secondary type="submit" name="decision" value="run-again" { "Let it run again" }
                }
            }
        }
    }
}

/// What it did at each site, a row each.
pub(super) fn figures(release: &Release, watched: &[Watched]) -> Markup {
    let of: Vec<&Watched> = watched
        .iter()
        .filter(|it| it.post.digest == release.digest)
        .collect();
    html! {
        h2 .pal-h2 { "What it does" }
        p .pal-p .pal-quiet { "Counted by this host since it was started." }
        @if of.is_empty() { p .pal-absent { "It was not asked yet" } }
        @else {
            section .pal-card .pal-card-flush { div .pal-scroll role="region" aria-label="What it does" tabindex="0" { table .pal-table {
                thead { tr {
                    th scope="col" { "Site" } th scope="col" { "Questions" } th scope="col" { "Time: half, 99 of 100 within" }
                    th scope="col" { "Failed" } th scope="col" { "Refused" } th scope="col" { "Not asked" }
                    th scope="col" { "Memory at most" } th scope="col" { "Answer at most" } th scope="col" { "Read" } th scope="col" { "Calls of the host" }
                } }
                tbody { @for it in of { (row(it)) } }
            } } }
        }
    }
}

fn row(it: &Watched) -> Markup {
    let figures = &it.figures;
    let failures = [
        (figures.traps, "stopped itself"),
        (figures.timeouts, "out of time"),
        (figures.limits, "wanted too much"),
        (figures.malformed, "unusable answer"),
    ];
    html! {
        tr {
            th scope="row" {
                (it.post.site)
                @if let Some(until_ms) = it.rests_until_ms { span .pal-line2 { (icon(Icon::Warning)) " Rests until " (moment(&rfc3339(until_ms))) } }
            }
            td { (figures.calls) }
            td .pal-nw { (time(figures.p50_us)) ", " (time(figures.p99_us)) @if figures.waited_us_max > 0 { span .pal-line2 { "Waited at most " (time(figures.waited_us_max)) } } }
            td {
                (failures.iter().map(|(count, _)| count).sum::<u64>())
                @for (count, how) in failures { @if count > 0 { span .pal-line2 { (count) " " (how) } } }
            }
            td { (figures.refused) }
            td { (figures.turned_away) }
            td .pal-nw { (bytes(figures.memory_bytes_max)) }
            td .pal-nw { (bytes(figures.answer_bytes_max)) }
            td .pal-nw { (bytes(figures.read_bytes)) }
            td { (figures.host_calls) }
        }
    }
}

/// Microseconds in the unit in which they are read.
fn time(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..10_000 => format!("{}.{} ms", us / 1_000, us % 1_000 / 100),
        10_000.. => format!("{} ms", us / 1_000),
    }
}

fn bytes(bytes: u64) -> String {
    match bytes {
        0 => "–".to_owned(),
        1..MIB => format!("{} KiB", bytes.div_ceil(KIB)),
        MIB.. => format!("{} MiB", bytes.div_ceil(MIB)),
    }
}

#[cfg(test)]
mod tests;
