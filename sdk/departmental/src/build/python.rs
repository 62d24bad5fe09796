//! From the modules of a Python departmental to a component.
//!
//! Invariant: what makes it is fetched by its digests, into an environment of its own in the cache.

use std::path::Path;
use std::process::Command;

use crate::build::kit::{self, Brought};
use crate::build::{BuildError, maker};

/// What makes components of Python: its packages with their digests, and the program that calls them.
const MAKER: &[Brought] = &[
    (
        "requirements.txt",
        include_str!("../../../python/build/requirements.txt"),
    ),
    ("build.py", include_str!("../../../python/build/build.py")),
];
const INSTALL: &str =
    "Python 3.11 or later, on Debian 12 with apt-get install python3 python3-venv";
const PYTHON_MIN: (u32, u32) = (3, 11);

/// Makes a component, without its manifest.
pub(super) fn make(folder: &Path, say: &mut dyn FnMut(&str)) -> Result<Vec<u8>, BuildError> {
    let python = maker::version("python3", INSTALL)?;
    if maker::numbers(&python).is_none_or(|it| it < PYTHON_MIN) {
        return Err(BuildError::Missing {
            what: format!("python3 is {python}. Install it: {INSTALL}"),
        });
    }
    let cache = maker::cache()?;
    let laid = kit::in_cache(&cache)?;
    kit::beside_source(&folder.join("palatine"), kit::PYTHON)?;
    let made = maker::fetched(&cache, "python", MAKER, |to| fetch(to, say))?;
    say(&format!("Making a component with {python}"));
    let out = cache.join(format!("component-{}.wasm", std::process::id()));
    let mut build = Command::new(made.join("venv/bin/python"));
    build
        .arg(made.join("build.py"))
        .args([folder, &laid.python, &laid.wit, &out]);
    super::answer(build, folder, &out, say)
}

fn fetch(to: &Path, say: &mut dyn FnMut(&str)) -> Result<(), BuildError> {
    say("Fetching what makes components of Python, about 40 MB, once");
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv", "venv"]).current_dir(to);
    let output = maker::run(venv, "python3 -m venv", say)?;
    if !output.status.success() {
        return Err(BuildError::Missing {
            what: format!(
                "python3 cannot make an environment: {}\n  Install it: {INSTALL}",
                maker::said(&output)
            ),
        });
    }
    let mut pip = Command::new(to.join("venv/bin/python"));
    pip.args([
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--require-hashes",
        "--only-binary=:all:",
    ]);
    pip.args(["--requirement", "requirements.txt"])
        .current_dir(to);
    let output = maker::run(pip, "pip install", say)?;
    if output.status.success() {
        return Ok(());
    }
    Err(BuildError::Program {
        doing: "pip install",
        what: format!(
            "{}\n  Is the package index that pip is set to within reach?",
            maker::said(&output)
        ),
    })
}
