//! The command line's `rehearse`: the golden cases that a component carries, each put to it in this host's sandbox over a
//! record of its own, with what each call cost.
//!
//! Invariant: a case passes only if the answer is the written one, the host would take it, and it is the same each time it
//! is asked.

mod case;
mod differing;
mod report;
mod stage;
mod unit;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use record::departmental::Release;
use record::departmental::manifest::Manifest;
use record::with_causes;
use registry::component::{self, Inspected};
use sandbox::budget::Budget;
use sandbox::compile::{HostKey, Program};
use sandbox::{Loaded, Place, Sandbox, digest_of};

use self::case::{Case, Cases};
use self::report::{Outcome, Report};
use self::stage::Players;

type Failure = Box<dyn std::error::Error>;

/// What is rehearsed.
#[derive(Debug, Args)]
pub struct Wanted {
    /// The component, a `.wasm` file that `departmental build` made.
    component: PathBuf,
    /// This case alone; may be said several times.
    #[arg(long)]
    case: Vec<String>,
    /// Answer with one JSON object.
    #[arg(long)]
    json: bool,
    /// A folder for compiled code, so that the same component is compiled once; without it a temporary one.
    #[arg(long)]
    kept: Option<PathBuf>,
    /// The file is no component but a core module with a crate's own unit tests, as `departmental test --unit` builds it.
    #[arg(long, conflicts_with_all = ["case", "kept"])]
    unit: bool,
}

/// `palatine rehearse`: what is to be printed, and whether everything passed.
///
/// # Errors
/// In words, when the component cannot be run at all.
pub async fn run(wanted: Wanted) -> Result<(String, bool), Failure> {
    let file = &wanted.component;
    let bytes = std::fs::read(file).map_err(|why| format!("{}: {why}", file.display()))?;
    if wanted.unit {
        let ran = unit::run(&bytes).await?;
        let text = if wanted.json { ran.json() } else { ran.words() };
        return Ok((text, ran.is_passed()));
    }
    let named = |why: &dyn std::error::Error| format!("{}: {}", file.display(), with_causes(why));
    let inspected = component::admit(&bytes).map_err(|why| named(&why))?;
    let rehearsed = Rehearsed::of(&bytes, &inspected).map_err(|why| named(why.as_ref()))?;
    let folder = tempfile::tempdir()?;
    let kept = wanted.kept.as_deref().unwrap_or_else(|| folder.path());
    let report = rehearsed.measured(&bytes, kept, &wanted.case).await?;
    let is_passed = report.is_passed();
    let text = match wanted.json {
        true => report.json(),
        false => report.words(),
    };
    Ok((text, is_passed))
}

/// A release as it is rehearsed.
pub(crate) struct Rehearsed {
    release: Arc<Release>,
    cases: Cases,
}

impl Rehearsed {
    /// Of the bytes of a component that was inspected; nobody has signed them.
    fn of(bytes: &[u8], inspected: &Inspected) -> Result<Self, Failure> {
        let document = inspected.manifest.as_ref();
        let document = document.ok_or("it carries no departmental.json")?;
        let manifest = Manifest::parse(document)?;
        let digest = digest_of(bytes);
        let release = Release {
            id: manifest.id.clone(),
            version: manifest.version.clone(),
            digest: digest.parse()?,
            manifest_digest: digest,
            supplier: manifest.supplier.clone(),
            signed_by: "nobody: it is rehearsed".to_owned(),
            manifest,
        };
        Self::carried(Arc::new(release), inspected)
    }

    /// Of a release and the component that it was read from.
    ///
    /// # Errors
    /// In words, when its cases cannot be read.
    pub(crate) fn carried(release: Arc<Release>, inspected: &Inspected) -> Result<Self, Failure> {
        let cases = match &inspected.golden {
            Some(golden) => case::read(&golden.document)?,
            None => Cases::default(),
        };
        Ok(Self { release, cases })
    }

    /// The first case that what is loaded already does not pass. One that fails is put again: a busy host may have cut it
    /// off, and what is wrong with the release is wrong twice.
    pub(crate) async fn failure_in_service(&self, loaded: Loaded) -> Option<String> {
        let players = Players {
            service: Arc::new(loaded),
            counting: None,
        };
        for case in &self.cases.list {
            let once = self.report(&players, [case].into_iter()).await;
            if !once.is_passed() {
                let again = self.report(&players, [case].into_iter()).await;
                if let Some(why) = again.first_failure() {
                    return Some(why);
                }
            }
        }
        None
    }

    /// Every case, or those that are named, with what each call cost.
    async fn measured(
        &self,
        bytes: &[u8],
        kept: &Path,
        named: &[String],
    ) -> Result<Report, Failure> {
        for name in named {
            if !self.cases.list.iter().any(|case| case.name == *name) {
                return Err(format!("the component carries no case `{name}`").into());
            }
        }
        let is_wanted = |case: &&Case| named.is_empty() || named.contains(&case.name);
        let wanted: Vec<&Case> = self.cases.list.iter().filter(is_wanted).collect();
        if wanted.is_empty() {
            return Ok(Report::of(&self.release));
        }
        let players = self.players(bytes, kept).await?;
        Ok(self.report(&players, wanted.into_iter()).await)
    }

    /// The cases, one after the other.
    async fn report(&self, players: &Players, cases: impl Iterator<Item = &Case>) -> Report {
        let mut report = Report::of(&self.release);
        for case in cases {
            let outcome = match self.cases.chart_of(case) {
                Ok(chart) => stage::play(&self.release, players, case, chart).await,
                Err(why) => Outcome::not_played(case, why),
            };
            report.outcomes.push(outcome);
        }
        report
    }

    /// The component, loaded as in service, and loaded where its instructions are counted; compiled at the same time.
    async fn players(&self, bytes: &[u8], kept: &Path) -> Result<Players, Failure> {
        let config = |place: &str, subcommand| -> Result<sandbox::Config, Failure> {
            let cache = kept.join(place);
            std::fs::create_dir_all(&cache)?;
            Ok(sandbox::Config {
                budget: Budget::default(),
                compiler: Program::this_with(subcommand)?,
                key: HostKey::load_or_create(&kept.join("host.key"))?,
                cache,
                place: Place::Here,
            })
        };
        let service = Sandbox::new(config("compiled", "compile-component")?)?;
        let counting = Sandbox::counting(config("counting", "compile-counting-component")?)?;
        let (service, counting) =
            tokio::join!(self.loaded(bytes, &service), self.loaded(bytes, &counting));
        Ok(Players {
            service: Arc::new(service?),
            counting: Some(counting?),
        })
    }

    async fn loaded(&self, bytes: &[u8], sandbox: &Sandbox) -> Result<Loaded, String> {
        let loaded = sandbox.load(bytes, &self.release.digest).await;
        loaded.map_err(|why| with_causes(&why))
    }
}
