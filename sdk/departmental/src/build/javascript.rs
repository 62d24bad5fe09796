//! From the modules of a JavaScript departmental to a component.
//!
//! Invariant: what makes it is fetched by its lock file, into the cache and nowhere else.

use std::path::Path;
use std::process::Command;

use crate::build::kit::{self, Brought};
use crate::build::{BuildError, maker};

/// What makes components of JavaScript: its packages with their digests, and the program that calls them.
const MAKER: &[Brought] = &[
    (
        "package.json",
        include_str!("../../../javascript/build/package.json"),
    ),
    (
        "package-lock.json",
        include_str!("../../../javascript/build/package-lock.json"),
    ),
    (
        "build.mjs",
        include_str!("../../../javascript/build/build.mjs"),
    ),
    (
        "engine.mjs",
        include_str!("../../../javascript/build/engine.mjs"),
    ),
];
const INSTALL: &str = "node 20 or later with npm, on Debian 12 from nodesource's packages, or anywhere with nvm install 20";
const NODE_MIN: u32 = 20;

/// Makes a component, without its manifest.
pub(super) fn make(folder: &Path, say: &mut dyn FnMut(&str)) -> Result<Vec<u8>, BuildError> {
    let node = maker::version("node", INSTALL)?;
    if maker::numbers(&node).is_none_or(|(major, _)| major < NODE_MIN) {
        return Err(BuildError::Missing {
            what: format!(
                "node is {node}, and {NODE_MIN} or later is needed. Install it: {INSTALL}"
            ),
        });
    }
    let cache = maker::cache()?;
    let laid = kit::in_cache(&cache)?;
    kit::beside_source(&folder.join("node_modules/palatine"), kit::JAVASCRIPT)?;
    let made = maker::fetched(&cache, "javascript", MAKER, |to| fetch(to, say))?;
    say(&format!("Making a component with node {node}"));
    let out = tempfile_in(&cache);
    let mut build = Command::new("node");
    build
        .arg(made.join("build.mjs"))
        .args([folder, &laid.javascript, &laid.wit, &out]);
    super::answer(build, folder, &out, say)
}

fn fetch(to: &Path, say: &mut dyn FnMut(&str)) -> Result<(), BuildError> {
    maker::version("npm", INSTALL)?;
    say("Fetching what makes components of JavaScript, about 50 MB, once");
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(to);
    let output = maker::run(npm, "npm ci", say)?;
    if output.status.success() {
        return Ok(());
    }
    Err(BuildError::Program {
        doing: "npm ci",
        what: format!(
            "{}\n  Is the package registry that npm is set to within reach?",
            maker::said(&output)
        ),
    })
}

fn tempfile_in(cache: &Path) -> std::path::PathBuf {
    cache.join(format!("component-{}.wasm", std::process::id()))
}
