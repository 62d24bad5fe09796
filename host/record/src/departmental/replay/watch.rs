//! What a host does about kept calls by itself: old ones are removed, and recent ones are made again.
//!
//! Invariant: a leaf says what is removed before it is, and a call that answers otherwise at this host is told an
//! administrator once, until they have dealt with it.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use fhir::query::Query;
use fhir::resource::{Resource, ResourceType};
use serde_json::{Value, json};

use super::{ReplayError, Replayed};
use crate::audit::NewLeaf;
use crate::caller::{Caller, Role, SiteCode};
use crate::commit::CommitError;
use crate::departmental::DepartmentalId;
use crate::departmental::call_log::{self, PRUNED};
use crate::enablement::CODES;
use crate::limits::{
    CALLS_KEPT_MAX, CALLS_KEPT_MS, CALLS_LOOK_MS, CALLS_PRUNED_AT_ONCE, CALLS_SAMPLED,
};
use crate::proposal::{Change, Proposal};
use crate::store::call::{CallRow, Which};
use crate::{ReadError, Record};

/// The lease of whoever removes old calls.
const LEASE: &str = "calls";
/// What marks a `Task` as a call that answered otherwise.
const CODE: &str = "replay-diverged";
/// The account under which hosts make calls again.
const ACCOUNT: &str = "replay";
/// Differences that a task shows.
const SHOWN: usize = 5;

/// How far this host has come with the calls of each departmental, by their leaves.
#[derive(Debug, Default)]
pub(crate) struct Looked(HashMap<DepartmentalId, i64>);

impl Record {
    /// Looks after the calls that are kept, again and again.
    pub(crate) async fn keep_calls(&self) {
        let mut looked = Looked::default();
        loop {
            tokio::time::sleep(Duration::from_millis(CALLS_LOOK_MS)).await;
            if let Err(error) = self.prune_calls_in_turn().await {
                tracing::warn!("old calls stay for now: {error}");
            }
            if let Err(error) = self.sample_calls(&mut looked).await {
                tracing::warn!("recent calls were not made again: {error}");
            }
        }
    }

    /// As [`Record::prune_calls`], unless another host of the same database is at it.
    async fn prune_calls_in_turn(&self) -> Result<u64, ReadError> {
        let Some(lease) = self.lease(LEASE).await? else {
            return Ok(0);
        };
        let pruned = self.prune_calls(CALLS_KEPT_MS, CALLS_KEPT_MAX);
        let pruned = self.while_held(&lease, pruned).await;
        self.let_go(LEASE).await;
        pruned.unwrap_or(Ok(0))
    }

    /// Removes the calls that are older than `for_ms` or not among the newest `keep`, and says how many.
    pub(crate) async fn prune_calls(&self, for_ms: i64, keep: u32) -> Result<u64, ReadError> {
        let before_ms = self.now_ms().saturating_sub(for_ms);
        let Some(upto) = self.store().calls_beyond(before_ms, keep).await? else {
            return Ok(0);
        };
        // Said before it is done: a call that is missing and of which nobody said so was taken out by somebody else.
        self.keep_leaf(NewLeaf {
            t: self.current_t(),
            ..NewLeaf::by(&Caller::host(), PRUNED, call_log::pruned_about(upto))
        })
        .await?;
        let mut removed = 0;
        loop {
            let some = self.store().calls_prune(upto, CALLS_PRUNED_AT_ONCE).await?;
            removed += some;
            if some < u64::from(CALLS_PRUNED_AT_ONCE) {
                tracing::info!("{removed} old calls of departmentals were removed");
                return Ok(removed);
            }
        }
    }

    /// Makes a few recent calls of each enabled departmental again at this host, those it has not looked at yet; gives
    /// those that answered otherwise, of which administrators are told.
    ///
    /// # Errors
    /// When the record cannot be read or the alarm cannot be kept. A call that cannot be made again is said in the log.
    pub(crate) async fn sample_calls(
        &self,
        looked: &mut Looked,
    ) -> Result<Vec<Replayed>, ReplayError> {
        let enabled = self.all_enablements().await?.into_iter();
        let departmentals: BTreeSet<DepartmentalId> = enabled.map(|it| it.departmental).collect();
        looked.0.retain(|id, _| departmentals.contains(id));
        let mut diverged = Vec::new();
        for departmental in departmentals {
            let after = looked.0.get(&departmental).copied().unwrap_or_default();
            let which = Which::Newest { after };
            let newest = self.store();
            let newest = newest.calls(Some(departmental.to_string()), which, CALLS_SAMPLED);
            let newest = newest.await?;
            if let Some(row) = newest.first() {
                looked.0.insert(departmental.clone(), row.n);
            }
            for row in newest {
                match self.sampled(&row).await {
                    Ok(replayed) if replayed.is_same() => {}
                    Ok(replayed) if replayed.by_load => {
                        let (call, of) = (&replayed.call, &replayed.call.departmental);
                        tracing::warn!(call = %call.id, "a call of {of} took too long, then or now");
                    }
                    Ok(replayed) => {
                        self.tell_of_divergence(&replayed).await?;
                        diverged.push(replayed);
                    }
                    Err(why @ ReplayError::Edited { .. }) => {
                        tracing::error!(call = %row.kept.id, "{why}");
                    }
                    Err(
                        why @ (ReplayError::Forbidden { .. }
                        | ReplayError::NoCall { .. }
                        | ReplayError::Unreadable { .. }
                        | ReplayError::InputNotKept { .. }
                        | ReplayError::Withdrawn { .. }
                        | ReplayError::Settings { .. }
                        | ReplayError::Library { .. }
                        | ReplayError::Read { .. }),
                    ) => {
                        tracing::warn!(call = %row.kept.id, "a call was not made again: {why}");
                    }
                }
            }
        }
        Ok(diverged)
    }

    async fn sampled(&self, row: &CallRow) -> Result<Replayed, ReplayError> {
        let known = self.known_call(row).await?;
        let release = self.release(&known.call.digest).await?;
        let reader = watcher(known.call.site.clone());
        self.make_again(&reader, known, &release).await
    }

    /// One open task for each release, however many of its calls diverge.
    async fn tell_of_divergence(&self, replayed: &Replayed) -> Result<(), ReplayError> {
        let (call, release) = (&replayed.call, &replayed.release);
        tracing::error!(
            call = %call.id,
            release.digest = %release.digest,
            differences = replayed.differences.listed.len(),
            "{} {} answered a call otherwise than before: its answers cannot be relied on; look with `palatine replay {}`",
            release.id,
            release.version,
            call.id
        );
        let identifier = format!(
            "{CODES}|{CODE}-{}",
            release.digest.as_str().trim_start_matches("sha256:")
        );
        let conditions = [
            ("identifier".to_owned(), identifier.clone()),
            ("status".to_owned(), "requested".to_owned()),
        ];
        let unreadable = |what: String| ReadError::Unreadable { what };
        let condition = Query::parse(ResourceType::TASK, &conditions)
            .map_err(|why| unreadable(why.to_string()))?;
        let now = crate::clock::rfc3339(self.now_ms());
        let resource = Resource::from_value(task(replayed, &identifier, &now))
            .map_err(|why| unreadable(why.to_string()))?;
        let change = Change::Create {
            resource,
            temporary: None,
            if_none_exist: Some(condition),
        };
        let told = self
            .commit_granted(&Caller::host(), Proposal::direct(vec![change]))
            .await;
        match told {
            Ok(_) => Ok(()),
            Err(CommitError::Store { source }) => Err(source.into()),
            // Two hosts told of it at once, or nobody can be told now: the log has it.
            Err(why) => {
                tracing::warn!("no task was made of it: {why}");
                Ok(())
            }
        }
    }
}

/// The host itself, where it makes calls of a site again.
fn watcher(site: SiteCode) -> Caller {
    Caller::authenticated(ACCOUNT.into(), "Replay".into(), Role::Operator, site)
}

fn task(replayed: &Replayed, identifier: &str, now: &str) -> Value {
    let (call, release) = (&replayed.call, &replayed.release);
    let (system, value) = identifier.split_once('|').unwrap_or(("", identifier));
    let input =
        |name: &str, value: String| json!({ "type": { "text": name }, "valueString": value });
    let mut inputs = vec![
        input("departmental", release.id.to_string()),
        input("digest", release.digest.to_string()),
        input("site", call.site.to_string()),
        input("call", call.id.clone()),
        input("commit", call.t.to_string()),
    ];
    // Where it differs, never what is there: values are a patient's.
    let listed = replayed.differences.listed.iter().take(SHOWN);
    inputs.extend(listed.map(|difference| {
        let at = if difference.at.is_empty() {
            "the answer"
        } else {
            difference.at.as_str()
        };
        let at: String = at.chars().take(200).collect();
        input("differs", format!("{}: {at}", difference.of.as_str()))
    }));
    json!({
        "resourceType": "Task",
        "identifier": [{ "system": system, "value": value }],
        "status": "requested",
        "intent": "order",
        "priority": "urgent",
        "code": { "coding": [{ "system": CODES, "code": CODE }], "text": "A departmental answers the same call differently" },
        "description": format!(
            "{} {} was asked again what it was asked in call {}, and gave another answer. Until its supplier has explained it, what it shows cannot be relied on.",
            release.manifest.name, release.version, call.id
        ),
        "authoredOn": now,
        "lastModified": now,
        "input": inputs,
    })
}
