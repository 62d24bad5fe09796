//! Cases of `strict_json`: what can be read in one way only, and what cannot.
#![expect(
    clippy::unwrap_used,
    reason = "a case that cannot be set up has failed"
)]

use super::parse;

#[test]
fn documents_by_case() {
    let deep = "[".repeat(200) + &"]".repeat(200);
    for (text, expected) in [
        ("{}", "{}"),
        (
            r#"{"a":1.50,"b":[true,null,"x",-3,1e400]}"#,
            r#"{"a":1.50,"b":[true,null,"x",-3,1e+400]}"#,
        ),
        (
            r#"{"a":{"a":1},"b":{"a":1}}"#,
            r#"{"a":{"a":1},"b":{"a":1}}"#,
        ),
        (r#"{"a":1,"a":1}"#, "refused"),
        (r#"{"x":[{"a":1,"\u0061":2}]}"#, "refused"),
        ("{} {}", "refused"),
        ("{}x", "refused"),
        ("", "refused"),
        ("nul", "refused"),
        (&deep, "refused"),
    ] {
        let found = parse(text.as_bytes()).map_or("refused".to_owned(), |it| it.to_string());
        assert_eq!(found, expected, "{text:.60}");
    }
    assert!(parse(b"\"\xff\"").is_err());
    assert_eq!(parse(b"7").unwrap(), 7);
}
