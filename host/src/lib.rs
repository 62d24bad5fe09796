//! palatine
