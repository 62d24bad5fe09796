//! How often a release may fail at a site before it is left alone for a while, and then until a person lets it run again.
//!
//! Invariant: a release that mostly answers goes on, whatever its failures; time is an argument.

use crate::limits::{
    REST_MS, RESTS_MAX, STRIKE_SHARE, STRIKE_WINDOW_MS, STRIKES_CALM_MS, STRIKES_MAX,
};

/// The longest rest, in milliseconds.
const REST_MS_MAX: i64 = REST_MS << RESTS_MAX;

/// What follows from an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing.
    GoOn,
    /// It is not asked before this moment, in milliseconds since 1970.
    Rest { until_ms: i64 },
    /// It rested as often as it may: a person decides. Until that decision is kept, it rests as long as ever.
    HoldBack { until_ms: i64 },
}

/// How a release has done at a site of late.
#[derive(Clone, Debug, Default)]
pub(super) struct Strikes {
    window_from_ms: i64,
    calls: u32,
    strikes: u32,
    rests: u32,
    rest_until_ms: i64,
}

impl Strikes {
    /// Until when it is not to be asked, if it rests.
    pub(super) fn rests_until(&self, now_ms: i64) -> Option<i64> {
        let left_ms = self.rest_until_ms.saturating_sub(now_ms);
        // A clock that was put back does not make a rest longer than the longest.
        (1..=REST_MS_MAX)
            .contains(&left_ms)
            .then_some(self.rest_until_ms)
    }

    /// Counts an answer. What was asked before a rest and answers during it changes nothing.
    pub(super) fn answered(&mut self, now_ms: i64, is_strike: bool) -> Verdict {
        if self.rests_until(now_ms).is_some() {
            return Verdict::GoOn;
        }
        if now_ms.saturating_sub(self.rest_until_ms) > STRIKES_CALM_MS {
            self.rests = 0;
        }
        let in_window_ms = now_ms.saturating_sub(self.window_from_ms);
        if !(0..STRIKE_WINDOW_MS).contains(&in_window_ms) {
            (self.window_from_ms, self.calls, self.strikes) = (now_ms, 0, 0);
        }
        self.calls = self.calls.saturating_add(1);
        self.strikes = self.strikes.saturating_add(u32::from(is_strike));
        let is_too_often =
            self.strikes >= STRIKES_MAX && self.strikes.saturating_mul(STRIKE_SHARE) >= self.calls;
        if !is_strike || !is_too_often {
            return Verdict::GoOn;
        }
        let until_ms = now_ms.saturating_add(REST_MS << self.rests.min(RESTS_MAX));
        let verdict = if self.rests >= RESTS_MAX {
            Verdict::HoldBack { until_ms }
        } else {
            Verdict::Rest { until_ms }
        };
        *self = Self {
            window_from_ms: until_ms,
            calls: 0,
            strikes: 0,
            rests: self.rests.saturating_add(1).min(RESTS_MAX),
            rest_until_ms: until_ms,
        };
        verdict
    }
}

#[cfg(test)]
mod tests;
