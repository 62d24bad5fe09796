//! Every body: that it parses, is what its row says, and is found by exactly the index rows that follow from it.
//!
//! Invariant: what is expected of the indexes is drawn from the bodies alone, version by version, as the committer did it.

use std::collections::{HashMap, HashSet};

use fhir::resource::{Key, Resource};
use fhir::search_parameter::SearchParameter;

use super::added::Added;
use super::compare::{self, Differing, Side, Sums};
use super::{RESTORE, Verifying};
use crate::clock::rfc3339;
use crate::index::span::{Drawn, spans};
use crate::index::{Entries, Number};
use crate::limits;
use crate::store::StoreError;
use crate::store::row::{CREATED, DELETED, Found, UPDATED, VersionRow};
use crate::store::scan::{KeptBody, KeptVersion, Rows, Span};

/// Resources taken at once, so that what they refer to is looked up together.
const RESOURCES_AT_ONCE: usize = 256;

const REINDEX: &str = "restore the newest backup that passes `palatine verify`; searches by this value are wrong until then";

/// One resource's versions, in order.
struct History {
    r: i64,
    rows: Vec<KeptVersion>,
}

/// Reads histories, some at a time.
struct Histories {
    rows: Rows<KeptVersion>,
    next: Option<KeptVersion>,
}

/// Numbers by key, as many as fit; they never change.
#[derive(Default)]
struct Numbers {
    known: HashMap<Key, Number>,
}

impl Histories {
    async fn of(mut rows: Rows<KeptVersion>) -> Result<Self, StoreError> {
        let next = rows.next().await?;
        Ok(Self { rows, next })
    }

    async fn some(&mut self) -> Result<Vec<History>, StoreError> {
        let mut some: Vec<History> = Vec::new();
        while let Some(row) = self.next.take() {
            let taken = some.len();
            match some.last_mut().filter(|history| history.r == row.r) {
                Some(history) => history.rows.push(row),
                None if taken == RESOURCES_AT_ONCE => {
                    self.next = Some(row);
                    return Ok(some);
                }
                None => some.push(History {
                    r: row.r,
                    rows: vec![row],
                }),
            }
            self.next = self.rows.next().await?;
        }
        Ok(some)
    }
}

impl Verifying<'_> {
    /// Checks every body, and the indexes against all of them.
    pub(super) async fn indexes(&mut self) -> Result<(), StoreError> {
        let mut added = self.added().await?;
        let mut sums = Sums::new();
        let mut numbers = Numbers::default();
        let mut histories = Histories::of(self.scan.histories(&self.upto)).await?;
        let mut done = 0;
        loop {
            let some = histories.some().await?;
            if some.is_empty() {
                break;
            }
            let drawn: Vec<Vec<Drawn>> = some
                .iter()
                .map(|one| {
                    self.bodies(one);
                    drawn(one, added.parameters())
                })
                .collect();
            self.look_up(&mut numbers, &drawn).await?;
            for history in drawn {
                self.compartments(&numbers, &history);
                spans(&numbers.known, &history, |span| {
                    if added.counts(&span) {
                        sums.take(Side::Expected, &compare::of_index(&span));
                    }
                });
                done += u64::try_from(history.len()).unwrap_or(0);
            }
            self.tell(
                "bodies",
                done / limits::PROGRESS_ROWS * limits::PROGRESS_ROWS,
                Some(self.upto.v),
            );
        }
        let mut rows = self.scan.index(&self.upto);
        while let Some(span) = rows.next().await? {
            if added.counts_kept(&span) {
                sums.take(Side::Kept, &compare::of_index(&span));
            }
            self.tell("indexes", sums.kept(), None);
        }
        self.verdict.index_rows = sums.kept();
        self.strangers(&added).await?;
        match sums.differing() {
            None => Ok(()),
            Some(differing) => self.which(differing, &mut numbers, &added).await,
        }
    }

    /// Reads the parts of the indexes that differ again, and tells which rows.
    async fn which(
        &mut self,
        mut differing: Differing,
        numbers: &mut Numbers,
        added: &Added,
    ) -> Result<(), StoreError> {
        let mut histories = Histories::of(self.scan.histories(&self.upto)).await?;
        loop {
            let mut some = histories.some().await?;
            if some.is_empty() {
                break;
            }
            some.retain(|one| differing.concerns(one.r));
            let drawn: Vec<Vec<Drawn>> = some
                .iter()
                .map(|one| drawn(one, added.parameters()))
                .collect();
            self.look_up(numbers, &drawn).await?;
            for history in &drawn {
                spans(&numbers.known, history, |span| {
                    if !added.counts(&span) {
                        return;
                    }
                    let item = compare::of_index(&span);
                    let _ = differing.take(Side::Expected, &item, || words(&span));
                });
            }
        }
        let mut rows = self.scan.index(&self.upto);
        while let Some(span) = rows.next().await? {
            if added.counts(&span) && differing.concerns(span.row.r) {
                let item = compare::of_index(&span);
                let _ = differing.take(Side::Kept, &item, || words(&span));
            }
        }
        for (side, row) in differing.left() {
            let at = format!("resource {}: {}", row.r, row.words);
            match side {
                Side::Expected => {
                    self.found(
                        "an index row is missing that the body asks for",
                        at,
                        REINDEX,
                    );
                }
                Side::Kept => self.found("an index row follows from no body", at, REINDEX),
            }
        }
        Ok(())
    }

    /// Looks up what these versions refer to.
    async fn look_up(
        &mut self,
        numbers: &mut Numbers,
        drawn: &[Vec<Drawn>],
    ) -> Result<(), StoreError> {
        if numbers.known.len() > limits::VERIFY_NUMBERS_MAX {
            numbers.known.clear();
        }
        let entries = drawn
            .iter()
            .flatten()
            .filter_map(|one| one.entries.as_ref());
        let wanted: HashSet<&Key> = entries
            .flat_map(Entries::keys)
            .filter(|key| !numbers.known.contains_key(*key))
            .collect();
        let wanted: Vec<Key> = wanted.into_iter().cloned().collect();
        for keys in wanted.chunks(limits::VERIFY_KEYS_AT_ONCE) {
            let found = self.scan.find(keys.to_vec()).await?;
            for (key, r) in keys.iter().zip(found) {
                if let Some(r) = r {
                    numbers.known.insert(key.clone(), Number::Known(r));
                }
            }
        }
        Ok(())
    }

    /// Checks a resource's versions one after the other.
    fn bodies(&mut self, history: &History) {
        let mut version = 0;
        let mut alive = false;
        let mut t = 0;
        let mut place = None;
        for row in &history.rows {
            if place.is_some_and(|place| !self.events.lets_move(row.t, place, row.compartment)) {
                let what = "an identity event moved what is recorded of somebody else";
                self.found(
                    what,
                    format!("{} version {}", name(row), row.version),
                    RESTORE,
                );
            }
            place = Some(row.compartment);
            let at = || format!("{} version {}", name(row), row.version);
            version += 1;
            if row.version != version || row.t <= t {
                let what = format!("version {version} of a resource is missing or out of order");
                self.found(what, at(), RESTORE);
                version = row.version;
            }
            t = row.t;
            let says = match (row.what, alive) {
                (CREATED, false) | (UPDATED | DELETED, true) => Ok(row.what != DELETED),
                (CREATED, true) => Err("it is created while it stands"),
                (UPDATED | DELETED, false) => Err("it changes or ends while it does not stand"),
                (_, _) => Err("it says nothing known"),
            };
            match says {
                Ok(stands) => alive = stands,
                Err(why) => {
                    self.found(format!("a version does not follow: {why}"), at(), RESTORE);
                    alive = row.what != DELETED;
                }
            }
            if let Err(what) = agrees(row) {
                self.found(what, at(), RESTORE);
            }
        }
    }

    /// Whether each version lies in the compartment that its body names.
    fn compartments(&mut self, numbers: &Numbers, history: &[Drawn]) {
        for one in history {
            let Some(entries) = &one.entries else {
                continue;
            };
            let place = entries.indexed(&numbers.known).place;
            let due = place.compartment(one.r, &[]);
            if due != one.compartment {
                let what = format!(
                    "a version lies in compartment {}, and its body belongs to {due}",
                    one.compartment
                );
                self.found(
                    what,
                    format!("resource {}, commit {}", one.r, one.t),
                    RESTORE,
                );
            }
        }
    }
}

/// The key of a row, or what there is of it.
fn name(row: &KeptVersion) -> String {
    VersionRow::key_of(row.r, &row.id).map_or_else(
        || format!("resource {} (id {})", row.r, row.id),
        |key| key.to_string(),
    )
}

/// Whether a body says of itself what its row says.
fn agrees(row: &KeptVersion) -> Result<(), String> {
    let json = match (&row.body, row.what) {
        (KeptBody::Json(json), CREATED | UPDATED) => json,
        (KeptBody::None, DELETED) => return Ok(()),
        (KeptBody::Unreadable, _) => {
            return Err("the body is in no form that this program knows".to_owned());
        }
        (KeptBody::Json(_), _) => {
            return Err("a version that ends a resource has a body".to_owned());
        }
        (KeptBody::None, _) => return Err("the body is missing".to_owned()),
    };
    let resource = Resource::parse(json.as_bytes())
        .map_err(|why| format!("the body cannot be read: {why}"))?;
    let key = VersionRow::key_of(row.r, &row.id);
    if key.is_none() || resource.key() != key {
        return Err("the body is another resource's".to_owned());
    }
    if resource.version_id() != Some(row.version.to_string().as_str()) {
        return Err("the body says another meta.versionId".to_owned());
    }
    if resource.last_updated() != Some(rfc3339(row.at_ms).as_str()) {
        return Err("the body says another meta.lastUpdated than its commit".to_owned());
    }
    Ok(())
}

/// What each version of a resource is found by; an unreadable one by nothing.
fn drawn(history: &History, added: &[&'static SearchParameter]) -> Vec<Drawn> {
    let each = history.rows.iter().map(|row| {
        let entries = match &row.body {
            KeptBody::Json(json) => Resource::parse(json.as_bytes())
                .ok()
                .map(|resource| Entries::of(&resource, added)),
            KeptBody::None | KeptBody::Unreadable => None,
        };
        Drawn {
            t: row.t,
            r: row.r,
            entries,
            compartment: row.compartment,
        }
    });
    each.collect()
}

/// An index row in words.
fn words(span: &Span) -> String {
    let parameter = u32::try_from(span.row.parameter)
        .ok()
        .map(fhir::search_parameter::ParameterCode::from_number)
        .and_then(fhir::search_parameter::by_code)
        .map_or_else(
            || format!("parameter {}", span.row.parameter),
            |parameter| format!("`{}` of {}", parameter.name, parameter.resource_type),
        );
    let value = match &span.row.found {
        Found::Term { value, system } => format!("term {value:x} of system {system:x}"),
        // The text itself may be a person's name.
        Found::Text(text) => format!("a text of {} bytes", text.len()),
        Found::Date { low, high, .. } => format!("from {} until {}", rfc3339(*low), rfc3339(*high)),
        Found::Amount { low, high, .. } => format!("an amount from {low} to {high}"),
    };
    let until = span
        .to_t
        .map_or_else(String::new, |to_t| format!(" until commit {to_t}"));
    format!("{parameter}, {value}, from commit {}{until}", span.from_t)
}
