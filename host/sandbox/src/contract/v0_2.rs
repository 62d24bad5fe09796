//! Contract 0.2: as 0.1, and `chart.rows`.
//!
//! Frozen with that version: a departmental built against it is answered by this file for as long as it runs anywhere.

use wasmtime::Engine;
use wasmtime::component::Linker;

use crate::contract::{CONTRACT, Visit, interface};

/// What the names of its interfaces end with.
pub(crate) const VERSION: &str = "0.2.0";

/// The functions that a departmental of this version may import, and nothing else.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<Visit>> {
    let mut linker = Linker::new(engine);
    let name = |interface: &str| format!("{CONTRACT}{interface}@{VERSION}");
    linker.instance(&name("types"))?;
    interface::context(&mut linker.instance(&name("context"))?)?;
    let mut chart = linker.instance(&name("chart"))?;
    interface::chart(&mut chart)?;
    interface::rows(&mut chart)?;
    interface::packs(&mut linker.instance(&name("packs"))?)?;
    interface::journal(&mut linker.instance(&name("journal"))?)?;
    Ok(linker)
}
