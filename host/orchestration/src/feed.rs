//! Machines in: messages from other systems become facts in the record.
//!
//! Invariant: a message is acknowledged after it is kept, whole, in the same commit as what it caused.

pub mod acknowledgement;
pub mod admission;
pub mod allergy;
pub mod appointment;
pub mod batch;
pub mod coded;
pub mod codes;
pub mod contact;
pub mod datatype;
pub mod diagnosis;
pub mod document;
pub mod entry;
pub mod filing;
pub mod header;
pub mod immunisation;
pub mod intake;
pub mod listener;
pub mod merge;
pub mod message;
pub mod mllp;
pub mod order;
pub mod prescription;
pub mod problem;
pub mod referral;
pub mod result;
pub mod sender;
pub mod stay;
pub mod timestamp;
pub mod tls;
pub mod told;
pub mod whose;

#[cfg(test)]
pub(crate) mod tests;
