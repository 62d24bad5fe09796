//! Machines in, machines out: feeds from other systems into the record.
//!
//! Invariant: whatever arrives is filed whole, or parked with its reason; nothing is dropped and nothing is half done.

pub mod feed;
pub mod limits;
pub mod matching;
pub mod network;
pub mod outside;
pub mod plan;
pub mod relay;
pub mod replay;
pub mod sending;
pub mod subscription;
