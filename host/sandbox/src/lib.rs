//! The sandbox: runs departmentals, components of strangers, and is the only package that names wasmtime.
//!
//! Each call has a fresh instance, fixed bounds and no reach but the chart of that call; whatever a guest does, the
//! outcome is an ordinary answer.

mod apart;
pub mod budget;
pub mod compile;
pub mod contract;
mod engine;
mod guest;
mod lane;
pub mod sandbox;
#[cfg(feature = "testing")]
pub mod testing;
mod turns;
pub mod unit;
mod worker;

pub use budget::Budget;
pub use compile::{HostKey, Program, compile_component, compile_counting_component};
pub use sandbox::question::Loaded;
pub use sandbox::{Config, LoadError, Place, Sandbox, SandboxError, digest_of};
pub use worker::run_departmental;
