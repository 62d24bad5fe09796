//! Every bound in the system, with its unit and its reason.
//!
//! Invariant: how bounds depend on each other is asserted while compiling.

/// Resources on one page of a search or a history: a screen shows fewer, a machine turns pages.
pub const PAGE_MAX: u32 = 1_000;
/// Resources on a page when nobody says how many.
pub const PAGE_DEFAULT: u32 = 50;
/// Commits answered to a reader of the log at once.
pub const LOG_PAGE_MAX: u32 = 1_000;

const _: () = assert!(PAGE_DEFAULT <= PAGE_MAX);
