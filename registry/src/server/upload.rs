//! Uploads: begun, continued in order, finished by a digest, or mounted from another repository.
//!
//! Invariant: an upload's certain bytes grow only by requests that arrived whole and in order; a request that breaks
//! off leaves it as it was.

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

use super::Registry;
use super::blob::{empty, number};
use super::body;
use super::listing::Query;
use super::manifest::{DIGEST, text};
use super::problem::Problem;
use super::target::digest;
use crate::blobs::{OpenUpload, Upload};
use crate::digest::Digest;
use crate::limits::BLOB_BYTES_MAX;
use crate::name::Repository;
use crate::publishers::Publisher;

const UPLOAD_ID: HeaderName = HeaderName::from_static("docker-upload-uuid");

impl Registry {
    /// `POST /v2/NAME/blobs/uploads/`, alone, with `?digest=` and the whole blob, or with `?mount=&from=`.
    pub(super) async fn begin_upload(
        &self,
        repository: &Repository,
        publisher: Option<Arc<Publisher>>,
        request: &Parts,
        body: Body,
    ) -> Result<Response, Problem> {
        if request.method != Method::POST {
            return Err(Problem::unsupported(&request.method));
        }
        let (publisher, place) = self.may_change(publisher, repository)?;
        let query = Query::read(&request.uri)?;
        if let (Some(mount), Some(from)) = (query.get("mount"), query.get("from")) {
            let (mount, from) = (digest(mount)?, from.parse().map_err(Problem::name)?);
            // Reading is open to all, so whoever may push here may mount whatever the other repository holds.
            if self
                .gate
                .blobs
                .mount(&mount, &from, repository, place)
                .await?
            {
                return created(repository, &mount);
            }
        }
        let whole = query.get("digest").map(digest).transpose()?;
        refuse_too_long(&request.headers)?;
        let id = self
            .gate
            .blobs
            .begin(repository, &publisher.supplier)
            .await?;
        let mut upload = self
            .gate
            .blobs
            .resume(&id, repository, &publisher.supplier)?;
        let Some(asked) = whole else {
            return progress(StatusCode::ACCEPTED, repository, &id, &upload);
        };
        if let Err(problem) = receive(&mut upload, body, None).await {
            self.gate.blobs.cancel(&upload);
            return Err(problem);
        }
        self.gate
            .blobs
            .finish(upload, repository, place, &asked)
            .await?;
        created(repository, &asked)
    }

    /// `PATCH`, `PUT`, `GET` or `DELETE` of an upload's location.
    pub(super) async fn upload(
        &self,
        repository: &Repository,
        id: &str,
        request: &Parts,
        body: Body,
    ) -> Result<Response, Problem> {
        // Reading is otherwise open; how far an upload has come is its publisher's business.
        let publisher = self.publisher(&request.headers)?;
        let (publisher, place) = self.may_change(Some(publisher), repository)?;
        let mut upload = self
            .gate
            .blobs
            .resume(id, repository, &publisher.supplier)?;
        match request.method {
            Method::GET | Method::HEAD => progress(StatusCode::NO_CONTENT, repository, id, &upload),
            Method::DELETE => {
                self.gate.blobs.cancel(&upload);
                Ok(empty(StatusCode::NO_CONTENT))
            }
            Method::PATCH => {
                continue_with(&mut upload, request, body).await?;
                progress(StatusCode::ACCEPTED, repository, id, &upload)
            }
            Method::PUT => {
                let query = Query::read(&request.uri)?;
                let asked = query
                    .get("digest")
                    .ok_or_else(|| Problem::query("?digest= is needed to finish"))?;
                let asked = digest(asked)?;
                continue_with(&mut upload, request, body).await?;
                self.gate
                    .blobs
                    .finish(upload, repository, place, &asked)
                    .await?;
                created(repository, &asked)
            }
            ref other => Err(Problem::unsupported(other)),
        }
    }
}

/// Adds a request's body to an upload, if it begins where the upload ends.
async fn continue_with(
    upload: &mut OpenUpload,
    request: &Parts,
    body: Body,
) -> Result<(), Problem> {
    refuse_too_long(&request.headers)?;
    let expected = match request.headers.get(header::CONTENT_RANGE) {
        None => None,
        Some(range) => {
            let bad = || {
                Problem::out_of_order(
                    "Content-Range is FIRST-LAST, both in bytes, inclusive".to_owned(),
                )
            };
            let (first, last) = range
                .to_str()
                .ok()
                .and_then(|it| it.split_once('-'))
                .ok_or_else(bad)?;
            let (first, last) = number(first).zip(number(last)).ok_or_else(bad)?;
            if first != upload.bytes() || last < first {
                let message = format!(
                    "the next byte is number {}, not {first} to {last}",
                    upload.bytes()
                );
                return Err(Problem::out_of_order(message));
            }
            Some(last - first + 1)
        }
    };
    receive(upload, body, expected).await
}

/// Writes a body of `expected` bytes, or of any length within the bound, to an upload: all of it or none.
async fn receive(
    upload: &mut Upload,
    mut from: Body,
    expected: Option<u64>,
) -> Result<(), Problem> {
    upload.settle().await?;
    let mut written = 0;
    while let Some(piece) = body::next(&mut from).await? {
        written = upload.append(&piece, written).await?;
    }
    if expected.is_some_and(|expected| expected != written) {
        return Err(Problem::body(
            "the body is not as long as its Content-Range says",
        ));
    }
    Ok(upload.keep(written).await?)
}

/// Refuses what says itself that it is too long, before reading it.
fn refuse_too_long(headers: &HeaderMap) -> Result<(), Problem> {
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|it| it.to_str().ok())
        .and_then(number);
    if length.is_some_and(|length| length > BLOB_BYTES_MAX) {
        return Err(crate::blobs::BlobError::TooLarge.into());
    }
    Ok(())
}

/// How far an upload has come, and where to go on.
fn progress(
    status: StatusCode,
    repository: &Repository,
    id: &str,
    upload: &Upload,
) -> Result<Response, Problem> {
    let mut response = empty(status);
    let headers = response.headers_mut();
    headers.insert(
        header::LOCATION,
        text(&format!("/v2/{repository}/blobs/uploads/{id}"))?,
    );
    headers.insert(
        header::RANGE,
        text(&format!("0-{}", upload.bytes().saturating_sub(1)))?,
    );
    headers.insert(UPLOAD_ID, text(id)?);
    Ok(response)
}

fn created(repository: &Repository, digest: &Digest) -> Result<Response, Problem> {
    let mut response = empty(StatusCode::CREATED);
    let headers = response.headers_mut();
    headers.insert(
        header::LOCATION,
        text(&format!("/v2/{repository}/blobs/{digest}"))?,
    );
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
    headers.insert(DIGEST, text(&digest.to_string())?);
    Ok(response)
}
