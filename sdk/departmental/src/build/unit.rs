//! A crate's own unit tests as a module that the sandbox's engine can run.
//!
//! Invariant: the same compiler and target as the component's; names stay in the module, since a trap is told by them.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::build::{BuildError, maker, package};
use crate::toolchain::Toolchain;

/// Compiles the tests of the crate in `folder`; answers where the module is.
pub(crate) fn tests(folder: &Path, say: &mut dyn FnMut(&str)) -> Result<PathBuf, BuildError> {
    if !folder.join("Cargo.toml").is_file() {
        return Err(BuildError::Crate {
            folder: folder.to_owned(),
            what: "there is no Cargo.toml; only tests in Rust run in the sandbox, and golden cases do in every language".into(),
        });
    }
    let package = package(folder)?;
    let toolchain = Toolchain::find()?;
    say(&format!("Compiling the tests with {}", toolchain.words));
    let mut cargo = toolchain.cargo_test();
    cargo.current_dir(&package.workspace);
    cargo.args([
        "--package",
        &package.id,
        "--lib",
        "--message-format=json",
        "--target-dir",
    ]);
    let target = package.target_directory.join("components");
    cargo.arg(target.join(toolchain.folder()));
    // Quick, since there are a hundred thousand random cases in them, and with every check of arithmetic.
    for profile in ["dev", "test"] {
        for setting in [
            "opt-level=2",
            "debug=false",
            "overflow-checks=true",
            "debug-assertions=true",
        ] {
            cargo.args(["--config", &format!("profile.{profile}.{setting}")]);
        }
    }
    let output = maker::run(cargo, "compiling the tests to WebAssembly", say)?;
    if !output.status.success() {
        return Err(BuildError::Source {
            folder: folder.to_owned(),
            what: maker::said(&output),
        });
    }
    let said = String::from_utf8_lossy(&output.stdout);
    let executable = |line: &str| -> Option<PathBuf> {
        let message: Value = serde_json::from_str(line).ok()?;
        let is_own = message.get("package_id")?.as_str()? == package.id;
        let file = message.get("executable")?.as_str()?;
        is_own.then(|| file.into())
    };
    said.lines()
        .find_map(executable)
        .ok_or_else(|| BuildError::Program {
            doing: "cargo test",
            what: "it does not say where the tests are".into(),
        })
}
