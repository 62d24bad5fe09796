//! The project's commands: a thin caller of cargo, npm, Debian's package tool and the project's own programs.
//!
//! Each command may be run on a fresh Debian 12 with rustup: what is missing is installed first, and said.
#![expect(
    clippy::print_stderr,
    reason = "a command line talks on its standard error"
)]

mod demo;
mod kits;
mod tools;

use std::path::PathBuf;
use std::process::ExitCode;

use tools::{Need, cargo, run};

/// The folders of `plugins/`.
const DEPARTMENTALS: [&str; 3] = ["maternity", "ophthalmology", "pathology"];

const USAGE: &str = "cargo xtask COMMAND

  demo [--data FOLDER] [--people N] [--fresh]
                  build, seed five trusts, serve; FOLDER holds FHIR bundles (.json or .json.bz2);
                  --fresh starts again from nothing
  test [FILTER]   every test, on both databases, in a real browser
  bench NAME      one measurement: departmentals, sandbox, hostile, modules, rows, screen, reactions, import, read, fhir, bulk,
                  growth, footprint, feed, match, subscriptions; its figures are the last line
  drill NAME      one drill: kill, outage, reactions, replay, backup, disk-full, sync, two-hosts; its figures are the
                  last line
  build           only what demo and the tests need built";

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let command = words.next().unwrap_or_default();
    let rest: Vec<String> = words.collect();
    let outcome = match command.as_str() {
        "demo" => demo::demo(&rest),
        "test" => test(&rest),
        "bench" => measure("bench", &rest),
        "drill" => measure("drill", &rest),
        "build" => build(&[Need::Assets, Need::Guests]),
        _ => Err(format!("no command `{command}`\n\n{USAGE}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(what) => {
            eprintln!("xtask: {what}");
            ExitCode::FAILURE
        }
    }
}

/// The folder that holds the workspace from which cargo runs this: another than that in which it was built, where a checkout
/// has moved or shares its target directory.
fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR");
    let here = here.map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    let root = here.join("../..");
    root.canonicalize().unwrap_or(root)
}

/// Where built things other than cargo's own are kept: components and the like.
fn products() -> PathBuf {
    tools::target_dir().join("palatine")
}

/// Installs what the needs name and builds the programs and components.
fn build(needs: &[Need]) -> Result<(), String> {
    tools::install(needs)?;
    eprintln!("xtask: building; the first time this takes about a quarter of an hour on two cores");
    // Examples, of which there are none, have cargo count what tests depend on as well: so every dependency has one set of
    // features whatever is built, wasmtime is compiled once, and nobody waits for tests who does not run them.
    run(cargo().args(["build", "--workspace", "--lib", "--bins", "--examples"]))?;
    if needs.contains(&Need::Guests) {
        // The kit's example is what the sandbox's own tests and measurement run.
        let example = products().join("example.wasm");
        run(tools::program("departmental")
            .args(["build", "sdk/example", "--out"])
            .arg(example))?;
        for departmental in DEPARTMENTALS {
            let out = products().join(departmental).with_extension("wasm");
            run(tools::program("departmental")
                .arg("build")
                .arg(format!("plugins/{departmental}"))
                .arg("--out")
                .arg(out))?;
        }
    }
    Ok(())
}

/// Every test of the workspace, after building what the journeys start.
fn test(rest: &[String]) -> Result<(), String> {
    build(&[
        Need::Assets,
        Need::Guests,
        Need::Kits,
        Need::Postgres,
        Need::Broker,
        Need::Browser,
    ])?;
    kits::test()?;
    if std::env::var_os("PALATINE_DATA").is_none() {
        eprintln!(
            "xtask: PALATINE_DATA is not set: the tests that need real files are left out, each says so"
        );
    }
    let mut tests = cargo();
    if tools::has("cargo-nextest") {
        tests.args(["nextest", "run", "--workspace"]);
    } else {
        tests.args(["test", "--workspace", "--lib", "--bins", "--tests"]);
    }
    run(tests.args(rest).env("PALATINE_PRODUCTS", products()))
}

/// One measurement or drill, by the program `bench`.
fn measure(kind: &str, rest: &[String]) -> Result<(), String> {
    build(&[Need::Assets, Need::Guests, Need::Postgres])?;
    match (kind, rest.first().map(String::as_str)) {
        ("drill", Some("outage")) => tools::install(&[Need::Broker])?,
        ("drill", Some("sync")) => tools::install(&[Need::Tracer])?,
        _ => {}
    }
    run(tools::program("bench")
        .arg(kind)
        .args(rest)
        .env("PALATINE_PRODUCTS", products()))
}
