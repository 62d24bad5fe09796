//! Machines in: messages from other systems become facts in the record.
//!
//! Invariant: a message is acknowledged after it is kept, whole, in the same commit as what it caused.

pub mod acknowledgement;
pub mod admission;
pub mod datatype;
pub mod filing;
pub mod header;
pub mod intake;
pub mod listener;
pub mod message;
pub mod mllp;
pub mod result;
pub mod sender;
pub mod timestamp;
pub mod told;
pub mod whose;

#[cfg(test)]
mod tests;
