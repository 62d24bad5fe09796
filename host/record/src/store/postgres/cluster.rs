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
    running: Child,
    server: Server,
    folder: PathBuf,
    binaries: PathBuf,
    databases: AtomicU32,
}

/// How the server is started, the first time and after a crash.
struct Server {
    user: Option<String>,
    program: PathBuf,
    data: PathBuf,
    sockets: PathBuf,
    port: u16,
}

impl Server {
    fn begin(&self) -> Result<Child, String> {
        let mut postgres = as_user(self.user.as_deref(), &self.program);
        postgres.arg("-D").arg(&self.data);
        postgres.args(["-p", &self.port.to_string()]);
        for setting in [
            "listen_addresses=127.0.0.1",
            "max_connections=300",
            "shared_buffers=128MB",
            &format!("unix_socket_directories={}", self.sockets.display()),
        ] {
            postgres.args(["-c", setting]);
        }
        postgres
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        postgres
            .spawn()
            .map_err(|error| format!("starting postgres: {error}"))
    }
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
        let server = Server {
            user,
            program: binaries.join("postgres"),
            data,
            sockets: folder.clone(),
            port: free_port()?,
        };
        let mut cluster = Self {
            running: server.begin()?,
            server,
            folder,
            binaries,
            databases: AtomicU32::new(0),
        };
        cluster.wait()?;
        Ok(cluster)
    }

    fn wait(&mut self) -> Result<(), String> {
        let end = Instant::now() + START;
        while Instant::now() < end && !self.has_ended() {
            let ready = Command::new(self.binaries.join("pg_isready"))
                .args(["-q", "-h", "127.0.0.1", "-p", &self.server.port.to_string()])
                .status();
            if ready.is_ok_and(|status| status.success()) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(format!(
            "postgres on port {} did not accept connections within {START:?}",
            self.server.port
        ))
    }

    /// Ends every process of the server as a power cut would, and starts it again where it was.
    ///
    /// # Errors
    /// In words: what went wrong.
    pub fn crash(&mut self) -> Result<(), String> {
        let children = format!("/proc/{0}/task/{0}/children", self.running.id());
        // Without its first process the others end by themselves, in their own time: they go first.
        let children = std::fs::read_to_string(&children).unwrap_or_default();
        let mut kill = Command::new("kill");
        // Some of them may have gone meanwhile, which is as well.
        drop(kill.arg("-KILL").args(children.split_whitespace()).output());
        self.running.kill().map_err(|why| why.to_string())?;
        drop(self.running.wait());
        let end = Instant::now() + START;
        loop {
            self.running = self.server.begin()?;
            match self.wait() {
                Ok(()) => return Ok(()),
                // What is left of the old server still holds its shared memory.
                Err(_) if self.has_ended() && Instant::now() < end => {}
                Err(why) => return Err(why),
            }
        }
    }

    fn has_ended(&mut self) -> bool {
        matches!(self.running.try_wait(), Ok(Some(_)))
    }

    /// The folder in which the server keeps everything.
    pub fn data(&self) -> PathBuf {
        self.server.data.clone()
    }

    /// The server's first process, whose children are all others.
    pub fn process(&self) -> u32 {
        self.running.id()
    }

    /// A new, empty database; its connection string.
    ///
    /// # Errors
    /// In words: what went wrong.
    pub fn database(&self) -> Result<String, String> {
        let name = format!("record_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.ask("createdb", &[&name])?;
        let port = self.server.port;
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
        let port = self.server.port.to_string();
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
            .args(["-INT", &self.running.id().to_string()])
            .status();
        if stopped.is_ok() {
            drop(self.running.wait());
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
