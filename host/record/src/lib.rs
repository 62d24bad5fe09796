//! The record: facts about patients, kept as a log of numbered commits; this is its whole public API.
//!
//! Invariant: every change is a commit with a gap-free number `t`, every read is made as of one `t`,
//! and no answer leaves before its audit leaf is kept.

pub mod caller;
pub mod permission;
