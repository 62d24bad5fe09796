//! The closed list of what can be wrong, which is all that an edge branches on.
//!
//! Invariant: every error type of this package answers `kind()` with one of these.

/// What sort of failure an error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What was sent is malformed; sending it again will fail again.
    Incorrect,
    /// The sender is unknown, or known and not permitted.
    Forbidden,
    /// There is nothing under that name.
    NotFound,
    /// Something else is already there, and it is not replaced.
    Conflict,
    /// Well formed, understood and turned down by a rule.
    Refused,
    /// A bound is reached; trying later can succeed.
    Busy,
    /// Our own disk, network or invariant failed.
    Fault,
}
