//! On what a commit rests, as the log keeps it.
//!
//! Invariant: what was written stays readable; an unknown form reads as no departmental.

use serde_json::{Value, json};

use crate::log::ProposedBy;
use crate::proposal::Basis;

/// The compact JSON to keep; empty for a direct request, the most frequent.
pub(crate) fn written(basis: &Basis) -> String {
    match basis {
        Basis::Direct => String::new(),
        Basis::Message { source, control_id } => {
            json!({ "message": [source, control_id] }).to_string()
        }
        Basis::Departmental {
            id,
            version,
            digest,
            site,
            call,
        } => json!({ "departmental": [id, version, digest, site, call] }).to_string(),
    }
}

/// The departmental in what was kept, if one proposed the commit.
pub(crate) fn departmental(kept: &str) -> Option<ProposedBy> {
    let kept: Value = serde_json::from_str(kept).ok()?;
    let part = |at: usize| Some(kept.get("departmental")?.get(at)?.as_str()?.to_owned());
    Some(ProposedBy {
        id: part(0)?,
        digest: part(2)?,
        call: part(4)?,
    })
}
