//! A sync of the right file before every acknowledgement: the host and its database are traced, and what they wrote, synced
//! and sent is put in order.

mod trace;

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::client::Client;
use crate::clients::patient;
use crate::host::{Database, Ground, Host};
use crate::mllp::Sender;
use trace::{Log, Trace};

const CLIENTS: usize = 4;
const SENDERS: usize = 2;
/// Writes and as many reads of each client, messages of each sender.
const EACH: usize = 15;
/// How long the tracer may take to begin.
const BEGIN: Duration = Duration::from_secs(60);

/// Something that was acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Acknowledged {
    /// A patient under this id.
    Write(String),
    /// The first version of the same patient was read, once.
    Read(String),
    /// A message with this control id.
    Message(String),
}

/// `drill sync`.
pub(crate) async fn figures(databases: &[Database]) -> Result<Value, String> {
    let mut figures = json!({"drill": "sync"});
    for database in databases {
        figures[database.name()] = drill(*database).await?;
    }
    Ok(figures)
}

async fn drill(database: Database) -> Result<Value, String> {
    let ground = Ground::new(database).await?;
    let host = Arc::new(ground.start().await?);
    let folder = tempfile::tempdir().map_err(|why| why.to_string())?;
    let file = folder.path().join("trace");
    let mut processes = ground.server_processes();
    processes.extend(host.process());
    // Connections are made before, so that whoever serves them is traced from the beginning.
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        clients.push(host.client().await?);
    }
    let tracer = Tracer::on(&processes, &file).await?;
    let acknowledged = work(&host, clients).await?;
    tracer.stop().await?;
    let host = Arc::into_inner(host).ok_or("somebody still uses the host")?;
    let doors = [host.http.clone(), host.mllp.clone()];
    host.kill().await?;
    let text = tokio::fs::read_to_string(&file).await;
    let trace = Trace::read(&text.map_err(|why| why.to_string())?);
    let log = match database {
        Database::Sqlite => Log::Sqlite,
        Database::Postgres => Log::Postgres,
    };
    let unproven: Vec<&Acknowledged> = acknowledged
        .iter()
        .filter(|one| !trace.proves(one, log, &doors))
        .collect();
    let figures = json!({
        "writes": count(&acknowledged, |one| matches!(one, Acknowledged::Write(_))),
        "audited_reads": count(&acknowledged, |one| matches!(one, Acknowledged::Read(_))),
        "messages": count(&acknowledged, |one| matches!(one, Acknowledged::Message(_))),
        "log_writes": trace.writes(log), "log_syncs": trace.syncs(log), "unproven": unproven.len(),
    });
    // What proves something must fail without what it rests on.
    let blind = trace.without_syncs();
    if acknowledged
        .iter()
        .any(|one| blind.proves(one, log, &doors))
    {
        return Err(String::from(
            "the drill failed: it proves syncs that are not in the trace",
        ));
    }
    match unproven.first() {
        None => Ok(figures),
        Some(first) => Err(format!(
            "the drill failed: no sync before {first:?} was acknowledged, for one: {figures}"
        )),
    }
}

fn count(all: &[Acknowledged], which: fn(&Acknowledged) -> bool) -> usize {
    all.iter().filter(|one| which(one)).count()
}

/// Writes, reads and messages, several at once.
async fn work(host: &Arc<Host>, clients: Vec<Client>) -> Result<Vec<Acknowledged>, String> {
    let mut tasks = tokio::task::JoinSet::new();
    for (at, client) in clients.into_iter().enumerate() {
        tasks.spawn(write_and_read(client, at));
    }
    for at in 0..SENDERS {
        let sender = Sender::connect(&host.mllp).await?;
        tasks.spawn(send(sender, at));
    }
    let mut all = Vec::new();
    while let Some(done) = tasks.join_next().await {
        all.extend(done.map_err(|why| why.to_string())??);
    }
    Ok(all)
}

async fn write_and_read(mut client: Client, at: usize) -> Result<Vec<Acknowledged>, String> {
    let mut all = Vec::new();
    for n in 0..EACH {
        // Of one length, so that no id is the beginning of another.
        let id = format!("traced-{at:02}-{n:04}-end");
        let path = format!("/fhir/Patient/{id}");
        let mut body = patient(n as u64);
        body["id"] = json!(id);
        let body = Bytes::from(body.to_string());
        let (status, body) = client.request(Method::PUT, &path, &[], body).await?;
        if status != StatusCode::CREATED {
            let body = String::from_utf8_lossy(&body);
            return Err(format!("{path} was answered {status}: {body}"));
        }
        all.push(Acknowledged::Write(id.clone()));
        // The version that it made, which nothing else in the log names.
        let path = format!("{path}/_history/1");
        let (status, _) = client.get(&path).await?;
        if status != StatusCode::OK {
            return Err(format!("{path} was answered {status}"));
        }
        all.push(Acknowledged::Read(id));
    }
    Ok(all)
}

async fn send(mut sender: Sender, at: usize) -> Result<Vec<Acknowledged>, String> {
    let mut all = Vec::new();
    for n in 0..EACH {
        let id = format!("TRACED{at:02}{n:04}END");
        let message = crate::clients::admission(1_000_000 + (at * EACH + n) as u64).replacen(
            &format!("|D{}|", 1_000_000 + at * EACH + n),
            &format!("|{id}|"),
            1,
        );
        match sender.send(&message).await?.as_str() {
            "AA" => all.push(Acknowledged::Message(id)),
            code => return Err(format!("message {id} was answered {code}")),
        }
    }
    Ok(all)
}

/// The program that traces system calls.
struct Tracer(Child);

impl Tracer {
    async fn on(processes: &[u32], file: &Path) -> Result<Self, String> {
        let mut command = Command::new("strace");
        command
            .args(["-f", "-yy", "-s", "300000", "-e", "signal=none", "-e"])
            .arg("trace=write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,fsync,fdatasync")
            .arg("-o")
            .arg(file);
        for process in processes {
            command.args(["-p", &process.to_string()]);
        }
        let mut child = command
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|why| format!("strace: {why}; install it, or run `cargo xtask drill sync`"))?;
        let said = child.stderr.take().ok_or("strace has no standard error")?;
        let mut lines = BufReader::new(said).lines();
        let mut said = String::new();
        let begun = async {
            for _ in processes {
                match lines.next_line().await {
                    Ok(Some(line)) if line.contains("attached") => {}
                    Ok(Some(line)) => said = line,
                    Ok(None) | Err(_) => return false,
                }
            }
            true
        };
        let has_begun = tokio::time::timeout(BEGIN, begun).await;
        if has_begun != Ok(true) {
            return Err(format!("strace could not trace the host: {said}"));
        }
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self(child))
    }

    /// Lets go of whoever was traced, and waits until the trace is written.
    async fn stop(mut self) -> Result<(), String> {
        let process = self.0.id().ok_or("strace has ended by itself")?;
        let told = Command::new("kill")
            .args(["-INT", &process.to_string()])
            .status()
            .await;
        told.map_err(|why| why.to_string())?;
        self.0.wait().await.map_err(|why| why.to_string())?;
        Ok(())
    }
}
