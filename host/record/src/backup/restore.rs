//! A backup put back: whole, cut after a commit when one is named, and looked through before it is used.
//!
//! Invariant: after a cut nothing is left of any later commit, and the audit says who cut what.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::manifest::{self, Manifest};
use super::{BackupError, number};
use crate::Record;
use crate::audit::NewLeaf;
use crate::caller::Caller;
use crate::clock::{Clock, from_rfc3339, rfc3339};
use crate::departmental::call_log;
use crate::log::{At, T};
use crate::store::backup::Staged;
use crate::store::cut::{self, Cut};
use crate::store::{Place, scan};
use crate::verify::{Told, Verdict, verify};

/// What to put back.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// A backup's folder, or a folder of several, of which the one that goes just far enough is taken.
    pub folder: PathBuf,
    /// As of which moment; `At::Now`: everything that the newest backup holds.
    pub to: At,
    /// Whether a record that is there already is put aside (SQLite) or dropped (PostgreSQL).
    pub replace: bool,
}

/// What was put back.
#[derive(Clone, Debug)]
pub struct Restored {
    /// From which backup.
    pub folder: PathBuf,
    /// The last commit now.
    pub t: T,
    /// How many later commits of the backup were cut off.
    pub commits_cut: u64,
    /// How many leaves of the audit were cut off with them; the backup still holds them.
    pub leaves_cut: u64,
    /// What looking through came to.
    pub verdict: Verdict,
}

/// Puts a backup back. No host may serve the place meanwhile.
///
/// # Errors
/// Every variant of [`BackupError`] says what to do about it. SQLite: the place is as it was. PostgreSQL: what was put
/// back is left to be looked at.
pub async fn restore(
    place: &Place,
    wanted: &Wanted,
    clock: Arc<dyn Clock>,
    told: Told<'_>,
) -> Result<Restored, BackupError> {
    let (folder, manifest) = chosen(wanted)?;
    manifest.fits(place)?;
    let file = manifest.check(&folder)?;
    let staged = Staged::begin(place, wanted.replace, clock.now_ms()).await?;
    staged.fill(&file).await?;
    let cut = cut_to(&staged, &wanted.to, &clock).await?;
    note(&staged, &manifest, &cut, clock).await?;
    let verdict = verify(staged.place(), told).await?;
    if let Some(first) = verdict.findings.first() {
        return Err(BackupError::NotWhole {
            first: Box::new(first.clone()),
            findings: verdict.findings.len(),
        });
    }
    staged.end()?;
    Ok(Restored {
        folder,
        t: number(cut.to.t),
        commits_cut: cut.commits().unsigned_abs(),
        leaves_cut: cut.leaves().unsigned_abs(),
        verdict,
    })
}

/// The backup that goes just far enough.
fn chosen(wanted: &Wanted) -> Result<(PathBuf, Manifest), BackupError> {
    let folder: &Path = &wanted.folder;
    let none = |why: String| BackupError::NoBackup {
        folder: folder.to_owned(),
        why,
    };
    let mut all = manifest::all_in(folder)?;
    all.sort_by_key(|(_, manifest)| (manifest.t, manifest.taken_at_ms));
    let newest = all.last().cloned().ok_or_else(|| {
        none("it holds no backup: name a folder that `palatine backup` filled".to_owned())
    })?;
    let reaches: Box<dyn Fn(&Manifest) -> bool> = match &wanted.to {
        At::Now => return Ok(newest),
        At::Commit(T(t)) => {
            let t = i64::try_from(*t).unwrap_or(i64::MAX);
            Box::new(move |manifest| manifest.t >= t)
        }
        At::Instant(text) => {
            let at_ms = from_rfc3339(text).ok_or_else(|| {
                none("write a commit's number, or a moment such as 2026-11-22T09:30:00Z".to_owned())
            })?;
            Box::new(move |manifest| manifest.taken_at_ms >= at_ms)
        }
    };
    let far_enough = all.into_iter().find(|(_, manifest)| reaches(manifest));
    far_enough.ok_or_else(|| {
        let last = &newest.1;
        none(format!(
            "the newest backup holds commits up to {} and was taken at {}: nothing later is known",
            last.t, last.taken_at
        ))
    })
}

/// Brings the tables up to this program's, and cuts the log after a moment.
async fn cut_to(staged: &Staged, to: &At, clock: &Arc<dyn Clock>) -> Result<Cut, BackupError> {
    let record = Record::open(staged.place(), Arc::clone(clock)).await?;
    let t = record.moment(to).await;
    record.close().await;
    let scan = scan::scan(staged.place()).await?;
    let cut = cut::planned(scan.as_ref(), t?).await?;
    drop(scan);
    cut::carry_out(staged.place(), &cut).await?;
    Ok(cut)
}

/// Writes into the audit what was done.
async fn note(
    staged: &Staged,
    manifest: &Manifest,
    cut: &Cut,
    clock: Arc<dyn Clock>,
) -> Result<(), BackupError> {
    let record = Record::open(staged.place(), Arc::clone(&clock)).await?;
    let mut about = format!(
        "to commit {} from the backup {} on {}",
        cut.to.t,
        manifest.name(),
        rfc3339(clock.now_ms())
    );
    if cut.leaves() > 0 {
        about.push_str(&format!(
            "; leaves {} to {} of it were cut, the last with the digest {}",
            cut.to.leaf + 1,
            cut.from.leaf,
            hex::encode(&cut.from.leaf_digest)
        ));
    }
    let leaf = NewLeaf {
        t: cut.to.t,
        count: cut.commits(),
        ..NewLeaf::by(&Caller::host(), "restore", about)
    };
    let mut kept = record.keep_leaf(leaf).await;
    if kept.is_ok() && cut.leaves() > 0 && cut.calls_pruned > 0 {
        // The leaf that said so may be among those that were cut.
        let about = call_log::pruned_about(cut.calls_pruned.min(cut.to.leaf));
        let leaf = NewLeaf {
            t: cut.to.t,
            ..NewLeaf::by(&Caller::host(), call_log::PRUNED, about)
        };
        kept = record.keep_leaf(leaf).await;
    }
    record.close().await;
    Ok(kept?)
}
