//! Loading a release of SNOMED CT or dm+d that a site has a licence for, from the files as they are distributed.
//!
//! Everything is read and checked first, and then written in numbered batches, each in a transaction of its own. A load that
//! was stopped goes on where it was when it is run again on the same files. Only when all is there does a commit make a
//! CodeSystem resource name the release: from then on it is the one in use, and before that commit the earlier one still is.
//!
//! Invariant: a release with a bad line is not loaded, and what was loaded never changes.

mod counted;
mod dmd;
mod draft;
mod files;
mod identifier;
mod lines;
pub mod refusal;
mod rf2;
mod rows;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use fhir::resource::{Key, Resource, ResourceType};
use serde_json::{Value, json};

use self::draft::Draft;
use self::files::Files;
use self::refusal::LoadError;
use super::snomed::{DMD, SNOMED};
use crate::caller::Caller;
use crate::proposal::{Change, Proposal};
use crate::store::StoreError;
use crate::store::terminology::ReleaseRow;
use crate::{Record, limits};

/// What can be loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distribution {
    /// SNOMED CT in release format 2: the snapshot files, from one or several modules.
    Snomed,
    /// dm+d in the XML files of its weekly release.
    Dmd,
}

/// What is to be loaded.
#[derive(Clone, Debug)]
pub struct Release {
    /// In which form.
    pub distribution: Distribution,
    /// A folder, or a zip file.
    pub from: PathBuf,
    /// Of SNOMED CT, the module that the edition goes by; `None`: the one that no other module depends on.
    pub edition: Option<String>,
    /// The version's date, eight digits; `None`: as the names of the files say.
    pub date: Option<String>,
}

/// What was loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The code system.
    pub system: String,
    /// The version that is in use now.
    pub version: String,
    /// How many concepts it has, inactive ones included.
    pub concepts: u64,
    /// How many names.
    pub names: u64,
    /// Batches that were written now; 0: all of it was there.
    pub batches: u64,
}

/// A release as it was read: what it is called, and what is in it.
struct Read {
    system: &'static str,
    version: String,
    name: String,
    /// The id of its CodeSystem resource.
    id: String,
    digest: String,
    draft: Draft,
}

impl Record {
    /// Loads a release and puts it to use. `said` hears how far it is, in words.
    ///
    /// # Errors
    /// See [`refusal::LoadError`]; the release that was in use before stays so.
    pub async fn load_terminology(
        &self,
        caller: &Caller,
        release: Release,
        said: &(dyn Fn(String) + Send + Sync),
    ) -> Result<Report, LoadError> {
        said(format!("reading {}", release.from.display()));
        let read = tokio::task::spawn_blocking(move || read(&release)).await;
        let read = read.map_err(|_| StoreError::Closed)??;
        let names = read.draft.names() as u64;
        said(format!(
            "{}: {} concepts, {names} names",
            read.version,
            read.draft.len()
        ));
        let Read {
            system,
            version,
            name,
            id,
            digest,
            draft,
        } = read;
        let concepts = draft.len();
        let row = self
            .begun(system, &version, &name, &digest, concepts)
            .await?;
        let mut batches = 0;
        if !row.ready {
            let (send, mut filled) = tokio::sync::mpsc::channel(2);
            let made = tokio::task::spawn_blocking(move || rows::fillings(draft, &send));
            let mut batch = 0;
            while let Some(filling) = filled.recv().await {
                batch += 1;
                if batch <= row.batches {
                    continue;
                }
                self.store()
                    .release_fill(row.release, batch, Arc::new(filling))
                    .await?;
                batches += 1;
                if batch % 50 == 0 {
                    said(format!("{batch} batches written"));
                }
            }
            made.await.map_err(|_| StoreError::Closed)??;
            self.store().release_ready(row.release).await?;
        }
        self.put_to_use(
            caller,
            &resource(system, &version, &name, &id, concepts),
            &id,
        )
        .await?;
        Ok(Report {
            system: system.to_owned(),
            version,
            concepts: concepts as u64,
            names,
            batches,
        })
    }

    /// The releases that are there, in words: system, version, and whether it is ready.
    ///
    /// # Errors
    /// The database failed.
    pub async fn terminology_releases(&self) -> Result<Vec<(String, String, bool)>, StoreError> {
        let releases = self.store().releases().await?.into_iter();
        Ok(releases
            .map(|it| (it.system, it.version, it.ready))
            .collect())
    }

    /// Removes a release that is not in use. Answers as of commits at which it was in use can no longer be given.
    ///
    /// # Errors
    /// There is no such release, or it is in use.
    pub async fn forget_terminology(&self, version: &str) -> Result<(), LoadError> {
        let releases = self.store().releases().await?;
        let Some(release) = releases.into_iter().find(|it| it.version == version) else {
            let what = format!("there is no release `{version}` here");
            return Err(LoadError::Incomplete { what });
        };
        let reader = super::reader::Reader::new(self, self.current_t());
        let by_url = [("url", release.system.as_str())];
        let kept = reader.kept(ResourceType::CODE_SYSTEM, &by_url).await;
        let kept = kept.map_err(|why| LoadError::Incomplete {
            what: why.to_string(),
        })?;
        if kept
            .iter()
            .any(|kept| kept.text("version") == Some(version))
        {
            return Err(LoadError::InUse {
                version: version.to_owned(),
            });
        }
        self.cleared(release.release).await
    }

    async fn cleared(&self, release: i64) -> Result<(), LoadError> {
        let n_max = u32::try_from(limits::RELEASE_ROWS_AT_ONCE).unwrap_or(u32::MAX);
        while self.store().release_clear(release, n_max).await? {}
        Ok(())
    }

    /// The release's row: a new one, or the one of a load of the same files that was stopped.
    async fn begun(
        &self,
        system: &str,
        version: &str,
        name: &str,
        digest: &str,
        concepts: usize,
    ) -> Result<ReleaseRow, LoadError> {
        let new = ReleaseRow {
            release: 0,
            system: system.to_owned(),
            version: version.to_owned(),
            name: name.to_owned(),
            digest: digest.to_owned(),
            concepts: i64::try_from(concepts).unwrap_or(i64::MAX),
            batches: 0,
            ready: false,
        };
        let row = self.store().release_begin(new.clone()).await?;
        if row.digest == digest {
            return Ok(row);
        }
        if row.ready {
            return Err(LoadError::Different {
                version: version.to_owned(),
            });
        }
        // What was left by a load of other files is of no use.
        self.cleared(row.release).await?;
        Ok(self.store().release_begin(new).await?)
    }

    async fn put_to_use(
        &self,
        caller: &Caller,
        resource: &Value,
        id: &str,
    ) -> Result<(), LoadError> {
        let unwritable = |why: String| LoadError::Incomplete { what: why };
        let key: Key = format!("CodeSystem/{id}")
            .parse()
            .map_err(|why: fhir::resource::BadKey| unwritable(why.to_string()))?;
        let resource =
            Resource::from_value(resource.clone()).map_err(|why| unwritable(why.to_string()))?;
        let change = Change::Update {
            key,
            resource,
            seen: None,
            temporary: None,
        };
        self.commit(caller, Proposal::direct(vec![change])).await?;
        Ok(())
    }
}

fn read(release: &Release) -> Result<Read, LoadError> {
    let mut files = Files::open(&release.from)?;
    match release.distribution {
        Distribution::Snomed => {
            let read = rf2::read(&mut files, release.edition.as_deref())?;
            let date = dated(release, read.newest.as_deref())?;
            Ok(Read {
                system: SNOMED,
                version: format!("{SNOMED}/{}/version/{date}", read.edition),
                name: format!("SNOMED CT, edition {}, {date}", read.edition),
                id: format!("snomed-ct-{}", read.edition),
                digest: files.digest(),
                draft: read.draft,
            })
        }
        Distribution::Dmd => {
            let read = dmd::read(&mut files)?;
            let date = dated(release, read.newest.as_deref())?;
            Ok(Read {
                system: DMD,
                name: format!("Dictionary of medicines and devices, {date}"),
                version: date,
                id: "dmd".to_owned(),
                digest: files.digest(),
                draft: read.draft,
            })
        }
    }
}

fn dated(release: &Release, newest: Option<&str>) -> Result<String, LoadError> {
    let date = release.date.as_deref().or(newest);
    let date = date.filter(|date| date.len() == 8 && date.bytes().all(|it| it.is_ascii_digit()));
    date.map(str::to_owned)
        .ok_or_else(|| LoadError::Incomplete {
            what: "the names of the files say no date: give it as eight digits".to_owned(),
        })
}

/// The CodeSystem resource that says that a release is in use.
fn resource(system: &str, version: &str, name: &str, id: &str, concepts: usize) -> Value {
    json!({
        "resourceType": "CodeSystem",
        "id": id,
        "url": system,
        "version": version,
        "name": if system == SNOMED { "SNOMED_CT" } else { "DMD" },
        "title": name,
        "status": "active",
        "experimental": false,
        "caseSensitive": true,
        "valueSet": format!("{system}?fhir_vs"),
        "hierarchyMeaning": "is-a",
        "compositional": false,
        "versionNeeded": false,
        "content": "not-present",
        "count": concepts,
    })
}

/// The name of a file, without its folders.
fn base_name(path: &str) -> &str {
    Path::new(path)
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or(path)
}

#[cfg(test)]
mod tests;
