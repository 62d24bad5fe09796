//! The ten groups of Robson, by which caesarean rates are compared.
//!
//! Invariant: what is missing makes a birth unclassified; a group is never guessed.

#[cfg(test)]
mod tests;

use crate::gestation::Gestation;
use crate::refusal::{Refusal, recorded};

/// How the baby lay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lie {
    /// Head first.
    Cephalic,
    /// Breech.
    Breech,
    /// Transverse or oblique.
    Across,
}

/// How labour began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Onset {
    /// By itself.
    Spontaneous,
    /// It was induced.
    Induced,
    /// Caesarean before it.
    Caesarean,
}

/// What was recorded of a birth.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct RobsonInput {
    /// How many babies.
    pub(crate) fetuses: Option<i64>,
    /// How it lay.
    pub(crate) lie: Option<Lie>,
    /// Births before this one.
    pub(crate) parity: Option<i64>,
    /// How far the pregnancy was.
    pub(crate) gestation: Option<Gestation>,
    /// Whether there was a caesarean before.
    pub(crate) previous_caesarean: Option<bool>,
    /// How labour began.
    pub(crate) onset: Option<Onset>,
}

/// The group of Robson.
///
/// Returns: 1, 2a, 2b, 3, 4a, 4b or 5 to 10.
/// Takes: babies, lie, births before, gestation, a caesarean before, onset; in this order only as far as they decide.
/// Refuses: to classify when something that decides is missing; no baby; a caesarean before in a first birth.
/// Not for: a judgement on a single birth.
/// Source: WHO Robson classification, implementation manual 2017 (by PMC7679201). Reviewed: by no clinician yet.
pub(crate) fn robson(term_from: Gestation, it: &RobsonInput) -> Result<&'static str, Refusal> {
    let fetuses = recorded("the number of babies", it.fetuses)?;
    if fetuses < 1 {
        return Err(Refusal::Outside {
            what: "the number of babies".to_owned(),
            low: "1".to_owned(),
            high: "more".to_owned(),
            instead: "",
        });
    }
    if fetuses > 1 {
        return Ok("8");
    }
    if it.parity.is_some_and(|parity| parity < 0) {
        return Err(Refusal::Missing("the number of births before".to_owned()));
    }
    if it.parity == Some(0) && it.previous_caesarean == Some(true) {
        return Err(Refusal::Contradiction(
            "a first birth".to_owned(),
            "a previous caesarean".to_owned(),
        ));
    }
    let is_first = || recorded("the number of births before", it.parity.map(|it| it == 0));
    match recorded("the presentation", it.lie)? {
        Lie::Across => return Ok("9"),
        Lie::Breech => return Ok(if is_first()? { "6" } else { "7" }),
        Lie::Cephalic => {}
    }
    if recorded("the gestation", it.gestation)? < term_from {
        return Ok("10");
    }
    if recorded("a previous caesarean", it.previous_caesarean)? {
        return Ok("5");
    }
    let onset = recorded("the onset of labour", it.onset);
    Ok(match (is_first()?, onset?) {
        (true, Onset::Spontaneous) => "1",
        (true, Onset::Induced) => "2a",
        (true, Onset::Caesarean) => "2b",
        (false, Onset::Spontaneous) => "3",
        (false, Onset::Induced) => "4a",
        (false, Onset::Caesarean) => "4b",
    })
}
