//! Lines filed together: as many as fit, less what has to wait and what cannot be filed, with the note behind them.
//!
//! Invariant: what was set aside is on disk before the note that counts it is committed.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use fhir::outcome::{Issue, IssueType};
use fhir::resource::Key;
use tokio::io::AsyncWriteExt;

use super::line::{self, Asked};
use super::source::{Line, Source};
use super::{Count, ImportWork, Place};
use crate::caller::Caller;
use crate::commit::{CommitError, Outcome, What};
use crate::job::codec::Work;
use crate::job::folder::appending;
use crate::job::pace::Pace;
use crate::job::{Held, JobError, file};
use crate::proposal::Change;
use crate::store::row::DELETED;
use crate::{Record, limits};

/// An import while it is carried on.
pub(super) struct Importing<'a> {
    pub(super) record: &'a Record,
    held: &'a mut Held,
    pub(super) caller: Caller,
    pub(super) work: ImportWork,
    folder: PathBuf,
    errors: Aside,
    lines: Aside,
    waiting: Aside,
    pace: Pace,
}

/// A file of what was set aside.
struct Aside {
    to: tokio::fs::File,
    is_dirty: bool,
}

/// What becomes of a line.
pub(super) enum Fate {
    /// It is filed with the others.
    Filed(Asked),
    /// It refers to what is not there yet.
    Waits(Line),
    /// It cannot be filed.
    Rejected(Line, Vec<Issue>),
}

impl Aside {
    async fn open(path: &Path, bytes: u64) -> Result<Self, JobError> {
        let to = appending(path, bytes).await.map_err(file("opening"))?;
        let is_dirty = false;
        Ok(Self { to, is_dirty })
    }

    async fn add(&mut self, text: &str) -> Result<u64, JobError> {
        self.is_dirty = true;
        let written = self.to.write_all(text.as_bytes()).await;
        written.map_err(file("writing"))?;
        Ok(text.len() as u64)
    }

    async fn sync(&mut self) -> Result<(), JobError> {
        if !std::mem::take(&mut self.is_dirty) {
            return Ok(());
        }
        let done = async {
            self.to.flush().await?;
            self.to.sync_data().await
        };
        done.await.map_err(file("writing"))
    }
}

impl<'a> Importing<'a> {
    /// Goes on where the note says.
    pub(super) async fn begin(
        record: &'a Record,
        held: &'a mut Held,
        work: ImportWork,
        folder: PathBuf,
    ) -> Result<Self, JobError> {
        let caller = held.kept.caller().ok_or(JobError::NoJob)?;
        let errors = Aside::open(&folder.join(&work.errors), work.errors_bytes).await?;
        let lines = Aside::open(&folder.join(&work.lines), work.rejected.bytes).await?;
        let waiting = waits(&folder, work.pass + 1);
        let waiting = Aside::open(&waiting, work.waiting.bytes).await?;
        Ok(Self {
            record,
            held,
            caller,
            work,
            folder,
            errors,
            lines,
            waiting,
            pace: Pace::begin(record),
        })
    }

    /// The lines of this pass, from where the note says.
    pub(super) fn source(&self, from: &Path) -> Source {
        match self.work.pass {
            0 => Source::of(from, &self.work.files, self.work.place),
            pass => Source::waiting(waits(&self.folder, pass), self.work.place),
        }
    }

    /// The lines that wait for the next pass.
    pub(super) fn leftover(&self) -> Source {
        Source::waiting(waits(&self.folder, self.work.pass + 1), Place::default())
    }

    /// Reads lines to the end and files what can be filed.
    pub(super) async fn pass(&mut self, mut source: Source) -> Result<(), JobError> {
        loop {
            let (back, lines) = tokio::task::spawn_blocking(move || {
                let lines = some(&mut source);
                (source, lines)
            })
            .await
            .map_err(|_| JobError::Ended)?;
            source = back;
            let lines = lines?;
            if lines.is_empty() {
                return self.note(Vec::new()).await;
            }
            let fates = self.fates(lines).await?;
            self.settle(fates).await?;
            self.pace.rest(self.record, self.held).await?;
        }
    }

    /// Whether nothing waits.
    pub(super) fn is_done(&self) -> bool {
        self.work.waiting.lines == 0
    }

    /// Whether this pass filed something, so that another may.
    pub(super) fn goes_on(&self) -> bool {
        self.work.filed_in_pass > 0 && self.work.pass < limits::IMPORT_PASSES_MAX
    }

    pub(super) async fn next_pass(&mut self) -> Result<(), JobError> {
        let done = waits(&self.folder, self.work.pass);
        self.work.pass += 1;
        self.work.place = Place::default();
        self.work.waiting = Count::default();
        self.work.filed_in_pass = 0;
        self.note(Vec::new()).await?;
        // Before the note it was still needed; if it stays, it is overwritten.
        drop(tokio::fs::remove_file(done).await);
        self.waiting = Aside::open(&waits(&self.folder, self.work.pass + 1), 0).await?;
        Ok(())
    }

    /// What becomes of each line, as far as can be told before the commit.
    async fn fates(&self, lines: Vec<Line>) -> Result<Vec<Fate>, JobError> {
        let mut fates = Vec::with_capacity(lines.len());
        for line in lines {
            fates.push(match line::read(&self.caller, line) {
                Ok(asked) => Fate::Filed(asked),
                Err((line, issues)) => Fate::Rejected(line, issues),
            });
        }
        let mut missing = self.missing(&fates).await?;
        // What waits is not there either for those who refer to it.
        loop {
            let mut waited = false;
            for fate in &mut fates {
                let waits =
                    matches!(fate, Fate::Filed(asked) if !asked.needs.is_disjoint(&missing));
                if let Fate::Filed(asked) = fate
                    && waits
                {
                    let lacks = asked
                        .needs
                        .iter()
                        .find(|key| missing.contains(*key))
                        .cloned();
                    missing.extend(asked.keys.iter().cloned());
                    let line = asked.line.clone();
                    *fate = match lacks.filter(|_| self.work.is_last) {
                        Some(key) => Fate::Rejected(line, vec![unknown(&key)]),
                        None => Fate::Waits(line),
                    };
                    waited = true;
                }
            }
            if !waited {
                return Ok(fates);
            }
        }
    }

    /// What the lines refer to and is neither in the record nor among them.
    async fn missing(&self, fates: &[Fate]) -> Result<HashSet<Key>, JobError> {
        let filed = || {
            fates.iter().filter_map(|fate| match fate {
                Fate::Filed(asked) => Some(asked),
                Fate::Waits(_) | Fate::Rejected(..) => None,
            })
        };
        let here: HashSet<&Key> = filed().flat_map(|asked| &asked.keys).collect();
        let wanted: HashSet<&Key> = filed()
            .flat_map(|asked| &asked.needs)
            .filter(|key| !here.contains(key))
            .collect();
        let wanted: Vec<Key> = wanted.into_iter().cloned().collect();
        let standing = self
            .record
            .standing_of(&wanted, self.record.current_t())
            .await?;
        let stands = standing
            .into_iter()
            .map(|row| row.is_some_and(|row| row.what != DELETED));
        let gone = wanted.into_iter().zip(stands).filter(|(_, stands)| !stands);
        Ok(gone.map(|(key, _)| key).collect())
    }

    /// Files what can be filed, sets the rest aside, and notes it all. Lines that a commit refuses are found by halves.
    pub(super) async fn settle(&mut self, fates: Vec<Fate>) -> Result<(), JobError> {
        let mut parts = vec![fates];
        while let Some(part) = parts.pop() {
            let before = self.work.clone();
            let changes = self.set_aside(&part).await?;
            match self.note(changes).await {
                Ok(()) => {}
                Err(JobError::Commit { source }) => {
                    let Some(issues) = line::issues(&source) else {
                        return Err(source.into());
                    };
                    self.go_back(before).await?;
                    self.divide(part, &source, issues, &mut parts);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Two halves of what a commit refused; one line alone is rejected.
    fn divide(
        &self,
        mut part: Vec<Fate>,
        error: &CommitError,
        issues: Vec<Issue>,
        parts: &mut Vec<Vec<Fate>>,
    ) {
        if part.len() == 1 {
            let fate = part.remove(0);
            let waits = matches!(error, CommitError::UnknownReference { .. }) && !self.work.is_last;
            parts.push(vec![match fate {
                Fate::Filed(asked) if waits && !asked.needs.is_empty() => Fate::Waits(asked.line),
                Fate::Filed(asked) => Fate::Rejected(asked.line, issues),
                set_aside @ (Fate::Waits(_) | Fate::Rejected(..)) => set_aside,
            }]);
            return;
        }
        let second = part.split_off(part.len() / 2);
        parts.push(second);
        parts.push(part);
    }

    async fn set_aside(&mut self, fates: &[Fate]) -> Result<Vec<Change>, JobError> {
        let mut changes = Vec::new();
        for fate in fates {
            let line = match fate {
                Fate::Filed(asked) => {
                    changes.extend(asked.changes.iter().cloned());
                    &asked.line
                }
                Fate::Waits(line) => {
                    self.work.waiting.lines += 1;
                    self.work.waiting.bytes += self.waiting.add(&line.marked()).await?;
                    line
                }
                Fate::Rejected(line, issues) => {
                    self.work.rejected.lines += 1;
                    let outcome = line::outcome(line, issues);
                    self.work.errors_bytes += self.errors.add(&outcome).await?;
                    let text = format!("{}\n", line.text.as_deref().unwrap_or_default());
                    self.work.rejected.bytes += self.lines.add(&text).await?;
                    line
                }
            };
            self.work.place = line.next;
        }
        self.errors.sync().await?;
        self.lines.sync().await?;
        self.waiting.sync().await?;
        Ok(changes)
    }

    /// Forgets what was set aside for a commit that was refused.
    async fn go_back(&mut self, before: ImportWork) -> Result<(), JobError> {
        self.work = before;
        let Self { work, folder, .. } = &*self;
        let waiting = waits(folder, work.pass + 1);
        let errors = Aside::open(&folder.join(&work.errors), work.errors_bytes).await?;
        let lines = Aside::open(&folder.join(&work.lines), work.rejected.bytes).await?;
        let waiting = Aside::open(&waiting, work.waiting.bytes).await?;
        (self.errors, self.lines, self.waiting) = (errors, lines, waiting);
        Ok(())
    }

    /// Commits changes with the note how far the import is.
    async fn note(&mut self, changes: Vec<Change>) -> Result<(), JobError> {
        let count = changes.len() as u64;
        let before = self.work.clone();
        self.work.filed += count;
        self.work.filed_in_pass += count;
        self.held.kept.work = Work::Import(self.work.clone());
        match self.record.noted(self.held, changes).await {
            Ok(outcomes) => {
                let unchanged = unchanged(&outcomes);
                let circled = unchanged.min(self.work.circled);
                self.work.filed -= unchanged;
                self.work.circled -= circled;
                self.work.unchanged += unchanged - circled;
                Ok(())
            }
            Err(error) => {
                self.work = before;
                Err(error)
            }
        }
    }

    /// Commits a circle with the note; how many of its lines were not there yet.
    pub(super) async fn note_circle(&mut self, changes: Vec<Change>) -> Result<u64, JobError> {
        let count = changes.len() as u64;
        let before = self.work.clone();
        // The next pass meets these lines again, and finds them filed.
        self.work.filed += count;
        self.work.circled += count;
        self.held.kept.work = Work::Import(self.work.clone());
        match self.record.noted(self.held, changes).await {
            Ok(outcomes) => Ok(count - unchanged(&outcomes)),
            Err(error) => {
                self.work = before;
                Err(error)
            }
        }
    }

    /// From now on nothing more can come: what waits is rejected.
    pub(super) fn is_last(&mut self) {
        self.work.is_last = true;
    }

    pub(super) async fn standing_among(
        &self,
        keys: &[Key],
    ) -> Result<HashMap<Key, bool>, JobError> {
        let t = self.record.current_t();
        let standing = self.record.standing_of(keys, t).await?;
        let stands = standing
            .into_iter()
            .map(|row| row.is_some_and(|row| row.what != DELETED));
        Ok(keys.iter().cloned().zip(stands).collect())
    }
}

fn unknown(key: &Key) -> Issue {
    let what =
        format!("it refers to {key}, which is neither in the record nor in what is imported");
    Issue::error(IssueType::NotFound, what)
}

/// How many resources stood as they were sent.
fn unchanged(outcomes: &[Outcome]) -> u64 {
    let same = |outcome: &&Outcome| outcome.what == What::Existing;
    outcomes.iter().filter(same).count() as u64
}

/// Where lines wait for a pass.
fn waits(folder: &Path, pass: u32) -> PathBuf {
    folder.join(format!("waiting-{pass}"))
}

/// As many lines as are filed at once.
fn some(source: &mut Source) -> Result<Vec<Line>, JobError> {
    let (mut lines, mut bytes) = (Vec::new(), 0);
    while lines.len() < limits::IMPORT_BATCH && bytes < limits::IMPORT_BATCH_BYTES {
        let Some(line) = source.next()? else { break };
        bytes += line.text.as_ref().map_or(0, String::len);
        lines.push(line);
    }
    Ok(lines)
}
