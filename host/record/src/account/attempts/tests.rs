//! How many wrong passwords are taken, and for how long.
//!
//! Invariant: time is written, never waited for.

use super::Attempts;
use crate::limits::{ATTEMPTS_MAX, ATTEMPTS_WINDOW_MS};

#[test]
fn a_name_is_closed_after_so_many_wrong_passwords_and_open_again_later() {
    let attempts = Attempts::default();
    for attempt in 0..ATTEMPTS_MAX {
        assert_eq!(attempts.begin("ada", i64::from(attempt)), Ok(()));
    }
    assert_eq!(attempts.begin("ada", 1_000), Err(899));
    assert_eq!(attempts.begin("ada", ATTEMPTS_WINDOW_MS - 1), Err(1));
    assert_eq!(attempts.begin("ada", ATTEMPTS_WINDOW_MS), Ok(()));
}

#[test]
fn a_right_password_starts_counting_anew() {
    let attempts = Attempts::default();
    for _ in 0..ATTEMPTS_MAX - 1 {
        assert_eq!(attempts.begin("ada", 0), Ok(()));
    }
    attempts.right("ada");
    for _ in 0..ATTEMPTS_MAX {
        assert_eq!(attempts.begin("ada", 0), Ok(()));
    }
    assert!(attempts.begin("ada", 0).is_err());
}

#[test]
fn a_clock_that_goes_back_closes_nobody_for_ever() {
    let attempts = Attempts::default();
    for _ in 0..ATTEMPTS_MAX {
        assert_eq!(attempts.begin("ada", 1_000_000), Ok(()));
    }
    assert_eq!(attempts.begin("ada", 0), Ok(()));
}
