//! The undoing of a merge: what goes back as it was, and what has to be decided first.
//!
//! Invariant: every version that the merge wrote is given back, or is among what a person decides, or was decided already.

use std::collections::{BTreeMap, HashSet};

use fhir::resource::{Key, ResourceType};
use serde_json::Value;

use super::errand::{Act, Identity, Side};
use super::event::Outline;
use super::gather::{Somebody, few_enough, stays};
use super::later::{Between, Item, Later};
use super::ledger::{self, Ledger, Past};
use super::merging::change;
use super::rewrite::{self, UNDECIDED};
use super::settle::{self, Open};
use super::{PersonError, Planned, Unmerge};
use crate::audit::NewLeaf;
use crate::caller::Caller;
use crate::log::T;
use crate::matching::review::{self, Decision};
use crate::proposal::Change;
use crate::store::row::DELETED;
use crate::{Record, Stored};

/// What the undoing of a merge would do.
#[derive(Clone, Debug)]
pub struct Parting {
    /// The commit as of which it was found out.
    pub t: T,
    /// The merge.
    pub identity: Identity,
    /// Who was merged away, as they would be again.
    pub source: Stored,
    /// Who stands, as they are now.
    pub target: Stored,
    /// How many resources of each type go back as they were.
    pub going_back: BTreeMap<ResourceType, usize>,
    /// What was written since, and has to be decided.
    pub later: Vec<Later>,
}

/// What undoing comes to, as of one commit.
pub(super) struct Apart {
    pub(super) t: i64,
    pub(super) merge: Identity,
    pub(super) merge_t: i64,
    source: Somebody,
    target: Somebody,
    /// The source as they were, and the target as they were; the latter null where somebody changed them since.
    source_before: Value,
    target_before: Value,
    /// Resources that go back: key, content, version that stands.
    back: Vec<(Key, Value, u64)>,
    later: Vec<Item>,
    /// The target's own details, where somebody changed them since the merge.
    details: Option<Details>,
}

/// Later details of the person who stands.
struct Details {
    before: Value,
    other: Value,
}

impl Record {
    /// What undoing a merge would do, without doing it.
    ///
    /// # Errors
    /// What would refuse it, `Forbidden`, `NotFound`, `Read`, `Store`.
    pub async fn parting(&self, caller: &Caller, event: &Key) -> Result<Parting, PersonError> {
        super::may(caller, "undo the merge of patients' records")?;
        let apart = self.apart(event, self.current_t()).await?;
        let later: Vec<Later> = apart.all_later();
        let leaf = NewLeaf {
            t: apart.t,
            count: i64::try_from(later.len()).unwrap_or(i64::MAX),
            ..NewLeaf::by(caller, "unmerge-preview", event.to_string())
        };
        self.keep_leaf(leaf).await?;
        let mut going_back = BTreeMap::new();
        for (key, _, _) in &apart.back {
            *going_back.entry(key.resource_type).or_default() += 1;
        }
        let before = self
            .standing_of_past(&apart.merge.source, apart.merge_t - 1)
            .await?;
        let source = before.unwrap_or(apart.source.row);
        Ok(Parting {
            t: T(u64::try_from(apart.t).unwrap_or(0)),
            identity: apart.merge,
            source: Stored::of(&source),
            target: Stored::of(&apart.target.row),
            going_back,
            later,
        })
    }

    /// What undoing the merge comes to as of commit `t`.
    async fn apart(&self, event: &Key, t: i64) -> Result<Apart, PersonError> {
        let (merge, merge_t) = self.merge_of(event, t).await?;
        if let Some(t) = self.undone(&merge, merge_t, t).await? {
            return Err(PersonError::UndoneBefore { t });
        }
        let source = self.somebody(&merge.source, t).await?;
        let target = self.somebody(&merge.target, t).await?;
        if let Some(into) = rewrite::merged_to(&target.body()) {
            let who = target.key.clone();
            return Err(PersonError::MergedAlready { who, into });
        }
        let mut ledger = Ledger::as_of(self, t);
        let mut apart = Apart {
            t,
            merge_t,
            source_before: Value::Null,
            target_before: Value::Null,
            back: Vec::new(),
            later: Vec::new(),
            details: None,
            source,
            target,
            merge,
        };
        self.persons(&mut ledger, &mut apart).await?;
        let moved = self.moved(&mut ledger, &mut apart).await?;
        self.since(&mut ledger, &mut apart, &moved).await?;
        few_enough(apart.back.len() + apart.later.len())?;
        Ok(apart)
    }

    /// The two persons as they were.
    async fn persons(&self, ledger: &mut Ledger<'_>, apart: &mut Apart) -> Result<(), PersonError> {
        let (source, target, merge_t) = (apart.source.row.r, apart.target.row.r, apart.merge_t);
        for past in ledger.pasts(&[source]).await? {
            apart.source_before = ledger.but_for(&past, (i64::MAX, merge_t)).await?;
        }
        for past in ledger.pasts(&[target]).await? {
            let base = ledger.base(&past.versions).await?;
            let written = past.versions.get(base).map_or(0, |row| row.t);
            if written <= merge_t {
                apart.target_before = ledger.but_for(&past, (i64::MAX, merge_t)).await?;
                continue;
            }
            let start = past.at(merge_t - 1).map(ledger::body).unwrap_or_default();
            let since = past.versions.partition_point(|row| row.t <= merge_t);
            let rest = past.versions.get(since..).unwrap_or_default();
            apart.details = Some(Details {
                before: ledger.with_merges(start, rest, merge_t).await?,
                other: ledger.before(&apart.merge.source, merge_t).await?,
            });
        }
        Ok(())
    }

    /// What the merge moved: it goes back, unless somebody changed it since. Gives the numbers of all of it.
    async fn moved(
        &self,
        ledger: &mut Ledger<'_>,
        apart: &mut Apart,
    ) -> Result<HashSet<i64>, PersonError> {
        let commits = self.store().commits_after(apart.merge_t - 1, 1).await?;
        let versions = commits.into_iter().flat_map(|(_, versions)| versions);
        let moved: Vec<i64> = versions
            .filter(|row| !stays(row.key.resource_type))
            .map(|row| row.r)
            .collect();
        for some in moved.chunks(crate::limits::HISTORIES_AT_ONCE) {
            for past in ledger.pasts(some).await? {
                self.one_moved(ledger, apart, &past).await?;
            }
        }
        Ok(moved.into_iter().collect())
    }

    async fn one_moved(
        &self,
        ledger: &mut Ledger<'_>,
        apart: &mut Apart,
        past: &Past,
    ) -> Result<(), PersonError> {
        let Some(last) = past.last() else {
            return Ok(());
        };
        let back = match last.t == apart.merge_t {
            true => past
                .at(apart.merge_t - 1)
                .map(ledger::body)
                .unwrap_or_default(),
            false => {
                let later = ledger.later(past, &apart.between()).await?;
                if let Some(item) = later {
                    let is_open = item.is_open(&apart.merge.target.id);
                    apart.later.extend(is_open.then_some(item));
                    return Ok(());
                }
                ledger.but_for(past, (i64::MAX, apart.merge_t)).await?
            }
        };
        apart
            .back
            .push((last.key.clone(), back, last.live_version()));
        Ok(())
    }

    /// What was written since of the person who stands, and what came to refer to them.
    async fn since(
        &self,
        ledger: &mut Ledger<'_>,
        apart: &mut Apart,
        moved: &HashSet<i64>,
    ) -> Result<(), PersonError> {
        let place = apart.target.compartment();
        let own = self.all_of(&apart.target, apart.t).await?;
        let elsewhere = self.referring_to(&apart.target, apart.t).await?;
        let since = own.iter().chain(&elsewhere);
        let since: Vec<i64> = since
            .filter(|row| row.t > apart.merge_t && !moved.contains(&row.r))
            .filter(|row| !settle::is_task(row) && !review::is_review(&ledger::body(row)))
            .map(|row| row.r)
            .collect();
        for some in since.chunks(crate::limits::HISTORIES_AT_ONCE) {
            for past in ledger.pasts(some).await? {
                let Some(item) = ledger.later(&past, &apart.between()).await? else {
                    continue;
                };
                let before = past.at(apart.merge_t).filter(|row| row.what != DELETED);
                let is_own = item.row.compartment == place;
                let came = before.is_none_or(|row| {
                    row.compartment == place
                        || !rewrite::refers(&ledger::body(row), &apart.merge.target.id)
                });
                // What somebody wrote of another person, who was merged into this one since, is not this one's.
                let base = ledger.base(&past.versions).await?;
                let written_here = past
                    .versions
                    .get(base)
                    .is_some_and(|row| row.compartment == place);
                if came && (!is_own || written_here) {
                    apart.later.push(item);
                }
            }
        }
        Ok(())
    }

    /// The changes of an unmerge, as of now.
    pub(super) async fn unmerging(
        &self,
        caller: &Caller,
        wish: &Unmerge,
        reason: &str,
    ) -> Result<Planned, PersonError> {
        let apart = self.apart(&wish.event, self.current_t()).await?;
        let known: HashSet<Key> = apart.all_later().into_iter().map(|it| it.key).collect();
        if let Some(key) = wish.decisions.keys().find(|key| !known.contains(*key)) {
            return Err(PersonError::NotToDecide {
                key: (*key).clone(),
            });
        }
        let seen_t = wish
            .seen
            .map_or(i64::MAX, |t| i64::try_from(t.0).unwrap_or(i64::MAX));
        let (merge, merge_t) = (&apart.merge, apart.merge_t);
        let mut open: Vec<Key> = Vec::new();
        let mut changes = apart.of_persons(&wish.decisions, seen_t, &mut open)?;
        let pair = review::pair_of(&merge.source, &merge.target);
        for (key, body, seen) in &apart.back {
            let body = put_back(body.clone(), &pair, reason);
            changes.push(change(key, body, *seen)?);
        }
        for item in &apart.later {
            let key = &item.later.key;
            let side = wish
                .decisions
                .get(key)
                .copied()
                .filter(|_| item.row.t <= seen_t);
            if side.is_none() {
                open.push(key.clone());
            }
            let fresh = Key::new(key.resource_type, self.new_id());
            changes.extend(item.decided(merge, side, fresh)?);
        }
        let moved = changes.len().saturating_sub(2);
        let identity = Identity {
            act: Act::Unmerge,
            event: Key::new(ResourceType::PROVENANCE, self.new_id()),
            stands: None,
            undoes: Some(T(u64::try_from(merge_t).unwrap_or(0))),
            ..merge.clone()
        };
        let task = (!open.is_empty()).then(|| Key::new(ResourceType::TASK, self.new_id()));
        if let Some(task) = &task {
            let open = Open {
                task,
                merge,
                now_ms: self.now_ms(),
                items: &open,
            };
            changes.push(open.written()?);
        }
        let outline = Outline {
            caller,
            t: apart.t,
            identity,
            persons: [&apart.source, &apart.target],
            reason: Some(reason),
            evidence: None,
            message: None,
            undone: Some(&wish.event),
            task,
            moved,
        };
        self.outlined(outline, changes).await
    }
}

/// As it was. Whether the two are one person was just said, and is not asked again.
fn put_back(body: Value, pair: &str, reason: &str) -> Value {
    match review::is_of(&body, pair) {
        true => review::answered(body, Decision::Different, reason),
        false => body,
    }
}

impl Apart {
    fn between(&self) -> Between {
        Between {
            merge_t: self.merge_t,
            source_at: self.source.compartment(),
            target_at: self.target.compartment(),
        }
    }

    /// What has to be decided, the target's own details first.
    fn all_later(&self) -> Vec<Later> {
        let details = self.details.as_ref().map(|_| Later {
            key: self.target.key.clone(),
            was: super::Was::OfTarget,
            now: Stored::of(&self.target.row),
        });
        let items = self.later.iter().map(|item| item.later.clone());
        details.into_iter().chain(items).collect()
    }

    /// The changes of the two persons themselves, the source's first.
    fn of_persons(
        &self,
        decisions: &BTreeMap<Key, Side>,
        seen_t: i64,
        open: &mut Vec<Key>,
    ) -> Result<Vec<Change>, PersonError> {
        let (source, target) = (&self.source, &self.target);
        let mut one = self.source_before.clone();
        let other = match &self.details {
            None => self.target_before.clone(),
            Some(details) => {
                let key = &target.key;
                let side = decisions
                    .get(key)
                    .copied()
                    .filter(|_| target.row.t <= seen_t);
                let now = target.body();
                match side {
                    Some(Side::Target) => {
                        rewrite::without(now, &details.before, &source.key, &details.other)
                    }
                    Some(Side::Source) => {
                        one = rewrite::with_details(one, &now);
                        details.before.clone()
                    }
                    None => {
                        open.push(key.clone());
                        let mut now =
                            rewrite::without(now, &details.before, &source.key, &details.other);
                        rewrite::put_mark(
                            &mut now,
                            UNDECIDED,
                            "changed while two records were one; whose details they are has to be said",
                        );
                        now
                    }
                }
            }
        };
        Ok(vec![
            change(&source.key, one, source.version())?,
            change(&target.key, other, target.version())?,
        ])
    }
}
