//! The departmental at the bedside, and how tables of cases are read. Tables are read in the sandbox as well; what needs a
//! bedside or files is native.

pub(crate) mod cases;

#[cfg(not(target_family = "wasm"))]
mod alerts;
#[cfg(not(target_family = "wasm"))]
pub(crate) mod chart;
#[cfg(not(target_family = "wasm"))]
mod demonstration;
#[cfg(not(target_family = "wasm"))]
pub(crate) mod forms;
#[cfg(not(target_family = "wasm"))]
pub(crate) mod screens;
#[cfg(not(target_family = "wasm"))]
mod ward;
#[cfg(not(target_family = "wasm"))]
pub(crate) mod whole;
