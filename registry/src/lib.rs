//! Publishing departmentals: an OCI registry for their components, the suppliers' signatures on them, and the client
//! that hosts and suppliers reach it with.
//!
//! Invariant: bytes are named by their digest everywhere, and a release is published only once the supplier to whom
//! its namespace is bound has signed it and the registry has verified that.

pub use crate::server::{Config, ServeError, serve};

pub mod client;
pub mod clock;
pub mod component;
pub mod digest;
pub mod kind;
pub mod limits;
pub mod manifest;
pub mod name;
pub mod publishers;
#[cfg(feature = "testing")]
pub mod testing;
pub mod trust;

mod blobs;
mod catalogue;
mod publication;
mod server;
mod strict_json;
