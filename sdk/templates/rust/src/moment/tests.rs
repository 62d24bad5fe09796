//! Moments by case, and ages on both sides of a birthday.

use crate::moment::{age_years, seconds};

#[test]
fn moments_by_case() {
    for (text, expected) in [
        ("1970-01-01T00:00:00Z", Some(0)),
        ("2000-03-01T00:00:00Z", Some(951_868_800)),
        ("2026-11-22T12:00:00Z", Some(1_795_348_800)),
        ("2026-11-22T13:00:00+01:00", Some(1_795_348_800)),
        ("2026-11-22T11:00-01:00", Some(1_795_348_800)),
        ("2026-11-22T12:00:00.999Z", Some(1_795_348_800)),
        ("2026-11-22", None),
        ("2026-11-22T12:00:00", None),
        ("2026-02-29T12:00:00Z", None),
        ("2026-13-01T12:00:00Z", None),
        ("2026-11-22T24:00:00Z", None),
        ("yesterday", None),
    ] {
        assert_eq!(seconds(text), expected, "{text}");
    }
}

#[test]
fn ages_by_case() {
    for (birth, at, expected) in [
        ("2010-11-22", "2026-11-22T00:00:00Z", Some((16, 16))),
        ("2010-11-23", "2026-11-22T23:59:00Z", Some((15, 15))),
        ("2010-11", "2026-11-22T12:00:00Z", Some((15, 16))),
        ("2010", "2026-11-22T12:00:00Z", Some((15, 16))),
        ("2009", "2026-01-01T12:00:00Z", Some((16, 17))),
        ("2030-01-01", "2026-01-01T12:00:00Z", None),
        ("unknown", "2026-01-01T12:00:00Z", None),
        ("2010-02-30", "2026-01-01T12:00:00Z", None),
    ] {
        assert_eq!(age_years(birth, at), expected, "{birth} at {at}");
    }
}
