//! `bench hostile`: what every hostile guest at once costs the host and everybody else, in the host's process and in
//! processes of their own.
//!
//! A well-behaved departmental is asked at a steady pace, first alone, then while all guests of `host/sandbox/tests/hostile`
//! that load are called over and over by more callers than there are processors.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use record::departmental::{Answer, Question};
use sandbox::contract::{Facts, Window};
use sandbox::testing::{REACTS, component, names};
use sandbox::{Loaded, Place, Sandbox};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::host::{product, resident_bytes};
use crate::sandbox::{Nothing, sandbox_at, this, us};

/// Callers of hostile guests at the same moment.
const CALLERS: usize = 16;
/// One well-behaved call each.
const PACE: Duration = Duration::from_millis(2);
/// Well-behaved calls in each round.
const CALLS: u32 = 5_000;
/// Rounds of noise, so that memory that grows is seen to.
const ROUNDS: usize = 3;

/// The figures for both places.
pub(crate) async fn figures() -> Result<Value, String> {
    let here = spawned(Place::Here).await?;
    let apart = spawned(Place::Apart(this("run-departmental"))).await?;
    Ok(json!({
        "bench": "hostile",
        "callers": CALLERS,
        "host": here,
        "process": apart,
    }))
}

/// The figures for a place, measured on the pool's threads as `bench sandbox` is.
async fn spawned(place: Place) -> Result<Value, String> {
    let measured = tokio::spawn(async { at(place).await.map_err(|why| why.to_string()) });
    measured.await.map_err(|why| why.to_string())?
}

async fn at(place: Place) -> Result<Value, Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let sandbox = sandbox_at(place, folder.path())?;
    let wasm = std::fs::read(product("example.wasm")?)?;
    let good = sandbox
        .load(&wasm, &sandbox::digest_of(&wasm).parse()?)
        .await?;
    let (guests, refused) = loaded(&sandbox).await?;
    let quiet = steady(&good).await?;
    let mut rounds = Vec::new();
    let calls = Arc::new(AtomicU64::new(0));
    for _ in 0..ROUNDS {
        let noise = noise(&guests, &calls);
        let loud = steady(&good).await?;
        drop(noise);
        rounds.push(json!({ "good_us": both(&loud), "resident_mb": resident_mb()? }));
    }
    Ok(json!({
        "guests": guests.len(),
        "refused_to_load": refused,
        "hostile_calls": calls.load(Ordering::Relaxed),
        "quiet": { "good_us": both(&quiet) },
        "rounds": rounds,
    }))
}

/// The guests that load, and how many do not.
async fn loaded(
    sandbox: &Sandbox,
) -> Result<(Arc<[(String, Loaded)]>, usize), Box<dyn std::error::Error>> {
    let (mut guests, mut refused) = (Vec::new(), 0);
    for name in names()? {
        let wasm = component(&name)?;
        match sandbox
            .load(&wasm, &sandbox::digest_of(&wasm).parse()?)
            .await
        {
            Ok(guest) => guests.push((name, guest)),
            Err(_) => refused += 1,
        }
    }
    Ok((guests.into(), refused))
}

/// Callers that go through the guests without a pause, each from another one on; they end when this is dropped.
fn noise(guests: &Arc<[(String, Loaded)]>, calls: &Arc<AtomicU64>) -> JoinSet<()> {
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let (guests, calls) = (guests.clone(), calls.clone());
        callers.spawn(async move {
            let window: Arc<dyn Window> = Arc::new(Nothing);
            let from = caller * guests.len() / CALLERS;
            for (name, guest) in guests.iter().cycle().skip(from) {
                let question = if name == REACTS {
                    Question::React {
                        event: json!({ "event": 1 }),
                    }
                } else {
                    blank()
                };
                // However it ends, it is an answer.
                guest
                    .ask_through(Facts::default(), &question, window.clone())
                    .await;
                calls.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    callers
}

/// Nanoseconds of well-behaved calls at a steady pace.
async fn steady(good: &Loaded) -> Result<Histogram<u64>, Box<dyn std::error::Error>> {
    let mut times = Histogram::<u64>::new(3)?;
    let window: Arc<dyn Window> = Arc::new(Nothing);
    let mut pace = tokio::time::interval(PACE);
    pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    for _ in 0..CALLS {
        pace.tick().await;
        let asked = Instant::now();
        let answered = good
            .ask_through(Facts::default(), &blank(), window.clone())
            .await;
        times.record(u64::try_from(asked.elapsed().as_nanos())?)?;
        let Answer::Screen(_) = answered.answer else {
            return Err(format!("the screen `blank` was not drawn: {answered:?}").into());
        };
    }
    Ok(times)
}

fn blank() -> Question {
    Question::Open {
        screen: "blank".into(),
        parameters: json!({}),
    }
}

fn both(times: &Histogram<u64>) -> Value {
    json!({ "p50": us(times, 0.5), "p99": us(times, 0.99), "max": us(times, 1.0) })
}

/// Resident memory of this process, which is the host here.
fn resident_mb() -> Result<u64, String> {
    let bytes = resident_bytes("self").ok_or("the memory cannot be read from /proc")?;
    Ok(bytes / 1_000_000)
}
