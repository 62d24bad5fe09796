//! From a departmental's folder, in Rust, JavaScript or Python, to a component with its manifest inside.
//!
//! The workspace's lockfile, once there is one, is used as it is, nothing of this machine's paths stays in the bytes, and what is written
//! imports the contract alone.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use wasm_encoder::{ComponentSection as _, CustomSection};
use wit_component::ComponentEncoder;

use crate::check::CheckError;
use crate::golden::{self, GoldenError};
use crate::manifest::{self, ManifestError};
use crate::toolchain::{NoToolchain, TARGET, Toolchain};

mod javascript;
mod kit;
pub(crate) mod maker;
mod profile;
mod python;
pub(crate) mod unit;

pub(crate) use profile::For;

/// Why there is no component.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BuildError {
    /// The manifest is not right.
    #[error("the manifest cannot be used")]
    Manifest(#[from] ManifestError),
    /// A golden case is not right.
    #[error("the golden cases cannot be used")]
    Golden(#[from] GoldenError),
    /// No compiler.
    #[error(transparent)]
    NoToolchain(#[from] NoToolchain),
    /// The folder holds no crate that can become a component.
    #[error("{}: {what}", folder.display())]
    Crate {
        /// Which folder.
        folder: PathBuf,
        /// What is wrong and how to mend it.
        what: String,
    },
    /// A program could not be run or did not succeed.
    #[error("{doing} did not succeed: {what}")]
    Program {
        /// What was being done.
        doing: &'static str,
        /// How it ended.
        what: String,
    },
    /// A program that is needed is not here.
    #[error("{what}")]
    Missing {
        /// Which, and how one gets it.
        what: String,
    },
    /// The departmental's own source is wrong.
    #[error("{}: no component can be made of it:\n  {what}", folder.display())]
    Source {
        /// The departmental's folder.
        folder: PathBuf,
        /// File, line, what, and how to mend it.
        what: String,
    },
    /// The module cannot become a component.
    #[error("{}: cannot become a component: {what}", module.display())]
    Component {
        /// The core module.
        module: PathBuf,
        /// Why.
        what: String,
    },
    /// A file cannot be read or written.
    #[error("{}: cannot be {doing}", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// `read` or `written`.
        doing: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// It was made, and is not what the host takes.
    #[error("what was built cannot be used")]
    Refused(#[from] CheckError),
}

/// What cargo says of the crate.
struct Package {
    id: String,
    library: String,
    target_directory: PathBuf,
    workspace: PathBuf,
}

/// Builds the departmental in `folder`; answers where the component is. `say` is told what is being done.
pub(crate) fn build(
    folder: &Path,
    out: Option<&Path>,
    say: &mut dyn FnMut(&str),
) -> Result<PathBuf, BuildError> {
    build_for(For::Release, folder, out, say)
}

/// The same, for somebody.
pub(crate) fn build_for(
    whom: For<'_>,
    folder: &Path,
    out: Option<&Path>,
    say: &mut dyn FnMut(&str),
) -> Result<PathBuf, BuildError> {
    let mut manifest = manifest::read(folder)?;
    if let For::Look { version } = whom {
        manifest["version"] = Value::from(version);
    }
    // Before anything is compiled: what is wrong with a case is told at once.
    let golden = golden::section(folder, &manifest)?;
    let (component, beside) = if folder.join("Cargo.toml").is_file() {
        rust(whom, folder, say)?
    } else if folder.join("package.json").is_file() {
        (javascript::make(&absolute(folder)?, say)?, folder.into())
    } else if folder.join("pyproject.toml").is_file() {
        (python::make(&absolute(folder)?, say)?, folder.into())
    } else {
        return Err(BuildError::Crate {
            folder: folder.to_owned(),
            what: "there is no Cargo.toml (Rust), package.json (JavaScript) or pyproject.toml (Python); name the folder of the departmental".into(),
        });
    };
    let mut component = with_manifest(component, &manifest)?;
    if let Some(golden) = golden {
        put_in(&mut component, registry::component::GOLDEN_SECTION, golden);
    }
    let file = match out {
        Some(file) => file.to_owned(),
        None => beside.join(file_name(&manifest)),
    };
    crate::check::check(&component, &file)?;
    write(&file, &component)?;
    Ok(file)
}

/// A component of a crate, and the folder where components of its workspace are put.
fn rust(
    whom: For<'_>,
    folder: &Path,
    say: &mut dyn FnMut(&str),
) -> Result<(Vec<u8>, PathBuf), BuildError> {
    let package = package(folder)?;
    let toolchain = Toolchain::find()?;
    say(&format!("Compiling with {}", toolchain.words));
    let module = compile(whom, &package, &toolchain)?;
    Ok((
        encode(&module)?,
        package.target_directory.join("components"),
    ))
}

/// Runs what makes a component and takes what it wrote.
fn answer(
    make: Command,
    folder: &Path,
    out: &Path,
    say: &mut dyn FnMut(&str),
) -> Result<Vec<u8>, BuildError> {
    let output = maker::run(make, "making the component", say)?;
    if !output.status.success() {
        return Err(BuildError::Source {
            folder: folder.to_owned(),
            what: maker::said(&output),
        });
    }
    let cannot = |source| BuildError::File {
        file: out.to_owned(),
        doing: "read",
        source,
    };
    let component = std::fs::read(out).map_err(cannot)?;
    std::fs::remove_file(out).map_err(cannot)?;
    Ok(component)
}

fn absolute(folder: &Path) -> Result<PathBuf, BuildError> {
    std::fs::canonicalize(folder).map_err(|source| BuildError::File {
        file: folder.to_owned(),
        doing: "read",
        source,
    })
}

fn file_name(manifest: &Value) -> String {
    let word = |name| {
        manifest
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    format!("{}-{}.wasm", word("id"), word("version"))
}

/// Asks cargo what is in the folder.
fn package(folder: &Path) -> Result<Package, BuildError> {
    let refuse = |what: &str| BuildError::Crate {
        folder: folder.to_owned(),
        what: what.to_owned(),
    };
    let cargo_toml = std::fs::canonicalize(folder.join("Cargo.toml")).map_err(|_| {
        refuse("there is no Cargo.toml; name the folder of the departmental's crate")
    })?;
    let mut cargo = Command::new("cargo");
    cargo
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--manifest-path",
        ])
        .arg(&cargo_toml);
    let output = cargo.output().map_err(|wrong| BuildError::Program {
        doing: "cargo metadata",
        what: wrong.to_string(),
    })?;
    if !output.status.success() {
        let what = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(BuildError::Program {
            doing: "cargo metadata",
            what,
        });
    }
    let metadata: Value =
        serde_json::from_slice(&output.stdout).map_err(|wrong| BuildError::Program {
            doing: "reading cargo metadata",
            what: wrong.to_string(),
        })?;
    let word =
        |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let list = |value: &Value, name: &str| {
        value
            .get(name)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let package = list(&metadata, "packages")
        .into_iter()
        .find(|it| word(it, "manifest_path").is_some_and(|path| Path::new(&path) == cargo_toml))
        .ok_or_else(|| {
            refuse("Cargo.toml holds no package; name the folder of the departmental's crate")
        })?;
    let library = list(&package, "targets")
        .into_iter()
        .find(|target| list(target, "crate_types").iter().any(|of| of == "cdylib"))
        .ok_or_else(|| refuse("the crate is no cdylib; add to Cargo.toml: [lib] crate-type = [\"cdylib\", \"rlib\"]"))?;
    let missing = || refuse("cargo metadata does not say what it should");
    Ok(Package {
        id: word(&package, "id").ok_or_else(missing)?,
        library: word(&library, "name")
            .ok_or_else(missing)?
            .replace('-', "_"),
        target_directory: word(&metadata, "target_directory")
            .ok_or_else(missing)?
            .into(),
        workspace: word(&metadata, "workspace_root")
            .ok_or_else(missing)?
            .into(),
    })
}

/// Compiles the crate to a core module; answers where it is.
fn compile(whom: For<'_>, package: &Package, toolchain: &Toolchain) -> Result<PathBuf, BuildError> {
    let target_directory = package
        .target_directory
        .join("components")
        .join(toolchain.folder());
    let mut cargo = toolchain.cargo_build();
    cargo.current_dir(&package.workspace);
    cargo.args(["--package", &package.id, "--lib", "--target-dir"]);
    cargo.arg(&target_directory);
    // A new departmental has no lockfile yet: cargo makes it now, and from then on it is used as it is.
    if package.workspace.join("Cargo.lock").is_file() {
        cargo.arg("--locked");
    }
    let (profile, place, settings) = profile::of(whom);
    if whom == For::Release {
        cargo.arg("--release");
    }
    for setting in settings {
        cargo.args(["--config", &format!("profile.{profile}.{setting}")]);
    }
    cargo.args([
        "--config",
        &format!("target.{TARGET}.rustflags={}", flags(package)),
    ]);
    let status = cargo.status().map_err(|wrong| BuildError::Program {
        doing: "cargo build",
        what: wrong.to_string(),
    })?;
    if !status.success() {
        return Err(BuildError::Program {
            doing: "cargo build",
            what: format!(
                "{status}; what it said is above. If Cargo.lock is behind, run cargo check first"
            ),
        });
    }
    Ok(target_directory
        .join(TARGET)
        .join(place)
        .join(format!("{}.wasm", package.library)))
}

/// Compiler flags as a TOML list: paths of this machine are written as short words, so that two machines make the
/// same bytes.
fn flags(package: &Package) -> String {
    let mut remapped = vec![(package.workspace.clone(), "/workspace")];
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo")));
    remapped.extend(home.map(|home| (home, "/cargo")));
    let flags = remapped
        .iter()
        .map(|(from, to)| Value::from(format!("--remap-path-prefix={}={to}", from.display())));
    // A JSON list of strings is a TOML list of strings.
    Value::Array(flags.collect()).to_string()
}

/// A component of this module.
fn encode(module: &Path) -> Result<Vec<u8>, BuildError> {
    let core = std::fs::read(module).map_err(|source| BuildError::File {
        file: module.into(),
        doing: "read",
        source,
    })?;
    ComponentEncoder::default()
        .validate(true)
        .module(&core)
        .and_then(|mut encoder| encoder.encode())
        .map_err(|wrong| BuildError::Component {
            module: module.to_owned(),
            what: format!("{wrong:#}. Does its lib.rs say sdk::export!(…)?"),
        })
}

/// The component with its manifest as a custom section.
fn with_manifest(mut component: Vec<u8>, manifest: &Value) -> Result<Vec<u8>, BuildError> {
    let data = serde_json::to_vec(manifest).map_err(|wrong| BuildError::Program {
        doing: "writing the manifest",
        what: wrong.to_string(),
    })?;
    put_in(&mut component, registry::component::MANIFEST_SECTION, data);
    Ok(component)
}

fn put_in(component: &mut Vec<u8>, section: &str, data: Vec<u8>) {
    CustomSection {
        name: Cow::Borrowed(section),
        data: Cow::Owned(data),
    }
    .append_to_component(component);
}

/// Writes beside the file and renames, so that nobody reads half a component.
fn write(file: &Path, component: &[u8]) -> Result<(), BuildError> {
    let cannot = |source| BuildError::File {
        file: file.to_owned(),
        doing: "written",
        source,
    };
    if let Some(folder) = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder).map_err(cannot)?;
    }
    let beside = file.with_extension(format!("wasm.{}", std::process::id()));
    std::fs::write(&beside, component)
        .and_then(|()| std::fs::rename(&beside, file))
        .map_err(cannot)
}

#[cfg(test)]
mod tests;
