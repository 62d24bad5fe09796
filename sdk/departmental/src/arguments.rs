//! What can be asked on the command line.
//!
//! Invariant: every command takes `--json`, and its help says what its exit code means.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use registry::name::Namespace;

const ENDINGS: &str =
    "Exit codes: 0 done, 1 found wrong, 2 used wrongly, 3 a tool or a service is missing";

/// Makes, builds, checks and publishes departmentals: components that Palatine runs in its sandbox.
#[derive(Debug, Parser)]
#[command(name = "departmental", version, about, after_help = ENDINGS)]
pub(crate) struct Arguments {
    /// Answer with one JSON object, for programs.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What is asked.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Makes a folder with a small departmental that builds and tests at once. Never writes over anything.
    #[command(after_help = ENDINGS)]
    New(New),
    /// Builds the source in a folder into a component with its manifest inside.
    #[command(after_help = ENDINGS)]
    Build {
        /// The folder with `departmental.json` and `Cargo.toml`, `package.json` or `pyproject.toml`.
        folder: PathBuf,
        /// Where the component goes. Without it: `ID-VERSION.wasm`, of Rust in the workspace's `target/components`, else in
        /// the folder.
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Builds the source in a folder and plays its golden cases in the real sandbox, over a real record: what differs, and
    /// what each call costs.
    #[command(after_help = ENDINGS)]
    Test(Test),
    /// Starts a host on this machine with sample patients and the departmental in it, and builds it anew after each save.
    #[command(after_help = ENDINGS)]
    Run(Run),
    /// Checks a component as the registry and the host will: imports, exports, manifest, reasons, size, version.
    #[command(after_help = ENDINGS)]
    Check {
        /// The component, a `.wasm` file.
        file: PathBuf,
        /// The release before it: what was taken away, changed or added since needs its step of the version.
        #[arg(long, value_name = "FILE")]
        against: Option<PathBuf>,
    },
    /// Says what a component is and what it asks for.
    #[command(after_help = ENDINGS)]
    Inspect {
        /// The component, a `.wasm` file.
        file: PathBuf,
    },
    /// Says what each language needs on this machine, what is missing, and what installs it.
    #[command(
        after_help = "Exit codes: 0 a language is complete (with --lang: this one), 3 something is missing"
    )]
    Doctor {
        /// Look at this language alone.
        #[arg(long = "lang", value_enum)]
        language: Option<Language>,
    },
    /// Makes a supplier's signing key in a new file that only its owner can read.
    #[command(after_help = ENDINGS)]
    Keygen {
        /// File for the private key, which must not be there yet.
        #[arg(long)]
        out: PathBuf,
    },
    /// Signs a component for a name in the registry, into a file beside it.
    #[command(after_help = ENDINGS)]
    Sign {
        /// The component, a `.wasm` file.
        file: PathBuf,
        /// The supplier's private key, as `departmental keygen` makes it.
        #[arg(long)]
        key: PathBuf,
        /// The supplier's namespace: the name is modules/NAMESPACE/ID.
        #[arg(long)]
        namespace: Namespace,
        /// Where the signature goes. Without it: the component's name with `.bundle.json`.
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Checks a component, pushes it to a registry under its own id and version, and signs it there.
    #[command(after_help = ENDINGS)]
    Publish(Publish),
    /// Writes the completions of a shell, to be kept where that shell looks for them.
    #[command(after_help = ENDINGS)]
    Completions {
        /// Which shell.
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
}

/// What is made.
#[derive(Debug, Args)]
pub(crate) struct New {
    /// Its id, such as hearing-clinic; the folder is called so too.
    pub(crate) name: String,
    /// In which language it is written.
    #[arg(long = "lang", value_enum)]
    pub(crate) language: Language,
    /// Whose it is, as a trust administrator reads it.
    #[arg(long, default_value = "Your organisation")]
    pub(crate) supplier: String,
    /// The folder in which the new one is made.
    #[arg(long, default_value = ".")]
    pub(crate) inside: PathBuf,
}

/// What is tested, and where.
#[derive(Debug, Args)]
pub(crate) struct Test {
    /// The departmental's folder.
    #[arg(default_value = ".")]
    pub(crate) folder: PathBuf,
    /// This case alone; may be said several times.
    #[arg(long, value_name = "NAME")]
    pub(crate) case: Vec<String>,
    /// Writes what the calls cost now into `cases/budget.json`, against which later runs are held.
    #[arg(long)]
    pub(crate) accept_budget: bool,
    /// Runs the crate's own unit tests in the sandbox's engine instead; Rust alone.
    #[arg(long, conflicts_with_all = ["case", "accept_budget"])]
    pub(crate) unit: bool,
    /// The host, the program `palatine`. Without it: the one beside this program, else the one on the PATH.
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) host: Option<PathBuf>,
}

/// What is shown, and where.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The departmental's folder.
    #[arg(default_value = ".")]
    pub(crate) folder: PathBuf,
    /// The port on which the application is reached, on this machine alone; 0 takes a free one.
    #[arg(long, default_value_t = 8090)]
    pub(crate) port: u16,
    /// How many sample patients there are.
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=2_000))]
    pub(crate) people: u32,
    /// The host, the program `palatine`. Without it: the one beside this program, else the one on the PATH.
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) host: Option<PathBuf>,
}

/// What is published, where and by whom.
#[derive(Debug, Args)]
pub(crate) struct Publish {
    /// The component, a `.wasm` file.
    pub(crate) file: PathBuf,
    /// Address of the registry.
    #[arg(long)]
    pub(crate) registry: String,
    /// The supplier's private key, as `departmental keygen` makes it.
    #[arg(long)]
    pub(crate) key: PathBuf,
    /// The supplier's namespace: the name is modules/NAMESPACE/ID.
    #[arg(long)]
    pub(crate) namespace: Namespace,
    /// A file with the publisher's token, which other users of the machine then do not see.
    #[arg(long)]
    pub(crate) token_file: PathBuf,
    /// The release before it, as for `check`.
    #[arg(long, value_name = "FILE")]
    pub(crate) against: Option<PathBuf>,
}

/// A language that there is a kit for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// Rust.
    Rust,
    /// JavaScript.
    Javascript,
    /// Python.
    Python,
}

impl Language {
    /// Each of them.
    pub(crate) const ALL: [Self; 3] = [Self::Rust, Self::Javascript, Self::Python];

    /// As it is written on the command line.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Javascript => "javascript",
            Self::Python => "python",
        }
    }
}
