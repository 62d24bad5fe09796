//! The packs as they are in force at the moment of the call.
//!
//! Invariant: every failure to read one names the pack and the part; nothing has a value in code.

use sdk::pack::Part;
use sdk::{Call, Failure};

/// What a pack says, read by the rule that it is for.
///
/// # Errors
/// Any failure of the packs; `fault` that names the part that is missing or not of its kind.
pub(crate) fn in_force<T>(
    call: &Call<'_>,
    name: &str,
    read: impl Fn(Part<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    read(Part::of(name, &call.packs.get(name)?))
}

/// What of a pack nobody compared with its source; empty when all was.
///
/// # Errors
/// As [`in_force`].
pub(crate) fn unverified(call: &Call<'_>, name: &str) -> Result<Vec<String>, Failure> {
    in_force(call, name, |pack| pack.unverified())
}
