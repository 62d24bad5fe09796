//! The screen with everything: the AKI alert, the trend of creatinine, the cumulative grid, what waits to be read.
//!
//! Invariant: what could not be read, judged or verified is said on the screen where it would have stood.

use std::collections::BTreeSet;

use sdk::screen::{
    Alert, AlertLevel, Card, Columns, EmptyState, Fact, Inset, Link, List, Node, Paragraph, Part,
    ResultGrid, Section, Table, TableColumn, TableRow, WarningCallout, Words,
};
use sdk::{Call, Failure, Parameters, Screen};

use crate::aki::Verdict;
use crate::aki::pack::AkiPack;
use crate::assessment::{Judgement, Rules, Series, is_creatinine};
use crate::calculated::{Calculations, explanation};
use crate::catalogue::Catalogue;
use crate::grid::{Drawn, draw};
use crate::history::{RESULTS_MAX, Read, creatinines, newest, person, untimed};
use crate::reports::{Waiting, waiting};
use crate::result::{Found, LabResult};
use crate::review::review_words;
use crate::trend::creatinine_card;
use sdk::moment::{DAY_MS, Moment};

/// Times of collection on one page.
pub(crate) const COLUMNS: usize = 8;

/// Draws the screen. With the parameter `before`, the columns before that moment.
///
/// # Errors
/// Any failure of the chart or the packs; `invalid` when `before` is not a moment.
pub(crate) fn open(call: &Call<'_>, parameters: &Parameters) -> Result<Screen, Failure> {
    let before = match parameters.get("before") {
        None => None,
        Some(text) => {
            let wrong = || {
                Failure::invalid(format!(
                    "`before` is `{text}`, which is not a FHIR dateTime"
                ))
            };
            Some(Moment::parse(text).ok_or_else(wrong)?.epoch_ms)
        }
    };
    let aki = AkiPack::read(&call.packs.get("aki")?)?;
    let catalogue = Catalogue::read(&call.packs.get("catalogue")?)?;
    let person = person(call)?;
    let rules = Rules {
        aki: &aki,
        catalogue: &catalogue,
        person: &person,
    };
    let read = newest(call.chart, before, COLUMNS)?;
    let oldest_ms = oldest_shown_ms(&read.results);
    let history = creatinines(call.chart, &aki, oldest_ms.unwrap_or_else(|| now_ms(call)))?;
    let series = Series::new(&aki, &history.results);
    let waiting = if before.is_none() {
        waiting(call.chart, &catalogue, &read.results)?
    } else {
        Waiting::default()
    };
    let calculations = Calculations::read(call)?;
    let unread = waiting.results();
    let mut drawn = draw(
        &rules,
        &series,
        &calculations,
        &read.results,
        &unread,
        COLUMNS,
    );

    let mut root = Section::new();
    if before.is_none() {
        root = root.children(acknowledge_link(&waiting));
        root = root.children(kidney(call, &rules, &series, &history)?);
    }
    root = root.children(truncated(&read, &history));
    let has_catalogue_ranges = drawn.has_catalogue_ranges;
    let how = explanation(&drawn.how);
    let of_calculated = std::mem::take(&mut drawn.unverified);
    root = root.child(grid(drawn, &read, before)).children(how);
    let idle = calculations.not_in_force();
    root = root.children((!idle.is_empty()).then(|| {
        let words = format!(
            "Not calculated, since the rules are not in force: {}.",
            idle.join(", ")
        );
        Inset::new(words)
    }));
    if before.is_none() {
        root = root.children(without_time(&read, &untimed(call.chart)?));
    }
    Ok(Screen::new(root.children(unverified(
        &aki,
        &of_calculated,
        has_catalogue_ranges,
    ))))
}

/// The moment of the call; the start of 1970 should the host give none that can be read.
pub(crate) fn now_ms(call: &Call<'_>) -> i64 {
    Moment::parse(&call.context.now()).map_or(0, |now| now.epoch_ms)
}

fn oldest_shown_ms(results: &[LabResult]) -> Option<i64> {
    let mut times: Vec<i64> = results.iter().filter_map(LabResult::taken_ms).collect();
    times.sort_unstable();
    times.dedup();
    times.iter().rev().take(COLUMNS).next_back().copied()
}

fn acknowledge_link(waiting: &Waiting) -> Option<Node> {
    let count = waiting.items.len();
    let or_more = if waiting.more { " or more" } else { "" };
    let text = match count {
        0 => return None,
        1 => format!("Acknowledge 1{or_more} report not yet read"),
        many => format!("Acknowledge {many}{or_more} reports not yet read"),
    };
    Some(Link::new(text, "acknowledge").into())
}

/// What the rule says of the latest creatinine, beside its trend.
fn kidney(
    call: &Call<'_>,
    rules: &Rules<'_>,
    series: &Series,
    history: &Read,
) -> Result<Option<Node>, Failure> {
    let is_shown =
        |it: &&LabResult| it.is_usable() && is_creatinine(rules.aki, it) && it.taken.is_some();
    let Some(latest) = history
        .results
        .iter()
        .filter(is_shown)
        .max_by_key(|it| it.taken_ms())
    else {
        return Ok(None);
    };
    let judgement = series.judge(rules, latest);
    let alert = alert(call, rules, &judgement, latest, series)?;
    let trend = creatinine_card(rules, &history.results, &judgement);
    Ok(Some(Columns::new().child(alert).children(trend).into()))
}

fn alert(
    call: &Call<'_>,
    rules: &Rules<'_>,
    judgement: &Judgement,
    latest: &LabResult,
    series: &Series,
) -> Result<Node, Failure> {
    let taken_ms = latest.taken_ms().unwrap_or_default();
    let is_recent = now_ms(call) - taken_ms <= i64::from(rules.aki.lowest_days) * DAY_MS;
    let taken = latest
        .taken
        .as_ref()
        .map_or(Fact::from("Not recorded"), |(text, _)| {
            Fact::date(text.as_str())
        });
    let reported = latest.number().map_or(String::new(), |it| {
        format!("{} {}", it.shown(), it.unit.replace("umol/L", "µmol/L"))
    });
    let words = [
        Part::plain("Creatinine "),
        Part::strong(reported.trim()),
        Part::plain(", taken "),
        Part::plain(taken),
        Part::plain(format!(". {}", judgement.long(rules.aki))),
    ];
    let (level, title) = match judgement.stage() {
        Some(_) if is_recent => (AlertLevel::Warning, judgement.short()),
        Some(_) => (
            AlertLevel::Information,
            format!("{} at the last creatinine", judgement.short()),
        ),
        None => match judgement.answer.as_ref().map(|it| it.verdict) {
            Err(_) => (AlertLevel::Warning, "AKI not judged".to_owned()),
            Ok(Verdict::Alert(..) | Verdict::NoAlert | Verdict::NoEarlier(_)) => {
                (AlertLevel::Information, judgement.short())
            }
        },
    };
    let mut alert = Alert::new(level, title, words);
    if let Some(stage) = judgement.stage().filter(|_| is_recent) {
        alert = alert.child(Alert::new(
            AlertLevel::Mandatory,
            "Review by a senior clinician",
            review_words(call.chart, rules.aki, stage, latest)?,
        ));
    }
    if series.left_out > 0 {
        let count = series.left_out;
        let text = format!(
            "{count} creatinine results could not be used as earlier ones: no time, no number, or a unit that is not known."
        );
        alert = alert.child(Paragraph::new(text));
    }
    let how = Link::new("How this was worked out", "trend");
    Ok(alert
        .child(how.parameters(&Parameters::default().with("test", "creatinine")))
        .into())
}

fn truncated(read: &Read, history: &Read) -> Option<Node> {
    let mut said: Vec<Words> = Vec::new();
    if read.results.len() >= RESULTS_MAX {
        said.push(format!("Only the newest {RESULTS_MAX} results were read.").into());
    }
    if history.more {
        said.push(
            "Not every creatinine of the year before was read: a baseline may be missing.".into(),
        );
    }
    if said.is_empty() {
        return None;
    }
    Some(
        WarningCallout::new(
            "Part of the history is missing",
            "This screen is not complete.",
        )
        .child(List::new(said))
        .into(),
    )
}

fn grid(drawn: Drawn, read: &Read, before: Option<i64>) -> Node {
    if drawn.columns.is_empty() {
        return match before {
            None => EmptyState::new("No laboratory results", "No result with a time of collection is in the record of any of the region's trusts."),
            Some(_) => EmptyState::new("No earlier results", "There is no result before those of the page you came from."),
        }
        .into();
    }
    let mut grid = ResultGrid::new("Cumulative results", drawn.columns, drawn.groups);
    if let Some(oldest) = drawn.oldest.filter(|_| read.more || drawn.earlier > 0) {
        let text = match (read.more, drawn.earlier) {
            (true, _) => "Earlier results".to_owned(),
            (false, 1) => "1 earlier column".to_owned(),
            (false, many) => format!("{many} earlier columns"),
        };
        grid = grid.earlier(
            &text,
            "cumulative",
            &Parameters::default().with("before", oldest),
        );
    }
    let mut card = Card::new().child(grid);
    if before.is_some() {
        card = card.child(Link::new("Newest results", "cumulative"));
    }
    card.into()
}

/// Results that the grid cannot place, whichever search found them.
fn without_time(read: &Read, untimed: &Read) -> Option<Node> {
    let mut seen = BTreeSet::new();
    let found = read
        .results
        .iter()
        .chain(&untimed.results)
        .filter(|it| it.taken.is_none());
    let found = found.filter(|it| seen.insert((it.reference.as_str(), it.name.as_str())));
    let rows: Vec<_> = found
        .map(|it| TableRow::new(vec![Fact::from(it.name.as_str()), fact(it)]))
        .collect();
    if rows.is_empty() {
        return None;
    }
    let columns = vec![
        TableColumn::new("test", "Test"),
        TableColumn::new("value", "Result"),
    ];
    let note = if untimed.more {
        "The first of more"
    } else {
        "All of them"
    };
    let title = "Results without a time of collection";
    Some(
        Card::new()
            .heading(title)
            .note(note)
            .child(Table::new(title, columns, rows))
            .into(),
    )
}

/// A result as one value.
pub(crate) fn fact(result: &LabResult) -> Fact {
    match &result.found {
        Found::Number(number) if number.unit.is_empty() => Fact::text(number.shown()),
        Found::Number(number) => Fact::text(format!("{} {}", number.shown(), number.unit)),
        Found::Words(words) => Fact::text(words.as_str()),
        Found::Nothing(why) => Fact::absent(*why),
    }
}

/// What nobody compared with its source, said where it is used.
pub(crate) fn unverified(
    aki: &AkiPack,
    of_calculated: &[String],
    has_catalogue_ranges: bool,
) -> Option<Node> {
    let each = aki.unverified.iter().chain(of_calculated);
    let mut said: Vec<Words> = each.map(|it| it.as_str().into()).collect();
    if has_catalogue_ranges {
        said.push("Ranges marked unverified come from this module's catalogue, since the laboratory gave none.".into());
    }
    if said.is_empty() {
        return None;
    }
    let words = "Parts of the rules on this screen are unverified: a clinical safety officer has not signed them.";
    Some(Inset::new(words).child(List::new(said)).into())
}
