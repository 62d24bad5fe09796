//! An identity event as evidence: the Provenance that says what moved from which version, who did it, when, why, and on
//! what evidence; and the events of a chart.
//!
//! Invariant: an event is what the log says is one; a Provenance that somebody merely wrote like it is none.

use fhir::query::Query;
use fhir::resource::{Key, ResourceType};
use serde_json::{Value, json};

use super::errand::{Act, Errand, Identity};
use super::gather::Somebody;
use super::ledger::{self, Ledger};
use super::merging::change;
use super::rewrite::IDENTITY;
use super::{PersonError, Planned, Told};
use crate::audit::NewLeaf;
use crate::caller::{Caller, SiteCode};
use crate::clock::rfc3339;
use crate::commit::provenance::{ACCOUNT, MESSAGE};
use crate::log::T;
use crate::permission::{self, Action};
use crate::proposal::Change;
use crate::store::row::VersionRow;
use crate::{ReadError, Record, limits};

const LIFECYCLE: &str = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle";

/// What an event is written from, beside its changes.
pub(super) struct Outline<'a> {
    pub(super) caller: &'a Caller,
    /// As of which commit it was planned.
    pub(super) t: i64,
    pub(super) identity: Identity,
    /// The source, then the target, as they stood.
    pub(super) persons: [&'a Somebody; 2],
    pub(super) reason: Option<&'a str>,
    pub(super) evidence: Option<String>,
    pub(super) message: Option<&'a Told>,
    /// The merge that is undone.
    pub(super) undone: Option<&'a Key>,
    /// What it leaves to be decided.
    pub(super) task: Option<Key>,
    pub(super) moved: usize,
}

/// One identity event of a chart.
#[derive(Clone, Debug)]
pub struct Event {
    /// What the log says of it.
    pub identity: Identity,
    /// Its commit.
    pub t: T,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// Who did it, as others read it.
    pub by: String,
    /// For which site.
    pub site: String,
    /// Why.
    pub reason: String,
    /// On what evidence.
    pub evidence: Option<String>,
    /// How many resources it wrote, the two persons and the event itself not counted.
    pub moved: usize,
    /// The commit that undid it, if one did.
    pub undone: Option<T>,
    /// The Task that it left for a person, if it left one.
    pub task: Option<Key>,
}

impl Outline<'_> {
    /// The Provenance of an event that makes these changes.
    fn provenance(&self, now_ms: i64, changes: &[Change]) -> Result<Change, PersonError> {
        let (identity, caller) = (&self.identity, self.caller);
        let targets: Vec<Value> = changes.iter().filter_map(target).collect();
        let (code, words) = match identity.act {
            Act::Merge => ("merge", "two records of one person became one"),
            Act::Unmerge => ("unmerge", "a merge was undone"),
            Act::Settle => (
                "unmerge",
                "said whose something is that was written while two records were one",
            ),
        };
        let mut value = json!({
            "resourceType": "Provenance",
            "id": identity.event.id.as_str(),
            "meta": { "tag": [{ "system": IDENTITY, "code": identity.act.as_str() }] },
            "target": targets,
            "recorded": rfc3339(now_ms),
            "activity": { "coding": [{ "system": LIFECYCLE, "code": code }], "text": words },
            "agent": [{
                "who": { "identifier": { "system": ACCOUNT, "value": caller.account() }, "display": caller.name() },
                "onBehalfOf": { "identifier": { "system": SiteCode::SYSTEM, "value": caller.site().as_str() } }
            }],
            "entity": self.entities()
        });
        if let Some(reason) = self.reason {
            value["reason"] = json!([{ "text": reason }]);
        }
        change(&identity.event, value, 0)
    }

    /// The versions before, the merge that is undone, the message and the evidence.
    fn entities(&self) -> Vec<Value> {
        let before = self.persons.map(|person| {
            let version = format!("{}/_history/{}", person.key, person.version());
            json!({ "role": "revision", "what": { "reference": version } })
        });
        let undone = self.undone.map(
            |undone| json!({ "role": "removal", "what": { "reference": undone.to_string() } }),
        );
        let source = |what: Value| json!({ "role": "source", "what": what });
        let message = self.message.map(|told| {
            let value = format!("{}|{}", told.source, told.control_id);
            source(json!({ "identifier": { "system": MESSAGE, "value": value }, "display": "message" }))
        });
        let evidence = self.evidence.as_ref().map(|evidence| {
            source(json!({ "identifier": { "system": IDENTITY, "value": "evidence" }, "display": evidence }))
        });
        let rest = undone.into_iter().chain(message).chain(evidence);
        before.into_iter().chain(rest).collect()
    }
}

/// The version that a change will have written.
fn target(change: &Change) -> Option<Value> {
    let Change::Update { key, seen, .. } = change else {
        return None;
    };
    // What begins, or begins again, is named without its version.
    let reference = match seen.unwrap_or(0) {
        0 => key.to_string(),
        seen => format!("{key}/_history/{}", seen + 1),
    };
    Some(json!({ "reference": reference }))
}

impl Record {
    /// The event with its Provenance, and what it rests on.
    pub(super) async fn outlined(
        &self,
        outline: Outline<'_>,
        mut changes: Vec<Change>,
    ) -> Result<Planned, PersonError> {
        changes.push(outline.provenance(self.now_ms(), &changes)?);
        let mut rests_on = Vec::new();
        for person in outline.persons {
            rests_on.extend(self.marks_of(person, outline.t).await?);
        }
        let message = outline.message;
        let message = message.map(|told| (told.source.clone(), told.control_id.clone()));
        Ok(Planned {
            errand: Errand {
                identity: outline.identity,
                t: outline.t,
                rests_on,
                message,
            },
            changes,
            moved: outline.moved,
            task: outline.task,
        })
    }

    /// The identity events of a person, the newest first, at most `limits::IDENTITY_STEPS_MAX`.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, `Read`, `Store`.
    pub async fn identity_events(
        &self,
        caller: &Caller,
        person: &Key,
    ) -> Result<Vec<Event>, PersonError> {
        for of in ["Patient", "Provenance"] {
            permission::check(caller, Action::Read, of).map_err(|refusal| {
                PersonError::Forbidden {
                    account: caller.account().to_owned(),
                    what: refusal.to_string(),
                }
            })?;
        }
        let t = self.current_t();
        let mut ledger = Ledger::as_of(self, t);
        let mut events = Vec::new();
        for row in self.events_rows(person, t).await? {
            if let Some(identity) = ledger.identity(row.t).await?
                && identity.event == row.key
            {
                events.push(self.event_of(&row, identity, t).await?);
            }
        }
        let leaf = NewLeaf {
            t,
            count: i64::try_from(events.len()).unwrap_or(i64::MAX),
            ..NewLeaf::by(caller, "identity-events", person.to_string())
        };
        self.keep_leaf(leaf).await?;
        Ok(events)
    }

    async fn events_rows(&self, person: &Key, t: i64) -> Result<Vec<VersionRow>, PersonError> {
        let pairs = [
            ("target".to_owned(), person.to_string()),
            ("_tag".to_owned(), format!("{IDENTITY}|")),
        ];
        let query = Query::parse(ResourceType::PROVENANCE, &pairs);
        let query = query.map_err(|why| ReadError::Unreadable {
            what: why.to_string(),
        })?;
        let most = u32::try_from(limits::IDENTITY_STEPS_MAX).unwrap_or(u32::MAX);
        let mut rows = self.matching(&query, t, most).await?;
        rows.sort_unstable_by_key(|row| std::cmp::Reverse(row.t));
        Ok(rows.iter().map(|row| (**row).clone()).collect())
    }

    async fn event_of(
        &self,
        row: &VersionRow,
        identity: Identity,
        t: i64,
    ) -> Result<Event, PersonError> {
        let body = ledger::body(row);
        let text = |path: &str| fhir::resource::text_in(&body, path).map(str::to_owned);
        let targets = body.get("target").and_then(Value::as_array);
        let targets = || targets.into_iter().flatten();
        let refers = |it: &Value| Some(it.get("reference")?.as_str()?.to_owned());
        let task = match identity.act {
            Act::Unmerge => self.left_by(targets().filter_map(refers), t).await?,
            Act::Merge | Act::Settle => None,
        };
        let undone = match identity.act {
            Act::Merge => self.undone(&identity, row.t, t).await?,
            Act::Unmerge | Act::Settle => None,
        };
        let entities = body.get("entity").and_then(Value::as_array);
        let evidence = entities.into_iter().flatten().find_map(|entity| {
            let what = entity.get("what")?;
            let of = what.get("identifier")?.get("value")?.as_str()?;
            (of == "evidence").then(|| what.get("display")?.as_str().map(str::to_owned))?
        });
        Ok(Event {
            t: T(u64::try_from(row.t).unwrap_or(0)),
            at: rfc3339(row.at_ms),
            by: text("agent.who.display").unwrap_or_default(),
            site: text("agent.onBehalfOf.identifier.value").unwrap_or_default(),
            reason: text("reason.text").unwrap_or_default(),
            evidence,
            moved: targets().count().saturating_sub(2),
            undone,
            task,
            identity,
        })
    }

    /// The task that an undoing left: it is written last, and other tasks go back with their person.
    async fn left_by(
        &self,
        targets: impl Iterator<Item = String>,
        t: i64,
    ) -> Result<Option<Key>, PersonError> {
        let tasks = targets.filter(|it| it.starts_with("Task/"));
        let last = tasks.last();
        let key: Option<Key> = last.and_then(|it| it.split("/_history/").next()?.parse().ok());
        let Some(key) = key else {
            return Ok(None);
        };
        let row = self.standing_of_past(&key, t).await?;
        Ok(row
            .is_some_and(|row| super::settle::is_task(&row))
            .then_some(key))
    }

    /// The commit that undid a merge: who was merged away has a version after it.
    pub(super) async fn undone(
        &self,
        merge: &Identity,
        merge_t: i64,
        t: i64,
    ) -> Result<Option<T>, PersonError> {
        let source = self.somebody(&merge.source, t).await?;
        if source.row.t == merge_t {
            return Ok(None);
        }
        let pasts = Ledger::as_of(self, t).pasts(&[source.row.r]).await?;
        let versions = pasts.first().map(|past| past.versions.as_slice());
        let after = versions
            .unwrap_or_default()
            .iter()
            .find(|row| row.t > merge_t);
        Ok(after.map(|row| T(u64::try_from(row.t).unwrap_or(0))))
    }

    /// The merge that a Provenance says, and the commit that made it.
    pub(super) async fn merge_of(
        &self,
        event: &Key,
        t: i64,
    ) -> Result<(Identity, i64), PersonError> {
        let not = || PersonError::NotAMerge {
            event: event.clone(),
        };
        if event.resource_type != ResourceType::PROVENANCE {
            return Err(not());
        }
        let row = self.standing_of_past(event, t).await?;
        let row = row.ok_or_else(|| PersonError::NotFound {
            what: event.to_string(),
        })?;
        // An operator may have mended the words of the event; the first version is the event's own commit.
        let first = self
            .version_of(event, 1, t)
            .await?
            .map_or(row.t, |first| first.t);
        let identity = Ledger::as_of(self, t)
            .identity(first)
            .await?
            .ok_or_else(not)?;
        match identity.act {
            Act::Merge if identity.event == *event => Ok((identity, first)),
            Act::Merge | Act::Unmerge | Act::Settle => Err(not()),
        }
    }
}
