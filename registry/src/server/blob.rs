//! Blobs: read whole or in part, and removed from trials.
//!
//! Invariant: a blob is given only through a repository that holds it.

use std::io::SeekFrom;
use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use tokio::io::AsyncSeekExt as _;

use super::Registry;
use super::body::FileBody;
use super::manifest::{DIGEST, text};
use super::problem::Problem;
use crate::blobs::BlobError;
use crate::catalogue::content;
use crate::digest::Digest;
use crate::name::{Place, Repository};
use crate::publishers::Publisher;

/// Which bytes of a blob are asked for.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Whole,
    Between { first: u64, last: u64 },
    PastTheEnd,
}

impl Registry {
    /// `GET`, `HEAD` or `DELETE /v2/NAME/blobs/DIGEST`.
    pub(super) async fn blob(
        &self,
        repository: &Repository,
        digest: &Digest,
        publisher: Option<Arc<Publisher>>,
        request: &Parts,
    ) -> Result<Response, Problem> {
        match request.method {
            Method::GET | Method::HEAD => self.read_blob(repository, digest, request).await,
            Method::DELETE => {
                self.may_remove(publisher, repository)?;
                match self.gate.blobs.remove(repository, digest).await? {
                    true => Ok(empty(StatusCode::ACCEPTED)),
                    false => Err(Problem::blob_unknown()),
                }
            }
            ref other => Err(Problem::unsupported(other)),
        }
    }

    /// Whether this publisher may remove something here. 405 under `modules/`, whoever asks.
    pub(super) fn may_remove(
        &self,
        publisher: Option<Arc<Publisher>>,
        repository: &Repository,
    ) -> Result<(), Problem> {
        match self.may_change(publisher, repository)?.1 {
            Place::Scratch => Ok(()),
            Place::Modules => Err(Problem::write_once()),
        }
    }

    async fn read_blob(
        &self,
        repository: &Repository,
        digest: &Digest,
        request: &Parts,
    ) -> Result<Response, Problem> {
        let (name, named) = (repository.clone(), digest.clone());
        let held = self
            .gate
            .catalogue
            .read(move |db| content::blob_bytes(db, &name, &named))
            .await?;
        let bytes = held.ok_or_else(Problem::blob_unknown)?;
        let (status, first, length) = match part(&request.headers, bytes) {
            Part::Whole => (StatusCode::OK, 0, bytes),
            Part::Between { first, last } => (StatusCode::PARTIAL_CONTENT, first, last - first + 1),
            Part::PastTheEnd => {
                let message = format!("the blob has {bytes} bytes");
                let problem =
                    Problem::new(StatusCode::RANGE_NOT_SATISFIABLE, "SIZE_INVALID", message);
                return Err(problem.with(header::CONTENT_RANGE, text(&format!("bytes */{bytes}"))?));
            }
        };
        let body = if request.method == Method::HEAD {
            Body::empty()
        } else {
            let disk = |source| BlobError::Disk {
                doing: "reading a blob",
                source,
            };
            let mut file = tokio::fs::File::open(self.gate.blobs.path(digest))
                .await
                .map_err(disk)?;
            file.seek(SeekFrom::Start(first)).await.map_err(disk)?;
            Body::new(FileBody::new(file, length))
        };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/octet-stream"),
        );
        headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        headers.insert(header::CONTENT_LENGTH, length.into());
        headers.insert(DIGEST, text(&digest.to_string())?);
        if status == StatusCode::PARTIAL_CONTENT {
            let range = format!("bytes {first}-{}/{bytes}", first + length - 1);
            headers.insert(header::CONTENT_RANGE, text(&range)?);
        }
        Ok(response)
    }
}

/// An answer without a body.
pub(super) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// Reads `Range`. What is not one range of bytes is passed over, as the protocol of HTTP has it.
fn part(headers: &HeaderMap, bytes: u64) -> Part {
    let range = headers.get(header::RANGE).and_then(|it| it.to_str().ok());
    let Some((first, last)) = range.and_then(|it| it.strip_prefix("bytes=")?.split_once('-'))
    else {
        return Part::Whole;
    };
    match (number(first), number(last)) {
        (Some(first), _) if first >= bytes => Part::PastTheEnd,
        (Some(first), Some(last)) if last >= first => Part::Between {
            first,
            last: last.min(bytes - 1),
        },
        (Some(first), None) if last.is_empty() => Part::Between {
            first,
            last: bytes - 1,
        },
        (None, Some(0)) if first.is_empty() => Part::PastTheEnd,
        (None, Some(_)) if first.is_empty() && bytes == 0 => Part::PastTheEnd,
        (None, Some(count)) if first.is_empty() => Part::Between {
            first: bytes.saturating_sub(count),
            last: bytes - 1,
        },
        (Some(_) | None, Some(_) | None) => Part::Whole,
    }
}

/// A run of digits. `parse` alone would take a sign.
pub(super) fn number(text: &str) -> Option<u64> {
    text.bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| text.parse().ok())?
}
