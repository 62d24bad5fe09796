//! What a message is planned against: the record as it stands, read by the feed that files the message.
//!
//! Invariant: nothing that is read here leaves but in the commit that keeps the message, filed or parked; that commit's
//! leaf is on disk before the sender is answered, so these reads need none of their own.

use std::slice;

use fhir::query::Query;
use fhir::resource::Key;

use crate::caller::{Caller, Role};
use crate::permission::{self, Action};
use crate::store::row::DELETED;
use crate::{ReadError, Record, Stored, limits};

impl Record {
    /// What stands under a key. `None`: nothing, or no longer.
    ///
    /// # Errors
    /// `Forbidden` for all but feeds, and for types that feeds do not read; `Store`.
    pub async fn planned_against(
        &self,
        caller: &Caller,
        key: &Key,
    ) -> Result<Option<Stored>, ReadError> {
        may_plan(caller, key.resource_type.as_str())?;
        let standing = self.standing_of(slice::from_ref(key), self.current_t());
        let row = standing.await?.pop().flatten();
        Ok(row
            .filter(|row| row.what != DELETED)
            .map(|row| Stored::of(&row)))
    }

    /// What a query finds, at most a page.
    ///
    /// # Errors
    /// As [`Record::planned_against`]; `Unreadable`.
    pub async fn all_planned_against(
        &self,
        caller: &Caller,
        query: &Query,
    ) -> Result<Vec<Stored>, ReadError> {
        may_plan(caller, query.resource_type.as_str())?;
        let found = self
            .matching(query, self.current_t(), limits::PAGE_DEFAULT)
            .await?;
        Ok(found.iter().map(|row| Stored::of(row)).collect())
    }

    /// Comes to know whatever any host has committed. Whether there was something.
    ///
    /// # Errors
    /// `Store`.
    pub async fn catches_up(&self) -> Result<bool, ReadError> {
        Ok(self.knows_more_than(self.current()).await?)
    }
}

fn may_plan(caller: &Caller, resource_type: &str) -> Result<(), ReadError> {
    let forbidden = |what: String| ReadError::Forbidden {
        account: caller.account().to_owned(),
        what,
    };
    if caller.role() != Role::Feed {
        return Err(forbidden("what messages are planned against".to_owned()));
    }
    permission::check(caller, Action::Read, resource_type)
        .map_err(|refusal| forbidden(refusal.to_string()))
}
