//! The running host: wiring and command line only.
fn main() {}
