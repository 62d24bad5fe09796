//! A proposal made ready: references resolved, rules checked, rows drawn, all as of one `t`.
//!
//! Invariant: what is prepared holds as long as none of the marks it rests on changes after its `t`.

use std::collections::{HashMap, HashSet};

use fhir::query::Query;
use fhir::reference::{self, Target};
use fhir::resource::{Key, Resource, ResourceType};
use fhir::validate;

use crate::audit::NewLeaf;
use crate::caller::Caller;
use crate::commit::body::Body;
use crate::commit::{CommitError, Outcome, What, basis, condition, provenance};
use crate::index::{Entries, Indexed, Number, Place};
use crate::log::T;
use crate::memory::Mark;
use crate::proposal::{Change, Proposal};
use crate::store::row::{CREATED, DELETED, MessageRow, UPDATED, VersionRow};
use crate::{Record, limits, message};

/// A proposal ready to be written.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// As of which commit.
    pub(crate) t: i64,
    /// What must not have changed since.
    pub(crate) rests_on: Vec<Mark>,
    /// What to write.
    pub(crate) writes: Vec<Write>,
    /// What to answer, one per change.
    pub(crate) outcomes: Vec<Planned>,
    /// The message to keep.
    pub(crate) message: Option<MessageRow>,
    /// The cursor to move: its name, and where to; `None`: to this commit.
    pub(crate) cursor: Option<(String, Option<i64>)>,
    /// On what it rests, as compact JSON.
    pub(crate) basis: String,
    /// The leaf to keep.
    pub(crate) leaf: NewLeaf,
}

/// One version to write.
#[derive(Debug)]
pub(crate) struct Write {
    /// Which change of the proposal.
    pub(crate) change: usize,
    /// Which resource.
    pub(crate) key: Key,
    /// Its number; `None`: it is new.
    pub(crate) number: Option<i64>,
    /// Its version.
    pub(crate) version: i64,
    /// `CREATED`, `UPDATED` or `DELETED`.
    pub(crate) what: i64,
    /// Its JSON; `None` when it ends.
    pub(crate) body: Option<Body>,
    /// What it is found by.
    pub(crate) indexed: Indexed,
    /// What its version before was found by.
    pub(crate) before: Indexed,
}

/// What a change will have done.
#[derive(Debug)]
pub(crate) enum Planned {
    /// What the write at this place did.
    Write(usize),
    /// Nothing.
    Existing(Outcome),
}

/// A change on its way.
struct Draft {
    change: usize,
    key: Key,
    /// `None`: a deletion.
    resource: Option<Resource>,
    seen: Option<u64>,
    /// A create's key is new, so nothing has to be looked up.
    fresh: bool,
    /// Filled in once what stands is known.
    standing: Option<VersionRow>,
}

/// A proposal on its way.
struct Preparing<'a> {
    record: &'a Record,
    t: i64,
    rests_on: Vec<Mark>,
    /// What references may be written as instead of type and id.
    names: HashMap<String, String>,
    drafts: Vec<Draft>,
    /// Changes that create, on the same condition, what an earlier one creates.
    doubles: Vec<(usize, Key)>,
    outcomes: Vec<Option<Outcome>>,
}

impl Record {
    /// Makes a proposal ready as of now.
    pub(crate) async fn made_ready(
        &self,
        caller: &Caller,
        proposal: &Proposal,
    ) -> Result<Prepared, CommitError> {
        let t = self.current_t();
        within(
            "changes in one commit",
            proposal.changes.len(),
            limits::CHANGES_MAX,
        )?;
        let mut preparing = Preparing {
            record: self,
            t,
            rests_on: Vec::new(),
            names: HashMap::new(),
            doubles: Vec::new(),
            drafts: Vec::with_capacity(proposal.changes.len() + 1),
            outcomes: Vec::with_capacity(proposal.changes.len() + 1),
        };
        preparing.name(&proposal.changes).await?;
        preparing.conditional_references().await?;
        preparing.rewrite();
        preparing.look_up().await?;
        if let Some(resource) =
            provenance::of(caller, &proposal.basis, &preparing.targets(), self.now_ms())
        {
            let key = Key::new(ResourceType::PROVENANCE, self.new_id());
            preparing.outcomes.push(None);
            let change = proposal.changes.len();
            preparing.drafts.push(Draft {
                change,
                key,
                resource: Some(resource),
                seen: None,
                fresh: true,
                standing: None,
            });
        }
        let (writes, outcomes) = preparing.writes().await?;
        let message = preparing.message(caller, proposal.message.as_ref()).await?;
        let cursor = preparing.cursor(proposal).await?;
        let about = writes
            .first()
            .map_or_else(String::new, |write| write.key.to_string());
        let leaf = NewLeaf {
            count: i64::try_from(writes.len()).unwrap_or(i64::MAX),
            t,
            ..NewLeaf::by(caller, "commit", about)
        };
        let Preparing { rests_on, .. } = preparing;
        Ok(Prepared {
            t,
            rests_on,
            writes,
            outcomes,
            message,
            cursor,
            basis: basis::written(&proposal.basis),
            leaf,
        })
    }
}

fn within(what: &'static str, size: usize, max: usize) -> Result<(), CommitError> {
    if size > max {
        Err(CommitError::TooLarge { what, size, max })
    } else {
        Ok(())
    }
}

impl Preparing<'_> {
    /// Gives every change its key, and learns by what names the others refer to it.
    async fn name(&mut self, changes: &[Change]) -> Result<(), CommitError> {
        let mut conditions: HashMap<String, Key> = HashMap::new();
        let mut first: HashMap<Key, usize> = HashMap::new();
        for (change, of) in changes.iter().enumerate() {
            let (draft, temporary) = match of {
                Change::Create {
                    resource,
                    temporary,
                    if_none_exist,
                } => {
                    let known = match if_none_exist {
                        Some(query) => {
                            self.find_before_create(change, resource, query, &mut conditions)
                                .await?
                        }
                        None => None,
                    };
                    let key = match known {
                        Some(Existing::Here(outcome)) => {
                            self.refer(temporary.as_ref(), &outcome.key);
                            self.outcomes.push(Some(outcome));
                            continue;
                        }
                        Some(Existing::InProposal(key)) => {
                            self.refer(temporary.as_ref(), &key);
                            self.outcomes.push(None);
                            self.doubles.push((change, key));
                            continue;
                        }
                        Some(Existing::Not(key)) => key,
                        None => Key::new(resource.resource_type(), self.record.new_id()),
                    };
                    let draft = Draft {
                        change,
                        key,
                        resource: Some(resource.clone()),
                        seen: None,
                        fresh: true,
                        standing: None,
                    };
                    (draft, temporary.as_ref())
                }
                Change::Update {
                    key,
                    resource,
                    seen,
                    temporary,
                } => {
                    agree(change, key, resource)?;
                    let resource = Some(resource.clone());
                    let draft = Draft {
                        change,
                        key: key.clone(),
                        resource,
                        seen: *seen,
                        fresh: false,
                        standing: None,
                    };
                    (draft, temporary.as_ref())
                }
                Change::Delete { key, seen } => {
                    let draft = Draft {
                        change,
                        key: key.clone(),
                        resource: None,
                        seen: *seen,
                        fresh: false,
                        standing: None,
                    };
                    (draft, None)
                }
            };
            if let Some(first) = first.insert(draft.key.clone(), change) {
                return Err(CommitError::Twice {
                    key: draft.key,
                    first,
                    second: change,
                });
            }
            self.refer(temporary, &draft.key);
            self.drafts.push(draft);
            self.outcomes.push(None);
        }
        Ok(())
    }

    fn refer(&mut self, temporary: Option<&String>, key: &Key) {
        if let Some(temporary) = temporary {
            self.names.insert(temporary.clone(), key.to_string());
        }
    }

    async fn find_before_create(
        &mut self,
        change: usize,
        resource: &Resource,
        query: &Query,
        conditions: &mut HashMap<String, Key>,
    ) -> Result<Option<Existing>, CommitError> {
        if query.resource_type != resource.resource_type() {
            let what = format!(
                "the condition is about {}, the resource is a {}: make them agree",
                query.resource_type,
                resource.resource_type()
            );
            return Err(CommitError::Unreadable { change, what });
        }
        let written = condition::written(query);
        if let Some(key) = conditions.get(&written) {
            return Ok(Some(Existing::InProposal(key.clone())));
        }
        self.rests_on.extend(condition::marks(query));
        let found = condition::found(self.record, query, self.t).await?;
        match found.as_slice() {
            [] => {
                let key = Key::new(resource.resource_type(), self.record.new_id());
                conditions.insert(written, key.clone());
                Ok(Some(Existing::Not(key)))
            }
            [row] => {
                self.rests_on.push(Mark::Key(row.key.clone()));
                Ok(Some(Existing::Here(existing(row))))
            }
            [_, ..] => Err(CommitError::Ambiguous {
                change,
                condition: written,
            }),
        }
    }

    /// Finds what references like `Practitioner?identifier=…` lead to.
    async fn conditional_references(&mut self) -> Result<(), CommitError> {
        let mut wanted: Vec<(usize, String, String)> = Vec::new();
        let mut seen = HashSet::new();
        for draft in &self.drafts {
            let Some(resource) = draft.resource.as_ref().filter(|resource| whole(resource)) else {
                continue;
            };
            reference::each(resource.value(), |path, text| {
                if text.contains('?')
                    && !self.names.contains_key(text)
                    && seen.insert(text.to_owned())
                {
                    wanted.push((draft.change, path.to_owned(), text.to_owned()));
                }
            });
        }
        for (change, path, text) in wanted {
            let Target::Conditional {
                resource_type,
                query,
            } = reference::parse(&text)
            else {
                continue;
            };
            let query =
                condition::read(resource_type, &query).map_err(|what| CommitError::Unreadable {
                    change,
                    what: format!("at {path}: {what}"),
                })?;
            self.rests_on.extend(condition::marks(&query));
            let found = condition::found(self.record, &query, self.t).await?;
            match found.as_slice() {
                [] => {
                    return Err(CommitError::UnknownReference {
                        change,
                        path,
                        reference: text,
                    });
                }
                [row] => drop(self.names.insert(text, row.key.to_string())),
                [_, ..] => {
                    return Err(CommitError::Ambiguous {
                        change,
                        condition: text,
                    });
                }
            }
        }
        Ok(())
    }

    fn rewrite(&mut self) {
        for draft in &mut self.drafts {
            let Some(resource) = draft.resource.as_mut() else {
                continue;
            };
            if whole(resource) && !self.names.is_empty() {
                reference::rewrite(resource.value_mut(), |text| self.names.get(text).cloned());
            }
            if let Some(object) = resource.value_mut().as_object_mut() {
                object.insert("id".to_owned(), draft.key.id.as_str().into());
            }
        }
    }

    /// Reads what stands under the keys that are to be changed.
    async fn look_up(&mut self) -> Result<(), CommitError> {
        let keys: Vec<Key> = self
            .drafts
            .iter()
            .filter(|draft| !draft.fresh)
            .map(|draft| draft.key.clone())
            .collect();
        let mut standing = self.record.standing_of(&keys, self.t).await?.into_iter();
        for draft in self.drafts.iter_mut().filter(|draft| !draft.fresh) {
            self.rests_on.push(Mark::Key(draft.key.clone()));
            draft.standing = standing.next().flatten().map(|row| (*row).clone());
            let current = draft.standing.as_ref().map_or(0, VersionRow::live_version);
            match draft.seen {
                Some(seen) if seen != current => {
                    return Err(CommitError::Stale {
                        key: draft.key.clone(),
                        seen,
                        current,
                    });
                }
                Some(_) | None => {}
            }
            if draft.resource.is_none() && draft.standing.is_none() {
                return Err(CommitError::Missing {
                    key: draft.key.clone(),
                });
            }
        }
        Ok(())
    }

    /// What provenance refers to: every resource that will have a new version, with that version.
    fn targets(&self) -> Vec<String> {
        let each = self.drafts.iter().filter(|draft| draft.resource.is_some());
        each.map(|draft| format!("{}/_history/{}", draft.key, draft.next_version()))
            .collect()
    }

    async fn writes(&mut self) -> Result<(Vec<Write>, Vec<Planned>), CommitError> {
        let drafts = std::mem::take(&mut self.drafts);
        let numbers = self.numbers(&drafts).await?;
        let mut planned: Vec<Option<Planned>> = std::mem::take(&mut self.outcomes)
            .into_iter()
            .map(|outcome| outcome.map(Planned::Existing))
            .collect();
        let mut writes = Vec::with_capacity(drafts.len());
        let mut bytes = 0;
        for (at, draft) in drafts.into_iter().enumerate() {
            if at % 16 == 15 {
                // A large proposal leaves the thread to others now and then.
                tokio::task::yield_now().await;
            }
            let (change, standing) = (draft.change, draft.standing.clone());
            match self.write(draft, &numbers)? {
                Some(write) => {
                    bytes += write.body.as_ref().map_or(0, Body::len);
                    within("bytes in one commit", bytes, limits::COMMIT_BYTES_MAX)?;
                    planned[change] = Some(Planned::Write(writes.len()));
                    writes.push(write);
                }
                None => {
                    planned[change] = standing
                        .as_ref()
                        .map(|row| Planned::Existing(existing(row)))
                }
            }
        }
        for (change, key) in std::mem::take(&mut self.doubles) {
            planned[change] = writes
                .iter()
                .position(|write: &Write| write.key == key)
                .map(Planned::Write);
        }
        Ok((writes, planned.into_iter().flatten().collect()))
    }

    /// The numbers of everything that the drafts, and what stands in their place, refer to. Refuses references to nothing.
    async fn numbers(&mut self, drafts: &[Draft]) -> Result<HashMap<Key, Number>, CommitError> {
        let mut numbers: HashMap<Key, Number> = HashMap::new();
        let mut ending: HashSet<&Key> = HashSet::new();
        for draft in drafts {
            let number = draft
                .standing
                .as_ref()
                .map_or(Number::New(draft.change), |row| Number::Known(row.r));
            numbers.insert(draft.key.clone(), number);
            if draft.resource.is_none() {
                ending.insert(&draft.key);
            }
        }
        let mut wanted: Vec<(usize, String, Key)> = Vec::new();
        let mut asked: HashSet<Key> = HashSet::new();
        let mut bad = None;
        for draft in drafts {
            let Some(resource) = draft.resource.as_ref().filter(|resource| whole(resource)) else {
                continue;
            };
            reference::each(resource.value(), |path, text| {
                match reference::parse(text) {
                    Target::Local { key, .. } if ending.contains(&key) => {
                        bad.get_or_insert((draft.change, path.to_owned(), text.to_owned()));
                    }
                    Target::Local { key, .. } if !numbers.contains_key(&key) => {
                        if asked.insert(key.clone()) {
                            wanted.push((draft.change, path.to_owned(), key));
                        }
                    }
                    Target::Urn(urn) if urn.starts_with("urn:uuid:") => {
                        bad.get_or_insert((draft.change, path.to_owned(), urn));
                    }
                    Target::Local { .. } | Target::Urn(_) | Target::Contained(_) => {}
                    Target::Conditional { .. } | Target::Absolute(_) | Target::Other(_) => {}
                }
            });
        }
        if let Some((change, path, reference)) = bad {
            return Err(CommitError::UnknownReference {
                change,
                path,
                reference,
            });
        }
        let keys: Vec<Key> = wanted.iter().map(|(_, _, key)| key.clone()).collect();
        let standing = self.record.standing_of(&keys, self.t).await?;
        for ((change, path, key), row) in wanted.into_iter().zip(standing) {
            let Some(row) = row.filter(|row| row.what != DELETED) else {
                return Err(CommitError::UnknownReference {
                    change,
                    path,
                    reference: key.to_string(),
                });
            };
            self.rests_on.push(Mark::Key(key.clone()));
            numbers.insert(key, Number::Known(row.r));
        }
        self.numbers_before(drafts, &mut numbers).await?;
        Ok(numbers)
    }

    /// What the versions before refer to: numbers never change, so whether it still stands does not matter.
    async fn numbers_before(
        &self,
        drafts: &[Draft],
        numbers: &mut HashMap<Key, Number>,
    ) -> Result<(), CommitError> {
        let mut keys = Vec::new();
        for draft in drafts {
            let body = draft.standing.as_ref().and_then(|row| row.body.as_deref());
            let Some(before) = body.and_then(|body| Resource::parse(body.as_bytes()).ok()) else {
                continue;
            };
            keys.extend(
                Entries::of(&before)
                    .keys()
                    .filter(|key| !numbers.contains_key(*key))
                    .cloned(),
            );
        }
        let found = self.record.numbers_of(&keys).await?;
        for (key, r) in keys.into_iter().zip(found) {
            if let Some(r) = r {
                numbers.insert(key, Number::Known(r));
            }
        }
        Ok(())
    }

    fn write(
        &self,
        draft: Draft,
        numbers: &HashMap<Key, Number>,
    ) -> Result<Option<Write>, CommitError> {
        let version = draft.next_version();
        let Draft {
            change,
            key,
            resource,
            standing,
            ..
        } = draft;
        let live = standing.as_ref().filter(|row| row.what != DELETED);
        let before = live
            .and_then(|row| row.body.as_deref())
            .and_then(|body| Resource::parse(body.as_bytes()).ok());
        let Some(mut resource) = resource else {
            let Some(before) = before else {
                return Ok(None);
            };
            let before = Entries::of(&before).indexed(numbers);
            let number = standing.as_ref().map(|row| row.r);
            return Ok(Some(Write {
                change,
                key,
                number,
                version,
                what: DELETED,
                body: None,
                indexed: Indexed::nothing(),
                before,
            }));
        };
        let issues: Vec<_> = validate::check(&resource)
            .into_iter()
            .filter(fhir::outcome::Issue::is_error)
            .collect();
        if !issues.is_empty() {
            return Err(CommitError::Invalid { change, issues });
        }
        if let (Some(row), Some(before)) = (live, &before) {
            let moment = before.last_updated().unwrap_or_default().to_owned();
            resource.stamp(&key.id, row.live_version(), &moment);
            if resource == *before {
                return Ok(None);
            }
        }
        let indexed = Entries::of(&resource).indexed(numbers);
        within(
            "index rows of one resource",
            indexed.drafts.len(),
            limits::INDEX_ROWS_MAX,
        )?;
        let body =
            self.record
                .undated()
                .body(&mut resource, &key.id, u64::try_from(version).unwrap_or(0));
        within(
            "bytes of one resource",
            body.len(),
            limits::RESOURCE_BYTES_MAX,
        )?;
        let what = if live.is_some() { UPDATED } else { CREATED };
        let before = before.map_or_else(Indexed::nothing, |before| {
            Entries::of(&before).indexed(numbers)
        });
        let number = standing.as_ref().map(|row| row.r);
        Ok(Some(Write {
            change,
            key,
            number,
            version,
            what,
            body: Some(body),
            indexed,
            before,
        }))
    }

    async fn message(
        &mut self,
        caller: &Caller,
        kept: Option<&message::Kept>,
    ) -> Result<Option<MessageRow>, CommitError> {
        let Some(kept) = kept else { return Ok(None) };
        within(
            "bytes of one message",
            kept.bytes.len(),
            limits::MESSAGE_BYTES_MAX,
        )?;
        let row = message::row(caller, kept);
        self.rests_on
            .push(Mark::Message(row.source.clone(), row.control_id.clone()));
        let before = self.record.kept_rows(&row.source, &row.control_id).await?;
        let same = before.iter().find(|before| before.digest == row.digest);
        // Other bytes under a control id that was used are no second message: they can only be parked.
        let any = if row.reason.is_none() {
            before.first()
        } else {
            None
        };
        match same.or(any) {
            Some(before) => Err(CommitError::AlreadyKept {
                before: message::before(before),
            }),
            None => Ok(Some(row)),
        }
    }

    async fn cursor(
        &mut self,
        proposal: &Proposal,
    ) -> Result<Option<(String, Option<i64>)>, CommitError> {
        let Some(cursor) = &proposal.cursor else {
            return Ok(None);
        };
        self.rests_on.push(Mark::Cursor(cursor.name.clone()));
        let now = self.record.cursor_t(&cursor.name).await?;
        if now != cursor.from {
            return Err(CommitError::CursorMoved {
                name: cursor.name.clone(),
                now,
            });
        }
        let to = cursor.to.map(|T(to)| i64::try_from(to).unwrap_or(i64::MAX));
        Ok(Some((cursor.name.clone(), to)))
    }
}

/// What a condition found before a create.
enum Existing {
    /// It is in the record.
    Here(Outcome),
    /// An earlier change of this proposal creates it on the same condition.
    InProposal(Key),
    /// It is not there; this is its key.
    Not(Key),
}

impl Draft {
    fn next_version(&self) -> i64 {
        self.standing.as_ref().map_or(1, |row| row.version + 1)
    }
}

/// A bundle's references are to its own entries; it is kept as it is.
fn whole(resource: &Resource) -> bool {
    resource.resource_type() != ResourceType::BUNDLE
}

fn agree(change: usize, key: &Key, resource: &Resource) -> Result<(), CommitError> {
    let type_agrees = resource.resource_type() == key.resource_type;
    if type_agrees && resource.id().is_none_or(|id| id == key.id) {
        return Ok(());
    }
    let what = format!(
        "the resource is not {key}: make its type and id those of the place it is written to"
    );
    Err(CommitError::Unreadable { change, what })
}

fn existing(row: &VersionRow) -> Outcome {
    Outcome {
        key: row.key.clone(),
        version: u64::try_from(row.version).unwrap_or(0),
        what: What::Existing,
        last_updated: crate::clock::rfc3339(row.at_ms),
        body: row.body.clone(),
    }
}

impl Indexed {
    fn nothing() -> Self {
        Self {
            place: Place::Nobody,
            drafts: HashSet::new(),
        }
    }
}
