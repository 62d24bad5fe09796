//! The one place that asks what time it is.
//!
//! Invariant: everything else takes time as an argument, so that a test can write it and a call can be replayed.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::SystemTime;

/// Tells the time.
pub trait Clock: Send + Sync + 'static {
    /// Milliseconds since 1970 in UTC.
    fn now_ms(&self) -> i64;
}

/// The machine's own clock.
#[derive(Debug, Default)]
pub struct System;

impl Clock for System {
    fn now_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        since.map_or(0, |since| {
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        })
    }
}

/// A clock whose hands are set by a test.
#[derive(Debug)]
pub struct Written(AtomicI64);

impl Written {
    /// Stands at this moment, in milliseconds since 1970, until it is moved.
    pub fn at_ms(now_ms: i64) -> Self {
        Self(AtomicI64::new(now_ms))
    }

    /// Moves the hands, forwards or back.
    pub fn advance_ms(&self, by_ms: i64) {
        self.0.fetch_add(by_ms, Ordering::Relaxed);
    }
}

impl Clock for Written {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A moment as FHIR writes it: RFC 3339 in UTC with milliseconds, for example `2026-11-22T09:30:00.000Z`.
pub fn rfc3339(at_ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(at_ms).unwrap_or(jiff::Timestamp::MAX);
    format!("{at:.3}")
}

/// Milliseconds since 1970 of an RFC 3339 moment; `None` when the text is not one.
pub fn from_rfc3339(text: &str) -> Option<i64> {
    let at: jiff::Timestamp = text.parse().ok()?;
    Some(at.as_millisecond())
}
