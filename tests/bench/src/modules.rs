//! `bench modules`: what a host takes with hundreds of enabled departmentals, how long it is from start to ready when all
//! are compiled, and how long it takes to enable one more.
//!
//! They are the example under so many names: each has bytes, code and memory images of its own, as those of suppliers have.

use std::net::SocketAddr;
use std::time::Instant;

use hdrhistogram::Histogram;
use palatine::config::{
    Config, DepartmentalsConfig, DoorsConfig, MachinesConfig, SubscriptionsConfig,
};
use record::Record;
use record::caller::Caller;
use record::enablement::Enable;
use serde_json::{Value, json};

use crate::host::{Database, Ground, product, program};

/// How the example's manifest states its name, and how long that is.
const NAME: &[u8] = br#""id":"example""#;
/// How often one is disabled and enabled again.
const ROUNDS: usize = 200;

/// The figures, with so many departmentals at each of the five trusts.
pub(crate) async fn figures(modules: u32) -> Result<Value, String> {
    let example = product("example.wasm")?;
    let example = std::fs::read(&example).map_err(|why| format!("{}: {why}", example.display()))?;
    let all: Result<Vec<_>, _> = (0..modules).map(|number| named(&example, number)).collect();
    let ground = Ground::with_departmentals(Database::Sqlite, &all?).await?;
    let compiling = Instant::now();
    // The first start compiles; the second is what is measured.
    ground.start().await?.kill().await?;
    let compile_s = compiling.elapsed().as_secs_f64();
    let host = ground.start().await?;
    let ready_s = host.ready_after.as_secs_f64();
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    let resident = host.resident_bytes();
    let resident = resident.ok_or("the host's memory cannot be read from /proc")?;
    host.kill().await?;
    let enabling = enabling(&ground).await?;
    Ok(json!({
        "bench": "modules",
        "modules": modules,
        "sites": palatine::demonstration::trusts::TRUSTS.len(),
        "first_start_s": tenths(compile_s),
        "start_to_ready_s": tenths(ready_s),
        "resident_mb": resident / 1_000_000,
        "enable_us": { "p50": enabling.value_at_quantile(0.5), "p99": enabling.value_at_quantile(0.99) },
    }))
}

/// The example under another name of as many letters.
fn named(example: &[u8], number: u32) -> Result<Vec<u8>, String> {
    let mut found = example
        .windows(NAME.len())
        .enumerate()
        .filter(|(_, here)| *here == NAME);
    let (Some((at, _)), None) = (found.next(), found.next()) else {
        return Err("the example's manifest does not state its name once".to_owned());
    };
    let mut wasm = example.to_vec();
    let name = format!(r#""id":"{}""#, id(number));
    wasm.splice(at..at + NAME.len(), name.into_bytes());
    Ok(wasm)
}

/// Seven letters that no other number's are like: the registry refuses names that could be taken for one another.
fn id(number: u32) -> String {
    let digit = |place: u32| number / 8_u32.pow(place) % 8;
    let letters = b"abcdefgh";
    // Two letters for each digit, one from each half of the alphabet, so that two names differ in two places at least.
    let pair = |place| {
        let at = usize::try_from(digit(place)).unwrap_or(0);
        [letters[at], b"stuvwxyz"[at]]
    };
    let name: Vec<u8> = (0..3).flat_map(pair).chain(*b"m").collect();
    String::from_utf8_lossy(&name).into_owned()
}

/// How a host there is set up, for this program to be one.
fn config(ground: &Ground) -> Result<Config, String> {
    let here = |name: &str| ground.folder().join(name);
    let free = SocketAddr::from(([127, 0, 0, 1], 0));
    Ok(Config {
        store: ground.place()?,
        jobs: here("jobs"),
        doors: DoorsConfig {
            http: free,
            mllp: free,
            https: false,
            assets: here("assets"),
        },
        machines: MachinesConfig::default(),
        subscriptions: SubscriptionsConfig::default(),
        departmentals: DepartmentalsConfig {
            registry: ground.registry().to_owned(),
            suppliers: here("suppliers.json"),
            kept: here("kept"),
            place: palatine::config::Place::Host,
            program: Some(program("palatine")),
        },
        outside: palatine::config::OutsideConfig::default(),
    })
}

/// Microseconds from the decision of an administrator to a departmental that can be asked.
async fn enabling(ground: &Ground) -> Result<Histogram<u64>, String> {
    let record = palatine::open(&config(ground)?)
        .await
        .map_err(|why| record::with_causes(&why))?;
    let measured = enable_in_turn(&record).await;
    record.close().await;
    measured.map_err(|why| why.to_string())
}

async fn enable_in_turn(record: &Record) -> Result<Histogram<u64>, Box<dyn std::error::Error>> {
    let account = ("administrator.rxr", palatine::seed::PASSWORD);
    let administrator: Caller = record.sign_in(account.0, account.1).await?.caller;
    let releases = record.releases(&administrator).await?;
    record.load_enabled().await?;
    let mut micros = Histogram::<u64>::new(3)?;
    for release in releases.iter().cycle().take(ROUNDS) {
        record
            .disable(&administrator, &release.id, "bench modules")
            .await?;
        let asked = Instant::now();
        record
            .enable(&administrator, Enable::all_that(release))
            .await?;
        micros.record(u64::try_from(asked.elapsed().as_micros())?)?;
    }
    Ok(micros)
}

fn tenths(seconds: f64) -> f64 {
    (seconds * 10.0).round() / 10.0
}
