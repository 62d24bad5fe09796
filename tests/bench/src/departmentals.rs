//! `bench departmentals`: what the departmentals and the kit's templates weigh, what their screens cost with 5,000 results,
//! and how long a supplier waits for a build.
//!
//! A screen's time is that of the guest: of the whole call what remains without its waiting for the chart. Templates are made
//! and built by the supplier's own tool in a folder that was not there before, with what it fetches already kept.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use record::Record;
use record::caller::Caller;
use record::clock::System;
use record::departmental::manifest::Place as Where;
use record::departmental::screen::ScreenAsk;
use record::departmental::scripted::ScriptedLibrary;
use record::departmental::{Departmental, Release};
use record::enablement::Enable;
use record::log::At;
use sandbox::Place;
use serde_json::{Value, json};

use crate::host::{CLINICIAN, Database, Ground, component, program};
use crate::results;
use crate::sandbox::sandbox_at;
use crate::spread::Spread;
use crate::timed::Timed;

/// Results of the patient.
const RESULTS: usize = 5_000;
/// How often a screen is opened, after it was opened to warm the pool.
const TIMES: usize = 40;
const WARM: usize = 3;
/// The account that enables departmentals; the demonstration makes it.
const ADMINISTRATOR: (&str, &str) = ("administrator.rxr", palatine::seed::PASSWORD);
/// The folders of `plugins/`.
const DEPARTMENTALS: [&str; 3] = ["maternity", "ophthalmology", "pathology"];
/// Each language, and what a change of its template is made to.
const TEMPLATES: [(&str, &str, &str); 3] = [
    ("rust", "src/lib.rs", "\n// Changed.\n"),
    ("javascript", "hearing.js", "\n// Changed.\n"),
    ("python", "podiatry.py", "\n# Changed.\n"),
];

type Failure = Box<dyn std::error::Error>;

/// `bench departmentals`.
pub(crate) async fn figures() -> Result<Value, String> {
    measured().await.map_err(|why| why.to_string())
}

async fn measured() -> Result<Value, Failure> {
    let ground = Ground::new(Database::Sqlite).await?;
    let ward = Ward::open(&ground).await?;
    let mut figures = json!({ "bench": "departmentals", "results": RESULTS });
    for name in DEPARTMENTALS {
        let wasm = component(&format!("{name}.wasm"))?;
        figures["departmentals"][name] = ward.measured(&wasm).await?;
    }
    let folder = tempfile::tempdir()?;
    for (language, file, change) in TEMPLATES {
        let (built, times) = built(folder.path(), language, file, change)?;
        let mut figure = ward.measured(&std::fs::read(built)?).await?;
        figure["build"] = times;
        figures["templates"][language] = figure;
    }
    ward.record.close().await;
    Ok(figures)
}

/// Makes a departmental of the template and builds it: from nothing, after a change, and unchanged.
fn built(
    inside: &Path,
    language: &str,
    file: &str,
    change: &str,
) -> Result<(PathBuf, Value), Failure> {
    let name = format!("tried-{language}");
    let folder = inside.join(&name);
    said(
        Command::new(program("departmental"))
            .args(["new", &name, "--lang", language, "--inside"])
            .arg(inside),
    )?;
    let out = folder.join("built.wasm");
    let build = || -> Result<f64, Failure> {
        let since = Instant::now();
        said(
            Command::new(program("departmental"))
                .arg("build")
                .arg(&folder)
                .arg("--out")
                .arg(&out)
                // Built where a supplier would, with nothing of this project's in it.
                .env_remove("CARGO_TARGET_DIR")
                .current_dir(&folder),
        )?;
        Ok((since.elapsed().as_secs_f64() * 10.0).round() / 10.0)
    };
    let from_nothing = build()?;
    let source = folder.join(file);
    let text = std::fs::read_to_string(&source)? + change;
    std::fs::write(&source, text)?;
    let after_a_change = build()?;
    let unchanged = build()?;
    Ok((
        out,
        json!({ "from_nothing_s": from_nothing, "after_a_change_s": after_a_change, "unchanged_s": unchanged }),
    ))
}

fn said(command: &mut Command) -> Result<(), Failure> {
    let out = command.output()?;
    if out.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&out.stderr);
    Err(format!("{command:?} ended with {}: {said}", out.status).into())
}

/// A record with the patient, and who asks.
struct Ward {
    record: Record,
    library: Arc<ScriptedLibrary>,
    administrator: Caller,
    clinician: Caller,
    folder: tempfile::TempDir,
}

impl Ward {
    async fn open(ground: &Ground) -> Result<Self, Failure> {
        let record = Record::open(&ground.place()?, Arc::new(System)).await?;
        let administrator = record.sign_in(ADMINISTRATOR.0, ADMINISTRATOR.1).await?;
        let clinician = record.sign_in(CLINICIAN.0, CLINICIAN.1).await?.caller;
        results::load(&record, 0, RESULTS).await?;
        let library = Arc::new(ScriptedLibrary::default());
        record.with_library(Arc::<ScriptedLibrary>::clone(&library));
        Ok(Self {
            record,
            library,
            administrator: administrator.caller,
            clinician,
            folder: tempfile::tempdir()?,
        })
    }

    /// What a component weighs, and what each screen that needs no parameter takes.
    async fn measured(&self, wasm: &[u8]) -> Result<Value, Failure> {
        let sandbox = sandbox_at(Place::Here, self.folder.path())?;
        let digest = sandbox::digest_of(wasm).parse()?;
        let guest = sandbox.load(wasm, &digest).await?;
        let timed = Arc::new(Timed::of(guest));
        let inspected = registry::component::admit(wasm)?;
        let manifest = inspected.manifest.ok_or("the component has no manifest")?;
        let departmental: Arc<dyn Departmental> = Arc::<Timed>::clone(&timed);
        let release = self.library.publish(&manifest, departmental)?;
        let wanted = Enable::all_that(&release);
        self.record.enable(&self.administrator, wanted).await?;
        let mut screens = json!({});
        for screen in &release.manifest.screens {
            if let Some(spread) = self
                .opened(&timed, &release, &screen.id, screen.place)
                .await?
            {
                screens[&screen.id] =
                    json!({ "p50_ms": ms(&spread, 50.0), "p99_ms": ms(&spread, 99.0) });
            }
        }
        let golden = inspected.golden.map_or(0, |it| it.bytes);
        Ok(json!({ "bytes": wasm.len() - golden, "golden_bytes": golden, "guest": screens }))
    }

    /// Opens a screen again and again. `None`: it answers nothing without a parameter.
    async fn opened(
        &self,
        timed: &Timed,
        release: &Release,
        screen: &str,
        place: Where,
    ) -> Result<Option<Spread>, Failure> {
        let about = match place {
            Where::Patient | Where::Summary => Some(results::id(0).parse()?),
            Where::Site | Where::Help => None,
        };
        let mut spread = Spread::new()?;
        for turn in 0..WARM + TIMES {
            let ask = ScreenAsk {
                departmental: release.id.clone(),
                screen: screen.to_owned(),
                patient: about.clone(),
                parameters: json!({}),
                at: At::Now,
            };
            if self.record.open_screen(&self.clinician, ask).await.is_err() {
                return Ok(None);
            }
            if turn >= WARM {
                spread.add(timed.last().guest());
            }
        }
        Ok(Some(spread))
    }
}

fn ms(spread: &Spread, percentile: f64) -> f64 {
    spread.at_us(percentile).round() / 1000.0
}
