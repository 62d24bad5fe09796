//! What a path asks for.
//!
//! Invariant: every name, digest and upload id in a `Target` has passed its grammar; a path that holds anything else
//! is refused before it reaches a handler.

use http::StatusCode;

use super::problem::Problem;
use crate::digest::Digest;
use crate::name::{Reference, Repository};

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    Base,
    Discovery,
    Published,
    Tags(Repository),
    Referrers(Repository, Digest),
    Blob(Repository, Digest),
    Manifest(Repository, Reference),
    Uploads(Repository),
    Upload(Repository, String),
}

impl Target {
    pub(super) fn parse(path: &str) -> Result<Self, Problem> {
        match path {
            "/v2" | "/v2/" => return Ok(Self::Base),
            "/.well-known/wasm-pkg/registry.json" => return Ok(Self::Discovery),
            "/palatine/published" => return Ok(Self::Published),
            _ => {}
        }
        // Some clients escape the colon of a digest. Nothing else in a legal path needs an escape.
        let path = path.replace("%3A", ":").replace("%3a", ":");
        let rest = path
            .strip_prefix("/v2/")
            .ok_or_else(|| Problem::no_such_route(&path))?;
        let parts: Vec<&str> = rest.split('/').collect();
        match parts.as_slice() {
            [name @ .., "tags", "list"] => Ok(Self::Tags(repository(name)?)),
            [name @ .., "blobs", "uploads"] | [name @ .., "blobs", "uploads", ""] => {
                Ok(Self::Uploads(repository(name)?))
            }
            [name @ .., "blobs", "uploads", id] => {
                Ok(Self::Upload(repository(name)?, upload_id(id)?))
            }
            [name @ .., "blobs", it] => Ok(Self::Blob(repository(name)?, digest(it)?)),
            [name @ .., "referrers", it] => Ok(Self::Referrers(repository(name)?, digest(it)?)),
            [name @ .., "manifests", it] => Ok(Self::Manifest(repository(name)?, reference(it)?)),
            _ => Err(Problem::no_such_route(&path)),
        }
    }
}

fn repository(parts: &[&str]) -> Result<Repository, Problem> {
    parts.join("/").parse().map_err(Problem::name)
}

/// Reads a digest from a path or query.
pub(super) fn digest(text: &str) -> Result<Digest, Problem> {
    text.parse().map_err(Problem::digest)
}

/// A manifest's reference. What looks like a digest and is none is a bad digest; what is no tag cannot be there.
fn reference(text: &str) -> Result<Reference, Problem> {
    if text.contains(':') {
        return digest(text).map(Reference::Digest);
    }
    text.parse().map_err(Problem::tag)
}

/// Ids are made here, of 32 hexadecimal digits: nothing else can be one.
fn upload_id(text: &str) -> Result<String, Problem> {
    if text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(text.to_owned());
    }
    Err(Problem::new(
        StatusCode::NOT_FOUND,
        "BLOB_UPLOAD_UNKNOWN",
        "there is no such upload",
    ))
}
