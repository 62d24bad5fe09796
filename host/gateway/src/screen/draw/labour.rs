//! The chart of a labour: every lane on one axis of time, alerts as shapes and words, the future grey and empty.
//!
//! Invariant: a reading that alerts is never told by colour alone; what was not assessed is said and breaks the line.

mod lane;

use maud::{Markup, html};

use super::super::node::{At, LabourChart, Lane, Reading};
use super::super::word::When;
use super::value::when;
use super::{Pen, absent, title};
use crate::chart::{Scale, ms, xy};
use crate::icon::{Icon, icon};
use crate::written;

const LEFT: f64 = 176.0;
const RIGHT: f64 = 870.0;
/// Room for what is written beside the newest reading and the limits.
const EDGE: f64 = 150.0;
const HEAD: f64 = 34.0;
const GROUP: f64 = 22.0;
const HOUR_MS: i64 = 3_600_000;

/// What every lane is drawn with.
struct Sheet {
    time: Scale,
    /// Where now is; without it the end. No reading is written to the right of it but the newest.
    now: f64,
}

impl Sheet {
    fn x(&self, when: &When) -> f64 {
        self.time.place(ms(when.first_ms()))
    }
}

impl Pen<'_> {
    pub(super) fn labour(&self, it: &LabourChart, at: At, level: u8) -> Markup {
        html! {
            figure .pal-figure {
                figcaption { (title(&it.title, None, level)) p .pal-quiet { "Alerts by " (it.rules.as_str()) ". Newest on the right." } }
                div .pal-scroll .pal-scroll-newest[it.now.is_none()] role="region" aria-label=(it.title.as_str()) tabindex="0" {
                    (drawing(it, at))
                    @if let Some(now) = &it.now { (in_sight(now, it)) }
                }
                (alerts(it))
                details .nhsuk-details .pal-details {
                    summary .nhsuk-details__summary { span .nhsuk-details__summary-text { "Show all readings as a table" } }
                    (table(it))
                }
            }
        }
    }
}

fn lanes(it: &LabourChart) -> impl Iterator<Item = &Lane> {
    it.groups.iter().flat_map(|group| &group.lanes)
}

fn time(it: &LabourChart) -> Scale {
    Scale {
        from: ms(it.from.first_ms()),
        to: ms(it.to.first_ms()),
        start: LEFT,
        end: RIGHT,
    }
}

fn drawing(it: &LabourChart, at: At) -> Markup {
    let time = time(it);
    let now = it.now.as_ref().map(|now| time.place(ms(now.first_ms())));
    let sheet = Sheet {
        time,
        now: now.unwrap_or(RIGHT),
    };
    let mut top = HEAD;
    let mut drawn = Vec::new();
    for group in &it.groups {
        drawn.push(html! {
            rect .c-group x="0" y=(xy(top)) width=(RIGHT + EDGE) height=(GROUP) {}
            text .c-strong x="6" y=(xy(top + 15.5)) { (group.title.as_str()) }
        });
        top += GROUP;
        for lane in &group.lanes {
            let (height, marks) = lane::lane(lane, &sheet, top);
            drawn.push(html! {
                line .c-grid x1="0" x2=(RIGHT + EDGE) y1=(xy(top + height)) y2=(xy(top + height)) {}
                (marks)
            });
            top += height;
        }
    }
    let (title_id, text_id) = (format!("labour-{at}-t"), format!("labour-{at}-d"));
    html! {
        svg .pal-labour role="img" viewBox=(format!("0 0 {} {}", RIGHT + EDGE, xy(top))) width=(RIGHT + EDGE) height=(xy(top)) aria-labelledby=(format!("{title_id} {text_id}")) {
            title id=(title_id) { (it.title.as_str()) }
            desc id=(text_id) { (spoken(it)) }
            (hours(it, &sheet, top))
            @for part in drawn { (part) }
            @if let Some(now) = &it.now { (now_line(now, &sheet, top)) }
        }
    }
}

/// The hours, and what lies after now.
fn hours(it: &LabourChart, sheet: &Sheet, foot: f64) -> Markup {
    let (from, to) = (it.from.first_ms(), it.to.first_ms());
    let first = from + (HOUR_MS - from.rem_euclid(HOUR_MS)) % HOUR_MS;
    let every = if to - from > 14 * HOUR_MS { 2 } else { 1 };
    let hours: Vec<i64> = (0..=25)
        .map(|n| first + n * every * HOUR_MS)
        .take_while(|hour| *hour <= to)
        .collect();
    html! {
        @if let Some(now) = &it.now {
            rect .c-future x=(xy(sheet.x(now))) y=(HEAD) width=(xy((RIGHT - sheet.x(now)).max(0.0))) height=(xy(foot - HEAD)) {}
        }
        @for hour in hours {
            @let x = xy(sheet.time.place(ms(hour)));
            line .c-grid x1=(x) x2=(x) y1=(HEAD) y2=(xy(foot)) {}
            text .c-axis text-anchor="middle" x=(x) y=(HEAD - 4.0) { (clock(hour)) }
        }
    }
}

fn clock(at_ms: i64) -> String {
    fhir::date::instant(at_ms)
        .and_then(|instant| written::time(&instant))
        .unwrap_or_default()
}

fn now_line(now: &When, sheet: &Sheet, foot: f64) -> Markup {
    let x = xy(sheet.x(now));
    html! {
        line .c-now x1=(x) x2=(x) y1="16" y2=(xy(foot)) {}
        text .c-strong text-anchor="middle" x=(x) y="12" { "Now " (written::time(now.as_str()).unwrap_or_default()) }
    }
}

/// What a narrow window is scrolled to at first: the readings before now, not the hours that are still to come.
fn in_sight(now: &When, it: &LabourChart) -> Markup {
    let width = time(it).place(ms(now.first_ms()));
    html! {
        div .pal-labour__now aria-hidden="true" { svg width=(xy(width)) height="1" focusable="false" aria-hidden="true" {} span {} }
    }
}

/// A reading as it is to be read.
fn read(lane: &Lane, it: &Reading) -> String {
    let unit = lane
        .unit
        .as_ref()
        .map(|unit| format!(" {}", written::unit(unit.as_str())));
    let number = match (&it.value, &it.lower) {
        (Some(upper), Some(lower)) => format!("{}/{}", upper.as_str(), lower.as_str()),
        (Some(value), None) => value.as_str().to_owned(),
        (None, _) => {
            return match (&it.word, it.absent) {
                (Some(word), _) => word.as_str().to_owned(),
                (None, Some(why)) => absent(why).to_owned(),
                (None, None) => written::NOT_RECORDED.to_owned(),
            };
        }
    };
    format!("{number}{}", unit.unwrap_or_default())
}

/// What alerts at the newest reading of each lane.
fn alerts(it: &LabourChart) -> Markup {
    let now: Vec<(&Lane, &Reading)> = lanes(it)
        .filter_map(|lane| Some((lane, lane.readings.last()?)))
        .filter(|(lane, reading)| lane.alerts(reading))
        .collect();
    html! {
        @if !now.is_empty() {
            ul .pal-bare .pal-labour__alerts {
                @for (lane, reading) in now {
                    li { (icon(Icon::Warning)) " " b { "Alert: " (lane.label.as_str()) " " (read(lane, reading)) } " " span .pal-quiet { (when(&reading.when)) } }
                }
            }
        }
    }
}

fn spoken(it: &LabourChart) -> String {
    let n = lanes(it).map(|lane| lane.readings.len()).sum::<usize>();
    let newest = lanes(it).filter_map(|lane| {
        let last = lane.readings.last()?;
        let alert = if lane.alerts(last) { " (alert)" } else { "" };
        Some(format!(
            "{} {}{alert}",
            lane.label.as_str(),
            read(lane, last)
        ))
    });
    format!(
        "{n} readings from {} to {}. Newest: {}. All of them are in the table below.",
        written::moment(it.from.as_str()),
        written::moment(it.to.as_str()),
        newest.collect::<Vec<_>>().join("; ")
    )
}

/// Every reading, newest on top.
fn table(it: &LabourChart) -> Markup {
    let mut readings: Vec<(&Lane, &Reading)> = lanes(it)
        .flat_map(|lane| lane.readings.iter().map(move |reading| (lane, reading)))
        .collect();
    readings.sort_by_key(|(_, reading)| std::cmp::Reverse(reading.when.first_ms()));
    html! {
        div .pal-scroll role="region" aria-label={ (it.title.as_str()) ", as a table" } tabindex="0" {
            table .pal-table {
                caption .nhsuk-u-visually-hidden { (it.title.as_str()) }
                thead { tr { th scope="col" { "When" } th scope="col" { "What" } th scope="col" { "Reading" } } }
                tbody {
                    @for (lane, reading) in readings {
                        tr {
                            td { (when(&reading.when)) }
                            td { (lane.label.as_str()) }
                            td { @if lane.alerts(reading) { (icon(Icon::Warning)) " Alert: " } (read(lane, reading)) }
                        }
                    }
                }
            }
        }
    }
}
