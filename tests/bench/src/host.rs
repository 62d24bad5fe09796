//! The real host as a separate process, on a database of its own that goes when it does.

mod process;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Instant;

use clap::ValueEnum;
use record::Record;
use record::account::NewAccount;
use record::caller::Role;
use record::clock::System;
use record::store::Place;
use record::store::postgres::cluster::Cluster;
use registry::testing::Stall;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

pub(crate) use self::process::{Host, resident_bytes};

/// The account that loads; the demonstration makes it.
pub(crate) const CLINICIAN: (&str, &str) = ("clinician.rxr", palatine::seed::PASSWORD);

/// The account that imports; only measurements have it.
pub(crate) const IMPORTER: (&str, &str) = ("importer", palatine::seed::PASSWORD);

/// Where a host keeps its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Database {
    Sqlite,
    Postgres,
}

impl Database {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// A place where hosts can be started one after the other.
pub(crate) struct Ground {
    folder: TempDir,
    cluster: Option<Cluster>,
    store: String,
    stall: Option<Stall>,
    /// Further settings of hosts, by their variables.
    settings: Vec<(&'static str, String)>,
}

impl Ground {
    /// A new, empty database of this kind, with trusts and accounts, without people or departmentals.
    pub(crate) async fn new(database: Database) -> Result<Self, String> {
        let ground = Self::empty(database)?;
        ground
            .seed(&["--people", "0", "--without-departmentals"])
            .await?;
        ground.importer().await?;
        Ok(ground)
    }

    /// The same with a registry beside it and these components enabled at every trust.
    pub(crate) async fn with_departmentals(
        database: Database,
        components: &[Vec<u8>],
    ) -> Result<Self, String> {
        let mut ground = Self::empty(database)?;
        ground.stall = Some(Stall::open(ground.folder.path()).await?);
        for wasm in components {
            ground.publish(wasm)?;
        }
        ground.seed(&["--people", "0"]).await?;
        ground.importer().await?;
        Ok(ground)
    }

    /// Gives hosts that are started from now on a further setting.
    pub(crate) fn set(&mut self, variable: &'static str, value: String) {
        self.settings.push((variable, value));
    }

    /// Publishes a component, which enables it nowhere; its digest.
    pub(crate) fn publish(&self, wasm: &[u8]) -> Result<String, String> {
        let stall = self.stall.as_ref().ok_or("there is no registry here")?;
        let pushed = tokio::task::block_in_place(|| stall.publish(wasm));
        pushed
            .map(|pushed| pushed.wasm_digest.to_string())
            .map_err(|why| why.to_string())
    }

    /// The same as [`Ground::new`] with the database's data on a disk of its own.
    pub(crate) async fn on_disk(database: Database, disk: &Path) -> Result<Self, String> {
        let mut ground = Self::kept_by(match database {
            Database::Sqlite => None,
            Database::Postgres => Some(Cluster::start_on(disk)?),
        })?;
        if database == Database::Sqlite {
            ground.store = format!("sqlite:{}", disk.join("record").display());
        }
        ground
            .seed(&["--people", "0", "--without-departmentals"])
            .await?;
        Ok(ground)
    }

    fn empty(database: Database) -> Result<Self, String> {
        Self::kept_by(match database {
            Database::Sqlite => None,
            Database::Postgres => Some(Cluster::start()?),
        })
    }

    fn kept_by(cluster: Option<Cluster>) -> Result<Self, String> {
        let folder = TempDir::new().map_err(|why| why.to_string())?;
        let store = match &cluster {
            None => format!("sqlite:{}", folder.path().join("record").display()),
            Some(cluster) => cluster.database()?,
        };
        Ok(Self {
            folder,
            cluster,
            store,
            stall: None,
            settings: Vec::new(),
        })
    }

    /// An account that may write everything, for whole histories.
    async fn importer(&self) -> Result<(), String> {
        let record = Record::open(&self.place()?, Arc::new(System))
            .await
            .map_err(|why| why.to_string())?;
        let account = NewAccount {
            account: IMPORTER.0.to_owned(),
            name: String::from("Import of whole histories"),
            role: Role::Operator,
            site: "RXR"
                .parse()
                .map_err(|why: record::caller::NotASiteCode| why.to_string())?,
            password: IMPORTER.1.to_owned(),
            feed: None,
        };
        record
            .put_account(account)
            .await
            .map_err(|why| why.to_string())?;
        record.close().await;
        Ok(())
    }

    async fn seed(&self, words: &[&str]) -> Result<(), String> {
        match self.command("demonstrate").args(words).status().await {
            Ok(status) if status.success() => Ok(()),
            other => Err(format!("palatine demonstrate: {other:?}")),
        }
    }

    /// Where the record is, for this program to look at what a host left.
    pub(crate) fn place(&self) -> Result<Place, String> {
        self.store
            .parse()
            .map_err(|why: record::store::NotAPlace| why.to_string())
    }

    /// The registry's address; one that nobody listens on where there is none.
    pub(crate) fn registry(&self) -> &str {
        let stall = self.stall.as_ref();
        stall.map_or("http://127.0.0.1:9", |stall| stall.address.as_str())
    }

    fn command(&self, word: &str) -> Command {
        self.command_of(word, "kept")
    }

    /// A command of the host that keeps what it pulls and compiles in a folder of this name.
    fn command_of(&self, word: &str, kept: &str) -> Command {
        self.command_by(Command::new(program("palatine")), word, kept)
    }

    fn command_by(&self, mut command: Command, word: &str, kept: &str) -> Command {
        command
            .arg(word)
            .env("PALATINE_STORE", &self.store)
            .env("PALATINE_JOBS", self.folder.path().join("jobs"))
            .env("PALATINE_KEPT", self.folder.path().join(kept))
            .env(
                "PALATINE_SUPPLIERS",
                self.folder.path().join("suppliers.json"),
            )
            .env("PALATINE_REGISTRY", self.registry())
            .env("PALATINE_LISTEN", "127.0.0.1:0")
            .env("PALATINE_MLLP_LISTEN", "127.0.0.1:0")
            .env("RUST_LOG", "warn")
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// Starts a host here and waits until it says that it is ready.
    pub(crate) async fn start(&self) -> Result<Host, String> {
        self.start_as("kept").await
    }

    /// The same for one of several hosts of one database, each of which has a folder of its own.
    pub(crate) async fn start_as(&self, name: &str) -> Result<Host, String> {
        Self::started(self.command_of("serve", name)).await
    }

    /// The same with all threads of the host on the first core.
    pub(crate) async fn start_on_one_core(&self) -> Result<Host, String> {
        let mut pinned = Command::new("taskset");
        pinned.args(["--cpu-list", "0"]).arg(program("palatine"));
        Self::started(self.command_by(pinned, "serve", "kept")).await
    }

    async fn started(mut command: Command) -> Result<Host, String> {
        let since = Instant::now();
        let mut child = command.stdout(Stdio::piped()).spawn().map_err(|why| {
            format!("could not start palatine: {why}; build it with `cargo xtask build`")
        })?;
        let out = child
            .stdout
            .take()
            .ok_or("palatine has no standard output")?;
        let mut lines = BufReader::new(out).lines();
        let (mut http, mut mllp) = (None, None);
        while let Some(line) = lines.next_line().await.map_err(|why| why.to_string())? {
            let mut words = line.split_whitespace();
            match (words.next(), words.next()) {
                (Some("http"), Some(at)) => {
                    http = Some(
                        at.trim_start_matches("http://")
                            .trim_end_matches('/')
                            .to_owned(),
                    )
                }
                (Some("mllp"), Some(at)) => mllp = Some(at.to_owned()),
                (Some("ready"), _) => break,
                _ => {}
            }
        }
        let ready_after = since.elapsed();
        // What it prints later is read and dropped, so that its pipe never fills.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        match (http, mllp) {
            (Some(http), Some(mllp)) => Ok(Host {
                child,
                http,
                mllp,
                ready_after,
            }),
            _ => Err(String::from("palatine ended before it was ready")),
        }
    }

    /// Another place of the same kind, empty, on the same server.
    pub(crate) fn another(&self) -> Result<Self, String> {
        let folder = TempDir::new().map_err(|why| why.to_string())?;
        let store = match &self.cluster {
            None => format!("sqlite:{}", folder.path().join("record").display()),
            Some(cluster) => cluster.database()?,
        };
        Ok(Self {
            folder,
            cluster: None,
            store,
            stall: None,
            settings: Vec::new(),
        })
    }

    /// The folder in which everything of this place lies.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs one of the program's other commands to its end.
    pub(crate) async fn run(&self, word: &str, words: &[&str]) -> Result<(), String> {
        match self.command(word).args(words).status().await {
            Ok(status) if status.success() => Ok(()),
            other => Err(format!("palatine {word}: {other:?}")),
        }
    }

    /// Runs one of the program's other commands to its end: whether it went well, and all that it said.
    pub(crate) async fn said(&self, word: &str, words: &[&str]) -> Result<(bool, String), String> {
        let mut command = self.command(word);
        command.args(words).env("RUST_LOG", "error");
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let ended = command.output().await;
        let ended = ended.map_err(|why| format!("palatine {word}: {why}"))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let all = format!("{}{}", text(&ended.stdout), text(&ended.stderr));
        Ok((ended.status.success(), all))
    }

    /// Every process of the database's server; none where the host keeps the record itself.
    pub(crate) fn server_processes(&self) -> Vec<u32> {
        let Some(cluster) = &self.cluster else {
            return Vec::new();
        };
        let first = cluster.process();
        let all = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let numbers = all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        let is_child = |process: &u32| {
            let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
            // Behind the name, which may hold anything, come the state and the parent.
            let parent = stat
                .rsplit_once(')')
                .and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse::<u32>().ok());
            parent == Some(first)
        };
        std::iter::once(first)
            .chain(numbers.filter(is_child))
            .collect()
    }

    /// Has the database write back what it still owes its files. SQLite folds its log while it writes.
    pub(crate) fn settle(&self) -> Result<(), String> {
        self.cluster.as_ref().map_or(Ok(()), Cluster::settle)
    }

    /// Ends the database's server as a power cut would, and starts it again.
    pub(crate) fn crash_database(&mut self) -> Result<(), String> {
        let cluster = self.cluster.as_mut();
        cluster.ok_or("the host keeps the database itself")?.crash()
    }

    /// Bytes on disk of everything that the database keeps.
    pub(crate) fn bytes_on_disk(&self) -> u64 {
        match &self.cluster {
            None => size(&self.folder.path().join("record")),
            Some(cluster) => size(&cluster.data().join("base")),
        }
    }
}

/// A component as `cargo xtask build` leaves it.
pub(crate) fn product(name: &str) -> Result<PathBuf, String> {
    let folder =
        std::env::var_os("PALATINE_PRODUCTS").ok_or("run this by `cargo xtask bench NAME`")?;
    Ok(PathBuf::from(folder).join(name))
}

/// The bytes of such a component.
pub(crate) fn component(name: &str) -> Result<Vec<u8>, String> {
    let file = product(name)?;
    std::fs::read(&file).map_err(|why| format!("{}: {why}", file.display()))
}

/// One of the project's programs, built beside this one.
pub(crate) fn program(name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap_or_default();
    own.parent()
        .map_or_else(|| PathBuf::from(name), |folder| folder.join(name))
}

fn size(path: &Path) -> u64 {
    let Ok(known) = path.metadata() else { return 0 };
    if known.is_file() {
        return known.len();
    }
    std::fs::read_dir(path).map_or(0, |entries| {
        entries.flatten().map(|entry| size(&entry.path())).sum()
    })
}
