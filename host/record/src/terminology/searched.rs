//! What searches ask of terminology: the codes of a value set, and what lies below or above a code.
//!
//! Invariant: what is answered is whole; a set too large to be listed is refused.

use super::compose::{Made, Set};
use super::ranges::Ranges;
use super::reader::Reader;
use super::system::System;
use super::{TerminologyError, built_in, shown};
use crate::{ReadError, Record, limits};

/// Code systems' URLs, each with a code; at most `limits::CODES_LISTED_MAX`.
pub(crate) type Codes = Vec<(String, String)>;

#[derive(Clone, Copy)]
enum Direction {
    Below,
    Above,
}

impl Record {
    /// The codes of a value set, by URL, `url|version` or `ValueSet/id`, as of commit `t`. Neither permitted nor audited.
    ///
    /// # Errors
    /// `Unreadable` when there is no such value set, it cannot be made, or it is too large.
    pub(crate) async fn codes_in(&self, value_set: &str, t: i64) -> Result<Codes, ReadError> {
        let mut made = Made::new(Reader::new(self, t));
        let set = made.by_url(value_set).await.map_err(unreadable)?;
        codes(&made, &set).await.map_err(unreadable)
    }

    /// A code and what lies below it. Without a system: in every code system of the record that has the code.
    ///
    /// # Errors
    /// `Unreadable` when the code system or the code is unknown, or there are too many.
    pub(crate) async fn codes_below(
        &self,
        system: Option<&str>,
        code: &str,
        t: i64,
    ) -> Result<Codes, ReadError> {
        let found = self.codes_along(system, code, t, Direction::Below).await;
        found.map_err(unreadable)
    }

    /// A code and what lies above it. Without a system: in every code system of the record that has the code.
    ///
    /// # Errors
    /// As [`Record::codes_below`].
    pub(crate) async fn codes_above(
        &self,
        system: Option<&str>,
        code: &str,
        t: i64,
    ) -> Result<Codes, ReadError> {
        let found = self.codes_along(system, code, t, Direction::Above).await;
        found.map_err(unreadable)
    }

    async fn codes_along(
        &self,
        url: Option<&str>,
        code: &str,
        t: i64,
        direction: Direction,
    ) -> Result<Codes, TerminologyError> {
        let reader = Reader::new(self, t);
        let systems = match url {
            Some(url) => vec![reader.known_system(url, None).await?],
            None => reader.systems_with(code).await?,
        };
        let mut made = Made::new(reader.clone());
        let mut set = Set::new();
        for system in systems {
            let n = system.find(reader.store(), code).await?;
            let Some(n) = n else { continue };
            let along = match direction {
                Direction::Below => system.below(reader.store(), &[n]).await?,
                Direction::Above => system.above(reader.store(), &[n]).await?,
            };
            let at = made.place(system);
            set.insert(at, along.union(&Ranges::one(n)));
        }
        if set.is_empty() {
            return Err(TerminologyError::UnknownCode {
                code: shown(code),
                system: url.map_or("any code system here".to_owned(), shown),
            });
        }
        codes(&made, &set).await
    }
}

impl Reader<'_> {
    /// The code systems that have a code: resources of the record, the releases that are in use, what is built in.
    async fn systems_with(&self, code: &str) -> Result<Vec<System>, TerminologyError> {
        // Codes within codes are not indexed, so every code system is looked at.
        let mut found: Vec<System> = Vec::new();
        let kept = self
            .kept(fhir::resource::ResourceType::CODE_SYSTEM, &[])
            .await?;
        if kept.len() >= limits::TERMINOLOGY_SAME_MAX as usize {
            return Err(TerminologyError::too_costly(
                "there are too many code systems to look for a code in each: write system|code",
            ));
        }
        let mut urls: Vec<String> = kept
            .iter()
            .filter(|it| it.text("content") != Some("supplement"))
            .filter_map(|it| it.text("url"))
            .map(str::to_owned)
            .collect();
        urls.extend(
            self.store()
                .releases()
                .await?
                .into_iter()
                .map(|it| it.system),
        );
        urls.extend(built_in::systems_with(code).map(|given| given.url.clone()));
        urls.sort_unstable();
        urls.dedup();
        for url in urls {
            if let Some(system) = self.system(&url, None).await?
                && system.find(self.store(), code).await?.is_some()
            {
                found.push(system);
            }
        }
        Ok(found)
    }
}

async fn codes(made: &Made<'_>, set: &Set) -> Result<Codes, TerminologyError> {
    let total: u64 = set.values().map(Ranges::len).sum();
    if total > limits::CODES_LISTED_MAX as u64 {
        return Err(too_many());
    }
    let mut all = Codes::new();
    for (at, ranges) in set {
        let system = &made.systems[*at];
        let numbers: Vec<u32> = ranges.iter().collect();
        let concepts = system.concepts(made.reader.store(), &numbers).await?;
        all.extend(
            concepts
                .into_iter()
                .map(|it| (system.url().to_owned(), it.code)),
        );
    }
    Ok(all)
}

fn too_many() -> TerminologyError {
    TerminologyError::too_costly(format!(
        "more than {} codes would be looked for: take a smaller value set or a code further down",
        limits::CODES_LISTED_MAX
    ))
}

fn unreadable(why: TerminologyError) -> ReadError {
    match why {
        TerminologyError::Read(why) => why,
        other @ (TerminologyError::Unknown { .. }
        | TerminologyError::UnknownCode { .. }
        | TerminologyError::Parameter { .. }
        | TerminologyError::Definition { .. }
        | TerminologyError::NotSupported { .. }
        | TerminologyError::TooCostly { .. }) => ReadError::Unreadable {
            what: other.to_string(),
        },
    }
}
