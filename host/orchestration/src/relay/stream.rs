//! A stream of a NATS JetStream broker, to which one writer at a time adds.
//!
//! Invariant: each event is added onto the one before it: the first of some onto the sequence of the event that was asked
//! for, and each further one onto its forerunner's id. So none is kept when the one before it was not, whoever else writes.

use async_nats::jetstream::context::PublishAckFuture;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{Config, LastRawMessageErrorKind, StorageType};
use async_nats::jetstream::{self, Context};
use async_nats::{Client, ConnectOptions, Event as Told};
use serde_json::Value;
use tokio::sync::watch;

use super::event::{Event, Place};
use crate::limits::{RELAY_ACK_TIME_MAX, RELAY_DUPLICATES};

/// Why the broker did not do its part, in its client's words.
#[derive(Debug, thiserror::Error)]
#[error("{doing}: {why}")]
pub(super) struct Away {
    doing: &'static str,
    why: String,
}

fn away<E: std::fmt::Display>(doing: &'static str) -> impl FnOnce(E) -> Away {
    move |why| Away {
        doing,
        why: why.to_string(),
    }
}

/// A stream.
pub(super) struct Stream {
    context: Context,
    stream: jetstream::stream::Stream,
    /// What its subjects begin with.
    prefix: String,
    /// Its last sequence, as far as this writer knows.
    sequence: u64,
    /// Whether the connection was lost since: what was on its way is answered by nobody.
    lost: watch::Receiver<bool>,
    /// Held so that the connection lives as long as the stream.
    _client: Client,
}

impl Stream {
    /// Connects, and makes the stream when it is not there: on disk, and without an end of its own.
    pub(super) async fn open(address: &str, name: &str) -> Result<Self, Away> {
        let (tell, lost) = watch::channel(false);
        let client = ConnectOptions::new()
            .name("palatine")
            .event_callback(move |told| {
                if told == Told::Disconnected {
                    tell.send_replace(true);
                }
                std::future::ready(())
            })
            .connection_timeout(RELAY_ACK_TIME_MAX)
            .request_timeout(Some(RELAY_ACK_TIME_MAX))
            .connect(address)
            .await
            .map_err(away("connecting"))?;
        let mut context = jetstream::new(client.clone());
        context.set_timeout(RELAY_ACK_TIME_MAX);
        let prefix = name.to_ascii_lowercase();
        let stream = context
            .get_or_create_stream(Config {
                name: name.to_owned(),
                subjects: vec![format!("{prefix}.>")],
                storage: StorageType::File,
                duplicate_window: RELAY_DUPLICATES,
                ..Config::default()
            })
            .await
            .map_err(away("opening the stream"))?;
        let sequence = stream.cached_info().state.last_sequence;
        Ok(Self {
            context,
            stream,
            prefix,
            sequence,
            lost,
            _client: client,
        })
    }

    /// The place of the last event in it, if that is of this source. What is added next is added onto this very event.
    pub(super) async fn last(&mut self, source: &str) -> Result<Option<Place>, Away> {
        let subject = format!("{}.>", self.prefix);
        match self.stream.get_last_raw_message_by_subject(&subject).await {
            Ok(message) => {
                self.sequence = message.sequence;
                let event: Option<Value> = serde_json::from_slice(&message.payload).ok();
                Ok(event.and_then(|event| Place::of(&event, source)))
            }
            Err(why) if why.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
            Err(why) => Err(away("asking for the last event")(why)),
        }
    }

    /// Adds events in their order, and returns when the broker has kept all of them.
    pub(super) async fn publish(&mut self, events: &[Event]) -> Result<(), Away> {
        let mut lost = self.lost.clone();
        tokio::select! {
            biased;
            kept = self.published(events) => kept,
            _ = lost.wait_for(|is_lost| *is_lost) => Err(away("publishing")("the connection was lost")),
        }
    }

    async fn published(&mut self, events: &[Event]) -> Result<(), Away> {
        let mut waiting: Vec<PublishAckFuture> = Vec::with_capacity(events.len());
        let mut before: Option<&Event> = None;
        for event in events {
            let message = PublishMessage::build().message_id(&event.id);
            let message = match before.replace(event) {
                None => message.expected_last_sequence(self.sequence),
                Some(before) => message.expected_last_message_id(&before.id),
            };
            let message = message
                .header(
                    "content-type",
                    "application/cloudevents+json; charset=utf-8",
                )
                .payload(event.body.to_string().into());
            let subject = format!("{}.{}", self.prefix, event.subject);
            let sent = self.context.send_publish(subject, message).await;
            waiting.push(sent.map_err(away("publishing"))?);
        }
        for acknowledged in waiting {
            let acknowledged = acknowledged.await.map_err(away("keeping an event"))?;
            self.sequence = acknowledged.sequence;
        }
        Ok(())
    }
}
