//! Where in a file a reader is.
//!
//! Invariant: lines and columns are those of the next byte that has not been taken, both from 1.

use std::io::{BufRead, Read};

/// Counts lines and columns of what was read through it.
pub(super) struct Counted<'r> {
    pub(super) from: &'r mut dyn BufRead,
    pub(super) line: u64,
    pub(super) column: u64,
}

impl Read for Counted<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let some = self.fill_buf()?;
        let length = some.len().min(into.len());
        into[..length].copy_from_slice(&some[..length]);
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for Counted<'_> {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        self.from.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        if let Ok(some) = self.from.fill_buf() {
            for byte in some.iter().take(amount) {
                if *byte == b'\n' {
                    self.line += 1;
                    self.column = 1;
                } else {
                    self.column += 1;
                }
            }
        }
        self.from.consume(amount);
    }
}
