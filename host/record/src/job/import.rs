//! Bulk import: resources as lines of JSON, filed hundreds to a commit, each commit together with the note how far it is.
//!
//! Invariant: every line is filed once, or kept with its reason; what refers to a later line waits for it. A reference
//! to a resource of this record has to lead somewhere in the end; what other references lead to is not looked at.

mod batch;
mod circle;
mod line;
mod source;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use self::batch::Importing;
use super::codec::{State, Work};
use super::{Begun, FileOf, Held, Job, JobError, JobFile, JobId, file};
use crate::audit::NewLeaf;
use crate::caller::{Caller, Role};
use crate::{Record, limits};

/// Where sent files lie in a job's folder.
const SENT: &str = "sent";

/// Where an import's lines come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum From {
    /// Files of a folder that somebody who can start this program named.
    Folder(PathBuf),
    /// What was sent, which lies among the job's files.
    Sent,
}

/// An import, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ImportWork {
    from: From,
    files: Vec<Input>,
    /// How often what had to wait has been looked at again: 0 while the files themselves are read.
    pass: u32,
    place: Place,
    /// How many lines wait for the next pass, and how many bytes they are.
    waiting: Count,
    /// Lines filed in this pass: without any, there is no use in another.
    filed_in_pass: u64,
    /// Whether nothing more can come, so that what would wait is rejected.
    is_last: bool,
    /// Lines of circles that were filed and are still to be met again.
    circled: u64,
    filed: u64,
    unchanged: u64,
    rejected: Count,
    errors_bytes: u64,
    /// The names of the files that list what was rejected.
    errors: String,
    lines: String,
}

/// One file of an import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Input {
    name: String,
    bytes: u64,
    sha256: String,
}

/// Where the next line begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    /// In which file.
    file: usize,
    /// At which byte of what the file unpacks to.
    byte: u64,
    /// How many lines are before it.
    line: u64,
}

/// Lines and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Count {
    lines: u64,
    bytes: u64,
}

impl ImportWork {
    fn new(from: From, files: Vec<Input>) -> Result<Self, JobError> {
        let name = |begins: &str| -> Result<String, JobError> {
            let chance = hex::encode(crate::secret::chance::<16>()?);
            Ok(format!("{begins}-{chance}.ndjson"))
        };
        Ok(Self {
            from,
            files,
            pass: 0,
            place: Place::default(),
            waiting: Count::default(),
            filed_in_pass: 0,
            is_last: false,
            circled: 0,
            filed: 0,
            unchanged: 0,
            rejected: Count::default(),
            errors_bytes: 0,
            errors: name("errors")?,
            lines: name("rejected")?,
        })
    }

    pub(super) fn words(&self) -> String {
        let at = match self.files.get(self.place.file).filter(|_| self.pass == 0) {
            Some(file) => format!("{} line {}", file.name, self.place.line),
            None => format!("looking again at what had to wait ({})", self.pass),
        };
        format!(
            "{} resources filed, {} unchanged, {} waiting, {} rejected; {at}",
            self.filed, self.unchanged, self.waiting.lines, self.rejected.lines
        )
    }

    pub(super) fn files(&self) -> Vec<JobFile> {
        if self.rejected.lines == 0 {
            return Vec::new();
        }
        let file = |name: &String, of| JobFile {
            name: name.clone(),
            of,
            count: self.rejected.lines,
        };
        vec![
            file(&self.errors, FileOf::Errors),
            file(&self.lines, FileOf::Rejected),
        ]
    }
}

/// What an import came to.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Its job.
    pub job: Job,
    /// Resources that have a new version.
    pub filed: u64,
    /// Resources that stood already as they were sent.
    pub unchanged: u64,
    /// Lines that were not filed.
    pub rejected: u64,
    /// The reasons, one OperationOutcome a line, and the lines themselves, in the same order; `None` without any.
    pub errors: Option<(PathBuf, PathBuf)>,
}

impl Record {
    /// Imports the files of a folder (`*.ndjson`, also `.gz` and `.bz2`), going on where it was cut off when the same
    /// files were begun before.
    ///
    /// # Errors
    /// `Incorrect` for a folder without such files, `File`, and those of a commit; the import can be begun again.
    pub async fn import_folder(&self, caller: &Caller, from: &Path) -> Result<Imported, JobError> {
        only_operators(caller)?;
        let files = source::files(from).await?;
        let mut sum = Sha256::new();
        for file in &files {
            sum.update(format!("{} {}\n", file.name, file.sha256));
        }
        let digest = hex::encode(sum.finalize());
        let id = JobId::of(&digest[..32]).ok_or(JobError::NoJob)?;
        match self.held_job(&id).await? {
            None => {
                let work = ImportWork::new(From::Folder(from.to_owned()), files)?;
                let request = format!("import {}", from.display());
                self.begin_import(caller, id.clone(), request, work).await?;
            }
            // What it failed for may have been mended: it goes on where it stood.
            Some(mut held) if matches!(held.kept.state, State::Failed(_)) => {
                (held.kept.state, held.kept.ended_at_ms) = (State::Open, None);
                self.noted(&mut held, Vec::new()).await?;
            }
            Some(_) => {}
        }
        while let Some(held) = self.held_job(&id).await? {
            if held.kept.state != State::Open {
                break;
            }
            if !self.carried_on(held).await? {
                // Another host has its turn, or the database is away; what is noted is kept.
                return Err(JobError::Ended);
            }
        }
        let held = self.held_job(&id).await?.ok_or(JobError::Ended)?;
        let Work::Import(work) = held.kept.work.clone() else {
            return Err(JobError::NoJob);
        };
        let folder = self.folder_of(&id)?;
        let lists = || (folder.join(&work.errors), folder.join(&work.lines));
        Ok(Imported {
            job: self.shown(held).await?,
            filed: work.filed,
            unchanged: work.unchanged,
            rejected: work.rejected.lines,
            errors: (work.rejected.lines > 0).then(lists),
        })
    }

    /// Begins to take in what somebody sends, for an import of it.
    ///
    /// # Errors
    /// `Forbidden` for everybody but an operator, `NoFolder`, `File`.
    pub async fn receive(&self, caller: &Caller) -> Result<Receiving, JobError> {
        only_operators(caller)?;
        let id = JobId::new()?;
        let folder = self.folder_of(&id)?;
        tokio::fs::create_dir_all(&folder)
            .await
            .map_err(file("making"))?;
        let path = folder.join(SENT);
        let to = tokio::fs::File::create_new(&path).await;
        Ok(Receiving {
            id,
            to: to.map_err(file("making"))?,
            bytes: 0,
            sum: Sha256::new(),
        })
    }

    /// Begins the import of what was sent.
    ///
    /// # Errors
    /// `Incorrect` when nothing was sent, `Busy`, `Commit`.
    pub async fn import_received(
        &self,
        caller: &Caller,
        received: Receiving,
    ) -> Result<JobId, JobError> {
        let Receiving {
            id,
            mut to,
            bytes,
            sum,
        } = received;
        if bytes == 0 {
            self.remove_files(&id).await?;
            let what = "nothing was sent: send resources, one to a line".to_owned();
            return Err(JobError::Incorrect { what });
        }
        let done = async {
            tokio::io::AsyncWriteExt::flush(&mut to).await?;
            to.sync_all().await
        };
        done.await.map_err(file("writing"))?;
        let input = Input {
            name: SENT.to_owned(),
            bytes,
            sha256: hex::encode(sum.finalize()),
        };
        let work = ImportWork::new(From::Sent, vec![input])?;
        let request = format!("import of {bytes} bytes");
        let begun = self.begin_import(caller, id.clone(), request, work).await;
        if begun.is_err() {
            self.remove_files(&id).await?;
        }
        begun
    }

    /// Forgets what was sent.
    ///
    /// # Errors
    /// `File`.
    pub async fn forget_received(&self, received: Receiving) -> Result<(), JobError> {
        self.remove_files(&received.id).await
    }

    async fn begin_import(
        &self,
        caller: &Caller,
        id: JobId,
        request: String,
        work: ImportWork,
    ) -> Result<JobId, JobError> {
        let t = self.current_t();
        let leaf = NewLeaf {
            t,
            ..NewLeaf::by(caller, "import", request.clone())
        };
        self.keep_leaf(leaf).await?;
        let begun = Begun {
            id,
            t,
            t_at_ms: self.made_at_ms(t).await?,
            request,
            work: Work::Import(work),
        };
        self.begin_job(caller, begun).await
    }

    /// Carries an import on to its end.
    pub(super) async fn import_on(
        &self,
        held: &mut Held,
        work: ImportWork,
    ) -> Result<(), JobError> {
        let folder = self.folder_of(&held.id)?;
        tokio::fs::create_dir_all(&folder)
            .await
            .map_err(file("making"))?;
        let from = match &work.from {
            From::Folder(path) => path.clone(),
            From::Sent => folder.clone(),
        };
        let mut importing = Importing::begin(self, held, work, folder).await?;
        loop {
            let source = importing.source(&from);
            importing.pass(source).await?;
            if importing.is_done() {
                return Ok(());
            }
            if !importing.goes_on() {
                let circles = importing.circles().await?;
                if !circles.more || circles.filed == 0 {
                    importing.is_last();
                }
            }
            importing.next_pass().await?;
        }
    }
}

/// What is being sent.
pub struct Receiving {
    id: JobId,
    to: tokio::fs::File,
    bytes: u64,
    sum: Sha256,
}

impl Receiving {
    /// Takes in some of it.
    ///
    /// # Errors
    /// `Incorrect` when it is more than one import takes, `File`.
    pub async fn take(&mut self, bytes: &[u8]) -> Result<(), JobError> {
        self.bytes += bytes.len() as u64;
        if self.bytes > limits::IMPORT_BYTES_MAX {
            let what = format!(
                "more than {} bytes were sent: send it in parts, or use `palatine import`",
                limits::IMPORT_BYTES_MAX
            );
            return Err(JobError::Incorrect { what });
        }
        self.sum.update(bytes);
        let written = tokio::io::AsyncWriteExt::write_all(&mut self.to, bytes).await;
        written.map_err(file("writing"))
    }
}

fn only_operators(caller: &Caller) -> Result<(), JobError> {
    if caller.role() == Role::Operator {
        return Ok(());
    }
    Err(JobError::Forbidden {
        account: caller.account().to_owned(),
        what: "import: an operator may".to_owned(),
    })
}
