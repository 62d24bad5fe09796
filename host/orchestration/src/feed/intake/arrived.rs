//! A message on its way through the intake.
//!
//! Invariant: what is kept of it is its bytes as they came.

use record::clock;
use record::log::T;
use record::message::{Arrival, Kept, State};

/// A message and what its header says of it.
#[derive(Clone)]
pub(super) struct Arrived<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) digest: Vec<u8>,
    pub(super) source: String,
    pub(super) control_id: String,
    pub(super) kind: String,
    pub(super) now_ms: i64,
    /// The numbers by which it knows its patients, once they are read: while it waits, it holds back what has one of them.
    pub(super) numbers: Vec<String>,
    pub(super) arrival: Arrival,
    /// Where it stands among those that wait, and what had become of it, where it was kept before.
    pub(super) place: Option<T>,
    pub(super) was: Option<State>,
}

impl<'a> Arrived<'a> {
    /// The same, with the numbers by which it knows its patients.
    pub(super) fn about(&self, numbers: Vec<String>) -> Arrived<'a> {
        Arrived {
            numbers,
            ..self.clone()
        }
    }

    pub(super) fn kept(&self, state: State) -> Kept {
        Kept {
            source: self.source.clone(),
            control_id: self.control_id.clone(),
            received_at: clock::rfc3339(self.now_ms),
            bytes: self.bytes.to_vec(),
            state,
            numbers: self.numbers.clone(),
            place: self.place,
            arrival: self.arrival.clone(),
        }
    }

    /// As filed; `loose`: the stay that it names and that is not in the record.
    pub(super) fn filed(&self, loose: Option<String>) -> Kept {
        match loose {
            None => self.kept(State::Filed),
            Some(stay) => Kept {
                numbers: vec![stay],
                ..self.kept(State::Loose)
            },
        }
    }
}
