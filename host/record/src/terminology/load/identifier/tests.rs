//! Identifiers, right and wrong.

use super::{Component, read};

#[test]
fn identifiers_by_kind_and_check_digit() {
    for (text, component, expected) in [
        ("404684003", Component::Concept, Ok(404_684_003)),
        ("138875005", Component::Concept, Ok(138_875_005)),
        ("83821000000107", Component::Concept, Ok(83_821_000_000_107)),
        (
            "900000000000207008",
            Component::Concept,
            Ok(900_000_000_000_207_008),
        ),
        (
            "404684004",
            Component::Concept,
            Err("`404684004` is no identifier: its check digit is wrong"),
        ),
        (
            "440684003",
            Component::Concept,
            Err("`440684003` is no identifier: its check digit is wrong"),
        ),
        (
            "404684003",
            Component::Description,
            Err("`404684003` is no identifier of a description"),
        ),
        (
            "40468",
            Component::Concept,
            Err("`40468` is no identifier: it has 6 to 18 digits"),
        ),
        (
            "0404684003",
            Component::Concept,
            Err("`0404684003` is no identifier: it has 6 to 18 digits"),
        ),
        (
            "40468400x",
            Component::Concept,
            Err("`40468400x` is no identifier: it has 6 to 18 digits"),
        ),
        (
            "",
            Component::Concept,
            Err("`` is no identifier: it has 6 to 18 digits"),
        ),
    ] {
        assert_eq!(
            read(text, component),
            expected.map_err(str::to_owned),
            "{text}"
        );
    }
}

#[test]
fn one_wrong_digit_or_two_exchanged_are_noticed() {
    let right = b"900000000000207008";
    for at in 0..right.len() - 3 {
        for digit in b'1'..=b'9' {
            let mut wrong = right.to_vec();
            wrong[at] = digit;
            let text = String::from_utf8_lossy(&wrong).into_owned();
            assert_eq!(
                read(&text, Component::Concept).is_ok(),
                wrong == right,
                "{text}"
            );
        }
        let mut wrong = right.to_vec();
        wrong.swap(at, at + 1);
        let text = String::from_utf8_lossy(&wrong).into_owned();
        assert_eq!(
            read(&text, Component::Concept).is_ok(),
            wrong == right,
            "{text}"
        );
    }
}
