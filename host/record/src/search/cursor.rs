//! The cursor of a page: where the next one begins, as of which commit, of which query.
//!
//! Invariant: only a cursor that this record gave for this very query is taken; every other text is refused.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::ReadError;

/// The form of a cursor, so that another one can be told from it.
const FORM: u8 = 1;
/// Bytes that are signed.
const SIGNED: usize = 34;
/// Bytes of the signature that are kept.
const SIGNATURE: usize = 16;

/// What signs cursors.
#[derive(Clone)]
pub(crate) struct Secret(pub(crate) [u8; 32]);

/// Where the next page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Point {
    /// As of which commit.
    pub(crate) t: i64,
    /// 0: in the order asked for; 1: behind it, what has no value to be ordered by; 2: a place in an order made in memory.
    pub(crate) phase: u8,
    /// The key of the last match before.
    pub(crate) key: i64,
    /// Its number, or the place.
    pub(crate) r: i64,
}

/// What stands for a query and for who asks it: a cursor is of no use to anybody else.
pub(crate) fn of_query(written: &str, account: &str) -> [u8; 8] {
    let digest = Sha256::new()
        .chain_update(account.as_bytes())
        .chain_update([0])
        .chain_update(written.as_bytes())
        .finalize();
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    first
}

/// That a cursor is of another search, of somebody else's, or made up.
pub(crate) fn not_of_this_search() -> ReadError {
    ReadError::Unreadable {
        what: "`_page` is not a page of this search: begin again without it".to_owned(),
    }
}

impl Secret {
    /// The point as text.
    pub(crate) fn written(&self, point: Point, query: [u8; 8]) -> String {
        let mut bytes = Vec::with_capacity(SIGNED + SIGNATURE);
        bytes.push(FORM);
        bytes.extend_from_slice(&point.t.to_be_bytes());
        bytes.push(point.phase);
        bytes.extend_from_slice(&point.key.to_be_bytes());
        bytes.extend_from_slice(&point.r.to_be_bytes());
        bytes.extend_from_slice(&query);
        let signature = self.signature(&bytes);
        bytes.extend_from_slice(&signature);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// A text that is handed out and comes back, signed.
    pub(crate) fn sealed(&self, text: &str) -> String {
        let signature = self.signature(text.as_bytes());
        let parts = [
            URL_SAFE_NO_PAD.encode(text),
            URL_SAFE_NO_PAD.encode(signature),
        ];
        parts.join(".")
    }

    /// The text that was sealed; `None`: not by this record.
    pub(crate) fn opened(&self, sealed: &str) -> Option<String> {
        let (text, signature) = sealed.split_once('.')?;
        let text = URL_SAFE_NO_PAD.decode(text).ok()?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let genuine: bool = self.signature(&text).as_slice().ct_eq(&signature).into();
        genuine.then(|| String::from_utf8(text).ok()).flatten()
    }

    /// The point in a text.
    pub(crate) fn read(&self, text: &str, query: [u8; 8]) -> Result<Point, ReadError> {
        self.checked(text, query).ok_or_else(not_of_this_search)
    }

    fn checked(&self, text: &str, query: [u8; 8]) -> Option<Point> {
        if text.len() > 2 * (SIGNED + SIGNATURE) {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (signed, signature) = bytes.split_at_checked(SIGNED)?;
        let genuine: bool = self.signature(signed).as_slice().ct_eq(signature).into();
        let number = |at: usize| Some(i64::from_be_bytes(signed.get(at..at + 8)?.try_into().ok()?));
        if !genuine || signed.first() != Some(&FORM) || signed.get(26..) != Some(query.as_slice()) {
            return None;
        }
        Some(Point {
            t: number(1)?,
            phase: *signed.get(9)?,
            key: number(10)?,
            r: number(18)?,
        })
    }

    /// The secret lies around both sums, so that knowing a signature does not help to make another.
    fn signature(&self, signed: &[u8]) -> [u8; SIGNATURE] {
        let inner = Sha256::new()
            .chain_update(self.0)
            .chain_update(signed)
            .finalize();
        let outer = Sha256::new()
            .chain_update(self.0)
            .chain_update(inner)
            .finalize();
        let mut first = [0; SIGNATURE];
        first.copy_from_slice(&outer[..SIGNATURE]);
        first
    }
}
