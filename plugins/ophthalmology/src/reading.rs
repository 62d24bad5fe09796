//! Acuities and other values as the chart has them, read by the rules of today's packs.
//!
//! Invariant: what the rules refuse stays visible as it was written; it is never left out and never a number.

use std::cmp::Ordering;

use crate::acuity::{Acuity, AcuityInput, AcuityPack, Scale, acuity};
use crate::examination::{Examination, Examinations};
use crate::eye::Eye;
use crate::refusal::Refusal;

/// An acuity of the chart.
///
/// # Errors
/// What the rule refuses, or a scale that is not recorded.
pub(crate) fn acuity_of(pack: &AcuityPack, it: &Examination) -> Result<Acuity, Refusal> {
    let scale = it.part("scale").and_then(Scale::of);
    let input = AcuityInput {
        scale: scale.ok_or(Refusal::NotRecorded("the scale of this acuity"))?,
        text: it
            .part("as-read")
            .ok_or(Refusal::NotRecorded("this acuity"))?,
        read_at_m: it.part("read-at"),
    };
    acuity(pack, &input)
}

/// The best acuity of the last day on which this eye's was read, with that examination.
pub(crate) fn best_of_last_day<'a>(
    pack: &AcuityPack,
    read: &'a Examinations,
    eye: Eye,
) -> Option<(Acuity, &'a Examination)> {
    let day = read.newest(eye)?.day();
    let of_day = read.of(eye).filter(|it| it.day() == day);
    let known = of_day.filter_map(|it| Some((acuity_of(pack, it).ok()?, it)));
    known.reduce(|best, other| match other.0.compare(best.0) {
        Ordering::Greater => other,
        Ordering::Less | Ordering::Equal => best,
    })
}
