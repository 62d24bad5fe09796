//! Finding code systems, value sets and concept maps as of one commit.
//!
//! Invariant: everything that one question rests on is read as of the same commit.

use std::cmp::Ordering;
use std::pin::Pin;
use std::sync::Arc;

use fhir::outcome::IssueType;
use fhir::query::Query;
use fhir::resource::{Key, Resource, ResourceType};
use serde_json::Value;

use super::given::{Content, Given};
use super::release::Loaded;
use super::system::System;
use super::{TerminologyError, built_in, shown, split_version};
use crate::store::Store;
use crate::store::row::{DELETED, VersionRow};
use crate::{Record, limits};

/// Resources that are being looked for.
type Found<'a> = Pin<Box<dyn Future<Output = Result<Vec<Kept>, TerminologyError>> + Send + 'a>>;

/// Reads terminology as of one commit.
#[derive(Clone)]
pub(crate) struct Reader<'r> {
    pub(super) record: &'r Record,
    pub(super) t: i64,
}

/// A resource of the record, with the number of its version.
pub(super) struct Kept {
    pub(super) v: i64,
    pub(super) resource: Value,
}

impl Kept {
    fn of(row: &VersionRow) -> Option<Self> {
        let body = row.body.as_deref()?;
        let resource = Resource::parse(body.as_bytes()).ok()?.into_value();
        Some(Self { v: row.v, resource })
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.resource.get(name).and_then(Value::as_str)
    }
}

impl<'r> Reader<'r> {
    pub(crate) fn new(record: &'r Record, t: i64) -> Self {
        Self { record, t }
    }

    pub(super) fn store(&self) -> &'r dyn Store {
        self.record.store()
    }

    /// The resources of a type that have a value for a parameter, at most `limits::TERMINOLOGY_SAME_MAX`.
    ///
    /// Boxed, since searches ask terminology and terminology searches.
    pub(super) fn kept<'a>(
        &'a self,
        of: ResourceType,
        parameters: &'a [(&'a str, &'a str)],
    ) -> Found<'a> {
        Box::pin(async move {
            let pairs: Vec<(String, String)> = parameters
                .iter()
                .map(|(name, value)| ((*name).to_owned(), escaped(value)))
                .collect();
            let query = Query::parse(of, &pairs).map_err(|why| {
                let name = parameters.first().map_or("url", |(name, _)| name);
                TerminologyError::parameter(name, IssueType::Value, why.to_string())
            })?;
            let n_max = limits::TERMINOLOGY_SAME_MAX;
            let rows = self.record.matching(&query, self.t, n_max).await?;
            Ok(rows.iter().filter_map(|row| Kept::of(row)).collect())
        })
    }

    /// The resource of an instance operation.
    pub(super) async fn instance(&self, key: &Key) -> Result<Kept, TerminologyError> {
        let mut rows = self
            .record
            .standing_of(std::slice::from_ref(key), self.t)
            .await?;
        let row = rows.pop().flatten().filter(|row| row.what != DELETED);
        row.and_then(|row| Kept::of(&row))
            .ok_or_else(|| TerminologyError::Unknown {
                what: key.to_string(),
                advice: String::new(),
            })
    }

    /// The resource with this URL: of several versions the one asked for, or the newest that is active.
    async fn by_url(
        &self,
        of: ResourceType,
        url: &str,
        version: Option<&str>,
    ) -> Result<Option<Kept>, TerminologyError> {
        let mut all = self.kept(of, &[("url", url)]).await?;
        all.retain(|kept| kept.text("url") == Some(url));
        if let Some(version) = version {
            all.retain(|kept| {
                kept.text("version")
                    .is_some_and(|own| is_version(own, version))
            });
        }
        Ok(all.into_iter().max_by(newer))
    }

    /// A code system by its URL; `None` when there is none.
    pub(crate) async fn system(
        &self,
        url: &str,
        version: Option<&str>,
    ) -> Result<Option<System>, TerminologyError> {
        if let Some(kept) = self.by_url(ResourceType::CODE_SYSTEM, url, version).await? {
            return self.system_of(kept).await.map(Some);
        }
        if let Some(version) = version
            && let Some(loaded) = self.loaded(url, version).await?
        {
            return Ok(Some(loaded));
        }
        let built_in = built_in::system(url).filter(|given| {
            version.is_none_or(|version| given.version.as_deref() == Some(version))
        });
        Ok(built_in.map(System::Given))
    }

    /// A code system that has to be there.
    pub(crate) async fn known_system(
        &self,
        url: &str,
        version: Option<&str>,
    ) -> Result<System, TerminologyError> {
        if let Some(system) = self.system(url, version).await? {
            return Ok(system);
        }
        let what = match version {
            Some(version) => format!(
                "code system `{}` of version `{}`",
                shown(url),
                shown(version)
            ),
            None => format!("code system `{}`", shown(url)),
        };
        let advice = match self.system(url, None).await? {
            Some(other) if version.is_some() => {
                format!(
                    "; there is version `{}`",
                    other.version().unwrap_or("without a name")
                )
            }
            Some(_) | None if url == super::snomed::SNOMED || url == super::snomed::DMD => {
                "; a release of it has to be loaded with `palatine terminology load`".to_owned()
            }
            Some(_) | None => "; create it as a CodeSystem".to_owned(),
        };
        Err(TerminologyError::Unknown { what, advice })
    }

    /// The code system of a CodeSystem resource: its release where it says that its content is not in it.
    pub(super) async fn system_of(&self, kept: Kept) -> Result<System, TerminologyError> {
        if kept.text("content") == Some("not-present")
            && let (Some(url), Some(version)) = (kept.text("url"), kept.text("version"))
            && let Some(loaded) = self.loaded(url, version).await?
        {
            return Ok(loaded);
        }
        let mut versions = vec![kept.v];
        let supplements = match kept.text("url") {
            Some(url) => self.supplements(url, kept.text("version")).await?,
            None => Vec::new(),
        };
        versions.extend(supplements.iter().map(|kept| kept.v));
        let shelf = self.record.terminology();
        if let Some(given) = shelf.get(&versions) {
            return Ok(System::Given(given));
        }
        let mut given = Given::read(&kept.resource)?;
        for supplement in &supplements {
            given = given.supplemented(&Given::read(&supplement.resource)?);
        }
        let given = Arc::new(given);
        shelf.put(versions, &given);
        Ok(System::Given(given))
    }

    async fn supplements(
        &self,
        url: &str,
        version: Option<&str>,
    ) -> Result<Vec<Kept>, TerminologyError> {
        let mut all = self
            .kept(ResourceType::CODE_SYSTEM, &[("supplements", url)])
            .await?;
        let exact = match version {
            Some(version) => {
                let canonical = format!("{url}|{version}");
                self.kept(ResourceType::CODE_SYSTEM, &[("supplements", &canonical)])
                    .await?
            }
            None => Vec::new(),
        };
        all.extend(exact);
        all.retain(|kept| {
            let (of, wanted) = split_version(kept.text("supplements").unwrap_or_default());
            kept.text("content") == Some("supplement")
                && kept.text("status") != Some("retired")
                && of == url
                && (wanted.is_none() || wanted == version)
        });
        all.sort_by_key(|kept| kept.v);
        all.dedup_by_key(|kept| kept.v);
        Ok(all)
    }

    async fn loaded(&self, url: &str, version: &str) -> Result<Option<System>, TerminologyError> {
        let releases = self.store().releases().await?;
        let fits = releases
            .into_iter()
            .filter(|it| it.ready && it.system == url && is_version(&it.version, version));
        let newest = fits.max_by(|a, b| natural(&a.version, &b.version));
        Ok(newest.map(|release| System::Loaded(Arc::new(Loaded { release }))))
    }

    /// A value set by its URL, `url|version` or `ValueSet/id`.
    pub(crate) async fn value_set(&self, canonical: &str) -> Result<Value, TerminologyError> {
        if let Ok(key) = canonical.parse::<Key>()
            && key.resource_type == ResourceType::VALUE_SET
        {
            return Ok(self.instance(&key).await?.resource);
        }
        let (url, version) = split_version(canonical);
        if let Some(kept) = self.by_url(ResourceType::VALUE_SET, url, version).await? {
            return Ok(kept.resource);
        }
        if let Some(implicit) = super::implicit::value_set(url) {
            return implicit;
        }
        let built_in =
            built_in::value_set(url).filter(|_| version.is_none_or(|version| version == "4.0.1"));
        built_in.ok_or_else(|| TerminologyError::Unknown {
            what: format!("value set `{}`", shown(canonical)),
            advice: "; create it as a ValueSet".to_owned(),
        })
    }

    /// A concept map by its URL, `url|version` or `ConceptMap/id`.
    pub(super) async fn concept_map(&self, canonical: &str) -> Result<Value, TerminologyError> {
        if let Ok(key) = canonical.parse::<Key>()
            && key.resource_type == ResourceType::CONCEPT_MAP
        {
            return Ok(self.instance(&key).await?.resource);
        }
        let (url, version) = split_version(canonical);
        let kept = self.by_url(ResourceType::CONCEPT_MAP, url, version).await?;
        kept.map(|kept| kept.resource)
            .ok_or_else(|| TerminologyError::Unknown {
                what: format!("concept map `{}`", shown(canonical)),
                advice: "; create it as a ConceptMap".to_owned(),
            })
    }

    /// Refuses a code system that only adds to another.
    pub(super) fn usable(system: &System) -> Result<(), TerminologyError> {
        match system {
            System::Given(given) if given.content == Content::Supplement => {
                let what = format!(
                    "{} is a supplement: ask the code system that it supplements",
                    system.canonical()
                );
                Err(TerminologyError::not_supported(what))
            }
            System::Given(_) | System::Loaded(_) | System::Named(_) => Ok(()),
        }
    }
}

/// Whether a version is the one asked for. An edition of SNOMED CT without a date is any version of it.
fn is_version(own: &str, asked: &str) -> bool {
    own == asked
        || (asked.starts_with(super::snomed::SNOMED)
            && own
                .strip_prefix(asked.trim_end_matches('/'))
                .is_some_and(|rest| rest.starts_with("/version/")))
}

/// The newer of two with the same URL: active before others, then by version, then by when it was written.
fn newer(a: &Kept, b: &Kept) -> Ordering {
    let rank = |kept: &Kept| match kept.text("status") {
        Some("active") => 2,
        Some("retired") => 0,
        Some(_) | None => 1,
    };
    let version = |kept: &Kept| kept.text("version").unwrap_or_default().to_owned();
    rank(a)
        .cmp(&rank(b))
        .then_with(|| natural(&version(a), &version(b)))
        .then_with(|| a.v.cmp(&b.v))
}

/// Compares versions as people do: numbers by their values, the rest letter by letter.
fn natural(a: &str, b: &str) -> Ordering {
    let parts = |text: &str| -> Vec<(u64, String)> {
        text.split(|c: char| !c.is_ascii_alphanumeric())
            .map(|part| (part.parse().unwrap_or(0), part.to_owned()))
            .collect()
    };
    parts(a).cmp(&parts(b))
}

/// A value as searches write it: what separates is escaped.
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for c in value.chars() {
        if matches!(c, '\\' | ',' | '|' | '$') {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

/// A parameter that excludes another.
pub(super) fn both(name: &str, other: &str) -> TerminologyError {
    TerminologyError::parameter(
        name,
        IssueType::Invalid,
        format!("give `{name}` or {other}, not both"),
    )
}
