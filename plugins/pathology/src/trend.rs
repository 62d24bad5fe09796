//! One test over time: its chart, and every result in a table, the newest on top.
//!
//! Invariant: one chart has one unit; a result that is no number stands in the table and is not drawn.

mod line;

use std::collections::BTreeMap;

use sdk::screen::{
    Absent, Card, ClinicalValue, Details, EmptyState, Fact, List, Node, Paragraph, Previous,
    Quantity, Section, Table, TableColumn, TableRow, Tone, WarningCallout, Words,
};
use sdk::{Call, Failure, Parameters, Screen};

use crate::aki::pack::AkiPack;
use crate::aki::words::{baseline_text, umol_l_text};
use crate::assessment::{Judgement, Rules, Series, is_creatinine};
use crate::catalogue::{Catalogue, Test};
use crate::cumulative::{fact, unverified};
use crate::grid::status_note;
use crate::history::{Read, creatinines, of_codes, person};
use crate::range::{flag_of, is_abnormal, range_of};
use crate::result::{Found, LabResult};

/// Rows of the table; the chart has every result that is a number.
const ROWS_MAX: usize = 200;
/// Points of the chart beside an alert, which is looked at in passing.
const CARD_POINTS_MAX: usize = 100;
/// Charts on one screen; more units than these are in the table alone.
const CHARTS_MAX: usize = 4;

/// Draws the screen of the test named by the parameter `test`: an id of the catalogue, or `system|code`.
///
/// # Errors
/// Any failure of the chart or the packs; `invalid` without `test` or with one that names no code.
pub(crate) fn open(call: &Call<'_>, parameters: &Parameters) -> Result<Screen, Failure> {
    let wanted = parameters.required("test")?;
    let aki = AkiPack::read(&call.packs.get("aki")?)?;
    let catalogue = Catalogue::read(&call.packs.get("catalogue")?)?;
    let person = person(call)?;
    let rules = Rules {
        aki: &aki,
        catalogue: &catalogue,
        person: &person,
    };
    let read = of_codes(call.chart, &codes_of(&catalogue, wanted)?)?;
    let name = catalogue.test(wanted).map(|test| test.name.clone());
    let name = name
        .or_else(|| read.results.first().map(|it| it.name.clone()))
        .unwrap_or_else(|| "Test".to_owned());
    let title = format!("{name} over time");

    let mut root = Section::new();
    if read.results.is_empty() {
        let text = "No result of this test is in the record of any of the region's trusts.";
        return Ok(Screen::new(root.child(EmptyState::new("No results", text))).title(title));
    }
    if read.more {
        let text = format!(
            "Only the newest {} results of this test are shown.",
            read.results.len()
        );
        root = root.child(WarningCallout::new("Part of the history is missing", text));
    }
    let latest = read
        .results
        .iter()
        .filter(|it| it.is_usable() && it.taken.is_some())
        .max_by_key(|it| it.taken_ms());
    let judgement = match latest.filter(|it| is_creatinine(&aki, it)) {
        Some(latest) => {
            let history = history(call, &aki, catalogue.test(wanted), &read, latest)?;
            Some(history.judge(&rules, latest))
        }
        None => None,
    };
    if let Some(judgement) = &judgement {
        root = root.child(explained(&aki, judgement));
    }
    let (charts, has_catalogue_ranges) = charts(&rules, &name, &read, judgement.as_ref());
    root = root
        .children(charts)
        .child(table(&rules, &name, &read.results));
    let is_ruled = judgement.is_some() || has_catalogue_ranges;
    let notes = is_ruled
        .then(|| unverified(&aki, &[], has_catalogue_ranges))
        .flatten();
    Ok(Screen::new(root.children(notes)).title(title))
}

/// What the latest creatinine is judged by: what was read of the test, where that is every creatinine, else its year before.
fn history(
    call: &Call<'_>,
    aki: &AkiPack,
    test: Option<&Test>,
    read: &Read,
    latest: &LabResult,
) -> Result<Series, Failure> {
    let of_all = |test: &Test| aki.codes.iter().all(|code| test.codes.contains(code));
    if !read.more && test.is_some_and(of_all) {
        return Ok(Series::new(aki, &read.results));
    }
    let history = creatinines(call.chart, aki, latest.taken_ms().unwrap_or_default())?;
    Ok(Series::new(aki, &history.results))
}

fn codes_of(catalogue: &Catalogue, wanted: &str) -> Result<String, Failure> {
    let one = |system: &str, code: &str| {
        if system.is_empty() {
            code.to_owned()
        } else {
            format!("{system}|{code}")
        }
    };
    if let Some(test) = catalogue.test(wanted) {
        let codes: Vec<_> = test
            .codes
            .iter()
            .map(|(system, code)| one(system, code))
            .collect();
        return Ok(codes.join(","));
    }
    // What comes from a link goes into a search: nothing in it may begin another parameter or another code.
    let is_one = !wanted.is_empty() && wanted.len() <= 300 && !wanted.contains([',', '\\', '$']);
    if is_one {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/|".contains(&byte);
        let each = wanted.bytes().map(|it| {
            if plain(it) {
                char::from(it).to_string()
            } else {
                format!("%{it:02X}")
            }
        });
        return Ok(each.collect());
    }
    Err(Failure::invalid(format!(
        "`test` is `{wanted}`, which is neither a test of the catalogue nor system|code"
    )))
}

/// How the rule came to its answer.
fn explained(aki: &AkiPack, judgement: &Judgement) -> Node {
    let mut said: Vec<Words> = vec![judgement.long(aki).into()];
    if let Some(baseline) = judgement.answer.as_ref().ok().and_then(|it| it.baseline) {
        let (value, how) = (umol_l_text(baseline.umol_l), baseline_text(aki, baseline));
        said.push(format!("Baseline {value} µmol/L: {how}.").into());
    }
    said.push("Results of every trust in the region are looked at, by the time elapsed between specimens.".into());
    Details::new("How the AKI rule was worked out")
        .child(List::new(said))
        .into()
}

/// One chart for each unit, and whether any band is the catalogue's.
fn charts(
    rules: &Rules<'_>,
    name: &str,
    read: &Read,
    judgement: Option<&Judgement>,
) -> (Vec<Node>, bool) {
    let mut by_unit: BTreeMap<&str, Vec<&LabResult>> = BTreeMap::new();
    for result in read
        .results
        .iter()
        .filter(|it| it.is_usable() && it.number().is_some() && it.taken.is_some())
    {
        by_unit.entry(result.unit()).or_default().push(result);
    }
    let left_out = by_unit.len().saturating_sub(CHARTS_MAX);
    let mut has_catalogue_ranges = false;
    let mut nodes: Vec<Node> = Vec::new();
    for (unit, mut results) in by_unit.into_iter().take(CHARTS_MAX) {
        results.sort_by_key(|it| it.taken_ms());
        let heading = if unit.is_empty() {
            name.to_owned()
        } else {
            format!("{name}, {unit}")
        };
        let mut card = Card::new().heading(heading);
        if let Some(latest) = results.last() {
            has_catalogue_ranges |= range_of(rules, latest).is_some_and(|(_, is_own)| !is_own);
            card = card.child(latest_value(
                rules,
                name,
                latest,
                results.iter().rev().nth(1).copied(),
            ));
        }
        nodes.push(
            card.child(line::chart(rules, name, unit, &results, judgement))
                .into(),
        );
    }
    if left_out > 0 {
        nodes.push(
            Paragraph::new(format!(
                "Results in {left_out} more units are in the table only."
            ))
            .into(),
        );
    }
    (nodes, has_catalogue_ranges)
}

/// The latest creatinine with its chart, for the cumulative screen.
pub(crate) fn creatinine_card(
    rules: &Rules<'_>,
    results: &[LabResult],
    judgement: &Judgement,
) -> Option<Node> {
    let is_shown = |it: &&LabResult| {
        it.is_usable()
            && is_creatinine(rules.aki, it)
            && it.number().is_some()
            && it.taken.is_some()
    };
    let mut shown: Vec<&LabResult> = results.iter().filter(is_shown).collect();
    shown.sort_by_key(|it| it.taken_ms());
    let unit = shown.last()?.unit();
    shown.retain(|it| it.unit() == unit);
    let latest = *shown.last()?;
    let value = latest_value(
        rules,
        "Creatinine",
        latest,
        shown.iter().rev().nth(1).copied(),
    );
    let all = shown.len();
    let drawn = shown.split_off(all.saturating_sub(CARD_POINTS_MAX));
    let chart = line::chart(rules, "Creatinine", unit, &drawn, Some(judgement));
    let card = Card::new().child(value).child(chart);
    if drawn.len() == all {
        return Some(card.into());
    }
    let words = format!(
        "The newest {} of {all} creatinines are drawn; the test's own screen has the others.",
        drawn.len()
    );
    Some(card.child(Paragraph::new(words)).into())
}

fn quantity(result: &LabResult) -> Fact {
    match &result.found {
        Found::Number(number) => {
            let mut quantity = Quantity::new(number.text.as_str());
            if !number.unit.is_empty() {
                quantity = quantity.unit(number.unit.as_str());
            }
            number
                .comparator
                .map_or(quantity.clone(), |it| quantity.comparator(it))
                .into()
        }
        Found::Words(words) => Fact::text(words.as_str()),
        Found::Nothing(why) => Fact::absent(*why),
    }
}

fn latest_value(
    rules: &Rules<'_>,
    name: &str,
    latest: &LabResult,
    previous: Option<&LabResult>,
) -> Node {
    let mut value = ClinicalValue::new(name, quantity(latest))
        .status(latest.status)
        .resource(latest.reference.as_str());
    if let Some((taken, _)) = &latest.taken {
        value = value.when(taken.as_str());
    }
    if let Some(interpretation) = flag_of(rules, latest) {
        value = value.interpretation(interpretation);
    }
    if let Some((range, _)) = range_of(rules, latest) {
        value = value.range(range);
    }
    if let Some(previous) = previous {
        let mut before = Previous::new(quantity(previous));
        if let Some((taken, _)) = &previous.taken {
            before = before.when(taken.as_str());
        }
        value = value.previous(before);
    }
    value.into()
}

fn table(rules: &Rules<'_>, name: &str, results: &[LabResult]) -> Node {
    let columns = vec![
        TableColumn::new("taken", "Taken"),
        TableColumn::new("result", "Result").of_numbers(),
        TableColumn::new("flag", "Against the range"),
        TableColumn::new("note", "Status and comments"),
    ];
    let rows: Vec<_> = results
        .iter()
        .take(ROWS_MAX)
        .map(|result| table_row(rules, result))
        .collect();
    let table = Table::new(format!("{name}, newest on top"), columns, rows).empty("No result");
    let (heading, note) = match results.len() {
        all if all > ROWS_MAX => (
            format!("The newest {ROWS_MAX} results"),
            format!("{ROWS_MAX} of {all}, newest on top; the chart has the others"),
        ),
        _ => ("Every result".to_owned(), "Newest on top".to_owned()),
    };
    Card::new().heading(heading).note(note).child(table).into()
}

fn table_row(rules: &Rules<'_>, result: &LabResult) -> TableRow {
    let taken = result
        .taken
        .as_ref()
        .map_or(Fact::absent(Absent::NotRecorded), |(text, _)| {
            Fact::date(text.as_str())
        });
    let flag = flag_of(rules, result);
    let flagged = flag.map_or(Fact::text("Nothing said"), |it| {
        Fact::text(it.word().replace('-', " "))
    });
    let said: Vec<&str> = [status_note(result.status), result.note.as_deref()]
        .into_iter()
        .flatten()
        .collect();
    let note = if said.is_empty() {
        "Final".to_owned()
    } else {
        said.join(". ")
    };
    let row = TableRow::new(vec![taken, fact(result), flagged, Fact::text(note)]);
    if is_abnormal(flag) {
        row.tone(Tone::Warning)
    } else {
        row
    }
}
