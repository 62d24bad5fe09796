//! A wire to PostgreSQL that can be cut in the middle of a commit.
//!
//! Invariant: where it is cut is decided by what is said on it, never by the clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The message with which a transaction is committed: its kind, its length, its text.
const COMMIT: &[u8] = b"Q\x00\x00\x00\x0bCOMMIT\x00";

/// Where the next commit is cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    Nowhere,
    /// The server never hears of it.
    BeforeTheServer,
    /// The server has done it, and nobody hears of that.
    AfterTheServer,
}

/// The wire.
pub(super) struct Wire {
    cut: Arc<AtomicU8>,
    /// The connection string through it.
    pub(super) url: String,
}

impl Wire {
    /// Between here and the server of a connection string.
    pub(super) async fn to(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (before, rest) = url.split_once('@').unwrap();
        let (server, database) = rest.split_once('/').unwrap();
        let url = format!("{before}@127.0.0.1:{port}/{database}");
        let cut = Arc::new(AtomicU8::new(0));
        let (server, decided) = (server.to_owned(), Arc::clone(&cut));
        tokio::spawn(async move {
            while let Ok((here, _)) = listener.accept().await {
                let there = TcpStream::connect(&server).await.unwrap();
                tokio::spawn(carry(here, there, Arc::clone(&decided)));
            }
        });
        Self { cut, url }
    }

    /// Cuts the next commit, and only that.
    pub(super) fn cut_next(&self, cut: Cut) {
        self.cut.store(cut as u8, Ordering::SeqCst);
    }
}

async fn carry(here: TcpStream, there: TcpStream, cut: Arc<AtomicU8>) {
    let (mut from_here, mut to_here) = here.into_split();
    let (mut from_there, mut to_there) = there.into_split();
    let deaf = Arc::new(AtomicBool::new(false));
    let is_deaf = Arc::clone(&deaf);
    let back = tokio::spawn(async move {
        let mut bytes = vec![0; 1 << 16];
        while let Ok(n @ 1..) = from_there.read(&mut bytes).await {
            if !is_deaf.load(Ordering::SeqCst) && to_here.write_all(&bytes[..n]).await.is_err() {
                break;
            }
        }
    });
    let mut bytes = vec![0; 1 << 16];
    while let Ok(n @ 1..) = from_here.read(&mut bytes).await {
        let commits = bytes[..n].windows(COMMIT.len()).any(|part| part == COMMIT);
        let cut = match commits {
            true => cut.swap(Cut::Nowhere as u8, Ordering::SeqCst),
            false => Cut::Nowhere as u8,
        };
        if cut == Cut::BeforeTheServer as u8 {
            break;
        }
        if cut == Cut::AfterTheServer as u8 {
            // Nothing comes back any more, and this end is closed once the server has done what it was told.
            deaf.store(true, Ordering::SeqCst);
            to_there.write_all(&bytes[..n]).await.unwrap();
            to_there.shutdown().await.unwrap();
            return back.await.unwrap();
        }
        if to_there.write_all(&bytes[..n]).await.is_err() {
            break;
        }
    }
    back.abort();
}
