//! `bench sandbox`: a fresh instance and a screen that says nothing, through the host and through the engine alone.
//!
//! Both are measured in turns over the same loaded component, so that what else the machine does weighs on both; and in
//! the same turns a third way, in a process of its own.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use hdrhistogram::Histogram;
use record::departmental::{Answer, Digest, Failure, Question, Reply};
use sandbox::contract::{Facts, Window};
use sandbox::{Budget, Config, HostKey, Loaded, Place, Program, Sandbox};
use serde_json::{Value, json};

use crate::host::{product, program};

/// Calls measured each way.
const CALLS: u32 = 20_000;
/// Calls before those, to warm the pool.
const WARM: u32 = 2_000;

/// Microseconds at the median and the 99th percentile, both ways, and their ratio.
pub(crate) async fn figures() -> Result<Value, String> {
    // Where a host's requests run: on the pool's threads, not on the main one, which others have to wake.
    let measured = tokio::spawn(async { measure().await.map_err(|why| why.to_string()) });
    measured.await.map_err(|why| why.to_string())?
}

async fn measure() -> Result<Value, Box<dyn std::error::Error>> {
    let wasm = std::fs::read(product("example.wasm")?)?;
    let folder = tempfile::tempdir()?;
    let sandbox = sandbox_at(Place::Here, folder.path())?;
    let digest: Digest = sandbox::digest_of(&wasm).parse()?;
    let compiling = Instant::now();
    let loaded = sandbox.load(&wasm, &digest).await?;
    let load_ms = u64::try_from(compiling.elapsed().as_millis())?;
    let place = Place::Apart(this("run-departmental"));
    let starting = Instant::now();
    let apart = sandbox_at(place, folder.path())?;
    let apart = apart.load(&wasm, &digest).await?;
    let start_ms = u64::try_from(starting.elapsed().as_millis())?;
    for _ in 0..WARM {
        once(&loaded, &apart).await?;
    }
    let mut times = [
        Histogram::<u64>::new(3)?,
        Histogram::<u64>::new(3)?,
        Histogram::<u64>::new(3)?,
    ];
    for _ in 0..CALLS {
        let once = once(&loaded, &apart).await?;
        for (times, nanoseconds) in times.iter_mut().zip(once) {
            times.record(nanoseconds)?;
        }
    }
    let [host, bare, process] = times;
    Ok(json!({
        "bench": "sandbox",
        "component_bytes": wasm.len(),
        "calls": CALLS,
        "compile_and_load_ms": load_ms,
        "host_us": { "p50": us(&host, 0.5), "p99": us(&host, 0.99) },
        "bare_us": { "p50": us(&bare, 0.5), "p99": us(&bare, 0.99) },
        "process_us": { "p50": us(&process, 0.5), "p99": us(&process, 0.99) },
        "process_adds_us_p50": round_to_hundredths(us(&process, 0.5) - us(&host, 0.5)),
        "process_start_ms": start_ms,
        "ratio_p50": round_to_hundredths(us(&host, 0.5) / us(&bare, 0.5)),
    }))
}

/// This project's own program with a subcommand.
pub(crate) fn this(subcommand: &str) -> Program {
    Program {
        program: program("palatine"),
        arguments: vec![subcommand.into()],
    }
}

pub(crate) fn sandbox_at(
    place: Place,
    folder: &Path,
) -> Result<Sandbox, Box<dyn std::error::Error>> {
    Ok(Sandbox::new(Config {
        budget: Budget::default(),
        compiler: this("compile-component"),
        cache: folder.join("cache"),
        key: HostKey::load_or_create(&folder.join("host.key"))?,
        place,
    })?)
}

/// One call each way: nanoseconds through the host, of the engine alone, and through the host to a process of its own.
async fn once(loaded: &Loaded, apart: &Loaded) -> Result<[u64; 3], Box<dyn std::error::Error>> {
    let question = Question::Open {
        screen: "blank".into(),
        parameters: json!({}),
    };
    let window: Arc<dyn Window> = Arc::new(Nothing);
    let mut through = [0, 0];
    for (loaded, nanoseconds) in [loaded, apart].into_iter().zip(&mut through) {
        let started = Instant::now();
        let answered = loaded
            .ask_through(Facts::default(), &question, window.clone())
            .await;
        *nanoseconds = u64::try_from(started.elapsed().as_nanos())?;
        let Answer::Screen(_) = answered.answer else {
            return Err(format!("the screen `blank` was not drawn: {answered:?}").into());
        };
    }
    let started = Instant::now();
    let document = loaded.ask_bare(&question, window).await?;
    let alone = u64::try_from(started.elapsed().as_nanos())?;
    assert!(document.starts_with('{'), "a screen is a JSON object");
    let [through_host, through_process] = through;
    Ok([through_host, alone, through_process])
}

pub(crate) fn us(histogram: &Histogram<u64>, quantile: f64) -> f64 {
    // A nanosecond count of a call is far below 2^52.
    #[expect(clippy::cast_precision_loss, reason = "below 2^52")]
    let nanoseconds = histogram.value_at_quantile(quantile) as f64;
    round_to_hundredths(nanoseconds / 1_000.0)
}

fn round_to_hundredths(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

/// A chart with nothing in it.
pub(crate) struct Nothing;

impl Window for Nothing {
    fn read<'a>(&'a self, reference: &'a str) -> Reply<'a, Result<String, Failure>> {
        Box::pin(async move { Err(Failure::new("not-found", reference)) })
    }

    fn search<'a>(&'a self, query: &'a str) -> Reply<'a, Result<String, Failure>> {
        Box::pin(async move { Err(Failure::new("not-found", query)) })
    }

    fn rows<'a>(&'a self, view: &'a str, _: &'a str) -> Reply<'a, Result<String, Failure>> {
        Box::pin(async move { Err(Failure::new("not-found", view)) })
    }

    fn pack(&self, name: &str) -> Result<String, Failure> {
        Err(Failure::new("not-found", name))
    }

    fn note(&self, _: &str, _: &str) {}
}
