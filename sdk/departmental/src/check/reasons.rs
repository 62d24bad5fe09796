//! Whether what a departmental asks for has a reason that a person can decide by.
//!
//! Invariant: a machine can only tell what is no reason; whether one is good is for the administrator.

use serde_json::Value;

use crate::manifest::each;

/// Where grants are asked for, and by what each is told.
const ASKED: [(&str, &str); 6] = [
    ("reads", "type"),
    ("views", "id"),
    ("writes", "type"),
    ("hooks", "hook"),
    ("intake", "format"),
    ("settings", "name"),
];
/// A sentence that says why has at least so many different words.
const WORDS_MIN: usize = 4;
/// What is written where a reason is still to come.
const PLACEHOLDERS: [&str; 9] = [
    "todo",
    "tbd",
    "fixme",
    "xxx",
    "lorem",
    "ipsum",
    "placeholder",
    "asdf",
    "reason",
];

/// Grants whose reason is none, with what to write.
pub(super) fn wordless(manifest: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (list, name) in ASKED {
        for (index, asked) in each(manifest, list).enumerate() {
            let text = |member: &str| {
                asked
                    .get(member)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
            };
            if let Some(what) = wrong(text("reason"), text(name)) {
                found.push(format!(
                    "/{list}/{index}/reason: {:?} {what}; say what of `{}` is used for what, in a sentence",
                    text("reason"),
                    text(name)
                ));
            }
        }
    }
    found
}

/// One reason for several grants says which of them it is about of none.
pub(super) fn shared(manifest: &Value) -> Vec<String> {
    let mut advice = Vec::new();
    for (list, _) in ASKED {
        let reasons: Vec<&Value> = each(manifest, list)
            .filter_map(|it| it.get("reason"))
            .collect();
        for (index, reason) in reasons.iter().enumerate() {
            if reasons[..index].contains(reason) {
                advice.push(format!(
                    "/{list}/{index}/reason is the same as one before it; say of each grant by itself why it is needed"
                ));
            }
        }
    }
    advice
}

fn wrong(reason: &str, of: &str) -> Option<&'static str> {
    let lower = reason.to_lowercase();
    let is_letter = |it: char| it.is_alphabetic();
    let mut words: Vec<&str> = lower
        .split(|it: char| !it.is_alphanumeric())
        .filter(|it| it.chars().any(is_letter))
        .collect();
    if words
        .iter()
        .any(|it| ["todo", "tbd", "fixme", "xxx"].contains(it))
    {
        return Some("is still to be written");
    }
    let of = of.to_lowercase();
    let of: Vec<&str> = of.split(|it: char| !it.is_alphanumeric()).collect();
    words.retain(|word| !of.contains(word) && !PLACEHOLDERS.contains(word));
    words.sort_unstable();
    words.dedup();
    (words.len() < WORDS_MIN).then_some("says no more than the name does")
}

#[cfg(test)]
mod tests;
