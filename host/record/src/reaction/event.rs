//! One look along the log: which changes are events for a departmental, what it answers, and the commit of that.
//!
//! Invariant: a change that is no event has no effect; an event's effect and the place behind it are kept together.

use std::sync::Arc;

use fhir::compartment;
use fhir::resource::{Id, Key, Resource};
use tokio::sync::Semaphore;

use super::attempt::Tried;
use super::call::depth;
use super::matching::{self, Candidate, Wanted};
use super::place::Place;
use super::{Held, Looked, Stuck, Whose, back_off, cursor_name, from_after};
use crate::caller::{Caller, Role};
use crate::departmental::Release;
use crate::enablement::Enablement;
use crate::lease::Lease;
use crate::limits::{
    REACTION_ADVANCE, REACTION_BODIES, REACTION_DEPTH_MAX, REACTION_PAGE, REACTION_TRIES_MAX,
};
use crate::log::{ChangeEntry, CommitEntry, T};
use crate::proposal::{Basis, CursorMove, Proposal};
use crate::{Kind, ReadError, Record, Stored};

/// The account under which reactions are audited; no commit under it is an event, unless a departmental proposed it.
pub(super) const ACCOUNT: &str = "reactions";

/// What a look needs of who looks.
pub(super) struct Reactor {
    pub(super) enablement: Enablement,
    pub(super) wanted: Vec<Wanted>,
    pub(super) release: Arc<Release>,
    pub(super) caller: Caller,
    /// Under which everything is kept that comes of it.
    pub(super) lease: Lease,
}

/// A change that a departmental is to be asked about.
pub(super) struct Event<'a> {
    pub(super) entry: &'a CommitEntry,
    pub(super) index: usize,
    pub(super) change: &'a ChangeEntry,
    pub(super) stored: Stored,
    pub(super) patient: Option<Id>,
}

/// Why an event is put aside for a person to look at.
pub(super) struct Poisoned {
    pub(super) why: String,
}

impl Record {
    /// Looks at the next page of the log for one departmental at one site, up to its first event.
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
        let caller = Caller::authenticated(
            ACCOUNT.into(),
            "Reactions".into(),
            Role::Reaction,
            whose.0.clone(),
        );
        let reactor = Reactor {
            wanted: matching::wanted(&release)?,
            enablement,
            release,
            caller,
            lease: lease.clone(),
        };
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
        for some in reactor
            .candidates(&entries, place.now)
            .chunks(REACTION_BODIES)
        {
            for (candidate, patient) in self.matching_of(&reactor, some, last.t).await? {
                let Some(event) = self.event(&reactor, candidate, patient).await? else {
                    continue;
                };
                if self.handle(&reactor, &mut place, &event, turns).await? {
                    handled += 1;
                }
            }
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
        Ok(Held { kept, now })
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
            under: Some(reactor.lease.clone()),
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

    /// The events among changes that were known by commit `t`, each with the patient it is about.
    async fn matching_of<'a>(
        &self,
        reactor: &Reactor,
        candidates: &[Candidate<'a>],
        t: T,
    ) -> Result<Vec<(Candidate<'a>, Option<Id>)>, ReadError> {
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
            if self.is_event(reactor, candidate, &resource).await? {
                matching.push((*candidate, compartment::patient_of(&resource)));
            }
        }
        Ok(matching)
    }

    /// An event with its resource, whose reading is audited; none where the departmental may not read it.
    async fn event<'a>(
        &self,
        reactor: &Reactor,
        candidate: Candidate<'a>,
        patient: Option<Id>,
    ) -> Result<Option<Event<'a>>, ReadError> {
        let Candidate {
            entry,
            index,
            change,
        } = candidate;
        let read = self.vread(&reactor.caller, &change.key, change.version);
        let stored = match read.await {
            Ok(stored) => stored,
            Err(error) if matches!(error.kind(), Kind::NotFound | Kind::Forbidden) => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        Ok(Some(Event {
            entry,
            index,
            change,
            stored,
            patient,
        }))
    }

    /// Has one event answered, a bounded number of times, and its effect kept. Gives whether it had an effect.
    async fn handle(
        &self,
        reactor: &Reactor,
        place: &mut Held,
        event: &Event<'_>,
        turns: &Semaphore,
    ) -> Result<bool, Stuck> {
        let to = Place::after_change(event.entry.t, event.index);
        if depth(event.entry) >= REACTION_DEPTH_MAX {
            let why = format!("reactions followed each other more than {REACTION_DEPTH_MAX} times");
            self.park_event(reactor, place, event, &Poisoned { why })
                .await?;
            place.now = to;
            return Ok(true);
        }
        let mut t = event.entry.t;
        let mut tries = 0;
        let outcome = loop {
            tries += 1;
            match self.attempt(reactor, place, event, t, turns).await? {
                Tried::Done => break true,
                Tried::Nothing => break false,
                Tried::Again(_, as_of) if tries < REACTION_TRIES_MAX => {
                    t = as_of;
                    tokio::time::sleep(back_off(tries)).await;
                }
                Tried::Again(why, _) | Tried::Poisoned(why) => {
                    self.park_event(reactor, place, event, &Poisoned { why })
                        .await?;
                    break true;
                }
            }
        };
        place.now = to;
        Ok(outcome)
    }
}
