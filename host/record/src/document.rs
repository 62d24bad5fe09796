//! Documents and messages of partners (GP, social care, community) that come as FHIR bundles: filed whole, with who says so.
//!
//! Invariant: a document is filed once under its identifier, about one person who is known by NHS number and date of
//! birth, with a Provenance that names its author organisation and, where it is to be read as a whole, as it came; or
//! nothing of it is, and everything wrong is said at once.

mod beside;

use std::collections::HashMap;

use fhir::nhs_number::{self, NhsNumber};
use fhir::outcome::{Issue, IssueType};
use fhir::query::Query;
use fhir::resource::{Resource, ResourceType, text_in};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::caller::{Caller, Role, SiteCode};
use crate::commit::{CommitError, Outcome, basis};
use crate::log::T;
use crate::permission::{departmental_may_write, is_directory};
use crate::proposal::{Basis, Change, CursorMove, Proposal};
use crate::{Kind, ReadError, Record};

/// What became of a document.
#[derive(Clone, Debug)]
pub enum Filed {
    /// It was filed in this commit: what was done with each of its entries, and behind them with the DocumentReference
    /// that holds a document as it came and the Provenance.
    Now(T, Vec<Outcome>),
    /// The same bytes were filed before, in this commit.
    Before(T),
}

/// Why a document was not filed; nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// This caller files no documents.
    #[error("{account} may not file documents")]
    Forbidden {
        /// Who asked.
        account: String,
    },
    /// It cannot be filed as it is.
    #[error("the document cannot be filed: {} things are wrong with it", .issues.len())]
    Unfit {
        /// Everything that is wrong.
        issues: Vec<Issue>,
    },
    /// It could not be committed.
    #[error("the document could not be filed")]
    Commit {
        /// Why; changes are counted as the entries are.
        #[from]
        source: CommitError,
    },
    /// The record could not be read.
    #[error("the record could not be read for the document")]
    Read {
        /// Why.
        #[from]
        source: ReadError,
    },
}

impl DocumentError {
    /// The only thing an edge may branch on.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Forbidden { .. } => Kind::Forbidden,
            Self::Unfit { .. } => Kind::Refused,
            Self::Commit { source } => source.kind(),
            Self::Read { source } => source.kind(),
        }
    }
}

/// Whether a bundle is one that is kept as what its sender says, and not carried out.
pub fn is_document(bundle: &Resource) -> bool {
    let kind = bundle.text_at("type");
    bundle.resource_type() == ResourceType::BUNDLE && matches!(kind, Some("document" | "message"))
}

/// A bundle as it is looked through.
struct Reading<'a> {
    value: &'a Value,
    entries: Vec<(&'a str, &'a Value)>,
    by_url: HashMap<&'a str, &'a Value>,
    issues: Vec<Issue>,
}

/// What a document says of itself.
struct Known {
    /// By what it is told from others: system and value.
    identifier: (String, String),
    /// What its author organisation is called in it.
    author: String,
}

impl Record {
    /// Files a bundle of type `document` or `message`; `bytes` are those in which it was sent.
    ///
    /// # Errors
    /// Every variant of [`DocumentError`].
    pub async fn file_document(
        &self,
        caller: &Caller,
        bundle: &Resource,
        bytes: &[u8],
    ) -> Result<Filed, DocumentError> {
        match caller.role() {
            Role::Clinician | Role::Feed | Role::Operator => {}
            Role::TrustAdministrator | Role::Reaction => {
                let account = caller.account().to_owned();
                return Err(DocumentError::Forbidden { account });
            }
        }
        let mut reading = Reading::of(bundle.value());
        let known = reading.known();
        self.is_this_person(&mut reading).await?;
        let (mut changes, mut targets) = reading.changes();
        let Some(known) = known.filter(|_| reading.issues.is_empty()) else {
            let issues = reading.issues;
            return Err(DocumentError::Unfit { issues });
        };
        let digest = hex::encode(Sha256::digest(bytes));
        if let Some(whole) = reading.as_it_came(self, &known, bytes) {
            let url = format!("urn:palatine:document:{}", self.new_id());
            changes.push(created(whole, Some(url.clone()))?);
            targets.push(url);
        }
        let provenance = beside::provenance(self, caller, &known, &targets, &digest);
        changes.push(created(provenance, None)?);
        let (system, value) = &known.identifier;
        let name = format!("document/{}/{system}|{value}", caller.account());
        self.filed_once(caller, changes, name, digest).await
    }

    async fn filed_once(
        &self,
        caller: &Caller,
        changes: Vec<Change>,
        name: String,
        digest: String,
    ) -> Result<Filed, DocumentError> {
        let proposal = Proposal {
            basis: Basis::Once {
                name: name.clone(),
                digest: digest.clone(),
            },
            cursor: Some(CursorMove {
                name: name.clone(),
                from: None,
                to: None,
                under: None,
            }),
            ..Proposal::direct(changes)
        };
        match self.commit_granted(caller, proposal).await {
            Ok(receipt) => Ok(Filed::Now(receipt.t, receipt.outcomes)),
            Err(CommitError::CursorMoved { now: Some(t), .. }) => {
                let number = i64::try_from(t.0).unwrap_or(i64::MAX);
                let log = self.store().commits_after(number - 1, 1).await;
                let log = log.map_err(ReadError::from)?;
                let before = log
                    .first()
                    .and_then(|(commit, _)| basis::once(&commit.basis));
                if before.is_some_and(|before| before == (name, digest)) {
                    Ok(Filed::Before(t))
                } else {
                    Err(CommitError::UsedBefore { t }.into())
                }
            }
            Err(why) => Err(why.into()),
        }
    }

    /// Whether the person whom the document is about, by NHS number, is the one who has it here, by date of birth. A valid
    /// number is not yet this person.
    async fn is_this_person(&self, reading: &mut Reading<'_>) -> Result<(), DocumentError> {
        let patients = reading.entries.iter().enumerate();
        let patients = patients.filter(|(_, (_, it))| it["resourceType"] == "Patient");
        let patients: Vec<(usize, &Value)> = patients.map(|(at, (_, it))| (at, *it)).collect();
        let [(at, patient)] = patients.as_slice() else {
            let what = "a document is about one person: send exactly one Patient";
            return reading.wrong("Bundle.entry", what);
        };
        let place = format!("Bundle.entry[{at}].resource");
        let Some(number) = number_of(patient) else {
            let what = "the person is told by NHS number: send one that passes its check";
            return reading.wrong(&format!("{place}.identifier"), what);
        };
        let Some(born) = text_in(patient, "birthDate") else {
            let what = "an NHS number alone may be somebody else's: send the date of birth";
            return reading.wrong(&format!("{place}.birthDate"), what);
        };
        let query = by_identifier(ResourceType::PATIENT, nhs_number::SYSTEM, &number);
        let query = query.map_err(|what| ReadError::Unreadable { what })?;
        for row in self.matching(&query, self.current_t(), 2).await? {
            let body = row.body.as_deref().unwrap_or_default();
            let here: Value = serde_json::from_str(body).unwrap_or_default();
            if text_in(&here, "birthDate").is_some_and(|here| here != born) {
                let what = "the date of birth is not that of the person who has this NHS number here: somebody has to look whose number it is";
                return reading.wrong(&format!("{place}.birthDate"), what);
            }
        }
        Ok(())
    }
}

impl<'a> Reading<'a> {
    fn of(value: &'a Value) -> Self {
        let entries = value["entry"].as_array().into_iter().flatten();
        let entries: Vec<(&str, &Value)> = entries
            .map(|it| (it["fullUrl"].as_str().unwrap_or_default(), &it["resource"]))
            .collect();
        let by_url = entries.iter().copied().collect();
        Self {
            value,
            entries,
            by_url,
            issues: Vec::new(),
        }
    }

    fn wrong(&mut self, place: &str, what: &str) -> Result<(), DocumentError> {
        self.issues.push(Issue::error_at(
            IssueType::BusinessRule,
            place.to_owned(),
            what,
        ));
        Ok(())
    }

    /// What it says of itself; what is missing is noted.
    fn known(&mut self) -> Option<Known> {
        let is_message = self.value["type"] == "message";
        let head = self.entries.first().map_or(&Value::Null, |(_, it)| *it);
        let (kind, authors): (&str, &[&str]) = if is_message {
            ("MessageHeader", &["sender", "responsible", "author"])
        } else {
            ("Composition", &["author", "custodian"])
        };
        if head["resourceType"] != kind {
            self.issues.push(Issue::error_at(
                IssueType::Structure,
                "Bundle.entry[0].resource".to_owned(),
                format!("the first entry of this bundle is a {kind}"),
            ));
        }
        let mut author = None;
        for member in authors {
            let one = std::slice::from_ref(&head[*member]);
            let all = head[*member].as_array().map_or(one, Vec::as_slice);
            author = author.or_else(|| all.iter().find_map(|it| self.organisation(it)));
        }
        if author.is_none() {
            let what = format!(
                "{} names no Organization of this bundle with an ODS code",
                authors.join(" or ")
            );
            let place = "Bundle.entry[0].resource".to_owned();
            self.issues
                .push(Issue::error_at(IssueType::Required, place, what));
        }
        let part = |name: &str| self.value["identifier"][name].as_str().map(str::to_owned);
        let identifier = part("system").zip(part("value"));
        if identifier.is_none() {
            let what = "a document is filed once under its identifier: send system and value";
            let place = "Bundle.identifier".to_owned();
            self.issues
                .push(Issue::error_at(IssueType::Required, place, what));
        }
        Some(Known {
            identifier: identifier?,
            author: author?,
        })
    }

    /// The `fullUrl` of the organisation with an ODS code to which a reference leads, through a role or at once.
    fn organisation(&self, reference: &Value) -> Option<String> {
        let (url, found) = self.resolved(reference)?;
        match found["resourceType"].as_str()? {
            "Organization" => code_of(found).map(|_| url.to_owned()),
            "PractitionerRole" => self.organisation(&found["organization"]),
            _other => None,
        }
    }

    /// The entry to which a reference leads, by its whole `fullUrl` or its end.
    fn resolved(&self, reference: &Value) -> Option<(&'a str, &'a Value)> {
        let text = reference["reference"].as_str()?;
        let exact = self.by_url.get_key_value(text);
        let exact = exact.map(|(url, it)| (*url, *it));
        let relative = format!("/{text}");
        exact.or_else(|| {
            self.entries
                .iter()
                .copied()
                .find(|(url, _)| url.ends_with(&relative))
        })
    }

    /// The changes that file its entries, in their order, and the `fullUrl`s by which others refer to them.
    fn changes(&mut self) -> (Vec<Change>, Vec<String>) {
        let (mut changes, mut targets) = (Vec::new(), Vec::new());
        for (at, (url, value)) in self.entries.clone().into_iter().enumerate() {
            match change(url, value) {
                Ok(change) => {
                    changes.push(change);
                    targets.push(url.to_owned());
                }
                Err(what) => {
                    let place = format!("Bundle.entry[{at}]");
                    self.issues
                        .push(Issue::error_at(IssueType::Invalid, place, what));
                }
            }
        }
        (changes, targets)
    }
}

/// The change that files one entry. People and organisations that are here already stay as they are.
fn change(url: &str, value: &Value) -> Result<Change, String> {
    if url.is_empty() {
        return Err("fullUrl is missing, by which the others refer to it".to_owned());
    }
    let resource = Resource::from_value(value.clone()).map_err(|why| why.to_string())?;
    let of = resource.resource_type();
    if !departmental_may_write(of.as_str()) && !is_directory(of.as_str()) {
        return Err(format!("a document files no {of}: leave it out"));
    }
    let known = match of {
        ResourceType::PATIENT => number_of(value).map(|number| (nhs_number::SYSTEM, number)),
        ResourceType::ORGANIZATION => code_of(value).map(|code| (SiteCode::SYSTEM, code)),
        _other => None,
    };
    let condition = known.map(|(system, value)| by_identifier(of, system, &value));
    Ok(Change::Create {
        resource,
        temporary: Some(url.to_owned()),
        if_none_exist: condition.transpose()?,
    })
}

fn by_identifier(of: ResourceType, system: &str, value: &str) -> Result<Query, String> {
    let pair = ("identifier".to_owned(), format!("{system}|{value}"));
    Query::parse(of, &[pair]).map_err(|why| why.to_string())
}

fn identifier(of: &Value, system: &str) -> Option<String> {
    let mut all = of["identifier"].as_array()?.iter();
    let found = all.find(|it| it["system"] == system)?;
    found["value"].as_str().map(str::to_owned)
}

fn number_of(patient: &Value) -> Option<String> {
    let number: NhsNumber = identifier(patient, nhs_number::SYSTEM)?.parse().ok()?;
    Some(number.digits())
}

fn code_of(organisation: &Value) -> Option<String> {
    let code: SiteCode = identifier(organisation, SiteCode::SYSTEM)?.parse().ok()?;
    Some(code.to_string())
}

fn created(value: Value, temporary: Option<String>) -> Result<Change, DocumentError> {
    Ok(Change::Create {
        resource: Resource::from_value(value).map_err(unfit)?,
        temporary,
        if_none_exist: None,
    })
}

fn unfit(why: fhir::resource::ParseError) -> DocumentError {
    DocumentError::Unfit {
        issues: vec![why.issue()],
    }
}
