//! What a departmental is shown on: a registry and a host of its own, on a record with sample patients, in one folder.
//!
//! Invariant: both listen on this machine alone; both end, and the folder is removed, when the stage is dropped.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use registry::name::Namespace;
use serde_json::Value;
use tempfile::TempDir;

use crate::arguments::Run;
use crate::build::maker;
use crate::failure::{Ending, Failure, unwritable};
use crate::running::assets;
use crate::tell;

/// The supplier's namespace in the registry of this stage.
const NAMESPACE: &str = "local";
/// How long a program may take until it serves.
const START: Duration = Duration::from_secs(60);
/// How long the host may take to enable a release: it compiles it.
const ENABLE: Duration = Duration::from_secs(300);

/// Everything that runs.
pub(super) struct Stage {
    // Ended in this order, the folder last.
    host: Served,
    registry: Served,
    home: TempDir,
    told: Vec<String>,
}

/// A program that serves, what it says, and where it can be told something.
struct Served {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    address: String,
}

impl Stage {
    /// Starts everything, without a departmental yet.
    pub(super) fn set(
        palatine: &Path,
        registry: &Path,
        manifest: &Value,
        it: &Run,
    ) -> Result<Self, Failure> {
        let assets = assets(palatine)?;
        let home = tempfile::Builder::new()
            .prefix("departmental-run-")
            .tempdir()
            .map_err(|wrong| unwritable(&std::env::temp_dir(), &wrong))?;
        let place = home.path().to_owned();
        let supplier = manifest.get("supplier").and_then(Value::as_str);
        secrets(registry, &place, supplier.unwrap_or("Local supplier"))?;
        let mut serve = Command::new(registry);
        serve
            .args(["serve", "--listen", "127.0.0.1:0", "--folder"])
            .arg(place.join("registry"))
            .arg("--publishers")
            .arg(place.join("publishers.json"));
        let registry = Served::start(serve, "the registry", "ready ")?;
        let settings = [
            (
                "PALATINE_STORE",
                format!("sqlite:{}", place.join("record").display()),
            ),
            ("PALATINE_JOBS", place.join("jobs").display().to_string()),
            ("PALATINE_KEPT", place.join("kept").display().to_string()),
            (
                "PALATINE_SUPPLIERS",
                place.join("suppliers.json").display().to_string(),
            ),
            ("PALATINE_REGISTRY", registry.address.clone()),
            ("PALATINE_ASSETS", assets.display().to_string()),
            ("PALATINE_LISTEN", format!("127.0.0.1:{}", it.port)),
            ("PALATINE_MLLP_LISTEN", "127.0.0.1:0".to_owned()),
            ("PALATINE_SANDBOX", "host".to_owned()),
            ("PALATINE_HTTPS", "false".to_owned()),
        ];
        let host = || {
            let mut host = Command::new(palatine);
            host.envs(settings.iter().cloned());
            if std::env::var_os("RUST_LOG").is_none() {
                host.env("RUST_LOG", "error");
            }
            host
        };
        let told = people(host, it)?;
        let mut serve = host();
        serve.args(["serve", "--driven"]);
        let host = Served::start(serve, "the host", "http ")?;
        Ok(Self {
            host,
            registry,
            home,
            told,
        })
    }

    /// Of whom the departmental's stories are told, a line each: NHS number, name and what it shows.
    pub(super) fn told(&self) -> &[String] {
        &self.told
    }

    /// Where the application is reached, with a slash at its end.
    pub(super) fn address(&self) -> &str {
        &self.host.address
    }

    /// The registry's address.
    pub(super) fn registry(&self) -> &str {
        &self.registry.address
    }

    /// The folder of this stage.
    pub(super) fn home(&self) -> &Path {
        self.home.path()
    }

    /// The supplier's key.
    pub(super) fn key(&self) -> PathBuf {
        self.home().join("supplier.key")
    }

    /// The publisher's token.
    pub(super) fn token(&self) -> PathBuf {
        self.home().join("supplier.token")
    }

    /// The supplier's namespace.
    pub(super) fn namespace(&self) -> Result<Namespace, Failure> {
        NAMESPACE.parse().map_err(|why| {
            let what = format!("{NAMESPACE} is no namespace: {why}");
            Failure::new(Ending::FoundWrong, what, "this is a fault of this program")
        })
    }

    /// Whether both programs still run.
    pub(super) fn still_plays(&mut self) -> Result<(), Failure> {
        self.registry.is_alive("the registry")?;
        self.host.is_alive("the host")
    }

    /// Has the host enable a release at its first trust.
    pub(super) fn enable(&mut self, digest: &str) -> Result<(), Failure> {
        let gone = |why: String| {
            let what = format!("the host could not be told to enable the build: {why}");
            Failure::new(Ending::FoundWrong, what, "start departmental run again")
        };
        let input = self.host.input.as_mut();
        let input = input.ok_or_else(|| gone("it listens to nobody".to_owned()))?;
        writeln!(input, "{digest}")
            .and_then(|()| input.flush())
            .map_err(|wrong| gone(wrong.to_string()))?;
        loop {
            let line = match self.host.lines.recv_timeout(ENABLE) {
                Ok(line) => line,
                Err(why) => return Err(gone(why.to_string())),
            };
            if let Some(why) = line.strip_prefix(&format!("not enabled {digest}: ")) {
                return Err(Failure::new(
                    Ending::FoundWrong,
                    format!("the host does not take the build: {why}"),
                    "mend what it names, and save again",
                ));
            }
            if line == format!("enabled {digest}") {
                return Ok(());
            }
        }
    }
}

impl Served {
    /// Starts a program and waits for the line with its address.
    fn start(mut command: Command, what: &str, before_address: &str) -> Result<Self, Failure> {
        let failed = |why: String| {
            Failure::new(
                Ending::Missing,
                format!("{what} did not start: {why}"),
                "see what it says above; perhaps its port is taken: choose another with --port",
            )
        };
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|wrong| failed(wrong.to_string()))?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let (said, lines) = channel();
        // Dropped when something goes wrong from here on, which ends the program.
        let mut served = Self {
            child,
            input,
            lines,
            address: String::new(),
        };
        let output = output.ok_or_else(|| failed("it has no output".to_owned()))?;
        std::thread::Builder::new()
            .name(what.to_owned())
            .spawn(move || {
                let lines = BufReader::new(output).lines().map_while(Result::ok);
                // Read to its end, also when nobody wants it any more, so that the program is never held up.
                lines.for_each(|line| drop(said.send(line)));
            })
            .map_err(|wrong| failed(wrong.to_string()))?;
        while served.address.is_empty() {
            match served.lines.recv_timeout(START) {
                Ok(line) => {
                    if let Some(address) = line.strip_prefix(before_address) {
                        address.clone_into(&mut served.address);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    return Err(failed(format!("it said nothing for {START:?}")));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(failed("it ended".to_owned()));
                }
            }
        }
        Ok(served)
    }

    fn is_alive(&mut self, what: &str) -> Result<(), Failure> {
        match self.child.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(status)) => Err(Failure::new(
                Ending::FoundWrong,
                format!("{what} ended with {status}"),
                "see what it says above, and start departmental run again",
            )),
            Err(wrong) => Err(Failure::new(
                Ending::FoundWrong,
                format!("{what} is not known of any more: {wrong}"),
                "start departmental run again",
            )),
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Either it has ended already, or this ends it; its record is thrown away with the folder.
        drop(self.input.take());
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The supplier's key, who may publish, and whom the host trusts.
fn secrets(registry: &Path, home: &Path, supplier: &str) -> Result<(), Failure> {
    let publishers = home.join("publishers.json");
    let mut keygen = Command::new(registry);
    keygen
        .args(["keygen", "--out"])
        .arg(home.join("supplier.key"));
    let public_key = after(&said(keygen)?, "public_key")?;
    let mut add = Command::new(registry);
    add.args([
        "publisher",
        "add",
        "--supplier",
        supplier,
        "--namespace",
        NAMESPACE,
    ])
    .args(["--public-key", &public_key, "--publishers"])
    .arg(&publishers);
    let token = after(&said(add)?, "token")?;
    let mut trusted = Command::new(registry);
    trusted
        .args(["publisher", "trusted", "--publishers"])
        .arg(&publishers);
    let trusted = said(trusted)?;
    for (name, text) in [("supplier.token", token), ("suppliers.json", trusted)] {
        let file = home.join(name);
        std::fs::write(&file, text).map_err(|wrong| unwritable(&file, &wrong))?;
    }
    Ok(())
}

/// Trusts, accounts and sample patients, and the departmental's own stories; answers with of whom they are told.
fn people(host: impl Fn() -> Command, it: &Run) -> Result<Vec<String>, Failure> {
    tell("Making trusts and sample patients");
    let mut demonstrate = host();
    demonstrate.args(["demonstrate", "--without-departmentals", "--people"]);
    demonstrate.arg(it.people.to_string());
    let stories = it.folder.join("demonstration");
    if stories.is_dir() {
        demonstrate.arg("--with").arg(&stories);
    }
    let said = said(demonstrate)?;
    let lines = said.lines().filter_map(|line| line.strip_prefix("  "));
    let told = lines.filter(|line| line.starts_with(|it: char| it.is_ascii_digit()));
    Ok(told.map(str::to_owned).collect())
}

/// What a program prints, once it has succeeded.
fn said(command: Command) -> Result<String, Failure> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = maker::run(command, "getting ready", &mut tell)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(Failure::new(
        Ending::FoundWrong,
        format!("{program} did not succeed: {}", maker::said(&output)),
        "see that registry, host and this program are of the same checkout",
    ))
}

/// The word behind a name at the beginning of a line.
fn after(text: &str, name: &str) -> Result<String, Failure> {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.map(|rest| rest.trim().to_owned()).ok_or_else(|| {
        Failure::new(
            Ending::FoundWrong,
            format!("the registry says no {name}"),
            "see that registry and this program are of the same checkout",
        )
    })
}
