//! Transaction and batch bundles, read into requests that can be carried out.
//!
//! Invariant: every entry of a read bundle has a request that is complete for its method.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::outcome::{Issue, IssueType};
use crate::resource::{ParseError, Resource, ResourceType, shortened};

/// How the entries hang together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BundleKind {
    /// All or nothing.
    Transaction,
    /// Each on its own.
    Batch,
}

/// A bundle to be carried out.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// How its entries hang together.
    pub kind: BundleKind,
    /// In the order sent.
    pub entries: Vec<Entry>,
    /// Of a batch, the entries that cannot be carried out: their places, and why. A transaction with one is not read.
    pub refused: Vec<(usize, BundleError)>,
}

/// One entry.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Place in the bundle, from 0.
    pub index: usize,
    /// What other entries call this one, often `urn:uuid:…`. Unique within a transaction.
    pub full_url: Option<String>,
    /// What to do.
    pub request: Request,
    /// Present exactly for POST, PUT and PATCH.
    pub resource: Option<Resource>,
}

/// What an entry asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// Relative, for example `Patient/1` or `Patient?identifier=…`; never empty, no leading slash.
    pub url: String,
    /// For POST: the search that must find nothing.
    pub if_none_exist: Option<String>,
    /// For PUT, PATCH and DELETE: the version that must be current, taken out of `W/"…"`.
    pub if_match: Option<String>,
    /// For GET: the version that need not be sent again, taken out of `W/"…"`; for PUT: `*`, nothing may be there.
    pub if_none_match: Option<String>,
    /// For GET: the moment since which it must have changed to be sent again.
    pub if_modified_since: Option<String>,
}

/// HTTP methods of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Read or search.
    Get,
    /// As GET, without the body.
    Head,
    /// Create.
    Post,
    /// Update or create with this id.
    Put,
    /// Change parts.
    Patch,
    /// Delete.
    Delete,
}

/// Why a bundle was not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// Another resource.
    #[error("expected a Bundle, but this is a {0}")]
    NotABundle(ResourceType),
    /// A kind that is kept, not carried out.
    #[error("Bundle.type is `{0}`; only `transaction` and `batch` can be carried out")]
    Kind(String),
    /// More than the caller's bound.
    #[error(
        "the bundle has {found} entries, but at most {max} are accepted at once; send several bundles"
    )]
    TooMany {
        /// In the bundle.
        found: usize,
        /// The bound.
        max: usize,
    },
    /// A fault of one entry.
    #[error("Bundle.entry[{index}]: {problem}")]
    Entry {
        /// Place in the bundle, from 0.
        index: usize,
        /// What to do about it.
        problem: String,
    },
    /// The resource of one entry.
    #[error("Bundle.entry[{index}].resource: {source}")]
    Resource {
        /// Place in the bundle, from 0.
        index: usize,
        /// What is wrong with it.
        source: ParseError,
    },
}

impl BundleError {
    /// The error for an OperationOutcome.
    pub fn issue(&self) -> Issue {
        let details = self.to_string();
        match self {
            Self::NotABundle(_) => Issue::error(IssueType::Invalid, details),
            Self::Kind(_) => Issue::error_at(IssueType::Value, "Bundle.type", details),
            Self::TooMany { .. } => Issue::error_at(IssueType::TooLong, "Bundle.entry", details),
            Self::Entry { index, .. } => Issue::error_at(
                IssueType::Invalid,
                format!("Bundle.entry[{index}]"),
                details,
            ),
            Self::Resource { index, .. } => Issue::error_at(
                IssueType::Structure,
                format!("Bundle.entry[{index}].resource"),
                details,
            ),
        }
    }
}

/// Reads a transaction or batch of at most `entries_max` entries, taking its resources out of it.
pub fn read(bundle: Resource, entries_max: usize) -> Result<Bundle, BundleError> {
    if bundle.resource_type() != ResourceType::BUNDLE {
        return Err(BundleError::NotABundle(bundle.resource_type()));
    }
    let mut value = bundle.into_value();
    let kind = match value.get("type").and_then(Value::as_str) {
        Some("transaction") => BundleKind::Transaction,
        Some("batch") => BundleKind::Batch,
        other => return Err(BundleError::Kind(shortened(other.unwrap_or("missing")))),
    };
    let entries = match value.get_mut("entry").map(Value::take) {
        None => Vec::new(),
        Some(Value::Array(entries)) => entries,
        Some(_) => {
            return Err(BundleError::Entry {
                index: 0,
                problem: "`entry` must be an array".to_owned(),
            });
        }
    };
    if entries.len() > entries_max {
        return Err(BundleError::TooMany {
            found: entries.len(),
            max: entries_max,
        });
    }
    let mut bundle = Bundle {
        kind,
        entries: Vec::with_capacity(entries.len()),
        refused: Vec::new(),
    };
    for (index, entry) in entries.into_iter().enumerate() {
        match (read_entry(index, entry), kind) {
            (Ok(entry), _) => bundle.entries.push(entry),
            (Err(why), BundleKind::Batch) => bundle.refused.push((index, why)),
            (Err(why), BundleKind::Transaction) => return Err(why),
        }
    }
    if kind == BundleKind::Transaction {
        no_full_url_twice(&bundle.entries)?;
    }
    Ok(bundle)
}

fn no_full_url_twice(entries: &[Entry]) -> Result<(), BundleError> {
    let mut seen = HashSet::new();
    for entry in entries {
        if let Some(url) = &entry.full_url
            && !seen.insert(url)
        {
            let problem = format!(
                "fullUrl `{}` names an earlier entry too; give each its own",
                shortened(url)
            );
            return Err(BundleError::Entry {
                index: entry.index,
                problem,
            });
        }
    }
    Ok(())
}

fn read_entry(index: usize, entry: Value) -> Result<Entry, BundleError> {
    let fault = |problem: String| BundleError::Entry { index, problem };
    let Value::Object(mut entry) = entry else {
        return Err(fault("an entry must be an object".to_owned()));
    };
    let full_url = text(&entry, "fullUrl").map_err(fault)?;
    let request = match entry.get("request") {
        Some(Value::Object(request)) => read_request(request).map_err(fault)?,
        Some(_) => return Err(fault("`request` must be an object".to_owned())),
        None => {
            return Err(fault(
                "`request` is missing; add its method and url".to_owned(),
            ));
        }
    };
    let resource = entry
        .remove("resource")
        .map(Resource::from_value)
        .transpose();
    let resource = resource.map_err(|source| BundleError::Resource { index, source })?;
    match (request.method, &resource) {
        (Method::Post | Method::Put | Method::Patch, None) => {
            return Err(fault(format!(
                "{} needs a `resource`",
                request.method.as_str()
            )));
        }
        (Method::Get | Method::Head | Method::Delete, Some(_)) => {
            return Err(fault(format!(
                "{} takes no `resource`; remove it",
                request.method.as_str()
            )));
        }
        (Method::Post | Method::Put | Method::Patch, Some(resource)) if is_nested(resource) => {
            return Err(fault(
                "a transaction or batch cannot lie inside another; send it on its own".to_owned(),
            ));
        }
        (Method::Post | Method::Put | Method::Patch, Some(_))
        | (Method::Get | Method::Head | Method::Delete, None) => {}
    }
    Ok(Entry {
        index,
        full_url,
        request,
        resource,
    })
}

fn is_nested(resource: &Resource) -> bool {
    resource.resource_type() == ResourceType::BUNDLE
        && matches!(resource.text_at("type"), Some("transaction" | "batch"))
}

fn read_request(request: &Map<String, Value>) -> Result<Request, String> {
    let method = text(request, "method")?
        .ok_or("`request.method` is missing; write GET, POST, PUT, PATCH or DELETE")?;
    let method = Method::named(&method).ok_or_else(|| {
        format!(
            "`request.method` is `{}`; write GET, POST, PUT, PATCH or DELETE",
            shortened(&method)
        )
    })?;
    let url = text(request, "url")?
        .ok_or("`request.url` is missing; write for example `Patient` or `Patient/1`")?;
    let url = url.trim_start_matches('/');
    if url.is_empty() {
        return Err(
            "`request.url` is empty; write for example `Patient` or `Patient/1`".to_owned(),
        );
    }
    Ok(Request {
        method,
        url: url.to_owned(),
        if_none_exist: text(request, "ifNoneExist")?,
        if_match: text(request, "ifMatch")?
            .as_deref()
            .map(version_of)
            .transpose()?,
        if_none_match: text(request, "ifNoneMatch")?
            .as_deref()
            .map(version_of)
            .transpose()?,
        if_modified_since: text(request, "ifModifiedSince")?,
    })
}

/// The version in an ETag: `W/"3"` or `"3"`.
fn version_of(etag: &str) -> Result<String, String> {
    let quoted = etag.strip_prefix("W/").unwrap_or(etag);
    let version = quoted
        .strip_prefix('"')
        .and_then(|q| q.strip_suffix('"'))
        .unwrap_or(quoted);
    if version.is_empty() || version.contains('"') {
        return Err(format!(
            "`{}` is no version; write for example W/\"3\"",
            shortened(etag)
        ));
    }
    Ok(version.to_owned())
}

fn text(object: &Map<String, Value>, name: &str) -> Result<Option<String>, String> {
    match object.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(format!("`{name}` must be a text")),
    }
}

impl Method {
    /// As HTTP writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [
            Self::Get,
            Self::Head,
            Self::Post,
            Self::Put,
            Self::Patch,
            Self::Delete,
        ]
        .into_iter()
        .find(|m| m.as_str() == name)
    }
}

#[cfg(test)]
mod tests;
