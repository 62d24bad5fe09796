//! How a subscription stands now, and what is noted when that changes.
//!
//! Invariant: a state is written into the log and nowhere else; whoever counts reads it there, and makes due what follows.

use fhir::resource::{Id, Key, Resource, ResourceType};
use serde_json::Value;

use super::{DeliveryError, Due, Letter};
use crate::caller::Caller;
use crate::commit::CommitError;
use crate::lease::Lease;
use crate::permission::{self, Action};
use crate::proposal::{Change, Proposal};
use crate::store::StoreError;
use crate::store::subscription::Sent;
use crate::subscription::asked::{Asked, Status};
use crate::{ReadError, Record};

impl Record {
    /// A subscription as it stands, with its version; `None` where it ended or is not one that we took.
    pub(crate) async fn subscription_now(
        &self,
        id: &str,
    ) -> Result<Option<(Asked, u64)>, ReadError> {
        let Ok(id) = id.parse::<Id>() else {
            return Ok(None);
        };
        let key = Key::new(ResourceType::SUBSCRIPTION, id);
        let found = self
            .standing_of(std::slice::from_ref(&key), self.current_t())
            .await?;
        let Some(row) = found.into_iter().next().flatten() else {
            return Ok(None);
        };
        let body = row
            .body
            .as_deref()
            .and_then(|body| Resource::parse(body.as_bytes()).ok());
        let asked = body.and_then(|resource| Asked::read(&key, &resource).ok());
        Ok(asked.map(|asked| (asked, row.live_version())))
    }

    /// Whoever subscribed, as their account is now, or why they may not know any longer.
    pub(crate) async fn author_now(
        &self,
        asked: &Asked,
    ) -> Result<Result<Caller, String>, ReadError> {
        let Some(author) = self
            .caller_of(&asked.author)
            .await
            .map_err(ReadError::from)?
        else {
            return Ok(Err(format!(
                "its account `{}` is there no longer",
                asked.author
            )));
        };
        for of in [ResourceType::SUBSCRIPTION, asked.criteria.resource_type] {
            if let Err(refusal) = permission::check(&author, Action::Read, of.as_str()) {
                return Ok(Err(format!(
                    "its account `{}` may no longer know: {refusal}",
                    asked.author
                )));
            }
        }
        Ok(Ok(author))
    }

    pub(super) async fn end(
        &self,
        due: &Due,
        asked: &Asked,
        version: u64,
        why: &str,
    ) -> Result<Option<Letter>, DeliveryError> {
        self.put_status(&asked.key, version, Status::Off, Some(why))
            .await?;
        tracing::warn!(subscription = due.id(), "{} has ended: {why}", asked.key);
        Ok(None)
    }

    /// Writes a new state into the record; whoever counts reads it there and makes due what follows. Who changed the subscription meanwhile has the last word.
    pub(crate) async fn put_status(
        &self,
        key: &Key,
        version: u64,
        status: Status,
        error: Option<&str>,
    ) -> Result<(), DeliveryError> {
        let found = self.version_of(key, version, self.current_t()).await?;
        let body = found.and_then(|row| Resource::parse(row.body.as_deref()?.as_bytes()).ok());
        let Some(mut resource) = body else {
            return Ok(());
        };
        if let Some(members) = resource.value_mut().as_object_mut() {
            members.insert("status".to_owned(), status.as_str().into());
            match error {
                Some(error) => drop(members.insert("error".to_owned(), Value::from(error))),
                None => drop(members.shift_remove("error")),
            }
        }
        let change = Change::Update {
            key: key.clone(),
            resource,
            seen: Some(version),
            temporary: None,
        };
        let caller = Caller::of_subscriptions();
        match self
            .commit_granted(&caller, Proposal::direct(vec![change]))
            .await
        {
            Ok(_) | Err(CommitError::Stale { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn nothing_sent(
        &self,
        due: &Due,
        lease: &Lease,
        due_ms: Option<i64>,
    ) -> Result<(), DeliveryError> {
        self.note_delivery(due, lease, None, 0, None, due_ms).await
    }

    pub(super) async fn note_delivery(
        &self,
        due: &Due,
        lease: &Lease,
        delivered: Option<i64>,
        failures: i64,
        said: Option<String>,
        due_ms: Option<i64>,
    ) -> Result<(), DeliveryError> {
        let sent = Sent {
            lease: lease.clone(),
            id: due.row.id.clone(),
            delivered,
            failures,
            said,
            due_ms,
            now_ms: self.now_ms(),
        };
        match self.store().subscription_sent(sent).await? {
            true => Ok(()),
            false => Err(DeliveryError::TakenOver),
        }
    }
}

/// A random UUID.
pub(crate) fn uuid() -> Result<String, StoreError> {
    let mut bytes = crate::chance::<16>()?;
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex = hex::encode(bytes);
    Ok([
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ]
    .join("-"))
}
