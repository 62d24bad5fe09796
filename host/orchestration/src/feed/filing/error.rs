//! Why a plan cannot be filed as the record stands.
//!
//! Invariant: each reason names the field at fault, where one is, and says what somebody has to do.

use record::ReadError;

use crate::feed::message::place::Place;
use crate::matching::Doubt;

/// Why a plan cannot be filed as the record stands.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Results of nobody the record knows.
    #[error(
        "nobody in the record has this number; this message is kept, and is filed by itself as soon as an ADT^A28, A01, A04 or A08 makes the patient known"
    )]
    UnknownPatient,
    /// It cannot be told whom the message is about.
    #[error(transparent)]
    Doubt(#[from] Doubt),
    /// The visit number belongs to somebody else.
    #[error(
        "this visit number belongs to another patient in the record: it has to be corrected by the sender"
    )]
    VisitOfAnother,
    /// A verified result would become unverified.
    #[error(
        "a verified result is in the record and this message has an earlier state of it: corrections are sent with OBX-11 C"
    )]
    Regressed {
        /// The line.
        place: Place,
    },
    /// A status without a result.
    #[error(
        "OBX-11 is U, but no earlier result of this line is in the record; this message is kept, and is filed by itself as soon as the result is"
    )]
    NothingToConfirm {
        /// The line.
        place: Place,
    },
    /// A sender names as somebody's only record one that others use as well.
    #[error(
        "the record to be merged has no number of this sender's own, or has numbers of other organisations: somebody has to compare the two records and merge them"
    )]
    OfOthers,
    /// A change of numbers is really a merge.
    #[error("both numbers are in the record, of two people: if they are one person, send ADT^A40")]
    TwoPeople,
    /// A link is taken back of records that are one.
    #[error(
        "these two records were merged: somebody has to undo the merge, and to say whose everything later is"
    )]
    WereMerged,
    /// A number belongs to somebody else's resource.
    #[error(
        "the {what} that has this number in the record is another patient's: the number has to be corrected by the sender"
    )]
    OfAnother {
        /// Its type.
        what: &'static str,
    },
    /// Numbers of one thing belong to several.
    #[error(
        "the numbers belong to different {what} resources in the record: somebody has to say which of them is meant"
    )]
    Several {
        /// Their type.
        what: &'static str,
    },
    /// Something that was withdrawn would come back.
    #[error(
        "the {what} that has this number was entered in error and withdrawn: what is true is sent under a new number"
    )]
    Withdrawn {
        /// Its type.
        what: &'static str,
        /// The field that names it.
        place: Option<Place>,
    },
    /// What the record holds is not what was filed there.
    #[error("{what} in the record cannot be continued by a message")]
    Unexpected {
        /// Which resource.
        what: String,
    },
    /// The record did not answer.
    #[error("the record could not be read")]
    Read(#[from] ReadError),
}

impl FileError {
    /// Whether it is filed by itself once something else of the same patient is.
    #[must_use]
    pub fn waits(&self) -> bool {
        matches!(self, Self::UnknownPatient | Self::NothingToConfirm { .. })
    }

    /// The place at fault.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        match self {
            Self::UnknownPatient => Some(Place::of("PID", 3)),
            Self::Doubt(Doubt::BirthDate) => Some(Place::of("PID", 7)),
            Self::Doubt(Doubt::SeveralPeople | Doubt::OtherNhsNumber) => Some(Place::of("PID", 3)),
            Self::VisitOfAnother => Some(Place::of("PV1", 19)),
            Self::OfOthers | Self::TwoPeople => Some(Place::of("MRG", 1)),
            Self::WereMerged => Some(Place::of("PID", 3)),
            Self::Regressed { place } | Self::NothingToConfirm { place } => Some(*place),
            Self::Withdrawn { place, .. } => *place,
            Self::OfAnother { .. }
            | Self::Several { .. }
            | Self::Unexpected { .. }
            | Self::Read(_) => None,
        }
    }
}
