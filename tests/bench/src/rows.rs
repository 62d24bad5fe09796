//! `bench rows`: five columns of every one of a patient's 5,000 results, from the store to the guest.
//!
//! What is timed is a call of a real component in the sandbox that does nothing but ask: a fresh instance, the search, the
//! rows, and the answer in the guest's memory. Beside it stands the whole call, with the checks before it, and with its audit
//! leaves and the kept call on disk behind it.

mod guest;

use std::sync::Arc;
use std::time::{Duration, Instant};

use record::Record;
use record::caller::Caller;
use record::clock::System;
use record::departmental::Departmental;
use record::departmental::screen::ScreenAsk;
use record::departmental::scripted::ScriptedLibrary;
use record::enablement::Enable;
use record::log::At;
use record::proposal::Proposal;
use sandbox::Place;
use serde_json::{Value, json};

use crate::host::{CLINICIAN, Database, Ground};
use crate::results;
use crate::sandbox::sandbox_at;
use crate::spread::Spread;
use crate::timed::Timed;

/// Results of each patient.
pub(crate) const RESULTS: usize = 5_000;
/// Patients, each of whom is asked for once before anything of them is in memory.
const PATIENTS: usize = 6;
/// How often one of them is asked for again.
const AGAIN: usize = 400;
/// How often one of their results is changed before they are asked for once more.
const CHANGES: usize = 100;
/// How often before that, to warm the pool.
const WARM: usize = 20;
/// The account that enables the departmental; the demonstration makes it.
const ADMINISTRATOR: (&str, &str) = ("administrator.rxr", palatine::seed::PASSWORD);

type Failure = Box<dyn std::error::Error>;

/// `bench rows`.
pub(crate) async fn figures(databases: &[Database]) -> Result<Value, String> {
    let mut figures = json!({
        "bench": "rows", "results": RESULTS, "columns": guest::COLUMNS,
    });
    for database in databases {
        let measured = measured(*database).await;
        figures[database.name()] = measured.map_err(|why| why.to_string())?;
    }
    Ok(figures)
}

async fn measured(database: Database) -> Result<Value, Failure> {
    let ground = Ground::new(database).await?;
    let record = Record::open(&ground.place()?, Arc::new(System)).await?;
    for patient in 0..PATIENTS {
        results::load(&record, patient, RESULTS).await?;
    }
    record.close().await;
    ground.settle()?;
    // Opened anew, so that nothing of what was written is in memory.
    let ward = Ward::open(&ground).await?;
    let mut first = Spread::new()?;
    for patient in 0..PATIENTS {
        first.add(ward.asked(patient).await?.0);
    }
    for _ in 0..WARM {
        ward.asked(0).await?;
    }
    let (mut again, mut whole) = (Spread::new()?, Spread::new()?);
    for _ in 0..AGAIN {
        let (guest, all) = ward.asked(0).await?;
        again.add(guest);
        whole.add(all);
    }
    let mut changed = Spread::new()?;
    for at in 0..CHANGES {
        ward.change(at).await?;
        changed.add(ward.asked(0).await?.0);
    }
    ward.record.close().await;
    Ok(json!({
        "again": times(&again),
        "after_a_change_of_one_result": times(&changed),
        "first": { "p50_ms": ms(&first, 50.0), "slowest_ms": ms(&first, 100.0) },
        "whole_call_audited_and_kept": times(&whole),
    }))
}

fn times(spread: &Spread) -> Value {
    json!({ "p50_ms": ms(spread, 50.0), "p99_ms": ms(spread, 99.0) })
}

fn ms(spread: &Spread, percentile: f64) -> f64 {
    spread.at_us(percentile).round() / 1000.0
}

/// The guest at a site where it is enabled, and who asks it.
struct Ward {
    record: Record,
    timed: Arc<Timed>,
    clinician: Caller,
    /// Where compiled code lies; it goes with the ward.
    _folder: tempfile::TempDir,
}

impl Ward {
    async fn open(ground: &Ground) -> Result<Self, Failure> {
        let record = Record::open(&ground.place()?, Arc::new(System)).await?;
        let folder = tempfile::tempdir()?;
        let wasm = guest::component(RESULTS)?;
        let sandbox = sandbox_at(Place::Here, folder.path())?;
        let loaded = sandbox
            .load(&wasm, &sandbox::digest_of(&wasm).parse()?)
            .await?;
        let timed = Arc::new(Timed::of(loaded));
        let library = Arc::new(ScriptedLibrary::default());
        let departmental: Arc<dyn Departmental> = Arc::<Timed>::clone(&timed);
        let release = library.publish(&guest::manifest(), departmental)?;
        record.with_library(library);
        let administrator = record.sign_in(ADMINISTRATOR.0, ADMINISTRATOR.1).await?;
        let wanted = Enable::all_that(&release);
        record.enable(&administrator.caller, wanted).await?;
        let clinician = record.sign_in(CLINICIAN.0, CLINICIAN.1).await?.caller;
        Ok(Self {
            record,
            timed,
            clinician,
            _folder: folder,
        })
    }

    /// Corrects one of the first patient's results.
    async fn change(&self, at: usize) -> Result<(), Failure> {
        let operator = self.record.operator(self.clinician.site());
        let mut result = results::resources(0, at..at + 1).swap_remove(0);
        result["status"] = json!("corrected");
        let change = results::put(&result)?;
        let proposal = Proposal::direct(vec![change]);
        self.record.commit(&operator, proposal).await?;
        Ok(())
    }

    /// One call about a patient: how long the guest took, and how long all of it.
    async fn asked(&self, patient: usize) -> Result<(Duration, Duration), Failure> {
        let ask = ScreenAsk {
            departmental: guest::NAME.parse()?,
            screen: guest::SCREEN.to_owned(),
            patient: Some(results::id(patient).parse()?),
            parameters: json!({}),
            at: At::Now,
        };
        let since = Instant::now();
        self.record.open_screen(&self.clinician, ask).await?;
        let all = since.elapsed();
        Ok((self.timed.last().whole, all))
    }
}
