//! What other departments have to know of a pregnancy: the card on the patient's summary, and the cards beside the chart.
//!
//! Invariant: that there is no pregnancy is said as what is recorded here, never as a finding; how one ended is not told.

use sdk::advice::{Card, Indicator};
use sdk::moment::Day;
use sdk::screen::{
    Alert, AlertLevel, Fact, Link, List, Paragraph, Part, Section, WarningCallout, Words,
};
use sdk::{Advice, Call, Failure, Hook, Parameters, Screen};

use crate::clots;
use crate::course;
use crate::dating::DatingPack;
use crate::facts;
use crate::pregnancy::{self, Pregnancy};
use crate::sheet::{dating_pack, gestation, read_day, today};
use crate::vte::VtePack;

/// Days after a pregnancy in which other departments have to know.
const RECENT_DAYS: i64 = 28;
/// Minutes after the last reading for which a labour is taken to go on.
const LABOUR_MINUTES: i64 = 24 * 60;
const SOURCE: &str = "Maternity record of this region";
const SCORES: &str = "NEWS2 is not for use in pregnancy. The national MEWS is for pregnancy and the 4 weeks after it; it is not available here until its table is signed.";
const UNVERIFIED: &str = "Parts of the rules for dating and for the risk of clots were not compared with their source. The help of maternity says which.";

/// How a pregnancy stands today, and whether somebody else has to know.
fn standing(pack: &DatingPack, it: &Pregnancy, today: Day) -> Option<String> {
    let ago = |days: i64| match days {
        0 => "today".to_owned(),
        1 => "yesterday".to_owned(),
        _ => format!("{days} days ago"),
    };
    if it.is_error() {
        return None;
    }
    if !it.is_open() {
        let days = it.ended.map(|end| today.since(end))?;
        let is_recent = (0..=RECENT_DAYS).contains(&days);
        return is_recent.then(|| format!("Pregnancy ended {}.", ago(days)));
    }
    Some(match (it.born, gestation(pack, it, today), it.edd) {
        (Some(born), _, _) => format!("Birth recorded {}.", ago(today.since(born))),
        (None, Some(far), Some(edd)) => {
            format!(
                "Pregnant, {far} weeks today. Expected {}.",
                read_day(edd.day)
            )
        }
        (None, _, _) => "Pregnant. Not dated yet.".to_owned(),
    })
}

/// The risk of clots in one line, what follows from it, and whether somebody has to act.
struct Risk {
    line: String,
    then: String,
    is_open: bool,
}

fn risk(call: &Call<'_>, it: &Pregnancy) -> Result<Risk, Failure> {
    let pack = VtePack::read(&call.packs.get("vte")?)?;
    let all = facts::all(call, &["booking", "vte"])?;
    let due = |line: &str| Risk {
        line: format!("Risk of clots: {line}"),
        then: "It is due now.".to_owned(),
        is_open: true,
    };
    Ok(match clots::latest(call, &pack, &all, it)? {
        None => due("not assessed in this pregnancy"),
        Some(it) if it.is_from_before_birth => due("not assessed since the birth"),
        Some(it) => match &it.score {
            Err(why) => due(why),
            Ok(score) => {
                let (least, more) = match score.could_be_higher {
                    true => ("at least ", ", could be higher: not all was asked"),
                    false => ("", ""),
                };
                let is_lowest = pack.bands(it.phase).first() == Some(&score.band);
                Risk {
                    line: format!("Risk of clots: {least}{} points{more}", score.least),
                    then: format!("{}.", score.band.label),
                    is_open: !is_lowest || score.could_be_higher,
                }
            }
        },
    })
}

/// Draws the card on the patient's summary.
///
/// # Errors
/// Any failure of the chart or the packs.
pub(crate) fn open(call: &Call<'_>) -> Result<Screen, Failure> {
    let (pack, today) = (dating_pack(call)?, today(call)?);
    let pregnancies = pregnancy::all(call)?;
    let root = Section::new();
    let Some(open) = pregnancy::only_open(&pregnancies)? else {
        let mut recent = pregnancies
            .iter()
            .filter_map(|it| standing(&pack, it, today));
        let root = match recent.next() {
            Some(words) => root.child(Paragraph::new(vec![Part::strong(words)])),
            None if pregnancies.is_empty() => {
                root.child(Paragraph::new("No pregnancy is recorded here."))
            }
            None => root.child(Paragraph::new("No open pregnancy is recorded here.")),
        };
        return Ok(Screen::new(root));
    };
    let words = standing(&pack, open, today).unwrap_or_default();
    let mut root = root.child(Paragraph::new(vec![Part::strong(words)]));
    if open.fetuses.is_some_and(|it| it > 1) {
        let n = open.fetuses.unwrap_or_default();
        root = root.child(Paragraph::new(format!("{n} fetuses at the dating scan.")));
    }
    root = root.children(labour(call, open)?);
    let risk = risk(call, open)?;
    let root = root
        .child(Paragraph::new(format!("{}. {}", risk.line, risk.then)))
        .child(Link::new("Open the pregnancy", "pregnancy"))
        .child(WarningCallout::new("Unverified", UNVERIFIED));
    Ok(Screen::new(root))
}

/// That she is in labour, with what alerts, while its readings are recent and no birth is recorded.
fn labour(call: &Call<'_>, open: &Pregnancy) -> Result<Option<Alert>, Failure> {
    if open.born.is_some() {
        return Ok(None);
    }
    let all = facts::all(call, &["booking", "labour", "birth"])?;
    let underway = course::alerting(call, &all, open)?;
    let Some(it) = underway.filter(|it| it.minutes_ago <= LABOUR_MINUTES) else {
        return Ok(None);
    };
    let words = vec![
        Part::plain("Latest readings "),
        Part::plain(Fact::date(it.newest)),
        Part::plain("."),
    ];
    let (level, title) = match it.alerting.len() {
        0 => (AlertLevel::Information, "In labour".to_owned()),
        n => (AlertLevel::Warning, format!("In labour, {n} to review")),
    };
    let alert = Alert::new(level, title, words);
    let items: Vec<Words> = it.alerting.into_iter().map(Words::from).collect();
    Ok(Some(match items.is_empty() {
        true => alert,
        false => alert.child(List::new(items)),
    }))
}

/// Says beside the core chart that the patient is pregnant, or was within four weeks.
///
/// # Errors
/// Any failure of the chart or the packs; `not-provided` for another hook.
pub(crate) fn advise(call: &Call<'_>, hook: &Hook) -> Result<Advice, Failure> {
    if hook.name != "patient-view" {
        let what = format!("maternity has nothing to do with the hook `{}`", hook.name);
        return Err(Failure::not_provided(what));
    }
    let (pack, today) = (dating_pack(call)?, today(call)?);
    let mut advice = Advice::none();
    for it in pregnancy::all(call)? {
        let Some(summary) = standing(&pack, &it, today) else {
            continue;
        };
        let none = Parameters::default();
        let card = Card::new(Indicator::Info, summary, SOURCE).detail(SCORES);
        advice = advice.card(card.link("Open the pregnancy", "pregnancy", &none));
        if !it.is_open() {
            continue;
        }
        let risk = risk(call, &it)?;
        if risk.is_open {
            let source = "RCOG Green-top Guideline 37a, 2015";
            let card = Card::new(Indicator::Warning, risk.line, source);
            let card = card.detail(format!("{}\n{UNVERIFIED}", risk.then));
            advice = advice.card(card.link("Assess the risk of clots", "clots", &none));
        }
    }
    Ok(advice)
}
