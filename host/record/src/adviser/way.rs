//! The way outside: what is sent or asked, what may come back, and whoever carries it.
//!
//! Invariant: whoever carries it is told how long and how much an answer may be.

use std::pin::Pin;
use std::time::Duration;

/// What is sent outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errand {
    /// To where.
    pub address: String,
    /// What says who sends it.
    pub bearer: String,
    /// A JSON document.
    pub body: String,
    /// How long the answer may take altogether.
    pub within: Duration,
    /// How long it may be, in bytes.
    pub answer_bytes_max: usize,
}

/// Why there is no answer from outside.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutsideError {
    /// Nothing is sent to such an address.
    #[error("its address may not be called: {why}")]
    Address {
        /// Why.
        why: String,
    },
    /// It did not answer in time.
    #[error("it did not answer in time")]
    Late,
    /// It cannot be reached, or broke off.
    #[error("it could not be reached")]
    Unreached {
        /// Why, for the log.
        why: String,
    },
    /// It answered with another status than 200.
    #[error("it answered with status {status}")]
    Status {
        /// Which.
        status: u16,
    },
    /// Its answer is longer than may be read.
    #[error("its answer is longer than {bytes_max} bytes")]
    TooLong {
        /// How much is read.
        bytes_max: usize,
    },
    /// Its answer cannot be read.
    #[error("its answer could not be read")]
    Unreadable {
        /// Why, for the log.
        why: String,
    },
}

/// A document that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Where it lies.
    pub address: String,
    /// What says who asks.
    pub bearer: String,
    /// What is asked for if it is not what is kept: name and value.
    pub unless: Vec<(&'static str, String)>,
    /// How long the answer may take altogether.
    pub within: Duration,
    /// How long it may be, in bytes.
    pub answer_bytes_max: usize,
}

/// What a holder of documents answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fetched {
    /// Its status.
    pub status: u16,
    /// Its headers, their names in lower case.
    pub headers: Vec<(String, String)>,
    /// Its body, of an answer with status 200; empty otherwise.
    pub body: Vec<u8>,
}

/// A way outside. It checks the address it connects to, follows no redirect, and is bounded in time and bytes.
pub trait Outside: Send + Sync + 'static {
    /// Sends, and gives the body of an answer with status 200.
    fn send(
        &self,
        errand: Errand,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<u8>, OutsideError>> + Send + '_>>;
    /// Asks for a document, and gives whatever is answered.
    fn fetch(
        &self,
        asked: Asked,
    ) -> Pin<Box<dyn Future<Output = Result<Fetched, OutsideError>> + Send + '_>>;
}
