//! When an eye with glaucoma, or at risk of it, is to be seen again.
//!
//! Invariant: without a risk that the pack knows there is no date, and a month is a month of the calendar.

#[cfg(test)]
mod tests;

use sdk::Failure;
use sdk::pack::Part;

use crate::refusal::Refusal;
use sdk::moment::{Day, days_of};

/// What the pack `glaucoma` says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FollowUpPack {
    /// The risks, the lowest first.
    pub(crate) risks: Vec<RiskInterval>,
    /// What nobody compared with its source.
    pub(crate) unverified: Vec<String>,
}

/// A risk, and after how long it is looked at again.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RiskInterval {
    /// `low`, `moderate`, `high`.
    pub(crate) risk: String,
    /// As it is read.
    pub(crate) label: String,
    interval: Interval,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Interval {
    Months(u32),
    Weeks(u32),
}

impl FollowUpPack {
    /// Reads the pack.
    ///
    /// # Errors
    /// `fault` with the path of the part that is missing or not of its kind.
    pub(crate) fn read(pack: Part<'_>) -> Result<Self, Failure> {
        Ok(Self {
            risks: pack.each("/risks", |it| {
                let interval = match it.whole_or_none("/months")? {
                    Some(months) => Interval::Months(months),
                    None => Interval::Weeks(it.whole("/weeks")?),
                };
                Ok(RiskInterval {
                    risk: it.text("/risk")?,
                    label: it.text("/label")?,
                    interval,
                })
            })?,
            unverified: pack.unverified()?,
        })
    }
}

impl RiskInterval {
    /// `6 months`.
    pub(crate) fn words(&self) -> String {
        match self.interval {
            Interval::Months(months) => format!("{months} months"),
            Interval::Weeks(weeks) => format!("{weeks} weeks"),
        }
    }
}

/// The day by which an eye is to be seen again.
///
/// Returns: a day of the calendar, `2027-05-20`; a day that its month does not have is the last of that month.
/// Takes: the day of the visit and the risk that a clinician assigned. Refuses: a risk that is not recorded or that the pack does not
/// have; a visit without a real day.
/// Not for: deciding the risk, which needs discs, fields and pressures and is a clinician's.
/// Source: intervals as OpenEyes seeds them, not compared with NICE NG81, unverified. Reviewed: nobody yet.
pub(crate) fn due(
    pack: &FollowUpPack,
    visit: Option<&str>,
    risk: Option<&str>,
) -> Result<String, Refusal> {
    let risk = risk.ok_or(Refusal::NotRecorded("the risk of glaucoma"))?;
    let found = pack.risks.iter().find(|it| it.risk == risk);
    let found = found.ok_or(Refusal::Contradiction(
        "this is none of the risks that can be selected",
    ))?;
    let visit = visit.ok_or(Refusal::NotRecorded("the day of the visit"))?;
    let visit = Day::parse(visit).ok_or(Refusal::Unreadable {
        what: "the day of the visit",
        mend: "write a real day, year first",
    })?;
    let due = match found.interval {
        Interval::Months(months) => months_later(visit, i64::from(months)),
        Interval::Weeks(weeks) => Day::from_number(visit.number() + 7 * i64::from(weeks)),
    };
    Ok(due.text())
}

fn months_later(from: Day, months: i64) -> Day {
    let month = from.year * 12 + from.month - 1 + months;
    let (year, month) = (month.div_euclid(12), month.rem_euclid(12) + 1);
    Day {
        year,
        month,
        day: from.day.min(days_of(year, month)),
    }
}
