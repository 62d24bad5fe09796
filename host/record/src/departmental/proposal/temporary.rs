//! Names under which the changes of a proposal refer to what they create.
//!
//! Invariant: a name stands for one new resource.

use std::collections::BTreeSet;

use super::{Rejected, Written, malformed};
use crate::departmental::manifest::WriteAction;

/// The names of what is new, each once.
pub(super) fn names(changes: &[Written]) -> Result<BTreeSet<String>, Rejected> {
    let mut seen = BTreeSet::new();
    for (index, change) in changes.iter().enumerate() {
        let Some(temporary) = &change.temporary else {
            continue;
        };
        let at = || format!("changes[{index}].temporary");
        if change.action == WriteAction::Update {
            return Err(malformed(
                at(),
                "is for new resources; refer to an updated one by its id",
            ));
        }
        if !is_urn_uuid(temporary) {
            return Err(malformed(
                at(),
                "must be `urn:uuid:` and a UUID in lower case",
            ));
        }
        if !seen.insert(temporary.clone()) {
            return Err(malformed(at(), "is used twice"));
        }
    }
    Ok(seen)
}

fn is_urn_uuid(text: &str) -> bool {
    let Some(uuid) = text.strip_prefix("urn:uuid:") else {
        return false;
    };
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    uuid.len() == 36
        && uuid.bytes().enumerate().all(|(place, b)| {
            if matches!(place, 8 | 13 | 18 | 23) {
                b == b'-'
            } else {
                hex(b)
            }
        })
}
