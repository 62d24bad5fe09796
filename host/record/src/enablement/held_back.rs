//! A departmental that the host holds back at a site, and letting it run again.
//!
//! Invariant: only the host holds back, only a trust administrator of the site lets run again, and both are in the log.

use super::{EnableError, Enablement, may_decide};
use crate::Record;
use crate::caller::Caller;
use crate::commit::Receipt;
use crate::departmental::DepartmentalId;
use crate::departmental::watch::Post;

impl Record {
    /// Keeps in the log that a release is asked nothing at a site until an administrator lets it run again. Nothing, if
    /// that is kept already, or another release runs there by now.
    pub(crate) async fn hold_back(&self, post: &Post, why: &str) -> Result<(), EnableError> {
        let before = self
            .current_enablement(&post.site, &post.departmental)
            .await?
            .filter(|(_, it)| it.enabled && it.held_back.is_none() && it.digest == post.digest);
        let Some((version, before)) = before else {
            return Ok(());
        };
        let after = Enablement {
            held_back: Some(why.to_owned()),
            ..before
        };
        let host = Caller::host();
        self.decide(&host, &after, Some(version), None, None)
            .await?;
        Ok(())
    }

    /// Lets a departmental that the host holds back at the caller's site run again; what it failed at is forgiven.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound` when it is not held back here; `Commit`, `Read`.
    pub async fn let_run_again(
        &self,
        caller: &Caller,
        departmental: &DepartmentalId,
    ) -> Result<Receipt, EnableError> {
        may_decide(caller)?;
        let site = caller.site();
        let (version, before) = self
            .current_enablement(site, departmental)
            .await?
            .filter(|(_, before)| before.enabled && before.held_back.is_some())
            .ok_or_else(|| EnableError::NotFound {
                what: format!("{departmental} held back at {site}"),
            })?;
        let after = Enablement {
            held_back: None,
            ..before
        };
        self.decide(caller, &after, Some(version), None, None).await
    }
}
