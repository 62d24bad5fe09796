//! The assessment of the risk of clots: the present score, and the form in which every factor is asked.
//!
//! Invariant: a factor that was not answered is shown as not asked, with what it could add.

use std::collections::BTreeMap;

use sdk::moment::Day;
use sdk::screen::{
    Absent, Alert, AlertLevel, Node, Paragraph, Score, ScoreBand, ScorePart, Section, Tone,
};
use sdk::{Call, Failure, Finding, Form, Outcome, Screen};

use crate::contact::{self, Filed};
use crate::facts::{self, Facts};
use crate::field::{Entry, Field, Recorded, entry};
use crate::pregnancy::{self, Pregnancy};
use crate::refusal::Refusal;
use crate::sheet::{Typed, YES_NO, button, commit, form, no_pregnancy, typed, unverified};
use crate::vte::{Phase, VteInput, VtePack, VteScore, vte_score};

/// What is asked.
pub(crate) fn fields(pack: &VtePack) -> Vec<Field> {
    let phases = [("antenatal", "Before birth"), ("postnatal", "After birth")];
    let mut fields = vec![
        Field::date("on", "Date of assessment").required(),
        Field::choice("phase", "When", &phases).required(),
    ];
    let asked = pack.factors.iter();
    fields.extend(asked.map(|it| Field::choice(&it.id, &it.label, &YES_NO)));
    fields
}

/// Body mass index in tenths, rounded down, so that 39.96 is not taken for 40.
pub(crate) fn body_mass_index(booking: &Facts) -> Option<f64> {
    let (height_cm, weight_kg) = (booking.number("height")?, booking.number("weight")?);
    let tenths = (weight_kg * 100_000.0 / (height_cm * height_cm) + 1e-9).floor();
    Some(tenths / 10.0)
}

/// Age in completed years; None while the date of birth is not a whole one.
pub(crate) fn age(call: &Call<'_>, on: &str) -> Result<Option<f64>, Failure> {
    let rows = call.chart.rows("person", &sdk::ViewQuery::new())?;
    let birth = rows
        .iter()
        .next()
        .and_then(|row| Day::of(row.text("birth")?));
    Ok(birth
        .zip(Day::of(on))
        .and_then(|(birth, on)| on.years_since(birth))
        .map(f64::from))
}

/// What the rule looks at: the answers of an assessment, and what booking says.
fn input(
    call: &Call<'_>,
    pack: &VtePack,
    booking: Option<&Facts>,
    on: &str,
    said: impl Fn(&str) -> Option<String>,
) -> Result<VteInput, Failure> {
    let phase = match said("phase").as_deref() {
        Some("postnatal") => Phase::Postnatal,
        Some(_) | None => Phase::Antenatal,
    };
    let mut answers = BTreeMap::new();
    for factor in &pack.factors {
        match said(&factor.id).as_deref() {
            Some("yes") => answers.insert(factor.id.clone(), true),
            Some("no") => answers.insert(factor.id.clone(), false),
            Some(_) | None => None,
        };
    }
    Ok(VteInput {
        phase,
        age_years: age(call, on)?,
        bmi: booking.and_then(body_mass_index),
        parity: booking.and_then(|it| it.number("parity")),
        answers,
    })
}

/// An assessment as it is read.
pub(crate) struct Assessed {
    when: String,
    /// Before or after birth.
    pub(crate) phase: Phase,
    /// Whether a birth was recorded since, so that it is due again.
    pub(crate) is_from_before_birth: bool,
    /// Its score, or why there is none.
    pub(crate) score: Result<VteScore, String>,
}

/// The latest assessment of a pregnancy, scored again by the pack in force.
///
/// # Errors
/// Any failure of the chart.
pub(crate) fn latest(
    call: &Call<'_>,
    pack: &VtePack,
    all: &[Facts],
    pregnancy: &Pregnancy,
) -> Result<Option<Assessed>, Failure> {
    let of = |kind: &str| facts::of(all, &pregnancy.reference, kind).last().copied();
    let Some(assessment) = of("vte") else {
        return Ok(None);
    };
    let said = |id: &str| assessment.text(id).map(str::to_owned);
    let it = input(call, pack, of("booking"), &assessment.when, said)?;
    let is_after = matches!(it.phase, Phase::Postnatal);
    Ok(Some(Assessed {
        when: assessment.when.clone(),
        phase: it.phase,
        is_from_before_birth: pregnancy.born.is_some() && !is_after,
        score: vte_score(pack, &it).map_err(|it| it.to_string()),
    }))
}

/// How much of an assessment is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Every part of the score.
    Whole,
    /// What gives points, of the phase that she is in.
    Short,
}

/// The assessment as it is drawn: its warnings, then its score.
pub(crate) fn drawn(pack: &VtePack, it: &Assessed, extent: Extent) -> Vec<Node> {
    let mut nodes: Vec<Node> = Vec::new();
    if it.is_from_before_birth {
        let words = "A birth is recorded since. Assess again: other factors count after birth.";
        nodes.push(Alert::new(AlertLevel::Warning, "From before the birth", words).into());
    }
    if it.is_from_before_birth && extent == Extent::Short {
        return nodes;
    }
    match &it.score {
        Ok(score) => nodes.push(scored(pack, it, score, extent).into()),
        Err(why) => {
            let why = format!("{why}.");
            nodes.push(Alert::new(AlertLevel::Warning, "Cannot be scored", why).into());
        }
    }
    nodes
}

fn scored(pack: &VtePack, it: &Assessed, score: &VteScore, extent: Extent) -> Section {
    let (phase, when) = (it.phase, it.when.as_str());
    let bands = pack.bands(phase);
    let bands: Vec<_> = bands
        .iter()
        .enumerate()
        .map(|(at, band)| {
            let tone = if at == 0 {
                Tone::Neutral
            } else {
                Tone::Warning
            };
            let drawn = ScoreBand::new(band.id.as_str(), band.label.as_str())
                .from(band.from.to_string())
                .tone(tone);
            match bands.get(at + 1) {
                Some(next) => drawn.to((next.from - 1).to_string()),
                None => drawn,
            }
        })
        .collect();
    let parts: Vec<_> = score
        .parts
        .iter()
        .filter(|it| extent == Extent::Whole || it.points.is_some_and(|it| it > 0))
        .map(|part| match part.points {
            Some(points) => ScorePart::new(part.label.as_str()).points(points.to_string()),
            None => ScorePart::new(part.label.as_str())
                .absent(Absent::NotRecorded)
                .most(part.most.to_string()),
        })
        .collect();
    let mut section = Section::new();
    if score.could_be_higher {
        let words = format!(
            "The score is at least {} and could be up to {}: ask what was not asked. Unknown is not no.",
            score.least, score.most
        );
        section = section.child(Alert::new(AlertLevel::Warning, "Not all was asked", words));
    }
    let title = match phase {
        Phase::Antenatal => "Antenatal score",
        Phase::Postnatal => "Postnatal score",
    };
    let said = match score.six_weeks {
        Some(true) => "Of high risk: consider 6 weeks. ",
        Some(false) => "",
        None => "Whether 6 weeks are to be considered is not known: not all was asked. ",
    };
    section
        .child(
            Score::new(title)
                .value(score.least.to_string())
                .band(score.band.id.as_str())
                .bands(bands)
                .components(parts)
                .when(when)
                .rule("RCOG Green-top Guideline 37a, 2015"),
        )
        .child(Paragraph::new(format!(
            "{said}Ask again at any admission and whenever something changes; consider LMWH at any admission."
        )))
}

/// Draws the present score and the form.
///
/// # Errors
/// Any failure of the chart or the packs.
pub(crate) fn open(call: &Call<'_>) -> Result<Screen, Failure> {
    let Some(pregnancy) = pregnancy::open_one(call)? else {
        return Ok(no_pregnancy());
    };
    let pack = VtePack::read(&call.packs.get("vte")?)?;
    let all = facts::all(call, &["booking", "vte"])?;
    let mut root = Section::new();
    root = match latest(call, &pack, &all, &pregnancy)? {
        None => {
            let words =
                "Risk of clots was not assessed in this pregnancy. It is due at the first contact.";
            root.child(Alert::new(AlertLevel::Warning, "Not assessed", words))
        }
        Some(it) => root.children(drawn(&pack, &it, Extent::Whole)),
    };
    let form = form(
        "assess",
        "Assess the risk of clots",
        &fields(&pack),
        Some(&pregnancy),
    );
    let words = "Age, body mass index and parity are taken from the person and the booking. Leave empty what you did not ask.";
    let form = form
        .child(Paragraph::new(words))
        .child(button("Record the assessment"));
    root = root.child(form);
    Ok(Screen::new(unverified(
        root,
        "Risk of clots",
        &pack.unverified,
    )))
}

/// Answers the form.
///
/// # Errors
/// Any failure of the chart or the packs; `not-provided` for another action.
pub(crate) fn submit(call: &Call<'_>, action: &str, form: &Form) -> Result<Outcome, Failure> {
    let pack = VtePack::read(&call.packs.get("vte")?)?;
    let (pregnancy, entries) = match typed(call, [action, "assess"], form, &fields(&pack))? {
        Typed::Wrong(outcome) => return Ok(outcome),
        Typed::Facts(pregnancy, entries) => (pregnancy, entries),
    };
    Ok(match filed(call, &pack, &pregnancy, entries)? {
        Ok(filed) => commit(&contact::file(call, &pregnancy, &filed)?, "clots"),
        Err(finding) => Outcome::findings(&[finding]),
    })
}

/// What was typed as an assessment, with its score as the pack in force gives it.
///
/// # Errors
/// Any failure of the chart.
pub(crate) fn filed(
    call: &Call<'_>,
    pack: &VtePack,
    pregnancy: &Pregnancy,
    mut entries: Vec<Entry>,
) -> Result<Result<Filed, Finding>, Failure> {
    let all = facts::all(call, &["booking"])?;
    let booking = facts::of(&all, &pregnancy.reference, "booking");
    let said = |id: &str| entry(&entries, id).map(|it| it.as_text().to_owned());
    let when = said("on").unwrap_or_default();
    if pregnancy.fetuses.is_some_and(|it| it > 1) && said("multiple").as_deref() == Some("no") {
        let what =
            "The dating scan found more than one fetus: a multiple pregnancy cannot be a no.";
        return Ok(Err(Finding::on("multiple", what)));
    }
    let it = input(call, pack, booking.last().copied(), &when, said)?;
    let score = match vte_score(pack, &it) {
        Ok(score) => score,
        Err(refusal @ Refusal::Contradiction(..)) => {
            return Ok(Err(Finding::on("caesarean-in-labour", refusal.to_string())));
        }
        Err(refusal) => return Ok(Err(Finding::about_form(refusal.to_string()))),
    };
    for (id, label, value) in [
        ("score-least", "Score, at least", score.least),
        ("score-most", "Score, at most", score.most),
    ] {
        let value = Recorded::Number(value.to_string(), "points".to_owned());
        entries.push(Entry::new(id, label, value));
    }
    let band = Recorded::Word(score.band.id.clone(), score.band.label.clone());
    entries.push(Entry::new("band", "Band", band));
    let kind = ("vte", "Assessment of the risk of clots");
    Ok(Ok(Filed::plain(kind, when, entries)))
}
