//! Bounds on merging two persons and on undoing it.
//!
//! Invariant: what one merge moves fits into one commit.

use crate::limits::CHANGES_MAX;

/// Resources that one merge moves, or its undoing moves back: one commit, of which no half may be seen. The room left in
/// `CHANGES_MAX` is for the two persons, the event, and copies of what is decided.
pub const MOVED_MAX: usize = 9_000;
/// Resources of which all versions are held at once while a merge is undone.
pub const HISTORIES_AT_ONCE: usize = 200;
/// Longest reason for a merge or its undoing, and longest evidence, in characters.
pub const IDENTITY_REASON_CHARS_MAX: usize = 500;
/// How often a merge is planned anew because something came to either person meanwhile.
pub const IDENTITY_TRIES_MAX: usize = 8;
/// Persons through whom an old link leads on to the one who stands; and events that a chart lists.
pub const IDENTITY_STEPS_MAX: usize = 100;

const _: () = assert!(MOVED_MAX < CHANGES_MAX);
