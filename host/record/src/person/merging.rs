//! A merge before it happens: what differs between the two, what would move, and the changes that it comes to.
//!
//! Invariant: whatever stands in the way is told before anything is written; what is to be moved is named with its version.

use std::collections::BTreeMap;
use std::sync::Arc;

use fhir::resource::{Key, Resource, ResourceType};
use serde_json::Value;

use super::errand::{Act, Identity, Side};
use super::event::Outline;
use super::gather::{Somebody, few_enough};
use super::rewrite;
use super::{Merge, PersonError, Planned, Seen};
use crate::audit::NewLeaf;
use crate::caller::Caller;
use crate::log::T;
use crate::matching::review::{self, Decision};
use crate::permission::{self, Action, CONFIDENTIALITY, RESTRICTED};
use crate::proposal::Change;
use crate::store::row::VersionRow;
use crate::{ReadError, Record, Stored};

/// Something that one person has once, and the two have differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Difference {
    /// The dates of birth disagree, as far as both go.
    BirthDate,
    /// The sexes disagree, where both are known.
    Gender,
    /// One is known to have died, and the other not.
    Death,
}

impl Difference {
    /// Every difference that is looked for.
    pub const ALL: [Self; 3] = [Self::BirthDate, Self::Gender, Self::Death];

    /// The word in requests and forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BirthDate => "birth-date",
            Self::Gender => "gender",
            Self::Death => "death",
        }
    }

    /// As a sentence has it.
    pub fn words(self) -> &'static str {
        match self {
            Self::BirthDate => "the date of birth",
            Self::Gender => "the sex",
            Self::Death => "whether and when the person died",
        }
    }
}

/// The two records side by side.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The commit as of which they were read.
    pub t: T,
    /// Whose record would end.
    pub source: Stored,
    /// Whose record would stand.
    pub target: Stored,
    /// How many resources of each type would move with the source.
    pub moving: BTreeMap<ResourceType, usize>,
    /// How many refer to the source from elsewhere, and would refer to the target.
    pub elsewhere: usize,
    /// How many of each type the target has.
    pub staying: BTreeMap<ResourceType, usize>,
    /// What differs that one person has once.
    pub differences: Vec<Difference>,
    /// The NHS numbers, source's first, where they differ.
    pub nhs_numbers: Option<(String, String)>,
}

/// The two persons and what has to be moved.
struct Pair {
    t: i64,
    source: Somebody,
    target: Somebody,
    own: Vec<Arc<VersionRow>>,
    elsewhere: Vec<Arc<VersionRow>>,
}

impl Record {
    /// What a merge would do, without doing it.
    ///
    /// # Errors
    /// What would refuse the merge whatever is said about it, `Forbidden`, `NotFound`, `Read`, `Store`.
    pub async fn compare(
        &self,
        caller: &Caller,
        source: &Key,
        target: &Key,
    ) -> Result<Comparison, PersonError> {
        super::may(caller, "merge the records of patients")?;
        let pair = self.pair(caller, source, target).await?;
        let standing = self.all_of(&pair.target, pair.t).await?;
        let leaf = NewLeaf {
            t: pair.t,
            count: 2,
            ..NewLeaf::by(caller, "compare", format!("{source} {target}"))
        };
        self.keep_leaf(leaf).await?;
        let (one, other) = (pair.source.body(), pair.target.body());
        Ok(Comparison {
            t: T(u64::try_from(pair.t).unwrap_or(0)),
            source: Stored::of(&pair.source.row),
            target: Stored::of(&pair.target.row),
            moving: counted(&pair.own),
            elsewhere: pair.elsewhere.len(),
            staying: counted(&standing),
            differences: differences(&one, &other),
            nhs_numbers: differing_numbers(&one, &other),
        })
    }

    /// Reads both, and refuses what no merge may join.
    async fn pair(&self, caller: &Caller, source: &Key, target: &Key) -> Result<Pair, PersonError> {
        if source == target {
            return Err(PersonError::Itself {
                who: source.clone(),
            });
        }
        readable(caller)?;
        let t = self.current_t();
        let source = self.somebody(source, t).await?;
        let target = self.somebody(target, t).await?;
        for one in [&source, &target] {
            usable(one)?;
        }
        if restricted(&source.body()) != restricted(&target.body()) {
            return Err(PersonError::Restricted {
                source_person: source.key.clone(),
                target: target.key.clone(),
            });
        }
        let own = self.all_of(&source, t).await?;
        let elsewhere = self.referring_to(&source, t).await?;
        few_enough(own.len() + elsewhere.len())?;
        Ok(Pair {
            t,
            source,
            target,
            own,
            elsewhere,
        })
    }

    /// The changes of a merge, as of now.
    pub(super) async fn merging(
        &self,
        caller: &Caller,
        wish: &Merge,
        reason: &str,
    ) -> Result<Planned, PersonError> {
        let pair = self.pair(caller, &wish.source, &wish.target).await?;
        let Pair {
            t, source, target, ..
        } = &pair;
        as_seen(wish.seen, source, target)?;
        let (one, other) = (source.body(), target.body());
        let stands = standing_number(&one, &other, wish.stands)?;
        accepted(wish, &one, &other)?;
        let (from, to) = (&source.key, &target.key);
        let mut changes = vec![
            change(
                to,
                rewrite::merged_into(other, from, &one, stands),
                target.version(),
            )?,
            change(from, rewrite::merged_away(one, to), source.version())?,
        ];
        let asked = self.asked_about(from, to, *t).await?;
        if let Some(row) = &asked {
            let body = review::answered(super::ledger::body(row), Decision::Same, reason);
            changes.push(change(&row.key, body, row.live_version())?);
        }
        let asked = asked.map(|row| row.key.clone());
        for row in pair.own.iter().chain(&pair.elsewhere) {
            if asked.as_ref() == Some(&row.key) {
                continue;
            }
            let mut body: Value = super::ledger::body(row);
            if rewrite::refer(&mut body, &from.id, &to.id) {
                changes.push(change(&row.key, body, row.live_version())?);
            }
        }
        let moved = changes.len() - 2;
        let identity = Identity {
            act: Act::Merge,
            source: from.clone(),
            target: to.clone(),
            event: Key::new(ResourceType::PROVENANCE, self.new_id()),
            stands,
            undoes: None,
        };
        let outline = Outline {
            caller,
            t: *t,
            identity,
            persons: [source, target],
            reason: Some(reason),
            evidence: wish
                .evidence
                .as_deref()
                .map(super::worded)
                .transpose()?
                .flatten(),
            message: wish.message.as_ref(),
            undone: None,
            task: None,
            moved,
        };
        self.outlined(outline, changes).await
    }
}

impl Record {
    /// The question whether these two are one person, if it was ever asked.
    async fn asked_about(
        &self,
        one: &Key,
        other: &Key,
        t: i64,
    ) -> Result<Option<Arc<VersionRow>>, PersonError> {
        let Some(query) = review::of_pair(&review::pair_of(one, other)) else {
            return Ok(None);
        };
        Ok(self.matching(&query, t, 1).await?.into_iter().next())
    }
}

/// A new version of a resource, whose author saw this one; 0: there was none.
pub(super) fn change(key: &Key, body: Value, seen: u64) -> Result<Change, PersonError> {
    let resource = Resource::from_value(body).map_err(|_| ReadError::Unreadable {
        what: format!("{key} as it is kept is no resource: run `palatine verify`"),
    })?;
    Ok(Change::Update {
        key: key.clone(),
        resource,
        seen: Some(seen),
        temporary: None,
    })
}

fn readable(caller: &Caller) -> Result<(), PersonError> {
    let of = ResourceType::PATIENT.as_str();
    permission::check(caller, Action::Read, of).map_err(|refusal| PersonError::Forbidden {
        account: caller.account().to_owned(),
        what: refusal.to_string(),
    })
}

/// Refuses who was merged already, or is not in use.
fn usable(one: &Somebody) -> Result<(), PersonError> {
    let body = one.body();
    let who = one.key.clone();
    match rewrite::merged_to(&body) {
        Some(into) => Err(PersonError::MergedAlready { who, into }),
        None if body.get("active") == Some(&Value::Bool(false)) => {
            Err(PersonError::Inactive { who })
        }
        None => Ok(()),
    }
}

fn as_seen(seen: Option<Seen>, source: &Somebody, target: &Somebody) -> Result<(), PersonError> {
    let Some(seen) = seen else {
        return Ok(());
    };
    for (one, seen) in [(source, seen.source), (target, seen.target)] {
        let current = one.version();
        if current != seen {
            let who = one.key.clone();
            return Err(PersonError::Changed { who, seen, current });
        }
    }
    Ok(())
}

fn differing_numbers(source: &Value, target: &Value) -> Option<(String, String)> {
    let one = rewrite::nhs_number_of(source)?;
    let other = rewrite::nhs_number_of(target)?;
    (one != other).then_some((one, other))
}

/// Whose NHS number stands: nobody has to say where there is one only.
fn standing_number(
    source: &Value,
    target: &Value,
    said: Option<Side>,
) -> Result<Option<Side>, PersonError> {
    match (differing_numbers(source, target), said) {
        (None, _) => Ok(None),
        (Some(_), Some(side)) => Ok(Some(side)),
        (Some((source_number, target_number)), None) => Err(PersonError::NhsNumbersDiffer {
            source_number,
            target_number,
        }),
    }
}

/// Whoever wishes to merge has seen how the two differ.
fn accepted(wish: &Merge, source: &Value, target: &Value) -> Result<(), PersonError> {
    let mut differences = differences(source, target);
    differences.retain(|it| !wish.accepted.contains(it));
    match differences.is_empty() {
        true => Ok(()),
        false => Err(PersonError::Differ { differences }),
    }
}

fn differences(source: &Value, target: &Value) -> Vec<Difference> {
    let text = |of: &Value, name: &str| Some(of.get(name)?.as_str()?.to_owned());
    let both = |name: &str| text(source, name).zip(text(target, name));
    let differs = |it: &Difference| match it {
        Difference::BirthDate => both("birthDate")
            .is_some_and(|(one, other)| !one.starts_with(&other) && !other.starts_with(&one)),
        Difference::Gender => {
            let known =
                both("gender").filter(|(one, other)| one != "unknown" && other != "unknown");
            known.is_some_and(|(one, other)| one != other)
        }
        Difference::Death => died(source) != died(target),
    };
    Difference::ALL.into_iter().filter(differs).collect()
}

/// Whether somebody is known to have died, and on which day.
fn died(patient: &Value) -> Option<String> {
    let day = patient.get("deceasedDateTime").and_then(Value::as_str);
    let said = patient.get("deceasedBoolean") == Some(&Value::Bool(true));
    day.map(|day| day.chars().take(10).collect())
        .or(said.then(String::new))
}

fn restricted(patient: &Value) -> bool {
    let labels = patient.get("meta").and_then(|meta| meta.get("security"));
    let labels = labels.and_then(Value::as_array);
    labels.into_iter().flatten().any(|label| {
        let text = |name: &str| label.get(name).and_then(Value::as_str);
        text("system") == Some(CONFIDENTIALITY)
            && text("code").is_some_and(|code| RESTRICTED.contains(&code))
    })
}

fn counted(rows: &[Arc<VersionRow>]) -> BTreeMap<ResourceType, usize> {
    let mut counts = BTreeMap::new();
    for row in rows {
        *counts.entry(row.key.resource_type).or_default() += 1;
    }
    counts
}
