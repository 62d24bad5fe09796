//! Identifiers in a proposal: asked for by kind on what is new, and left alone on what was there.
//!
//! Invariant: a departmental writes no identifier of the host's own systems that the host did not give.

use fhir::resource::Resource;
use serde_json::Value;

use super::{Rejected, malformed};
use crate::commit::identifier::{KINDS, SYSTEMS, Wanted, given_in};
use crate::departmental::manifest::WriteAction;

/// What a change asks for, by the words of its `identifiers`.
pub(super) fn wanted(
    change: usize,
    action: WriteAction,
    resource_type: &str,
    words: &[String],
) -> Result<Vec<Wanted>, Rejected> {
    let at = || format!("changes[{change}].identifiers");
    if words.is_empty() {
        return Ok(Vec::new());
    }
    if action != WriteAction::Create {
        return Err(malformed(at(), "are for new resources only"));
    }
    if words.len() > KINDS.len() {
        return Err(malformed(at(), format!("are at most {}", KINDS.len())));
    }
    let mut all: Vec<Wanted> = Vec::with_capacity(words.len());
    for (index, word) in words.iter().enumerate() {
        let place = || format!("{}[{index}]", at());
        let one =
            Wanted::of(change, word, resource_type).map_err(|what| malformed(place(), what))?;
        if all.contains(&one) {
            return Err(malformed(place(), "is asked for twice"));
        }
        all.push(one);
    }
    Ok(all)
}

/// Refuses identifiers of the host's systems that are not those of the version `before`; a new resource has none.
pub(super) fn as_given(
    change: usize,
    resource: &Resource,
    before: Option<&str>,
) -> Result<(), Rejected> {
    let before: Option<Value> = before.and_then(|body| serde_json::from_str(body).ok());
    let was = before.as_ref().map(given_in).unwrap_or_default();
    if given_in(resource.value()) == was {
        return Ok(());
    }
    let what = format!(
        "identifiers of {SYSTEMS}… are given by the host: ask for one by its kind in `identifiers` of a new resource, and leave those that are there as they are"
    );
    Err(malformed(
        format!("changes[{change}].resource.identifier"),
        what,
    ))
}
