//! One message to its receiver and the acknowledgement back, over a connection that is kept for the next.
//!
//! Invariant: a message counts as taken only when the receiver said so of its control id; whatever else comes ends the
//! connection, and the same bytes are sent again.

use std::sync::Arc;
use std::time::Duration;

use record::sending::{Acknowledgements, Declaration};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::feed::message::Message;
use crate::feed::message::charset;
use crate::feed::mllp::{self, Decoder, Event};
use crate::limits::{
    ANSWER_BYTES_MAX, CONNECT_TIME_MAX, READ_BYTES, STRAY_BYTES_MAX, WRITE_TIME_MAX,
};
use crate::network::{CallError, Listed, Target};

/// What came of sending a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivered {
    /// The receiver has taken it.
    Taken,
    /// It did not come to the receiver.
    Away(String),
    /// It came to the receiver, or may have, and there is no answer that counts.
    Unanswered(String),
    /// The receiver has answered that it does not take it.
    Refused(String),
}

/// A stream to a receiver, with or without TLS.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// The connection of an interface, while there is one.
#[derive(Default)]
pub struct Line {
    open: Option<Open>,
}

struct Open {
    stream: Box<dyn Stream>,
    decoder: Decoder,
    unread: Vec<u8>,
    address: String,
    tls: bool,
}

/// What all interfaces of a host have in common.
#[derive(Clone, Default)]
pub struct Network {
    /// What TLS rests on; without it no interface with TLS is served.
    pub tls: Option<crate::feed::tls::Credentials>,
    /// Receivers of the region's own network that may be sent to.
    pub listed: Listed,
}

impl Line {
    /// Sends a message and waits for what the interface takes for its acknowledgement.
    pub async fn deliver(
        &mut self,
        network: &Network,
        to: &Declaration,
        control_id: &str,
        body: &[u8],
    ) -> Delivered {
        let delivered = match self.ready(network, to).await {
            Ok(open) => open.exchange(to, control_id, body).await,
            Err(why) => Delivered::Away(why),
        };
        match delivered {
            Delivered::Taken | Delivered::Refused(_) => {}
            Delivered::Away(_) | Delivered::Unanswered(_) => self.open = None,
        }
        delivered
    }

    /// Ends the connection.
    pub fn close(&mut self) {
        self.open = None;
    }

    async fn ready(&mut self, network: &Network, to: &Declaration) -> Result<&mut Open, String> {
        let mut kept = self.open.take();
        if let Some(open) = &mut kept
            && !open.is_ready(to).await
        {
            kept = None;
        }
        let open = match kept {
            Some(open) => open,
            None => connected(network, to).await?,
        };
        Ok(self.open.insert(open))
    }
}

async fn connected(network: &Network, to: &Declaration) -> Result<Open, String> {
    let why = |error: CallError| record::with_causes(&error);
    let target = Target::of_machine(&to.address, to.tls).map_err(why)?;
    let stream = network.listed.connect(&target).await.map_err(why)?;
    // Each message is one write that waits for its answer.
    drop(stream.set_nodelay(true));
    let stream: Box<dyn Stream> = match (to.tls, &network.tls) {
        (false, _) => Box::new(stream),
        (true, None) => {
            return Err("the interface wants TLS, and this host has no certificate: set PALATINE_MLLP_TLS_CERTIFICATE, PALATINE_MLLP_TLS_KEY and PALATINE_MLLP_TLS_AUTHORITIES".to_owned());
        }
        (true, Some(credentials)) => secured(credentials.client().await, &target, stream).await?,
    };
    Ok(Open {
        stream,
        decoder: Decoder::new(ANSWER_BYTES_MAX),
        unread: Vec::new(),
        address: to.address.clone(),
        tls: to.tls,
    })
}

async fn secured(
    config: Arc<ClientConfig>,
    target: &Target,
    stream: TcpStream,
) -> Result<Box<dyn Stream>, String> {
    let Target { host, port, .. } = target;
    let name = ServerName::try_from(host.clone())
        .map_err(|_| format!("{host} is no name that a certificate could be for"))?;
    let handshake = TlsConnector::from(config).connect(name, stream);
    match timeout(CONNECT_TIME_MAX, handshake).await {
        Ok(Ok(stream)) => Ok(Box::new(stream)),
        Ok(Err(error)) => Err(format!("the handshake with {host}:{port} failed: {error}")),
        Err(_) => Err(format!("{host}:{port} did not end the handshake in time")),
    }
}

impl Open {
    /// Whether the connection can take another message: it is still open, leads where it should, and nothing was said on
    /// it that nobody asked for.
    async fn is_ready(&mut self, to: &Declaration) -> bool {
        if self.address != to.address || self.tls != to.tls || !self.unread.is_empty() {
            return false;
        }
        let mut byte = [0; 1];
        // Nothing to read, and not ended: a read would have to wait.
        timeout(Duration::ZERO, self.stream.read(&mut byte))
            .await
            .is_err()
    }

    async fn exchange(&mut self, to: &Declaration, control_id: &str, body: &[u8]) -> Delivered {
        let frame = mllp::framed(body);
        let write = async {
            self.stream.write_all(&frame).await?;
            self.stream.flush().await
        };
        match timeout(WRITE_TIME_MAX, write).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                return Delivered::Unanswered(format!("the connection broke: {error}"));
            }
            Err(_) => return Delivered::Unanswered("the receiver does not read".to_owned()),
        }
        let until = Instant::now() + Duration::from_millis(to.answer_ms);
        let wanted: &[char] = match to.acknowledgements {
            Acknowledgements::Original => &['A'],
            Acknowledgements::Accept => &['C'],
            Acknowledgements::Application => &['C', 'A'],
        };
        for mode in wanted {
            let answer = match self.answer(until).await {
                Ok(answer) => answer,
                Err(why) => return Delivered::Unanswered(why),
            };
            match read(&answer, *mode, control_id) {
                Delivered::Taken => {}
                other @ (Delivered::Away(_) | Delivered::Unanswered(_) | Delivered::Refused(_)) => {
                    return other;
                }
            }
        }
        Delivered::Taken
    }

    /// The next whole frame before a moment.
    async fn answer(&mut self, until: Instant) -> Result<Vec<u8>, String> {
        let mut buffer = vec![0; READ_BYTES];
        loop {
            let unread = std::mem::take(&mut self.unread);
            let (taken, event) = self.decoder.take(&unread);
            self.unread = unread.get(taken..).unwrap_or_default().to_vec();
            match event {
                Some(Event::Message(answer)) => return Ok(answer),
                Some(Event::Unfinished(_)) => {
                    return Err("the receiver's answer has no end".to_owned());
                }
                Some(Event::TooLong(_)) => {
                    return Err(format!(
                        "the receiver's answer has more than {ANSWER_BYTES_MAX} bytes"
                    ));
                }
                None => {}
            }
            if self.decoder.stray_bytes() > STRAY_BYTES_MAX {
                return Err("the receiver sends bytes outside any frame".to_owned());
            }
            match timeout_at(until, self.stream.read(&mut buffer)).await {
                Ok(Ok(0)) => {
                    return Err("the receiver closed the connection without an answer".to_owned());
                }
                Ok(Ok(count)) => {
                    self.unread = buffer.get(..count).unwrap_or_default().to_vec();
                }
                Ok(Err(error)) => return Err(format!("the connection broke: {error}")),
                Err(_) => return Err("the receiver did not answer in time".to_owned()),
            }
        }
    }
}

/// What an answer says of a message; `mode` is the letter of the acknowledgement that is waited for.
fn read(answer: &[u8], mode: char, control_id: &str) -> Delivered {
    let garbled =
        || Delivered::Unanswered("the receiver's answer cannot be read as HL7 v2".to_owned());
    let Ok((text, set)) = charset::decode(answer) else {
        return garbled();
    };
    let Ok(message) = Message::parse(&text, set) else {
        return garbled();
    };
    let field = |number| {
        message
            .field("MSA", number)
            .line()
            .ok()
            .flatten()
            .unwrap_or_default()
    };
    if field(2) != control_id {
        return Delivered::Unanswered("the receiver's answer is to another message".to_owned());
    }
    let code = field(1);
    let said = || {
        let words = [field(3), error_words(&message)].join(" ");
        let words: String = words.trim().chars().take(300).collect();
        format!(
            "the receiver answered {}: {words}",
            code.chars().take(4).collect::<String>()
        )
    };
    let mut letters = code.chars();
    match (letters.next(), letters.next(), letters.next()) {
        (Some(kind), Some('A'), None) if kind == mode => Delivered::Taken,
        // A refusal in either mode is one: nobody will answer in the other.
        (Some('A' | 'C'), Some('E' | 'R'), None) => Delivered::Refused(said()),
        _ => Delivered::Unanswered(format!(
            "{}, which is no answer that is waited for",
            said().trim_end_matches([':', ' '])
        )),
    }
}

/// What an ERR says: the words of ERR-8, ERR-7 or ERR-3.
fn error_words(message: &Message<'_>) -> String {
    let words = [(8, 1), (7, 1), (3, 2)]
        .into_iter()
        .find_map(|(field, component)| {
            let value = message.field("ERR", field).component(component);
            value.line().ok().flatten()
        });
    words.unwrap_or_default()
}
