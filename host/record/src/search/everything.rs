//! Everything about one patient, about one encounter, or about every patient: what lies in the compartment, and what of
//! nobody's it refers to.
//!
//! Invariant: all pages are read at one `t`; nothing of another patient and no type that the caller may not read is in
//! them; each resource of the compartment is on exactly one page.

mod care;
mod reach;

use std::sync::Arc;

use fhir::resource::{Id, Key, ResourceType};

use crate::audit::NewLeaf;
use crate::caller::Caller;
use crate::clock::from_rfc3339;
use crate::log::{At, T};
use crate::permission::{self, Action};
use crate::search::cursor::{self, Point};
use crate::store::plan::{Arm, Order, Plan};
use crate::store::row::{TYPE_SHIFT, VersionRow};
use crate::{ReadError, Record, Stored, limits};

/// About whom or what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// One patient.
    Patient(Id),
    /// Every patient of the record.
    EveryPatient,
    /// One encounter.
    Encounter(Id),
}

/// What of it.
#[derive(Clone, Debug)]
pub struct Ask {
    /// About whom or what.
    pub about: About,
    /// As of when.
    pub at: At,
    /// Only care that was not over before this moment, in milliseconds since 1970. What has no date stays.
    pub from_ms: Option<i64>,
    /// Only care that began before this moment.
    pub until_ms: Option<i64>,
    /// Only what was committed at or after this RFC 3339 moment.
    pub since: Option<String>,
    /// Only these types; empty for all that the caller may read.
    pub types: Vec<ResourceType>,
    /// How many of the compartment a page may have; bounded by `limits::EVERYTHING_PAGE_MAX`, which is also the default.
    pub n_max: Option<u32>,
    /// The page's cursor, as the page before gave it.
    pub page: Option<String>,
}

/// One page of everything.
#[derive(Clone, Debug)]
pub struct Everything {
    /// The moment at which the record was read; following pages keep it.
    pub t: T,
    /// What lies in the compartment, the patient or encounter itself first.
    pub matches: Vec<Stored>,
    /// What of nobody's compartment these refer to.
    pub included: Vec<Stored>,
    /// The cursor of the next page; `None`: this was the last.
    pub next: Option<String>,
}

/// Where the numbers of the compartment's resources come from, in order.
enum Source {
    /// A patient's compartment, or all of them.
    Compartment(Option<i64>),
    /// They are known already.
    Known(Vec<i64>),
}

/// One page being filled.
struct Filling<'a> {
    ask: &'a Ask,
    caller: &'a Caller,
    t: i64,
    since_ms: i64,
    wanted: usize,
    /// The resource that it is all about, which comes first and not again.
    first: Option<i64>,
    rows: Vec<Arc<VersionRow>>,
    bytes: usize,
    looked_at: usize,
}

/// Whether a page can take more.
#[derive(PartialEq, Eq)]
enum Room {
    Left,
    /// The page ends before this resource.
    Full,
}

impl Record {
    /// A page of everything about somebody.
    ///
    /// # Errors
    /// `NotFound` and `Gone` for the patient or encounter, `NoSuchMoment`, `Forbidden` (also for a type named in `types`),
    /// `Unreadable` for a cursor that is not of this question or too much to be included, `Store`.
    pub async fn everything(&self, caller: &Caller, ask: &Ask) -> Result<Everything, ReadError> {
        let about = permitted(caller, ask)?;
        let written = written(ask, &about);
        let stands_for = cursor::of_query(&written, caller.account());
        let begin = ask.page.as_ref();
        let begin = begin
            .map(|text| self.secret().read(text, stands_for))
            .transpose()?;
        let t = match begin {
            Some(point) => point.t,
            None => self.moment(&ask.at).await?,
        };
        let since_ms = since(ask)?;
        let first = self.first(&ask.about, t).await;
        let n_max = ask.n_max.unwrap_or(limits::EVERYTHING_PAGE_MAX);
        let n_max = n_max.clamp(1, limits::EVERYTHING_PAGE_MAX);
        let mut filling = Filling {
            ask,
            caller,
            t,
            since_ms,
            wanted: usize::try_from(n_max).unwrap_or(usize::MAX),
            first: None,
            rows: Vec::new(),
            bytes: 0,
            looked_at: 0,
        };
        let found = match first {
            Ok(first) => self.fill(&mut filling, first, begin).await,
            Err(why) => Err(why),
        };
        let (next, included) = match found {
            Ok(next) => (next, self.referred_to(&filling).await?),
            Err(why) => {
                // Who asks for what is not there is written down, too.
                self.keep_leaf(NewLeaf {
                    t,
                    ..NewLeaf::by(caller, "everything", about)
                })
                .await?;
                return Err(why);
            }
        };
        let count = filling.rows.len() + included.len();
        let leaf = NewLeaf {
            t,
            count: i64::try_from(count).unwrap_or(i64::MAX),
            ..NewLeaf::by(caller, "everything", about)
        };
        self.keep_leaf(leaf).await?;
        Ok(Everything {
            t: T(u64::try_from(t).unwrap_or(0)),
            matches: filling.rows.iter().map(|row| Stored::of(row)).collect(),
            included: included.iter().map(|row| Stored::of(row)).collect(),
            next: next.map(|point| self.secret().written(point, stands_for)),
        })
    }

    /// The patient or encounter itself, as it stood.
    async fn first(&self, about: &About, t: i64) -> Result<Option<Arc<VersionRow>>, ReadError> {
        let key = match about {
            About::EveryPatient => return Ok(None),
            About::Patient(id) => Key::new(ResourceType::PATIENT, id.clone()),
            About::Encounter(id) => Key::new(ResourceType::ENCOUNTER, id.clone()),
        };
        let row = self.standing_of(std::slice::from_ref(&key), t).await?;
        match row.into_iter().next().flatten() {
            None => Err(ReadError::NotFound {
                what: key.to_string(),
            }),
            Some(row) if row.body.is_none() => Err(ReadError::Gone {
                key,
                t: T(u64::try_from(row.t).unwrap_or(0)),
            }),
            Some(row) => Ok(Some(row)),
        }
    }

    /// Fills a page; where the next one begins.
    async fn fill(
        &self,
        filling: &mut Filling<'_>,
        first: Option<Arc<VersionRow>>,
        begin: Option<Point>,
    ) -> Result<Option<Point>, ReadError> {
        let (ask, t) = (filling.ask, filling.t);
        let source = match (&ask.about, &first) {
            (About::Encounter(_), Some(row)) => Source::Known(
                self.of_encounter(filling.caller, &ask.types, &row.key, t)
                    .await?,
            ),
            (About::Patient(_) | About::Encounter(_) | About::EveryPatient, row) => {
                Source::Compartment(row.as_ref().map(|row| row.compartment))
            }
        };
        filling.first = first.as_ref().map(|row| row.r);
        let mut after = begin.map_or(-1, |point| point.r);
        if let (None, Some(row)) = (begin, first) {
            filling.add(row);
        }
        for (low, high) in ranges(&ask.types) {
            loop {
                let from = after.max(low - 1);
                let numbers = self.numbers_after(&source, (from, high), t).await?;
                let is_last = numbers.len() < limits::EVERYTHING_CHUNK;
                for (r, version) in numbers.iter().zip(self.versions_at(&numbers, t).await?) {
                    if version.is_some_and(|version| filling.offer(version) == Room::Full) {
                        let r = after;
                        return Ok(Some(Point {
                            t,
                            phase: 0,
                            key: 0,
                            r,
                        }));
                    }
                    after = *r;
                }
                if is_last {
                    break;
                }
            }
        }
        Ok(None)
    }

    /// The next numbers of the compartment, from behind the first until before the second.
    async fn numbers_after(
        &self,
        source: &Source,
        (from, high): (i64, i64),
        t: i64,
    ) -> Result<Vec<i64>, ReadError> {
        let compartment = match source {
            Source::Known(numbers) => {
                let begin = numbers.partition_point(|r| *r <= from);
                let rest = numbers.iter().skip(begin).copied();
                let rest = rest.take_while(|r| *r < high);
                return Ok(rest.take(limits::EVERYTHING_CHUNK).collect());
            }
            Source::Compartment(compartment) => *compartment,
        };
        let plan = Plan {
            t,
            r_low: from + 1,
            r_high: high,
            arms: vec![Arm {
                compartment,
                ..Arm::default()
            }],
            order: Order::Place,
            after: None,
            n_max: u32::try_from(limits::EVERYTHING_CHUNK).unwrap_or(u32::MAX),
        };
        let rows = self.store().search(plan).await?;
        Ok(rows.into_iter().map(|(_, r)| r).collect())
    }
}

impl Filling<'_> {
    /// Adds the resource that it is all about.
    fn add(&mut self, row: Arc<VersionRow>) {
        if self.keeps(&row) {
            self.bytes += row.body.as_deref().map_or(0, str::len);
            self.rows.push(row);
        }
    }

    /// Takes a resource, if it is asked for and there is room.
    fn offer(&mut self, row: Arc<VersionRow>) -> Room {
        if self.looked_at >= limits::EVERYTHING_LOOKED_MAX {
            return Room::Full;
        }
        self.looked_at += 1;
        if Some(row.r) == self.first || row.compartment <= 0 || !self.keeps(&row) {
            return Room::Left;
        }
        let bytes = self.bytes + row.body.as_deref().map_or(0, str::len);
        let is_full = self.rows.len() >= self.wanted || bytes > limits::EVERYTHING_BYTES_MAX;
        if is_full && !self.rows.is_empty() {
            return Room::Full;
        }
        self.bytes = bytes;
        self.rows.push(row);
        Room::Left
    }

    fn keeps(&self, row: &VersionRow) -> bool {
        let of = row.key.resource_type;
        let is_asked = self.ask.types.is_empty() || self.ask.types.contains(&of);
        is_asked
            && row.body.is_some()
            && row.at_ms >= self.since_ms
            && permission::allows(self.caller.role(), Action::Read, of.as_str())
            && care::is_within(row, self.ask.from_ms, self.ask.until_ms)
    }
}

/// The earliest commit time asked for, in milliseconds since 1970.
fn since(ask: &Ask) -> Result<i64, ReadError> {
    let Some(text) = &ask.since else {
        return Ok(i64::MIN);
    };
    from_rfc3339(text).ok_or_else(|| ReadError::NoSuchMoment {
        at: text.chars().take(40).collect(),
        why: "write a moment such as 2026-11-22T09:30:00Z".to_owned(),
    })
}

/// The numbers that resources of these types have; of every type when there are none.
fn ranges(types: &[ResourceType]) -> Vec<(i64, i64)> {
    if types.is_empty() {
        return vec![(0, i64::MAX)];
    }
    let numbers = types.iter().map(|of| i64::from(of.number()));
    let mut ranges: Vec<(i64, i64)> = numbers
        .map(|first| (first << TYPE_SHIFT, (first + 1) << TYPE_SHIFT))
        .collect();
    ranges.sort_unstable();
    ranges.dedup();
    ranges
}

/// What the question is about, if the caller may ask it.
fn permitted(caller: &Caller, ask: &Ask) -> Result<String, ReadError> {
    let (of, about) = match &ask.about {
        About::Patient(id) => (ResourceType::PATIENT, format!("Patient/{id}")),
        About::EveryPatient => (ResourceType::PATIENT, "every Patient".to_owned()),
        About::Encounter(id) => (ResourceType::ENCOUNTER, format!("Encounter/{id}")),
    };
    for of in std::iter::once(&of).chain(&ask.types) {
        permission::check(caller, Action::Read, of.as_str()).map_err(|refusal| {
            ReadError::Forbidden {
                account: caller.account().to_owned(),
                what: refusal.to_string(),
            }
        })?;
    }
    Ok(about)
}

/// The question without its page, as a cursor stands for it.
fn written(ask: &Ask, about: &str) -> String {
    format!(
        "everything of {about} from {:?} until {:?} since {:?} types {:?}",
        ask.from_ms, ask.until_ms, ask.since, ask.types
    )
}
