//! Alerts about interfaces: one task when a backlog begins, ended when it is over.
//!
//! Invariant: an interface has at most one open task, whoever looks; between the two thresholds nothing changes.

use fhir::query::Query;
use fhir::resource::{Resource, ResourceType};
use serde_json::{Value, json};

use super::sender::{Health, Sender};
use crate::caller::Caller;
use crate::clock::rfc3339;
use crate::commit::CommitError;
use crate::enablement::CODES;
use crate::log::At;
use crate::proposal::{Change, Proposal};
use crate::search::Page;
use crate::{ReadError, Record, Stored, limits};

/// What marks a `Task` as an interface's backlog.
const CODE: &str = "feed-backlog";

/// Why the interfaces were not looked at.
#[derive(Debug, thiserror::Error)]
pub enum BacklogError {
    /// The record could not be read.
    #[error("the interfaces could not be looked at")]
    Read(#[from] ReadError),
    /// The alert was not kept.
    #[error("an interface's alert was not kept")]
    Commit(#[from] CommitError),
}

impl Record {
    /// Looks at every interface once: begins the alert of one that has a backlog, ends that of one that has none any longer.
    /// Gives how many alerts began and ended.
    ///
    /// # Errors
    /// [`BacklogError`].
    pub async fn watch_backlogs(&self) -> Result<(usize, usize), BacklogError> {
        let senders = self.senders(None).await.map_err(ReadError::from)?;
        let (mut began, mut ended) = (0, 0);
        for sender in senders {
            let open = self.backlog_task(&sender).await?;
            match (sender.health, open) {
                (Health::Backlog, None) => {
                    self.tell(&sender).await?;
                    began += 1;
                }
                (Health::Well | Health::Waiting | Health::Quiet, Some(task))
                    if sender.waiting() <= limits::BACKLOG_OVER_MESSAGES =>
                {
                    self.all_clear(&sender, &task).await?;
                    ended += 1;
                }
                (Health::Backlog, Some(_))
                | (Health::Well | Health::Waiting | Health::Quiet, Some(_) | None) => {}
            }
        }
        Ok((began, ended))
    }

    async fn backlog_task(&self, sender: &Sender) -> Result<Option<Stored>, ReadError> {
        let page = Page::First(At::Now);
        let query = open_task(sender)?;
        // Most interfaces have none: that is looked up without a leaf of its own.
        let found = self.matching(&query, self.current_t(), 1).await?;
        if found.is_empty() {
            return Ok(None);
        }
        let found = self.search(&Caller::host(), &query, &page).await?;
        Ok(found.matches.into_iter().next())
    }

    async fn tell(&self, sender: &Sender) -> Result<(), BacklogError> {
        let since = sender.oldest.as_ref().map_or("", |(_, at)| at.as_str());
        tracing::warn!(
            site = %sender.site,
            waiting = sender.waiting(),
            "an interface has a backlog: {} messages of {} wait, the oldest since {since}",
            sender.waiting(),
            sender.source
        );
        let resource = made(task(sender, &rfc3339(self.now_ms())))?;
        let change = Change::Create {
            resource,
            temporary: None,
            if_none_exist: Some(open_task(sender)?),
        };
        self.commit_granted(&Caller::host(), Proposal::direct(vec![change]))
            .await?;
        Ok(())
    }

    async fn all_clear(&self, sender: &Sender, stored: &Stored) -> Result<(), BacklogError> {
        tracing::info!(site = %sender.site, "the backlog of {} is over", sender.source);
        let text = stored.body.as_deref().unwrap_or("null");
        let mut task: Value = serde_json::from_str(text).map_err(|why| unreadable(&why))?;
        task["status"] = json!("completed");
        task["lastModified"] = json!(rfc3339(self.now_ms()));
        let change = Change::Update {
            key: stored.key.clone(),
            resource: made(task)?,
            seen: Some(stored.version),
            temporary: None,
        };
        self.commit_granted(&Caller::host(), Proposal::direct(vec![change]))
            .await?;
        Ok(())
    }
}

/// The name of an interface's alerts.
fn name(sender: &Sender) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let source: String = sender.source.chars().map(plain).take(100).collect();
    format!("{CODE}-{}-{source}", sender.site)
}

fn open_task(sender: &Sender) -> Result<Query, ReadError> {
    let pairs = [
        ("identifier".to_owned(), format!("{CODES}|{}", name(sender))),
        ("status".to_owned(), "requested".to_owned()),
    ];
    Query::parse(ResourceType::TASK, &pairs).map_err(|why| unreadable(&why))
}

fn made(task: Value) -> Result<Resource, ReadError> {
    Resource::from_value(task).map_err(|why| unreadable(&why))
}

fn unreadable(why: &dyn std::fmt::Display) -> ReadError {
    ReadError::Unreadable {
        what: why.to_string(),
    }
}

fn task(sender: &Sender, now: &str) -> Value {
    let input =
        |name: &str, value: String| json!({ "type": { "text": name }, "valueString": value });
    let since = sender.oldest.as_ref().map_or("", |(_, at)| at.as_str());
    json!({
        "resourceType": "Task",
        "identifier": [{ "system": CODES, "value": name(sender) }],
        "groupIdentifier": { "system": CODES, "value": format!("{CODE}-{}", sender.site) },
        "status": "requested",
        "intent": "order",
        "priority": "urgent",
        "code": { "coding": [{ "system": CODES, "code": CODE }], "text": "Messages of an interface wait" },
        "description": format!(
            "{} messages of {} wait to be filed, the oldest since {since}. What they say is not in the record yet.",
            sender.waiting(), sender.source
        ),
        "authoredOn": now,
        "lastModified": now,
        "input": [
            input("site", sender.site.clone()),
            input("sender", sender.source.clone()),
            input("parked", sender.parked.to_string()),
            input("held", sender.held.to_string()),
            input("awaiting", sender.awaiting.to_string()),
        ],
    })
}
