//! Messages cut and read, one row each; and whatever bytes come, no panic.

#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
