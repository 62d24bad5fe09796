//! What a supplier builds a departmental with: one trait to implement, builders for its documents, and a bench for tests.
//!
//! A departmental keeps nothing between calls and reaches nothing but what a [`Call`] hands it; the same code runs
//! natively in tests ([`bedside`]) and in the host's sandbox ([`export!`]).

pub mod advice;
#[cfg(not(target_family = "wasm"))]
pub mod bedside;
mod call;
pub mod decimal;
mod departmental;
mod failure;
mod form;
#[cfg(target_family = "wasm")]
#[doc(hidden)]
pub mod guest;
pub mod moment;
pub mod pack;
mod proposal;
mod rows;
pub mod screen;
pub mod table;
pub mod units;

pub use advice::Advice;
pub use call::{Call, Chart, Context, Journal, Level, Packs, Page};
pub use departmental::Departmental;
pub use failure::Failure;
pub use form::{Action, Event, Form, Hook, Parameters, Seen};
pub use proposal::{Finding, Outcome, Proposal};
pub use rows::{Row, Rows, ViewQuery};
pub use screen::Screen;
pub use serde_json::{Value, json};

/// The guide, so that what it shows compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Guide;

/// Makes a departmental the exports of this component: `sdk::export!(Pathology);`, once, in the crate's `lib.rs`.
///
/// Takes an expression of a type that implements [`Departmental`], as a rule a struct without fields. Does nothing in a
/// native build.
#[macro_export]
macro_rules! export {
    ($departmental:expr) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            struct Exported;
            impl $crate::guest::Screens for Exported {
                fn open(
                    screen: String,
                    parameters: String,
                ) -> Result<String, $crate::guest::WireFailure> {
                    $crate::guest::open(&$departmental, &screen, &parameters)
                }
                fn submit(
                    screen: String,
                    action: String,
                    form: String,
                ) -> Result<String, $crate::guest::WireFailure> {
                    $crate::guest::submit(&$departmental, &screen, &action, &form)
                }
            }
            impl $crate::guest::Reactions for Exported {
                fn react(event: String) -> Result<String, $crate::guest::WireFailure> {
                    $crate::guest::react(&$departmental, &event)
                }
            }
            impl $crate::guest::Advising for Exported {
                fn advise(
                    hook: String,
                    input: String,
                ) -> Result<String, $crate::guest::WireFailure> {
                    $crate::guest::advise(&$departmental, &hook, &input)
                }
            }
            impl $crate::guest::Intake for Exported {
                fn convert(
                    format: String,
                    message: Vec<u8>,
                ) -> Result<String, $crate::guest::WireFailure> {
                    $crate::guest::convert(&$departmental, &format, &message)
                }
            }
    $crate::guest::export_component!(Exported with_types_in $crate::guest::bindings);
        };
    };
}
