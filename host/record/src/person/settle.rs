//! What an unmerge left undecided: the Task that lists it, and giving each thing to whom it belongs.
//!
//! Invariant: a thing is decided once; the Task is completed when all are, and not before.

use std::collections::BTreeSet;

use fhir::resource::{Key, ResourceType};
use serde_json::{Value, json};

use super::errand::{Act, Identity, Side};
use super::event::Outline;
use super::gather::Somebody;
use super::later::Between;
use super::ledger::{self, Ledger};
use super::merging::change;
use super::rewrite::{self, IDENTITY, UNDECIDED};
use super::{Later, PersonError, Planned, Settle, Was};
use crate::audit::NewLeaf;
use crate::caller::Caller;
use crate::clock::rfc3339;
use crate::log::T;
use crate::proposal::Change;
use crate::store::row::VersionRow;
use crate::{Record, Stored};

/// The code of the Task.
const CODE: &str = "settle";

/// What is to be listed.
pub(super) struct Open<'a> {
    pub(super) task: &'a Key,
    pub(super) merge: &'a Identity,
    pub(super) now_ms: i64,
    pub(super) items: &'a [Key],
}

impl Open<'_> {
    /// The Task.
    pub(super) fn written(&self) -> Result<Change, PersonError> {
        let input = self.items.iter().map(|key| {
            json!({ "type": { "text": "whose is it" }, "valueReference": { "reference": key.to_string() } })
        });
        let input: Vec<Value> = input.collect();
        let task = json!({
            "resourceType": "Task",
            "id": self.task.id.as_str(),
            "status": "requested",
            "intent": "order",
            "code": {
                "coding": [{ "system": IDENTITY, "code": CODE }],
                "text": "Say whose these are: they were written while two records were one"
            },
            "focus": { "reference": self.merge.event.to_string() },
            "for": { "reference": self.merge.target.to_string() },
            "authoredOn": rfc3339(self.now_ms),
            "input": input
        });
        change(self.task, task, 0)
    }
}

/// Whether a resource is such a Task.
pub(super) fn is_task(row: &VersionRow) -> bool {
    row.key.resource_type == ResourceType::TASK && coded(&ledger::body(row))
}

fn coded(task: &Value) -> bool {
    let coding = task.get("code").and_then(|code| code.get("coding"));
    let coding = coding.and_then(Value::as_array);
    coding.into_iter().flatten().any(|coding| {
        let text = |name: &str| coding.get(name).and_then(Value::as_str);
        text("system") == Some(IDENTITY) && text("code") == Some(CODE)
    })
}

/// A Task as far as it matters here.
struct Listed {
    body: Value,
    version: u64,
    event: Key,
    pending: BTreeSet<Key>,
}

impl Listed {
    fn read(row: &VersionRow) -> Option<Self> {
        let body = ledger::body(row);
        let references = |name: &str| -> BTreeSet<Key> {
            let items = body.get(name).and_then(Value::as_array);
            let items = items.into_iter().flatten();
            let key = |it: &Value| {
                it.get("valueReference")?
                    .get("reference")?
                    .as_str()?
                    .parse()
                    .ok()
            };
            items.filter_map(key).collect()
        };
        let event = body
            .get("focus")?
            .get("reference")?
            .as_str()?
            .parse()
            .ok()?;
        let decided = references("output");
        let pending = references("input").difference(&decided).cloned().collect();
        coded(&body).then(|| Self {
            version: row.live_version(),
            event,
            pending,
            body,
        })
    }

    /// The Task with what is decided now.
    fn decided(&self, key: &Key, wish: &Settle) -> Result<Change, PersonError> {
        let mut body = self.body.clone();
        let mut output = body
            .get("output")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        output.extend(wish.decisions.iter().map(|(key, side)| {
            json!({ "type": { "text": side.as_str() }, "valueReference": { "reference": key.to_string() } })
        }));
        let all = wish.decisions.len() >= self.pending.len();
        body["output"] = Value::Array(output);
        body["status"] = json!(if all { "completed" } else { "in-progress" });
        change(key, body, self.version)
    }
}

/// What is being decided between whom.
struct Deciding<'a> {
    merge: &'a Identity,
    source: &'a Somebody,
    target: &'a Somebody,
    merge_t: i64,
}

impl Record {
    /// What a Task of an unmerge still has to be told, with the persons it is between.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, `Read`, `Store`.
    pub async fn unsettled(
        &self,
        caller: &Caller,
        task: &Key,
    ) -> Result<(Identity, Vec<Later>), PersonError> {
        super::may(caller, "decide whose something is")?;
        let t = self.current_t();
        let listed = self.task_listed(task, t).await?;
        let (merge, merge_t) = self.merge_of(&listed.event, t).await?;
        let source = self.somebody(&merge.source, t).await?;
        let target = self.somebody(&merge.target, t).await?;
        let deciding = Deciding {
            merge: &merge,
            source: &source,
            target: &target,
            merge_t,
        };
        let mut ledger = Ledger::as_of(self, t);
        let mut later = Vec::new();
        for key in &listed.pending {
            later.push(self.one_later(&mut ledger, &deciding, key).await?);
        }
        let leaf = NewLeaf {
            t,
            count: i64::try_from(later.len()).unwrap_or(i64::MAX),
            ..NewLeaf::by(caller, "unsettled", task.to_string())
        };
        self.keep_leaf(leaf).await?;
        Ok((merge, later))
    }

    async fn one_later(
        &self,
        ledger: &mut Ledger<'_>,
        deciding: &Deciding<'_>,
        key: &Key,
    ) -> Result<Later, PersonError> {
        let row = self.standing_of_past(key, i64::MAX).await?;
        let row = row.ok_or_else(|| PersonError::NotFound {
            what: key.to_string(),
        })?;
        for past in ledger.pasts(&[row.r]).await? {
            if let Some(item) = ledger.later(&past, &deciding.between()).await? {
                return Ok(item.later);
            }
        }
        Ok(Later {
            key: key.clone(),
            was: Was::Elsewhere,
            now: Stored::of(&row),
        })
    }

    async fn task_listed(&self, task: &Key, t: i64) -> Result<Listed, PersonError> {
        let row = self.standing_of_past(task, t).await?;
        let listed = row.as_deref().and_then(Listed::read);
        listed.ok_or_else(|| PersonError::NotFound {
            what: format!("{task} that asks whose something is"),
        })
    }

    /// The changes of a decision, as of now.
    pub(super) async fn settling(
        &self,
        caller: &Caller,
        wish: &Settle,
        reason: Option<&str>,
    ) -> Result<Planned, PersonError> {
        let t = self.current_t();
        let listed = self.task_listed(&wish.task, t).await?;
        let strange = wish
            .decisions
            .keys()
            .find(|key| !listed.pending.contains(*key));
        if let Some(key) = strange {
            return Err(PersonError::NotToDecide { key: key.clone() });
        }
        let (merge, merge_t) = self.merge_of(&listed.event, t).await?;
        let source = self.somebody(&merge.source, t).await?;
        let target = self.somebody(&merge.target, t).await?;
        for one in [&source, &target] {
            if let Some(into) = rewrite::merged_to(&one.body()) {
                let who = one.key.clone();
                return Err(PersonError::MergedAlready { who, into });
            }
        }
        let deciding = Deciding {
            merge: &merge,
            source: &source,
            target: &target,
            merge_t,
        };
        let mut ledger = Ledger::as_of(self, t);
        let mut changes = Vec::new();
        for (key, side) in &wish.decisions {
            changes.extend(self.decision(&mut ledger, &deciding, (key, *side)).await?);
        }
        let moved = changes.len();
        changes.push(listed.decided(&wish.task, wish)?);
        let identity = Identity {
            act: Act::Settle,
            event: Key::new(ResourceType::PROVENANCE, self.new_id()),
            stands: None,
            undoes: Some(T(u64::try_from(merge_t).unwrap_or(0))),
            ..merge.clone()
        };
        let is_left = wish.decisions.len() < listed.pending.len();
        let outline = Outline {
            caller,
            t,
            identity,
            persons: [&source, &target],
            reason,
            evidence: None,
            message: None,
            undone: Some(&merge.event),
            task: is_left.then(|| wish.task.clone()),
            moved,
        };
        self.outlined(outline, changes).await
    }

    async fn decision(
        &self,
        ledger: &mut Ledger<'_>,
        deciding: &Deciding<'_>,
        (key, side): (&Key, Side),
    ) -> Result<Vec<Change>, PersonError> {
        if *key == deciding.target.key {
            return self.details(ledger, deciding, side).await;
        }
        let numbers: Vec<i64> = self
            .numbers_of(std::slice::from_ref(key))
            .await?
            .into_iter()
            .flatten()
            .collect();
        for past in ledger.pasts(&numbers).await? {
            if let Some(item) = ledger.later(&past, &deciding.between()).await? {
                let fresh = Key::new(key.resource_type, self.new_id());
                return item.decided(deciding.merge, Some(side), fresh);
            }
        }
        Ok(Vec::new())
    }

    /// Whose the later details of the person who stood are.
    async fn details(
        &self,
        ledger: &mut Ledger<'_>,
        deciding: &Deciding<'_>,
        side: Side,
    ) -> Result<Vec<Change>, PersonError> {
        let Deciding {
            source,
            target,
            merge_t,
            ..
        } = deciding;
        let mut now = target.body();
        rewrite::take_mark(&mut now, UNDECIDED);
        match side {
            Side::Target => Ok(vec![change(&target.key, now, target.version())?]),
            Side::Source => {
                let pasts = ledger.pasts(&[target.row.r]).await?;
                let past = pasts.first();
                let start = past.and_then(|past| past.at(merge_t - 1));
                let start = start.map(ledger::body).unwrap_or_default();
                let rest = past
                    .map(|past| past.versions.as_slice())
                    .unwrap_or_default();
                let since = rest.partition_point(|row| row.t <= *merge_t);
                let rest = rest.get(since..).unwrap_or_default();
                let before = ledger.with_merges(start, rest, *merge_t).await?;
                let one = rewrite::with_details(source.body(), &now);
                Ok(vec![
                    change(&source.key, one, source.version())?,
                    change(&target.key, before, target.version())?,
                ])
            }
        }
    }
}

impl Deciding<'_> {
    fn between(&self) -> Between {
        Between {
            merge_t: self.merge_t,
            source_at: self.source.compartment(),
            target_at: self.target.compartment(),
        }
    }
}
