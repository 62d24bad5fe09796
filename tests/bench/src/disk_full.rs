//! A small disk that is filled in the middle of work, used up to the last of its reserve, and emptied again.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::Client;
use crate::clients::{Clients, Tolerated, patient};
use crate::host::{CLINICIAN, Database, Ground, Host};
use crate::ledger::{Act, End, Ledger, passes};

/// Room that is left for the work when the disk is filled: a few seconds of it.
const LEFT_BYTES: u64 = 4 << 20;
/// How long clients write before the disk is filled, and after there is room again.
const WORK: Duration = Duration::from_secs(2);
/// How long it may take until the disk is full.
const FILLED_MAX: Duration = Duration::from_secs(120);
/// How long reads are looked at while writes are refused.
const READING: Duration = Duration::from_secs(3);
/// How long the reserve may last, with so many reading at once.
const RESERVE_MAX: Duration = Duration::from_secs(600);
const READERS: usize = 16;
/// How long it may take until writes are taken again.
const RECOVERED_MAX: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(100);

/// `drill disk-full`.
pub(crate) async fn figures(databases: &[Database]) -> Result<Value, String> {
    let mut figures = json!({"drill": "disk-full"});
    for database in databases {
        figures[database.name()] = drill(*database).await?;
    }
    Ok(figures)
}

async fn drill(database: Database) -> Result<Value, String> {
    let disk = Disk::of(match database {
        Database::Sqlite => 96,
        // Its empty databases alone take a third of that.
        Database::Postgres => 192,
    })?;
    let ground = Ground::on_disk(database, disk.path()).await?;
    let ledger = Arc::new(Ledger::default());
    let host = ground.start().await?;
    let clients = Clients::of(&host, "full", 0, &ledger, Tolerated::Full).await?;
    let mut client = host.client().await?;
    // A session is kept on the same disk, so those who read on a full one have theirs from before.
    let token = Client::connect(&host.http)
        .await?
        .token(CLINICIAN.0, CLINICIAN.1)
        .await?;
    let read = made(&mut client, &ledger).await?;
    tokio::time::sleep(WORK).await;
    disk.fill(LEFT_BYTES)?;
    let refusal = refused(&mut client, &ledger).await?;
    let reads = reads_go_on(&mut client, &read).await?;
    clients.stop().await?;
    let on_reserve = use_up(&host, &token, &read).await?;
    disk.empty()?;
    // The one from before was idle for too long.
    let mut client = Client::connect(&host.http).await?.with_token(token);
    let recovered = recovered(&mut client, &ledger).await?;
    let clients = Clients::of(&host, "full", 1, &ledger, Tolerated::Nothing).await?;
    tokio::time::sleep(WORK).await;
    clients.stop().await?;
    host.kill().await?;
    let mut judged = ledger.judge(&ground.place()?).await?;
    judged["writes_refused_with"] = refusal;
    judged["reads_while_writes_were_refused"] = json!(reads);
    judged["reads_on_the_reserve"] = json!(on_reserve);
    judged["writing_again_after_s"] = json!(recovered.as_secs_f64());
    passes(&judged)?;
    Ok(judged)
}

/// A disk in memory, as large as wanted.
struct Disk {
    folder: TempDir,
}

impl Disk {
    fn of(mebibytes: u32) -> Result<Self, String> {
        let folder = TempDir::new().map_err(|why| why.to_string())?;
        let mounted = Command::new("mount")
            .args([
                "-t",
                "tmpfs",
                "-o",
                &format!("size={mebibytes}m,mode=0755"),
                "palatine-drill",
            ])
            .arg(folder.path())
            .output()
            .map_err(|why| format!("mount: {why}"))?;
        if !mounted.status.success() {
            return Err(format!(
                "this drill mounts a small disk, which is not allowed here: {}; run it as root",
                String::from_utf8_lossy(&mounted.stderr).trim()
            ));
        }
        Ok(Self { folder })
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Fills the disk until no more than so many bytes are left.
    fn fill(&self, left: u64) -> Result<(), String> {
        let mut ballast =
            File::create(self.path().join("ballast")).map_err(|why| why.to_string())?;
        let piece = vec![0x5a; 1 << 16];
        let mut bytes = 0_u64;
        loop {
            match ballast.write(&piece) {
                Ok(n @ 1..) => bytes += n as u64,
                Ok(0) => break,
                Err(why) if why.kind() == std::io::ErrorKind::StorageFull => break,
                Err(why) => return Err(format!("filling the disk: {why}")),
            }
        }
        ballast
            .set_len(bytes.saturating_sub(left))
            .map_err(|why| why.to_string())
    }

    fn empty(&self) -> Result<(), String> {
        std::fs::remove_file(self.path().join("ballast")).map_err(|why| why.to_string())
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily, since whoever still has a file open lets go of it in a moment.
        drop(Command::new("umount").arg("-l").arg(self.path()).status());
    }
}

/// A patient to read, acknowledged while there was room.
async fn made(client: &mut Client, ledger: &Ledger) -> Result<String, String> {
    match write(client, ledger).await? {
        (StatusCode::CREATED, body) => {
            let body: Value = serde_json::from_slice(&body).map_err(|why| why.to_string())?;
            Ok(format!(
                "/fhir/Patient/{}",
                body["id"].as_str().unwrap_or_default()
            ))
        }
        (status, _) => Err(format!("a patient was answered {status}")),
    }
}

/// One create, noted.
async fn write(client: &mut Client, ledger: &Ledger) -> Result<(StatusCode, Bytes), String> {
    let n = ledger.number();
    let body = Bytes::from(patient(n).to_string());
    let (status, body) = client
        .request(Method::POST, "/fhir/Patient", &[], body)
        .await?;
    let end = match status {
        StatusCode::CREATED => End::Acknowledged,
        _ => End::Refused,
    };
    ledger.note(n, Act::Create, end);
    Ok((status, body))
}

/// Writes until one is refused, and gives the refusal.
async fn refused(client: &mut Client, ledger: &Ledger) -> Result<Value, String> {
    let since = Instant::now();
    while since.elapsed() < FILLED_MAX {
        let (status, body) = write(client, ledger).await?;
        match status {
            StatusCode::CREATED => {}
            StatusCode::INSUFFICIENT_STORAGE | StatusCode::SERVICE_UNAVAILABLE => {
                let outcome: Value =
                    serde_json::from_slice(&body).map_err(|why| format!("{status}: {why}"))?;
                if outcome["resourceType"] != "OperationOutcome" {
                    return Err(format!("a refusal is no OperationOutcome: {outcome}"));
                }
                return Ok(json!({ "status": status.as_u16(), "issue": outcome["issue"][0] }));
            }
            status => {
                let words = String::from_utf8_lossy(&body);
                return Err(format!(
                    "a write on a full disk was answered {status}: {words}"
                ));
            }
        }
    }
    Err(String::from(
        "the drill failed: the disk did not become full",
    ))
}

/// Reads while writes are refused: each has to be answered.
async fn reads_go_on(client: &mut Client, path: &str) -> Result<u64, String> {
    let (since, mut reads) = (Instant::now(), 0);
    while since.elapsed() < READING {
        let (status, _) = client.get(path).await?;
        if status != StatusCode::OK {
            return Err(format!(
                "the drill failed: read {reads} on a full disk was answered {status}"
            ));
        }
        reads += 1;
    }
    Ok(reads)
}

/// Reads until the reserve of the audit is used up: then a read is refused too, and says nothing of the patient.
async fn use_up(host: &Host, token: &str, path: &str) -> Result<u64, String> {
    let mut readers = tokio::task::JoinSet::new();
    for _ in 0..READERS {
        let client = Client::connect(&host.http).await?;
        let (mut client, path) = (client.with_token(token.to_owned()), path.to_owned());
        readers.spawn(async move {
            let (since, mut reads) = (Instant::now(), 0_u64);
            while since.elapsed() < RESERVE_MAX {
                let (status, body) = client.get(&path).await?;
                match status {
                    StatusCode::OK => reads += 1,
                    StatusCode::INSUFFICIENT_STORAGE => {
                        let text = String::from_utf8_lossy(&body);
                        let is_clean = text.contains("OperationOutcome") && !text.contains("Drill");
                        return match is_clean {
                            true => Ok(reads),
                            false => Err(format!("a refused read says too much: {text}")),
                        };
                    }
                    status => return Err(format!("a read was answered {status}")),
                }
            }
            Err(String::from("the drill failed: the reserve has no end"))
        });
    }
    let mut reads = 0;
    while let Some(reader) = readers.join_next().await {
        reads += reader.map_err(|why| why.to_string())??;
    }
    Ok(reads)
}

/// Writes until one is taken again.
async fn recovered(client: &mut Client, ledger: &Ledger) -> Result<Duration, String> {
    let since = Instant::now();
    loop {
        let (status, _) = write(client, ledger).await?;
        if status == StatusCode::CREATED {
            return Ok(since.elapsed());
        }
        if since.elapsed() > RECOVERED_MAX {
            return Err(format!(
                "the drill failed: with room again, a write was answered {status} after {RECOVERED_MAX:?}"
            ));
        }
        tokio::time::sleep(LOOK).await;
    }
}
