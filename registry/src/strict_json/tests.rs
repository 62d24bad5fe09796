//! Cases of `strict_json`.
