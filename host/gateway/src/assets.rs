//! Style sheets, served under names that change with their content, so that a browser may keep them for ever.
//!
//! Invariant: nothing is served from the file system but what was read here at start.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use axum::extract::{Path as UrlPath, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::Door;

/// The application's own style sheet.
const APP: &str = include_str!("../assets/app.css");

/// The style sheets by the name under which they are served.
#[derive(Debug)]
pub struct Assets {
    files: BTreeMap<String, String>,
    links: Vec<String>,
}

/// The design system is not there.
#[derive(Debug, thiserror::Error)]
#[error(
    "{path} cannot be read: run `npm ci && npm run build` in host/gateway/assets, or `cargo xtask build`"
)]
pub struct AssetsError {
    path: PathBuf,
    source: std::io::Error,
}

impl Assets {
    /// Reads the built design system from a folder.
    ///
    /// # Errors
    /// When it was not built.
    pub fn read(folder: &Path) -> Result<Self, AssetsError> {
        let path = folder.join("nhsuk.css");
        let design =
            std::fs::read_to_string(&path).map_err(|source| AssetsError { path, source })?;
        let mut assets = Self {
            files: BTreeMap::new(),
            links: Vec::new(),
        };
        for (name, text) in [("nhsuk", design), ("app", APP.to_owned())] {
            let digest = hex::encode(Sha256::digest(&text));
            let served = format!("{name}-{}.css", &digest[..16]);
            assets.links.push(format!("/assets/{served}"));
            assets.files.insert(served, text);
        }
        Ok(assets)
    }

    /// The addresses that a page links to, in their order.
    pub(crate) fn links(&self) -> &[String] {
        &self.links
    }
}

/// `GET /assets/{name}`: a style sheet, to be kept for a year; 404 for any other name.
pub(crate) async fn asset(State(door): State<Door>, UrlPath(name): UrlPath<String>) -> Response {
    match door.assets.files.get(&name) {
        Some(text) => {
            let tags = [
                (header::CONTENT_TYPE, "text/css; charset=utf-8"),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            ];
            (tags, text.clone()).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
