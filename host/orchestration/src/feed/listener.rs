//! The port: connections that carry framed messages, each answered in order.
//!
//! Invariant: a connection's messages are taken one after the other and answered after they are kept; connections,
//! their silence, their frames and their reading of answers are bounded; stopping finishes what is in hand.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};
use tracing::{debug, warn};

use crate::feed::acknowledgement::Acknowledgement;
use crate::feed::intake::Intake;
use crate::feed::mllp::{self, Decoder, Event};
use crate::feed::tls::Credentials;
use crate::limits::{
    HANDSHAKE_TIME_MAX, LINGER_TIME_MAX, MESSAGE_BYTES_MAX, READ_BYTES, STRAY_BYTES_MAX,
    WRITE_TIME_MAX,
};

/// How a port behaves.
#[derive(Clone, Debug)]
pub struct Config {
    /// Connections at once; further ones wait to be taken.
    pub connections_max: usize,
    /// Bytes of one message; at most [`MESSAGE_BYTES_MAX`].
    pub message_bytes_max: usize,
    /// Bytes of unfinished messages on all connections together.
    pub held_bytes_max: usize,
    /// How long a connection may be silent between messages.
    pub idle_max: Duration,
    /// How long a message may take from its first byte to its last.
    pub frame_time_max: Duration,
    /// How long a connection may take from its beginning to the end of its handshake.
    pub handshake_time_max: Duration,
    /// How long connections have to finish what is in hand when the port closes.
    pub drain_max: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            connections_max: 256,
            message_bytes_max: MESSAGE_BYTES_MAX,
            held_bytes_max: 256 << 20,
            idle_max: Duration::from_secs(15 * 60),
            frame_time_max: Duration::from_secs(60),
            handshake_time_max: HANDSHAKE_TIME_MAX,
            drain_max: Duration::from_secs(20),
        }
    }
}

impl Config {
    /// Short times and small bounds, so that tests meet them.
    #[must_use]
    pub fn for_tests() -> Self {
        Self {
            connections_max: 8,
            message_bytes_max: 64 << 10,
            held_bytes_max: 1 << 20,
            idle_max: Duration::from_secs(5),
            frame_time_max: Duration::from_millis(300),
            handshake_time_max: Duration::from_secs(2),
            drain_max: Duration::from_secs(5),
        }
    }
}

/// Takes connections until `shutdown` is ready, then lets each finish the message it has in hand.
///
/// # Errors
/// When connections can no longer be accepted for a reason that does not pass.
pub async fn serve(
    listener: TcpListener,
    intake: Intake,
    config: Config,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    serve_with(listener, None, intake, config, shutdown).await
}

/// The same for connections that begin with a handshake in which both sides show a certificate.
///
/// # Errors
/// Those of [`serve`].
pub async fn serve_tls(
    listener: TcpListener,
    credentials: Credentials,
    intake: Intake,
    config: Config,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    serve_with(listener, Some(credentials), intake, config, shutdown).await
}

async fn serve_with(
    listener: TcpListener,
    credentials: Option<Credentials>,
    intake: Intake,
    config: Config,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let (stop, stopped) = watch::channel(false);
    let room = Arc::new(Semaphore::new(config.connections_max.max(1)));
    let held = Arc::new(AtomicUsize::new(0));
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = accept(&listener, &room) => accepted,
            Some(_) = connections.join_next() => continue,
        };
        match accepted {
            Ok((stream, place)) => {
                let taken = taken(
                    stream,
                    credentials.clone(),
                    intake.clone(),
                    config.clone(),
                    Arc::clone(&held),
                    stopped.clone(),
                );
                connections.spawn(async move {
                    taken.await;
                    drop(place);
                });
            }
            Err(error) if passes(&error) => {
                warn!(error = %error, "could not accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(error) => return Err(error),
        }
    }
    drop(listener);
    stop.send_replace(true);
    let drained = timeout(config.drain_max, async {
        while connections.join_next().await.is_some() {}
    })
    .await;
    if drained.is_err() {
        warn!(
            open = connections.len(),
            "connections did not finish in time"
        );
    }
    connections.shutdown().await;
    Ok(())
}

/// One connection to its end.
async fn taken(
    stream: TcpStream,
    credentials: Option<Credentials>,
    intake: Intake,
    config: Config,
    held: Arc<AtomicUsize>,
    mut stopped: watch::Receiver<bool>,
) {
    let Some(credentials) = credentials else {
        let connection = Connection::new(stream, intake, &config, held);
        return connection.run(stopped).await;
    };
    let shown = tokio::select! {
        _ = stopped.wait_for(|stopped| *stopped) => return,
        shown = credentials.accept(stream, config.handshake_time_max) => shown,
    };
    if let Some(shown) = shown {
        let intake = intake.shown(shown.names);
        let connection = Connection::new(shown.stream, intake, &config, held);
        connection.run(stopped).await;
    }
}

/// A place among the connections first, so that what waits, waits outside.
async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> io::Result<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(room)
        .acquire_owned()
        .await
        .map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    Ok((stream, place))
}

/// Whether the next connection may well be accepted: the peer went away, or the process is short of something.
fn passes(error: &io::Error) -> bool {
    use io::ErrorKind;
    const TOO_MANY_FILES: [i32; 2] = [23, 24];
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted
            | ErrorKind::ConnectionReset
            | ErrorKind::Interrupted
            | ErrorKind::WouldBlock
    ) || error
        .raw_os_error()
        .is_some_and(|code| TOO_MANY_FILES.contains(&code))
}

/// Whether a connection goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Read,
    Close,
}

struct Connection<S> {
    stream: S,
    intake: Intake,
    decoder: Decoder,
    idle_max: Duration,
    frame_time_max: Duration,
    held: Held,
}

/// What one connection holds of unfinished messages, counted with what the others hold.
struct Held {
    all: Arc<AtomicUsize>,
    own: usize,
    bytes_max: usize,
}

impl Held {
    /// Counts what is held now. Whether all together hold no more than they may.
    fn count(&mut self, bytes: usize) -> bool {
        let before = self.all.fetch_add(bytes, Ordering::Relaxed);
        self.all.fetch_sub(self.own, Ordering::Relaxed);
        let all = before.saturating_add(bytes).saturating_sub(self.own);
        self.own = bytes;
        bytes == 0 || all <= self.bytes_max
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.all.fetch_sub(self.own, Ordering::Relaxed);
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    fn new(stream: S, intake: Intake, config: &Config, held: Arc<AtomicUsize>) -> Self {
        Self {
            stream,
            intake,
            decoder: Decoder::new(config.message_bytes_max.min(MESSAGE_BYTES_MAX)),
            idle_max: config.idle_max,
            frame_time_max: config.frame_time_max,
            held: Held {
                all: held,
                own: 0,
                bytes_max: config.held_bytes_max,
            },
        }
    }

    async fn run(mut self, mut stopped: watch::Receiver<bool>) {
        let mut buffer = vec![0; READ_BYTES];
        let mut deadline = Instant::now() + self.idle_max;
        loop {
            let begun = self.decoder.frames_begun();
            let read = tokio::select! {
                biased;
                _ = stopped.wait_for(|stopped| *stopped) => return,
                read = timeout_at(deadline, self.stream.read(&mut buffer)) => read,
            };
            let next = match read {
                Ok(Ok(0)) => self.ended("the connection ended inside a message").await,
                Ok(Ok(count)) => {
                    self.take(buffer.get(..count).unwrap_or_default(), &stopped)
                        .await
                }
                Ok(Err(error)) => {
                    debug!(error = %error, "a connection broke");
                    self.ended("the connection broke inside a message").await
                }
                Err(_) => self.ended("the message did not end in time").await,
            };
            if next == Next::Close {
                return;
            }
            // A frame has one deadline from its first byte; a silent connection has one from the last frame.
            if !self.decoder.is_inside() {
                deadline = Instant::now() + self.idle_max;
            } else if self.decoder.frames_begun() != begun {
                deadline = Instant::now() + self.frame_time_max;
            }
        }
    }

    /// Takes the bytes of one packet, message by message.
    async fn take(&mut self, mut bytes: &[u8], stopped: &watch::Receiver<bool>) -> Next {
        while !bytes.is_empty() {
            let (taken, event) = self.decoder.take(bytes);
            bytes = bytes.get(taken..).unwrap_or_default();
            let (answer, next) = match event {
                None => break,
                Some(Event::Message(message)) => (self.intake.handle(&message).await, Next::Read),
                Some(Event::Unfinished(beginning)) => {
                    let why = "another message began before this one had ended";
                    (self.intake.handle_cut(&beginning, why).await, Next::Read)
                }
                Some(Event::TooLong(beginning)) => {
                    let why = "the message has more bytes than are taken: send large documents as a reference (RP)";
                    (self.intake.handle_cut(&beginning, why).await, Next::Close)
                }
            };
            if self.send(&answer).await == Next::Close || *stopped.borrow() {
                return Next::Close;
            }
            if next == Next::Close {
                self.linger().await;
                return Next::Close;
            }
        }
        if !self.held.count(self.decoder.held_bytes()) {
            warn!("closed a connection: unfinished messages fill what is set aside for them");
            return self
                .ended("too much is being sent at once: send it again later")
                .await;
        }
        if self.decoder.stray_bytes() > STRAY_BYTES_MAX {
            warn!("closed a connection that sent bytes outside any frame");
            return Next::Close;
        }
        Next::Read
    }

    /// Parks what there is of a message that will not end. A silent connection just closes.
    async fn ended(&mut self, why: &str) -> Next {
        if self.decoder.is_inside() {
            let beginning = self.decoder.cut();
            let answer = self.intake.handle_cut(&beginning, why).await;
            self.send(&answer).await;
        } else {
            debug!("closed a connection");
        }
        Next::Close
    }

    /// Reads on for a while without keeping anything: closing at once would take the answer away from a sender that is
    /// still writing.
    async fn linger(&mut self) {
        let mut buffer = vec![0; READ_BYTES];
        let until = Instant::now() + LINGER_TIME_MAX;
        if self.stream.shutdown().await.is_ok() {
            while let Ok(Ok(1..)) = timeout_at(until, self.stream.read(&mut buffer)).await {}
        }
    }

    async fn send(&mut self, answer: &Acknowledgement) -> Next {
        for message in &answer.answers {
            let frame = mllp::framed(message);
            let written = async {
                self.stream.write_all(&frame).await?;
                self.stream.flush().await
            };
            match timeout(WRITE_TIME_MAX, written).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => {
                    debug!("a sender did not take its answer");
                    return Next::Close;
                }
            }
        }
        Next::Read
    }
}

#[cfg(test)]
mod tests;
