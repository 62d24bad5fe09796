//! Lists: tags, referrers, what is published, and where other tools find all this.
//!
//! Invariant: a list is in a fixed order and within its bound, and says where the next page is.

use std::collections::HashMap;

use axum::body::Body;
use axum::response::Response;
use http::{HeaderName, HeaderValue, Uri, header};
use serde_json::{Map, Value, json};

use super::Registry;
use super::manifest::text;
use super::problem::{self, Problem};
use crate::catalogue::listing::{self, Referrer};
use crate::client::PublishedPage;
use crate::digest::Digest;
use crate::limits::{PUBLISHED_PAGE_MAX, TAGS_MAX};
use crate::manifest::IMAGE_INDEX;
use crate::name::{MODULES, Repository};

const FILTERS: HeaderName = HeaderName::from_static("oci-filters-applied");

/// The parameters of a request, each of which is there once.
pub(super) struct Query(HashMap<String, String>);

impl Query {
    pub(super) fn read(uri: &Uri) -> Result<Self, Problem> {
        let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(uri);
        let pairs = pairs
            .map_err(|_| Problem::query("the query cannot be read"))?
            .0;
        let mut all = HashMap::new();
        for (name, value) in pairs {
            if all.insert(name.clone(), value).is_some() {
                return Err(Problem::query("a parameter of the query is given twice"));
            }
        }
        Ok(Self(all))
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A number, or the default where it is not given.
    fn number<T: std::str::FromStr>(&self, name: &'static str, default: T) -> Result<T, Problem> {
        let bad = |_| Problem::query(format!("{name} is a number from 0 on"));
        self.get(name)
            .map_or(Ok(default), |given| given.parse().map_err(bad))
    }
}

impl Registry {
    /// `GET /v2/NAME/tags/list?n=&last=`.
    pub(super) async fn tags(
        &self,
        repository: &Repository,
        uri: &Uri,
    ) -> Result<Response, Problem> {
        let query = Query::read(uri)?;
        let n: u32 = query.number("n", TAGS_MAX)?;
        let (name, last) = (
            repository.clone(),
            query.get("last").unwrap_or_default().to_owned(),
        );
        let (tags, more) = self
            .gate
            .catalogue
            .read(move |db| listing::tags(db, &name, &last, n))
            .await?;
        let next = tags
            .last()
            .filter(|_| more)
            .map(|last| format!("</v2/{repository}/tags/list?n={n}&last={last}>; rel=\"next\""));
        let mut response = document(&json!({ "name": repository, "tags": tags }), problem::JSON);
        if let Some(next) = next {
            response.headers_mut().insert(header::LINK, text(&next)?);
        }
        Ok(response)
    }

    /// `GET /v2/NAME/referrers/DIGEST?artifactType=`. An unknown repository or manifest has no referrers.
    pub(super) async fn referrers(
        &self,
        repository: &Repository,
        digest: &Digest,
        uri: &Uri,
    ) -> Result<Response, Problem> {
        let query = Query::read(uri)?;
        let wanted = query.get("artifactType").map(str::to_owned);
        let filtered = wanted.is_some();
        let (name, subject) = (repository.clone(), digest.clone());
        let question = move |db: &rusqlite::Connection| {
            listing::referrers(db, &name, &subject, wanted.as_deref())
        };
        let found = self.gate.catalogue.read(question).await?;
        let manifests: Vec<Value> = found.into_iter().map(descriptor).collect();
        let index = json!({ "schemaVersion": 2, "mediaType": IMAGE_INDEX, "manifests": manifests });
        let mut response = document(&index, HeaderValue::from_static(IMAGE_INDEX));
        if filtered {
            response
                .headers_mut()
                .insert(FILTERS, HeaderValue::from_static("artifactType"));
        }
        Ok(response)
    }

    /// `GET /palatine/published?after=&n=`: releases whose supplier's signature was verified, oldest first.
    pub(super) async fn published(&self, uri: &Uri) -> Result<Response, Problem> {
        let query = Query::read(uri)?;
        let after: u64 = query.number("after", 0)?;
        let n = query
            .number("n", PUBLISHED_PAGE_MAX)?
            .clamp(1, PUBLISHED_PAGE_MAX);
        let (published, after) = self
            .gate
            .catalogue
            .read(move |db| listing::published(db, after, n))
            .await?;
        Ok(document(
            &json!(PublishedPage { published, after }),
            problem::JSON,
        ))
    }

    /// `GET /.well-known/wasm-pkg/registry.json`: where package tools find the modules.
    pub(super) fn discovery(&self) -> Response {
        let oci =
            json!({ "registry": &*self.public_address, "namespacePrefix": format!("{MODULES}/") });
        document(
            &json!({ "preferredProtocol": "oci", "oci": oci }),
            problem::JSON,
        )
    }
}

fn descriptor(it: Referrer) -> Value {
    let mut members = Map::new();
    members.insert("mediaType".to_owned(), it.media_type.into());
    members.insert("digest".to_owned(), it.digest.into());
    members.insert("size".to_owned(), it.bytes.into());
    if let Some(artifact_type) = it.artifact_type {
        members.insert("artifactType".to_owned(), artifact_type.into());
    }
    if let Some(annotations) = it.annotations.and_then(|it| serde_json::from_str(&it).ok()) {
        members.insert("annotations".to_owned(), annotations);
    }
    Value::Object(members)
}

fn document(document: &Value, content_type: HeaderValue) -> Response {
    let mut response = Response::new(Body::from(document.to_string()));
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    response
}
