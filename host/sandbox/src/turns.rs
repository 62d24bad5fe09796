//! Turns: how many calls are answered at the same moment, and who is next when more want to be.
//!
//! Invariant: neither one departmental nor all heavy ones together ever hold every turn, however often they are asked;
//! whoever waits does so for a bounded time among a bounded number, and the one that holds the fewest turns is served first.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::budget::{
    CALLS_MAX, DEPARTMENTAL_CALLS_MAX, HEAVY_CALLS_MAX, POST_CALLS_MAX, POST_WAITING_MAX, WAIT_MS,
    WAITING_MAX, Weight,
};

/// Whose call it is: a departmental at a site.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Whose {
    pub(crate) departmental: Arc<str>,
    pub(crate) site: Arc<str>,
}

/// How many turns there are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// At the same moment.
    pub(crate) calls: usize,
    /// Of these for one departmental, over all sites.
    pub(crate) departmental: usize,
    /// Of these for one departmental at one site.
    pub(crate) post: usize,
    /// Of these for calls that are likely to be heavy.
    pub(crate) heavy: usize,
    /// Calls that wait.
    pub(crate) waiting: usize,
    /// Of these for one departmental at one site.
    pub(crate) post_waiting: usize,
    /// How long a call waits.
    pub(crate) wait: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            calls: CALLS_MAX as usize,
            departmental: DEPARTMENTAL_CALLS_MAX,
            post: POST_CALLS_MAX,
            heavy: HEAVY_CALLS_MAX,
            waiting: WAITING_MAX,
            post_waiting: POST_WAITING_MAX,
            wait: Duration::from_millis(WAIT_MS),
        }
    }
}

/// Why there is no turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoTurn {
    #[error("too many of its calls wait for their turn")]
    PostFull,
    #[error("too many calls wait for their turn")]
    Full,
    #[error("its turn did not come within {0} ms")]
    Waited(u128),
}

/// All turns. Cheap to clone; every clone is the same.
#[derive(Debug, Clone)]
pub(crate) struct Turns {
    bounds: Bounds,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    running: usize,
    /// Of these heavy ones.
    heavy: usize,
    by_departmental: HashMap<Arc<str>, usize>,
    by_post: HashMap<Whose, Post>,
    waiting: usize,
    tickets: u64,
}

#[derive(Debug, Default)]
struct Post {
    running: usize,
    waiting: VecDeque<Waiter>,
}

/// A call that waits.
#[derive(Debug)]
struct Waiter {
    ticket: u64,
    weight: Weight,
    give: oneshot::Sender<Turn>,
}

/// A turn; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    turns: Turns,
    whose: Whose,
    weight: Weight,
    /// How long it was waited for.
    pub(crate) waited: Duration,
}

impl Turns {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            state: Arc::default(),
        }
    }

    /// A turn for a call that is likely to be of this weight, at once where there is one.
    pub(crate) async fn take(&self, whose: &Whose, weight: Weight) -> Result<Turn, NoTurn> {
        let (waits, mut given) = match self.ask(whose, weight)? {
            Asked::Given(turn) => return Ok(turn),
            Asked::Waits(waits, given) => (waits, given),
        };
        let since = Instant::now();
        let come = tokio::time::timeout(self.bounds.wait, &mut given).await;
        drop(waits);
        // A turn may come in the very moment in which the wait ends.
        let come = come
            .ok()
            .and_then(Result::ok)
            .or_else(|| given.try_recv().ok());
        let mut turn = come.ok_or(NoTurn::Waited(self.bounds.wait.as_millis()))?;
        turn.waited = since.elapsed();
        Ok(turn)
    }

    fn ask(&self, whose: &Whose, weight: Weight) -> Result<Asked, NoTurn> {
        let mut state = self.lock();
        if state.may_run(whose, weight, &self.bounds) {
            state.begin(whose, weight);
            return Ok(Asked::Given(self.turn(whose, weight)));
        }
        if state.waiting >= self.bounds.waiting {
            return Err(NoTurn::Full);
        }
        let post = state.by_post.entry(whose.clone()).or_default();
        if post.waiting.len() >= self.bounds.post_waiting {
            return Err(NoTurn::PostFull);
        }
        let (give, given) = oneshot::channel();
        state.tickets += 1;
        state.waiting += 1;
        let ticket = state.tickets;
        let post = state.by_post.entry(whose.clone()).or_default();
        post.waiting.push_back(Waiter {
            ticket,
            weight,
            give,
        });
        let waits = Waits {
            turns: self.clone(),
            whose: whose.clone(),
            ticket,
        };
        Ok(Asked::Waits(waits, given))
    }

    fn turn(&self, whose: &Whose, weight: Weight) -> Turn {
        Turn {
            turns: self.clone(),
            whose: whose.clone(),
            weight,
            waited: Duration::ZERO,
        }
    }

    /// Ends a turn, and gives what is free to who waits.
    fn end(&self, whose: &Whose, weight: Weight) {
        let mut next = Vec::new();
        {
            let mut state = self.lock();
            state.end(whose, weight);
            while let Some((whose, waiter)) = state.next(&self.bounds) {
                next.push((waiter.give, self.turn(&whose, waiter.weight)));
            }
        }
        for (give, turn) in next {
            // Who no longer waits drops the turn, which gives it to the next; the lock is free for that.
            drop(give.send(turn));
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Asked {
    Given(Turn),
    Waits(Waits, oneshot::Receiver<Turn>),
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.turns.end(&self.whose, self.weight);
    }
}

/// A place in the queue; it is left when this is dropped.
struct Waits {
    turns: Turns,
    whose: Whose,
    ticket: u64,
}

impl Drop for Waits {
    fn drop(&mut self) {
        let mut state = self.turns.lock();
        let Some(post) = state.by_post.get_mut(&self.whose) else {
            return;
        };
        let before = post.waiting.len();
        post.waiting.retain(|waiter| waiter.ticket != self.ticket);
        let left = before - post.waiting.len();
        state.waiting -= left;
        state.forget(&self.whose);
    }
}

impl State {
    fn may_run(&self, whose: &Whose, weight: Weight, bounds: &Bounds) -> bool {
        let of_departmental = self.by_departmental.get(&whose.departmental);
        let of_post = self.by_post.get(whose).map_or(0, |post| post.running);
        self.running < bounds.calls
            && (weight == Weight::Light || self.heavy < bounds.heavy)
            && of_departmental.is_none_or(|running| *running < bounds.departmental)
            && of_post < bounds.post
    }

    fn begin(&mut self, whose: &Whose, weight: Weight) {
        self.running += 1;
        self.heavy += usize::from(weight == Weight::Heavy);
        *self
            .by_departmental
            .entry(whose.departmental.clone())
            .or_default() += 1;
        self.by_post.entry(whose.clone()).or_default().running += 1;
    }

    fn end(&mut self, whose: &Whose, weight: Weight) {
        self.running -= 1;
        self.heavy -= usize::from(weight == Weight::Heavy);
        if let Some(running) = self.by_departmental.get_mut(&whose.departmental) {
            *running -= 1;
            if *running == 0 {
                self.by_departmental.remove(&whose.departmental);
            }
        }
        if let Some(post) = self.by_post.get_mut(whose) {
            post.running -= 1;
        }
        self.forget(whose);
    }

    /// Keeps nothing of who neither runs nor waits.
    fn forget(&mut self, whose: &Whose) {
        let idle = |post: &Post| post.running == 0 && post.waiting.is_empty();
        if self.by_post.get(whose).is_some_and(idle) {
            self.by_post.remove(whose);
        }
    }

    /// Begins the turn of who waits and holds the fewest: of turns by departmental, then by site, then by arrival.
    fn next(&mut self, bounds: &Bounds) -> Option<(Whose, Waiter)> {
        let (_, whose) = self
            .by_post
            .iter()
            .filter_map(|(whose, post)| {
                let waiter = post.waiting.front()?;
                let may_run = self.may_run(whose, waiter.weight, bounds);
                let of_departmental = self.by_departmental.get(&whose.departmental).copied();
                let rank = (of_departmental.unwrap_or(0), post.running, waiter.ticket);
                may_run.then_some((rank, whose))
            })
            .min_by_key(|(rank, _)| *rank)?;
        let whose = whose.clone();
        let waiter = self.by_post.get_mut(&whose)?.waiting.pop_front()?;
        self.waiting -= 1;
        self.begin(&whose, waiter.weight);
        Some((whose, waiter))
    }
}

#[cfg(test)]
mod tests;
