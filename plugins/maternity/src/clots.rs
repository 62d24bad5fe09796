//! The assessment of the risk of clots: the present score, and the form in which every factor is asked.
//!
//! Invariant: a factor that was not answered is shown as not asked, with what it could add.

use std::collections::BTreeMap;

use sdk::screen::{
    Absent, Alert, AlertLevel, Paragraph, Score, ScoreBand, ScorePart, Section, Tone,
};
use sdk::{Call, Failure, Form, Outcome, Screen};

use crate::day::Day;
use crate::facts::{self, Facts};
use crate::field::{Entry, Field, Recorded, entry};
use crate::pregnancy::{self, Change, Contact, Pregnancy};
use crate::sheet::{Typed, YES_NO, button, commit, form, no_pregnancy, typed, unverified, wrong};
use crate::vte::{Phase, VteInput, VtePack, VteScore, vte_score};

fn fields(pack: &VtePack) -> Vec<Field> {
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
fn body_mass_index(booking: &Facts) -> Option<f64> {
    let (height_cm, weight_kg) = (booking.number("height")?, booking.number("weight")?);
    let tenths = (weight_kg * 100_000.0 / (height_cm * height_cm) + 1e-9).floor();
    Some(tenths / 10.0)
}

/// Age in completed years; None while the date of birth is not a whole one.
#[expect(clippy::cast_precision_loss, reason = "less than two hundred")]
fn age(call: &Call<'_>, on: &str) -> Result<Option<f64>, Failure> {
    let rows = call.chart.rows("person", &sdk::ViewQuery::new())?;
    let birth = rows
        .iter()
        .next()
        .and_then(|row| Day::parse(row.text("birth")?));
    Ok(birth
        .zip(Day::parse(on))
        .map(|(birth, on)| on.years_since(birth) as f64))
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

/// An assessment: when, in which phase, and its score or why there is none.
pub(crate) type Assessed = (String, Phase, Result<VteScore, String>);

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
    let score = vte_score(pack, &it).map_err(|it| it.to_string());
    Ok(Some((assessment.when.clone(), it.phase, score)))
}

/// The score as it is drawn.
pub(crate) fn drawn(pack: &VtePack, phase: Phase, when: &str, score: &VteScore) -> Section {
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
    let all = facts::all(call)?;
    let mut root = Section::new();
    root = match latest(call, &pack, &all, &pregnancy)? {
        None => {
            let words =
                "Risk of clots was not assessed in this pregnancy. It is due at the first contact.";
            root.child(Alert::new(AlertLevel::Warning, "Not assessed", words))
        }
        Some((when, phase, Ok(score))) => root.child(drawn(&pack, phase, &when, &score)),
        Some((_, _, Err(why))) => {
            root.child(Alert::new(AlertLevel::Warning, "Cannot be scored", why))
        }
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
    let (pregnancy, mut entries) = match typed(call, [action, "assess"], form, &fields(&pack))? {
        Typed::Wrong(outcome) => return Ok(outcome),
        Typed::Facts(pregnancy, entries) => (pregnancy, entries),
    };
    let all = facts::all(call)?;
    let booking = facts::of(&all, &pregnancy.reference, "booking")
        .last()
        .copied();
    let said = |id: &str| entry(&entries, id).map(|it| it.as_text().to_owned());
    let when = said("on").unwrap_or_default();
    let it = input(call, &pack, booking, &when, said)?;
    let score = match vte_score(&pack, &it) {
        Ok(score) => score,
        Err(refusal) => return Ok(wrong("caesarean-in-labour", &refusal.to_string())),
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
    let contact = Contact {
        kind: ("vte", "Assessment of the risk of clots"),
        when,
        entries,
    };
    let proposal = pregnancy::file(call, &pregnancy, &contact, &Change::default())?;
    Ok(commit(&proposal, "clots"))
}
