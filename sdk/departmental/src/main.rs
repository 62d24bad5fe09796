//! `departmental`, the supplier's tool: makes a departmental, builds it, checks it, signs and publishes it.
//!
//! Invariant: an answer goes to standard output and everything else to standard error; what goes wrong is told with the
//! file, what is the matter with it and how to mend it, and the exit code says of which kind it is.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};
use serde_json::{Value, json};

use crate::arguments::{Arguments, Command, New};
use crate::check::Checked;
use crate::failure::{Ending, Failure, read, typed};

mod arguments;
mod build;
mod check;
mod doctor;
mod failure;
mod golden;
mod host;
mod manifest;
mod publish;
mod rehearsal;
mod release;
mod running;
mod schema;
mod template;
mod toolchain;

/// What a command answers: to a person and to a program.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Lines.
    pub(crate) words: String,
    /// An object.
    pub(crate) json: Value,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let (text, ending) = match run(&arguments.command) {
        Ok(answer) if arguments.json => {
            let mut json = json!({ "done": true, "exit": 0 });
            merge(&mut json, answer.json);
            (json.to_string(), None)
        }
        Ok(answer) => (answer.words, None),
        Err(failure) => {
            tell(&failure.words());
            let text = match arguments.json {
                true => failure.json().to_string(),
                false => failure.found().to_owned(),
            };
            (text, Some(failure.ending))
        }
    };
    let written = match text.is_empty() {
        true => Ok(()),
        false => writeln!(std::io::stdout().lock(), "{}", text.trim_end()),
    };
    match (ending, written) {
        (Some(ending), _) => ending.into(),
        (None, Ok(())) => ExitCode::SUCCESS,
        (None, Err(wrong)) => {
            tell(&format!("error: the answer cannot be written: {wrong}"));
            Ending::FoundWrong.into()
        }
    }
}

/// Says to a person what is being done, or what went wrong.
pub(crate) fn tell(line: &str) {
    // Nothing is left to say it with if even this cannot be written.
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from);
    }
}

fn run(command: &Command) -> Result<Answer, Failure> {
    match command {
        Command::New(it) => make(it),
        Command::Build { folder, out } => {
            let built = build::build(folder, out.as_deref(), &mut tell)?;
            Ok(summary(&check::check(&read(&built)?, &built)?))
        }
        Command::Check { file, against } => {
            checked(file, against.as_deref()).map(|it| summary(&it))
        }
        Command::Inspect { file } => {
            let checked = check::check(&read(file)?, file)?;
            Ok(Answer {
                words: checked.everything(),
                json: checked.json(),
            })
        }
        Command::Test(it) => rehearsal::test(it),
        Command::Run(it) => running::run(it),
        Command::Doctor { language } => doctor::look(*language),
        Command::Sign {
            file,
            key,
            namespace,
            out,
        } => publish::sign(&checked(file, None)?, key, namespace, out.as_deref()),
        Command::Keygen { out } => publish::keygen(out),
        Command::Publish(it) => publish::publish(&checked(&it.file, it.against.as_deref())?, it),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(
                *shell,
                &mut Arguments::command(),
                "departmental",
                &mut script,
            );
            let words = String::from_utf8_lossy(&script).into_owned();
            let json = json!({ "completions": words });
            Ok(Answer { words, json })
        }
    }
}

fn make(it: &New) -> Result<Answer, Failure> {
    let (folder, files) = template::new(&template::New {
        name: &it.name,
        language: it.language.word(),
        supplier: &it.supplier,
        inside: &it.inside,
    })?;
    let place = typed(&folder);
    let next = match it.language {
        arguments::Language::Rust => "cargo test",
        // The kit, which the tests import, is laid by the build.
        arguments::Language::Javascript => "departmental build . && npm test",
        arguments::Language::Python => "departmental build . && python3 -m unittest discover test",
    };
    let next = [
        (next, "its own tests"),
        (
            "departmental test",
            "its golden cases, in the host's sandbox",
        ),
        (
            "departmental run",
            "a host of your own, with every save on the screen",
        ),
    ];
    let next = next.map(|(command, what)| format!("{command:<58} # {what}"));
    let mut words = format!("Made {place}, a departmental in {}.\n", it.language.word());
    for file in &files {
        words.push_str(&format!("  {file}\n"));
    }
    words.push_str(&format!(
        "Next:
  cd {place}
  {}
",
        next.join(
            "
  "
        )
    ));
    let json = json!({ "folder": folder, "files": files });
    Ok(Answer { words, json })
}

/// A component that will be taken, with the step of its version since the release before it.
fn checked(file: &Path, against: Option<&Path>) -> Result<Checked, Failure> {
    let checked = check::check(&read(file)?, file)?;
    if let Some(before) = against {
        let before = check::check(&read(before)?, before)?;
        release::follows(&before, &checked)?;
    }
    Ok(checked)
}

fn summary(checked: &Checked) -> Answer {
    let advice = checked.advice();
    let mut words = checked.summary();
    for line in &advice {
        words.push_str("\nadvice: ");
        words.push_str(line);
    }
    let mut json = checked.json();
    json["advice"] = json!(advice);
    Answer { words, json }
}
