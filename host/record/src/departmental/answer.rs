//! What is held against a bound before it goes on, and how a departmental's failure is told.
//!
//! Invariant: a guest's words are cut to a measure, and its failure names the departmental and its version.

use serde_json::Value;

use crate::departmental::proposal::Rejected;
use crate::departmental::screen::AskError;
use crate::departmental::{Call, Failure, FailureKind, Release};
use crate::limits::{PARAMETER_CHARS_MAX, PARAMETERS_MAX, SCREEN_BYTES_MAX, SCREEN_NODES_MAX};

pub(super) fn checked_parameters(parameters: &Value) -> Result<(), AskError> {
    let fits = |value: &Value| {
        value
            .as_str()
            .is_some_and(|text| text.chars().count() <= PARAMETER_CHARS_MAX)
    };
    let right = match parameters {
        Value::Object(named) => named.len() <= PARAMETERS_MAX && named.values().all(fits),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            false
        }
    };
    if right {
        return Ok(());
    }
    let what = format!(
        "a screen takes at most {PARAMETERS_MAX} parameters, each a text of at most {PARAMETER_CHARS_MAX} characters"
    );
    Err(AskError::Incorrect { what })
}

/// What is bounded before anybody walks the document; the rest of its schema is checked by who draws it.
pub(super) fn bounded_screen(screen: &Value) -> Result<(), String> {
    if screen.get("screen").and_then(Value::as_u64) != Some(1) {
        return Err("its answer is no screen/1".to_owned());
    }
    match screen.get("nodes").and_then(Value::as_array).map(Vec::len) {
        Some(1..=SCREEN_NODES_MAX) => {}
        Some(_) | None => {
            return Err(format!(
                "its screen must have 1 to {SCREEN_NODES_MAX} nodes"
            ));
        }
    }
    match serde_json::to_string(screen) {
        Ok(text) if text.len() <= SCREEN_BYTES_MAX => Ok(()),
        Ok(_) | Err(_) => Err(format!(
            "its screen is larger than {SCREEN_BYTES_MAX} bytes"
        )),
    }
}

pub(super) fn rejected(call: &Call, why: Rejected) -> AskError {
    match why {
        Rejected::Malformed { at, what } => malformed(call, &format!("{at}: {what}")),
        Rejected::NotGranted(what) => AskError::NotGranted {
            departmental: call.release.id.clone(),
            what,
        },
        Rejected::Read(source) => AskError::Read { source },
    }
}

pub(super) fn malformed(call: &Call, what: &str) -> AskError {
    failed(call, FailureKind::Malformed, what)
}

pub(super) fn failed(call: &Call, kind: FailureKind, what: &str) -> AskError {
    AskError::Failed {
        departmental: call.release.id.clone(),
        version: call.release.version.clone(),
        call: (!kind.was_not_asked()).then(|| call.id.clone()),
        kind,
        what: what.chars().take(500).collect(),
    }
}

pub(super) fn refused(release: &Release, failure: Failure) -> AskError {
    AskError::Refused {
        departmental: release.id.clone(),
        failure: failure.bounded(),
    }
}
