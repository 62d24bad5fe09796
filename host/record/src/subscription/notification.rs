//! What a receiver is told, as the R5 Backport guide writes it for R4: a Bundle whose first entry says how things stand.
//!
//! Invariant: what an event is about was read for the subscription's author when it was told, and its audit leaf is kept
//! before the notification leaves; an event that may not be told keeps its number and says nothing else.

use std::sync::Arc;

use fhir::resource::{Key, Resource};
use futures_util::future::try_join_all;
use serde_json::{Value, json};

use super::asked::{Asked, Content, GUIDE, Status};
use super::catalogue::is_restricted;
use crate::audit::NewLeaf;
use crate::caller::Caller;
use crate::clock::rfc3339;
use crate::limits::NOTIFICATION_BYTES_MAX;
use crate::permission::{self, Action};
use crate::store::row::{CREATED, DELETED, VersionRow};
use crate::store::subscription::EventRow;
use crate::{ReadError, Record};

/// Why a notification is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// To hear of the receiver for the first time.
    Handshake,
    /// To say that all is well while nothing happens.
    Heartbeat,
    /// Something happened.
    Events,
    /// Somebody asked how things stand.
    AskedForStatus,
    /// Somebody asked for events again.
    AskedForEvents,
}

impl Occasion {
    fn as_str(self) -> &'static str {
        match self {
            Self::Handshake => "handshake",
            Self::Heartbeat => "heartbeat",
            Self::Events => "event-notification",
            Self::AskedForStatus => "query-status",
            Self::AskedForEvents => "query-event",
        }
    }
}

/// An event with what may be told of it.
pub(crate) struct Told {
    pub(crate) row: EventRow,
    pub(crate) focus: Focus,
}

/// What may be told of an event.
pub(crate) enum Focus {
    /// Nothing: nobody asked, or nobody may know.
    Nothing,
    /// Which resource.
    Named,
    /// The resource as the change left it.
    Whole(Arc<str>),
}

/// How a subscription stands.
pub(crate) struct Standing<'a> {
    pub(crate) asked: &'a Asked,
    pub(crate) status: Status,
    /// The number of its last event.
    pub(crate) last: i64,
    /// What is wrong, if something is.
    pub(crate) error: Option<&'a str>,
    /// Where the API is reached, without a slash at its end.
    pub(crate) base: &'a str,
}

impl Standing<'_> {
    /// The whole notification.
    pub(crate) fn bundle(
        &self,
        occasion: Occasion,
        events: &[Told],
        now_ms: i64,
        id: &str,
    ) -> Value {
        let Self { asked, base, .. } = self;
        let status = json!({
            "fullUrl": format!("urn:uuid:{id}"),
            "resource": self.parameters(occasion, events, id),
            "request": { "method": "GET", "url": format!("{base}/{}/$status", asked.key) },
            "response": { "status": "200" },
        });
        let with_focus = events.iter().filter_map(|told| self.entry(told));
        let entries: Vec<Value> = std::iter::once(status).chain(with_focus).collect();
        json!({
            "resourceType": "Bundle",
            "id": id,
            "meta": { "profile": [format!("{GUIDE}backport-subscription-notification-r4")] },
            "type": "history",
            "timestamp": rfc3339(now_ms),
            "entry": entries,
        })
    }

    /// How the subscription stands, as Parameters.
    pub(crate) fn parameters(&self, occasion: Occasion, events: &[Told], id: &str) -> Value {
        let Self { asked, base, .. } = self;
        let mut parameters = vec![json!({
            "name": "subscription",
            "valueReference": { "reference": format!("{base}/{}", asked.key) },
        })];
        if let Some(topic) = asked.criteria.topic {
            parameters.push(json!({ "name": "topic", "valueCanonical": topic.url }));
        }
        parameters.extend([
            json!({ "name": "status", "valueCode": self.status.as_str() }),
            json!({ "name": "type", "valueCode": occasion.as_str() }),
            json!({ "name": "events-since-subscription-start", "valueString": self.last.to_string() }),
        ]);
        parameters.extend(events.iter().map(|told| self.event(told)));
        if let Some(error) = self.error {
            parameters.push(json!({ "name": "error", "valueCodeableConcept": { "text": error } }));
        }
        json!({
            "resourceType": "Parameters",
            "id": id,
            "meta": { "profile": [format!("{GUIDE}backport-subscription-status-r4")] },
            "parameter": parameters,
        })
    }

    fn event(&self, Told { row, focus }: &Told) -> Value {
        let mut part = vec![
            json!({ "name": "event-number", "valueString": row.number.to_string() }),
            json!({ "name": "timestamp", "valueInstant": rfc3339(row.at_ms) }),
        ];
        match focus {
            Focus::Nothing => {}
            Focus::Named | Focus::Whole(_) => part.push(json!({
                "name": "focus",
                "valueReference": { "reference": format!("{}/{}", self.base, row.key) },
            })),
        }
        json!({ "name": "notification-event", "part": part })
    }

    /// The entry of what an event is about.
    fn entry(&self, Told { row, focus }: &Told) -> Option<Value> {
        let resource = match focus {
            Focus::Nothing => return None,
            Focus::Named => None,
            Focus::Whole(body) => Some(serde_json::from_str::<Value>(body).ok()?),
        };
        let (method, url, status) = match row.what {
            CREATED => ("POST", row.key.resource_type.to_string(), "201"),
            DELETED => ("DELETE", row.key.to_string(), "204"),
            _ => ("PUT", row.key.to_string(), "200"),
        };
        let mut entry = json!({ "fullUrl": format!("{}/{}", self.base, row.key) });
        if let Some(resource) = resource {
            entry["resource"] = resource;
        }
        entry["request"] = json!({ "method": method, "url": url });
        entry["response"] = json!({ "status": status });
        Some(entry)
    }
}

impl Record {
    /// What may be told of events to whoever subscribed, the first of them up to a number of bytes. Whatever is told is
    /// audited as read by them.
    pub(crate) async fn told(
        &self,
        author: &Caller,
        asked: &Asked,
        rows: Vec<EventRow>,
        content: Content,
    ) -> Result<Vec<Told>, ReadError> {
        let keys: Vec<Key> = rows.iter().map(|row| row.key.clone()).collect();
        let t = self.current_t();
        let standing = match content {
            Content::Empty => vec![None; keys.len()],
            Content::IdOnly | Content::FullResource => self.standing_of(&keys, t).await?,
        };
        let (mut told, mut bytes) = (Vec::with_capacity(rows.len()), 0);
        for (row, now) in rows.into_iter().zip(standing) {
            let focus = self.focus(author, asked, &row, now, content).await?;
            if let Focus::Whole(body) = &focus {
                bytes += body.len();
                if bytes > NOTIFICATION_BYTES_MAX && !told.is_empty() {
                    break;
                }
            }
            told.push(Told { row, focus });
        }
        let tells = told
            .iter()
            .filter(|told| !matches!(told.focus, Focus::Nothing));
        try_join_all(tells.map(|told| self.keep_leaf(leaf(author, asked, &told.row, t)))).await?;
        Ok(told)
    }

    async fn focus(
        &self,
        author: &Caller,
        asked: &Asked,
        row: &EventRow,
        now: Option<Arc<VersionRow>>,
        content: Content,
    ) -> Result<Focus, ReadError> {
        let may_read =
            permission::allows(author.role(), Action::Read, row.key.resource_type.as_str());
        if content == Content::Empty || !may_read {
            return Ok(Focus::Nothing);
        }
        // A label that was put on since counts too.
        let labelled = now
            .as_deref()
            .and_then(parsed)
            .is_some_and(|it| is_restricted(&it));
        if labelled && !asked.is_of_one_patient() {
            return Ok(Focus::Nothing);
        }
        let is_whole = content == Content::FullResource && row.what != DELETED;
        let version = match now {
            _not_wanted if !is_whole => return Ok(Focus::Named),
            Some(now) if now.version == row.version => Some(now),
            Some(_) | None => {
                let version = u64::try_from(row.version).unwrap_or(0);
                self.version_of(&row.key, version, self.current_t())
                    .await?
                    .map(Arc::new)
            }
        };
        let body = version.and_then(|version| version.body.clone());
        Ok(body.map_or(Focus::Named, Focus::Whole))
    }
}

fn parsed(row: &VersionRow) -> Option<Resource> {
    Resource::parse(row.body.as_deref()?.as_bytes()).ok()
}

fn leaf(author: &Caller, asked: &Asked, row: &EventRow, t: i64) -> NewLeaf {
    let about = format!(
        "{}/_history/{} to {} as event {}",
        row.key, row.version, asked.key, row.number
    );
    NewLeaf {
        t,
        count: 1,
        ..NewLeaf::by(author, "notify", about)
    }
}
