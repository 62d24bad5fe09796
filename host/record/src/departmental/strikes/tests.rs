//! Bad spells of a release, told as tables: when it rests, for how long, and when a person has to decide.

use super::{Strikes, Verdict};
use crate::limits::{
    REST_MS, RESTS_MAX, STRIKE_SHARE, STRIKE_WINDOW_MS, STRIKES_CALM_MS, STRIKES_MAX,
};

const START_MS: i64 = 1_795_356_120_000;

/// So many answers at one moment, the strikes last; what followed from the last of them.
fn spell(strikes: &mut Strikes, now_ms: i64, good: u32, bad: u32) -> Verdict {
    let mut verdict = Verdict::GoOn;
    for _ in 0..good {
        verdict = strikes.answered(now_ms, false);
    }
    for _ in 0..bad {
        verdict = strikes.answered(now_ms, true);
    }
    verdict
}

#[test]
fn a_release_rests_when_it_fails_often_and_not_just_now_and_then() {
    let rest = Verdict::Rest {
        until_ms: START_MS + REST_MS,
    };
    let share = STRIKES_MAX * (STRIKE_SHARE - 1);
    for (good, bad, expected) in [
        (0, STRIKES_MAX - 1, Verdict::GoOn),
        (0, STRIKES_MAX, rest),
        (share, STRIKES_MAX, rest),
        (share + 1, STRIKES_MAX, Verdict::GoOn),
        (10_000, STRIKES_MAX, Verdict::GoOn),
    ] {
        let mut strikes = Strikes::default();
        assert_eq!(
            spell(&mut strikes, START_MS, good, bad),
            expected,
            "{good} good, {bad} bad"
        );
        let rests = strikes.rests_until(START_MS).is_some();
        assert_eq!(rests, expected == rest, "{good} good, {bad} bad");
    }
}

#[test]
fn strikes_are_counted_within_their_window() {
    for (later_ms, rests) in [(STRIKE_WINDOW_MS - 1, true), (STRIKE_WINDOW_MS, false)] {
        let mut strikes = Strikes::default();
        spell(&mut strikes, START_MS, 0, STRIKES_MAX - 1);
        let verdict = spell(&mut strikes, START_MS + later_ms, 0, 1);
        assert_eq!(verdict != Verdict::GoOn, rests, "{later_ms} ms later");
    }
}

#[test]
fn rests_double_until_a_person_has_to_decide() {
    let mut strikes = Strikes::default();
    let mut now_ms = START_MS;
    for rests in 0..RESTS_MAX {
        let until_ms = now_ms + (REST_MS << rests);
        let verdict = spell(&mut strikes, now_ms, 0, STRIKES_MAX);
        assert_eq!(verdict, Verdict::Rest { until_ms }, "rest {rests}");
        assert_eq!(strikes.rests_until(until_ms - 1), Some(until_ms));
        // What was asked before the rest and fails during it makes it no longer.
        assert_eq!(strikes.answered(until_ms - 1, true), Verdict::GoOn);
        assert_eq!(strikes.rests_until(until_ms), None);
        now_ms = until_ms;
    }
    for _ in 0..2 {
        let until_ms = now_ms + (REST_MS << RESTS_MAX);
        let verdict = spell(&mut strikes, now_ms, 0, STRIKES_MAX);
        assert_eq!(verdict, Verdict::HoldBack { until_ms });
        now_ms = until_ms;
    }
}

#[test]
fn a_long_calm_forgives_earlier_rests() {
    let mut strikes = Strikes::default();
    spell(&mut strikes, START_MS, 0, STRIKES_MAX);
    let ended_ms = START_MS + REST_MS;
    for (calm_ms, rest_ms) in [
        (STRIKES_CALM_MS, 2 * REST_MS),
        (STRIKES_CALM_MS + 1, REST_MS),
    ] {
        let mut strikes = strikes.clone();
        let now_ms = ended_ms + calm_ms;
        let until_ms = now_ms + rest_ms;
        assert_eq!(
            spell(&mut strikes, now_ms, 0, STRIKES_MAX),
            Verdict::Rest { until_ms },
            "after {calm_ms} ms of calm"
        );
    }
}

#[test]
fn a_clock_that_is_put_back_does_not_lengthen_a_rest() {
    let mut strikes = Strikes::default();
    spell(&mut strikes, START_MS, 0, STRIKES_MAX);
    let year_ms = 365 * 24 * 60 * 60 * 1_000;
    assert_eq!(strikes.rests_until(START_MS - year_ms), None);
}
