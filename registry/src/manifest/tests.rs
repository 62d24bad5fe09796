//! Cases of `manifest`.
