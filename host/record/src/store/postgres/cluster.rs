//! A private PostgreSQL for tests and benches: made in a temporary folder, on a free port, gone when it is dropped.
//!
//! Invariant: it is never skipped; when PostgreSQL is not installed, starting it fails and says what to install.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// How long the server may take to accept connections.
const START: Duration = Duration::from_secs(60);
/// The user that runs the server when the tests are root, which PostgreSQL refuses to be.
const USERS: [&str; 2] = ["postgres", "nobody"];

/// A running server.
pub struct Cluster {
    server: Child,
    folder: PathBuf,
    data: PathBuf,
    port: u16,
    binaries: PathBuf,
    databases: AtomicU32,
}

impl Cluster {
    /// Makes a cluster and starts its server.
    ///
    /// # Errors
    /// In words: what is missing or what went wrong, and what to do.
    pub fn start() -> Result<Self, String> {
        Self::begin(None)
    }

    /// The same, with its data on a disk that may be small; its log of changes is kept elsewhere, since a server that
    /// cannot write its log stops altogether.
    ///
    /// # Errors
    /// In words: what is missing or what went wrong, and what to do.
    pub fn start_on(disk: &Path) -> Result<Self, String> {
        Self::begin(Some(disk))
    }

    fn begin(disk: Option<&Path>) -> Result<Self, String> {
        let binaries = binaries()?;
        let folder = std::env::temp_dir().join(format!(
            "palatine-postgres-{}-{}",
            std::process::id(),
            free_port()?
        ));
        std::fs::create_dir_all(&folder)
            .map_err(|error| format!("creating {}: {error}", folder.display()))?;
        let user = other_user()?;
        let disk = disk.unwrap_or(&folder).to_owned();
        if let Some(user) = &user {
            run(Command::new("chown").arg(user).arg(&folder).arg(&disk))?;
        }
        let data = disk.join("data");
        let mut initdb = as_user(user.as_deref(), &binaries.join("initdb"));
        run(initdb
            .arg("-X")
            .arg(folder.join("log"))
            .arg("-D")
            .arg(&data)
            .args([
                "-U",
                "palatine",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C",
                "-N",
            ]))?;
        let port = free_port()?;
        let mut postgres = as_user(user.as_deref(), &binaries.join("postgres"));
        postgres.arg("-D").arg(&data).args([
            "-p",
            &port.to_string(),
            "-c",
            "listen_addresses=127.0.0.1",
        ]);
        postgres.args(["-c", "max_connections=300", "-c", "shared_buffers=128MB"]);
        postgres
            .arg("-c")
            .arg(format!("unix_socket_directories={}", folder.display()));
        let server = postgres
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let server = server.map_err(|error| format!("starting postgres: {error}"))?;
        let cluster = Self {
            server,
            folder,
            data,
            port,
            binaries,
            databases: AtomicU32::new(0),
        };
        cluster.wait()?;
        Ok(cluster)
    }

    fn wait(&self) -> Result<(), String> {
        let end = Instant::now() + START;
        while Instant::now() < end {
            let ready = Command::new(self.binaries.join("pg_isready"))
                .args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()])
                .status();
            if ready.is_ok_and(|status| status.success()) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(format!(
            "postgres on port {} did not accept connections within {START:?}",
            self.port
        ))
    }

    /// The folder in which the server keeps everything.
    pub fn data(&self) -> PathBuf {
        self.data.clone()
    }

    /// The server's first process, whose children are all others.
    pub fn process(&self) -> u32 {
        self.server.id()
    }

    /// A new, empty database; its connection string.
    ///
    /// # Errors
    /// In words: what went wrong.
    pub fn database(&self) -> Result<String, String> {
        let name = format!("record_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.ask("createdb", &[&name])?;
        let port = self.port;
        Ok(format!("postgres://palatine@127.0.0.1:{port}/{name}"))
    }

    /// Has the server write back what it still owes its files.
    ///
    /// # Errors
    /// In words: what went wrong.
    pub fn settle(&self) -> Result<(), String> {
        self.ask("psql", &["-q", "-c", "CHECKPOINT", "postgres"])
    }

    /// Runs a client program of the server's own installation on it.
    fn ask(&self, program: &str, arguments: &[&str]) -> Result<(), String> {
        let port = self.port.to_string();
        let here = ["-h", "127.0.0.1", "-p", &port, "-U", "palatine"];
        run(Command::new(self.binaries.join(program))
            .args(here)
            .args(arguments))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // A server that is gone already needs no stopping, and a folder that stays is in the temporary folder.
        let stopped = Command::new("kill")
            .args(["-INT", &self.server.id().to_string()])
            .status();
        if stopped.is_ok() {
            drop(self.server.wait());
        }
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

fn run(command: &mut Command) -> Result<(), String> {
    let shown = format!("{:?}", command.get_program());
    let output = command
        .output()
        .map_err(|error| format!("running {shown}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "{shown} failed: {}",
        String::from_utf8_lossy(&output.stderr)
    ))
}

/// The newest PostgreSQL that is installed.
fn binaries() -> Result<PathBuf, String> {
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let newest = versions
        .filter_map(|entry| {
            Some((
                entry.file_name().to_str()?.parse::<u32>().ok()?,
                entry.path().join("bin"),
            ))
        })
        .filter(|(_, bin)| bin.join("initdb").is_file())
        .max();
    newest.map(|(_, bin)| bin).ok_or_else(|| {
        "no PostgreSQL under /usr/lib/postgresql: install it with `apt-get install postgresql`"
            .to_owned()
    })
}

fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .map_err(|error| format!("finding a free port: {error}"))?;
    Ok(listener
        .local_addr()
        .map_err(|error| format!("finding a free port: {error}"))?
        .port())
}

/// Whom to become; `None` when the tests are not root.
fn other_user() -> Result<Option<String>, String> {
    let id = Command::new("id")
        .arg("-u")
        .output()
        .map_err(|error| format!("running id: {error}"))?;
    if id.stdout.trim_ascii() != b"0" {
        return Ok(None);
    }
    let exists = |user: &&str| {
        Command::new("id")
            .arg(user)
            .output()
            .is_ok_and(|output| output.status.success())
    };
    let user = USERS.into_iter().find(exists);
    user.map(|user| Some(user.to_owned()))
        .ok_or_else(|| "PostgreSQL does not run as root: add the user `postgres`".to_owned())
}

fn as_user(user: Option<&str>, program: &Path) -> Command {
    match user {
        None => Command::new(program),
        Some(user) => {
            let mut command = Command::new("setpriv");
            command.args([
                "--reuid",
                user,
                "--regid",
                user,
                "--clear-groups",
                "--pdeathsig",
                "TERM",
                "--",
            ]);
            if user == "nobody" {
                command = Command::new("setpriv");
                command.args([
                    "--reuid",
                    "nobody",
                    "--regid",
                    "nogroup",
                    "--clear-groups",
                    "--pdeathsig",
                    "TERM",
                    "--",
                ]);
            }
            command.arg(program);
            command
        }
    }
}
