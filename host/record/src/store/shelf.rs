//! Small things kept by name beside the log: accounts, sessions, feeds.
//!
//! Invariant: what lies here is no fact about a patient, and is replaced whole.

use crate::Record;
use crate::store::StoreError;

/// Which shelf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Shelf {
    /// Accounts by name.
    Account,
    /// Sessions by the digest of their token.
    Session,
    /// Feeds' accounts by sender.
    Feed,
    /// What the hosts of one database have to know in common.
    Secret,
}

impl Shelf {
    /// The shelf's number in databases, which never changes its meaning.
    pub(crate) fn number(self) -> i64 {
        match self {
            Self::Account => 1,
            Self::Session => 2,
            Self::Feed => 3,
            Self::Secret => 4,
        }
    }
}

/// One thing on a shelf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    /// Which shelf.
    pub(crate) shelf: Shelf,
    /// Its name there.
    pub(crate) name: String,
    /// The thing itself; its form is its owner's.
    pub(crate) document: String,
    /// When it may be forgotten, in milliseconds since 1970; `None`: never.
    pub(crate) ends_at_ms: Option<i64>,
}

impl Record {
    /// Puts things on their shelves, each in the place of what has its name there.
    pub(crate) async fn shelve(&self, items: Vec<Item>) -> Result<(), StoreError> {
        self.store().shelve(items).await
    }

    /// Looks for a thing. What has ended is given too: its reader compares `ends_at_ms`.
    pub(crate) async fn shelved(
        &self,
        shelf: Shelf,
        name: &str,
    ) -> Result<Option<Item>, StoreError> {
        self.store().shelved(shelf, name.to_owned()).await
    }

    /// Takes a thing off its shelf, if it is there.
    pub(crate) async fn unshelve(&self, shelf: Shelf, name: &str) -> Result<(), StoreError> {
        self.store().unshelve(shelf, name.to_owned()).await
    }
}
