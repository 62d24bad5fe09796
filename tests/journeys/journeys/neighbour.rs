//! A system beside the host that is told what happens: it refuses everything until it is mended.
//!
//! Everything ends with the journey.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What is answered to the bytes so far, once they are whole; the flag says whether it works.
type Answer = fn(&str, bool) -> Option<String>;

/// The system.
pub(crate) struct Neighbour {
    pub(crate) address: SocketAddr,
    works: Arc<AtomicBool>,
}

impl Neighbour {
    /// A receiver of HL7 v2.
    pub(crate) async fn of_messages() -> Self {
        Self::open(acknowledged).await
    }

    /// A receiver of FHIR notifications.
    pub(crate) async fn of_notifications() -> Self {
        Self::open(answered).await
    }

    /// From now on it takes what it is sent.
    pub(crate) fn mend(&self) {
        self.works.store(true, Ordering::Relaxed);
    }

    async fn open(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let works = Arc::new(AtomicBool::new(false));
        let shared = Arc::clone(&works);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream, answer, Arc::clone(&shared)));
            }
        });
        Self { address, works }
    }
}

/// Answers whatever comes on one connection until the other side ends it.
async fn talk(mut stream: TcpStream, answer: Answer, works: Arc<AtomicBool>) {
    let mut bytes = Vec::new();
    while let Ok(1..) = stream.read_buf(&mut bytes).await {
        let text = String::from_utf8_lossy(&bytes);
        let Some(said) = answer(&text, works.load(Ordering::Relaxed)) else {
            continue;
        };
        bytes.clear();
        if stream.write_all(said.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn acknowledged(frame: &str, works: bool) -> Option<String> {
    frame.ends_with("\u{1c}\r").then(|| {
        let control_id = frame.split('|').nth(9).unwrap();
        let said = match works {
            true => format!("MSA|AA|{control_id}"),
            false => format!("MSA|AR|{control_id}|Ward C3 is not configured here"),
        };
        format!("\u{b}MSH|^~\\&|TIE|RXR|PALATINE|REGION|20261122||ACK|1|P|2.4\r{said}\r\u{1c}\r")
    })
}

fn answered(request: &str, works: bool) -> Option<String> {
    let (head, body) = request.split_once("\r\n\r\n")?;
    let length = head
        .lines()
        .filter_map(|it| it.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, length)| length.parse().unwrap());
    let status = if works { "200 OK" } else { "410 Gone" };
    (body.len() >= length).then(|| format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"))
}
