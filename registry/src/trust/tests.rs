//! Cases of `trust`.
