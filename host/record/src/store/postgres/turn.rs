//! Who commits: a connection within the transaction that holds the turn.
//!
//! Invariant: no connection goes back to its pool within a transaction.

use deadpool_postgres::Object;

use crate::store::StoreError;

/// A connection within a transaction. One that is dropped before that has ended is closed, and the server ends it.
pub(super) struct Turn(Option<Object>);

impl Turn {
    pub(super) fn on(connection: Object) -> Self {
        Self(Some(connection))
    }

    /// The connection.
    pub(super) fn connection(&self) -> Result<&Object, StoreError> {
        self.0.as_ref().ok_or(StoreError::Closed)
    }

    /// The transaction has ended: the connection may be used again.
    pub(super) fn ended(mut self) {
        drop(self.0.take());
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            drop(Object::take(connection));
        }
    }
}
