//! Notes of the record itself: `Basic` resources with one of Palatine's own codes and named texts.
//!
//! Invariant: a note is written by the record alone, since nobody's role may write a `Basic`; what is written here is read
//! back equal.

use fhir::resource::{Key, Resource};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::Stored;
use crate::caller::Caller;
use crate::enablement::CODES;
use crate::proposal::Change;
use crate::store::StoreError;

/// What marks the extension that holds a note's texts.
const EXTENSION: &str = "urn:palatine:note";

/// A note to be written.
pub(crate) struct Note {
    /// Under which key.
    pub(crate) key: Key,
    /// What kind of note it is.
    pub(crate) code: &'static str,
    /// Its texts by name; one without words is left out.
    pub(crate) texts: Vec<(&'static str, String)>,
}

impl Note {
    /// The change that writes the note in the place of the version that was seen.
    pub(crate) fn change(self, seen: Option<u64>) -> Result<Change, StoreError> {
        let parts = self.texts.iter().filter(|(_, text)| !text.is_empty());
        let parts: Vec<Value> = parts
            .map(|(name, text)| json!({ "url": name, "valueString": text }))
            .collect();
        let value = json!({
            "resourceType": "Basic",
            "id": self.key.id.as_str(),
            "extension": [{ "url": EXTENSION, "extension": parts }],
            "code": { "coding": [{ "system": CODES, "code": self.code }] },
        });
        let resource = Resource::from_value(value).map_err(|why| StoreError::Corrupt {
            doing: "writing a note",
            what: why.to_string(),
        })?;
        Ok(Change::Update {
            key: self.key,
            resource,
            seen,
            temporary: None,
        })
    }
}

/// The texts of a note of this kind; `None` when the resource is none.
pub(crate) fn texts(stored: &Stored, code: &str) -> Option<Vec<(String, String)>> {
    let value: Value = serde_json::from_str(stored.body.as_deref()?).ok()?;
    if value["code"]["coding"][0]["system"] != CODES || value["code"]["coding"][0]["code"] != code {
        return None;
    }
    let extensions = value["extension"].as_array()?.iter();
    let ours = extensions.filter(|one| one["url"] == EXTENSION);
    let parts = ours.filter_map(|one| one["extension"].as_array()).flatten();
    let pair = |part: &Value| {
        let (name, text) = (part["url"].as_str()?, part["valueString"].as_str()?);
        Some((name.to_owned(), text.to_owned()))
    };
    parts.map(pair).collect()
}

/// A note that holds a list as one document, and who wrote it.
pub(crate) fn listing<T: Serialize>(
    key: Key,
    code: &'static str,
    all: &[T],
    by: &Caller,
) -> Result<Note, StoreError> {
    let document = serde_json::to_string(all).map_err(|why| StoreError::Corrupt {
        doing: "writing a note",
        what: why.to_string(),
    })?;
    Ok(Note {
        key,
        code,
        texts: vec![("document", document), ("by", by.account().to_owned())],
    })
}

/// The list that such a note holds.
pub(crate) fn listed<T: DeserializeOwned>(
    stored: &Stored,
    code: &str,
) -> Result<Vec<T>, StoreError> {
    let corrupt = |what: String| StoreError::Corrupt {
        doing: "reading a note",
        what,
    };
    let texts = texts(stored, code).unwrap_or_default();
    let document = texts.iter().find(|(name, _)| name == "document");
    let (_, text) =
        document.ok_or_else(|| corrupt(format!("a note of {code} without its list")))?;
    serde_json::from_str(text).map_err(|why| corrupt(why.to_string()))
}
