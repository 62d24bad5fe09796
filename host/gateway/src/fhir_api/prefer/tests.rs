//! Preferences as clients write them.
#![expect(clippy::unwrap_used, reason = "a test stops where its story breaks")]

use axum::http::{HeaderMap, HeaderValue};

use super::{Give, Handling, give, handling};

#[test]
fn preferences_by_what_is_written() {
    // Headers, parted by `+`; what is to be given and how unknown parameters are handled.
    let table = "
        return=minimal                          | Some(Minimal) Strict
        return=representation                   | Some(Representation) Strict
        return=OperationOutcome                 | Some(OperationOutcome) Strict
        return=\"minimal\"                      | Some(Minimal) Strict
        Return=minimal; handling=lenient        | Some(Minimal) Lenient
        handling=lenient, return=representation | Some(Representation) Lenient
        handling=strict + return=minimal        | Some(Minimal) Strict
        return=everything                       | None Strict
        respond-async                           | None Strict
        return                                  | None Strict
    ";
    for row in table.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let (written, expected) = row.split_once('|').unwrap();
        let mut headers = HeaderMap::new();
        for one in written.split('+') {
            headers.append("prefer", HeaderValue::from_str(one.trim()).unwrap());
        }
        let found = format!("{:?} {:?}", give(&headers), handling(&headers));
        assert_eq!(found, expected.trim(), "{row}");
    }
    assert_eq!(
        (give(&HeaderMap::new()), handling(&HeaderMap::new())),
        (None::<Give>, Handling::Strict)
    );
}
