//! The demonstration: registry and host on this machine, on data that the project makes or that is given.
//!
//! A second run starts from what the first one left in `.palatine`.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::tools::{Need, program, run};
use crate::{DEPARTMENTALS, build, products, root};

const REGISTRY: &str = "127.0.0.1:7300";
const SUPPLIER: &str = "Brockholes Laboratory Systems";
const NAMESPACE: &str = "brockholes";
const WAIT: Duration = Duration::from_secs(20);

/// Builds, publishes, seeds and serves until it is told to stop.
pub(crate) fn demo(rest: &[String]) -> Result<(), String> {
    let mut words = rest.iter();
    let (mut seed, mut fresh) = (Vec::new(), false);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--fresh" => fresh = true,
            "--data" | "--people" => {
                let value = words
                    .next()
                    .ok_or_else(|| format!("{word} needs a value"))?;
                seed.extend([word.clone(), value.clone()]);
            }
            other => {
                return Err(format!(
                    "demo does not know `{other}`; it takes --data FOLDER, --people N, --fresh"
                ));
            }
        }
    }
    build(&[Need::Assets, Need::Guests])?;
    let home = root().join(".palatine");
    if fresh && home.exists() {
        std::fs::remove_dir_all(&home)
            .map_err(|why| format!("could not empty {}: {why}", home.display()))?;
    }
    std::fs::create_dir_all(&home)
        .map_err(|why| format!("could not make {}: {why}", home.display()))?;
    supplier(&home)?;
    let _registry = Running::registry(&home)?;
    publish(&home)?;
    for departmental in DEPARTMENTALS {
        let stories = root()
            .join("plugins")
            .join(departmental)
            .join("demonstration");
        if stories.is_dir() {
            seed.extend(["--with".to_owned(), stories.display().to_string()]);
        }
    }
    run(host(&home)
        .arg("demonstrate")
        .args(seed)
        .arg("--message")
        .arg(home.join("creatinine.hl7")))?;
    // Ends when the host does: Ctrl-C reaches both.
    run(host(&home).arg("serve"))
}

/// The supplier's key, the registry's list of who may publish what, and the list of keys that hosts trust.
fn supplier(home: &Path) -> Result<(), String> {
    let publishers = home.join("publishers.json");
    if home.join("suppliers.json").exists() {
        return Ok(());
    }
    let said = answer(
        program("registry")
            .args(["keygen", "--out"])
            .arg(home.join("supplier.key")),
    )?;
    let public_key = word_after(&said, "public_key")?;
    let said = answer(
        program("registry")
            .args([
                "publisher",
                "add",
                "--supplier",
                SUPPLIER,
                "--namespace",
                NAMESPACE,
                "--public-key",
                &public_key,
            ])
            .arg("--publishers")
            .arg(&publishers),
    )?;
    write(&home.join("supplier.token"), &word_after(&said, "token")?)?;
    let trusted = answer(
        program("registry")
            .args(["publisher", "trusted", "--publishers"])
            .arg(&publishers),
    )?;
    write(&home.join("suppliers.json"), &trusted)
}

/// Publishes each departmental under its folder's name and its own version; the same bytes twice change nothing.
fn publish(home: &Path) -> Result<(), String> {
    for departmental in DEPARTMENTALS {
        let component = products().join(departmental).with_extension("wasm");
        let version = version(
            &root()
                .join("plugins")
                .join(departmental)
                .join("departmental.json"),
        )?;
        answer(
            program("registry")
                .args(["publish", "--registry"])
                .arg(format!("http://{REGISTRY}"))
                .arg("--key")
                .arg(home.join("supplier.key"))
                .arg("--token-file")
                .arg(home.join("supplier.token"))
                .args([format!("modules/{NAMESPACE}/{departmental}"), version])
                .arg(component),
        )?;
    }
    Ok(())
}

/// The version that a manifest states, found without a JSON parser: this program has no dependencies.
fn version(manifest: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(manifest)
        .map_err(|why| format!("{}: {why}", manifest.display()))?;
    let after = text
        .split("\"version\"")
        .nth(1)
        .and_then(|rest| rest.split('"').nth(1));
    after
        .map(str::to_owned)
        .ok_or_else(|| format!("{} states no version", manifest.display()))
}

/// What a program prints on its standard output.
fn answer(command: &mut Command) -> Result<String, String> {
    let out = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|why| format!("could not start {command:?}: {why}"))?;
    if !out.status.success() {
        return Err(format!("{command:?} ended with {}", out.status));
    }
    Ok(String::from_utf8_lossy(&out.stdout).into_owned())
}

fn word_after(text: &str, name: &str) -> Result<String, String> {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.map(|rest| rest.trim().to_owned())
        .ok_or_else(|| format!("no {name} in {text:?}"))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|why| format!("{}: {why}", path.display()))
}

/// The host's program with the demonstration's settings.
fn host(home: &Path) -> Command {
    let mut host = program("palatine");
    host.env(
        "PALATINE_STORE",
        format!("sqlite:{}", home.join("record").display()),
    )
    .env("PALATINE_KEPT", home.join("kept"))
    .env("PALATINE_REGISTRY", format!("http://{REGISTRY}"))
    .env("PALATINE_SUPPLIERS", home.join("suppliers.json"))
    .env("PALATINE_ASSETS", root().join("host/gateway/assets/dist"));
    host
}

/// A program that is ended with this value.
struct Running(Child);
impl Running {
    fn registry(home: &Path) -> Result<Self, String> {
        let child = program("registry")
            .args(["serve", "--listen", REGISTRY, "--folder"])
            .arg(home.join("registry"))
            .arg("--publishers")
            .arg(home.join("publishers.json"))
            .stdout(Stdio::null())
            .spawn()
            .map_err(|why| format!("could not start the registry: {why}"))?;
        let mut running = Self(child);
        let since = Instant::now();
        while std::net::TcpStream::connect(REGISTRY).is_err() {
            if let Ok(Some(status)) = running.0.try_wait() {
                return Err(format!(
                    "the registry ended with {status}; is something else at {REGISTRY}?"
                ));
            }
            if since.elapsed() > WAIT {
                return Err(format!(
                    "the registry did not answer at {REGISTRY} within {WAIT:?}"
                ));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(running)
    }
}
impl Drop for Running {
    fn drop(&mut self) {
        // Either it has ended already or this ends it.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
