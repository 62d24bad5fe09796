//! Changes of the record as CloudEvents 1.0, structured, as JSON.
//!
//! Invariant: an event names what was changed and holds nothing of it: who wants to know more asks the record, which looks
//! whether they may.

use record::commit::What;
use record::log::{ChangeEntry, CommitEntry, T};
use serde_json::{Value, json};

/// Where an event stands in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Its commit.
    pub(super) t: T,
    /// When that was made: a commit of the same number in a record that was restored is another one.
    pub(super) at: String,
    /// Which of its changes.
    pub(super) index: usize,
}

impl Place {
    pub(super) fn is_after(&self, other: &Self) -> bool {
        (self.t, self.index) > (other.t, other.index)
    }

    /// The place that an event of this source says it has.
    pub(super) fn of(event: &Value, source: &str) -> Option<Self> {
        let data = event.get("data").filter(|_| event["source"] == source)?;
        Some(Self {
            t: T(data["t"].as_u64()?),
            at: event["time"].as_str()?.to_owned(),
            index: usize::try_from(data["index"].as_u64()?).ok()?,
        })
    }
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) place: Place,
    /// By which it is told from any other, also when it is sent again.
    pub(super) id: String,
    /// Under which subject it is published, behind the stream's own.
    pub(super) subject: String,
    pub(super) body: Value,
}

/// The events of a commit, in order. The record's own notes (`Basic`) are none.
pub(super) fn events(commit: &CommitEntry, source: &str) -> Vec<Event> {
    let changes = commit.changes.iter().enumerate();
    let told = changes.filter(|(_, change)| change.key.resource_type.as_str() != "Basic");
    told.filter_map(|(index, change)| event(commit, index, change, source))
        .collect()
}

fn event(commit: &CommitEntry, index: usize, change: &ChangeEntry, source: &str) -> Option<Event> {
    let what = match change.what {
        What::Created => "created",
        What::Updated => "updated",
        What::Deleted => "deleted",
        What::Existing | What::Absent => return None,
    };
    let (key, t) = (&change.key, commit.t);
    let id = format!("{t}.{index}@{}", commit.at);
    let body = json!({
        "specversion": "1.0",
        "id": id,
        "source": source,
        "type": format!("uk.nhs.palatine.resource.{what}"),
        "subject": format!("{key}/_history/{}", change.version),
        "time": commit.at,
        "datacontenttype": "application/json",
        "data": {
            "t": t.0, "index": index, "site": commit.site,
            "resourceType": key.resource_type.as_str(), "id": key.id.as_str(), "version": change.version,
        },
    });
    Some(Event {
        place: Place {
            t,
            at: commit.at.clone(),
            index,
        },
        subject: format!("{}.{}.{what}", commit.site, key.resource_type),
        id,
        body,
    })
}
