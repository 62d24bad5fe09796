//! The framing of messages on a byte stream: 0x0B, the message, 0x1C 0x0D.
//!
//! Invariant: the same bytes give the same events, however they are split into packets, and no more than one message
//! and one packet are held at a time.

use crate::limits::{CUT_BYTES_MAX, MESSAGE_BYTES_MAX};

/// Before a message.
pub const START: u8 = 0x0B;
/// After a message.
pub const END: u8 = 0x1C;
/// After the end.
pub const RETURN: u8 = 0x0D;

/// What was found on the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A whole frame.
    Message(Vec<u8>),
    /// A frame began before the last one had ended: what there is of the last one, cut.
    Unfinished(Vec<u8>),
    /// The frame has more bytes than are taken: its beginning. The stream cannot be followed any further.
    TooLong(Vec<u8>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Outside,
    Inside,
    /// Inside, and the last byte was [`END`].
    Ending,
    /// After a frame that was too long.
    Lost,
}

/// Finds frames in bytes as they come.
#[derive(Debug)]
pub struct Decoder {
    state: State,
    frame: Vec<u8>,
    stray: usize,
    begun: u64,
    bytes_max: usize,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new(MESSAGE_BYTES_MAX)
    }
}

impl Decoder {
    /// A decoder that takes messages of at most so many bytes.
    #[must_use]
    pub fn new(bytes_max: usize) -> Self {
        Self {
            state: State::Outside,
            frame: Vec::new(),
            stray: 0,
            begun: 0,
            bytes_max,
        }
    }
    /// Takes bytes until an event or their end: how many were taken, and the event.
    pub fn take(&mut self, bytes: &[u8]) -> (usize, Option<Event>) {
        let mut taken = 0;
        while let Some(rest) = bytes.get(taken..).filter(|rest| !rest.is_empty()) {
            let (step, event) = match self.state {
                State::Outside => (self.outside(rest), None),
                State::Inside => self.inside(rest),
                State::Ending => self.ending(rest[0]),
                State::Lost => (rest.len(), None),
            };
            taken += step;
            if event.is_some() {
                return (taken, event);
            }
        }
        (taken, None)
    }
    /// Whether a frame has begun and not ended.
    #[must_use]
    pub fn is_inside(&self) -> bool {
        matches!(self.state, State::Inside | State::Ending)
    }
    /// How many frames have begun.
    #[must_use]
    pub fn frames_begun(&self) -> u64 {
        self.begun
    }
    /// Bytes held of a frame that has not ended.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.frame.capacity()
    }
    /// Bytes met outside frames since the last frame; the return after a frame does not count.
    #[must_use]
    pub fn stray_bytes(&self) -> usize {
        self.stray
    }
    /// What there is of a frame that will not end.
    #[must_use]
    pub fn cut(&mut self) -> Vec<u8> {
        self.state = State::Outside;
        let mut frame = std::mem::take(&mut self.frame);
        frame.truncate(CUT_BYTES_MAX);
        frame
    }

    fn outside(&mut self, rest: &[u8]) -> usize {
        match rest.iter().position(|byte| *byte == START) {
            Some(at) => {
                self.stray = 0;
                self.begun += 1;
                self.state = State::Inside;
                at + 1
            }
            None => {
                self.stray = self.stray.saturating_add(rest.len());
                rest.len()
            }
        }
    }
    fn inside(&mut self, rest: &[u8]) -> (usize, Option<Event>) {
        let mark = rest.iter().position(|byte| matches!(*byte, START | END));
        let body = &rest[..mark.unwrap_or(rest.len())];
        if self.frame.len() + body.len() > self.bytes_max {
            let room = self.bytes_max.saturating_sub(self.frame.len());
            self.frame.extend_from_slice(&body[..room]);
            let cut = self.cut();
            self.state = State::Lost;
            return (rest.len(), Some(Event::TooLong(cut)));
        }
        self.frame.extend_from_slice(body);
        match mark.map(|at| rest[at]) {
            Some(START) => (body.len() + 1, self.restart()),
            Some(_) => {
                self.state = State::Ending;
                (body.len() + 1, None)
            }
            None => (body.len(), None),
        }
    }
    fn ending(&mut self, byte: u8) -> (usize, Option<Event>) {
        match byte {
            RETURN => {
                self.state = State::Outside;
                (1, Some(Event::Message(std::mem::take(&mut self.frame))))
            }
            START => (1, self.restart()),
            _ => {
                // An end that ends nothing belongs to the message, which will not be readable.
                self.frame.push(END);
                self.state = State::Inside;
                (0, None)
            }
        }
    }
    fn restart(&mut self) -> Option<Event> {
        let cut = self.cut();
        self.begun += 1;
        self.state = State::Inside;
        Some(Event::Unfinished(cut))
    }
}

/// A message in its frame.
#[must_use]
pub fn framed(message: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(message.len() + 3);
    frame.push(START);
    frame.extend_from_slice(message);
    frame.extend_from_slice(&[END, RETURN]);
    frame
}

#[cfg(test)]
mod tests;
