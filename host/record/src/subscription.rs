//! Subscriptions: who is told of what happens in the record, under which number, and how far each receiver has come.
//!
//! Invariant: an event of a subscription has one number, numbers have no gaps, and both are written in the transaction
//! that moves the cursor of the one reader who counts; what is told is read again for its author when it is told.

pub mod asked;
pub mod binding;
mod catalogue;
mod count;
pub mod delivery;
pub mod measured;
pub mod notification;
pub mod overview;
pub mod topic;

use std::time::Duration;

use tokio::sync::watch;

use crate::log::T;
use crate::reaction::place::Place;

/// The name of the cursor of whoever counts events.
pub(crate) const CURSOR: &str = "subscription/events";

/// The cursor of whoever has counted everything up to a commit.
pub(crate) fn cursor_after(t: i64) -> i64 {
    as_cursor(Place::after(T(u64::try_from(t).unwrap_or(0))))
}

fn as_cursor(place: Place) -> i64 {
    i64::try_from(place.as_cursor().0).unwrap_or(i64::MAX)
}

fn of_cursor(cursor: i64) -> Place {
    Place::of_cursor(T(u64::try_from(cursor).unwrap_or(0)))
}

/// Tells those who deliver at this host that events were counted here.
pub(crate) struct News(watch::Sender<u64>);

impl Default for News {
    fn default() -> Self {
        Self(watch::channel(0).0)
    }
}

impl News {
    /// There are more.
    pub(crate) fn tell(&self) {
        self.0.send_modify(|times| *times += 1);
    }
}

impl crate::Record {
    /// Waits until events were counted at this host since `seen`, or so long; gives what to wait with next.
    pub async fn wait_for_events(&self, seen: u64, at_most: Duration) -> u64 {
        let mut news = self.inner.subscriptions.0.subscribe();
        let told = news.wait_for(|times| *times > seen);
        match tokio::time::timeout(at_most, told).await {
            Ok(Ok(times)) => *times,
            Ok(Err(_)) | Err(_) => seen,
        }
    }
}

#[cfg(test)]
mod tests;
