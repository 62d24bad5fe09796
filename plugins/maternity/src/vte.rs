//! The score for venous thromboembolism in pregnancy and after birth.
//!
//! Invariant: a factor that nobody asked about is never a no: it makes the score "at least".

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use sdk::pack::Part as Pack;
use sdk::{Failure, Value};

use crate::refusal::{Refusal, within};

/// What the pack `vte` says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct VtePack {
    age_over: (f64, u32),
    bmi: Vec<(f64, u32)>,
    parity_from: (f64, u32),
    /// Every factor, in the order in which it is asked.
    pub(crate) factors: Vec<Factor>,
    never_both: Vec<Vec<String>>,
    antenatal: Vec<Band>,
    postnatal: Vec<Band>,
    six_weeks: Vec<Vec<String>>,
    /// What of it nobody compared with the source.
    pub(crate) unverified: Vec<String>,
}

/// One factor that is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Factor {
    /// In forms and facts.
    pub(crate) id: String,
    /// As it is read.
    pub(crate) label: String,
    /// What a yes gives.
    pub(crate) points: u32,
    phases: Vec<String>,
}

/// A band of the score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Band {
    /// Its id.
    pub(crate) id: String,
    /// As it is read.
    pub(crate) label: String,
    /// Its lowest score.
    pub(crate) from: u32,
}

/// When it is scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Before birth.
    Antenatal,
    /// After birth.
    Postnatal,
}

impl Phase {
    /// The word in packs, forms and facts.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Antenatal => "antenatal",
            Self::Postnatal => "postnatal",
        }
    }
}

impl VtePack {
    /// Reads the pack.
    ///
    /// # Errors
    /// `fault` with the path of the part that is missing.
    pub(crate) fn read(pack: &Value) -> Result<Self, Failure> {
        let pack = Pack::of("vte", pack);
        let bands = |path: &str| {
            pack.each(path, |it| {
                Ok(Band {
                    id: it.text("/id")?,
                    label: it.text("/label")?,
                    from: it.whole("/from")?,
                })
            })
        };
        Ok(Self {
            age_over: (
                pack.number("/age_over_years/years")?,
                pack.whole("/age_over_years/points")?,
            ),
            bmi: pack.each("/bmi", |it| Ok((it.number("/from")?, it.whole("/points")?)))?,
            parity_from: (pack.number("/parity/from")?, pack.whole("/parity/points")?),
            factors: pack.each("/factors", |it| {
                Ok(Factor {
                    id: it.text("/id")?,
                    label: it.text("/label")?,
                    points: it.whole("/points")?,
                    phases: it.texts("/phases")?,
                })
            })?,
            never_both: pack.each("/never_both", |it| it.texts(""))?,
            antenatal: bands("/bands/antenatal")?,
            postnatal: bands("/bands/postnatal")?,
            six_weeks: pack.each("/six_weeks", |it| it.texts(""))?,
            unverified: pack.texts("/unverified")?,
        })
    }

    /// The bands of a phase, lowest first.
    pub(crate) fn bands(&self, phase: Phase) -> &[Band] {
        match phase {
            Phase::Antenatal => &self.antenatal,
            Phase::Postnatal => &self.postnatal,
        }
    }

    /// How a band of either phase is read.
    pub(crate) fn label(&self, band: &str) -> Option<&str> {
        let mut all = self.antenatal.iter().chain(&self.postnatal);
        all.find(|it| it.id == band).map(|it| it.label.as_str())
    }

    /// The factors that are asked in a phase.
    pub(crate) fn asked(&self, phase: Phase) -> impl Iterator<Item = &Factor> {
        let is_asked = move |it: &&Factor| it.phases.iter().any(|word| word == phase.word());
        self.factors.iter().filter(is_asked)
    }
}

/// What was recorded.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct VteInput {
    /// When it is scored.
    pub(crate) phase: Phase,
    /// Completed years.
    pub(crate) age_years: Option<f64>,
    /// kg/m², at booking.
    pub(crate) bmi: Option<f64>,
    /// Births before this one.
    pub(crate) parity: Option<f64>,
    /// What was answered, by factor; one that is not here was not asked.
    pub(crate) answers: BTreeMap<String, bool>,
}

/// One part of the score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VtePart {
    /// As it is read.
    pub(crate) label: String,
    /// What it gives; None when it was not asked.
    pub(crate) points: Option<u32>,
    /// The most it can give.
    pub(crate) most: u32,
}

/// A score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VteScore {
    /// What is certain.
    pub(crate) least: u32,
    /// What it would be if all that was not asked were a yes; equal when everything was.
    pub(crate) most: u32,
    /// What it is made of.
    pub(crate) parts: Vec<VtePart>,
    /// The band of what is certain.
    pub(crate) band: Band,
    /// Whether a band above it cannot be excluded.
    pub(crate) could_be_higher: bool,
    /// After birth: whether six weeks are advised. None when that is not known.
    pub(crate) six_weeks: Option<bool>,
}

/// Risk of venous thromboembolism.
///
/// Returns: the certain score, the highest possible one, the parts and the band; after birth also whether for six weeks.
/// Takes: completed years, kg/m², births before this one, an answer for each factor of the phase.
/// Refuses: an age outside 10 to 70, an index outside 10 to 100, a parity outside 0 to 30; two answers that exclude each other.
/// Not for: a decision alone: bleeding risk is weighed by the prescriber, and any admission to hospital asks again.
/// Source: RCOG Green-top Guideline 37a, 2015, Appendix III, by an independent transcription. Reviewed: by no clinician yet.
pub(crate) fn vte_score(pack: &VtePack, it: &VteInput) -> Result<VteScore, Refusal> {
    let said = |id: &String| it.answers.get(id).copied();
    for group in &pack.never_both {
        let yes: Vec<_> = group.iter().filter(|id| said(id) == Some(true)).collect();
        if let [one, other, ..] = yes[..] {
            return Err(Refusal::Contradiction(one.clone(), other.clone()));
        }
    }
    let mut parts = vec![
        age_part(pack, it)?,
        bmi_part(pack, it)?,
        parity_part(pack, it)?,
    ];
    parts.extend(pack.asked(it.phase).map(|factor| VtePart {
        label: factor.label.clone(),
        points: said(&factor.id).map(|yes| if yes { factor.points } else { 0 }),
        most: factor.points,
    }));
    let least = parts.iter().filter_map(|it| it.points).sum();
    let most = parts.iter().map(|it| it.points.unwrap_or(it.most)).sum();
    let bands = pack.bands(it.phase);
    let band_of = |score: u32| bands.iter().rev().find(|band| band.from <= score);
    let band = band_of(least).ok_or_else(|| Refusal::Missing("the lowest band".to_owned()))?;
    let six_weeks = match it.phase {
        Phase::Antenatal => Some(false),
        Phase::Postnatal => any_group(&pack.six_weeks, &said),
    };
    Ok(VteScore {
        least,
        most,
        parts,
        band: band.clone(),
        could_be_higher: band_of(most) != Some(band),
        six_weeks,
    })
}

/// Whether every factor of some group is a yes; None when an unasked one could make it so.
fn any_group(groups: &[Vec<String>], said: &impl Fn(&String) -> Option<bool>) -> Option<bool> {
    let of_group = |group: &Vec<String>| {
        let answers: Vec<_> = group.iter().map(said).collect();
        match (answers.contains(&Some(false)), answers.contains(&None)) {
            (true, _) => Some(false),
            (false, true) => None,
            (false, false) => Some(true),
        }
    };
    let answers: Vec<_> = groups.iter().map(of_group).collect();
    match (answers.contains(&Some(true)), answers.contains(&None)) {
        (true, _) => Some(true),
        (false, true) => None,
        (false, false) => Some(false),
    }
}

fn age_part(pack: &VtePack, it: &VteInput) -> Result<VtePart, Refusal> {
    let (over, points) = pack.age_over;
    let given = |years: f64| {
        let years = within("age", years, [10.0, 70.0], "years")?;
        Ok(if years > over { points } else { 0 })
    };
    Ok(VtePart {
        label: format!("Age over {over}"),
        points: it.age_years.map(given).transpose()?,
        most: points,
    })
}

fn bmi_part(pack: &VtePack, it: &VteInput) -> Result<VtePart, Refusal> {
    let given = |bmi: f64| {
        let bmi = within("body mass index", bmi, [10.0, 100.0], "kg/m²")?;
        let steps = pack.bmi.iter().filter(|(from, _)| bmi >= *from);
        Ok(steps.map(|(_, points)| *points).max().unwrap_or(0))
    };
    Ok(VtePart {
        label: "Body mass index at booking".to_owned(),
        points: it.bmi.map(given).transpose()?,
        most: pack
            .bmi
            .iter()
            .map(|(_, points)| *points)
            .max()
            .unwrap_or(0),
    })
}

fn parity_part(pack: &VtePack, it: &VteInput) -> Result<VtePart, Refusal> {
    let (from, points) = pack.parity_from;
    let given = |parity: f64| {
        let parity = within("parity", parity, [0.0, 30.0], "births")?;
        Ok(if parity >= from { points } else { 0 })
    };
    Ok(VtePart {
        label: format!("{from} or more births before"),
        points: it.parity.map(given).transpose()?,
        most: points,
    })
}
