//! One look along the log: which changes are events for a departmental, a bounded number of them after the other.
//!
//! Invariant: a change that is no event has no effect; an event's effect and the place behind it are kept together.

use std::sync::Arc;

use fhir::compartment;
use fhir::resource::{Id, Key, Resource};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesOrdered;
use tokio::sync::Semaphore;

use super::matching::{self, Candidate, Wanted};
use super::park::is_parked;
use super::place::Place;
use super::{Held, Looked, Stuck, Whose, cursor_name, from_after};
use crate::caller::{Caller, Role};
use crate::departmental::Release;
use crate::enablement::Enablement;
use crate::lease::Lease;
use crate::limits::{REACTION_ADVANCE, REACTION_PAGE};
use crate::log::{ChangeEntry, CommitEntry, T};
use crate::proposal::{Basis, CursorMove, Proposal};
use crate::{Kind, ReadError, Record};

/// The account under which reactions are audited; no commit under it is an event, unless a departmental proposed it.
pub(super) const ACCOUNT: &str = "reactions";

/// What a look needs of who looks.
pub(super) struct Reactor {
    pub(super) enablement: Enablement,
    pub(super) wanted: Vec<Wanted>,
    pub(super) release: Arc<Release>,
    pub(super) caller: Caller,
    /// Under which everything is kept that moves its cursor.
    pub(super) lease: Option<Lease>,
}

impl Reactor {
    pub(super) fn of(
        enablement: Enablement,
        release: Arc<Release>,
        lease: Option<Lease>,
    ) -> Result<Self, ReadError> {
        let site = enablement.site.clone();
        let name = "Reactions".to_owned();
        Ok(Self {
            wanted: matching::wanted(&release)?,
            caller: Caller::authenticated(ACCOUNT.to_owned(), name, Role::Reaction, site),
            enablement,
            release,
            lease,
        })
    }
}

/// A change that a departmental is to be asked about.
pub(super) struct Event<'a> {
    pub(super) entry: &'a CommitEntry,
    pub(super) index: usize,
    pub(super) change: &'a ChangeEntry,
    pub(super) resource: Resource,
    pub(super) patient: Option<Id>,
}

impl Record {
    /// Looks at the next page of the log for one departmental at one site, and has it react to what is there.
    pub(super) async fn look(
        &self,
        whose: &Whose,
        lease: &Lease,
        held: &mut Option<Held>,
        turns: &Semaphore,
    ) -> Result<Looked, Stuck> {
        let Some(enablement) = self.enablement_of(whose).await? else {
            return Ok(Looked::Off);
        };
        if let Some(why) = &enablement.held_back {
            return Err(Stuck::NotAsked(format!("it is held back: {why}")));
        }
        let release = self.release(&enablement.digest).await?;
        if release.manifest.reactions.is_empty() {
            return Ok(Looked::Off);
        }
        let reactor = Reactor::of(enablement, release, Some(lease.clone()))?;
        let mut place = match *held {
            Some(held) => held,
            None => self.held(whose).await?,
        };
        *held = None;
        let current = self.current();
        let before = T(place.now.t.0.saturating_sub(1));
        let entries = self.commits_after(before, REACTION_PAGE).await?;
        let Some(last) = entries.last() else {
            *held = Some(place);
            return Ok(Looked::Idle(current));
        };
        let mut handled = 0;
        let mut candidates = reactor.candidates(&entries, place.now);
        while !candidates.is_empty() {
            let later = candidates.split_off(candidates.len().min(place.at_once));
            let matching = self.matching_of(&reactor, &candidates, last.t).await?;
            let events = self.readable(&reactor, matching).await?;
            handled += self.handle(&reactor, &mut place, events, turns).await?;
            candidates = later;
        }
        place.now = Place::after(last.t);
        self.keep_up(&reactor, whose, &mut place).await?;
        *held = Some(place);
        Ok(Looked::On(handled))
    }

    async fn held(&self, whose: &Whose) -> Result<Held, Stuck> {
        let kept = self.cursor(&cursor_name(&whose.0, &whose.1)).await?;
        // `enable` sets the cursor; without one, nothing before now is an event.
        let now = Place::of_cursor(kept.unwrap_or_else(|| from_after(self.current())));
        let at_once = 1;
        Ok(Held { kept, now, at_once })
    }

    /// Moves the cursor over commits that needed nothing, now and then.
    async fn keep_up(
        &self,
        reactor: &Reactor,
        whose: &Whose,
        place: &mut Held,
    ) -> Result<(), Stuck> {
        let kept_t = place.kept.map_or(0, |kept| Place::of_cursor(kept).t.0);
        if place.now.t.0.saturating_sub(kept_t) < REACTION_ADVANCE {
            return Ok(());
        }
        let to = place.now.as_cursor();
        let cursor = Some(CursorMove {
            name: cursor_name(&whose.0, &whose.1),
            from: place.kept,
            to: Some(to),
            under: reactor.lease.clone(),
        });
        let proposal = Proposal {
            changes: Vec::new(),
            basis: Basis::Direct,
            message: None,
            cursor,
        };
        self.commit_granted(&reactor.caller, proposal).await?;
        place.kept = Some(to);
        Ok(())
    }

    /// The events among changes that were known by commit `t`, each with the resource as the change left it.
    async fn matching_of<'a>(
        &self,
        reactor: &Reactor,
        candidates: &[Candidate<'a>],
        t: T,
    ) -> Result<Vec<(Candidate<'a>, Resource)>, ReadError> {
        let t = i64::try_from(t.0).unwrap_or(i64::MAX);
        let keys: Vec<Key> = candidates.iter().map(|it| it.change.key.clone()).collect();
        let standing = self.standing_of(&keys, t).await?;
        let mut matching = Vec::new();
        for (candidate, row) in candidates.iter().zip(standing) {
            let ChangeEntry { key, version, .. } = candidate.change;
            let row = match row {
                Some(row) if u64::try_from(row.version) == Ok(*version) => Some(row),
                // Written again since.
                Some(_) | None => self.version_of(key, *version, t).await?.map(Arc::new),
            };
            let body = row.as_ref().and_then(|row| row.body.as_deref());
            let Some(resource) = body.and_then(|body| Resource::parse(body.as_bytes()).ok()) else {
                continue;
            };
            if is_parked(resource.value()) {
                continue;
            }
            if self.is_event(reactor, candidate, &resource).await? {
                matching.push((*candidate, resource));
            }
        }
        Ok(matching)
    }

    /// The events whose resources the departmental may read.
    async fn readable<'a>(
        &self,
        reactor: &Reactor,
        matching: Vec<(Candidate<'a>, Resource)>,
    ) -> Result<Vec<Event<'a>>, ReadError> {
        let mut reading = FuturesOrdered::new();
        for (candidate, resource) in matching {
            reading.push_back(self.event(reactor, candidate, resource));
        }
        let mut events = Vec::with_capacity(reading.len());
        while let Some(event) = reading.next().await {
            events.extend(event?);
        }
        Ok(events)
    }

    /// An event with its resource, whose reading is audited; none where the departmental may not read it.
    pub(super) async fn event<'a>(
        &self,
        reactor: &Reactor,
        candidate: Candidate<'a>,
        resource: Resource,
    ) -> Result<Option<Event<'a>>, ReadError> {
        let Candidate {
            entry,
            index,
            change,
        } = candidate;
        let read = self.vread_at_hand(&reactor.caller, &change.key, change.version);
        match read.await {
            Ok(()) => {}
            Err(error) if error.kind() == Kind::Forbidden => return Ok(None),
            Err(error) => return Err(error),
        }
        Ok(Some(Event {
            patient: compartment::patient_of(&resource),
            entry,
            index,
            change,
            resource,
        }))
    }
}
