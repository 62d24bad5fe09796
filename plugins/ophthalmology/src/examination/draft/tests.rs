//! Digits on their way into JSON.

use super::json_number;

#[test]
fn digits_are_kept_and_zeros_before_them_are_not() {
    for (typed, written) in [
        ("16", "16"),
        ("16.0", "16.0"),
        ("016", "16"),
        ("0", "0"),
        ("000", "0"),
        ("0.50", "0.50"),
        ("-0.10", "-0.10"),
        ("-00.1", "-0.1"),
        ("+0.25", "0.25"),
    ] {
        assert_eq!(json_number(typed).to_string(), written, "{typed}");
    }
}
