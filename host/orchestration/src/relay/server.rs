//! A private NATS server for tests and drills: on a free port, with its stream in a folder of whoever starts it.
//!
//! Invariant: it syncs before it acknowledges, as a region's has to; it goes when it is dropped, and never by itself.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use async_nats::jetstream::{self, stream::Stream};
use serde_json::Value;

/// The name of the stream.
const STREAM: &str = "REGION";
/// How long the server may take to accept connections.
const START: Duration = Duration::from_secs(30);

/// A server that can be killed and started again where it was.
pub struct Server {
    settings: PathBuf,
    port: u16,
    running: Option<Child>,
}

impl Server {
    /// Starts a server that keeps everything in this folder, which is made.
    ///
    /// # Errors
    /// In words: what is missing or what went wrong, and what to do.
    pub fn start(folder: &Path) -> Result<Self, String> {
        let in_words = |why: std::io::Error| format!("{}: {why}", folder.display());
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|it| it.local_addr());
        let port = free.map_err(in_words)?.port();
        let settings = folder.join("nats.conf");
        let text = format!(
            "listen: 127.0.0.1:{port}\njetstream {{ store_dir: {:?}, sync_interval: always }}\n",
            folder.join("store")
        );
        std::fs::create_dir_all(folder).map_err(in_words)?;
        std::fs::write(&settings, text).map_err(in_words)?;
        let mut server = Self {
            settings,
            port,
            running: None,
        };
        server.run()?;
        Ok(server)
    }

    /// Starts it again where it was, and returns when it accepts connections.
    ///
    /// # Errors
    /// In words: what went wrong.
    pub fn run(&mut self) -> Result<(), String> {
        let end = Instant::now() + START;
        while Instant::now() < end {
            if self.has_ended() {
                // For the first time, or since its port was somebody's for a moment.
                let mut command = Command::new(program()?);
                command.arg("-c").arg(&self.settings);
                let command = command.stdout(Stdio::null()).stderr(Stdio::null());
                let begun = command.spawn().map_err(|why| format!("nats-server: {why}"));
                self.running = Some(begun?);
            }
            if TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok() && !self.has_ended() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(format!(
            "nats-server on port {} did not accept connections within {START:?}",
            self.port
        ))
    }

    fn has_ended(&mut self) -> bool {
        let running = self.running.as_mut();
        running.is_none_or(|it| matches!(it.try_wait(), Ok(Some(_))))
    }

    /// Ends it as `kill -9` does.
    ///
    /// # Errors
    /// In words: what went wrong.
    pub fn kill(&mut self) -> Result<(), String> {
        let Some(mut running) = self.running.take() else {
            return Ok(());
        };
        let ended = running.kill().and_then(|()| running.wait());
        ended.map_err(|why| why.to_string()).map(drop)
    }

    /// Where it is, as the host's setting names it.
    pub fn address(&self) -> String {
        format!("nats://127.0.0.1:{}/{STREAM}", self.port)
    }

    /// How many events are in the stream.
    ///
    /// # Errors
    /// In words: what went wrong, for example that the stream is not there yet.
    pub async fn count(&self) -> Result<u64, String> {
        Ok(self.stream().await?.cached_info().state.messages)
    }

    /// Everything in the stream, in order: the subject under which each event was published, and the event.
    ///
    /// # Errors
    /// In words: what went wrong, for example which sequence is not there.
    pub async fn events(&self) -> Result<Vec<(String, Value)>, String> {
        let stream = self.stream().await?;
        let mut events = Vec::new();
        for sequence in 1..=stream.cached_info().state.last_sequence {
            let in_words = |why: &dyn std::fmt::Display| format!("sequence {sequence}: {why}");
            let message = stream.get_raw_message(sequence).await;
            let message = message.map_err(|why| in_words(&why))?;
            let event = serde_json::from_slice(&message.payload).map_err(|why| in_words(&why))?;
            events.push((message.subject.to_string(), event));
        }
        Ok(events)
    }

    /// The last event of those that were published under subjects like this, behind the stream's own.
    ///
    /// # Errors
    /// In words: what went wrong, for example that there is none yet.
    pub async fn last(&self, subjects: &str) -> Result<Value, String> {
        let subjects = format!("{}.{subjects}", STREAM.to_ascii_lowercase());
        let stream = self.stream().await?;
        let message = stream.get_last_raw_message_by_subject(&subjects).await;
        let message = message.map_err(|why| why.to_string())?;
        serde_json::from_slice(&message.payload).map_err(|why| why.to_string())
    }

    async fn stream(&self) -> Result<Stream, String> {
        let client = async_nats::connect(format!("nats://127.0.0.1:{}", self.port)).await;
        let context = jetstream::new(client.map_err(|why| why.to_string())?);
        let stream = context.get_stream(STREAM).await;
        stream.map_err(|why| why.to_string())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // What cannot be killed has ended.
        drop(self.kill());
    }
}

/// Where the commands put it.
fn program() -> Result<PathBuf, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let program = root.join(".palatine/tools/nats-server");
    match program.is_file() {
        true => Ok(program),
        false => Err("there is no nats-server: `cargo xtask test` installs it".to_owned()),
    }
}
