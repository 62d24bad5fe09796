//! `bench screen`: pathology's screen about patients of 5,000 results, over HTTP, signed in and audited, at a fixed rate,
//! once departmentals have reacted to all of it.
//!
//! Requests are meant to begin at fixed moments, whatever the host does, and every time counts from the moment meant: what
//! waits behind a slow answer is slow too.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::client::Client;
use crate::host::{CLINICIAN, Database, Ground, Host, component};
use crate::results;
use crate::rows::RESULTS;
use crate::server::Server;
use crate::spread::Spread;

/// Connections that ask: more than are waited for at any time.
const CONNECTIONS: usize = 64;
/// Patients who are asked for in turn.
const PATIENTS: usize = 4;
/// Results that are loaded in one transaction.
const AT_ONCE: usize = 1_000;
/// How often each patient's screen is drawn before.
const WARM: usize = 20;

/// What is measured, and how.
#[derive(clap::Args)]
pub(crate) struct Asked {
    /// Screens a second that are asked for.
    #[arg(long, default_value_t = 200)]
    rate: u32,
    /// For how long.
    #[arg(long, default_value_t = 10)]
    seconds: u32,
    /// Only this database.
    #[arg(long)]
    database: Option<Database>,
}

/// `bench screen`.
pub(crate) async fn figures(asked: Asked) -> Result<Value, String> {
    let mut figures = json!({
        "bench": "screen", "results_of_each_patient": RESULTS, "offered_per_second": asked.rate,
        "durable": true, "signed_in_and_audited": true,
    });
    for database in crate::databases(asked.database) {
        let ground = Ground::with_departmentals(database, &[component("pathology.wasm")?]).await?;
        let host = ground.start().await?;
        load(&host).await?;
        host.at_rest().await?;
        ground.settle()?;
        figures[database.name()] = measured(&host, &asked).await?;
        host.kill().await?;
    }
    Ok(figures)
}

async fn load(host: &Host) -> Result<(), String> {
    let server = Server::of(host).await?;
    let mut client = server.connect().await?;
    for number in 0..PATIENTS {
        for from in (0..RESULTS).step_by(AT_ONCE) {
            let bundle = results::transaction(number, from..RESULTS.min(from + AT_ONCE));
            let body = Bytes::from(bundle.to_string());
            let (status, body) = client.post(&server.path(""), body).await?;
            if status != StatusCode::OK {
                let words = String::from_utf8_lossy(&body);
                return Err(format!(
                    "a patient's results were answered {status}: {words}"
                ));
            }
        }
    }
    Ok(())
}

async fn measured(host: &Host, asked: &Asked) -> Result<Value, String> {
    let mut client = Client::connect(&host.http).await?;
    let token = client.token(CLINICIAN.0, CLINICIAN.1).await?;
    let cookie: Arc<str> = format!("palatine-session={token}").into();
    let (mut alone, mut bytes) = (Spread::new()?, 0);
    for at in 0..WARM * PATIENTS {
        let since = Instant::now();
        bytes = screen(&mut client, &cookie, at).await?;
        if at >= WARM * PATIENTS / 2 {
            alone.add(since.elapsed());
        }
    }
    let many = asked.rate.saturating_mul(asked.seconds);
    let pace = Arc::new(Pace {
        since: Instant::now() + Duration::from_millis(100),
        rate: asked.rate.max(1),
        many,
        next: AtomicU32::new(0),
        due: Semaphore::new(0),
    });
    let mut askers = Vec::new();
    for _ in 0..CONNECTIONS {
        let (client, cookie) = (Client::connect(&host.http).await?, Arc::clone(&cookie));
        askers.push(tokio::spawn(ask(client, cookie, Arc::clone(&pace))));
    }
    let ticking = Arc::clone(&pace);
    let ticker = std::thread::spawn(move || ticking.tick());
    let spread = Spread::of_all(askers).await?;
    let elapsed = pace.since.elapsed();
    ticker.join().map_err(|_| "the pace was lost")?;
    let mut figures = spread.figures(elapsed);
    figures["slowest_ms"] = json!(spread.at_us(100.0).round() / 1000.0);
    figures["one_at_a_time_p50_ms"] = json!(alone.at_us(50.0).round() / 1000.0);
    figures["page_bytes"] = json!(bytes);
    figures["host_resident_mb"] = json!(host.resident_bytes().unwrap_or(0) / 1_000_000);
    Ok(figures)
}

/// When each request is meant to begin.
struct Pace {
    since: Instant,
    rate: u32,
    many: u32,
    next: AtomicU32,
    /// Requests whose moment has come, and at the end one more for each connection.
    due: Semaphore,
}

impl Pace {
    fn meant(&self, at: u32) -> Instant {
        self.since + Duration::from_secs(1) * at / self.rate
    }

    /// Lets each request begin when its moment comes. On a thread of its own, since a runtime's clock is as coarse as what
    /// is measured.
    fn tick(&self) {
        for at in 0..self.many {
            std::thread::sleep(self.meant(at).saturating_duration_since(Instant::now()));
            self.due.add_permits(1);
        }
        self.due.add_permits(CONNECTIONS);
    }

    /// The next request, once its moment has come.
    async fn turn(&self) -> Option<u32> {
        self.due.acquire().await.ok()?.forget();
        let at = self.next.fetch_add(1, Ordering::Relaxed);
        (at < self.many).then_some(at)
    }
}

async fn ask(mut client: Client, cookie: Arc<str>, pace: Arc<Pace>) -> Result<Spread, String> {
    let mut spread = Spread::new()?;
    while let Some(at) = pace.turn().await {
        let patient = usize::try_from(at).unwrap_or(0);
        screen(&mut client, &cookie, patient).await?;
        spread.add(pace.meant(at).elapsed());
    }
    Ok(spread)
}

/// The screen of one of the patients: how many bytes it has.
async fn screen(client: &mut Client, cookie: &str, at: usize) -> Result<usize, String> {
    let path = format!(
        "/patients/{}/departments/pathology/cumulative",
        results::id(at % PATIENTS)
    );
    let headers = [("cookie", cookie)];
    let asked = client.request(Method::GET, &path, &headers, Bytes::new());
    let (status, body) = asked.await?;
    let is_drawn = String::from_utf8_lossy(&body).contains("Creatinine");
    if status != StatusCode::OK || !is_drawn {
        let words = String::from_utf8_lossy(&body);
        let words: String = words.chars().take(2_000).collect();
        return Err(format!("{path} was answered {status}: {words}"));
    }
    Ok(body.len())
}
