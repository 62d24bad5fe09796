//! Leases: which of the hosts of one database does the work that only one may do at a time.
//!
//! Invariant: a lease that was taken over has a greater token, and what was prepared under the lesser one is not written.

use std::time::Duration;

use tokio::time::Instant;

use crate::store::{StoreError, Wanted};
use crate::{Record, limits};

/// A lease that this host holds, as far as it knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Of what.
    pub(crate) name: String,
    /// How often it has changed hands.
    pub(crate) token: i64,
}

impl Record {
    /// Takes the lease of this name for `limits::LEASE_MS`, or keeps it for so much longer. `None`: another host has it.
    /// Hosts that share a database go by its clock, so that theirs may be wrong.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn lease(&self, name: &str) -> Result<Option<Lease>, StoreError> {
        let wanted = Wanted {
            name: name.to_owned(),
            holder: self.inner.host.clone(),
            for_ms: i64::try_from(limits::LEASE_MS).unwrap_or(i64::MAX),
            now_ms: self.now_ms(),
        };
        let token = self.store().lease(wanted).await?;
        Ok(token.map(|token| Lease {
            name: name.to_owned(),
            token,
        }))
    }

    /// Lets go of a lease, if this host has it, so that another need not wait for its end.
    pub async fn let_go(&self, name: &str) {
        let holder = self.inner.host.clone();
        if let Err(error) = self.store().let_go(name.to_owned(), holder).await {
            tracing::debug!("the lease {name} ends by itself: {error}");
        }
    }

    /// Works as long as the lease is held, renewing it. `None`: it was lost, and the work stopped where it was.
    pub async fn while_held<T>(&self, lease: &Lease, work: impl Future<Output = T>) -> Option<T> {
        tokio::pin!(work);
        let mut until = Instant::now() + Duration::from_millis(limits::LEASE_MS);
        loop {
            let renew = tokio::time::sleep(Duration::from_millis(limits::LEASE_RENEW_MS));
            tokio::select! {
                done = &mut work => return Some(done),
                () = renew => {}
            }
            let asked_at = Instant::now();
            match tokio::time::timeout_at(until, self.lease(&lease.name)).await {
                Ok(Ok(Some(now))) if now.token == lease.token => {
                    until = asked_at + Duration::from_millis(limits::LEASE_MS);
                }
                Ok(Ok(_)) => return None,
                // The database is away: what is held is held until its end.
                Ok(Err(_)) | Err(_) if Instant::now() < until => {}
                Ok(Err(_)) | Err(_) => return None,
            }
        }
    }
}
