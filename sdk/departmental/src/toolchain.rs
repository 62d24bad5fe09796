//! Which compiler of this machine makes WebAssembly.
//!
//! Either a Rust installation that has the target's standard library (rustup adds it where it can), or Debian's
//! `rustc-web`, `cargo-web` and `rust-web-src`, which build the standard library from source. Nothing is installed here.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What components are compiled for: no operating system, so nothing but the contract is imported.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// No compiler here makes WebAssembly.
#[derive(Debug, thiserror::Error)]
#[error(
    "no Rust compiler here makes {TARGET}. Install one of these:\n  \
     with rustup:   rustup target add {TARGET}\n  \
     on Debian 12:  apt-get install rustc-web cargo-web rust-web-src\n\
     Looked at:\n  {}", tried.join("\n  ")
)]
pub(crate) struct NoToolchain {
    tried: Vec<String>,
}

impl NoToolchain {
    /// What was looked at, on one line.
    pub(crate) fn tried(&self) -> String {
        self.tried.join("; ")
    }
}

/// A way to compile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Toolchain {
    /// In words, for the person who builds.
    pub(crate) words: String,
    cargo: PathBuf,
    rustc: Option<PathBuf>,
    linker: Option<PathBuf>,
    builds_std: bool,
}

impl Toolchain {
    /// The first way that works on this machine.
    pub(crate) fn find() -> Result<Self, NoToolchain> {
        let mut tried = Vec::new();
        Self::with_target(&mut tried)
            .or_else(|| Self::from_source(Path::new("/usr/bin"), &mut tried))
            .ok_or(NoToolchain { tried })
    }

    /// The everyday compiler, if it has the target's standard library.
    fn with_target(tried: &mut Vec<String>) -> Option<Self> {
        let Some(sysroot) = sysroot(Path::new("rustc")) else {
            tried.push(
                "rustc on the PATH: not there, or it does not say where it is installed".into(),
            );
            return None;
        };
        let library = sysroot.join("lib/rustlib").join(TARGET).join("lib");
        if !holds_std(&library) {
            tried.push(format!(
                "{}: without the standard library for {TARGET}",
                sysroot.display()
            ));
            return None;
        }
        Some(Self {
            words: format!(
                "the installed standard library for {TARGET} ({})",
                sysroot.display()
            ),
            cargo: "cargo".into(),
            rustc: None,
            linker: None,
            builds_std: false,
        })
    }

    /// A compiler that brings the standard library's source, and a linker for WebAssembly.
    fn from_source(bin: &Path, tried: &mut Vec<String>) -> Option<Self> {
        let (rustc, cargo) = (bin.join("rustc"), bin.join("cargo"));
        if !cargo.is_file() || !rustc.is_file() {
            tried.push(format!(
                "{}: no rustc and cargo there (packages rustc-web and cargo-web)",
                bin.display()
            ));
            return None;
        }
        let sysroot = sysroot(&rustc)?;
        let source = sysroot.join("lib/rustlib/src/rust/library/std/Cargo.toml");
        if !source.is_file() {
            tried.push(format!(
                "{}: without the standard library's source (package rust-web-src)",
                rustc.display()
            ));
            return None;
        }
        let Some(linker) = linker(&sysroot) else {
            tried.push(format!(
                "{}: no linker for WebAssembly beside it (rust-lld comes with rustup, wasm-ld with the package lld)",
                rustc.display()
            ));
            return None;
        };
        Some(Self {
            words: format!(
                "{} with the standard library built from source",
                rustc.display()
            ),
            cargo,
            rustc: Some(rustc),
            linker: Some(linker),
            builds_std: true,
        })
    }

    /// `cargo build` for this target, to which the package and the profile are added. Nothing of the caller's
    /// environment that would change the outcome is handed on.
    pub(crate) fn cargo_build(&self) -> Command {
        self.cargo("build", "std,panic_abort")
    }

    /// `cargo test --no-run` for this target, likewise.
    pub(crate) fn cargo_test(&self) -> Command {
        let mut cargo = self.cargo("test", "std,panic_abort,test");
        cargo.arg("--no-run");
        cargo
    }

    fn cargo(&self, subcommand: &str, library: &str) -> Command {
        let mut cargo = Command::new(&self.cargo);
        for inherited in [
            "CARGO",
            "CARGO_BUILD_TARGET",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_MANIFEST_DIR",
            "CARGO_TARGET_DIR",
            "RUSTC",
            "RUSTC_WORKSPACE_WRAPPER",
            "RUSTFLAGS",
            "RUSTUP_TOOLCHAIN",
        ] {
            cargo.env_remove(inherited);
        }
        cargo.args([subcommand, "--target", TARGET]);
        if let Some(rustc) = &self.rustc {
            cargo.env("RUSTC", rustc);
        }
        if let Some(linker) = &self.linker {
            cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
        }
        if self.builds_std {
            // Building the standard library is an unstable switch of a stable cargo.
            cargo
                .env("RUSTC_BOOTSTRAP", "1")
                .arg(format!("-Zbuild-std={library}"));
        }
        cargo
    }

    /// Name of a folder in which only this way builds: two compilers do not share artefacts.
    pub(crate) fn folder(&self) -> &'static str {
        if self.builds_std {
            "from-source"
        } else {
            "installed"
        }
    }
}

/// Where a compiler is installed.
fn sysroot(rustc: &Path) -> Option<PathBuf> {
    let mut command = Command::new(rustc);
    command
        .args(["--print", "sysroot"])
        .env_remove("RUSTUP_TOOLCHAIN")
        .current_dir("/");
    words(&mut command).map(PathBuf::from)
}

fn words(command: &mut Command) -> Option<String> {
    let output = command
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned()).filter(|text| !text.is_empty())
}

fn holds_std(library: &Path) -> bool {
    let is_std = |name: OsString| {
        name.to_str()
            .is_some_and(|it| it.starts_with("libstd-") && it.ends_with(".rlib"))
    };
    std::fs::read_dir(library).is_ok_and(|entries| {
        entries
            .filter_map(Result::ok)
            .any(|entry| is_std(entry.file_name()))
    })
}

/// A linker for WebAssembly: `rust-lld` of this compiler or of rustup's, else `wasm-ld`.
fn linker(own: &Path) -> Option<PathBuf> {
    let everyday = sysroot(Path::new("rustc"));
    let beside_a_compiler = [Some(own.to_owned()), everyday]
        .into_iter()
        .flatten()
        .find_map(|sysroot| {
            let targets = std::fs::read_dir(sysroot.join("lib/rustlib")).ok()?;
            let mut linkers: Vec<PathBuf> = targets
                .filter_map(Result::ok)
                .map(|target| target.path().join("bin/rust-lld"))
                .collect();
            linkers.sort();
            linkers.into_iter().find(|linker| linker.is_file())
        });
    beside_a_compiler.or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path)
            .map(|folder| folder.join("wasm-ld"))
            .find(|linker| linker.is_file())
    })
}

#[cfg(test)]
mod tests;
