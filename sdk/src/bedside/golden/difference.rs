//! Where two documents differ: by JSON pointer, then and now, the first of them.
//!
//! Invariant: two documents that differ have at least one place that is told.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

/// Places that are told; of the rest, how many there are.
const TOLD_MAX: usize = 12;
/// Characters of a value that are shown.
const SHOWN_MAX: usize = 160;

/// Lines for a person, one for each place.
pub(super) fn told(then: &Value, now: &Value) -> String {
    let mut places = Vec::new();
    look("", Some(then), Some(now), &mut places);
    let mut text = String::new();
    for (pointer, then, now) in places.iter().take(TOLD_MAX) {
        let _ = write!(text, "\n  {pointer}\n    then {then}\n    now  {now}");
    }
    if places.len() > TOLD_MAX {
        let _ = write!(text, "\n  and {} places more", places.len() - TOLD_MAX);
    }
    text.push_str("\n  if now is right: UPDATE=1 writes it, and the difference is to be read");
    text
}

fn look(
    pointer: &str,
    then: Option<&Value>,
    now: Option<&Value>,
    places: &mut Vec<(String, String, String)>,
) {
    match (then, now) {
        (Some(then), Some(now)) if then == now => {}
        (Some(Value::Object(then)), Some(Value::Object(now))) => {
            let names: BTreeSet<&String> = then.keys().chain(now.keys()).collect();
            for name in names {
                let below = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
                look(&below, then.get(name), now.get(name), places);
            }
        }
        (Some(Value::Array(then)), Some(Value::Array(now))) => {
            for at in 0..then.len().max(now.len()) {
                let below = format!("{pointer}/{at}");
                look(&below, then.get(at), now.get(at), places);
            }
        }
        (None, None) => {}
        (then, now) => places.push((pointer.to_owned(), shown(then), shown(now))),
    }
}

fn shown(value: Option<&Value>) -> String {
    let Some(value) = value else {
        return "nothing".to_owned();
    };
    let text = value.to_string();
    if text.chars().count() <= SHOWN_MAX {
        return text;
    }
    text.chars().take(SHOWN_MAX).chain(['…']).collect()
}
