//! A document as it is shown, where it comes from, or why it is not shown.
//!
//! Invariant: an old copy is another thing than a document that its holder vouches for.

use crate::caller::SiteCode;

/// A document as it is shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Content {
    /// What it is, in lower case and without parameters: `application/pdf`.
    pub media_type: String,
    /// What the pointer says that it is, where that differs.
    pub described_as: Option<String>,
    /// The document.
    pub bytes: Vec<u8>,
    /// Where it comes from.
    pub how: How,
}

impl std::fmt::Debug for Content {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(to, "{} [phi] {:?}", self.media_type, self.how)
    }
}

/// Where a document comes from. Moments are RFC 3339.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// It is kept in this record.
    Here,
    /// It was fetched now.
    Fetched,
    /// A copy that holds: its holder last said at this moment that it is so.
    Fresh {
        /// When.
        at: String,
    },
    /// A copy of which its holder says now that it is so.
    Renewed,
    /// A copy as it was at a moment: its holder cannot be asked.
    Old {
        /// When.
        at: String,
        /// When the holder could not be asked.
        asked_at: String,
        /// Why.
        why: String,
    },
}

impl How {
    /// The word of the audit.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Here => "here",
            Self::Fetched => "fetched",
            Self::Fresh { .. } => "fresh copy",
            Self::Renewed => "renewed copy",
            Self::Old { .. } => "old copy",
        }
    }
}

/// What came of looking at a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    /// Who holds it, as people read it; `None`: this record, or nobody who is declared.
    pub holder: Option<String>,
    /// The document, or why it is not shown.
    pub outcome: Result<Content, NotShown>,
}

/// Why a document is not shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotShown {
    /// The pointer has no such content, or says neither what it is nor where it lies.
    #[error("the pointer does not say where the document is")]
    Nowhere,
    /// It lies where nothing is asked.
    #[error("its address cannot be asked: {why}")]
    Address {
        /// Why.
        why: String,
    },
    /// Nobody is declared who holds what lies there.
    #[error("no holder of documents is declared for its address")]
    Undeclared,
    /// Its holder is not asked for the clinicians of the caller's site.
    #[error("it is not asked for clinicians of {site}")]
    NotForSite {
        /// The site.
        site: SiteCode,
    },
    /// Its holder cannot be asked, and there is no copy that may be shown.
    #[error("it could not be asked at {at}: {why}")]
    Unasked {
        /// When, RFC 3339.
        at: String,
        /// Why.
        why: String,
    },
    /// Its holder does not hand it over; a copy that was kept is removed.
    #[error(
        "it answered with status {status}: the document was withdrawn, or is not for this record"
    )]
    Withdrawn {
        /// The status.
        status: u16,
    },
    /// What came cannot be what the pointer describes.
    #[error("what came is not what the pointer describes: its size or digest is another")]
    Differs,
    /// What is kept here cannot be read.
    #[error("what is kept here of it cannot be read")]
    Unreadable,
}
