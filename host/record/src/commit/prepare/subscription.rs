//! Subscriptions on their way into the record: whether events can be counted and delivered, and whose they are.
//!
//! Invariant: what is kept says whose it is, is changed by nobody else but an operator, and becomes active or goes into
//! error by the host's word alone.

use fhir::outcome::{Issue, IssueType};
use fhir::resource::{Resource, ResourceType};
use serde_json::json;

use super::{Draft, Preparing, tag};
use crate::caller::{Caller, Role};
use crate::commit::CommitError;
use crate::limits::{SUBSCRIPTIONS_MAX, SUBSCRIPTIONS_OF_ONE_MAX};
use crate::store::row::DELETED;
use crate::subscription::asked::{AUTHOR, Asked, Status, author};

impl Preparing<'_> {
    /// Checks every Subscription, and notes whose it is.
    pub(super) async fn subscriptions(&mut self, caller: &Caller) -> Result<(), CommitError> {
        let mut begun = 0;
        for at in 0..self.drafts.len() {
            if self.drafts[at].key.resource_type != ResourceType::SUBSCRIPTION {
                continue;
            }
            let draft = &mut self.drafts[at];
            let standing = stands(draft);
            if let Some(owner) = standing.as_ref().and_then(|it| author(it.value()))
                && owner != caller.account()
                && caller.role() != Role::Operator
                && !caller.is_of_subscriptions()
            {
                return Err(CommitError::Refused {
                    change: draft.change,
                    what: format!(
                        "{} is the subscription of another account: make one of your own",
                        draft.key
                    ),
                });
            }
            let (change, key) = (draft.change, draft.key.clone());
            let Some(resource) = draft.resource.as_mut() else {
                continue;
            };
            let owner = standing.as_ref().and_then(|it| author(it.value()));
            let owner = owner.unwrap_or(caller.account()).to_owned();
            tag::take_off(resource, AUTHOR);
            tag::put_on(resource, json!({ "system": AUTHOR, "code": owner }));
            let asked = Asked::read(&key, resource);
            let asked = asked.map_err(|issues| CommitError::Invalid { change, issues })?;
            if !caller.is_of_subscriptions() {
                allowed(&asked, standing.as_ref(), resource).map_err(|issue| {
                    CommitError::Invalid {
                        change,
                        issues: vec![issue],
                    }
                })?;
            }
            begun += i64::from(standing.is_none() && asked.status != Status::Off);
        }
        if begun == 0 {
            return Ok(());
        }
        let (open, own) = self
            .record
            .store()
            .subscriptions_open(caller.account().to_owned())
            .await?;
        for (what, there, max) in [
            ("subscriptions that have not ended", open, SUBSCRIPTIONS_MAX),
            (
                "subscriptions of this account that have not ended",
                own,
                SUBSCRIPTIONS_OF_ONE_MAX,
            ),
        ] {
            let size = usize::try_from(there + begun).unwrap_or(usize::MAX);
            super::within(what, size, usize::try_from(max).unwrap_or(usize::MAX))?;
        }
        Ok(())
    }
}

fn stands(draft: &Draft) -> Option<Resource> {
    let row = draft.standing.as_ref().filter(|row| row.what != DELETED)?;
    Resource::parse(row.body.as_deref()?.as_bytes()).ok()
}

/// Whether a client may write this state.
fn allowed(asked: &Asked, standing: Option<&Resource>, resource: &Resource) -> Result<(), Issue> {
    let unchanged = |before: &Resource| {
        before.value().get("status") == resource.value().get("status")
            && Asked::same_question(before.value(), resource.value())
    };
    match asked.status {
        Status::Requested | Status::Off => Ok(()),
        Status::Active | Status::Error if standing.is_some_and(unchanged) => Ok(()),
        Status::Active | Status::Error => Err(Issue::error_at(
            IssueType::BusinessRule,
            "Subscription.status",
            "send `requested`: the server makes it active once its receiver has answered, or send `off` to end it",
        )),
    }
}
