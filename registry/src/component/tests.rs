//! Cases of `component`.
