//! Risk in cataract surgery of each eye: what was answered, what it comes to, and the form.
//!
//! Invariant: a question without an answer is shown as not recorded, and the risk then is a range that says so.

use sdk::screen::{
    Absent, ActionButton, Alert, AlertLevel, Card, Choice, Columns, EmptyState, Fact,
    Form as FormNode, InputChoice, Node, Paragraph, Section, SummaryList, SummaryRow,
};
use sdk::{Call, Failure, Finding, Form, Outcome, Parameters, Proposal, Screen, ViewQuery};

use crate::capsule_risk::{Factor, Risk, RiskInput, RiskPack, capsule_risk};
use crate::examination::draft::Draft;
use crate::examination::{Examination, Examinations, Kind, read};
use crate::eye::Eye;
use crate::notes::{left_out, unverified};
use crate::pack::in_force;
use crate::refusal::Refusal;
use crate::typed::plain_number;
use sdk::moment::age_years;

/// Sex and date of birth as the chart has them.
pub(crate) struct Person {
    gender: Option<String>,
    birth: Option<String>,
}

/// Reads sex and date of birth.
///
/// # Errors
/// Any failure of the chart.
pub(crate) fn person(call: &Call<'_>) -> Result<Person, Failure> {
    let rows = call.chart.rows("person", &ViewQuery::new().count(1))?;
    let row = rows.iter().next();
    let text = |column: &str| row.and_then(|row| row.text(column)).map(str::to_owned);
    Ok(Person {
        gender: text("gender"),
        birth: text("birth"),
    })
}

impl Person {
    /// Age at a moment, when the date of birth tells it beyond doubt.
    fn age_years(&self, at: &str) -> Option<u32> {
        let (least, most) = age_years(self.birth.as_deref()?, at)?;
        (least == most).then_some(least)
    }

    fn is_male(&self) -> Option<bool> {
        match self.gender.as_deref() {
            Some("male") => Some(true),
            Some("female") => Some(false),
            Some(_) | None => None,
        }
    }
}

/// The questions of the form: sex comes from the chart.
fn asked(pack: &RiskPack) -> impl Iterator<Item = &Factor> {
    pack.factors.iter().filter(|factor| factor.id != "male")
}

/// Draws both eyes and the form.
///
/// # Errors
/// Any failure of the chart or the packs.
pub(crate) fn open(call: &Call<'_>) -> Result<Screen, Failure> {
    let pack = in_force(call, "capsule-risk", RiskPack::read)?;
    let risks = read(call, Kind::CataractRisk)?;
    let person = person(call)?;
    let cards = Eye::BOTH.map(|eye| card(&pack, &person, &risks, eye));
    let text = "The 2009 model. That of NOD Report 17 (2024) supersedes it; its coefficients are not available here.";
    Ok(Screen::new(
        Section::new()
            .child(Paragraph::new(text))
            .children(left_out(&[&risks]))
            .child(Columns::new().children(cards))
            .child(form(&pack))
            .children(unverified(&[("Risk", &pack.unverified)])),
    ))
}

fn card(pack: &RiskPack, person: &Person, risks: &Examinations, eye: Eye) -> Node {
    let card = Card::new().heading(format!("{} eye", eye.title()));
    let Some(newest) = risks.newest(eye) else {
        let text = format!(
            "The questions have not been answered for the {} eye.",
            eye.word()
        );
        return card.child(EmptyState::new("No risk recorded", text)).into();
    };
    match of_examination(pack, person, newest) {
        Ok(risk) => card
            .child(answer(pack, &risk))
            .child(SummaryList::new(counted(&risk, newest)))
            .into(),
        Err(refusal) => {
            let text = format!("Cannot be calculated: {}.", refusal.words());
            card.child(Alert::new(AlertLevel::Warning, "No risk", text))
                .into()
        }
    }
}

/// The risk by the answers of an examination.
///
/// # Errors
/// An answer that the model does not have.
pub(crate) fn of_examination(
    pack: &RiskPack,
    person: &Person,
    it: &Examination,
) -> Result<Risk, Refusal> {
    let answers = asked(pack).filter_map(|factor| Some((factor.id.as_str(), it.part(&factor.id)?)));
    let input = RiskInput {
        age_years: person.age_years(&it.when),
        is_male: person.is_male(),
        answers: answers.collect(),
    };
    capsule_risk(pack, &input)
}

fn answer(pack: &RiskPack, risk: &Risk) -> Node {
    let (least, most) = (
        pack.percent_text(risk.percent.0),
        pack.percent_text(risk.percent.1),
    );
    let Some(odds_ratio) = risk.odds_ratio() else {
        let text = format!(
            "Cannot be calculated: not known: {}. It is between {least} % and {most} %.",
            risk.unknown().join(", ").to_lowercase()
        );
        return Alert::new(
            AlertLevel::Warning,
            "Risk of a torn capsule is not known",
            text,
        )
        .into();
    };
    let text = format!("{}. Odds ratio {odds_ratio:.2}.", risk.bands.0);
    Alert::new(
        AlertLevel::Information,
        format!("Risk of a torn capsule {least} %"),
        text,
    )
    .into()
}

fn counted(risk: &Risk, newest: &Examination) -> Vec<SummaryRow> {
    let mut rows = vec![SummaryRow::new(
        "Answered",
        Fact::date(newest.when.as_str()),
    )];
    for it in &risk.counted {
        let (least, most) = it.odds_ratios;
        let row = match &it.answer {
            Some(words) => SummaryRow::new(it.label.as_str(), Fact::text(words.as_str()))
                .note(format!("Odds ratio {least:.2}")),
            None => SummaryRow::new(it.label.as_str(), Fact::absent(Absent::NotRecorded))
                .note(format!("Odds ratio {least:.2} to {most:.2}")),
        };
        rows.push(row);
    }
    rows
}

fn form(pack: &RiskPack) -> FormNode {
    let eyes = Eye::BOTH.map(|eye| Choice::new(eye.word(), format!("{} eye", eye.title())));
    let questions = asked(pack).map(|factor| {
        let answers = factor.options.iter();
        let answers = answers.map(|it| Choice::new(it.value.as_str(), it.label.as_str()));
        let not_known = Choice::new("not-known", "Not known");
        InputChoice::new(
            factor.id.as_str(),
            factor.label.as_str(),
            answers.chain([not_known]).collect::<Vec<_>>(),
        )
        .required(true)
    });
    FormNode::new("record")
        .title("Answer for an eye")
        .child(InputChoice::new("eye", "Which eye", eyes.to_vec()).required(true))
        .children(questions)
        .child(Paragraph::new("Age and sex are those of the record."))
        .child(ActionButton::new("Record the answers"))
}

/// Answers the form: findings on its fields, or one Observation.
///
/// # Errors
/// Any failure of the packs; `not-provided` for another action.
pub(crate) fn submit(call: &Call<'_>, action: &str, form: &Form) -> Result<Outcome, Failure> {
    if action != "record" {
        return Err(Failure::not_provided(format!(
            "the form has no action `{action}`; it has `record`"
        )));
    }
    let pack = in_force(call, "capsule-risk", RiskPack::read)?;
    let mut findings = Vec::new();
    let mut chosen = Vec::new();
    let eye = Eye::parse(form.text("eye"));
    if let Err(refusal) = &eye {
        findings.push(Finding::on("eye", refusal.sentence()));
    }
    for factor in asked(&pack) {
        let answer = form.text(&factor.id);
        let found = factor
            .options
            .iter()
            .find(|it| Some(it.value.as_str()) == answer);
        match (found, answer) {
            (Some(found), _) => chosen.push((factor.id.as_str(), found)),
            (None, Some("not-known")) => {}
            (None, _) => findings.push(Finding::on(
                factor.id.as_str(),
                "Select an answer; \"Not known\" is one.",
            )),
        }
    }
    if let Ok(eye) = eye {
        findings.extend(against_biometry(call, &pack, eye, form)?);
    }
    let (Ok(eye), true) = (eye, findings.is_empty()) else {
        return Ok(Outcome::findings(&findings));
    };
    let mut draft = Draft::new(call, Kind::CataractRisk, eye)?;
    for (id, option) in chosen {
        draft = draft.coded(id, &option.value, &option.label);
    }
    let summary = format!(
        "Records what bears on cataract surgery of the {} eye.",
        eye.word()
    );
    let proposal = Proposal::new(summary).create(draft.resource());
    Ok(Outcome::commit(&proposal).then("cataract", &Parameters::default()))
}

/// An answer on the length of the eye that its newest biometry contradicts.
fn against_biometry(
    call: &Call<'_>,
    pack: &RiskPack,
    eye: Eye,
    form: &Form,
) -> Result<Option<Finding>, Failure> {
    let biometries = read(call, Kind::Biometry)?;
    let measured = biometries
        .newest(eye)
        .and_then(|it| it.part("axial-length"));
    let is_long = measured
        .and_then(plain_number)
        .map(|it| it >= pack.long_eye_from_mm);
    let said = match form.text("axial-length") {
        Some("under-26") => Some(false),
        Some("26-or-more") => Some(true),
        Some(_) | None => None,
    };
    let (Some(measured), Some(is_long), Some(said)) = (measured, is_long, said) else {
        return Ok(None);
    };
    let text = format!(
        "The newest biometry of this eye says {measured} mm: correct the answer, or measure again."
    );
    Ok((is_long != said).then(|| Finding::on("axial-length", text)))
}
