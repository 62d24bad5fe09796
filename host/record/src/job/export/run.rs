//! An export carried on: part after part, page after page, into pieces of bounded size.
//!
//! Invariant: a piece counts once the job's note says so; the note says where the next piece begins.

use std::sync::Arc;

use fhir::compartment::patient_of;
use fhir::query::Query;
use fhir::resource::{Id, Key, Resource, ResourceType};
use serde_json::json;

use super::{ExportWork, Level, filtered, incorrect};
use crate::caller::Caller;
use crate::job::codec::Work;
use crate::job::folder::{self, Writing};
use crate::job::pace::Pace;
use crate::job::{Held, JobError, run_at};
use crate::search::Page;
use crate::secret::chance;
use crate::store::row::{DELETED, TYPE_SHIFT, VersionRow, seq_of, type_of};
use crate::{Record, Stored, limits};

/// The parts of an export: which search, and in whose compartment.
pub(super) struct Parts {
    kinds: Vec<Kind>,
    patients: Option<Vec<Id>>,
    /// Whether a last part lists what was deleted.
    deleted: bool,
}

/// One search of an export.
struct Kind {
    of: ResourceType,
    /// Its filter and those of the same type before it, whose finds are written already.
    filter: Option<(Query, Vec<Query>)>,
}

/// One part of an export.
enum Part<'a> {
    Found(&'a Kind, Option<&'a Id>),
    Deleted,
}

impl ExportWork {
    /// The parts, the same whenever they are worked out.
    pub(super) fn parts(&self, patients: Option<&[Id]>) -> Result<Parts, JobError> {
        let mut filters: Vec<(ResourceType, Query)> = Vec::new();
        for filter in &self.filters {
            filters.push(filtered(filter)?);
        }
        let mut kinds = Vec::new();
        for name in &self.types {
            let of: ResourceType = name
                .parse()
                .map_err(|_| incorrect(format!("`{name}` is not a type")))?;
            let mut before: Vec<Query> = Vec::new();
            for (_, query) in filters.iter().filter(|(other, _)| *other == of) {
                kinds.push(Kind {
                    of,
                    filter: Some((query.clone(), before.clone())),
                });
                before.push(query.clone());
            }
            if before.is_empty() {
                kinds.push(Kind { of, filter: None });
            }
        }
        Ok(Parts {
            kinds,
            patients: patients.map(<[Id]>::to_vec),
            deleted: self.since_ms.is_some(),
        })
    }
}

impl Parts {
    fn each(&self) -> u64 {
        self.patients.as_ref().map_or(1, |all| all.len() as u64)
    }

    pub(super) fn count(&self) -> u64 {
        self.kinds.len() as u64 * self.each() + u64::from(self.deleted)
    }

    fn at(&self, part: u64) -> Option<Part<'_>> {
        if part >= self.count() {
            return None;
        }
        let each = self.each().max(1);
        let kind = usize::try_from(part / each).ok();
        let Some(kind) = kind.and_then(|at| self.kinds.get(at)) else {
            return Some(Part::Deleted);
        };
        let whose = usize::try_from(part % each).unwrap_or(0);
        let whose = self.patients.as_ref().and_then(|all| all.get(whose));
        Some(Part::Found(kind, whose))
    }
}

/// An export while it is carried on.
struct Exporting<'a> {
    record: &'a Record,
    held: &'a mut Held,
    caller: Caller,
    folder: std::path::PathBuf,
    work: ExportWork,
    piece: Option<Writing>,
    pace: Pace,
}

impl Record {
    /// Carries an export on to its end.
    pub(in crate::job) async fn export_on(
        &self,
        held: &mut Held,
        work: ExportWork,
    ) -> Result<(), JobError> {
        let caller = held.kept.caller().ok_or(JobError::NoJob)?;
        let folder = self.folder_of(&held.id)?;
        folder::tidied(&folder, work.listed_bytes).await?;
        let patients = self.patients_of(&caller, &work.level, held.kept.t).await?;
        let parts = work.parts(patients.as_deref())?;
        let mut exporting = Exporting {
            record: self,
            held,
            caller,
            folder,
            work,
            piece: None,
            pace: Pace::begin(self),
        };
        while let Some(part) = parts.at(exporting.work.part) {
            match part {
                Part::Found(kind, whose) => exporting.found(kind, whose).await?,
                Part::Deleted => exporting.deleted(&parts).await?,
            }
            exporting.work.part += 1;
            exporting.work.page = None;
        }
        exporting.end_piece().await
    }
}

impl Exporting<'_> {
    fn t(&self) -> i64 {
        self.held.kept.t
    }

    /// Writes what one search finds.
    async fn found(&mut self, kind: &Kind, whose: Option<&Id>) -> Result<(), JobError> {
        let name = kind.of.as_str();
        if self.piece.as_ref().is_some_and(|it| it.piece.of != name) {
            self.end_piece().await?;
        }
        let query = self.query(kind)?;
        loop {
            let page = match &self.work.page {
                Some(cursor) => Page::Next(cursor.clone()),
                None => Page::First(run_at(self.t())),
            };
            let found = match whose {
                Some(patient) => {
                    self.record
                        .search_within(&self.caller, &query, &page, patient)
                        .await?
                }
                None => self.record.search(&self.caller, &query, &page).await?,
            };
            let mut matches = found.matches;
            if self.work.level == Level::Patients {
                matches.retain(is_a_patients);
            }
            if let Some((_, before)) = kind
                .filter
                .as_ref()
                .filter(|(_, before)| !before.is_empty())
            {
                self.without(&mut matches, before).await?;
            }
            self.add(name, &matches).await?;
            self.pace.rest(self.record, self.held).await?;
            self.work.page = found.next;
            if self.work.page.is_none() {
                return Ok(());
            }
            if self.piece.as_ref().is_some_and(Writing::is_full) {
                self.end_piece().await?;
            }
        }
    }

    fn query(&self, kind: &Kind) -> Result<Query, JobError> {
        let mut pairs = vec![("_count".to_owned(), limits::EXPORT_PAGE.to_string())];
        if let Some(since_ms) = self.work.since_ms {
            let since = crate::clock::rfc3339(since_ms);
            pairs.push(("_lastUpdated".to_owned(), format!("ge{since}")));
        }
        let mut query = Query::parse(kind.of, &pairs).map_err(|why| incorrect(why.to_string()))?;
        if let Some((filter, _)) = &kind.filter {
            query.clauses.extend(filter.clauses.iter().cloned());
        }
        Ok(query)
    }

    /// Leaves out what filters before this one found.
    async fn without(&self, matches: &mut Vec<Stored>, before: &[Query]) -> Result<(), JobError> {
        for filter in before {
            let mut again: std::collections::HashSet<Key> = std::collections::HashSet::new();
            for some in matches.chunks(fhir::query::VALUES_MAX) {
                let ids: Vec<&str> = some.iter().map(|stored| stored.key.id.as_str()).collect();
                let pair = ("_id".to_owned(), ids.join(","));
                let mut query = Query::parse(filter.resource_type, &[pair])
                    .map_err(|why| incorrect(why.to_string()))?;
                query.clauses.extend(filter.clauses.iter().cloned());
                let rows = self
                    .record
                    .matching(&query, self.t(), limits::EXPORT_PAGE)
                    .await?;
                again.extend(rows.iter().map(|row| row.key.clone()));
            }
            matches.retain(|stored| !again.contains(&stored.key));
        }
        Ok(())
    }

    async fn add(&mut self, of: &str, matches: &[Stored]) -> Result<(), JobError> {
        let bodies = matches.iter().filter_map(|stored| stored.body.as_deref());
        let (mut lines, mut count) = (String::new(), 0);
        for body in bodies {
            lines.push_str(body);
            lines.push('\n');
            count += 1;
        }
        self.write(of, &lines, count).await
    }

    async fn write(&mut self, of: &str, lines: &str, count: u64) -> Result<(), JobError> {
        if count == 0 {
            return Ok(());
        }
        let mut piece = match self.piece.take() {
            Some(piece) => piece,
            None => {
                let chance = hex::encode(chance::<16>()?);
                let begins = if of.is_empty() { "deleted" } else { of };
                let name = format!("{begins}-{chance}.ndjson");
                Writing::begin(&self.folder, name, of.to_owned()).await?
            }
        };
        piece.add(lines, count).await?;
        self.piece = Some(piece);
        self.work.written += count;
        Ok(())
    }

    /// Brings the piece to disk and notes where the next begins.
    async fn end_piece(&mut self) -> Result<(), JobError> {
        let Some(piece) = self.piece.take() else {
            return Ok(());
        };
        let piece = piece.end().await?;
        self.work.listed_bytes = folder::list(&self.folder, self.work.listed_bytes, &piece).await?;
        self.held.kept.work = Work::Export(self.work.clone());
        self.record.noted(self.held, Vec::new()).await?;
        Ok(())
    }

    /// Lists what was deleted since, as bundles that delete it.
    async fn deleted(&mut self, parts: &Parts) -> Result<(), JobError> {
        self.end_piece().await?;
        let since_ms = self.work.since_ms.unwrap_or(0);
        let mut t = self.record.commit_from(since_ms).await? - 1;
        let compartments = match &parts.patients {
            None => None,
            Some(patients) => Some(self.compartments(patients).await?),
        };
        loop {
            let page = self
                .record
                .store()
                .commits_after(t, limits::EXPORT_PAGE)
                .await?;
            let Some((last, _)) = page.last() else { break };
            t = last.t;
            let changes = page.into_iter().flat_map(|(_, changes)| changes);
            let gone: Vec<VersionRow> = changes
                .filter(|row| row.t <= self.t() && row.what == DELETED)
                .collect();
            let gone = self
                .still_gone(gone, parts, compartments.as_deref())
                .await?;
            let mut lines = String::new();
            for key in &gone {
                let entry = json!({ "request": { "method": "DELETE", "url": key.to_string() } });
                let bundle =
                    json!({ "resourceType": "Bundle", "type": "transaction", "entry": [entry] });
                lines.push_str(&format!("{bundle}\n"));
            }
            self.write("", &lines, gone.len() as u64).await?;
            self.pace.rest(self.record, self.held).await?;
            if t >= self.t() {
                break;
            }
        }
        Ok(())
    }

    async fn compartments(&self, patients: &[Id]) -> Result<Vec<i64>, JobError> {
        let keys: Vec<Key> = patients
            .iter()
            .map(|id| Key::new(ResourceType::PATIENT, id.clone()))
            .collect();
        let numbers = self.record.numbers_of(&keys).await?;
        Ok(numbers.into_iter().flatten().map(seq_of).collect())
    }

    /// Those of the deletions that are of this export and last.
    async fn still_gone(
        &self,
        gone: Vec<VersionRow>,
        parts: &Parts,
        compartments: Option<&[i64]>,
    ) -> Result<Vec<Key>, JobError> {
        let numbers: Vec<i64> = gone.iter().map(|row| row.r).collect();
        let standing = self.record.versions_at(&numbers, self.t()).await?;
        let mut keys = Vec::new();
        for (row, now) in gone.into_iter().zip(standing) {
            let lasts = now.is_some_and(|now| now.version == row.version);
            let of = type_of(row.r);
            let asked = parts.kinds.iter().any(|kind| Some(kind.of) == of);
            if !lasts || !asked {
                continue;
            }
            let whose = self.was_in(&row).await?;
            let ours = match (&self.work.level, compartments) {
                (Level::System, _) => true,
                (Level::Patients, _) => whose > 0,
                (Level::These(_) | Level::Group(_), Some(all)) => all.contains(&whose),
                (Level::These(_) | Level::Group(_), None) => false,
            };
            if ours {
                keys.push(row.key);
            }
        }
        Ok(keys)
    }

    /// In whose compartment a resource was before it was deleted.
    async fn was_in(&self, row: &VersionRow) -> Result<i64, JobError> {
        if row.r >> TYPE_SHIFT == i64::from(ResourceType::PATIENT.number()) {
            return Ok(seq_of(row.r));
        }
        let before = self.record.store().version(row.r, row.version - 1).await?;
        Ok(before.map_or(row.compartment, |before| before.compartment))
    }
}

/// Whether a resource is in a patient's compartment.
fn is_a_patients(stored: &Stored) -> bool {
    if stored.key.resource_type == ResourceType::PATIENT {
        return true;
    }
    let body: Option<&Arc<str>> = stored.body.as_ref();
    body.and_then(|body| Resource::parse(body.as_bytes()).ok())
        .is_some_and(|resource| patient_of(&resource).is_some())
}
