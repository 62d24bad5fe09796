//! Which parameters have parts, as a whole.
#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

use super::PARTS;
use crate::search_parameter::{by_code, find, parts};

#[test]
fn the_parameters_with_parts() {
    let name = |code| by_code(code).map_or("?", |parameter| parameter.name);
    let mut all: Vec<String> = PARTS
        .iter()
        .map(|(code, parts)| {
            let parts: Vec<&str> = parts.iter().map(|part| name(*part)).collect();
            format!("{} = {}", name(*code), parts.join(" + "))
        })
        .collect();
    all.sort();
    assert_eq!(
        all,
        [
            "combo-code = code + component-code",
            "combo-data-absent-reason = data-absent-reason + component-data-absent-reason",
            "combo-value-concept = value-concept + component-value-concept",
            "combo-value-quantity = value-quantity + component-value-quantity",
        ]
    );
    let code = find("Observation".parse().unwrap(), "code").unwrap().code;
    assert_eq!(parts(code), None);
}
