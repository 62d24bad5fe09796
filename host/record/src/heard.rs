//! How complete the record is, as far as that can be told: when each source was last heard from, at all and about a person.
//!
//! Invariant: a source that has told nothing about a person is named all the same; silence is never taken for "nothing new".

use std::collections::BTreeMap;

use fhir::resource::{Id, Key, ResourceType};

use crate::audit::NewLeaf;
use crate::caller::{Caller, Role};
use crate::clock::rfc3339;
use crate::commit::basis;
use crate::log::{At, T};
use crate::permission::{self, Action};
use crate::store::row::{CommitRow, seq_of};
use crate::{ReadError, Record};

/// A source of facts: a feed, by its account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its account.
    pub account: String,
    /// What it calls itself in its last message (MSH-3 and MSH-4 with `|` between them); its account's name otherwise.
    pub name: String,
    /// For which site it files.
    pub site: String,
    /// When it was last heard from.
    pub last: Heard,
    /// When it last told something about the person; `None`: it never did, or nobody was asked about.
    pub of_person: Option<Heard>,
}

/// When somebody was heard from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// The commit that filed what they said.
    pub t: T,
    /// When that was made, RFC 3339 in UTC.
    pub at: String,
    /// The same in milliseconds since 1970.
    pub at_ms: i64,
}

impl Heard {
    fn of(row: &CommitRow) -> Self {
        Self {
            t: T(u64::try_from(row.t).unwrap_or(0)),
            at: rfc3339(row.at_ms),
            at_ms: row.at_ms,
        }
    }
}

impl Source {
    fn of(row: &CommitRow) -> Self {
        Self {
            account: row.account.clone(),
            name: basis::source(&row.basis).unwrap_or_else(|| row.account.clone()),
            site: row.site.clone(),
            last: Heard::of(row),
            of_person: None,
        }
    }
}

impl Record {
    /// Every source, with when it was last heard from as of a moment, at all and about this person.
    ///
    /// # Errors
    /// `NotFound`, `NoSuchMoment`, `Forbidden`, `Store`.
    pub async fn heard_of(
        &self,
        caller: &Caller,
        patient: &Id,
        at: &At,
    ) -> Result<Vec<Source>, ReadError> {
        may_know(caller, Action::Read, "Patient")?;
        let t = self.moment(at).await?;
        let key = Key::new(ResourceType::PATIENT, patient.clone());
        let number = self.numbers_of(&[key]).await?.pop().flatten();
        let number = number.ok_or_else(|| ReadError::NotFound {
            what: format!("Patient/{patient}"),
        })?;
        let told = self.store().heard_in(seq_of(number), t).await?;
        let told: BTreeMap<String, Heard> = told
            .iter()
            .map(|row| (row.account.clone(), Heard::of(row)))
            .collect();
        let mut sources: Vec<Source> = self
            .store()
            .heard(t)
            .await?
            .iter()
            .map(Source::of)
            .collect();
        for source in &mut sources {
            source.of_person = told.get(&source.account).cloned();
        }
        self.keep_leaf(NewLeaf {
            t,
            count: i64::try_from(sources.len()).unwrap_or(i64::MAX),
            ..NewLeaf::by(caller, "sources", format!("Patient/{patient}"))
        })
        .await?;
        Ok(sources)
    }

    /// Every source with when it was last heard from, for an operator; those of their own site for a trust administrator.
    ///
    /// # Errors
    /// `Forbidden` for everybody else, `Store`.
    pub async fn sources(&self, caller: &Caller) -> Result<Vec<Source>, ReadError> {
        let mut sources: Vec<Source> = match caller.role() {
            Role::Operator | Role::TrustAdministrator => {
                let rows = self.store().heard(self.current_t()).await?;
                rows.iter().map(Source::of).collect()
            }
            Role::Clinician | Role::Feed | Role::Reaction => {
                return Err(ReadError::Forbidden {
                    account: caller.account().to_owned(),
                    what: "how the sources do".to_owned(),
                });
            }
        };
        if caller.role() == Role::TrustAdministrator {
            sources.retain(|it| it.site == caller.site().as_str());
        }
        Ok(sources)
    }
}

fn may_know(caller: &Caller, action: Action, what: &str) -> Result<(), ReadError> {
    permission::check(caller, action, what).map_err(|refusal| ReadError::Forbidden {
        account: caller.account().to_owned(),
        what: refusal.to_string(),
    })
}

#[cfg(test)]
mod tests;
