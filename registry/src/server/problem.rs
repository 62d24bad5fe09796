//! Failures as the distribution protocol writes them: a status, a code of its list, and what a person can act on.
//!
//! Invariant: a fault of ours is told as a fault and nothing more; its cause is for the log.

use axum::body::Body;
use axum::response::Response;
use http::{HeaderValue, Method, StatusCode, header};
use serde_json::json;

use crate::blobs::BlobError;
use crate::catalogue::CatalogueError;
use crate::component::ComponentError;
use crate::digest::DigestError;
use crate::kind::Kind;
use crate::limits::MANIFEST_BYTES_MAX;
use crate::manifest::ManifestError;
use crate::name::NameError;
use crate::publication::GateError;

/// Content type of our own documents.
pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// How to say who one is: the token as a password, or as a bearer.
pub(super) const CHALLENGE: HeaderValue =
    HeaderValue::from_static("Basic realm=\"palatine registry\"");

/// An answer that is not a success.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
    /// A header that the status needs beside the document.
    pub(super) header: Option<(header::HeaderName, HeaderValue)>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            header: None,
        }
    }

    pub(super) fn with(mut self, name: header::HeaderName, value: HeaderValue) -> Self {
        self.header = Some((name, value));
        self
    }

    pub(super) fn unauthorised() -> Self {
        let message =
            "a publisher's token is needed, as bearer or as the password of basic authentication";
        Self::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", message)
            .with(header::WWW_AUTHENTICATE, CHALLENGE)
    }

    pub(super) fn denied(message: String) -> Self {
        Self::new(StatusCode::FORBIDDEN, "DENIED", message)
    }

    pub(super) fn unsupported(method: &Method) -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "UNSUPPORTED",
            format!("{method} is not possible here"),
        )
    }

    pub(super) fn write_once() -> Self {
        let message =
            "modules/ is write-once: what is there is never removed; trials belong under scratch/";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED", message)
    }

    pub(super) fn no_such_route(path: &str) -> Self {
        let path: String = path.chars().take(200).collect();
        Self::new(
            StatusCode::NOT_FOUND,
            "UNSUPPORTED",
            format!("{path} is not a path of this registry"),
        )
    }

    pub(super) fn name(source: NameError) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "NAME_INVALID", source.to_string())
    }

    pub(super) fn tag(source: NameError) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "TAG_INVALID", source.to_string())
    }

    pub(super) fn digest(source: DigestError) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "DIGEST_INVALID",
            source.to_string(),
        )
    }

    pub(super) fn query(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "UNSUPPORTED", message)
    }

    pub(super) fn blob_unknown() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "BLOB_UNKNOWN",
            "the repository does not hold this blob",
        )
    }

    pub(super) fn manifest_unknown() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "MANIFEST_UNKNOWN",
            "the repository does not hold this manifest",
        )
    }

    pub(super) fn manifest_too_large() -> Self {
        let message = format!("a manifest has at most {MANIFEST_BYTES_MAX} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "SIZE_INVALID", message)
    }

    pub(super) fn out_of_order(message: String) -> Self {
        Self::new(
            StatusCode::RANGE_NOT_SATISFIABLE,
            "BLOB_UPLOAD_INVALID",
            message,
        )
    }

    pub(super) fn body(message: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "SIZE_INVALID", message)
    }

    /// The error document.
    pub(super) fn into_answer(self) -> Response {
        let document =
            json!({ "errors": [{ "code": self.code, "message": self.message, "detail": null }] });
        let mut response = Response::new(Body::from(document.to_string()));
        *response.status_mut() = self.status;
        response.headers_mut().insert(header::CONTENT_TYPE, JSON);
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, value);
        }
        response
    }

    /// The status of a kind, and the code that goes with it unless the error knows a better one.
    fn of(kind: Kind, code: Option<&'static str>, source: &dyn std::error::Error) -> Self {
        let (status, usual) = match kind {
            Kind::Incorrect | Kind::Refused => (StatusCode::BAD_REQUEST, "MANIFEST_INVALID"),
            Kind::Forbidden => (StatusCode::FORBIDDEN, "DENIED"),
            Kind::NotFound => (StatusCode::NOT_FOUND, "NAME_UNKNOWN"),
            Kind::Conflict => (StatusCode::CONFLICT, "DENIED"),
            Kind::Busy => (StatusCode::TOO_MANY_REQUESTS, "TOOMANYREQUESTS"),
            Kind::Fault => {
                tracing::error!("the registry failed: {}", chain(source));
                let message = "the registry failed; its log says how";
                return Self::new(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN", message);
            }
        };
        Self::new(status, code.unwrap_or(usual), source.to_string())
    }
}

/// An error and its causes, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |it| it.source());
    causes.fold(error.to_string(), |line, cause| format!("{line}: {cause}"))
}

impl From<CatalogueError> for Problem {
    fn from(source: CatalogueError) -> Self {
        let code = match &source {
            CatalogueError::UnknownBlob { .. } | CatalogueError::UnknownManifest { .. } => {
                Some("MANIFEST_BLOB_UNKNOWN")
            }
            CatalogueError::NearMiss { .. } => Some("NAME_INVALID"),
            CatalogueError::Full { .. } => Some("DENIED"),
            CatalogueError::Busy
            | CatalogueError::Stopped
            | CatalogueError::UnknownRepository(_)
            | CatalogueError::WriteOnce { .. }
            | CatalogueError::SignedOther { .. }
            | CatalogueError::Sqlite { .. } => None,
        };
        Self::of(source.kind(), code, &source)
    }
}

impl From<BlobError> for Problem {
    fn from(source: BlobError) -> Self {
        match source {
            BlobError::Catalogue(source) => source.into(),
            BlobError::TooLarge => Self::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "SIZE_INVALID",
                source.to_string(),
            ),
            BlobError::UnknownUpload => {
                Self::of(source.kind(), Some("BLOB_UPLOAD_UNKNOWN"), &source)
            }
            BlobError::OtherDigest { .. } => {
                Self::of(source.kind(), Some("DIGEST_INVALID"), &source)
            }
            BlobError::InUse | BlobError::TooManyUploads { .. } | BlobError::Disk { .. } => {
                Self::of(source.kind(), None, &source)
            }
        }
    }
}

impl From<ManifestError> for Problem {
    fn from(source: ManifestError) -> Self {
        Self::of(source.kind(), None, &source)
    }
}

impl From<ComponentError> for Problem {
    fn from(source: ComponentError) -> Self {
        Self::of(source.kind(), None, &source)
    }
}

impl From<GateError> for Problem {
    fn from(source: GateError) -> Self {
        match source {
            GateError::Blob(source) => source.into(),
            GateError::Catalogue(source) => source.into(),
            GateError::Tag(_) | GateError::Tagged => {
                Self::of(source.kind(), Some("TAG_INVALID"), &source)
            }
            GateError::Manifest(_)
            | GateError::Component(_)
            | GateError::Trust(_)
            | GateError::OtherVersion { .. }
            | GateError::SignedOther { .. }
            | GateError::Inspection => Self::of(source.kind(), None, &source),
        }
    }
}
