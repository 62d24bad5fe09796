//! The labour chart: what was found over time, with its alerts, and the form for readings.
//!
//! Invariant: a blank is drawn as not assessed; an alert is by the pack's rules and no other.

use sdk::screen::{
    Alert, AlertLevel, Allowed, EmptyState, LabourChart, Lane, LaneForm, LaneGroup, List, Reading,
    Section, Words,
};
use sdk::{Call, Failure, Form, Outcome, Screen};

use crate::day::{minutes, moment};
use crate::facts::{self, Facts};
use crate::field::{Entry, Field, entry};
use crate::labour::{Finding, LabourPack, Said, labour_alert};
use crate::pregnancy::{self, Change, Contact};
use crate::sheet::{Typed, button, commit, form, no_pregnancy, typed, unverified, wrong};

/// The chart shows so many minutes back from the newest reading, the most that the host draws less an hour.
const SHOWN_MINUTES: i64 = 23 * 60;

fn fields(pack: &LabourPack) -> Vec<Field> {
    let mut fields = vec![Field::moment("at", "Time of the readings").required()];
    let number = |id: &str, label: &str, unit: &str| match id {
        "temperature" => Field::number(id, label, unit, [30.0, 45.0]),
        _ => Field::whole(id, label, unit, [0.0, 400.0]),
    };
    fields.extend(
        pack.limits
            .iter()
            .map(|it| number(&it.id, &it.label, &it.unit)),
    );
    fields.push(Field::whole("dilatation", "Cervix", "cm", [0.0, 10.0]));
    fields.push(Field::moment("second-stage", "Second stage since"));
    fields.extend(pack.words.iter().map(|it| {
        let options: Vec<_> = it
            .options
            .iter()
            .map(|it| (it.as_str(), it.as_str()))
            .collect();
        Field::choice(&it.id, &it.label, &options)
    }));
    fields
}

/// Draws the chart, what alerts, and the form.
///
/// # Errors
/// Any failure of the chart or the packs.
pub(crate) fn open(call: &Call<'_>) -> Result<Screen, Failure> {
    let Some(pregnancy) = pregnancy::open_one(call)? else {
        return Ok(no_pregnancy());
    };
    let pack = LabourPack::read(&call.packs.get("labour")?)?;
    let all = facts::all(call)?;
    let parity = facts::of(&all, &pregnancy.reference, "booking")
        .last()
        .and_then(|it| it.whole("parity"));
    let mut readings = facts::of(&all, &pregnancy.reference, "labour");
    readings.retain(|it| minutes(&it.when).is_some());
    readings.sort_by_key(|it| minutes(&it.when));
    let newest = readings.last().and_then(|it| minutes(&it.when));
    let shown: Vec<_> = readings
        .iter()
        .copied()
        .filter(|it| {
            minutes(&it.when)
                .zip(newest)
                .is_some_and(|(at, last)| last - at <= SHOWN_MINUTES)
        })
        .collect();
    let mut root = Section::new();
    root = match (shown.first(), newest) {
        (Some(first), Some(newest)) => {
            let from = minutes(&first.when).unwrap_or(newest);
            let now = minutes(&call.context.now()).unwrap_or(newest);
            root.child(alerts(&pack, &last_found(&pack, &shown, parity, now)))
                .child(chart(&pack, &shown, [from, newest, now])?)
        }
        (_, _) => {
            let words = "Readings of a labour appear here once the first is recorded.";
            root.child(EmptyState::new("No labour is recorded", words))
        }
    };
    let form = form(
        "read",
        "Readings in labour",
        &fields(&pack),
        Some(&pregnancy),
    );
    let root = root.child(form.child(button("Record the readings")));
    Ok(Screen::new(unverified(root, "Labour", &pack.unverified)))
}

/// What is said of a thing, its id, and what was last found of it.
type Last<'a> = (String, &'a str, Option<Finding>);

/// What was last found of each thing.
fn last_found<'a>(
    pack: &'a LabourPack,
    shown: &[&Facts],
    parity: Option<i64>,
    now: i64,
) -> Vec<Last<'a>> {
    let last = |id: &str| shown.iter().rev().find_map(|it| it.text(id));
    let mut all: Vec<Last<'a>> = Vec::new();
    for limit in &pack.limits {
        let found = last(&limit.id)
            .and_then(|it| it.parse().ok())
            .map(Finding::Number);
        all.push((
            format!(
                "{}: {} {}",
                limit.label,
                last(&limit.id).unwrap_or_default(),
                limit.unit
            ),
            &limit.id,
            found,
        ));
    }
    for rule in &pack.words {
        let found = last(&rule.id).map(|it| Finding::Word(it.to_owned()));
        all.push((
            format!("{}: {}", rule.label, last(&rule.id).unwrap_or_default()),
            &rule.id,
            found,
        ));
    }
    let held = held(shown);
    let found = held.map(|(cm, minutes)| Finding::Held { cm, minutes });
    let (cm, long) = held.unwrap_or_default();
    all.push((
        format!("Cervix: {cm} cm for {} h {} min", long / 60, long % 60),
        "dilatation",
        found,
    ));
    let second = last("second-stage")
        .and_then(minutes)
        .map(|since| now - since);
    let found = second.map(|minutes| Finding::SecondStage { minutes, parity });
    let long = second.unwrap_or_default();
    all.push((
        format!("Second stage: {} h {} min", long / 60, long % 60),
        "second-stage",
        found,
    ));
    all
}

/// What alerts at the last readings, and what was not assessed.
fn alerts(pack: &LabourPack, all: &[Last<'_>]) -> Section {
    let (mut alerting, mut blank): (Vec<Words>, Vec<&str>) = (Vec::new(), Vec::new());
    for (words, id, found) in all {
        match labour_alert(pack, id, found.as_ref()) {
            Ok(Said::Alert) => alerting.push(words.as_str().into()),
            Ok(Said::NoAlert) => {}
            Ok(Said::NotAssessed) => {
                blank.push(words.split(':').next().unwrap_or_default());
            }
            Err(refusal) => alerting.push(format!("{words}: {refusal}").into()),
        }
    }
    let mut section = Section::new().heading("Alerts at the last readings");
    section = match alerting.len() {
        0 => section.child(Alert::new(
            AlertLevel::Information,
            "No alert",
            "None of what was assessed alerts.",
        )),
        n => section.child(
            Alert::new(
                AlertLevel::Warning,
                format!("{n} to review"),
                pack.rules.as_str(),
            )
            .child(List::new(alerting)),
        ),
    };
    if !blank.is_empty() {
        let words = format!("Not assessed: {}.", blank.join(", "));
        section = section.child(Alert::new(AlertLevel::Information, "Not assessed", words));
    }
    section
}

/// The last dilatation and for how many minutes it was found, from the first examination at it to the last.
fn held(shown: &[&Facts]) -> Option<(i64, i64)> {
    let found = shown
        .iter()
        .rev()
        .filter_map(|it| Some((it.whole("dilatation")?, minutes(&it.when)?)));
    let mut found = found.peekable();
    let (cm, last) = *found.peek()?;
    let first = found.take_while(|it| it.0 == cm).last()?.1;
    Some((cm, last - first))
}

fn chart(
    pack: &LabourPack,
    shown: &[&Facts],
    [from, newest, now]: [i64; 3],
) -> Result<LabourChart, Failure> {
    let numbers = pack.limits.iter().map(|limit| {
        let readings = readings(shown, &limit.id, |when, text| {
            Reading::new(when).value(text)
        });
        let form = match limit.id.as_str() {
            "contractions" => LaneForm::Blocks,
            _ => LaneForm::Line,
        };
        let mut lane = Lane::new(limit.label.as_str(), form, readings)
            .unit(limit.unit.as_str())
            .low(limit.scale[0].to_string())
            .high(limit.scale[1].to_string());
        if let Some(alert) = limit.from {
            lane = lane.alert_from(alert.to_string());
        }
        match limit.under {
            Some(alert) => lane.alert_under(alert.to_string()),
            None => lane,
        }
    });
    let words = pack.words.iter().map(|rule| {
        let readings = readings(shown, &rule.id, |when, text| {
            let found = Finding::Word(text.to_owned());
            let alert = labour_alert(pack, &rule.id, Some(&found)) == Ok(Said::Alert);
            Reading::new(when).word(text).alert(alert)
        });
        Lane::new(rule.label.as_str(), LaneForm::Words, readings)
    });
    let allowed: Vec<_> = pack
        .dilatation
        .iter()
        .filter_map(|(cm, minutes)| {
            Some(Allowed::new(cm.to_string(), u32::try_from(*minutes).ok()?))
        })
        .collect();
    let cervix = readings(shown, "dilatation", |when, text| {
        Reading::new(when).value(text)
    });
    let cervix = Lane::new("Cervix", LaneForm::Line, cervix)
        .unit("cm")
        .low("0")
        .high("10")
        .allowed(allowed);
    let groups = vec![
        LaneGroup::new("Numbers", numbers.collect::<Vec<_>>()),
        LaneGroup::new("Progress", vec![cervix]),
        LaneGroup::new("Findings", words.collect::<Vec<_>>()),
    ];
    let to = newest + 60;
    let chart = LabourChart::new(
        "Labour",
        moment(from),
        moment(to),
        pack.rules.as_str(),
        groups,
    );
    Ok(if now <= to {
        chart.now(moment(now))
    } else {
        chart
    })
}

fn readings<'a>(
    shown: &[&'a Facts],
    id: &str,
    drawn: impl Fn(String, &'a str) -> Reading,
) -> Vec<Reading> {
    let found = shown.iter().filter_map(|it| {
        let when = moment(minutes(&it.when)?);
        Some(match it.text(id) {
            Some(text) => drawn(when, text),
            None => Reading::new(when).absent(sdk::screen::Absent::NotRecorded),
        })
    });
    found.collect()
}

/// Answers the form.
///
/// # Errors
/// Any failure of the chart or the packs; `not-provided` for another action.
pub(crate) fn submit(call: &Call<'_>, action: &str, form: &Form) -> Result<Outcome, Failure> {
    let pack = LabourPack::read(&call.packs.get("labour")?)?;
    let (pregnancy, entries) = match typed(call, [action, "read"], form, &fields(&pack))? {
        Typed::Wrong(outcome) => return Ok(outcome),
        Typed::Facts(pregnancy, entries) => (pregnancy, entries),
    };
    if entries.len() < 2 {
        return Ok(wrong("at", "Record at least one reading."));
    }
    let when = entry(&entries, "at")
        .map(Entry::as_text)
        .unwrap_or_default();
    let contact = Contact {
        kind: ("labour", "Readings in labour"),
        when: when.to_owned(),
        entries,
    };
    let proposal = pregnancy::file(call, &pregnancy, &contact, &Change::default())?;
    Ok(commit(&proposal, "labour"))
}
