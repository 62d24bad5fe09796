//! Departmentals' reactions: each enabled departmental with reactions has a cursor per site on the log.
//!
//! Invariant: an event has exactly one effect, since its proposal and the cursor's move are one commit.

use std::future::Future;

use crate::{ReadError, Record};

impl Record {
    /// Lets departmentals react to the log until `stop` resolves.
    pub async fn react(&self, stop: impl Future<Output = ()> + Send) {
        stop.await;
        todo!()
    }

    /// Handles what has happened until now, and gives the number of events handled.
    ///
    /// # Errors
    /// `Store` when the database cannot be asked.
    pub async fn react_once(&self) -> Result<usize, ReadError> {
        todo!()
    }
}
