//! Cases of the server, asked over real sockets: every row of the protocol, and what a hostile client sends.
#![expect(
    clippy::unwrap_used,
    reason = "a case that cannot be set up has failed"
)]

mod abuse;
mod protocol;
mod release;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tempfile::TempDir;
use tokio::sync::oneshot;

use super::{Config, serve};
use crate::clock::Clock;
use crate::digest::Digest;
use crate::publishers::{PublisherEntry, Publishers};
use crate::trust::SupplierKey;

/// When the registry of a test believes to be.
pub(super) const NOW: &str = "2026-03-01T12:00:00Z";

/// A registry in this process, on a free port.
pub(super) struct Running {
    pub(super) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// Names in lower case.
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// Seeds of the suppliers' keys; a supplier's token is its name in lower case and `-token`.
pub(super) fn key(supplier: &str) -> SupplierKey {
    SupplierKey::from_seed(&[supplier.len() as u8 + supplier.as_bytes()[0]; 32])
}

fn publishers() -> Publishers {
    let entries = ["Acme", "Beta"].map(|supplier| PublisherEntry {
        supplier: supplier.to_owned(),
        token_sha256: Digest::sha256(format!("{}-token", supplier.to_lowercase()).as_bytes())
            .hex()
            .to_owned(),
        namespaces: vec![supplier.to_lowercase().parse().unwrap()],
        public_key: BASE64.encode(key(supplier).public().as_bytes()),
    });
    Publishers::new(&entries).unwrap()
}

impl Running {
    /// Starts a registry on a folder.
    pub(super) fn on(folder: &Path) -> Self {
        let config = Config {
            folder: folder.to_owned(),
            publishers: publishers(),
            public_address: None,
            clock: Clock::fixed(NOW.parse().unwrap()),
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap()
                .block_on(async {
                    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                    tell.send(listener.local_addr().unwrap()).unwrap();
                    serve(listener, config, async { drop(stopped.await) })
                        .await
                        .unwrap();
                });
        });
        Self {
            address: told.recv().unwrap(),
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Starts a registry on a folder that goes with it.
    pub(super) fn fresh() -> (Self, TempDir) {
        let folder = tempfile::tempdir().unwrap();
        (Self::on(folder.path()), folder)
    }

    pub(super) fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sends one request, byte for byte as given, and reads its answer.
    pub(super) fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut stream = self.connect();
        let mut request =
            format!("{method} {path} HTTP/1.1\r\nhost: registry\r\nconnection: close\r\n");
        if !headers.iter().any(|(name, _)| *name == "content-length") {
            request += &format!("content-length: {}\r\n", body.len());
        }
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        stream
            .write_all(&[request.as_bytes(), b"\r\n", body].concat())
            .unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        Answer::read(&bytes)
    }

    /// The same as the publisher Acme.
    pub(super) fn acme(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        self.ask(
            method,
            path,
            &[headers, &[("authorization", "Bearer acme-token")]].concat(),
            body,
        )
    }

    pub(super) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        stream
    }

    /// Pushes a blob as Acme. Answers its digest.
    pub(super) fn blob(&self, repository: &str, bytes: &[u8]) -> String {
        let digest = Digest::sha256(bytes).to_string();
        let answer = self.acme(
            "POST",
            &format!("/v2/{repository}/blobs/uploads/?digest={digest}"),
            &[],
            bytes,
        );
        assert_eq!(answer.status, 201, "{answer:?}");
        digest
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(
            std::thread::panicking() || matches!(ended, Some(Ok(()))),
            "the registry stopped in order"
        );
    }
}

impl Answer {
    fn read(bytes: &[u8]) -> Self {
        let split = bytes.windows(4).position(|it| it == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(bytes[..split].to_vec()).unwrap();
        let mut lines = head.lines();
        let status = lines
            .next()
            .unwrap()
            .split(' ')
            .nth(1)
            .unwrap()
            .parse()
            .unwrap();
        let headers = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        Self {
            status,
            headers,
            body: bytes[split + 4..].to_vec(),
        }
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers
            .iter()
            .find(|(it, _)| it == name)
            .map_or("", |(_, value)| value)
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Everything, on lines, for a case to look for words in.
    pub(super) fn whole(&self) -> String {
        let headers = self
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\n"));
        format!(
            "{}\n{}{}",
            self.status,
            headers.collect::<String>(),
            self.text()
        )
    }
}

/// Every file under a folder.
pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path))
        } else {
            all.push(path)
        }
    }
    all
}
