//! The programs of the host that this tool drives: where they are, and what is said when they are not there.
//!
//! Invariant: a program is the one that was named, else the one beside this tool, else the one on the PATH; none is
//! downloaded or built here.

use std::path::{Path, PathBuf};

use crate::failure::{Ending, Failure};

/// The host: `palatine`.
pub(crate) fn palatine(given: Option<&Path>) -> Result<PathBuf, Failure> {
    program("palatine", given)
}

/// The registry beside a host.
pub(crate) fn registry(host: &Path) -> Result<PathBuf, Failure> {
    let beside = host.with_file_name("registry");
    match beside.is_file() {
        true => Ok(beside),
        false => program("registry", None),
    }
}

fn program(name: &str, given: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(given) = given {
        return match given.is_file() {
            true => Ok(given.to_owned()),
            false => Err(Failure::new(
                Ending::UsedWrongly,
                format!("{}: there is no such program", given.display()),
                "name the file of the program `palatine`",
            )),
        };
    }
    let beside = std::env::current_exe()
        .ok()
        .map(|this| this.with_file_name(name));
    let on_path = std::env::var_os("PATH").into_iter().flat_map(|path| {
        let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
        folders.into_iter().map(|folder| folder.join(name))
    });
    beside
        .into_iter()
        .chain(on_path)
        .find(|file| file.is_file())
        .ok_or_else(|| {
            Failure::new(
                Ending::Missing,
                format!("the program `{name}` is neither beside this one nor on the PATH"),
                "put it there, or build it in a checkout of Palatine (cargo build --workspace --bins) and name it: --host CHECKOUT/target/debug/palatine",
            )
        })
}
