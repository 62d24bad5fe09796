//! Which changes of the log are events for a departmental: told from what was written, or, where a condition needs more
//! than the resource, by a search.
//!
//! Invariant: a change is judged as its commit wrote it, whatever has happened since.

use std::fmt::Display;

use fhir::query::Query;
use fhir::resource::Resource;

use super::call::action;
use super::event::{ACCOUNT, Reactor};
use super::place::Place;
use crate::departmental::Release;
use crate::departmental::manifest::WriteAction;
use crate::log::{At, ChangeEntry, CommitEntry};
use crate::search::Page;
use crate::{ReadError, Record};

/// What a departmental asks to be told.
pub(super) struct Wanted {
    on: Vec<WriteAction>,
    query: Query,
}

/// A change of a type and kind that a departmental asks to be told, at its site.
#[derive(Clone, Copy)]
pub(super) struct Candidate<'a> {
    pub(super) entry: &'a CommitEntry,
    /// Which change of the commit.
    pub(super) index: usize,
    pub(super) change: &'a ChangeEntry,
}

/// The conditions of a release's reactions.
pub(super) fn wanted(release: &Release) -> Result<Vec<Wanted>, ReadError> {
    let reactions = release.manifest.reactions.iter();
    let each = reactions.map(|reaction| {
        let query = reaction.query().map_err(unreadable)?;
        let on = reaction.on.clone();
        Ok(Wanted { on, query })
    });
    each.collect()
}

fn unreadable(why: impl Display) -> ReadError {
    ReadError::Unreadable {
        what: why.to_string(),
    }
}

impl Reactor {
    /// The changes from a place on that may be events.
    pub(super) fn candidates<'a>(
        &self,
        entries: &'a [CommitEntry],
        from: Place,
    ) -> Vec<Candidate<'a>> {
        let ours = entries.iter().filter(|entry| {
            let is_reaction = entry.account == ACCOUNT && entry.departmental.is_none();
            // A merge tells nothing new: what it moves was reacted to when it was written.
            let is_news = entry.identity.is_none();
            entry.site == self.enablement.site.as_str() && !is_reaction && is_news
        });
        let each = ours.flat_map(|entry| {
            let done = match entry.t == from.t {
                true => usize::from(from.done),
                false => 0,
            };
            let changes = entry.changes.iter().enumerate().skip(done);
            changes.map(move |(index, change)| Candidate {
                entry,
                index,
                change,
            })
        });
        each.filter(|it| self.wanting(it.change).next().is_some())
            .collect()
    }

    /// What asks for changes like this one.
    fn wanting<'r>(&'r self, change: &'r ChangeEntry) -> impl Iterator<Item = &'r Wanted> {
        let of = change.key.resource_type;
        let done = action(change.what);
        self.wanted.iter().filter(move |wanted| {
            wanted.query.resource_type == of && done.is_some_and(|done| wanted.on.contains(&done))
        })
    }
}

impl Record {
    /// Whether a change is an event, given the resource as the change left it.
    pub(super) async fn is_event(
        &self,
        reactor: &Reactor,
        candidate: &Candidate<'_>,
        resource: &Resource,
    ) -> Result<bool, ReadError> {
        let key = &candidate.change.key;
        for wanted in reactor.wanting(candidate.change) {
            let matches = match wanted.query.is_of_resource_alone() {
                true => wanted.query.holds(resource),
                false => {
                    let by_id = [("_id".to_owned(), key.id.as_str().to_owned())];
                    let this = Query::parse(key.resource_type, &by_id).map_err(unreadable)?;
                    let mut query = wanted.query.clone();
                    query.clauses.extend(this.clauses);
                    let page = Page::First(At::Commit(candidate.entry.t));
                    let found = self.search(&reactor.caller, &query, &page).await?;
                    found.matches.iter().any(|stored| stored.key == *key)
                }
            };
            if matches {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
