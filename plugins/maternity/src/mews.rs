//! The national Maternity Early Warning Score: the engine, which stays blocked until a signed table is in its pack.
//!
//! Invariant: without a signed table there is no score, and no other score in its place.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use sdk::pack::Part as Pack;
use sdk::{Failure, Value};

use crate::refusal::{Refusal, recorded, within};

/// A table that somebody signed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MewsPack {
    escalate_from: i64,
    parameters: Vec<Parameter>,
}

#[derive(Debug, Clone, PartialEq)]
struct Parameter {
    id: String,
    plausible: [f64; 2],
    bands: Vec<(f64, i64)>,
}

impl MewsPack {
    /// Reads the pack: None while it has no table, or nobody signed it.
    ///
    /// # Errors
    /// `fault` with the path of the part that is missing from a table.
    pub(crate) fn read(pack: &Value) -> Result<Option<Self>, Failure> {
        let is_there = |path: &str| pack.pointer(path).is_some_and(|it| !it.is_null());
        if !is_there("/table") || !is_there("/signed_by") {
            return Ok(None);
        }
        let pack = Pack::of("mews", pack);
        pack.text("/signed_by")?;
        Ok(Some(Self {
            escalate_from: pack.whole("/escalate_from")?,
            parameters: pack.each("/table", |it| {
                Ok(Parameter {
                    id: it.text("/id")?,
                    plausible: it.numbers("/plausible")?,
                    bands: it.each("/bands", |band| {
                        Ok((band.number("/from")?, band.whole("/points")?))
                    })?,
                })
            })?,
        }))
    }
}

/// The national Maternity Early Warning Score.
///
/// Returns: the total, and whether it is to be escalated.
/// Takes: the signed table; each observation by its id, in the unit of the table.
/// Refuses: everything while there is no signed table; an observation that is missing or cannot be.
/// Not for: women more than four weeks after birth. No other score is put in its place.
/// Source: Gerry S et al. 2024 (abstract: escalate at 2); its table of cut-offs was not reached. Reviewed: by no clinician yet.
pub(crate) fn mews(
    pack: Option<&MewsPack>,
    observed: &BTreeMap<String, f64>,
) -> Result<(i64, bool), Refusal> {
    let nothing = Refusal::NotAvailable("the national table of this score is not signed");
    let pack = pack.ok_or(nothing)?;
    let mut total = 0;
    for parameter in &pack.parameters {
        let value = recorded(&parameter.id, observed.get(&parameter.id).copied())?;
        let value = within(&parameter.id, value, parameter.plausible, "")?;
        let band = parameter
            .bands
            .iter()
            .rev()
            .find(|(from, _)| value >= *from);
        total += recorded(&parameter.id, band)?.1;
    }
    Ok((total, total >= pack.escalate_from))
}
