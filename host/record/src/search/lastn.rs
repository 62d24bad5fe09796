//! The newest observations of each code.
//!
//! Invariant: of no code more than asked for, and always the newest; codes that one observation shares are one.

use std::collections::HashMap;
use std::sync::Arc;

use fhir::query::{Query, Sort};
use fhir::resource::ResourceType;
use fhir::search_parameter;
use serde::Deserialize;
use serde_json::Value;

use crate::audit::NewLeaf;
use crate::caller::Caller;
use crate::log::{At, T};
use crate::permission::{self, Action};
use crate::store::row::VersionRow;
use crate::{ReadError, Record, Stored, limits};

/// The newest observations, those of one code together.
#[derive(Clone, Debug)]
pub struct Newest {
    /// The moment at which the record was read.
    pub t: T,
    /// Of each code the newest first; the code with the newest observation of all first.
    pub observations: Vec<Stored>,
}

/// Observations of one code, newest first.
type Group = Vec<Arc<VersionRow>>;

/// What of an observation says its code.
#[derive(Deserialize)]
struct Coded {
    #[serde(default)]
    code: Value,
}

impl Record {
    /// Of what the query finds, the newest `n_max` observations of each code (bounded by `limits::LASTN_MAX`); those
    /// without a date come last.
    ///
    /// # Errors
    /// `Unreadable` when there are too many to be looked at, `NoSuchMoment`, `Forbidden`, `Store`.
    pub async fn newest(
        &self,
        caller: &Caller,
        query: &Query,
        n_max: u32,
        at: &At,
    ) -> Result<Newest, ReadError> {
        let of = ResourceType::OBSERVATION;
        permission::check(caller, Action::Read, of.as_str()).map_err(|refusal| {
            ReadError::Forbidden {
                account: caller.account().to_owned(),
                what: refusal.to_string(),
            }
        })?;
        let t = self.moment(at).await?;
        let n_max = usize::try_from(n_max.clamp(1, limits::LASTN_MAX)).unwrap_or(1);
        let sort = search_parameter::find(of, "date").map(|parameter| Sort {
            parameter,
            descending: true,
        });
        let query = Query {
            sort: sort.into_iter().collect(),
            includes: Vec::new(),
            ..self.permitted(caller, query)?.into_owned()
        };
        let groups = self.grouped(&query, n_max, t).await?;
        let rows: Vec<Arc<VersionRow>> = groups.into_iter().flatten().collect();
        if rows.len() > limits::LASTN_ANSWER_MAX {
            let what = format!(
                "these are more than {} observations: ask for a `category` or `code`, or for a smaller `max`",
                limits::LASTN_ANSWER_MAX
            );
            return Err(ReadError::Unreadable { what });
        }
        let leaf = NewLeaf {
            t,
            count: i64::try_from(rows.len()).unwrap_or(i64::MAX),
            ..NewLeaf::by(caller, "lastn", crate::search::written(&query, None))
        };
        self.keep_leaf(leaf).await?;
        Ok(Newest {
            t: T(u64::try_from(t).unwrap_or(0)),
            observations: rows.iter().map(|row| Stored::of(row)).collect(),
        })
    }

    async fn grouped(&self, query: &Query, n_max: usize, t: i64) -> Result<Vec<Group>, ReadError> {
        let ready = self.ready(query, t, None).await?;
        let mut groups: Vec<Group> = Vec::new();
        let mut group_of: HashMap<String, usize> = HashMap::new();
        let (mut begin, mut looked_at) = (None, 0);
        loop {
            let turned = self.turn(query, &ready, begin, limits::PAGE_MAX).await?;
            looked_at += turned.matches.len();
            if looked_at > limits::LASTN_LOOKED_MAX {
                let what = format!(
                    "more than {} observations would have to be looked at: ask for a `category`, a `code` or a `date`",
                    limits::LASTN_LOOKED_MAX
                );
                return Err(ReadError::Unreadable { what });
            }
            for row in turned.matches {
                let codes = codes(row.body.as_deref().unwrap_or_default());
                let known = codes.iter().find_map(|code| group_of.get(code).copied());
                let group = known.unwrap_or(groups.len());
                if group == groups.len() {
                    groups.push(Vec::new());
                }
                for code in codes {
                    group_of.entry(code).or_insert(group);
                }
                if groups[group].len() < n_max {
                    groups[group].push(row);
                }
            }
            begin = turned.next;
            if begin.is_none() {
                return Ok(groups);
            }
        }
    }
}

/// What an observation's code is told from others by: each coding, or its words where there is none.
fn codes(body: &str) -> Vec<String> {
    let code = serde_json::from_str::<Coded>(body).map(|it| it.code);
    let code = code.unwrap_or_default();
    let text = |value: &Value, name: &str| {
        let text = value.get(name).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let codings = code.get("coding").and_then(Value::as_array);
    let codings: Vec<String> = codings
        .into_iter()
        .flatten()
        .filter(|coding| coding.get("code").is_some())
        .map(|coding| format!("{}|{}", text(coding, "system"), text(coding, "code")))
        .collect();
    match codings.is_empty() {
        true => vec![text(&code, "text").to_lowercase()],
        false => codings,
    }
}
