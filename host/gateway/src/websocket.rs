//! Events through a websocket, for whoever sends a token that opens some subscriptions.
//!
//! Invariant: nothing is told before a token was; whoever does not read what is sent is cut off, and asks for what they
//! missed by its numbers.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use record::subscription::binding::{Bound, Word};
use record::{ReadError, with_causes};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout};

use crate::Door;
use crate::fhir_api::base_of;
use crate::limits::{
    WEBSOCKET_BIND_WAIT, WEBSOCKET_LOOK, WEBSOCKET_MESSAGE_BYTES_MAX, WEBSOCKET_SEND_WAIT,
    WEBSOCKET_SUBSCRIPTIONS_MAX,
};

/// What a client sends first, before its token.
const BIND: &str = "bind-with-token";

/// The address of the websocket, given that of the API.
pub(crate) fn address(base: &str) -> String {
    let root = base.strip_suffix("/fhir").unwrap_or(base);
    let root = root.replacen("http", "ws", 1);
    format!("{root}/subscriptions/websocket")
}

/// `GET /subscriptions/websocket`: 101 for a websocket; 503 when there are too many. It needs no sign-in: the token that
/// is sent through it was given to somebody who had.
pub(crate) async fn open(
    State(door): State<Door>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let Ok(permit) = Arc::clone(&door.sockets).try_acquire_owned() else {
        return too_many();
    };
    let base = base_of(&headers, &door);
    let upgrade = upgrade
        .max_message_size(WEBSOCKET_MESSAGE_BYTES_MAX)
        .max_frame_size(WEBSOCKET_MESSAGE_BYTES_MAX);
    upgrade.on_upgrade(|socket| talk(door, base, socket, permit))
}

fn too_many() -> Response {
    let words = "Too many websockets are open: try again later.\n";
    (
        StatusCode::SERVICE_UNAVAILABLE,
        [(header::RETRY_AFTER, "30")],
        words,
    )
        .into_response()
}

async fn talk(door: Door, base: String, socket: WebSocket, permit: OwnedSemaphorePermit) {
    let mut talk = Talk {
        door,
        base,
        socket,
        bound: Vec::new(),
    };
    if let Err(why) = talk.serve().await {
        tracing::debug!("a websocket ended: {why}");
    }
    drop(permit);
}

/// One open websocket.
struct Talk {
    door: Door,
    base: String,
    socket: WebSocket,
    bound: Vec<Bound>,
}

impl Talk {
    /// Tells until the other end goes, or nothing is left to tell.
    async fn serve(&mut self) -> Result<(), String> {
        let opened = Instant::now();
        let record = self.door.record.clone();
        let mut seen = 0;
        loop {
            tokio::select! {
                message = self.socket.recv() => match message {
                    Some(Ok(Message::Text(text))) => self.bind(&text).await?,
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    Some(Ok(Message::Binary(_))) => return Err("it sent bytes".to_owned()),
                    Some(Ok(Message::Close(_))) | None => return Ok(()),
                    Some(Err(why)) => return Err(why.to_string()),
                },
                now = record.wait_for_events(seen, WEBSOCKET_LOOK) => {
                    seen = now;
                    if self.bound.is_empty() && opened.elapsed() > WEBSOCKET_BIND_WAIT {
                        return Err("no token came in time".to_owned());
                    }
                    self.tell().await?;
                }
            }
        }
    }

    /// Takes a token, and greets.
    async fn bind(&mut self, text: &str) -> Result<(), String> {
        let token = text.trim().strip_prefix(BIND);
        let token = token.map(|rest| rest.trim_start_matches([':', ' ']).trim());
        let bound = match token {
            Some(token) => self
                .door
                .record
                .bound(token)
                .await
                .map_err(|why| failed(&why))?,
            None => None,
        };
        let Some(bound) = bound else {
            return self.refuse("send `bind-with-token: TOKEN` with a token of $get-ws-binding-token that is still good").await;
        };
        if self.bound.len() + bound.len() > WEBSOCKET_SUBSCRIPTIONS_MAX {
            return self
                .refuse("too many subscriptions for one websocket: open another")
                .await;
        }
        for mut one in bound {
            let word = self.door.record.handshake(&mut one, &self.base).await;
            match word.map_err(|why| failed(&why))? {
                Word::Notification(text) => self.send(Message::text(text)).await?,
                Word::Nothing => {}
                Word::Ended => continue,
            }
            self.bound.retain(|other| other.id() != one.id());
            self.bound.push(one);
        }
        Ok(())
    }

    /// Tells what happened.
    async fn tell(&mut self) -> Result<(), String> {
        let mut at = 0;
        while at < self.bound.len() {
            let word = self
                .door
                .record
                .next_word(&mut self.bound[at], &self.base)
                .await;
            match word.map_err(|why| failed(&why))? {
                Word::Notification(text) => self.send(Message::text(text)).await?,
                Word::Nothing => at += 1,
                Word::Ended => {
                    self.bound.remove(at);
                    if self.bound.is_empty() {
                        return self.refuse("no subscription is left").await;
                    }
                }
            }
        }
        Ok(())
    }

    /// Says why it ends, and ends it.
    async fn refuse(&mut self, why: &'static str) -> Result<(), String> {
        let frame = axum::extract::ws::CloseFrame {
            code: axum::extract::ws::close_code::POLICY,
            reason: why.into(),
        };
        self.send(Message::Close(Some(frame))).await?;
        Err(why.to_owned())
    }

    async fn send(&mut self, message: Message) -> Result<(), String> {
        match timeout(WEBSOCKET_SEND_WAIT, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(why)) => Err(why.to_string()),
            Err(_) => Err("what was sent was not read in time".to_owned()),
        }
    }
}

fn failed(why: &ReadError) -> String {
    with_causes(why)
}
