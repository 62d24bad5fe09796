//! Manifests: kept with the exact bytes and type they were pushed with, read by tag or digest.
//!
//! Invariant: what is kept has the digest that it is kept under, and under `modules/` has passed the gate.

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

use super::Registry;
use super::blob::empty;
use super::body;
use super::problem::Problem;
use crate::catalogue::content::{self, NewManifest};
use crate::digest::Digest;
use crate::limits::MANIFEST_BYTES_MAX;
use crate::manifest::Manifest;
use crate::name::{Place, Reference, Repository};
use crate::publication::Checked;
use crate::publishers::Publisher;

/// The header that names content.
pub(super) const DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");
const SUBJECT: HeaderName = HeaderName::from_static("oci-subject");

impl Registry {
    /// `GET`, `HEAD`, `PUT` or `DELETE /v2/NAME/manifests/REFERENCE`.
    pub(super) async fn manifest(
        &self,
        repository: &Repository,
        reference: &Reference,
        publisher: Option<Arc<Publisher>>,
        request: &Parts,
        body: Body,
    ) -> Result<Response, Problem> {
        match request.method {
            Method::GET | Method::HEAD => self.read_manifest(repository, reference, request).await,
            Method::PUT => {
                let (_, place) = self.may_change(publisher, repository)?;
                self.keep_manifest(repository, place, reference, request, body)
                    .await
            }
            Method::DELETE => {
                self.may_remove(publisher, repository)?;
                let (name, reference) = (repository.clone(), reference.clone());
                let removed = self
                    .gate
                    .catalogue
                    .write(move |db| content::remove_manifest(db, &name, &reference));
                match removed.await? {
                    true => Ok(empty(StatusCode::ACCEPTED)),
                    false => Err(Problem::manifest_unknown()),
                }
            }
            ref other => Err(Problem::unsupported(other)),
        }
    }

    async fn read_manifest(
        &self,
        repository: &Repository,
        reference: &Reference,
        request: &Parts,
    ) -> Result<Response, Problem> {
        let (name, reference) = (repository.clone(), reference.clone());
        let kept = self
            .gate
            .catalogue
            .read(move |db| content::manifest(db, &name, &reference))
            .await?;
        let kept = kept
            .filter(|kept| accepts(&request.headers, &kept.media_type))
            .ok_or_else(Problem::manifest_unknown)?;
        let length = kept.body.len();
        let head = request.method == Method::HEAD;
        let mut response = Response::new(if head {
            Body::empty()
        } else {
            Body::from(kept.body)
        });
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, text(&kept.media_type)?);
        headers.insert(header::CONTENT_LENGTH, length.into());
        headers.insert(DIGEST, text(&kept.digest)?);
        Ok(response)
    }

    async fn keep_manifest(
        &self,
        repository: &Repository,
        place: Place,
        reference: &Reference,
        request: &Parts,
        body: Body,
    ) -> Result<Response, Problem> {
        let media_type = media_type(&request.headers);
        let bytes = body::whole(body, MANIFEST_BYTES_MAX).await?;
        let bytes = bytes.ok_or_else(Problem::manifest_too_large)?;
        let (digest, tag) = match reference {
            Reference::Tag(tag) => (Digest::sha256(&bytes), Some(tag.clone())),
            Reference::Digest(asked) if asked.names(&bytes) => (asked.clone(), None),
            Reference::Digest(asked) => {
                let message = format!("the manifest's bytes are not those of {asked}");
                return Err(Problem::new(
                    StatusCode::BAD_REQUEST,
                    "DIGEST_INVALID",
                    message,
                ));
            }
        };
        let manifest = Manifest::parse(&media_type, &bytes)?;
        let checked = match place {
            Place::Modules => self.gate.check(repository, tag.as_ref(), &manifest).await?,
            Place::Scratch => Checked::default(),
        };
        let subject = manifest.subject.as_ref().map(|it| it.digest.clone());
        let new = NewManifest {
            repository: repository.clone(),
            place,
            digest: digest.clone(),
            tag,
            media_type,
            body: bytes,
            blobs: manifest
                .blobs()
                .map(|it| (it.digest.clone(), it.size))
                .collect(),
            children: manifest.children().map(|it| it.digest.clone()).collect(),
            subject: subject.clone(),
            artifact_type: manifest.kind_of_artifact().map(str::to_owned),
            annotations: manifest
                .annotations
                .and_then(|it| serde_json::to_string(&it).ok()),
            wasm: checked.wasm,
            signed: checked.signed,
            now: self.clock.now().to_string(),
        };
        self.gate
            .catalogue
            .write(move |db| content::add_manifest(db, &new))
            .await?;
        let mut response = empty(StatusCode::CREATED);
        let headers = response.headers_mut();
        headers.insert(
            header::LOCATION,
            text(&format!("/v2/{repository}/manifests/{digest}"))?,
        );
        headers.insert(DIGEST, text(&digest.to_string())?);
        if let Some(subject) = subject {
            headers.insert(SUBJECT, text(&subject.to_string())?);
        }
        Ok(response)
    }
}

/// The content type of a request, without its parameters.
fn media_type(headers: &HeaderMap) -> String {
    let given = headers
        .get(header::CONTENT_TYPE)
        .and_then(|it| it.to_str().ok())
        .unwrap_or_default();
    given
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_owned()
}

/// Whether the client takes this type. Several `Accept` lines count as one list, and none as everything.
fn accepts(headers: &HeaderMap, media_type: &str) -> bool {
    let mut lines = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|it| it.to_str().ok())
        .peekable();
    if lines.peek().is_none() {
        return true;
    }
    lines.flat_map(|line| line.split(',')).any(|one| {
        let one = one.split(';').next().unwrap_or_default().trim();
        one == "*/*" || one == "application/*" || one.eq_ignore_ascii_case(media_type)
    })
}

/// A header's value, of text that we made or checked.
pub(super) fn text(text: &str) -> Result<HeaderValue, Problem> {
    HeaderValue::from_str(text).map_err(|_| {
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "UNKNOWN",
            "an answer's header could not be written",
        )
    })
}
