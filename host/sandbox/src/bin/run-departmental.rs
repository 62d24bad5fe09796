//! The worker as a program of its own, for tests and benches; the host starts itself instead.

use std::process::ExitCode;

fn main() -> ExitCode {
    sandbox::run_departmental()
}
