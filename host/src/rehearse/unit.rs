//! A crate's own unit tests, run where guests run: the same engine, no contract, generous bounds.
//!
//! Invariant: tests passed only if the module ran to its end; its output is lost, so the test that failed is told by the
//! frames of the trap.

use sandbox::unit::{Ended, Ran};
use serde_json::json;

use super::Failure;
use crate::replay::printable;

/// What came of the tests.
pub(crate) struct Tests(Ran);

/// Runs the tests of a core module.
pub(crate) async fn run(module: &[u8]) -> Result<Tests, Failure> {
    let module = module.to_vec();
    let ran = tokio::task::spawn_blocking(move || sandbox::unit::run(&module)).await?;
    Ok(Tests(ran?))
}

impl Tests {
    pub(crate) fn is_passed(&self) -> bool {
        match &self.0.ended {
            Ended::Passed => true,
            Ended::Failed { .. } => false,
        }
    }

    pub(crate) fn words(&self) -> String {
        let ran = &self.0;
        let cost = format!(
            "{} instructions, {} ms, {} bytes of memory",
            ran.instructions, ran.ms, ran.memory_bytes
        );
        match &ran.ended {
            Ended::Passed => format!("every test passed in the sandbox's engine: {cost}"),
            Ended::Failed { test, why, frames } => {
                let test = test
                    .as_deref()
                    .unwrap_or("a test that its frames do not name");
                let mut words = format!("FAILED  {}\n    {}", printable(test), printable(why));
                for frame in frames {
                    words.push_str(&format!("\n    in {}", printable(frame)));
                }
                words.push_str(&format!("\nthe tests behind it did not run: {cost}"));
                words
            }
        }
    }

    pub(crate) fn json(&self) -> String {
        let ran = &self.0;
        let mut json = json!({
            "passed": self.is_passed(),
            "instructions": ran.instructions,
            "ms": ran.ms,
            "memory_bytes": ran.memory_bytes,
        });
        if let Ended::Failed { test, why, frames } = &ran.ended {
            json["test"] = json!(test);
            json["why"] = json!(why);
            json["frames"] = json!(frames);
        }
        json.to_string()
    }
}
