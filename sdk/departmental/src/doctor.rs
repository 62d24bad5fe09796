//! `doctor`: what each language needs on this machine, what of it is here, and what installs the rest.
//!
//! Invariant: nothing is installed or changed here; what could not be asked counts as missing.

use std::process::{Command, Stdio};

use serde_json::json;

use crate::Answer;
use crate::arguments::Language;
use crate::failure::{Ending, Failure};
use crate::{template, toolchain};

/// One thing that a language needs.
struct Need {
    language: Language,
    what: &'static str,
    /// What was found, in words; or what was asked in vain.
    found: Result<String, String>,
    install: &'static str,
}

/// A program that says its version.
struct Program {
    command: &'static str,
    arguments: &'static [&'static str],
    /// The least first and second number of its version.
    least: (u32, u32),
}

/// Looks at one language, or at all of them.
pub(crate) fn look(only: Option<Language>) -> Result<Answer, Failure> {
    let asked: Vec<Language> = match only {
        Some(language) => vec![language],
        None => Language::ALL.to_vec(),
    };
    let needs: Vec<Need> = asked
        .iter()
        .flat_map(|language| needs_of(*language))
        .collect();
    let is_complete = |language: &Language| {
        let mut of = needs.iter().filter(|need| need.language == *language);
        of.all(|need| need.found.is_ok())
    };
    let complete: Vec<&str> = asked
        .iter()
        .filter(|it| is_complete(it))
        .map(|it| it.word())
        .collect();
    let words = asked
        .iter()
        .map(|language| words(*language, &needs, is_complete(language)))
        .collect::<Vec<_>>()
        .join("\n");
    if complete.is_empty() {
        let missing: Vec<&str> = needs
            .iter()
            .filter(|need| need.found.is_err())
            .map(|need| need.install)
            .collect();
        let what = format!("no language is complete on this machine\n{words}");
        return Err(Failure::new(
            Ending::Missing,
            what.trim_end(),
            format!("install what is missing: {}", missing.join("; ")),
        ));
    }
    let listed: Vec<_> = needs
        .iter()
        .map(|need| {
            json!({
                "language": need.language.word(),
                "needs": need.what,
                "found": need.found.as_ref().ok(),
                "missing": need.found.as_ref().err(),
                "install": need.found.is_err().then_some(need.install),
            })
        })
        .collect();
    let json = json!({ "complete": complete, "needs": listed });
    Ok(Answer { words, json })
}

fn words(language: Language, needs: &[Need], is_complete: bool) -> String {
    let state = if is_complete {
        "complete"
    } else {
        "not complete"
    };
    let mut words = format!("{}: {state}\n", language.word());
    for need in needs.iter().filter(|need| need.language == language) {
        match &need.found {
            Ok(found) => words.push_str(&format!("  here     {}: {found}\n", need.what)),
            Err(why) => words.push_str(&format!(
                "  missing  {}: {why}\n           install: {}\n",
                need.what, need.install
            )),
        }
    }
    words
}

fn needs_of(language: Language) -> Vec<Need> {
    let need = |what, found, install| Need {
        language,
        what,
        found,
        install,
    };
    let mut needs = match language {
        Language::Rust => vec![
            need(
                "cargo, to test natively",
                version("cargo", &["--version"], (1, 95)),
                "rustup toolchain install stable",
            ),
            need(
                "a compiler that makes WebAssembly",
                toolchain::Toolchain::find()
                    .map(|it| it.words)
                    .map_err(|wrong| wrong.tried()),
                "rustup target add wasm32-unknown-unknown, or on Debian: apt-get install rustc-web cargo-web rust-web-src",
            ),
        ],
        Language::Javascript => vec![
            need(
                "node 20 or later",
                version("node", &["--version"], (20, 0)),
                "on Debian: apt-get install nodejs; or the installer of its makers where that is older than 20",
            ),
            need(
                "npm, which fetches the compiler to WebAssembly",
                version("npm", &["--version"], (9, 0)),
                "on Debian: apt-get install npm",
            ),
        ],
        Language::Python => vec![
            need(
                "python 3.11 or later",
                version("python3", &["--version"], (3, 11)),
                "on Debian: apt-get install python3",
            ),
            need(
                "python's venv, into which the compiler to WebAssembly is fetched",
                venv(),
                "on Debian: apt-get install python3-venv",
            ),
        ],
    };
    let has_template = template::languages().contains(&language.word());
    needs.push(need(
        "the template for `departmental new`",
        match has_template {
            true => Ok("in this program".to_owned()),
            false => Err("this program was built without it".to_owned()),
        },
        "build this program from a checkout that has it",
    ));
    needs
}

fn version(
    command: &'static str,
    arguments: &'static [&'static str],
    least: (u32, u32),
) -> Result<String, String> {
    let program = Program {
        command,
        arguments,
        least,
    };
    let said = program.says()?;
    match numbers(&said) {
        Some(found) if found >= program.least => Ok(said),
        Some(_) => Err(format!(
            "{said} is older than {}.{}",
            program.least.0, program.least.1
        )),
        None => Err(format!("`{command}` says no version: {said}")),
    }
}

/// The modules that a virtual environment is made with: on Debian they are a package of their own.
fn venv() -> Result<String, String> {
    let program = Program {
        command: "python3",
        arguments: &["-c", "import venv, ensurepip; print('venv and ensurepip')"],
        least: (0, 0),
    };
    program.says()
}

impl Program {
    /// The first line that it says.
    fn says(&self) -> Result<String, String> {
        let output = Command::new(self.command)
            .args(self.arguments)
            .current_dir("/")
            .stdin(Stdio::null())
            .output()
            .map_err(|wrong| format!("`{}` cannot be run: {wrong}", self.command))?;
        let text = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes);
            text.lines().next().unwrap_or_default().trim().to_owned()
        };
        match output.status.success() {
            true => Ok(text(&output.stdout)),
            false => Err(format!("`{}`: {}", self.command, text(&output.stderr))),
        }
    }
}

/// The first and second number of the first word that begins like a version: `v20.11.1`, `cargo 1.95.0 (…)`.
fn numbers(said: &str) -> Option<(u32, u32)> {
    said.split_whitespace().find_map(|word| {
        let mut parts = word.trim_start_matches('v').split('.');
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    })
}

#[cfg(test)]
mod tests;
