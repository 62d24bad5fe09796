//! How each holder has answered of late, as this host saw it since it was started.
//!
//! Invariant: nothing of a document is kept here, and only of holders that are declared.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::HolderId;
use crate::Record;
use crate::adviser::{Fetched, OutsideError};
use crate::clock::rfc3339;

/// How a holder has answered. Moments are RFC 3339.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HolderHeard {
    /// When it last said something of a document, be it that there is none.
    pub answered: Option<String>,
    /// When it last did not, and why.
    pub failed: Option<(String, String)>,
}

/// Of each holder.
#[derive(Default)]
pub(super) struct Known(Mutex<BTreeMap<HolderId, HolderHeard>>);

impl Known {
    pub(super) fn note(&self, id: &HolderId, now_ms: i64, said: &Result<Fetched, OutsideError>) {
        let at = rfc3339(now_ms);
        let failed = match said {
            Ok(it) if matches!(it.status, 200 | 304 | 401 | 403 | 404 | 410) => None,
            Ok(it) => Some(OutsideError::Status { status: it.status }.to_string()),
            Err(why) => Some(why.to_string()),
        };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let heard = all.entry(id.clone()).or_default();
        match failed {
            None => heard.answered = Some(at),
            Some(why) => heard.failed = Some((at, why)),
        }
    }

    /// Forgets who is no longer declared.
    pub(super) fn keep(&self, declared: impl Fn(&HolderId) -> bool) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|id, _| declared(id));
    }
}

impl Record {
    /// How each holder has answered, as this host saw it since it was started; who was not asked is not there.
    pub fn holders_heard(&self) -> BTreeMap<HolderId, HolderHeard> {
        let all = &self.inner.locator.heard.0;
        all.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
