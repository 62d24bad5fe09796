//! On what a commit rests, as the log keeps it.
//!
//! Invariant: what was written stays readable; an unknown form reads as no departmental.

use serde_json::{Value, json};

use crate::log::{ProposedBy, T};
use crate::proposal::{Basis, CursorMove};
use crate::store::row::CommitRow;

/// The compact JSON to keep; empty for a direct request, the most frequent. A cursor that moves in the commit is noted
/// too, so that where it stood at any commit can be told from the log.
pub(crate) fn written(basis: &Basis, cursor: Option<&CursorMove>) -> String {
    let mut kept = match basis {
        Basis::Direct => json!({}),
        Basis::Once { name, digest } => json!({ "once": [name, digest] }),
        Basis::Message { source, control_id } => json!({ "message": [source, control_id] }),
        Basis::Identity(errand) => {
            let mut kept = json!({ "identity": errand.identity.written() });
            if let Some((source, control_id)) = &errand.message {
                kept["message"] = json!([source, control_id]);
            }
            kept
        }
        Basis::Departmental {
            id,
            version,
            digest,
            site,
            call,
        } => json!({ "departmental": [id, version, digest, site, call] }),
    };
    if let Some(CursorMove { name, to, .. }) = cursor {
        kept["cursor"] = json!([name, to.map(|T(to)| to)]);
    }
    match kept.as_object() {
        Some(members) if members.is_empty() => String::new(),
        Some(_) | None => kept.to_string(),
    }
}

/// The cursor that a commit moved, and where to, if it moved one.
pub(crate) fn cursor(commit: &CommitRow) -> Option<(String, i64)> {
    if !commit.basis.contains("\"cursor\"") {
        return None;
    }
    let kept: Value = serde_json::from_str(&commit.basis).ok()?;
    let moved = kept.get("cursor")?;
    let to = moved.get(1).and_then(Value::as_i64);
    Some((moved.get(0)?.as_str()?.to_owned(), to.unwrap_or(commit.t)))
}

/// Name and digest of the request in what was kept, if it was one that counts once.
pub(crate) fn once(kept: &str) -> Option<(String, String)> {
    let kept: Value = serde_json::from_str(kept).ok()?;
    let part = |at: usize| Some(kept.get("once")?.get(at)?.as_str()?.to_owned());
    Some((part(0)?, part(1)?))
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

/// The sender of the message in what was kept, if one caused the commit.
pub(crate) fn source(kept: &str) -> Option<String> {
    if !kept.contains("\"message\"") {
        return None;
    }
    let kept: Value = serde_json::from_str(kept).ok()?;
    Some(kept.get("message")?.get(0)?.as_str()?.to_owned())
}
