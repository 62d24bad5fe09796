//! Why a client got nothing from a registry, in words for whoever runs the command or the host.
//!
//! Invariant: what the registry said is repeated cut to a length; it is somebody else's text.

use std::io::Read as _;

use serde::Deserialize;

use crate::component::ComponentError;
use crate::digest::Digest;
use crate::kind::Kind;
use crate::manifest::ManifestError;
use crate::name::NameError;
use crate::trust::TrustError;

/// Why the registry was of no use.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Not an address we can ask.
    #[error("the registry's address {address:?} is not http://HOST[:PORT] or https://HOST[:PORT]")]
    Address {
        /// As given.
        address: String,
    },
    /// A name that no release can have.
    #[error("not a name for a release")]
    Name(#[from] NameError),
    /// No answer, or half of one.
    #[error("{doing} failed on the way")]
    Network {
        /// What was being done.
        doing: String,
        /// The cause.
        source: Box<ureq::Error>,
    },
    /// The registry said no.
    #[error("{doing}: the registry answered {status}: {message}")]
    Answered {
        /// What was being done.
        doing: String,
        /// HTTP status.
        status: u16,
        /// The registry's own words, cut.
        message: String,
    },
    /// The registry said something that is not the protocol.
    #[error("{doing}: the registry's answer is not what the protocol says: {reason}")]
    Protocol {
        /// What was being done.
        doing: String,
        /// What is wrong.
        reason: String,
    },
    /// The registry sent other bytes than those asked for.
    #[error("the registry sent {found} when asked for {asked}: bytes were changed or swapped")]
    Swapped {
        /// The digest asked for.
        asked: Digest,
        /// The digest of what came.
        found: Digest,
    },
    /// The manifest is not a release.
    #[error("the manifest is not a release")]
    Manifest(#[from] ManifestError),
    /// The component is not a departmental's.
    #[error("the component is not a departmental's")]
    Component(#[from] ComponentError),
    /// The release could not be signed.
    #[error("the release cannot be signed")]
    Signing(#[from] TrustError),
}

impl ClientError {
    /// The only thing an edge may branch on.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Address { .. } | Self::Name(_) => Kind::Incorrect,
            Self::Network { .. } => Kind::Busy,
            Self::Answered { status, .. } => match status {
                401 | 403 => Kind::Forbidden,
                404 => Kind::NotFound,
                409 => Kind::Conflict,
                429 | 503 => Kind::Busy,
                400..=499 => Kind::Incorrect,
                _ => Kind::Fault,
            },
            Self::Protocol { .. } | Self::Swapped { .. } => Kind::Refused,
            Self::Manifest(source) => source.kind(),
            Self::Component(source) => source.kind(),
            Self::Signing(source) => source.kind(),
        }
    }
}

/// What the registry said, as far as it is worth repeating: its first error's message, or the start of its answer.
pub(super) fn refusal(doing: &str, response: http::Response<ureq::Body>) -> ClientError {
    #[derive(Deserialize)]
    struct Errors {
        errors: Vec<One>,
    }
    #[derive(Deserialize)]
    struct One {
        code: String,
        message: String,
    }
    let status = response.status().as_u16();
    let mut bytes = Vec::new();
    let read = response
        .into_body()
        .into_reader()
        .take(4096)
        .read_to_end(&mut bytes);
    let first = serde_json::from_slice::<Errors>(&bytes)
        .ok()
        .and_then(|it| it.errors.into_iter().next());
    let message = match (first, read) {
        (Some(one), _) => format!("{} ({})", one.message, one.code),
        (None, Ok(_)) => String::from_utf8_lossy(&bytes).chars().take(200).collect(),
        (None, Err(_)) => "nothing that could be read".to_owned(),
    };
    ClientError::Answered {
        doing: doing.to_owned(),
        status,
        message,
    }
}

pub(super) fn network(doing: &str) -> impl FnOnce(ureq::Error) -> ClientError {
    let doing = doing.to_owned();
    move |source| ClientError::Network {
        doing,
        source: Box::new(source),
    }
}

pub(super) fn protocol(doing: &str, reason: String) -> ClientError {
    ClientError::Protocol {
        doing: doing.to_owned(),
        reason,
    }
}
