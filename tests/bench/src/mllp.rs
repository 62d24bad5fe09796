//! A laboratory analyser's side of MLLP: sends a message, waits for its acknowledgement.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One connection of a sender.
pub(crate) struct Sender(TcpStream);

impl Sender {
    pub(crate) async fn connect(address: &str) -> Result<Self, String> {
        let stream = TcpStream::connect(address)
            .await
            .map_err(|why| format!("{address}: {why}"))?;
        stream.set_nodelay(true).map_err(|why| why.to_string())?;
        Ok(Self(stream))
    }

    /// Sends one message and gives the acknowledgement code of the answer (`AA`, `AE`, `AR`).
    pub(crate) async fn send(&mut self, message: &str) -> Result<String, String> {
        let frame = format!("\u{b}{message}\u{1c}\r");
        self.0
            .write_all(frame.as_bytes())
            .await
            .map_err(|why| why.to_string())?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\x1c\r") {
            if self
                .0
                .read_buf(&mut answer)
                .await
                .map_err(|why| why.to_string())?
                == 0
            {
                return Err(String::from(
                    "the connection ended before the acknowledgement",
                ));
            }
        }
        let text = String::from_utf8_lossy(&answer);
        let acknowledged = text.split('\r').find(|segment| segment.starts_with("MSA|"));
        let code = acknowledged.and_then(|segment| segment.split('|').nth(1));
        code.map(str::to_owned)
            .ok_or_else(|| format!("no MSA in the answer {text:?}"))
    }
}
