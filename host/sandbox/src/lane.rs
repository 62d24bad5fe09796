//! The lane of long calls: who computes for longer than a tick takes turns with the others that do, a tick each, while a
//! processor stays free for short calls.
//!
//! Invariant: nobody in the lane is held up by one who waits for the host, and who leaves a call leaves the lane.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many long calls compute at the same moment: all processors but one. Cheap to clone; every clone is the same.
#[derive(Debug, Clone)]
pub(crate) struct Lanes(Arc<Semaphore>);

impl Lanes {
    pub(crate) fn new() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self::of(processors.saturating_sub(1).max(1))
    }

    pub(crate) fn of(width: usize) -> Self {
        Self(Arc::new(Semaphore::new(width)))
    }

    /// A call, which is short until it has computed for a tick.
    pub(crate) fn call(&self) -> Lane {
        Lane {
            lanes: self.clone(),
            place: Arc::default(),
        }
    }
}

/// One call's place in the lane, if it has one.
#[derive(Debug, Clone)]
pub(crate) struct Lane {
    lanes: Lanes,
    place: Arc<Mutex<Option<OwnedSemaphorePermit>>>,
}

impl Lane {
    /// Gives the place up at once; the future ends when it is this call's turn again.
    pub(crate) fn after_the_others(&self) -> impl Future<Output = ()> + Send + 'static {
        drop(self.place().take());
        let lane = self.clone();
        async move {
            // A turn of the executor even where nobody else is in the lane: short calls may wait for this thread.
            tokio::task::yield_now().await;
            // The lane is never closed.
            if let Ok(place) = lane.lanes.0.clone().acquire_owned().await {
                *lane.place() = Some(place);
            }
        }
    }

    /// Waits for the host without a place; who had one comes back after the others.
    pub(crate) async fn waiting<T>(&self, host: impl Future<Output = T> + Send) -> T {
        let is_long = self.place().take().is_some();
        let answer = host.await;
        if is_long {
            self.after_the_others().await;
        }
        answer
    }

    fn place(&self) -> MutexGuard<'_, Option<OwnedSemaphorePermit>> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
