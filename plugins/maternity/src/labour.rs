//! Which findings in labour alert.
//!
//! Invariant: a blank is not assessed, which is neither an alert nor the absence of one.

#[cfg(test)]
mod tests;

use sdk::pack::Part as Pack;
use sdk::{Failure, Value};

use crate::refusal::{Refusal, within};

/// What the pack `labour` says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LabourPack {
    /// By whose rules.
    pub(crate) rules: String,
    /// The lanes of the chart: a title, and the ids of what is below it.
    pub(crate) lanes: Vec<(String, Vec<String>)>,
    /// Findings that are numbers.
    pub(crate) limits: Vec<Limit>,
    /// Findings that are words.
    pub(crate) words: Vec<WordRule>,
    /// Minutes that the neck of the womb may stay at so many cm.
    pub(crate) dilatation: Vec<(i64, i64)>,
    second_stage: [i64; 2],
    /// What of it nobody compared with the source.
    pub(crate) unverified: Vec<String>,
}

/// When a number alerts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Limit {
    /// In forms and facts.
    pub(crate) id: String,
    /// As it is read.
    pub(crate) label: String,
    /// Its unit.
    pub(crate) unit: String,
    /// Below this it alerts.
    pub(crate) under: Option<f64>,
    /// From here up it alerts.
    pub(crate) from: Option<f64>,
    /// Ends of the scale.
    pub(crate) scale: [f64; 2],
    /// What can be found at all.
    pub(crate) plausible: [f64; 2],
    /// Whether it is counted.
    pub(crate) is_whole: bool,
}

/// When a word alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WordRule {
    /// In forms and facts.
    pub(crate) id: String,
    /// As it is read.
    pub(crate) label: String,
    /// What may be found.
    pub(crate) options: Vec<String>,
    alert: Vec<String>,
}

impl LabourPack {
    /// Reads the pack.
    ///
    /// # Errors
    /// `fault` with the path of the part that is missing.
    pub(crate) fn read(pack: &Value) -> Result<Self, Failure> {
        let pack = Pack::of("labour", pack);
        Ok(Self {
            rules: pack.text("/rules")?,
            limits: pack.each("/limits", |it| {
                Ok(Limit {
                    id: it.text("/id")?,
                    label: it.text("/label")?,
                    unit: it.text("/unit")?,
                    under: it.number_or_none("/under")?,
                    from: it.number_or_none("/from")?,
                    scale: [it.number("/low")?, it.number("/high")?],
                    plausible: it.numbers("/plausible")?,
                    is_whole: it.number_or_none("/step")?.is_some(),
                })
            })?,
            lanes: pack.each("/lanes", |it| Ok((it.text("/title")?, it.texts("/of")?)))?,
            words: pack.each("/words", |it| {
                Ok(WordRule {
                    id: it.text("/id")?,
                    label: it.text("/label")?,
                    options: it.texts("/options")?,
                    alert: it.texts("/alert")?,
                })
            })?,
            dilatation: pack.each("/dilatation_minutes", |it| {
                Ok((it.whole("/cm")?, it.whole("/minutes")?))
            })?,
            second_stage: [
                pack.whole("/second_stage_minutes/nulliparous")?,
                pack.whole("/second_stage_minutes/multiparous")?,
            ],
            unverified: pack.texts("/unverified")?,
        })
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Finding {
    /// A number of one of the limits.
    Number(f64),
    /// One of the words.
    Word(String),
    /// The neck of the womb has been at so many cm for so many minutes.
    Held {
        /// cm.
        cm: i64,
        /// From the first examination at it to the last.
        minutes: i64,
    },
    /// The second stage has lasted so long.
    SecondStage {
        /// So far.
        minutes: i64,
        /// Births before this one.
        parity: Option<i64>,
    },
}

/// What is said of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    /// It alerts.
    Alert,
    /// It does not.
    NoAlert,
    /// Nobody looked.
    NotAssessed,
}

/// Whether a finding in labour alerts.
///
/// Returns: alert, no alert, or not assessed for a blank.
/// Takes: the id of what was looked at, and what was found: a number in the unit of the pack, a word of it, minutes.
/// Refuses: what the pack does not know; a word that is none of its; a number that cannot be; a second stage between the two
/// limits when it is not known whether this is a first birth.
/// Not for: early labour, before 5 cm.
/// Source: WHO Labour Care Guide, user's manual 2020, by its test file. Reviewed: by no clinician yet.
pub(crate) fn labour_alert(
    pack: &LabourPack,
    id: &str,
    found: Option<&Finding>,
) -> Result<Said, Refusal> {
    let Some(found) = found else {
        return known(pack, id).map(|()| Said::NotAssessed);
    };
    let alerts = match found {
        Finding::Number(value) => number_alerts(pack, id, *value)?,
        Finding::Word(word) => word_alerts(pack, id, word)?,
        Finding::Held { cm, minutes } => {
            if !(0..=10).contains(cm) || *minutes < 0 {
                return Err(outside("dilatation", "0", "10 cm"));
            }
            let allowed = pack.dilatation.iter().find(|(at, _)| at == cm);
            allowed.is_some_and(|(_, most)| minutes >= most)
        }
        Finding::SecondStage { minutes, parity } => {
            let [first, later] = pack.second_stage;
            match parity {
                Some(parity) => *minutes >= if *parity == 0 { first } else { later },
                None if *minutes < first.min(later) => false,
                None if *minutes >= first.max(later) => true,
                None => return Err(Refusal::Missing("the number of births before".to_owned())),
            }
        }
    };
    Ok(if alerts { Said::Alert } else { Said::NoAlert })
}

fn known(pack: &LabourPack, id: &str) -> Result<(), Refusal> {
    let is_known = ["dilatation", "second-stage"].contains(&id)
        || pack.limits.iter().any(|it| it.id == id)
        || pack.words.iter().any(|it| it.id == id);
    let nothing = || Refusal::NotAvailable("an alert for this finding");
    is_known.then_some(()).ok_or_else(nothing)
}

fn number_alerts(pack: &LabourPack, id: &str, value: f64) -> Result<bool, Refusal> {
    known(pack, id)?;
    let limit = pack.limits.iter().find(|it| it.id == id);
    let limit = limit.ok_or(Refusal::NotAvailable("an alert for a number here"))?;
    let value = within(&limit.label, value, limit.plausible, &limit.unit)?;
    if limit.is_whole && value.fract() != 0.0 {
        let [low, high] = limit.plausible.map(|it| it.to_string());
        return Err(outside(
            &limit.label,
            &format!("a whole number, {low}"),
            &high,
        ));
    }
    let low = limit.under.is_some_and(|under| value < under);
    Ok(low || limit.from.is_some_and(|from| value >= from))
}

fn word_alerts(pack: &LabourPack, id: &str, word: &str) -> Result<bool, Refusal> {
    known(pack, id)?;
    let rule = pack.words.iter().find(|it| it.id == id);
    let rule = rule.ok_or(Refusal::NotAvailable("an alert for a word here"))?;
    if !rule.options.iter().any(|it| it == word) {
        let (first, last) = (rule.options.first(), rule.options.last());
        return Err(outside(
            &rule.label,
            first.map_or("", String::as_str),
            last.map_or("", String::as_str),
        ));
    }
    Ok(rule.alert.iter().any(|it| it == word))
}

fn outside(what: &str, low: &str, high: &str) -> Refusal {
    Refusal::Outside {
        what: what.to_owned(),
        low: low.to_owned(),
        high: high.to_owned(),
        instead: "",
    }
}
