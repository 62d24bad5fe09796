//! The labour chart: what was found over time, with its alerts, and the form for readings.
//!
//! Invariant: a blank is drawn as not assessed; an alert is by the pack's rules and no other, and says when its reading was.

use sdk::screen::{
    Absent, Alert, AlertLevel, Allowed, EmptyState, Fact, LabourChart, Lane, LaneForm, LaneGroup,
    Link, List, Paragraph, Part, Reading, Section, Words,
};
use sdk::{Call, Failure, Finding as Wrong, Form, Outcome, Screen};

use crate::contact::{self, Filed};
use crate::course::{Course, Last, last_found, minutes, moment};
use crate::facts::{self, Facts};
use crate::field::{Entry, Field, entry};
use crate::labour::{Finding, LabourPack, Said, labour_alert};
use crate::pregnancy;
use crate::sheet::{Typed, button, commit, form, no_pregnancy, typed, unverified};

/// What is asked.
pub(crate) fn fields(pack: &LabourPack) -> Vec<Field> {
    let mut fields = vec![Field::moment("at", "Time of the readings").required()];
    fields.extend(pack.limits.iter().map(|it| match it.is_whole {
        true => Field::whole(&it.id, &it.label, &it.unit, it.plausible),
        false => Field::number(&it.id, &it.label, &it.unit, it.plausible),
    }));
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
    let now = minutes(&call.context.now())
        .ok_or_else(|| Failure::fault("the moment of the call cannot be read"))?;
    let all = facts::all(call, &["booking", "labour", "birth"])?;
    let course = Course::of(&all, &pregnancy, now);
    let mut root = Section::new();
    root = match course.readings.is_empty() {
        false => root
            .child(alerts(&pack, &last_found(&pack, &course)))
            .child(chart(&pack, &course)?)
            .children(earlier(&course))
            .child(Link::new("Look at or correct single readings", "contacts")),
        true => {
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

fn earlier(course: &Course<'_>) -> Option<Paragraph> {
    let words = format!(
        "{} earlier readings are not drawn; they are in the list of contacts.",
        course.earlier
    );
    (course.earlier > 0).then(|| Paragraph::new(words))
}

/// What alerts at the last readings, and what was not assessed.
fn alerts(pack: &LabourPack, all: &[Last<'_>]) -> Section {
    let (mut alerting, mut blank): (Vec<Words>, Vec<&str>) = (Vec::new(), Vec::new());
    for last in all {
        let at = || Part::plain(Fact::date(moment(last.at)));
        match labour_alert(pack, last.id, last.found.as_ref()) {
            Ok(Said::Alert) => {
                let words = Part::strong(last.words.as_str());
                alerting.push(vec![words, Part::plain(", at "), at()].into());
            }
            Ok(Said::NoAlert) => {}
            Ok(Said::NotAssessed) => blank.push(last.label),
            Err(refusal) => {
                let words = format!("{}: {refusal}, at ", last.words);
                alerting.push(vec![Part::plain(words), at()].into());
            }
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

fn chart(pack: &LabourPack, course: &Course<'_>) -> Result<LabourChart, Failure> {
    let mut groups = Vec::new();
    for (title, ids) in &pack.lanes {
        let lanes: Result<Vec<_>, _> = ids.iter().map(|id| lane(pack, course, id)).collect();
        groups.push(LaneGroup::new(title.as_str(), lanes?));
    }
    let at = |it: Option<&(i64, &Facts)>| it.map_or(course.until, |(at, _)| *at);
    let (from, to) = (at(course.readings.first()), at(course.readings.last()) + 60);
    let rules = pack.rules.as_str();
    let chart = LabourChart::new("Labour", moment(from), moment(to), rules, groups);
    Ok(match (from..=to).contains(&course.until) {
        true => chart.now(moment(course.until)),
        false => chart,
    })
}

fn lane(pack: &LabourPack, course: &Course<'_>, id: &str) -> Result<Lane, Failure> {
    let number = |when: String, text: &str| Reading::new(when).value(text);
    if id == "dilatation" {
        let allowed = pack.dilatation.iter().filter_map(|(cm, minutes)| {
            Some(Allowed::new(cm.to_string(), u32::try_from(*minutes).ok()?))
        });
        let lane = Lane::new("Cervix", LaneForm::Line, readings(course, id, number));
        let lane = lane.unit("cm").low("0").high("10");
        return Ok(lane.allowed(allowed.collect::<Vec<_>>()));
    }
    if let Some(rule) = pack.words.iter().find(|it| it.id == id) {
        let readings = readings(course, id, |when, text| {
            let found = Finding::Word(text.to_owned());
            let alert = labour_alert(pack, id, Some(&found)) == Ok(Said::Alert);
            Reading::new(when).word(text).alert(alert)
        });
        return Ok(Lane::new(rule.label.as_str(), LaneForm::Words, readings));
    }
    let Some(limit) = pack.limits.iter().find(|it| it.id == id) else {
        let what = format!("the pack `labour` has a lane `{id}` of which it has no rule");
        return Err(Failure::fault(what));
    };
    let form = match id {
        "contractions" => LaneForm::Blocks,
        _ => LaneForm::Line,
    };
    let mut lane = Lane::new(limit.label.as_str(), form, readings(course, id, number))
        .unit(limit.unit.as_str())
        .low(limit.scale[0].to_string())
        .high(limit.scale[1].to_string());
    if let Some(alert) = limit.from {
        lane = lane.alert_from(alert.to_string());
    }
    Ok(match limit.under {
        Some(alert) => lane.alert_under(alert.to_string()),
        None => lane,
    })
}

fn readings<'a>(
    course: &Course<'a>,
    id: &str,
    drawn: impl Fn(String, &'a str) -> Reading,
) -> Vec<Reading> {
    let found = course.readings.iter().map(|(at, it)| match it.text(id) {
        Some(text) => drawn(moment(*at), text),
        None => Reading::new(moment(*at)).absent(Absent::NotRecorded),
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
    Ok(match filed(entries) {
        Ok(filed) => commit(&contact::file(call, &pregnancy, &filed)?, "labour"),
        Err(finding) => Outcome::findings(&[finding]),
    })
}

/// What was typed as readings.
pub(crate) fn filed(entries: Vec<Entry>) -> Result<Filed, Wrong> {
    if entries.len() < 2 {
        return Err(Wrong::on("at", "Record at least one reading."));
    }
    let number = |id: &str| entry(&entries, id).and_then(Entry::as_number);
    if let Some((high, low)) = number("systolic").zip(number("diastolic"))
        && high <= low
    {
        let what = "Give a diastolic pressure below the systolic.";
        return Err(Wrong::on("diastolic", what));
    }
    let text = |id: &str| entry(&entries, id).map(Entry::as_text).unwrap_or_default();
    let (at, since) = (minutes(text("at")), minutes(text("second-stage")));
    if since.zip(at).is_some_and(|(since, at)| since > at) {
        let what = "Give a time that is not after the readings.";
        return Err(Wrong::on("second-stage", what));
    }
    let when = text("at").to_owned();
    Ok(Filed::plain(
        ("labour", "Readings in labour"),
        when,
        entries,
    ))
}
