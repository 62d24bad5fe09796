//! What a commit writes about a message: its row when it is new, and the fates that end and begin.
//!
//! Invariant: what was decided about a message stands in the commit's own words, whose digest the audit has.

use sha2::{Digest, Sha256};

use super::{Arrival, Kept, State, number};
use crate::caller::Caller;
use crate::store::message::{FateRow, Fates};
use crate::store::row::MessageRow;

/// What a commit writes about a message.
#[derive(Clone, Debug)]
pub(crate) struct Keeping {
    /// The message, where it is new; its commit is filled in when that is known.
    pub(crate) row: Option<MessageRow>,
    kept: Kept,
    site: String,
}

/// What has to be written about a message.
pub(crate) fn keeping(caller: &Caller, kept: &Kept) -> Keeping {
    let site = caller.site().as_str().to_owned();
    let (reason, field) = match &kept.state {
        State::Filed | State::Loose => (None, None),
        State::Parked { reason, at } | State::Awaiting { reason, at } => {
            (Some(reason.clone()), at.clone())
        }
        State::Held { behind } => (Some(format!("held behind message {behind}")), None),
        State::Due | State::Corrected { .. } | State::Dropped { .. } => {
            (Some(kept.state.as_str().to_owned()), None)
        }
    };
    let row = match kept.arrival {
        Arrival::Again(_) => None,
        Arrival::New | Arrival::Correction(_) => Some(MessageRow {
            source: kept.source.clone(),
            control_id: kept.control_id.clone(),
            digest: hex::encode(Sha256::digest(&kept.bytes)),
            t: 0,
            received_at: kept.received_at.clone(),
            site: site.clone(),
            reason,
            field,
            bytes: kept.bytes.clone(),
        }),
    };
    Keeping {
        row,
        kept: Kept {
            bytes: Vec::new(),
            ..kept.clone()
        },
        site,
    }
}

impl Keeping {
    /// By what name the message is known.
    pub(crate) fn name(&self) -> (&str, &str) {
        (&self.kept.source, &self.kept.control_id)
    }

    /// Writes the fates that end and begin with commit `t`.
    pub(crate) fn write(&self, t: i64, fates: &mut Fates) {
        match self.kept.arrival {
            Arrival::New => {
                // What is filed as it arrives needs no fate: it never waited.
                if self.kept.state != State::Filed {
                    self.begin(t, t, &self.kept.state, fates);
                }
            }
            Arrival::Again(waited) => {
                let message = number(waited.message);
                fates.ended.push((message, t));
                self.begin(message, t, &self.kept.state, fates);
            }
            Arrival::Correction(waited) => {
                let message = number(waited.message);
                fates.ended.push((message, t));
                let corrected = State::Corrected {
                    by: super::commit(t),
                };
                self.begin(message, t, &corrected, fates);
                self.begin(t, t, &self.kept.state, fates);
            }
        }
    }

    fn place(&self, message: i64) -> i64 {
        self.kept.place.map_or(message, number)
    }

    fn begin(&self, message: i64, t: i64, state: &State, fates: &mut Fates) {
        let (fate, reason, field, other) = state.parts();
        fates.begun.push(FateRow {
            message,
            from_t: t,
            fate,
            place: self.place(message),
            site: self.site.clone(),
            source: self.kept.source.clone(),
            reason,
            field,
            other,
        });
        if state.waits() || *state == State::Loose {
            let numbers = self.kept.numbers.iter();
            let place = self.place(message);
            fates
                .numbers
                .extend(numbers.map(|it| (it.clone(), message, place)));
        } else {
            fates.settled.push((message, t));
        }
    }
}
