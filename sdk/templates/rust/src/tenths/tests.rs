//! Decimals as they are written, and what they are to one place.

use crate::tenths::Tenths;

#[test]
fn decimals_by_case() {
    for (written, rounded, whole) in [
        ("37", Some("37.0"), Some("37")),
        ("37.0", Some("37.0"), Some("37")),
        ("3.7e1", Some("37.0"), Some("37")),
        ("35.04", Some("35.0"), None),
        ("35.05", Some("35.1"), None),
        ("35.049999999", Some("35.0"), None),
        ("-0.05", Some("-0.1"), None),
        ("18.5", Some("18.5"), None),
        ("", None, None),
        (".5", None, None),
        ("5.", None, None),
        ("018", None, None),
        ("0.50", Some("0.5"), None),
        ("+5", None, None),
        ("18 ", None, None),
        ("1,8", None, None),
        ("NaN", None, None),
        ("1e99", None, None),
        ("1e-99", None, None),
        ("٣٧", None, None),
        ("123456789012345678901", None, None),
    ] {
        let said = Tenths::rounded(written).map(|it| it.to_string());
        assert_eq!(said.as_deref(), rounded, "{written}");
        let said = Tenths::whole(written).map(|it| format!("{it:.0}"));
        assert_eq!(said.as_deref(), whole, "{written}");
    }
}
