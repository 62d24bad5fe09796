//! Lines and where their fields begin, found in one pass over a message.
//!
//! Invariant: every byte is looked at once; where the first fields begin is kept, later ones are looked for when asked.

use crate::feed::message::delimiters::nth;

/// Fields of a segment whose beginnings are kept: what nearly all of a plan reads.
const NEAR: usize = 24;

/// Where the first fields of a segment begin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Starts {
    at: [u16; NEAR],
    known: u8,
    /// Whether there are no fields but those.
    all: bool,
}

impl Starts {
    const NONE: Self = Self {
        at: [0; NEAR],
        known: 1,
        all: true,
    };

    fn add(&mut self, start: usize) {
        let slot = self.at.get_mut(usize::from(self.known));
        match (slot, u16::try_from(start), self.all) {
            (Some(slot), Ok(start), true) => {
                *slot = start;
                self.known += 1;
            }
            _ => self.all = false,
        }
    }

    /// The field with that index, from 0, which is the segment's name.
    pub(super) fn field<'a>(&self, text: &'a str, delimiter: char, index: usize) -> &'a str {
        let known = usize::from(self.known);
        let from = |index: usize| self.at.get(index).map_or(0, |start| usize::from(*start));
        if index + 1 < known {
            return text.get(from(index)..from(index + 1) - 1).unwrap_or("");
        }
        let last = known - 1;
        let rest = text.get(from(last)..).unwrap_or("");
        match (self.all, index - last) {
            (true, 0) => rest,
            (true, _) => "",
            (false, further) => nth(rest, delimiter, further),
        }
    }
}

/// Goes through a text line by line.
pub(super) struct Cutter<'a> {
    text: &'a str,
    marks: memchr::Memchr3<'a>,
    separator: u8,
    begin: usize,
    ended: bool,
}

impl<'a> Cutter<'a> {
    /// A text whose fields stand between such separators.
    pub(super) fn new(text: &'a str, separator: char) -> Self {
        let separator = u8::try_from(separator).unwrap_or(b'|');
        Self {
            text,
            marks: memchr::memchr3_iter(separator, b'\r', b'\n', text.as_bytes()),
            separator,
            begin: 0,
            ended: false,
        }
    }

    /// The next line and where its fields begin; `None` behind the last.
    pub(super) fn next_line(&mut self) -> Option<(&'a str, Starts)> {
        if self.ended {
            return None;
        }
        let mut starts = Starts::NONE;
        let begin = self.begin;
        for mark in self.marks.by_ref() {
            if self.text.as_bytes().get(mark) == Some(&self.separator) {
                starts.add(mark + 1 - begin);
                continue;
            }
            self.begin = mark + 1;
            return Some((self.text.get(begin..mark).unwrap_or(""), starts));
        }
        self.ended = true;
        Some((self.text.get(begin..).unwrap_or(""), starts))
    }
}
