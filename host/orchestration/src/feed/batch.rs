//! Batches: several messages between FHS or BHS and BTS or FTS, taken each by itself.
//!
//! Invariant: every message of a batch is found whole and in its order; what the batch says of itself is compared with
//! what came, and what stands between its messages is not lost in silence.

use crate::feed::message::charset::{header_field, trimmed};
use crate::feed::message::delimiters::Delimiters;
use crate::limits::BATCH_MESSAGES_MAX;

/// The messages of a batch, and what is wrong with the batch itself.
#[derive(Debug, PartialEq, Eq)]
pub struct Batch<'a> {
    /// Each as it stands, in order, at most [`BATCH_MESSAGES_MAX`].
    pub messages: Vec<&'a [u8]>,
    /// What it says of itself that is not so, in words. Its messages stand for themselves nevertheless.
    pub wrong: Option<String>,
}

/// The batch that some bytes are. `None`: they begin with no batch's header.
#[must_use]
pub fn read(bytes: &[u8]) -> Option<Batch<'_>> {
    let bytes = trimmed(bytes);
    if !bytes.starts_with(b"FHS") && !bytes.starts_with(b"BHS") {
        return None;
    }
    let mut reading = Reading::default();
    let mut from = 0;
    let ends = memchr::memchr2_iter(b'\r', b'\n', bytes).chain([bytes.len()]);
    for end in ends {
        let line = bytes.get(from..end).unwrap_or_default();
        reading.line(bytes, line, from);
        from = end + 1;
    }
    reading.close(bytes, bytes.len());
    Some(reading.ended())
}

#[derive(Default)]
struct Reading<'a> {
    messages: Vec<&'a [u8]>,
    /// Where the message that is being read begins.
    begun: Option<usize>,
    delimiters: Option<Delimiters>,
    /// Messages and batches before the present batch, and the batches begun.
    before: usize,
    batches: usize,
    trailers: usize,
    is_file: bool,
    file_trailers: usize,
    wrong: Option<String>,
}

impl<'a> Reading<'a> {
    fn line(&mut self, bytes: &'a [u8], line: &'a [u8], at: usize) {
        match line.get(..3).unwrap_or_default() {
            b"FHS" | b"BHS" => {
                self.close(bytes, at);
                self.delimiters = Delimiters::read_any(line).ok();
                if self.delimiters.is_none() {
                    self.is_wrong(
                        "its header names no characters to cut it by, as in FHS|^~\\&".to_owned(),
                    );
                }
                match line.starts_with(b"FHS") {
                    true => self.is_file = true,
                    false => {
                        self.batches += 1;
                        self.before = self.messages.len();
                    }
                }
            }
            b"MSH" => {
                self.close(bytes, at);
                self.begun = Some(at);
            }
            b"BTS" => {
                self.close(bytes, at);
                self.trailers += 1;
                let came = self.messages.len() - self.before;
                self.counted("BTS-1", "messages", line, came);
                self.before = self.messages.len();
            }
            b"FTS" => {
                self.close(bytes, at);
                self.file_trailers += 1;
                self.counted("FTS-1", "batches", line, self.batches);
            }
            _ if self.begun.is_none() && !line.trim_ascii().is_empty() => {
                self.is_wrong(format!(
                    "a line at byte {at} stands between its messages and belongs to none"
                ));
            }
            _ => {}
        }
    }

    /// Ends the message that is being read.
    fn close(&mut self, bytes: &'a [u8], at: usize) {
        let Some(begun) = self.begun.take() else {
            return;
        };
        if self.messages.len() >= BATCH_MESSAGES_MAX {
            self.is_wrong(format!(
                "it has more than {BATCH_MESSAGES_MAX} messages; those behind were not taken, send them in a batch of their own"
            ));
            return;
        }
        self.messages
            .push(bytes.get(begun..at).unwrap_or_default().trim_ascii_end());
    }

    /// Compares a trailer's number with what came; a trailer need not say one.
    fn counted(&mut self, place: &str, of: &str, line: &[u8], came: usize) {
        let delimiters = self.delimiters.unwrap_or(Delimiters::USUAL);
        let said = String::from_utf8_lossy(header_field(line, &delimiters, 2)).into_owned();
        let said = said.trim();
        if said.is_empty() {
            return;
        }
        if said.parse() != Ok(came) {
            let said: String = said.chars().take(20).collect();
            self.is_wrong(format!("{place} says {said:?} {of}, and {came} came"));
        }
    }

    fn is_wrong(&mut self, what: String) {
        self.wrong.get_or_insert(what);
    }

    fn ended(mut self) -> Batch<'a> {
        if self.trailers != self.batches {
            self.is_wrong(format!(
                "{} BHS and {} BTS came: each batch has one of both",
                self.batches, self.trailers
            ));
        }
        if self.file_trailers != usize::from(self.is_file) {
            self.is_wrong("FHS and FTS come together, once".to_owned());
        }
        if self.messages.is_empty() {
            self.is_wrong("no message is in it".to_owned());
        }
        Batch {
            messages: self.messages,
            wrong: self.wrong,
        }
    }
}

#[cfg(test)]
mod tests;
