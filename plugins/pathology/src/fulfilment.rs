//! When a request is done: once each of its tests has a result that was released or authorised.
//!
//! Invariant: a result that is held, or was rejected, fulfils nothing; a request that names no tests is never taken as done.

use sdk::{Call, Failure, Proposal, Value, json};

use crate::held::to_change;
use crate::result::text;

/// Results of one request that are looked at.
const RESULTS_MAX: usize = 200;

/// A proposal with every request completed that these results, released by it, leave nothing to do for.
///
/// # Errors
/// Any failure of the chart but that a request may not be read.
pub(crate) fn onto(
    mut proposal: Proposal,
    call: &Call<'_>,
    released: &[Value],
) -> Result<Proposal, Failure> {
    let mut requests: Vec<&str> = released.iter().filter_map(request_of).collect();
    requests.sort_unstable();
    requests.dedup();
    for request in requests {
        if let Some((done, seen)) = completed(call, request, released)? {
            proposal = proposal.update(done, seen);
        }
    }
    Ok(proposal)
}

fn request_of(observation: &Value) -> Option<&str> {
    text(observation, "/basedOn/0/reference")
}

/// The request as completed, with its version, when nothing of it is left to do.
fn completed(
    call: &Call<'_>,
    request: &str,
    released: &[Value],
) -> Result<Option<(Value, String)>, Failure> {
    let (mut resource, seen) = match to_change(call, request) {
        Ok(read) => read,
        Err(failure) if matches!(failure.code.as_str(), "not-found" | "not-granted") => {
            return Ok(None);
        }
        Err(failure) => return Err(failure),
    };
    let wanted = resource.get("orderDetail").and_then(Value::as_array);
    let wanted = wanted.cloned().unwrap_or_default();
    if text(&resource, "/status") != Some("active") || wanted.is_empty() {
        return Ok(None);
    }
    let query = format!("Observation?based-on={request}&_count=50");
    let filed = call.chart.search_all(&query, RESULTS_MAX)?;
    let now = released.iter().filter(|it| request_of(it) == Some(request));
    let done: Vec<&Value> = filed.iter().filter(is_final).chain(now).collect();
    let has_result = |test: &Value| {
        let mut results = done.iter();
        results.any(|it| it.get("code").is_some_and(|code| shares_code(code, test)))
    };
    if !wanted.iter().all(has_result) {
        return Ok(None);
    }
    resource["status"] = json!("completed");
    Ok(Some((resource, seen)))
}

fn is_final(observation: &&Value) -> bool {
    matches!(
        text(observation, "/status"),
        Some("final" | "amended" | "corrected")
    )
}

/// Whether two concepts have a code of one system in common.
fn shares_code(one: &Value, other: &Value) -> bool {
    let codes = |of: &Value| {
        let list = of.get("coding").and_then(Value::as_array);
        let each = list.into_iter().flatten();
        each.filter_map(|it| {
            let system = text(it, "/system").unwrap_or_default();
            Some((system.to_owned(), text(it, "/code")?.to_owned()))
        })
        .collect::<Vec<_>>()
    };
    let others = codes(other);
    codes(one).iter().any(|it| others.contains(it))
}
