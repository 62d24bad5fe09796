//! One version of a code system, wherever it lies: in memory, in tables of its own, or known by name only.
//!
//! Invariant: a number stands for the same concept as long as the value lives, and what is below is the same everywhere.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::TerminologyError;
use super::concept::{Concept, Property};
use super::given::{Content, Given};
use super::ranges::Ranges;
use super::release::{Loaded, corrupt};
use super::snomed;
use crate::index::hash;
use crate::store::Store;

/// A code system.
#[derive(Clone)]
pub(crate) enum System {
    /// From a resource, or built in.
    Given(Arc<Given>),
    /// A release in tables of its own.
    Loaded(Arc<Loaded>),
    /// Not here: a value set lists codes of it.
    Named(Arc<Named>),
}

/// Codes that value sets list of a code system that is not here.
pub(crate) struct Named {
    url: String,
    version: Option<String>,
    listed: Mutex<Vec<String>>,
}

impl Named {
    pub(crate) fn new(url: &str, version: Option<&str>) -> Self {
        Self {
            url: url.to_owned(),
            version: version.map(str::to_owned),
            listed: Mutex::default(),
        }
    }

    /// The number of a code, a new one if it was not listed before.
    pub(crate) fn number(&self, code: &str) -> u32 {
        let mut listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        let at = listed.iter().position(|own| own == code);
        let at = at.unwrap_or_else(|| {
            listed.push(code.to_owned());
            listed.len() - 1
        });
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    fn find(&self, code: &str) -> Option<u32> {
        let listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        let at = listed.iter().position(|own| own == code)?;
        u32::try_from(at).ok()
    }

    fn code(&self, n: u32) -> Option<String> {
        let listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        listed.get(n as usize).cloned()
    }
}

impl System {
    pub(crate) fn url(&self) -> &str {
        match self {
            Self::Given(given) => &given.url,
            Self::Loaded(loaded) => &loaded.release.system,
            Self::Named(named) => &named.url,
        }
    }

    pub(crate) fn version(&self) -> Option<&str> {
        match self {
            Self::Given(given) => given.version.as_deref(),
            Self::Loaded(loaded) => Some(&loaded.release.version),
            Self::Named(named) => named.version.as_deref(),
        }
    }

    /// For people.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Given(given) => given.name.as_deref().unwrap_or(&given.url),
            Self::Loaded(loaded) => &loaded.release.name,
            Self::Named(named) => &named.url,
        }
    }

    /// URL and version, as canonical references are written.
    pub(crate) fn canonical(&self) -> String {
        match self.version() {
            Some(version) => format!("{}|{version}", self.url()),
            None => self.url().to_owned(),
        }
    }

    /// Whether a code that is not found does not exist.
    pub(crate) fn is_complete(&self) -> bool {
        match self {
            Self::Given(given) => given.content == Content::Complete,
            Self::Loaded(_) => true,
            Self::Named(_) => false,
        }
    }

    /// Whether two values are the same version of the same code system.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.url() == other.url() && self.version() == other.version()
    }

    /// The number of a code.
    pub(crate) async fn find(
        &self,
        store: &dyn Store,
        code: &str,
    ) -> Result<Option<u32>, TerminologyError> {
        let found = self.find_all(store, std::slice::from_ref(&code)).await?;
        Ok(found.into_iter().next().flatten())
    }

    /// The numbers of codes, in the order asked.
    pub(crate) async fn find_all(
        &self,
        store: &dyn Store,
        codes: &[&str],
    ) -> Result<Vec<Option<u32>>, TerminologyError> {
        match self {
            Self::Given(given) => Ok(codes.iter().map(|code| given.find(code)).collect()),
            Self::Named(named) => Ok(codes.iter().map(|code| named.find(code)).collect()),
            Self::Loaded(loaded) => {
                let hashes = codes.iter().map(|code| hash(code)).collect();
                let release = loaded.release.release;
                let rows = store.concept_numbers(release, hashes).await?;
                let by_code: HashMap<String, i64> =
                    rows.into_iter().map(|(_, n, code)| (code, n)).collect();
                let number = |code: &&str| by_code.get(*code).and_then(|n| u32::try_from(*n).ok());
                Ok(codes.iter().map(number).collect())
            }
        }
    }

    /// Concepts by their numbers, in the order asked.
    pub(crate) async fn concepts(
        &self,
        store: &dyn Store,
        numbers: &[u32],
    ) -> Result<Vec<Concept>, TerminologyError> {
        match self {
            Self::Given(given) => Ok(numbers
                .iter()
                .filter_map(|n| given.concept(*n).cloned())
                .collect()),
            Self::Named(named) => Ok(numbers
                .iter()
                .filter_map(|n| Some(Concept::named(&named.code(*n)?, None)))
                .collect()),
            Self::Loaded(loaded) => {
                let rows = loaded.rows(store, numbers).await?;
                let concepts = rows.iter().map(snomed::concept_of);
                Ok(concepts.collect::<Option<_>>().ok_or_else(corrupt)?)
            }
        }
    }

    /// One concept with its number.
    pub(crate) async fn concept(
        &self,
        store: &dyn Store,
        n: u32,
    ) -> Result<Concept, TerminologyError> {
        let mut concepts = self.concepts(store, &[n]).await?;
        Ok(concepts.pop().ok_or_else(corrupt)?)
    }

    /// Every concept.
    pub(crate) fn all(&self) -> Result<Ranges, TerminologyError> {
        match self {
            Self::Given(given) if given.content == Content::Elsewhere => {
                let what = format!("the content of {} is not here", self.canonical());
                Err(TerminologyError::not_supported(what))
            }
            Self::Given(given) => Ok(given.all()),
            Self::Loaded(loaded) => Ok(Ranges::below(
                u32::try_from(loaded.release.concepts).unwrap_or(u32::MAX),
            )),
            Self::Named(named) => {
                let what = format!(
                    "the codes of {} are not here: list them, or load it",
                    named.url
                );
                Err(TerminologyError::not_supported(what))
            }
        }
    }

    /// What lies below concepts, themselves left out.
    pub(crate) async fn below(
        &self,
        store: &dyn Store,
        numbers: &[u32],
    ) -> Result<Ranges, TerminologyError> {
        match self {
            Self::Given(given) => Ok(numbers
                .iter()
                .fold(Ranges::default(), |all, n| all.union(&given.below(*n)))),
            Self::Loaded(loaded) => loaded.edges(store, numbers, |row| &row.below).await,
            Self::Named(_) => Ok(Ranges::default()),
        }
    }

    /// The parents of concepts.
    pub(crate) async fn parents(
        &self,
        store: &dyn Store,
        numbers: &[u32],
    ) -> Result<Ranges, TerminologyError> {
        match self {
            Self::Given(given) => {
                let parents = numbers.iter().flat_map(|n| given.parents(*n));
                Ok(Ranges::of_numbers(parents.copied().collect()))
            }
            Self::Loaded(loaded) => loaded.edges(store, numbers, |row| &row.parents).await,
            Self::Named(_) => Ok(Ranges::default()),
        }
    }

    /// The children of concepts.
    pub(crate) async fn children(
        &self,
        store: &dyn Store,
        numbers: &[u32],
    ) -> Result<Ranges, TerminologyError> {
        match self {
            Self::Given(given) => {
                let below = self.below(store, numbers).await?;
                let own = below.iter().filter(|n| {
                    given
                        .parents(*n)
                        .iter()
                        .any(|parent| numbers.contains(parent))
                });
                Ok(Ranges::of_numbers(own.collect()))
            }
            Self::Loaded(loaded) => loaded.edges(store, numbers, |row| &row.children).await,
            Self::Named(_) => Ok(Ranges::default()),
        }
    }

    /// What lies above concepts, themselves left out unless they lie above each other.
    pub(crate) async fn above(
        &self,
        store: &dyn Store,
        numbers: &[u32],
    ) -> Result<Ranges, TerminologyError> {
        let mut above = Ranges::default();
        let mut level = numbers.to_vec();
        // Each round reaches at least one concept more, so a hierarchy of n concepts ends within n rounds.
        while !level.is_empty() {
            let parents = self.parents(store, &level).await?.minus(&above);
            level = parents.iter().collect();
            above = above.union(&parents);
        }
        Ok(above)
    }

    /// The concepts that are no longer to be used.
    pub(crate) async fn inactive(&self, store: &dyn Store) -> Result<Ranges, TerminologyError> {
        match self {
            Self::Given(given) => Ok(given.those(|concept| concept.inactive)),
            Self::Loaded(loaded) => loaded.posting(store, snomed::INACTIVE, "true").await,
            Self::Named(_) => Ok(Ranges::default()),
        }
    }

    /// The concepts whose names have words that begin with each of these.
    pub(crate) async fn matching(
        &self,
        store: &dyn Store,
        words: &[String],
    ) -> Result<Ranges, TerminologyError> {
        match self {
            Self::Given(given) => Ok(given.matching(words)),
            Self::Named(named) => {
                let listed = named.listed.lock().unwrap_or_else(PoisonError::into_inner);
                let fits = (0u32..)
                    .zip(listed.iter())
                    .filter(|(_, code)| super::given::says(code, words));
                Ok(Ranges::of_numbers(fits.map(|(n, _)| n).collect()))
            }
            Self::Loaded(loaded) => {
                let mut all: Option<Ranges> = None;
                for word in words {
                    let found = loaded.beginning(store, word).await?;
                    all = Some(all.map_or(found.clone(), |all| all.intersect(&found)));
                }
                match all {
                    Some(found) => Ok(found),
                    None => self.all(),
                }
            }
        }
    }
}

/// The properties that say where a concept lies.
pub(crate) fn place_in_hierarchy(parents: &[Concept], children: &[Concept]) -> Vec<Property> {
    let up = parents.iter().map(|it| Property::code("parent", &it.code));
    let down = children.iter().map(|it| Property::code("child", &it.code));
    up.chain(down).collect()
}
