//! The card on a patient's summary: critical results not told, acute kidney injury, what is held and what waits to be read.
//!
//! Invariant: it says nothing that the screens it leads to do not say; what is none is said as none, never left out.

use sdk::screen::{
    Alert, AlertLevel, Fact, Interpretation, List, Node, Paragraph, Part, Section, Words,
};
use sdk::{Call, Failure, Screen};

use crate::aki::pack::AkiPack;
use crate::assessment::{Rules, Series, is_creatinine};
use crate::authorise::AUTHORISE;
use crate::calls::{TOLD, open_calls};
use crate::catalogue::Catalogue;
use crate::cumulative::{COLUMNS, now_ms, unverified};
use crate::held::open_tasks;
use crate::history::{creatinines, newest, person};
use crate::range::flag_of;
use crate::reports::{Waiting, waiting};
use crate::result::{LabResult, line};

/// Draws the card.
///
/// # Errors
/// Any failure of the chart or the packs.
pub(crate) fn open(call: &Call<'_>) -> Result<Screen, Failure> {
    let aki = AkiPack::read(&call.packs.get("aki")?)?;
    let catalogue = Catalogue::read(&call.packs.get("catalogue")?)?;
    let person = person(call)?;
    let rules = Rules {
        aki: &aki,
        catalogue: &catalogue,
        person: &person,
    };
    let read = newest(call.chart, None, COLUMNS)?;
    let timed = read.results.iter().filter(|it| it.taken.is_some());
    let latest = timed.max_by_key(|it| it.taken_ms());
    let mut said: Vec<Words> = vec![specimen(latest)];
    let has_results = !read.results.is_empty();
    let kidney = kidney(call, &rules, latest)?;
    let is_judged = kidney.is_some();
    if has_results {
        said.push(kidney.unwrap_or_else(|| {
            let none = format!("No creatinine is recorded in the {} days before: acute kidney injury cannot be judged.", aki.median_days);
            none.into()
        }));
    }
    said.extend(flagged(&rules, &read.results, latest));
    let held = open_tasks(call.chart, AUTHORISE, "requested")?;
    said.push(counted(
        &held,
        "result is held in the laboratory",
        "results are held in the laboratory",
        "No result is held in the laboratory.",
    ));
    if has_results {
        said.push(unread(&waiting(call.chart, &catalogue, &read.results)?));
    }
    let root = Section::new()
        .children(critical(call)?)
        .child(List::new(said))
        .children(unverified(&aki, &[], false).filter(|_| is_judged));
    Ok(Screen::new(root))
}

/// What the laboratory, or a range, calls critical among the results of the newest specimen.
fn flagged(rules: &Rules<'_>, results: &[LabResult], latest: Option<&LabResult>) -> Option<Words> {
    let at_ms = latest.and_then(LabResult::taken_ms)?;
    let is_critical = |it: &&LabResult| {
        let flag = flag_of(rules, it);
        let critical = [Interpretation::CriticalLow, Interpretation::CriticalHigh];
        it.is_usable() && flag.is_some_and(|it| critical.contains(&it))
    };
    let of_newest = results.iter().filter(|it| it.taken_ms() == Some(at_ms));
    let said: Vec<_> = of_newest
        .filter(is_critical)
        .filter_map(|it| {
            let number = it.number()?;
            let place = rules.catalogue.place_of(it);
            let listed = place.and_then(|place| rules.catalogue.tests.get(place));
            let name = listed.map_or(&it.name, |test| &test.name);
            let value = format!("{name} {} {}", number.shown(), number.unit);
            Some(value.trim().to_owned())
        })
        .collect();
    (!said.is_empty()).then(|| {
        line(&format!(
            "Flagged critical at the newest specimen: {}.",
            said.join(", ")
        ))
        .into()
    })
}

/// Critical results that are open, or that there is none.
fn critical(call: &Call<'_>) -> Result<Vec<Node>, Failure> {
    let (calls, more) = open_calls(call.chart)?;
    if calls.is_empty() {
        let none = "No critical result of this departmental is open.";
        return Ok(vec![Paragraph::new(none).into()]);
    }
    let now_ms = now_ms(call);
    let alert = |it: &crate::held::Held| {
        let (level, state) = match (it.status == TOLD, it.due_ms()) {
            (true, _) => (AlertLevel::Warning, "Told; what was done is not recorded"),
            (false, Some(due)) if due > now_ms => (AlertLevel::Mandatory, "Nobody was told yet"),
            (false, _) => (AlertLevel::Mandatory, "Nobody was told, and it is overdue"),
        };
        let text = format!("{state}. {}", it.description);
        Node::from(Alert::new(level, "Critical result", text))
    };
    let mut drawn: Vec<Node> = calls.iter().map(alert).collect();
    if more {
        drawn.push(Paragraph::new("More critical results are open than are listed here.").into());
    }
    Ok(drawn)
}

fn specimen(latest: Option<&LabResult>) -> Words {
    match latest.and_then(|it| it.taken.as_ref()) {
        Some((taken, _)) => {
            let date = Part::strong(Fact::date(taken.as_str()));
            Words::from([Part::plain("Newest specimen: "), date, Part::plain(".")])
        }
        None => {
            "No result with a time of collection is in the record of any of the region's trusts."
                .into()
        }
    }
}

/// What the rule says of the latest creatinine of the year before the newest specimen.
fn kidney(
    call: &Call<'_>,
    rules: &Rules<'_>,
    newest: Option<&LabResult>,
) -> Result<Option<Words>, Failure> {
    let Some(at_ms) = newest.and_then(LabResult::taken_ms) else {
        return Ok(None);
    };
    let history = creatinines(call.chart, rules.aki, at_ms)?;
    let series = Series::new(rules.aki, &history.results);
    let is_shown =
        |it: &&LabResult| it.is_usable() && is_creatinine(rules.aki, it) && it.taken.is_some();
    let usable = history.results.iter().filter(is_shown);
    let Some(latest) = usable.max_by_key(|it| it.taken_ms()) else {
        return Ok(None);
    };
    let taken = latest.taken.as_ref().map(|(text, _)| text.as_str());
    Ok(Some(Words::from([
        Part::strong(series.judge(rules, latest).short()),
        Part::plain(", by the creatinine taken "),
        Part::plain(Fact::date(taken.unwrap_or_default())),
        Part::plain("."),
    ])))
}

fn counted<T>((items, more): &(Vec<T>, bool), one: &str, many: &str, none: &str) -> Words {
    let or_more = if *more { " or more" } else { "" };
    match items.len() {
        0 => none.into(),
        1 => format!("1{or_more} {one}.").into(),
        number => format!("{number}{or_more} {many}.").into(),
    }
}

fn unread(waiting: &Waiting) -> Words {
    let or_more = if waiting.more { " or more" } else { "" };
    match (waiting.items.len(), waiting.more) {
        (0, false) => "Every report has been read.".into(),
        (0, true) => {
            "Every report that was looked at has been read; older ones were not looked at.".into()
        }
        (1, _) => format!("1{or_more} report is not yet read.").into(),
        (many, _) => format!("{many}{or_more} reports are not yet read.").into(),
    }
}
