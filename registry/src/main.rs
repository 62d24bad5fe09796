//! The program `registry`: serve one, make keys and publishers, publish, pull and verify.
//!
//! Invariant: a secret is written only to the file or the terminal that was asked for it, and never over another.

use std::error::Error;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use clap::Parser as _;
use registry::client::{Client, Pulled, Push};
use registry::clock::Clock;
use registry::digest::Digest;
use registry::limits::{COMPONENT_BYTES_MAX, KEY_FILE_BYTES_MAX};
use registry::name::{Namespace, Repository};
use registry::publishers::{PublisherEntry, Publishers, entries};
use registry::trust::{self, Expected, SupplierKey, TrustedKeys};
use registry::{Config, component, serve};

use crate::arguments::{Command, Program, Publish, PublisherCommand, Pull, Serve, Verify};

mod arguments;

/// Why a command failed: what was being done, to what, and the cause.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{path}: {doing} failed")]
    File {
        doing: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("{0}: the file is larger than anything of its kind")]
    TooLarge(PathBuf),
    #[error("writing the answer failed")]
    Output(#[from] io::Error),
    #[error("{0}")]
    Keys(#[from] trust::KeyError),
    #[error("{0}")]
    Publishers(#[from] registry::publishers::PublishersError),
    #[error("{0}")]
    Serve(#[from] registry::ServeError),
    #[error("{0}")]
    Client(#[from] registry::client::ClientError),
    #[error("{0}")]
    Component(#[from] component::ComponentError),
    #[error("no trusted supplier signed {name}@{digest}: {reasons}")]
    NotSigned {
        name: Repository,
        digest: Digest,
        reasons: String,
    },
    #[error("the answer could not be written as JSON")]
    Json(#[from] serde_json::Error),
}

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::INFO)
        .with_writer(io::stderr)
        .init();
    match run(Program::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let mut line = failure.to_string();
            let mut source = failure.source();
            while let Some(cause) = source {
                let text = cause.to_string();
                line = if line.ends_with(&text) {
                    line
                } else {
                    format!("{line}: {text}")
                };
                source = cause.source();
            }
            // Where even this cannot be written, the exit code still tells.
            drop(writeln!(io::stderr(), "{line}"));
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Serve(it) => serve_until_stopped(it),
        Command::Keygen { out } => keygen(&out),
        Command::Publisher(PublisherCommand::Add {
            publishers,
            supplier,
            namespaces,
            public_key,
        }) => add_publisher(&publishers, supplier, namespaces, public_key),
        Command::Publisher(PublisherCommand::Trusted { publishers }) => {
            let publishers = Publishers::from_json(&read(&publishers, KEY_FILE_BYTES_MAX)?)?;
            say(&String::from_utf8_lossy(&publishers.keys().to_json()?))
        }
        Command::Publish(it) => publish(&it),
        Command::Pull(it) => pull(&it),
        Command::Verify(it) => verify(&it),
        Command::Inspect { file } => inspect(&file),
    }
}

fn serve_until_stopped(it: Serve) -> Result<(), Failure> {
    let config = Config {
        folder: it.folder,
        publishers: Publishers::from_json(&read(&it.publishers, KEY_FILE_BYTES_MAX)?)?,
        public_address: it.public_address,
        clock: Clock::system(),
    };
    tokio::runtime::Runtime::new()?.block_on(async {
        let listening = |source| Failure::File {
            doing: "listening",
            path: PathBuf::from(&it.listen),
            source,
        };
        let listener = tokio::net::TcpListener::bind(&it.listen)
            .await
            .map_err(listening)?;
        let mut terminate =
            tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        let address = listener.local_addr()?;
        let ready = async move {
            // Polled once everything is open.
            if let Err(source) = say(&format!("ready http://{address}")) {
                tracing::warn!("nobody reads that the registry is ready: {source}");
            }
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        };
        Ok(serve(listener, config, ready).await?)
    })
}

fn keygen(out: &Path) -> Result<(), Failure> {
    let key = SupplierKey::generate()?;
    write_secret(out, &key.to_pem()?)?;
    say(&format!(
        "key_id {}\npublic_key {}",
        key.id(),
        BASE64.encode(key.public().as_bytes())
    ))
}

fn add_publisher(
    file: &Path,
    supplier: String,
    namespaces: Vec<Namespace>,
    public_key: String,
) -> Result<(), Failure> {
    let mut all = if file.exists() {
        entries(&read(file, KEY_FILE_BYTES_MAX)?)?
    } else {
        Vec::new()
    };
    let mut token = [0; 32];
    getrandom::fill(&mut token).map_err(io::Error::other)?;
    let token = hex::encode(token);
    let token_sha256 = Digest::sha256(token.as_bytes()).hex().to_owned();
    all.push(PublisherEntry {
        supplier,
        token_sha256,
        namespaces,
        public_key,
    });
    Publishers::new(&all)?;
    // The new file takes the place of the old in one step: a registry that starts meanwhile reads one or the other.
    let beside = file.with_extension("new");
    let failed = |source| Failure::File {
        doing: "writing",
        path: file.to_owned(),
        source,
    };
    std::fs::write(&beside, serde_json::to_vec_pretty(&all)?).map_err(failed)?;
    std::fs::rename(&beside, file).map_err(failed)?;
    say(&format!("token {token}"))
}

fn publish(it: &Publish) -> Result<(), Failure> {
    let key = SupplierKey::from_pem(&text(&it.key)?)?;
    let token = match (&it.token, &it.token_file) {
        (Some(token), _) => token.clone(),
        (None, Some(file)) => text(file)?.trim().to_owned(),
        (None, None) => String::new(),
    };
    let wasm = read(&it.file, COMPONENT_BYTES_MAX)?;
    let pushed = Client::new(&it.registry)?.push(&Push {
        token: &token,
        repository: &it.name,
        version: &it.version,
        wasm: &wasm,
        created: Clock::system().now(),
        author: None,
        key: Some(&key),
    })?;
    say(&format!(
        "manifest {}\nwasm {}",
        pushed.manifest_digest, pushed.wasm_digest
    ))
}

fn pull(it: &Pull) -> Result<(), Failure> {
    let pulled = Client::new(&it.registry)?.pull(&it.name, &it.digest)?;
    std::fs::write(&it.out, &pulled.wasm).map_err(|source| Failure::File {
        doing: "writing",
        path: it.out.clone(),
        source,
    })?;
    say(&format!(
        "wasm {}\nsignatures {}",
        pulled.wasm_digest,
        pulled.signatures.len()
    ))
}

fn verify(it: &Verify) -> Result<(), Failure> {
    let trusted = TrustedKeys::from_json(&read(&it.trusted, KEY_FILE_BYTES_MAX)?)?;
    let Pulled {
        wasm_digest,
        signatures,
        ..
    } = Client::new(&it.registry)?.pull(&it.name, &it.digest)?;
    let expected = Expected {
        repository: &it.name,
        wasm: &wasm_digest,
        manifest: &it.digest,
    };
    let mut reasons = Vec::new();
    for bundle in &signatures {
        match trust::verify(bundle, &trusted, expected) {
            Ok(signed) => {
                let (version, supplier, key) =
                    (signed.release.version, signed.supplier, signed.key_id);
                return say(&format!(
                    "version {version}\nsupplier {supplier}\nkey_id {key}\nwasm {wasm_digest}"
                ));
            }
            Err(reason) => reasons.push(reason.to_string()),
        }
    }
    if reasons.is_empty() {
        reasons.push("there is no signature".to_owned());
    }
    let (name, digest) = (it.name.clone(), it.digest.clone());
    Err(Failure::NotSigned {
        name,
        digest,
        reasons: reasons.join("; "),
    })
}

fn inspect(file: &Path) -> Result<(), Failure> {
    let wasm = read(file, COMPONENT_BYTES_MAX)?;
    let inspected = component::inspect(&wasm)?;
    let document = serde_json::json!({
        "digest": Digest::sha256(&wasm),
        "contract": inspected.contract,
        "imports": inspected.imports,
        "exports": inspected.exports,
        "manifest": inspected.manifest,
    });
    say(&serde_json::to_string_pretty(&document)?)?;
    component::admit(&wasm)?;
    Ok(())
}

/// A file's bytes, unless it is longer than `most`.
fn read(path: &Path, most: u64) -> Result<Vec<u8>, Failure> {
    use io::Read as _;
    let failed = |source| Failure::File {
        doing: "reading",
        path: path.to_owned(),
        source,
    };
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(most + 1).read_to_end(&mut bytes))
        .map_err(failed)?;
    if bytes.len() as u64 > most {
        Err(Failure::TooLarge(path.to_owned()))
    } else {
        Ok(bytes)
    }
}

fn text(path: &Path) -> Result<String, Failure> {
    let not_text = |source| Failure::File {
        doing: "reading",
        path: path.to_owned(),
        source,
    };
    String::from_utf8(read(path, KEY_FILE_BYTES_MAX)?)
        .map_err(io::Error::other)
        .map_err(not_text)
}

/// Writes a new file that only its owner can read.
fn write_secret(path: &Path, secret: &str) -> Result<(), Failure> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let failed = |source| Failure::File {
        doing: "writing",
        path: path.to_owned(),
        source,
    };
    let file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    file.and_then(|mut file| {
        file.write_all(secret.as_bytes())
            .and_then(|()| file.sync_all())
    })
    .map_err(failed)
}

fn say(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}
