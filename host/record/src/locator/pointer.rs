//! What a `DocumentReference` says of the document that it leads to (FHIR R4, and England's pointers to records).
//!
//! Invariant: nothing is guessed: what it does not say is `None`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha1::{Digest as _, Sha1};

use crate::permission::{CONFIDENTIALITY, RESTRICTED};

/// Marks whether a document stays as it is.
const STABILITY: &str =
    "https://fhir.nhs.uk/England/StructureDefinition/Extension-England-ContentStability";
const STABILITIES: &str = "https://fhir.nhs.uk/England/CodeSystem/England-NRLContentStability";

/// One content of a pointer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pointed {
    pub(super) url: Option<String>,
    pub(super) data: Option<String>,
    pub(super) media_type: Option<String>,
    size: Option<u64>,
    hash: Option<String>,
    pub(super) is_static: bool,
    /// Labelled as restricted: it is not kept.
    pub(super) is_restricted: bool,
}

impl Pointed {
    /// The content of this number; `None` when there is none.
    pub(super) fn of(pointer: &Value, n: usize) -> Option<Self> {
        let content = pointer["content"].get(n)?;
        let attachment = &content["attachment"];
        let text = |name: &str| attachment[name].as_str().map(str::to_owned);
        let labels = pointer["meta"]["security"].as_array().into_iter().flatten();
        let mut labels = labels.filter(|it| it["system"] == CONFIDENTIALITY);
        Some(Self {
            url: text("url"),
            data: text("data"),
            media_type: text("contentType"),
            size: attachment["size"].as_u64(),
            hash: text("hash"),
            is_static: is_static(content),
            is_restricted: labels.any(|it| {
                let code = it["code"].as_str().unwrap_or_default();
                RESTRICTED.contains(&code)
            }),
        })
    }

    /// Whether these bytes can be what is described: what may change is described as it was once.
    pub(super) fn describes(&self, bytes: &[u8]) -> bool {
        if !self.is_static {
            return true;
        }
        let same_size = self.size.is_none_or(|size| size == bytes.len() as u64);
        let hash = self.hash.as_ref().filter(|hash| !hash.is_empty());
        same_size && hash.is_none_or(|hash| *hash == STANDARD.encode(Sha1::digest(bytes)))
    }
}

fn is_static(content: &Value) -> bool {
    let extensions = content["extension"].as_array().into_iter().flatten();
    let codings = extensions
        .filter(|it| it["url"] == STABILITY)
        .filter_map(|it| it["valueCodeableConcept"]["coding"].as_array())
        .flatten();
    let mut ours = codings.filter(|it| it["system"] == STABILITIES);
    ours.any(|it| it["code"] == "static")
}
