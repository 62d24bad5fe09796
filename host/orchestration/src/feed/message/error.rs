//! What can be wrong with a message.
//!
//! Invariant: every variant says what, where and what to do, and none repeats a value about a patient.

use crate::feed::message::place::Place;
use crate::limits::{MESSAGE_BYTES_MAX, SEGMENTS_MAX};

/// Why bytes could not be read as a message, or a value not as what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// There is no MSH segment at the start.
    #[error(
        "the message does not start with an MSH segment; send one HL7 v2 message, or one batch, in a frame"
    )]
    NoHeader,
    /// MSH-1 or MSH-2 cannot be used to cut the message.
    #[error("MSH-1 and MSH-2 must name different punctuation characters, as in |^~\\&: {0}")]
    Delimiters(&'static str),
    /// The message is longer than anything that is taken.
    #[error(
        "the message has {bytes} bytes, at most {max} are taken; send large documents as a reference (RP)"
    )]
    TooLong {
        /// Its length.
        bytes: usize,
        /// What is taken.
        max: usize,
    },
    /// The message has more segments than are taken.
    #[error("the message has more than {SEGMENTS_MAX} segments; send it in parts")]
    TooManySegments,
    /// A line does not begin with a segment name.
    #[error(
        "segment {number} of the message does not begin with a segment name such as PID; a line break inside a value must be sent as \\.br\\"
    )]
    Segment {
        /// Counted from 1, MSH is the first.
        number: usize,
    },
    /// There is a second MSH.
    #[error("segment {number} of the message is another MSH; send one message in a frame")]
    SecondHeader {
        /// Counted from 1.
        number: usize,
    },
    /// What came is a part of a message.
    #[error(
        "{at} says that this is a part of a message that goes on elsewhere; send the message whole, it may have {MESSAGE_BYTES_MAX} bytes"
    )]
    Continued {
        /// What says so.
        at: Place,
    },
    /// MSH-18 names a set that is not read here.
    #[error(
        "MSH-18 names the character set {named}; send ASCII, UNICODE UTF-8, 8859/1 to 8859/9 or 8859/15"
    )]
    CharacterSet {
        /// As it stands in MSH-18, shortened.
        named: String,
    },
    /// A byte is not in the character set that MSH-18 names.
    #[error(
        "byte {offset} of the message (0x{byte:02X}, in {at}) is not {set}; MSH-18 must name the character set that is used"
    )]
    NotInCharacterSet {
        /// Where the byte stands.
        at: Place,
        /// The set.
        set: &'static str,
        /// Counted from 0.
        offset: usize,
        /// The byte found.
        byte: u8,
    },
    /// An escape sequence cannot be written out.
    #[error("{at} has an escape sequence that cannot be read: {what}")]
    Escape {
        /// Where.
        at: Place,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A value holds a control character.
    #[error(
        "{at} holds the control character 0x{byte:02X}; send line breaks as \\.br\\ and leave others out"
    )]
    Control {
        /// Where.
        at: Place,
        /// Which.
        byte: u8,
    },
    /// A value is longer than anything of its kind.
    #[error("{at} has more than {max} {of}")]
    ValueTooLong {
        /// Where.
        at: Place,
        /// What is counted.
        of: &'static str,
        /// What is taken.
        max: usize,
    },
    /// Something that must be there is not.
    #[error("{at} is missing: {why}")]
    Missing {
        /// Where it should be.
        at: Place,
        /// What it is needed for.
        why: &'static str,
    },
    /// A value is not of the form its field has.
    #[error("{at} is not {expected}")]
    Form {
        /// Where.
        at: Place,
        /// What belongs there.
        expected: &'static str,
    },
    /// A code is not one of its table.
    #[error("{at} is {found:?}, which is not taken here: {expected}")]
    Code {
        /// Where.
        at: Place,
        /// The code found, shortened.
        found: String,
        /// What is taken.
        expected: &'static str,
    },
    /// A segment stands where it has no meaning.
    #[error("{at} stands where it has no meaning: {expected}")]
    Sequence {
        /// Where.
        at: Place,
        /// What the order should be.
        expected: &'static str,
    },
}

impl MessageError {
    /// The place it is about, where there is one.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        match self {
            Self::NoHeader
            | Self::TooLong { .. }
            | Self::TooManySegments
            | Self::Segment { .. } => None,
            Self::Delimiters(_) => Some(Place::of("MSH", 2)),
            Self::SecondHeader { .. } => Some(Place::of("MSH", 0)),
            Self::CharacterSet { .. } => Some(Place::of("MSH", 18)),
            Self::Continued { at }
            | Self::NotInCharacterSet { at, .. }
            | Self::Escape { at, .. }
            | Self::Control { at, .. }
            | Self::ValueTooLong { at, .. }
            | Self::Missing { at, .. }
            | Self::Form { at, .. }
            | Self::Code { at, .. }
            | Self::Sequence { at, .. } => Some(*at),
        }
    }
}
