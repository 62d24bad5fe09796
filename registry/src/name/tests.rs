//! Cases of `name`.
