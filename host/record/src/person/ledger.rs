//! Which versions of a resource identity events wrote, and what a resource is once one of those events is undone.
//!
//! Invariant: what somebody wrote is never computed anew; only what merges did to it is left out or done again.

use std::collections::HashMap;
use std::sync::Arc;

use fhir::resource::Key;
use serde_json::Value;

use super::errand::{Act, Identity, Side};
use super::{PersonError, rewrite};
use crate::Record;
use crate::store::row::VersionRow;

/// What is known of commits so far, as of one commit.
pub(super) struct Ledger<'r> {
    record: &'r Record,
    t: i64,
    identities: HashMap<i64, Option<Identity>>,
    effective: HashMap<i64, bool>,
}

/// All versions of one resource, in order.
pub(super) struct Past {
    pub(super) versions: Vec<VersionRow>,
}

impl Past {
    /// The version that stood at commit `t`.
    pub(super) fn at(&self, t: i64) -> Option<&VersionRow> {
        self.versions.iter().rev().find(|row| row.t <= t)
    }

    /// The version that stands.
    pub(super) fn last(&self) -> Option<&VersionRow> {
        self.versions.last()
    }

    fn until(&self, t: i64) -> &[VersionRow] {
        let end = self.versions.partition_point(|row| row.t <= t);
        &self.versions[..end]
    }
}

/// The JSON of a version; null for a deletion.
pub(super) fn body(row: &VersionRow) -> Value {
    let parsed = row.body.as_deref().map(serde_json::from_str);
    parsed.and_then(Result::ok).unwrap_or_default()
}

impl<'r> Ledger<'r> {
    pub(super) fn as_of(record: &'r Record, t: i64) -> Self {
        Self {
            record,
            t,
            identities: HashMap::new(),
            effective: HashMap::new(),
        }
    }

    /// The identity event that commit `t` is, if it is one.
    pub(super) async fn identity(&mut self, t: i64) -> Result<Option<Identity>, PersonError> {
        if let Some(known) = self.identities.get(&t) {
            return Ok(known.clone());
        }
        let found = self.record.store().commits_after(t - 1, 1).await?;
        let commit = found.first().filter(|(commit, _)| commit.t == t);
        let identity = commit.and_then(|(commit, _)| Identity::read(&commit.basis));
        self.identities.insert(t, identity.clone());
        Ok(identity)
    }

    /// Whether a merge still holds: who was merged away has no version after it.
    async fn holds(&mut self, merge: &Identity, merge_t: i64) -> Result<bool, PersonError> {
        if let Some(known) = self.effective.get(&merge_t) {
            return Ok(*known);
        }
        let source = std::slice::from_ref(&merge.source);
        let rows = self.record.standing_of(source, self.t).await?;
        let holds = rows
            .first()
            .and_then(Option::as_ref)
            .is_some_and(|row| row.t == merge_t);
        self.effective.insert(merge_t, holds);
        Ok(holds)
    }

    /// The place of the last of these versions that somebody wrote, or decided upon, rather than a merge made.
    pub(super) async fn base(&mut self, versions: &[VersionRow]) -> Result<usize, PersonError> {
        let mut base = 0;
        for (at, row) in versions.iter().enumerate().rev() {
            if at == 0 || self.identity(row.t).await?.is_none() {
                base = at;
                break;
            }
        }
        for (at, row) in versions.iter().enumerate().skip(base + 1) {
            let undoes = self.identity(row.t).await?.and_then(|it| it.undoes);
            let of_base = versions.get(base).map_or(0, |row| row.t);
            if undoes.is_some_and(|t| of_base > i64::try_from(t.0).unwrap_or(i64::MAX)) {
                base = at;
            }
        }
        Ok(base)
    }

    /// What a resource was at commit `until` once the merge of commit `undone` is left out, with every other merge that
    /// still holds. Null where nobody had written it by then.
    pub(super) async fn but_for(
        &mut self,
        past: &Past,
        (until, undone): (i64, i64),
    ) -> Result<Value, PersonError> {
        let versions = past.until(until);
        if versions.is_empty() {
            return Ok(Value::Null);
        }
        let base = self.base(versions).await?;
        let rest = versions.get(base + 1..).unwrap_or_default();
        let start = versions.get(base).map(body).unwrap_or_default();
        self.with_merges(start, rest, undone).await
    }

    /// A body with what these versions' merges do to it that still hold, but for one.
    pub(super) async fn with_merges(
        &mut self,
        start: Value,
        versions: &[VersionRow],
        undone: i64,
    ) -> Result<Value, PersonError> {
        let mut now = start;
        for row in versions.iter().filter(|row| row.t != undone) {
            let Some(identity) = self.identity(row.t).await? else {
                continue;
            };
            if identity.act != Act::Merge || !self.holds(&identity, row.t).await? {
                continue;
            }
            now = match row.key == identity.target {
                true => {
                    let other = self.before(&identity.source, row.t).await?;
                    rewrite::merged_into(now, &identity.source, &other, identity.stands)
                }
                false => {
                    rewrite::refer(&mut now, &identity.source.id, &identity.target.id);
                    now
                }
            };
        }
        Ok(now)
    }

    /// A resource as it was just before commit `t`.
    pub(super) async fn before(&mut self, key: &Key, t: i64) -> Result<Value, PersonError> {
        let rows = self.record.standing_of_past(key, t - 1).await?;
        Ok(rows.as_deref().map(body).unwrap_or_default())
    }

    /// The sides of an event to whose compartments these numbers belong are told by the caller; all versions of resources.
    pub(super) async fn pasts(&self, numbers: &[i64]) -> Result<Vec<Past>, PersonError> {
        let mut pasts: Vec<Past> = Vec::with_capacity(numbers.len());
        for some in numbers.chunks(crate::limits::HISTORIES_AT_ONCE) {
            let rows = self.record.store().histories(some.to_vec(), self.t).await?;
            for row in rows {
                match pasts.last_mut() {
                    Some(past) if past.last().is_some_and(|last| last.r == row.r) => {
                        past.versions.push(row);
                    }
                    Some(_) | None => pasts.push(Past {
                        versions: vec![row],
                    }),
                }
            }
        }
        Ok(pasts)
    }
}

impl Record {
    /// The version of a resource that stood at an earlier commit.
    pub(super) async fn standing_of_past(
        &self,
        key: &Key,
        t: i64,
    ) -> Result<Option<Arc<VersionRow>>, PersonError> {
        let rows = self.standing_of(std::slice::from_ref(key), t).await?;
        Ok(rows.into_iter().next().flatten())
    }
}

/// What was decided of one thing, or is not yet.
pub(super) type Decision = Option<Side>;
