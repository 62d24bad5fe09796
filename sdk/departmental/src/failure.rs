//! What is told when a command does not do what it was asked: what, why, how to mend it, and with which exit code.
//!
//! Invariant: every failure names the file or the thing it is about, and has a sentence of help.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use registry::client::ClientError;
use registry::kind::Kind;
use serde_json::{Value, json};

use crate::build::BuildError;
use crate::check::CheckError;
use crate::golden::GoldenError;
use crate::manifest::ManifestError;
use crate::template::NewError;

/// How a command ended, as the exit code tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Something was looked at and is wrong.
    FoundWrong,
    /// The command itself cannot be meant.
    UsedWrongly,
    /// A tool or a service that it needs is not there.
    Missing,
}

impl Ending {
    /// What the shell gets.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::FoundWrong => 1,
            Self::UsedWrongly => 2,
            Self::Missing => 3,
        }
    }
}

impl From<Ending> for ExitCode {
    fn from(it: Ending) -> Self {
        Self::from(it.code())
    }
}

/// A command that did not do what it was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    /// How it ends.
    pub(crate) ending: Ending,
    what: String,
    causes: Vec<String>,
    help: String,
}

impl Failure {
    /// A failure with its own words.
    pub(crate) fn new(ending: Ending, what: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            ending,
            what: what.into(),
            causes: Vec::new(),
            help: help.into(),
        }
    }

    /// Of an error with what lies under it.
    pub(crate) fn of(ending: Ending, wrong: &dyn Error, help: impl Into<String>) -> Self {
        let mut failure = Self::new(ending, wrong.to_string(), help);
        let mut source = wrong.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            // Some say their cause themselves.
            if !failure.what.ends_with(&text) && failure.causes.last() != Some(&text) {
                failure.causes.push(text);
            }
            source = cause.source();
        }
        failure
    }

    /// For a person, on several lines.
    pub(crate) fn words(&self) -> String {
        let mut words = format!("error: {}", self.what);
        for cause in &self.causes {
            words.push_str("\n  because: ");
            words.push_str(cause);
        }
        words.push_str("\n  help: ");
        words.push_str(&self.help);
        words
    }

    /// For a program.
    pub(crate) fn json(&self) -> Value {
        json!({
            "done": false,
            "exit": self.ending.code(),
            "error": { "what": self.what, "because": self.causes, "help": self.help },
        })
    }
}

/// Reads a file that somebody named.
pub(crate) fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(file).map_err(|wrong| {
        let what = format!("{}: cannot be read: {wrong}", file.display());
        Failure::new(
            Ending::UsedWrongly,
            what,
            "name a file that is there and may be read",
        )
    })
}

/// A file that cannot be written.
pub(crate) fn unwritable(file: &Path, wrong: &std::io::Error) -> Failure {
    let what = format!("{}: cannot be written: {wrong}", file.display());
    let help = match wrong.kind() {
        std::io::ErrorKind::AlreadyExists => {
            "name a file that is not there; nothing is written over"
        }
        _ => "name a file in a folder that may be written to",
    };
    Failure::new(Ending::UsedWrongly, what, help)
}

impl From<ManifestError> for Failure {
    fn from(wrong: ManifestError) -> Self {
        let (ending, help) = match &wrong {
            ManifestError::Unreadable { .. } => (
                Ending::UsedWrongly,
                "name the folder of a departmental, or make one: departmental new NAME --lang rust",
            ),
            ManifestError::NotJson { .. } => (
                Ending::FoundWrong,
                "correct the text at the line and column that are named; often a comma or a quotation mark is missing before it",
            ),
            ManifestError::AgainstSchema { .. } => (
                Ending::FoundWrong,
                "correct each place that is listed; the path is read from the top of the file, and lists count from 0",
            ),
            ManifestError::Pack { .. } => (
                Ending::FoundWrong,
                "correct the pack's file, or its `file` in departmental.json",
            ),
            ManifestError::Schema(_) => (
                Ending::FoundWrong,
                "this is a fault of this program; build it again from an unchanged checkout",
            ),
        };
        Self::of(ending, &wrong, help)
    }
}

impl From<GoldenError> for Failure {
    fn from(wrong: GoldenError) -> Self {
        let help = match &wrong {
            GoldenError::Unreadable { .. } => {
                "see that the file is there and may be read; charts are named as below cases/golden/"
            }
            GoldenError::Wrong { .. } => "correct the file that is named",
            GoldenError::Case { .. } => {
                "correct each place that is listed; the path is read from the top of the case, and lists count from 0"
            }
            GoldenError::TooLarge { .. } => "make the charts smaller, and let cases share them",
            GoldenError::Schema(_) => {
                "this is a fault of this program; build it again from an unchanged checkout"
            }
        };
        Self::of(Ending::FoundWrong, &wrong, help)
    }
}

impl From<CheckError> for Failure {
    fn from(wrong: CheckError) -> Self {
        let help = match &wrong {
            CheckError::Component { .. } => {
                "build it with `departmental build FOLDER`, which makes a component that imports the contract alone"
            }
            CheckError::Manifest { .. } => {
                "correct departmental.json in the source and build again; what is embedded is not edited"
            }
            CheckError::Golden { .. } => {
                "correct the case in cases/golden/ and build again; what is embedded is not edited"
            }
            CheckError::Mismatch { .. } => "correct it in the source and build again",
        };
        Self::of(Ending::FoundWrong, &wrong, help)
    }
}

impl From<BuildError> for Failure {
    fn from(wrong: BuildError) -> Self {
        let (ending, help) = match wrong {
            BuildError::Manifest(wrong) => return wrong.into(),
            BuildError::Refused(wrong) => return wrong.into(),
            BuildError::Golden(wrong) => return wrong.into(),
            BuildError::NoToolchain(_) | BuildError::Missing { .. } => (
                Ending::Missing,
                "departmental doctor says what is installed and what is missing",
            ),
            BuildError::Crate { .. } => (
                Ending::FoundWrong,
                "compare the folder with a new one: departmental new NAME --lang rust",
            ),
            BuildError::Source { .. } => (
                Ending::FoundWrong,
                "mend what is named above, and build again",
            ),
            BuildError::Program { .. } => (
                Ending::FoundWrong,
                "mend what the program says above; departmental doctor looks at the tools themselves",
            ),
            BuildError::Component { .. } => (
                Ending::FoundWrong,
                "say sdk::export!(NAME) once in src/lib.rs, and import nothing but the SDK",
            ),
            BuildError::File { .. } => (
                Ending::FoundWrong,
                "see that the folder may be written to and that the disk has room",
            ),
        };
        Self::of(ending, &wrong, help)
    }
}

impl From<NewError> for Failure {
    fn from(wrong: NewError) -> Self {
        let (ending, help) = match &wrong {
            NewError::Name { .. } => (
                Ending::UsedWrongly,
                "choose an id such as hearing-clinic: it is the folder, the package and the `id` of departmental.json",
            ),
            NewError::Supplier => (
                Ending::UsedWrongly,
                "give it with --supplier, as a trust administrator is to read it",
            ),
            NewError::Taken { .. } => (
                Ending::UsedWrongly,
                "choose another name, or another place with --inside FOLDER",
            ),
            NewError::NoTemplate { .. } => (
                Ending::UsedWrongly,
                "choose one of those with --lang, or build this program from a checkout that has the template",
            ),
            NewError::Template { .. } => (
                Ending::FoundWrong,
                "this is a fault of this program; build it again from an unchanged checkout",
            ),
            NewError::File { .. } => (
                Ending::UsedWrongly,
                "choose a folder that may be written to with --inside FOLDER",
            ),
        };
        Self::of(ending, &wrong, help)
    }
}

impl From<ClientError> for Failure {
    fn from(wrong: ClientError) -> Self {
        let (ending, help) = match wrong.kind() {
            Kind::Busy => (
                Ending::Missing,
                "see that the registry runs at this address and can be reached from here, then try again",
            ),
            Kind::Forbidden => (
                Ending::FoundWrong,
                "see that the token and the key are those of a publisher to whom the namespace is bound",
            ),
            Kind::Conflict => (
                Ending::FoundWrong,
                "a version is published once: raise `version` in departmental.json, build and publish again",
            ),
            Kind::NotFound => (
                Ending::FoundWrong,
                "see that the address is that of a registry for departmentals",
            ),
            Kind::Incorrect | Kind::Refused | Kind::Fault => (
                Ending::FoundWrong,
                "the registry's own words say what to correct",
            ),
        };
        let ending = match wrong {
            ClientError::Address { .. } | ClientError::Name(_) => Ending::UsedWrongly,
            _ => ending,
        };
        Self::of(ending, &wrong, help)
    }
}

/// A folder as it is to be typed in a shell.
pub(crate) fn typed(folder: &Path) -> String {
    let text = PathBuf::from(folder).display().to_string();
    match text.contains([' ', '\'']) {
        true => format!("'{}'", text.replace('\'', r"'\''")),
        false => text,
    }
}
