//! sdk/departmental
fn main() {}
