//! Messages made of the changes of a commit: which events they are, and each as an interface wants it written.
//!
//! Invariant: a message is a function of the commit and the declaration, read as of that commit, so that making it again
//! gives the same bytes under the same control id; what is labelled as restricted is never in one.

use std::collections::BTreeSet;

use fhir::query::Query;
use fhir::resource::{Key, ResourceType};
use record::caller::Caller;
use record::commit::What;
use record::log::{At, ChangeEntry, CommitEntry};
use record::search::Page;
use record::sending::{Interface, NewMessage};
use record::{Kind, ReadError, Record};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use tracing::warn;

use super::coded::{items, moment, text};
use super::report::{self, Types};
use super::segment::{Segment, written};
use super::{header, person, visit};
use crate::feed::message::charset::CharacterSet;
use crate::feed::message::delimiters::Delimiters;
use crate::limits::RESULTS_MAX;

/// Labels under which nothing goes out (v3 Confidentiality).
const RESTRICTED: [&str; 2] = ["R", "V"];

/// Characters of a control id (MSH-10 has 20 up to version 2.6).
const CONTROL_ID_BYTES: usize = 20;

/// What makes the messages of one interface.
pub(super) struct Maker<'a> {
    pub(super) record: &'a Record,
    pub(super) interface: &'a Interface,
    pub(super) caller: Caller,
}

/// A change with its resource before and after.
struct Changed<'e> {
    entry: &'e ChangeEntry,
    before: Option<Json>,
    now: Json,
}

impl Maker<'_> {
    /// The messages that a commit gives, in the order of its changes: people, stays, results.
    pub(super) async fn messages(&self, entry: &CommitEntry) -> Result<Vec<NewMessage>, ReadError> {
        let declaration = &self.interface.declaration;
        let receiver = format!(
            "{}|{}",
            declaration.receiving_application, declaration.receiving_facility
        );
        // What came from the receiver is not told to it again.
        if entry.site != declaration.site.as_str() || entry.source.as_deref() == Some(&receiver) {
            return Ok(Vec::new());
        }
        let mut stays = Vec::new();
        let mut told: BTreeSet<String> = BTreeSet::new();
        for it in self.changed(entry, ResourceType::ENCOUNTER).await? {
            if let Some(made) = self.stay(entry, &it).await? {
                told.extend(subject(&it.now));
                stays.push(made);
            }
        }
        let mut made = Vec::new();
        for it in self.changed(entry, ResourceType::PATIENT).await? {
            made.extend(self.person(entry, &it, &told).await?);
        }
        made.extend(stays);
        made.extend(self.results(entry).await?);
        Ok(made)
    }

    /// The changes of a type that may go out, with their resources.
    async fn changed<'e>(
        &self,
        entry: &'e CommitEntry,
        of: ResourceType,
    ) -> Result<Vec<Changed<'e>>, ReadError> {
        let mut all = Vec::new();
        let written = |it: &&ChangeEntry| match it.what {
            What::Created | What::Updated => it.key.resource_type == of,
            What::Deleted | What::Existing | What::Absent => false,
        };
        for change in entry.changes.iter().filter(written) {
            let now = self.version(&change.key, change.version).await?;
            let Some(now) = now.filter(|it| !is_restricted(it)) else {
                continue;
            };
            let before = match change.version {
                0 | 1 => None,
                version => self.version(&change.key, version - 1).await?,
            };
            all.push(Changed {
                entry: change,
                before,
                now,
            });
        }
        Ok(all)
    }

    async fn version(&self, key: &Key, version: u64) -> Result<Option<Json>, ReadError> {
        there(self.record.vread(&self.caller, key, version).await)
    }

    /// A resource as of a commit; nothing where it is not there or may not go out.
    async fn standing(
        &self,
        reference: &str,
        entry: &CommitEntry,
    ) -> Result<Option<Json>, ReadError> {
        let Ok(key) = reference.parse::<Key>() else {
            return Ok(None);
        };
        let at = At::Commit(entry.t);
        let read = self.record.read(&self.caller, &key, &at);
        Ok(there(read.await)?.filter(|it| !is_restricted(it)))
    }

    /// A28, A31 or A40. A person who is told of with a stay of the same commit needs no message of their own.
    async fn person(
        &self,
        entry: &CommitEntry,
        it: &Changed<'_>,
        told: &BTreeSet<String>,
    ) -> Result<Option<NewMessage>, ReadError> {
        let survivor = |of: &Json| -> Option<String> {
            let mut links = items(of, "link");
            let link = links.find(|it| text(it, "/type") == Some("replaced-by"))?;
            Some(text(link, "/other/reference")?.to_owned())
        };
        let before = it.before.as_ref().and_then(survivor);
        if let Some(into) = survivor(&it.now) {
            // What changes of somebody who stands under another's number is told of the other.
            let other = match before {
                None => self.standing(&into, entry).await?,
                Some(_) => None,
            };
            let made = other.map(|other| {
                let body = vec![person::pid(&other), person::mrg(&it.now)];
                self.made(entry, it.entry, "ADT^A40", body, None)
            });
            return Ok(made.flatten());
        }
        if told.contains(&it.entry.key.to_string()) {
            return Ok(None);
        }
        let kind = if it.before.is_none() {
            "ADT^A28"
        } else {
            "ADT^A31"
        };
        let mut body = vec![person::pid(&it.now)];
        body.extend(person::pd1(&it.now));
        body.push(visit::no_visit());
        Ok(self.made(entry, it.entry, kind, body, None))
    }

    async fn stay(
        &self,
        entry: &CommitEntry,
        it: &Changed<'_>,
    ) -> Result<Option<NewMessage>, ReadError> {
        let Some(whose) = subject(&it.now) else {
            return Ok(None);
        };
        let Some(patient) = self.standing(&whose, entry).await? else {
            return Ok(None);
        };
        let event = visit::event(it.before.as_ref(), &it.now);
        let mut body = vec![person::pid(&patient)];
        body.extend(person::pd1(&patient));
        body.push(visit::pv1(&it.now, it.before.as_ref()));
        let kind = format!("ADT^{event}");
        let happened = visit::happened(event, &it.now);
        Ok(self.made(entry, it.entry, &kind, body, happened))
    }

    /// ORU^R01: one for each report that a commit writes or whose results it writes, and for each result without one.
    async fn results(&self, entry: &CommitEntry) -> Result<Vec<NewMessage>, ReadError> {
        if !self.interface.declaration.sends("ORU^R01") {
            return Ok(Vec::new());
        }
        let mut made = Vec::new();
        let mut told: BTreeSet<String> = BTreeSet::new();
        for it in self.changed(entry, ResourceType::DIAGNOSTIC_REPORT).await? {
            told.extend(report::referred(&it.now).map(str::to_owned));
            made.extend(self.report(entry, it.entry, &it.now).await?);
        }
        for it in self.changed(entry, ResourceType::OBSERVATION).await? {
            if told.contains(&it.entry.key.to_string()) {
                continue;
            }
            let reports = self.reports_with(entry, &it.entry.key).await?;
            if reports.is_empty() {
                let alone = vec![it.now.clone()];
                made.extend(self.oru(entry, it.entry, &it.now, alone).await?);
            }
            for of in reports {
                told.extend(report::referred(&of).map(str::to_owned));
                made.extend(self.report(entry, it.entry, &of).await?);
            }
        }
        Ok(made)
    }

    /// The reports, as of a commit, that have a result among theirs.
    async fn reports_with(
        &self,
        entry: &CommitEntry,
        result: &Key,
    ) -> Result<Vec<Json>, ReadError> {
        let pairs = [("result".to_owned(), result.to_string())];
        let query = Query::parse(ResourceType::DIAGNOSTIC_REPORT, &pairs).map_err(|error| {
            ReadError::Unreadable {
                what: error.to_string(),
            }
        })?;
        let page = Page::First(At::Commit(entry.t));
        let found = self.record.search(&self.caller, &query, &page).await?;
        let all = found
            .matches
            .iter()
            .filter_map(|it| parsed(it.body.as_deref()));
        Ok(all.filter(|it| !is_restricted(it)).collect())
    }

    async fn report(
        &self,
        entry: &CommitEntry,
        change: &ChangeEntry,
        report: &Json,
    ) -> Result<Option<NewMessage>, ReadError> {
        let mut results = Vec::new();
        for reference in report::referred(report).take(RESULTS_MAX) {
            results.extend(self.standing(reference, entry).await?);
        }
        self.oru(entry, change, report, results).await
    }

    async fn oru(
        &self,
        entry: &CommitEntry,
        change: &ChangeEntry,
        of: &Json,
        results: Vec<Json>,
    ) -> Result<Option<NewMessage>, ReadError> {
        let Some(whose) = subject(of) else {
            return Ok(None);
        };
        let Some(patient) = self.standing(&whose, entry).await? else {
            return Ok(None);
        };
        let mut body = vec![person::pid(&patient)];
        if let Some(stay) = text(of, "/encounter/reference") {
            let stay = self.standing(stay, entry).await?;
            body.extend(stay.map(|stay| visit::pv1(&stay, None)));
        }
        body.push(report::obr(of));
        let types = Types::of(&self.interface.declaration.version);
        body.extend(report::lines(&results, types));
        Ok(self.made(entry, change, "ORU^R01", body, None))
    }

    /// A message with its header and event; nothing where the interface does not send its kind.
    fn made(
        &self,
        entry: &CommitEntry,
        change: &ChangeEntry,
        kind: &str,
        body: Vec<Segment>,
        happened: Option<String>,
    ) -> Option<NewMessage> {
        let declaration = &self.interface.declaration;
        if !declaration.sends(kind) {
            return None;
        }
        let mut segments = Vec::with_capacity(body.len() + 2);
        if let Some(event) = kind.strip_prefix("ADT^") {
            let mut evn = Segment::new("EVN");
            evn.text(1, Some(event));
            evn.text(2, Some(moment(&entry.at)));
            evn.text(6, happened);
            segments.push(evn);
        }
        segments.extend(body);
        let rest = written(&segments, &Delimiters::USUAL);
        let mut digest = Sha256::new();
        let parts = [
            &declaration.id,
            &entry.t.to_string(),
            &change.key.to_string(),
            kind,
            &rest,
        ];
        for part in parts {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part.as_bytes());
        }
        // Numbers first: a receiver that gets two messages of one second sees by them which is the later one.
        let mut control_id = format!("{}-{}", entry.t, hex::encode(digest.finalize()));
        control_id.truncate(CONTROL_ID_BYTES);
        let set = CharacterSet::named(declaration.character_set.as_bytes()).ok()?;
        let encoded = set.encode_all(&rest);
        let dead = encoded.is_none().then(|| {
            format!(
                "it has letters that {} has not; sent again, it goes out in UNICODE UTF-8 as it stands",
                declaration.character_set
            )
        });
        let set = if dead.is_none() {
            set
        } else {
            CharacterSet::Utf8
        };
        let header = header::msh(declaration, kind, &control_id, &entry.at, set);
        let mut bytes = written(&[header], &Delimiters::USUAL).into_bytes();
        bytes.extend_from_slice(encoded.as_deref().unwrap_or(rest.as_bytes()));
        Some(NewMessage {
            t: entry.t,
            control_id,
            kind: kind.to_owned(),
            about: change.key.to_string(),
            body: bytes,
            dead,
        })
    }
}

fn subject(of: &Json) -> Option<String> {
    let whose = text(of, "/subject/reference")?;
    whose.starts_with("Patient/").then(|| whose.to_owned())
}

fn is_restricted(of: &Json) -> bool {
    let labels = of.pointer("/meta/security").unwrap_or(&Json::Null);
    let mut labels = labels.as_array().into_iter().flatten();
    labels.any(|label| text(label, "/code").is_some_and(|code| RESTRICTED.contains(&code)))
}

fn parsed(body: Option<&str>) -> Option<Json> {
    serde_json::from_str(body?).ok()
}

/// What was read; nothing where there is nothing to read, which is no fault of the log's reader.
fn there(read: Result<record::Stored, ReadError>) -> Result<Option<Json>, ReadError> {
    match read {
        Ok(stored) => Ok(parsed(stored.body.as_deref())),
        Err(error) => match error.kind() {
            Kind::NotFound => Ok(None),
            Kind::Incorrect | Kind::Forbidden | Kind::Refused => {
                warn!(error = %error, "something cannot be read for a message that goes out");
                Ok(None)
            }
            Kind::Conflict | Kind::Busy | Kind::Full | Kind::Fault => Err(error),
        },
    }
}
