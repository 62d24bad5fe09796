//! Which expected date of delivery stands: once a scan dated a pregnancy, no later one does.
//!
//! Invariant: a date that rests on a scan is never replaced; one that rests on a last period only once, by a scan.

#[cfg(test)]
mod tests;

use sdk::moment::Day;
use sdk::pack::Part as Pack;
use sdk::{Failure, Value};

use crate::crl::CrlPack;
use crate::gestation::Gestation;
use crate::head::HeadPack;
use crate::lmp::LmpPack;
use crate::refusal::Refusal;
use crate::transfer::TransferPack;

/// What the pack `dating` says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DatingPack {
    /// Days from the first day of the last period to the expected date.
    pub(crate) term_days: i64,
    /// By the last period.
    pub(crate) lmp: LmpPack,
    /// By the transfer of an embryo.
    pub(crate) transfer: TransferPack,
    /// By the crown-rump length.
    pub(crate) crl: CrlPack,
    /// By the head circumference.
    pub(crate) head: HeadPack,
    /// What of it nobody compared with the source.
    pub(crate) unverified: Vec<String>,
}

impl DatingPack {
    /// Reads the pack.
    ///
    /// # Errors
    /// `fault` with the path of the part that is missing.
    pub(crate) fn read(pack: &Value) -> Result<Self, Failure> {
        let pack = Pack::of("dating", pack);
        Ok(Self {
            term_days: pack.whole("/term_days")?,
            lmp: LmpPack::read(pack)?,
            transfer: TransferPack::read(pack)?,
            crl: CrlPack::read(pack)?,
            head: HeadPack::read(pack)?,
            unverified: pack.texts("/unverified")?,
        })
    }
}

impl DatingPack {
    /// So many days can a pregnancy have lasted before it is booked, at most.
    pub(crate) fn days_before_booking_max(&self) -> i64 {
        self.lmp.days_max()
    }
}

/// By what a pregnancy is dated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Basis {
    /// The last menstrual period.
    Lmp,
    /// The transfer of an embryo.
    Transfer,
    /// A scan, by the crown-rump length.
    Crl,
    /// A scan, by the head circumference.
    Head,
}

impl Basis {
    /// Each of them.
    pub(crate) const ALL: [Self; 4] = [Self::Lmp, Self::Transfer, Self::Crl, Self::Head];

    /// As it is kept.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Lmp => "lmp",
            Self::Transfer => "transfer",
            Self::Crl => "crl",
            Self::Head => "head",
        }
    }

    /// As it is read.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Lmp => "last menstrual period",
            Self::Transfer => "embryo transfer",
            Self::Crl => "scan, crown-rump length",
            Self::Head => "scan, head circumference",
        }
    }

    /// Whether a scan no longer moves it.
    pub(crate) fn is_fixed(self) -> bool {
        match self {
            Self::Lmp => false,
            Self::Transfer | Self::Crl | Self::Head => true,
        }
    }

    fn is_scan(self) -> bool {
        match self {
            Self::Lmp | Self::Transfer => false,
            Self::Crl | Self::Head => true,
        }
    }
}

/// An expected date of delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Edd {
    /// The day.
    pub(crate) day: Day,
    /// By what.
    pub(crate) basis: Basis,
}

impl Edd {
    /// From a scan of a day that found a gestation.
    ///
    /// # Errors
    /// `NoDay` when the calendar ends before it.
    pub(crate) fn of_scan(
        pack: &DatingPack,
        scan: Day,
        found: Gestation,
        basis: Basis,
    ) -> Result<Self, Refusal> {
        let day = scan.plus(pack.term_days - found.0);
        let day = day.ok_or(Refusal::NoDay)?;
        Ok(Self { day, basis })
    }

    /// How far the pregnancy is on a day.
    pub(crate) fn gestation(self, pack: &DatingPack, on: Day) -> Gestation {
        Gestation(pack.term_days - self.day.since(on))
    }
}

/// The date that stands after another is proposed.
///
/// Returns: the expected date of delivery with what it rests on.
/// Takes: the date that stands, if any, and the one that is proposed.
/// Refuses: any date once a scan or the transfer of an embryo dated the pregnancy; a last period once a date stands.
/// Not for: the correction of what was mistyped at the scan that dated it.
/// Source: NICE NG201 (a scan from 11+2 to 14+1 dates a pregnancy); that it is dated once is the project's own rule, from a
/// national alert of December 2023; that a transfer goes before a scan is unverified. Reviewed: by no clinician yet.
pub(crate) fn settled(held: Option<Edd>, proposed: Edd) -> Result<Edd, Refusal> {
    match held {
        None => Ok(proposed),
        Some(held) if held.basis.is_scan() => Err(Refusal::Settled(format!(
            "this pregnancy was dated by a {}: its expected date {} does not change by a later one",
            held.basis.words(),
            held.day
        ))),
        Some(held) if held.basis.is_fixed() => Err(Refusal::Settled(format!(
            "this pregnancy is dated by the embryo transfer: its expected date {} does not change",
            held.day
        ))),
        Some(_) if proposed.basis.is_scan() => Ok(proposed),
        Some(held) => Err(Refusal::Settled(format!(
            "this pregnancy has an expected date by the last period, {}: only a dating scan replaces it",
            held.day
        ))),
    }
}
