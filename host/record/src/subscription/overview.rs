//! How subscriptions stand, their events once more, and what may be done when a receiver did not take them.
//!
//! Invariant: events are told again only to whoever subscribed or to an operator, under the numbers that they had.

use fhir::resource::{Id, Key, ResourceType};
use serde_json::{Value, json};

use super::asked::{Asked, Channel, Content, Status};
use super::delivery::DeliveryError;
use super::delivery::state::uuid;
use super::notification::{Occasion, Standing};
use crate::audit::NewLeaf;
use crate::caller::{Caller, Role};
use crate::clock::rfc3339;
use crate::limits::{EVENTS_PAGE_MAX, SUBSCRIPTIONS_LISTED_MAX};
use crate::log::At;
use crate::store::subscription::SubscriptionRow;
use crate::{Kind, ReadError, Record};

/// Which events somebody asks for again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// From this number on.
    pub since: u64,
    /// Up to this one.
    pub until: Option<u64>,
    /// What of them.
    pub content: Option<Content>,
}

/// A subscription as an administrator sees it.
#[derive(Clone, Debug)]
pub struct Subscriber {
    /// Its id.
    pub id: String,
    /// The version that this is about.
    pub version: u64,
    /// Whose it is.
    pub author: String,
    /// Its state.
    pub status: Status,
    /// Since when, RFC 3339 in UTC.
    pub since: String,
    /// What it is about, as its author wrote it: a topic's title, or a type.
    pub about: String,
    /// The host to which events go; `None`: a websocket.
    pub host: Option<String>,
    /// The number of its last event.
    pub last: u64,
    /// The number of the last event that was taken; those behind it wait. `None`: nothing is sent by itself.
    pub delivered: Option<u64>,
    /// How often in a row a try failed.
    pub failures: u64,
    /// What was wrong.
    pub said: Option<String>,
}

/// What an administrator may do with a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Have what waits sent again, after a handshake.
    Resend,
    /// End it.
    End,
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum DeedError {
    /// This caller may not.
    #[error("{account} may not look after subscriptions")]
    Forbidden {
        /// Who asked.
        account: String,
    },
    /// There is none of this id, or it has changed since it was looked at.
    #[error("this subscription is not there, or has changed: look again")]
    Changed,
    /// The record did not answer.
    #[error("the subscription could not be read or written")]
    Delivery(#[from] DeliveryError),
}

impl DeedError {
    /// The only thing an edge may branch on.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Forbidden { .. } => Kind::Forbidden,
            Self::Changed => Kind::Conflict,
            Self::Delivery(DeliveryError::Read(why)) => why.kind(),
            Self::Delivery(DeliveryError::Commit(why)) => why.kind(),
            Self::Delivery(DeliveryError::TakenOver) => Kind::Busy,
        }
    }
}

impl From<ReadError> for DeedError {
    fn from(why: ReadError) -> Self {
        Self::Delivery(why.into())
    }
}

impl Record {
    /// How subscriptions stand, each as the guide's Parameters; those of this caller's own where none is named.
    ///
    /// # Errors
    /// As reading each of them.
    pub async fn subscription_statuses(
        &self,
        caller: &Caller,
        ids: &[Id],
        base: &str,
    ) -> Result<Vec<(Key, Value)>, ReadError> {
        let ids = match ids {
            [] => self.own_ids(caller).await?,
            ids => ids.to_vec(),
        };
        let rows = self
            .store()
            .subscriptions(ids.iter().map(Id::to_string).collect())
            .await?;
        let mut all = Vec::with_capacity(ids.len());
        for id in ids {
            let key = Key::new(ResourceType::SUBSCRIPTION, id);
            let stored = self.read(caller, &key, &At::Now).await?;
            let (asked, error) = read(&key, stored.body.as_deref())?;
            let standing = Standing {
                asked: &asked,
                status: asked.status,
                last: rows
                    .iter()
                    .find(|row| row.id == key.id.as_str())
                    .map_or(0, |row| row.last),
                error: error.as_deref(),
                base,
            };
            all.push((
                key,
                standing.parameters(Occasion::AskedForStatus, &[], &uuid()?),
            ));
        }
        Ok(all)
    }

    /// Events of a subscription once more, as a notification.
    ///
    /// # Errors
    /// `NotFound` for what is none of this caller's own, those of reading.
    pub async fn subscription_events(
        &self,
        caller: &Caller,
        key: &Key,
        range: Range,
        base: &str,
    ) -> Result<Value, ReadError> {
        let asked = self.own_subscription(caller, key).await?;
        let rows = self.store().subscriptions(vec![key.id.to_string()]).await?;
        let last = rows.first().map_or(0, |row| row.last);
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let after = number(range.since).saturating_sub(1);
        let upto = range.until.map_or(last, number);
        let events = self
            .store()
            .events(key.id.to_string(), after, upto, EVENTS_PAGE_MAX)
            .await?;
        let content = range.content.unwrap_or(asked.content);
        let told = self.told(caller, &asked, events, content).await?;
        let standing = Standing {
            asked: &asked,
            status: asked.status,
            last,
            error: None,
            base,
        };
        Ok(standing.bundle(Occasion::AskedForEvents, &told, self.now_ms(), &uuid()?))
    }

    /// A subscription of this caller's own, or any for an operator; its reading is audited.
    pub(crate) async fn own_subscription(
        &self,
        caller: &Caller,
        key: &Key,
    ) -> Result<Asked, ReadError> {
        let stored = self.read(caller, key, &At::Now).await?;
        let (asked, _) = read(key, stored.body.as_deref())?;
        match asked.is_looked_after_by(caller) {
            true => Ok(asked),
            false => Err(ReadError::Forbidden {
                account: caller.account().to_owned(),
                what: format!("the events of {key}, which is another account's"),
            }),
        }
    }

    async fn own_ids(&self, caller: &Caller) -> Result<Vec<Id>, ReadError> {
        let mut own = Vec::new();
        let mut after = String::new();
        loop {
            let rows = self
                .store()
                .subscriptions_after(after.clone(), SUBSCRIPTIONS_LISTED_MAX)
                .await?;
            let Some(last) = rows.last() else {
                return Ok(own);
            };
            after.clone_from(&last.id);
            let open = rows.iter().filter(|row| row.status != Status::Off.number());
            let mine = open.filter(|row| row.author == caller.account());
            own.extend(mine.filter_map(|row| row.id.parse::<Id>().ok()));
            if own.len() >= usize::try_from(SUBSCRIPTIONS_LISTED_MAX).unwrap_or(usize::MAX) {
                return Ok(own);
            }
        }
    }

    /// Subscriptions as an administrator sees them, those behind an id: an operator all, an administrator those of
    /// accounts at their own site. Beside them the id behind which there are more.
    ///
    /// # Errors
    /// `Forbidden`, `Store`.
    pub async fn subscribers(
        &self,
        caller: &Caller,
        after: &str,
    ) -> Result<(Vec<Subscriber>, Option<String>), ReadError> {
        if !may_look_after(caller) {
            return Err(ReadError::Forbidden {
                account: caller.account().to_owned(),
                what: "subscriptions".to_owned(),
            });
        }
        let mut rows = self
            .store()
            .subscriptions_after(after.to_owned(), SUBSCRIPTIONS_LISTED_MAX + 1)
            .await?;
        let n_max = usize::try_from(SUBSCRIPTIONS_LISTED_MAX).unwrap_or(usize::MAX);
        let more = rows.len() > n_max;
        rows.truncate(n_max);
        let mut all = Vec::with_capacity(rows.len());
        let after = rows.last().filter(|_| more).map(|last| last.id.clone());
        for row in rows {
            if !self.looks_after(caller, &row.author).await? {
                continue;
            }
            let now = self.subscription_now(&row.id).await?;
            let error = match row.said {
                None => self.error_of(&row).await?,
                Some(_) => None,
            };
            all.extend(now.map(|(asked, version)| subscriber(row, &asked, version, error)));
        }
        Ok((all, after))
    }

    /// Does something with a subscription in the version that was looked at.
    ///
    /// # Errors
    /// `Forbidden`, `Changed`, those of writing.
    pub async fn tend_subscription(
        &self,
        caller: &Caller,
        id: &Id,
        seen: u64,
        deed: Deed,
    ) -> Result<(), DeedError> {
        if !may_look_after(caller) {
            let account = caller.account().to_owned();
            return Err(DeedError::Forbidden { account });
        }
        let now = self.subscription_now(id.as_str()).await?;
        let Some((asked, _)) = now.filter(|(_, version)| *version == seen) else {
            return Err(DeedError::Changed);
        };
        if !self.looks_after(caller, &asked.author).await? {
            return Err(DeedError::Changed);
        }
        let (status, why) = match deed {
            Deed::Resend => (Status::Requested, None),
            Deed::End => (Status::Off, Some(format!("ended by {}", caller.account()))),
        };
        let about = format!("{} becomes {}", asked.key, status.as_str());
        let leaf = NewLeaf {
            t: self.current_t(),
            ..NewLeaf::by(caller, "subscription", about)
        };
        self.keep_leaf(leaf).await?;
        self.put_status(&asked.key, seen, status, why.as_deref())
            .await?;
        Ok(())
    }

    async fn looks_after(&self, caller: &Caller, author: &str) -> Result<bool, ReadError> {
        if caller.role() == Role::Operator {
            return Ok(true);
        }
        let author = self.caller_of(author).await?;
        Ok(author.is_some_and(|author| author.site() == caller.site()))
    }

    async fn error_of(&self, row: &SubscriptionRow) -> Result<Option<String>, ReadError> {
        let Ok(id) = row.id.parse::<Id>() else {
            return Ok(None);
        };
        let key = Key::new(ResourceType::SUBSCRIPTION, id);
        let found = self
            .standing_of(std::slice::from_ref(&key), self.current_t())
            .await?;
        let body = found.into_iter().next().flatten();
        let error = body.and_then(|row| read(&key, row.body.as_deref()).ok()?.1);
        Ok(error)
    }
}

/// Who looks after everybody's subscriptions: events are no facts to them, but whom they reach is.
fn may_look_after(caller: &Caller) -> bool {
    matches!(caller.role(), Role::TrustAdministrator | Role::Operator)
}

fn subscriber(
    row: SubscriptionRow,
    asked: &Asked,
    version: u64,
    error: Option<String>,
) -> Subscriber {
    let number = |n: i64| u64::try_from(n).unwrap_or(0);
    let topic = asked.criteria.topic.map(|topic| topic.title.to_owned());
    Subscriber {
        version,
        status: asked.status,
        since: rfc3339(row.since_ms),
        about: topic.unwrap_or_else(|| asked.criteria.resource_type.to_string()),
        host: match &asked.channel {
            Channel::RestHook(hook) => Some(hook.host().to_owned()),
            Channel::WebSocket { .. } => None,
        },
        last: number(row.last),
        delivered: (row.hook == 1).then(|| number(row.delivered)),
        failures: number(row.failures),
        said: row.said.or(error),
        author: row.author,
        id: row.id,
    }
}

/// A Subscription, and what is wrong with it as it says itself.
fn read(key: &Key, body: Option<&str>) -> Result<(Asked, Option<String>), ReadError> {
    let not_ours = || ReadError::Unreadable {
        what: format!("{key} was not taken as a subscription: write it again"),
    };
    let resource = fhir::resource::Resource::parse(body.unwrap_or_default().as_bytes());
    let resource = resource.map_err(|_| not_ours())?;
    let asked = Asked::read(key, &resource).map_err(|_| not_ours())?;
    let error = resource.value().get("error").and_then(Value::as_str);
    Ok((asked, error.map(str::to_owned)))
}

/// The answer of `$status`: a searchset of how each subscription stands.
pub fn searchset(statuses: Vec<(Key, Value)>) -> Value {
    let total = statuses.len();
    let entries: Vec<Value> = statuses
        .into_iter()
        .map(|(_, parameters)| {
            let id = parameters
                .get("id")
                .and_then(Value::as_str)
                .unwrap_or_default();
            json!({
                "fullUrl": format!("urn:uuid:{id}"),
                "resource": parameters,
                "search": { "mode": "match" },
            })
        })
        .collect();
    let mut bundle = json!({ "resourceType": "Bundle", "type": "searchset", "total": total });
    if !entries.is_empty() {
        bundle["entry"] = Value::Array(entries);
    }
    bundle
}
