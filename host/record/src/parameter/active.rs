//! Which parameters are active, read from the versions of SearchParameter resources.
//!
//! Invariant: it follows from the log alone, so every host of a record tells the same. A version counts only if it is
//! marked, and only what was checked when it was written is.

use std::collections::{BTreeMap, HashSet};

use fhir::resource::{Key, ResourceType};
use fhir::search_parameter::added::{Definition, FIRST};
use fhir::search_parameter::{ParameterCode, SearchParameter};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::store::StoreError;
use crate::store::row::{Head, VersionRow};
use crate::store::scan::{KeptBody, Scan};

/// What marks a SearchParameter by which resources are indexed.
pub(crate) const MARK: &str = "urn:palatine:search-parameter";
/// The mark's code.
pub(crate) const MARKED: &str = "indexed";

/// A parameter, and the commit that began it. What says the same again after it had ended begins as another.
#[derive(Clone, Debug)]
pub(crate) struct Begun {
    /// The parameter, under a number of its own.
    pub(crate) parameter: &'static SearchParameter,
    /// The resource that says it.
    pub(crate) key: Key,
    /// Commits after this one index what they write by it.
    pub(crate) since_t: i64,
}

/// What is active at one commit, the longest active first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Active {
    begun: Vec<Begun>,
    parameters: Vec<&'static SearchParameter>,
}

/// A version of a SearchParameter, as far as it matters here.
pub(crate) struct Said<'a> {
    /// Whose.
    pub(crate) key: Key,
    /// The commit that wrote it.
    pub(crate) t: i64,
    /// When, in milliseconds since 1970.
    pub(crate) at_ms: i64,
    /// Its JSON; `None`: it ended the resource.
    pub(crate) body: Option<&'a str>,
}

/// What the versions came to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    /// What is active after the last.
    pub(crate) active: Active,
    /// The numbers that were given out, those of what has ended included.
    pub(crate) numbers: HashSet<u32>,
}

/// What one resource says at some version.
type Standing = Vec<(Definition, u32, i64)>;

impl Begun {
    /// The cursor that says up to which commit everything is indexed by it.
    pub(crate) fn cursor(&self) -> String {
        format!("index/{:x}/{}", self.parameter.code.number(), self.since_t)
    }
}

impl Active {
    /// What is active after these versions, each resource's together and in order.
    pub(crate) fn at_end_of(rows: &[VersionRow]) -> Self {
        let said = rows.iter().map(|row| Said {
            key: row.key.clone(),
            t: row.t,
            at_ms: row.at_ms,
            body: row.body.as_deref(),
        });
        told(said).active
    }

    /// Everything that is active.
    pub(crate) fn begun(&self) -> &[Begun] {
        &self.begun
    }

    /// The parameters alone.
    pub(crate) fn parameters(&self) -> &[&'static SearchParameter] {
        &self.parameters
    }

    /// The parameter with this number, if it is active.
    pub(crate) fn of(&self, code: ParameterCode) -> Option<&Begun> {
        self.begun.iter().find(|it| it.parameter.code == code)
    }
}

/// What the log says up to a commit, read from a database that is looked through.
pub(crate) async fn scanned(scan: &dyn Scan, upto: &Head) -> Result<Told, StoreError> {
    let mut rows = scan.of_type(ResourceType::SEARCH_PARAMETER, upto);
    let mut kept = Vec::new();
    while let Some(row) = rows.next().await? {
        kept.push(row);
    }
    let said = kept.iter().filter_map(|row| {
        Some(Said {
            key: VersionRow::key_of(row.r, &row.id)?,
            t: row.t,
            at_ms: row.at_ms,
            body: match &row.body {
                KeptBody::Json(json) => Some(&**json),
                KeptBody::None | KeptBody::Unreadable => None,
            },
        })
    });
    Ok(told(said))
}

/// What versions came to, each resource's in order.
pub(crate) fn told<'a>(versions: impl Iterator<Item = Said<'a>>) -> Told {
    let mut numbers = HashSet::new();
    let mut standing: BTreeMap<Key, Standing> = BTreeMap::new();
    for said in versions {
        let definitions = said.body.map(definitions).unwrap_or_default();
        let stands = standing.entry(said.key.clone()).or_default();
        stands.retain(|(definition, ..)| definitions.contains(definition));
        for definition in definitions {
            if !stands.iter().any(|(standing, ..)| *standing == definition) {
                let number = number(&definition, &said);
                numbers.insert(number);
                stands.push((definition, number, said.t));
            }
        }
    }
    let mut all: Vec<(i64, Key, Definition, u32)> = Vec::new();
    for (key, stands) in standing {
        all.extend(
            stands
                .into_iter()
                .map(|(definition, number, t)| (t, key.clone(), definition, number)),
        );
    }
    all.sort_by(|(t, key, one, _), (other_t, other_key, other, _)| {
        (t, key, one.resource_type).cmp(&(other_t, other_key, other.resource_type))
    });
    let mut active = Active::default();
    for (since_t, key, definition, number) in all {
        let is_taken = active.of(ParameterCode::from_number(number)).is_some();
        let Some(parameter) = definition.under(number).filter(|_| !is_taken) else {
            // One in a billion; every host tells the same, and nobody is told that it can be searched by.
            tracing::error!(%key, "{key} shares its number with another parameter: retire it and make it active again");
            continue;
        };
        active.parameters.push(parameter);
        active.begun.push(Begun {
            parameter,
            key,
            since_t,
        });
    }
    Told { active, numbers }
}

/// What a version says, if it is active and was checked when it was written.
fn definitions(body: &str) -> Vec<Definition> {
    let Ok(value) = serde_json::from_str::<Value>(body) else {
        return Vec::new();
    };
    if value.get("status").and_then(Value::as_str) != Some("active") || !is_marked(&value) {
        return Vec::new();
    }
    Definition::read(&value).unwrap_or_default()
}

fn is_marked(value: &Value) -> bool {
    let tags = value.pointer("/meta/tag").and_then(Value::as_array);
    tags.into_iter().flatten().any(|tag| {
        tag.get("system").and_then(Value::as_str) == Some(MARK)
            && tag.get("code").and_then(Value::as_str) == Some(MARKED)
    })
}

/// The number of what begins with a version.
fn number(definition: &Definition, said: &Said<'_>) -> u32 {
    let Definition {
        resource_type,
        name,
        kind,
        expression,
        targets,
    } = definition;
    let targets: Vec<&str> = targets.iter().map(|it| it.as_str()).collect();
    let whole = format!(
        "{resource_type}\n{name}\n{}\n{}\n{}\n{}\n{}\n{expression}",
        kind.as_str(),
        targets.join(","),
        said.key,
        said.t,
        said.at_ms
    );
    let digest = Sha256::digest(whole);
    let mut first = [0; 4];
    first.copy_from_slice(&digest[..4]);
    FIRST | (u32::from_be_bytes(first) & (FIRST - 1))
}
