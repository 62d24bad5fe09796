//! Machines in: messages from other systems become facts in the record.
//!
//! Invariant: a message is acknowledged after it is kept, whole, in the same commit as what it caused.

pub mod admission;
pub mod datatype;
pub mod message;
pub mod result;
pub mod sender;
pub mod timestamp;
