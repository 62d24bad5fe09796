//! Transaction and batch bundles: many requests of FHIR as one commit, or each on its own.
//!
//! Invariant: the answer's entries are in the order of the request's.

mod answer;
mod once;

use fhir::bundle::{Bundle, BundleKind, Entry, Method};
use fhir::query::Query;
use fhir::resource::{Key, Resource};
use serde_json::{Value, json};

use crate::caller::Caller;
use crate::commit::bundle::answer::{changed, not_read, raw, refused, stored};
use crate::commit::{CommitError, condition};
use crate::log::{At, T};
use crate::proposal::{Change, Proposal};
use crate::search::Page;
use crate::{ReadError, Record, Stored};

/// What one entry asks for.
enum Asked {
    Change(Box<Change>),
    Read(Key),
    Version(Key, u64),
    Search(Box<Query>),
}

/// A PUT of a bundle.
struct Put {
    index: usize,
    url: String,
    seen: Option<u64>,
    temporary: Option<String>,
    resource: Resource,
}

impl Record {
    /// A transaction or batch bundle: the answer is the response bundle, its entries in request order.
    /// A transaction is one commit, and what it reads is read afterwards; an entry of a batch fails alone.
    ///
    /// # Errors
    /// Those of [`Record::commit`]; `change` counts the bundle's entries.
    pub async fn bundle(&self, caller: &Caller, bundle: Bundle) -> Result<Value, CommitError> {
        let (kind, entries) = match bundle.kind {
            BundleKind::Transaction => (
                "transaction-response",
                self.transaction(caller, bundle.entries).await?,
            ),
            BundleKind::Batch => {
                let mut answers = Vec::with_capacity(bundle.entries.len());
                for entry in bundle.entries {
                    answers.push(self.alone(caller, entry).await);
                }
                ("batch-response", answers)
            }
        };
        Ok(json!({ "resourceType": "Bundle", "type": kind, "entry": entries }))
    }

    async fn transaction(
        &self,
        caller: &Caller,
        entries: Vec<Entry>,
    ) -> Result<Vec<Value>, CommitError> {
        let mut changes = Vec::with_capacity(entries.len());
        let mut places = Vec::with_capacity(entries.len());
        let mut answers = vec![Value::Null; entries.len()];
        let mut reads = Vec::new();
        for (place, entry) in entries.into_iter().enumerate() {
            match self.asked(caller, entry).await? {
                Asked::Change(change) => {
                    changes.push(*change);
                    places.push(place);
                }
                read @ (Asked::Read(_) | Asked::Version(..) | Asked::Search(_)) => {
                    reads.push((place, read))
                }
            }
        }
        let receipt = match changes.is_empty() {
            true => None,
            false => {
                let receipt = self.commit(caller, Proposal::direct(changes)).await;
                Some(receipt.map_err(|error| error.at_entries(&places))?)
            }
        };
        let t = receipt
            .as_ref()
            .map_or_else(|| self.current(), |receipt| receipt.t);
        for (outcome, place) in receipt
            .iter()
            .flat_map(|receipt| &receipt.outcomes)
            .zip(places)
        {
            answers[place] = changed(outcome);
        }
        for (place, read) in reads {
            let answer = self.answer(caller, read, t).await;
            answers[place] = answer.map_err(|error| as_commit_error(place, error))?;
        }
        Ok(answers)
    }

    async fn alone(&self, caller: &Caller, entry: Entry) -> Value {
        let asked = match self.asked(caller, entry).await {
            Ok(asked) => asked,
            Err(error) => return refused(&error),
        };
        match asked {
            Asked::Change(change) => {
                match self.commit(caller, Proposal::direct(vec![*change])).await {
                    Ok(receipt) => receipt.outcomes.first().map_or(Value::Null, changed),
                    Err(error) => refused(&error),
                }
            }
            read @ (Asked::Read(_) | Asked::Version(..) | Asked::Search(_)) => {
                let answer = self.answer(caller, read, self.current()).await;
                answer.unwrap_or_else(|error| not_read(&error))
            }
        }
    }

    async fn asked(&self, caller: &Caller, entry: Entry) -> Result<Asked, CommitError> {
        let index = entry.index;
        let unreadable = |what: String| CommitError::Unreadable {
            change: index,
            what,
        };
        let url = entry.request.url.clone();
        let seen = entry
            .request
            .if_match
            .as_deref()
            .map(|version| version_number(index, version))
            .transpose()?;
        match (entry.request.method, entry.resource) {
            (Method::Post, Some(resource)) => {
                let resource_type = resource.resource_type();
                if url != resource_type.as_str() {
                    return Err(unreadable(format!(
                        "POST {url} sends a {resource_type}: POST it to {resource_type}"
                    )));
                }
                let condition = entry.request.if_none_exist.as_deref();
                let if_none_exist = condition
                    .map(|text| condition::read(resource_type, text.trim_start_matches('?')))
                    .transpose();
                let if_none_exist = if_none_exist.map_err(unreadable)?;
                Ok(Asked::Change(Box::new(Change::Create {
                    resource,
                    temporary: entry.full_url,
                    if_none_exist,
                })))
            }
            (Method::Put, Some(resource)) => {
                let put = Put {
                    index,
                    url,
                    seen,
                    temporary: entry.full_url,
                    resource,
                };
                self.asked_put(put).await
            }
            (Method::Delete, None) => {
                let key: Key = url
                    .parse()
                    .map_err(|error: fhir::resource::BadKey| unreadable(error.to_string()))?;
                Ok(Asked::Change(Box::new(Change::Delete { key, seen })))
            }
            (Method::Get | Method::Head, None) => reading(&url).map_err(unreadable),
            (Method::Patch, _) => Err(unreadable(
                "PATCH is not done in a bundle yet: send the whole resource with PUT".to_owned(),
            )),
            (Method::Post | Method::Put, None)
            | (Method::Delete | Method::Get | Method::Head, Some(_)) => {
                let who = caller.account();
                Err(unreadable(format!(
                    "the entry of {who} has a resource where it may not, or none where it must"
                )))
            }
        }
    }

    /// A PUT to a key, or to whatever a condition finds.
    async fn asked_put(&self, put: Put) -> Result<Asked, CommitError> {
        let Put {
            index,
            url,
            seen,
            temporary,
            mut resource,
        } = put;
        let unreadable = |what: String| CommitError::Unreadable {
            change: index,
            what,
        };
        let Some((_, condition)) = url.split_once('?') else {
            let key: Key = url
                .parse()
                .map_err(|error: fhir::resource::BadKey| unreadable(error.to_string()))?;
            return Ok(Asked::Change(Box::new(Change::Update {
                key,
                resource,
                seen,
                temporary,
            })));
        };
        let query = condition::read(resource.resource_type(), condition).map_err(unreadable)?;
        let found = condition::found(self, &query, self.current_t()).await?;
        match found.as_slice() {
            [] => {
                let if_none_exist = Some(query);
                Ok(Asked::Change(Box::new(Change::Create {
                    resource,
                    temporary,
                    if_none_exist,
                })))
            }
            [row] => {
                if let Some(object) = resource.value_mut().as_object_mut() {
                    object.insert("id".to_owned(), row.key.id.as_str().into());
                }
                let (key, seen) = (row.key.clone(), seen.or(Some(row.live_version())));
                Ok(Asked::Change(Box::new(Change::Update {
                    key,
                    resource,
                    seen,
                    temporary,
                })))
            }
            [_, ..] => Err(CommitError::Ambiguous {
                change: index,
                condition: url,
            }),
        }
    }

    async fn answer(&self, caller: &Caller, asked: Asked, t: T) -> Result<Value, ReadError> {
        match asked {
            Asked::Read(key) => Ok(stored(&self.read(caller, &key, &At::Commit(t)).await?)),
            Asked::Version(key, version) => Ok(stored(&self.vread(caller, &key, version).await?)),
            Asked::Search(query) => {
                let found = self
                    .search(caller, &query, &Page::First(At::Commit(t)))
                    .await?;
                let entry = |mode: &str, stored: &Stored| {
                    json!({
                        "fullUrl": stored.key.to_string(),
                        "resource": stored.body.as_deref().map(raw),
                        "search": { "mode": mode }
                    })
                };
                let matches = found.matches.iter().map(|stored| entry("match", stored));
                let included = found.included.iter().map(|stored| entry("include", stored));
                let mut bundle = json!({
                    "resourceType": "Bundle",
                    "type": "searchset",
                    "entry": matches.chain(included).collect::<Vec<_>>()
                });
                if let (Some(total), Some(object)) = (found.total, bundle.as_object_mut()) {
                    object.insert("total".to_owned(), total.into());
                }
                Ok(json!({ "resource": bundle, "response": { "status": "200 OK" } }))
            }
            // Changes are committed, not read.
            Asked::Change(_) => Ok(Value::Null),
        }
    }
}

fn reading(url: &str) -> Result<Asked, String> {
    if let Some((resource_type, query)) = url.split_once('?') {
        return search(resource_type, query);
    }
    let parts: Vec<&str> = url.split('/').collect();
    match parts.as_slice() {
        [resource_type] => search(resource_type, ""),
        [_, _] => Ok(Asked::Read(
            url.parse()
                .map_err(|error: fhir::resource::BadKey| error.to_string())?,
        )),
        [resource_type, id, "_history", version] => {
            let key = format!("{resource_type}/{id}");
            let key = key
                .parse()
                .map_err(|error: fhir::resource::BadKey| error.to_string())?;
            let version = version
                .parse()
                .map_err(|_| format!("`{version}` is no version: write a number from 1"))?;
            Ok(Asked::Version(key, version))
        }
        _ => Err(format!(
            "GET {} is not done in a bundle: read or search",
            url.chars().take(80).collect::<String>()
        )),
    }
}

fn search(resource_type: &str, query: &str) -> Result<Asked, String> {
    let resource_type: fhir::resource::ResourceType = resource_type
        .parse()
        .map_err(|error: fhir::resource::UnknownType| error.to_string())?;
    let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    let query = Query::parse(resource_type, &pairs).map_err(|error| error.to_string())?;
    Ok(Asked::Search(Box::new(query)))
}

fn version_number(change: usize, version: &str) -> Result<u64, CommitError> {
    version.parse().map_err(|_| CommitError::Unreadable {
        change,
        what: format!(
            "`{}` is no version: write for example W/\"3\"",
            version.chars().take(40).collect::<String>()
        ),
    })
}

fn as_commit_error(change: usize, error: ReadError) -> CommitError {
    match error {
        ReadError::Store { source } => CommitError::Store { source },
        ReadError::Busy => CommitError::Busy,
        ReadError::Forbidden { account, what } => CommitError::Forbidden { account, what },
        other @ (ReadError::NotFound { .. }
        | ReadError::Gone { .. }
        | ReadError::NoSuchMoment { .. }
        | ReadError::Unreadable { .. }) => CommitError::Unreadable {
            change,
            what: other.to_string(),
        },
    }
}

impl CommitError {
    /// The error with the bundle's entry in the place of the proposal's change.
    fn at_entries(self, places: &[usize]) -> Self {
        let at = |change: usize| places.get(change).copied().unwrap_or(change);
        match self {
            Self::Invalid { change, issues } => {
                let change = at(change);
                let issues = issues.into_iter().map(|mut issue| {
                    issue.expression = issue
                        .expression
                        .map(|path| format!("Bundle.entry[{change}].resource.{path}"));
                    issue
                });
                Self::Invalid {
                    change,
                    issues: issues.collect(),
                }
            }
            Self::UnknownReference {
                change,
                path,
                reference,
            } => Self::UnknownReference {
                change: at(change),
                path,
                reference,
            },
            Self::Ambiguous { change, condition } => Self::Ambiguous {
                change: at(change),
                condition,
            },
            Self::Twice { key, first, second } => Self::Twice {
                key,
                first: at(first),
                second: at(second),
            },
            Self::Unreadable { change, what } => Self::Unreadable {
                change: at(change),
                what,
            },
            other @ (Self::Stale { .. }
            | Self::Missing { .. }
            | Self::Forbidden { .. }
            | Self::AlreadyKept { .. }
            | Self::CursorMoved { .. }
            | Self::TooLarge { .. }
            | Self::Busy
            | Self::Store { .. }) => other,
        }
    }
}
