//! The card on a patient's summary: the newest specimen, what the rule for acute kidney injury says, and what waits to be read.
//!
//! Invariant: it says nothing that the screen it leads to does not say, and what it could not read it does not pass over.

use sdk::screen::{Fact, Node, Paragraph, Part, Section};
use sdk::{Call, Failure, Screen};

use crate::aki::pack::AkiPack;
use crate::assessment::{Rules, Series, is_creatinine};
use crate::catalogue::Catalogue;
use crate::cumulative::{COLUMNS, unverified};
use crate::history::{creatinines, newest, person};
use crate::reports::{Waiting, waiting};
use crate::result::LabResult;

/// Draws the card.
///
/// # Errors
/// Any failure of the chart or the packs.
pub(crate) fn open(call: &Call<'_>) -> Result<Screen, Failure> {
    let aki = AkiPack::read(&call.packs.get("aki")?)?;
    let catalogue = Catalogue::read(&call.packs.get("catalogue")?)?;
    let read = newest(call.chart, None, COLUMNS)?;
    let newest = read.results.iter().filter(|it| it.taken.is_some());
    let Some((taken, at_ms)) = newest
        .max_by_key(|it| it.taken_ms())
        .and_then(|it| Some((it.taken.as_ref()?.0.clone(), it.taken_ms()?)))
    else {
        let none =
            "No result with a time of collection is in the record of any of the region's trusts.";
        return Ok(Screen::new(Section::new().child(Paragraph::new(none))));
    };
    let person = person(call)?;
    let rules = Rules {
        aki: &aki,
        catalogue: &catalogue,
        person: &person,
    };
    let parts = vec![
        Part::plain("Newest specimen: "),
        Part::strong(Fact::date(taken)),
        Part::plain("."),
    ];
    let kidney = kidney(call, &rules, at_ms)?;
    let has_kidney = kidney.is_some();
    let waiting = waiting(call.chart, &catalogue, &read.results)?;
    let root = Section::new()
        .child(Paragraph::new(parts))
        .children(kidney)
        .children(unread(&waiting))
        .children(unverified(&aki, &[], false).filter(|_| has_kidney));
    Ok(Screen::new(root))
}

/// What the rule says of the latest creatinine of the year before the newest specimen.
fn kidney(call: &Call<'_>, rules: &Rules<'_>, at_ms: i64) -> Result<Option<Node>, Failure> {
    let history = creatinines(call.chart, rules.aki, at_ms)?;
    let series = Series::new(rules.aki, &history.results);
    let is_shown =
        |it: &&LabResult| it.is_usable() && is_creatinine(rules.aki, it) && it.taken.is_some();
    let usable = history.results.iter().filter(is_shown);
    let Some(latest) = usable.max_by_key(|it| it.taken_ms()) else {
        return Ok(None);
    };
    let taken = latest.taken.as_ref().map(|(text, _)| text.as_str());
    let parts = vec![
        Part::strong(series.judge(rules, latest).short()),
        Part::plain(", by the creatinine taken "),
        Part::plain(Fact::date(taken.unwrap_or_default())),
        Part::plain("."),
    ];
    Ok(Some(Paragraph::new(parts).into()))
}

fn unread(waiting: &Waiting) -> Option<Node> {
    let or_more = if waiting.more { " or more" } else { "" };
    let words = match waiting.items.len() {
        0 => return None,
        1 => format!("1{or_more} report is not yet read."),
        many => format!("{many}{or_more} reports are not yet read."),
    };
    Some(Paragraph::new(words).into())
}
