//! A laboratory's results through real sockets into a durable record, each acknowledged after its commit; and the parser.
//!
//! Invariant: a message counts when its `AA` is here, and afterwards it is looked up that each patient's messages were
//! committed in the order in which they were sent.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use orchestration::feed::intake::Intake;
use orchestration::feed::listener;
use orchestration::feed::message::{Message, Segment, charset};
use record::Record;
use record::account::NewAccount;
use record::caller::Role;
use record::clock::System;
use record::store::Place;
use record::store::postgres::cluster::Cluster;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::host::Database;
use crate::mllp::Sender;

/// What is sent.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Asked {
    /// How many messages, on each database.
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(100..))]
    messages: u32,
    /// Over how many connections at once.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=250))]
    connections: u32,
    /// About how many patients.
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    patients: u32,
    /// Results (OBX) in each message.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    lines: u32,
    /// Only this database.
    #[arg(long)]
    pub(crate) database: Option<Database>,
}

/// How long the parser is timed.
const PARSED_FOR: Duration = Duration::from_secs(2);

pub(crate) async fn figures(databases: &[Database], asked: Asked) -> Result<Value, String> {
    let mut all = json!({
        "connections": asked.connections,
        "messages": asked.messages,
        "results_per_message": asked.lines,
        "parser_mb_per_s": parser()?,
    });
    for database in databases {
        all[database.name()] = on(*database, asked).await?;
    }
    Ok(all)
}

/// Megabytes that are decoded and parsed in a second, with one field of every segment looked at.
fn parser() -> Result<u64, String> {
    let message = results(1, 1, 40);
    let bytes = message.as_bytes();
    let (begun, mut taken, mut fields) = (Instant::now(), 0_usize, 0_usize);
    while begun.elapsed() < PARSED_FOR {
        let (text, set) = charset::decode(bytes).map_err(|why| why.to_string())?;
        let parsed = Message::parse(&text, set).map_err(|why| why.to_string())?;
        let valued = |segment: &&Segment<'_>| segment.field(3).is_valued();
        fields += parsed.segments().iter().filter(valued).count();
        taken += bytes.len();
    }
    // What was looked at is used, so that it is not left out.
    if fields == 0 {
        return Err("the parser read no field".to_owned());
    }
    let seconds = begun.elapsed().as_secs_f64();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a figure for people"
    )]
    Ok((taken as f64 / seconds / 1_000_000.0) as u64)
}

async fn on(database: Database, asked: Asked) -> Result<Value, String> {
    let folder = TempDir::new().map_err(|why| why.to_string())?;
    let cluster = match database {
        Database::Sqlite => None,
        Database::Postgres => Some(Cluster::start()?),
    };
    let place = match &cluster {
        None => Place::Sqlite(folder.path().join("record")),
        Some(cluster) => Place::Postgres(cluster.database()?),
    };
    let opened = Record::open(&place, Arc::new(System)).await;
    let record = opened.map_err(|why| record::with_causes(&why))?;
    for (application, facility) in [("PAS", "RXR"), ("LIS", "RXR-PATH")] {
        feed(&record, application, facility).await?;
    }
    let listener = TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.map_err(|why| why.to_string())?;
    let address = listener.local_addr().map_err(|why| why.to_string())?;
    let intake = Intake::new(record.clone(), Arc::new(System));
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(listener::serve(
        listener,
        intake,
        listener::Config::default(),
        async move { drop(stopped.await) },
    ));
    let address = address.to_string();
    let registered = Work::Registrations.of(asked, &address).await?;
    let sent = Work::Results.of(asked, &address).await?;
    let in_order = in_order(&record, asked).await?;
    // A port that has closed by itself hears nothing.
    let _ = stop.send(());
    drop(serving.await);
    record.close().await;
    Ok(json!({
        "messages_per_s": sent.rate,
        "p50_ms": sent.ms(50.0),
        "p99_ms": sent.ms(99.0),
        "max_ms": sent.ms(100.0),
        "registrations_per_s": registered.rate,
        "patients_in_order": in_order,
    }))
}

async fn feed(record: &Record, application: &str, facility: &str) -> Result<(), String> {
    let account = NewAccount {
        account: format!("feed-{}", application.to_lowercase()),
        name: application.to_owned(),
        role: Role::Feed,
        site: "RXR".parse().map_err(|_| "RXR".to_owned())?,
        password: "a long enough password".to_owned(),
        feed: Some((application.to_owned(), facility.to_owned())),
    };
    let put = record.put_account(account).await;
    put.map_err(|why| why.to_string())
}

/// What the connections send: each has patients of its own, and sends about each of them in order.
#[derive(Clone, Copy)]
enum Work {
    Registrations,
    Results,
}

/// What sending took.
struct Took {
    rate: u64,
    waited: Histogram<u64>,
}

impl Took {
    fn ms(&self, percentile: f64) -> Value {
        let us = self.waited.value_at_percentile(percentile);
        json!(f64::from(u32::try_from(us / 100).unwrap_or(u32::MAX)) / 10.0)
    }
}

impl Work {
    fn each(self, asked: Asked) -> u32 {
        match self {
            Self::Registrations => asked.patients,
            Self::Results => asked.messages,
        }
    }

    fn message(self, n: u32, asked: Asked) -> String {
        match self {
            Self::Registrations => registration(n),
            Self::Results => results(n, n % asked.patients, asked.lines),
        }
    }

    async fn of(self, asked: Asked, address: &str) -> Result<Took, String> {
        let begun = Instant::now();
        let mut connections = Vec::new();
        for own in 0..asked.connections {
            let address = address.to_owned();
            connections.push(tokio::spawn(async move {
                let mut sender = Sender::connect(&address).await?;
                let mut waited = Histogram::<u64>::new(3).map_err(|why| why.to_string())?;
                for n in
                    (0..self.each(asked)).filter(|n| n % asked.patients % asked.connections == own)
                {
                    let message = self.message(n, asked);
                    let begun = Instant::now();
                    let code = sender.send(&message).await?;
                    let us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
                    waited.record(us).map_err(|why| why.to_string())?;
                    if code != "AA" {
                        return Err(format!("message {n} was answered {code}"));
                    }
                }
                Ok::<_, String>(waited)
            }));
        }
        let mut waited = Histogram::<u64>::new(3).map_err(|why| why.to_string())?;
        for connection in connections {
            let own = connection.await.map_err(|why| why.to_string())??;
            waited.add(own).map_err(|why| why.to_string())?;
        }
        let ms = u64::try_from(begun.elapsed().as_millis().max(1)).unwrap_or(u64::MAX);
        Ok(Took {
            rate: u64::from(self.each(asked)) * 1_000 / ms,
            waited,
        })
    }
}

fn registration(n: u32) -> String {
    format!(
        "MSH|^~\\&|PAS|RXR|PALATINE|LSC|20260702080000||ADT^A04|REG-{n}|P|2.4\rEVN|A04|20260702080000\r\
         PID|1||B{n}^^^RXR^PI||BENCH^Patient{n}||19620320|F|||12 Mill Lane^^Nelson^^BB9 5AB\r\
         PV1|1|O|OPD||||||||||||||||V{n}^^^RXR^VN\r"
    )
}

fn results(n: u32, patient: u32, lines: u32) -> String {
    let mut message = format!(
        "MSH|^~\\&|LIS|RXR-PATH|PALATINE|LSC|20260702113015||ORU^R01^ORU_R01|LAB-{n}|P|2.4||||||UNICODE UTF-8\r\
         PID|1||B{patient}^^^RXR^PI||BENCH^Patient{patient}||19620320|F\r\
         OBR|1|P{n}^OCS|F{n}|UE^Urea and electrolytes^WINPATH|||20260702083000|||||||||C1234567^Hussain^Imran^^^Dr\
         ||||||20260702101500||CH|F\r"
    );
    for line in 1..=lines {
        message.push_str(&format!(
            "OBX|{line}|NM|T{line}^Test {line}^WINPATH||{}.{line}|mmol/L|2.5 - 7.8|H|||F|||20260702083000\r",
            n % 100
        ));
    }
    message
}

/// For how many patients it was seen that their messages were committed in the order in which they were sent: all of them.
async fn in_order(record: &Record, asked: Asked) -> Result<u32, String> {
    let mut last = vec![0; usize::try_from(asked.patients).unwrap_or_default()];
    for n in 0..asked.messages {
        let kept = record.kept("LIS|RXR-PATH", &format!("LAB-{n}"), "").await;
        let kept = kept.map_err(|why| why.to_string())?;
        let kept = kept.ok_or_else(|| format!("message {n} was acknowledged and is not there"))?;
        let patient = usize::try_from(n % asked.patients).unwrap_or_default();
        let before = last.get_mut(patient).ok_or("a patient too many")?;
        if kept.t.0 <= *before {
            return Err(format!(
                "message {n} was committed before an earlier one of its patient"
            ));
        }
        *before = kept.t.0;
    }
    Ok(asked.patients.min(asked.messages))
}
