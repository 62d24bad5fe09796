//! A side is one of two words or codes; everything else has none.
#![expect(clippy::unwrap_used, reason = "tests")]

use crate::eye::Eye;
use crate::refusal::Refusal;

#[test]
fn an_eye_has_a_side_or_is_refused() {
    for eye in Eye::BOTH {
        assert_eq!(Eye::parse(Some(eye.word())).unwrap(), eye);
        assert_eq!(Eye::of_body_site(eye.code()), Some(eye));
        assert_eq!(eye.body_site()["coding"][0]["code"], eye.code());
    }
    let none = [
        None,
        Some(""),
        Some("both"),
        Some("Right"),
        Some("RE"),
        Some("r"),
    ];
    for text in none {
        assert_eq!(Eye::parse(text), Err(Refusal::Side), "{text:?}");
    }
    // Both eyes, and the eye without a side.
    for code in ["40638003", "81745001", "", "24028007"] {
        assert_eq!(Eye::of_body_site(code), None, "{code}");
    }
    assert_eq!(
        Refusal::Side.words(),
        "the side is missing: say right or left eye"
    );
}
