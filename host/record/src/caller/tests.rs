//! Which words are sites and roles.
//!
//! Invariant: each bound has a row on either side.
#![expect(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use super::{Role, SiteCode};

#[test]
fn site_codes_by_case() {
    for (text, well_formed) in [
        ("RXR", true),
        ("R", true),
        ("RXR123456789", true),
        ("RXR1234567890", false),
        ("", false),
        ("rxr", false),
        ("RX R", false),
        ("RXÄ", false),
        ("RXR'", false),
    ] {
        assert_eq!(text.parse::<SiteCode>().is_ok(), well_formed, "{text:?}");
    }
}

#[test]
fn every_role_is_read_back_from_its_word() {
    for role in Role::ALL {
        assert_eq!(role.as_str().parse::<Role>().unwrap(), role);
    }
    assert!("Clinician".parse::<Role>().is_err());
}
