//! The score of Apgar at one of its minutes.
//!
//! Invariant: five parts or no total.

#[cfg(test)]
mod tests;

use sdk::pack::Part as Pack;
use sdk::{Failure, Value};

use crate::refusal::Refusal;

/// What the pack `birth` says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApgarPack {
    points_max: i64,
    /// Minutes after birth at which it is scored.
    pub(crate) minutes: Vec<i64>,
    /// Each part: id, label, what 0, 1 and 2 are.
    pub(crate) parts: Vec<(String, String, Vec<String>)>,
}

impl ApgarPack {
    /// Reads its part of the pack.
    ///
    /// # Errors
    /// `fault` with the path of the part that is missing.
    pub(crate) fn read(pack: &Value) -> Result<Self, Failure> {
        let pack = Pack::of("birth", pack);
        Ok(Self {
            points_max: pack.whole("/apgar/points_max")?,
            minutes: pack.each("/apgar/minutes", |it| it.whole(""))?,
            parts: pack.each("/apgar/parts", |it| {
                Ok((it.text("/id")?, it.text("/label")?, it.texts("/words")?))
            })?,
        })
    }
}

/// The score of Apgar.
///
/// Returns: 0 to 10.
/// Takes: the minute after birth; points 0 to 2 for heart rate, breathing, tone, response and colour, in this order.
/// Refuses: a minute at which it is not scored; a part that is missing, with its name; points outside 0 to 2.
/// Not for: deciding whether to begin resuscitation.
/// Source: Apgar V. Curr Res Anesth Analg 1953;32:260-7. Reviewed: by no clinician yet.
pub(crate) fn apgar(pack: &ApgarPack, minute: i64, points: &[Option<i64>]) -> Result<i64, Refusal> {
    if !pack.minutes.contains(&minute) {
        let all: Vec<_> = pack.minutes.iter().map(i64::to_string).collect();
        return Err(Refusal::Outside {
            what: "the minute of the score".to_owned(),
            low: "one of".to_owned(),
            high: all.join(", "),
            instead: "",
        });
    }
    let mut total = 0;
    for (at, (_, label, _)) in pack.parts.iter().enumerate() {
        let given = points.get(at).copied().flatten();
        let given = given.ok_or_else(|| Refusal::Missing(label.to_lowercase()))?;
        if !(0..=pack.points_max).contains(&given) {
            return Err(Refusal::Outside {
                what: label.to_lowercase(),
                low: "0".to_owned(),
                high: pack.points_max.to_string(),
                instead: "",
            });
        }
        total += given;
    }
    Ok(total)
}
