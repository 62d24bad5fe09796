//! Websockets: a token that opens one for some subscriptions, and what is told to whoever holds it.
//!
//! Invariant: a token says whose it is and until when; each notification is made for that account as it is then.

use fhir::resource::{Id, Key, ResourceType};
use serde_json::{Value, json};

use super::asked::{Asked, Channel, Status};
use super::delivery::state::uuid;
use super::notification::{Occasion, Standing};
use crate::caller::Caller;
use crate::clock::rfc3339;
use crate::limits::{
    BINDING_MS, BINDING_SUBSCRIPTIONS_MAX, SUBSCRIPTION_COUNT_MAX, SUBSCRIPTION_HEARTBEAT_S_MIN,
};
use crate::{ReadError, Record};

/// What tells such a token from other things that the record seals.
const FORM: &str = "websocket";
/// Shortest time after which it is looked whether a heartbeat is due, in milliseconds.
const QUIET_MS_MIN: i64 = 1_000 * SUBSCRIPTION_HEARTBEAT_S_MIN.cast_signed();
/// Longest text of a token, in bytes.
const TOKEN_BYTES_MAX: usize = 8 << 10;

/// What opens a websocket.
#[derive(Clone, Debug)]
pub struct Binding {
    /// To be sent when it is open.
    pub token: String,
    /// Until when it can be, RFC 3339 in UTC.
    pub expires_at: String,
    /// For which subscriptions.
    pub subscriptions: Vec<Key>,
}

/// A subscription of an open websocket, and how far it was told.
#[derive(Clone, Debug)]
pub struct Bound {
    id: String,
    account: String,
    told: i64,
    /// When something was said last, in milliseconds since 1970.
    said_ms: i64,
}

/// What is to be sent through a websocket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// A notification.
    Notification(String),
    /// Nothing now.
    Nothing,
    /// Nothing ever again: the subscription has ended, or may not be told any longer.
    Ended,
}

impl Record {
    /// A token that opens a websocket for subscriptions of this caller's own.
    ///
    /// # Errors
    /// `NotFound` for what is none of theirs, `Unreadable` where it is not for websockets.
    pub async fn binding(&self, caller: &Caller, ids: &[Id]) -> Result<Binding, ReadError> {
        if !(1..=BINDING_SUBSCRIPTIONS_MAX).contains(&ids.len()) {
            let what = format!(
                "a websocket takes 1 to {BINDING_SUBSCRIPTIONS_MAX} subscriptions: name them by `id`"
            );
            return Err(ReadError::Unreadable { what });
        }
        let mut subscriptions = Vec::with_capacity(ids.len());
        for id in ids {
            let key = Key::new(ResourceType::SUBSCRIPTION, id.clone());
            let asked = self.own_subscription(caller, &key).await?;
            if !matches!(asked.channel, Channel::WebSocket { .. }) {
                let what =
                    format!("{key} is not for a websocket: its `channel.type` says otherwise");
                return Err(ReadError::Unreadable { what });
            }
            subscriptions.push(key);
        }
        let ends_ms = self.now_ms().saturating_add(BINDING_MS);
        let ids: Vec<&str> = subscriptions.iter().map(|key| key.id.as_str()).collect();
        let text = json!([FORM, caller.account(), ends_ms, ids, uuid()?]).to_string();
        Ok(Binding {
            token: self.secret().sealed(&text),
            expires_at: rfc3339(ends_ms),
            subscriptions,
        })
    }

    /// The subscriptions of a token, from their newest event on; `None`: it is none, or its time is over.
    ///
    /// # Errors
    /// Those of reading.
    pub async fn bound(&self, token: &str) -> Result<Option<Vec<Bound>>, ReadError> {
        let opened = Some(token).filter(|token| token.len() <= TOKEN_BYTES_MAX);
        let opened = opened.and_then(|token| self.secret().opened(token));
        let Some((account, ids)) = opened.and_then(|text| read(&text, self.now_ms())) else {
            return Ok(None);
        };
        let rows = self.store().subscriptions(ids.clone()).await?;
        let last = |id: &str| {
            rows.iter()
                .find(|row| row.id == id)
                .map_or(0, |row| row.last)
        };
        let bound = ids.into_iter().map(|id| Bound {
            told: last(&id),
            said_ms: self.now_ms(),
            account: account.clone(),
            id,
        });
        Ok(Some(bound.collect()))
    }

    /// What is told first.
    ///
    /// # Errors
    /// Those of reading.
    pub async fn handshake(&self, bound: &mut Bound, base: &str) -> Result<Word, ReadError> {
        match self.tellable(bound).await? {
            Some((asked, _)) => self.without_events(bound, &asked, Occasion::Handshake, base),
            None => Ok(Word::Ended),
        }
    }

    fn without_events(
        &self,
        bound: &mut Bound,
        asked: &Asked,
        occasion: Occasion,
        base: &str,
    ) -> Result<Word, ReadError> {
        bound.said_ms = self.now_ms();
        let standing = Standing {
            asked,
            status: asked.status,
            last: bound.told,
            error: None,
            base,
        };
        let bundle = standing.bundle(occasion, &[], self.now_ms(), &uuid()?);
        Ok(Word::Notification(bundle.to_string()))
    }

    /// The next events that a websocket was not told of.
    ///
    /// # Errors
    /// Those of reading.
    pub async fn next_word(&self, bound: &mut Bound, base: &str) -> Result<Word, ReadError> {
        let rows = self.store().subscriptions(vec![bound.id.clone()]).await?;
        let Some(row) = rows.into_iter().next() else {
            return Ok(Word::Nothing);
        };
        if row.status == Status::Off.number() {
            return Ok(Word::Ended);
        }
        let some_time_ago = self.now_ms() - bound.said_ms >= QUIET_MS_MIN;
        if row.last <= bound.told && !some_time_ago {
            return Ok(Word::Nothing);
        }
        let Some((asked, author)) = self.tellable(bound).await? else {
            return Ok(Word::Ended);
        };
        if row.last <= bound.told {
            return match asked.channel {
                Channel::WebSocket {
                    heartbeat_s: Some(period_s),
                } if self.is_quiet(bound, period_s) => {
                    self.without_events(bound, &asked, Occasion::Heartbeat, base)
                }
                Channel::WebSocket { .. } | Channel::RestHook(_) => Ok(Word::Nothing),
            };
        }
        let events = self
            .store()
            .events(row.id.clone(), bound.told, row.last, SUBSCRIPTION_COUNT_MAX)
            .await?;
        let told = self.told(&author, &asked, events, asked.content).await?;
        let standing = Standing {
            asked: &asked,
            status: asked.status,
            last: row.last,
            error: None,
            base,
        };
        bound.said_ms = self.now_ms();
        bound.told = told.last().map_or(row.last, |told| told.row.number);
        let bundle = standing.bundle(Occasion::Events, &told, self.now_ms(), &uuid()?);
        Ok(Word::Notification(bundle.to_string()))
    }

    fn is_quiet(&self, bound: &Bound, period_s: u64) -> bool {
        let period_ms = i64::try_from(period_s)
            .unwrap_or(i64::MAX)
            .saturating_mul(1_000);
        self.now_ms() - bound.said_ms >= period_ms
    }

    /// A subscription and its author, where it may still be told to whoever holds the websocket.
    async fn tellable(&self, bound: &Bound) -> Result<Option<(Asked, Caller)>, ReadError> {
        let Some((asked, _)) = self.subscription_now(&bound.id).await? else {
            return Ok(None);
        };
        let is_open = asked.status != Status::Off && !asked.has_ended(self.now_ms());
        if !is_open || asked.author != bound.account {
            return Ok(None);
        }
        let author = self.author_now(&asked).await?;
        Ok(author.ok().map(|author| (asked, author)))
    }
}

impl Bound {
    /// Which subscription.
    pub fn id(&self) -> &str {
        &self.id
    }
}

/// Account and subscriptions of a token that still opens.
fn read(text: &str, now_ms: i64) -> Option<(String, Vec<String>)> {
    let parts: Value = serde_json::from_str(text).ok()?;
    let ends_ms = parts.get(2)?.as_i64()?;
    if parts.get(0)?.as_str()? != FORM || ends_ms < now_ms {
        return None;
    }
    let ids = parts.get(3)?.as_array()?.iter();
    let ids: Option<Vec<String>> = ids.map(|id| id.as_str().map(str::to_owned)).collect();
    Some((parts.get(1)?.as_str()?.to_owned(), ids?))
}
