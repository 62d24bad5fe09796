//! The kits of the languages that cargo does not test, and the templates written with them.
//!
//! Nothing is fetched for it: node and Python are enough.

use std::path::Path;
use std::process::Command;

use crate::root;
use crate::tools::run;

/// What is generated is as the schemas have it, and every test of the JavaScript and Python kits and templates.
pub(crate) fn test() -> Result<(), String> {
    let sdk = root().join("sdk");
    run(Command::new("python3")
        .args(["sdk/builders.py", "--check"])
        .current_dir(root()))?;
    node(&sdk.join("javascript"), &[])?;
    let kit = ["--import", "../../javascript/test/here.mjs"];
    node(&sdk.join("templates/javascript"), &kit)?;
    python(&sdk.join("python"))?;
    python(&sdk.join("templates/python"))
}

fn node(folder: &Path, options: &[&str]) -> Result<(), String> {
    let wrong = |why: std::io::Error| format!("{}: {why}", folder.display());
    let mut tests = Vec::new();
    for entry in std::fs::read_dir(folder.join("test")).map_err(wrong)? {
        let path = entry.map_err(wrong)?.path();
        if path.to_string_lossy().ends_with(".test.js") {
            tests.push(path);
        }
    }
    tests.sort();
    run(Command::new("node")
        .args(options)
        .arg("--test")
        .args(tests)
        .current_dir(folder))
}

fn python(folder: &Path) -> Result<(), String> {
    run(Command::new("python3")
        .args(["-m", "unittest", "discover", "--quiet", "test"])
        .env("PYTHONPATH", root().join("sdk/python"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(folder))
}
