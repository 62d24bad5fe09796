//! The relay: every change of the record as a CloudEvent in a stream of a NATS JetStream broker, in the order of the log.
//!
//! Invariant: the cursor moves when the broker has acknowledged; each event is published onto the sequence before it, and
//! after any failure the stream itself is asked how far it is: so nothing is lost, doubled or out of order.

mod event;
#[cfg(any(test, feature = "testing"))]
pub mod server;
mod stream;

use std::str::FromStr;
use std::time::Duration;

use record::commit::CommitError;
use record::lease::Lease;
use record::log::T;
use record::{ReadError, Record};

use self::event::{Event, Place, events};
use self::stream::{Away, Stream};
use crate::limits::{RELAY_ADVANCE, RELAY_AT_ONCE, RELAY_BACK_OFF, RELAY_BACK_OFF_MAX, RELAY_PAGE};

/// The name of the relay's cursor and lease.
pub const CURSOR: &str = "relay";

/// Which broker, and which of its streams: `nats://HOST:PORT/STREAM`.
#[derive(Clone, PartialEq, Eq)]
pub struct Broker {
    address: String,
    stream: String,
}

/// A text that names no broker. It is not repeated, since it may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write nats://HOST:PORT/STREAM or tls://HOST:PORT/STREAM")]
pub struct NotABroker;

impl FromStr for Broker {
    type Err = NotABroker;

    fn from_str(text: &str) -> Result<Self, NotABroker> {
        let (address, stream) = text.rsplit_once('/').ok_or(NotABroker)?;
        let is_broker = address.starts_with("nats://") || address.starts_with("tls://");
        let right = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let is_stream = (1..=64).contains(&stream.len()) && stream.bytes().all(right);
        (is_broker && is_stream)
            .then(|| Self {
                address: address.to_owned(),
                stream: stream.to_owned(),
            })
            .ok_or(NotABroker)
    }
}

impl std::fmt::Debug for Broker {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(to, "Broker({})", self.stream)
    }
}

/// Why the relay does not go on now. Nothing is lost meanwhile: the log waits.
#[derive(Debug, thiserror::Error)]
enum Stuck {
    /// The broker.
    #[error("the broker: {0}")]
    Broker(#[from] Away),
    /// The record.
    #[error("the record could not be read: {0}")]
    Read(#[from] ReadError),
    /// The cursor.
    #[error("the cursor could not be moved: {0}")]
    Commit(#[from] CommitError),
}

/// Relays until `stop` resolves, whenever no other host of the same database does.
pub async fn relay(record: Record, broker: Broker, stop: impl Future<Output = ()> + Send) {
    tokio::select! {
        () = stop => record.let_go(CURSOR).await,
        () = in_turn(&record, &broker) => {}
    }
}

async fn in_turn(record: &Record, broker: &Broker) {
    loop {
        match record.lease(CURSOR).await {
            Ok(Some(lease)) => {
                let following = follow(record, &lease, broker);
                if record.while_held(&lease, following).await.is_none() {
                    tracing::warn!("another host has taken over the relay");
                }
            }
            Ok(None) => {}
            Err(why) => tracing::warn!("the relay cannot take its lease: {why}"),
        }
        tokio::time::sleep(Duration::from_millis(record::limits::LEASE_LOOK_MS)).await;
    }
}

/// Goes on as long as the lease is held: `while_held` ends it.
async fn follow(record: &Record, lease: &Lease, broker: &Broker) {
    let mut wait = RELAY_BACK_OFF;
    loop {
        let mut done = 0;
        let stuck = publish_all(record, lease, broker, &mut done).await;
        if done > 0 {
            wait = RELAY_BACK_OFF;
        }
        tracing::warn!("events wait, and are relayed again in {wait:?}: {stuck}");
        tokio::time::sleep(wait).await;
        wait = wait.saturating_mul(2).min(RELAY_BACK_OFF_MAX);
    }
}

/// Publishes what there is and what comes, until something fails; `done` counts events.
async fn publish_all(record: &Record, lease: &Lease, broker: &Broker, done: &mut u64) -> Stuck {
    match Reader::at_its_place(record, lease, broker).await {
        Ok(mut reader) => loop {
            match reader.look(done).await {
                Ok(Some(seen)) => {
                    record.wait_after(seen).await;
                }
                Ok(None) => {}
                Err(stuck) => return stuck,
            }
        },
        Err(stuck) => stuck,
    }
}

/// A relay that knows how far the stream is.
struct Reader<'a> {
    record: &'a Record,
    lease: &'a Lease,
    stream: Stream,
    source: String,
    /// Where the cursor stands.
    kept: Option<T>,
    /// The last commit that is in the stream whole.
    upto: T,
    /// What is in the stream of commits behind that.
    last: Option<Place>,
}

impl<'a> Reader<'a> {
    async fn at_its_place(
        record: &'a Record,
        lease: &'a Lease,
        broker: &Broker,
    ) -> Result<Self, Stuck> {
        let source = record.name();
        let mut stream = Stream::open(&broker.address, &broker.stream).await?;
        let kept = record.cursor(CURSOR).await?;
        // Before the first start nothing is an event.
        let mut reader = Self {
            upto: kept.unwrap_or_else(|| record.current()),
            last: stream.last(&source).await?,
            record,
            lease,
            stream,
            source,
            kept,
        };
        reader.believe_last().await?;
        if kept.is_none() {
            reader.keep().await?;
        }
        Ok(reader)
    }

    /// Forgets the stream's last event when it is of a commit that this log does not have: the record was restored to
    /// before it. What is committed since is other events, and is published.
    async fn believe_last(&mut self) -> Result<(), Stuck> {
        let Some(last) = &self.last else {
            return Ok(());
        };
        let before = T(last.t.0.saturating_sub(1));
        let commits = self.record.commits_after(before, 1).await?;
        if commits
            .first()
            .is_none_or(|it| it.t != last.t || it.at != last.at)
        {
            tracing::error!(
                "the stream ends with commit {} of {}, which this record does not have: was it restored to before it?",
                last.t,
                last.at
            );
            self.last = None;
        }
        Ok(())
    }

    /// Publishes the next page of the log. `Some`: there is nothing after this commit.
    async fn look(&mut self, done: &mut u64) -> Result<Option<T>, Stuck> {
        let seen = self.record.current();
        let commits = self.record.commits_after(self.upto, RELAY_PAGE).await?;
        let Some(to) = commits.last().map(|it| it.t) else {
            return Ok(Some(seen));
        };
        let is_new = |it: &Event| {
            self.last
                .as_ref()
                .is_none_or(|last| it.place.is_after(last))
        };
        let all = commits.iter().flat_map(|it| events(it, &self.source));
        let all: Vec<Event> = all.filter(is_new).collect();
        for some in all.chunks(RELAY_AT_ONCE) {
            self.stream.publish(some).await?;
            *done += u64::try_from(some.len()).unwrap_or(0);
            self.last = some.last().map(|it| it.place.clone());
        }
        self.upto = to;
        let behind = to.0.saturating_sub(self.kept.map_or(0, |kept| kept.0));
        if !all.is_empty() || behind >= RELAY_ADVANCE {
            self.keep().await?;
        }
        Ok(None)
    }

    async fn keep(&mut self) -> Result<(), Stuck> {
        self.record
            .advance(CURSOR, self.lease, self.kept, self.upto)
            .await?;
        self.kept = Some(self.upto);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
