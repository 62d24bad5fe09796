//! What each release does at each site: how often it was asked, how it did, what it used, and whether it rests.
//!
//! Invariant: a bounded number of releases is watched, each in a fixed size; counting never holds up an answer.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::caller::SiteCode;
use crate::departmental::cost::Answered;
use crate::departmental::strikes::{Strikes, Verdict};
use crate::departmental::{Answer, Call, DepartmentalId, Digest, FailureKind};
use crate::enablement::Enablement;
use crate::limits::WATCHED_MAX;

/// A release at a site.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Post {
    /// Where.
    pub site: SiteCode,
    /// Which departmental.
    pub departmental: DepartmentalId,
    /// Which bytes of it.
    pub digest: Digest,
}

impl Post {
    pub(super) fn of(call: &Call) -> Self {
        Self {
            site: call.site.clone(),
            departmental: call.release.id.clone(),
            digest: call.release.digest.clone(),
        }
    }
}

/// What a release did at a site since this host was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// Who and where.
    pub post: Post,
    /// What it did.
    pub figures: Figures,
    /// Until when it is not asked, in milliseconds since 1970; `None` when it does not rest.
    pub rests_until_ms: Option<i64>,
}

/// Counts and measures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Questions put to it, however they ended.
    pub calls: u64,
    /// Questions that it answered with a "no" of its own.
    pub refused: u64,
    /// Questions in which it stopped itself.
    pub traps: u64,
    /// Questions in which it ran out of time.
    pub timeouts: u64,
    /// Questions in which it ran into another bound.
    pub limits: u64,
    /// Answers that do not follow the contract.
    pub malformed: u64,
    /// Questions for which there was no turn, or during which it rested.
    pub turned_away: u64,
    /// Microseconds to an answer, waiting for the turn left out: half of the answers took no longer.
    pub p50_us: u64,
    /// The same for 99 of 100 answers.
    pub p99_us: u64,
    /// The longest wait for a turn, in microseconds.
    pub waited_us_max: u64,
    /// Bytes of memory of the call that took most.
    pub memory_bytes_max: u64,
    /// Bytes of the largest answer.
    pub answer_bytes_max: u64,
    /// Calls of host functions, summed.
    pub host_calls: u64,
    /// Bytes that the chart handed to it, summed.
    pub read_bytes: u64,
}

/// Every release that was asked here.
#[derive(Default)]
pub(crate) struct Watch {
    posts: Mutex<Posts>,
}

#[derive(Default)]
struct Posts {
    by_post: HashMap<Post, Kept>,
    /// Counts questions, so that who was asked longest ago is known.
    turn: u64,
}

struct Kept {
    figures: Figures,
    times: Times,
    strikes: Strikes,
    turn: u64,
}

impl Watch {
    /// Until when it is not to be asked, if it rests; such a question is counted.
    pub(super) fn rests_until(&self, post: &Post, now_ms: i64) -> Option<i64> {
        let mut posts = self.posts.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = posts.by_post.get_mut(post)?;
        let until = kept.strikes.rests_until(now_ms)?;
        kept.figures.calls += 1;
        kept.figures.turned_away += 1;
        Some(until)
    }

    /// Counts an answer.
    pub(super) fn answered(&self, post: &Post, now_ms: i64, answered: &Answered) -> Verdict {
        let mut posts = self.posts.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = posts.of(post);
        let is_strike = kept.figures.count(answered);
        let cost = answered.cost;
        kept.times.count(cost.micros.saturating_sub(cost.waited_us));
        kept.strikes.answered(now_ms, is_strike)
    }

    /// Forgets that a departmental failed when somebody decided that it runs.
    pub(crate) fn decided(&self, enablement: &Enablement) {
        if enablement.held_back.is_some() {
            return;
        }
        let mut posts = self.posts.lock().unwrap_or_else(PoisonError::into_inner);
        for (post, kept) in &mut posts.by_post {
            if post.site == enablement.site && post.departmental == enablement.departmental {
                kept.strikes = Strikes::default();
            }
        }
    }

    /// What there is, by site and departmental.
    pub(crate) fn all(&self, now_ms: i64) -> Vec<Watched> {
        let posts = self.posts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<Watched> = posts
            .by_post
            .iter()
            .map(|(post, kept)| Watched {
                post: post.clone(),
                figures: Figures {
                    p50_us: kept.times.quantile_us(50),
                    p99_us: kept.times.quantile_us(99),
                    ..kept.figures.clone()
                },
                rests_until_ms: kept.strikes.rests_until(now_ms),
            })
            .collect();
        all.sort_by(|a, b| {
            let (a, b) = (&a.post, &b.post);
            (&a.site, &a.departmental, &a.digest).cmp(&(&b.site, &b.departmental, &b.digest))
        });
        all
    }
}

impl Posts {
    /// What is kept of a release; one that was not asked for longest gives way.
    fn of(&mut self, post: &Post) -> &mut Kept {
        self.turn += 1;
        if !self.by_post.contains_key(post) && self.by_post.len() >= WATCHED_MAX {
            let oldest = self.by_post.iter().min_by_key(|(_, kept)| kept.turn);
            if let Some(oldest) = oldest.map(|(post, _)| post.clone()) {
                self.by_post.remove(&oldest);
            }
        }
        let kept = self.by_post.entry(post.clone()).or_insert_with(|| Kept {
            figures: Figures::default(),
            times: Times::default(),
            strikes: Strikes::default(),
            turn: 0,
        });
        kept.turn = self.turn;
        kept
    }
}

impl Figures {
    /// Counts an answer; true when it is held against the release.
    fn count(&mut self, answered: &Answered) -> bool {
        let cost = &answered.cost;
        self.calls += 1;
        self.waited_us_max = self.waited_us_max.max(cost.waited_us);
        self.memory_bytes_max = self.memory_bytes_max.max(cost.memory_bytes);
        self.answer_bytes_max = self.answer_bytes_max.max(cost.answer_bytes);
        self.host_calls = self.host_calls.saturating_add(cost.host_calls.into());
        self.read_bytes = self.read_bytes.saturating_add(cost.read_bytes);
        let (count, is_strike) = match &answered.answer {
            Answer::Failed { kind, .. } => match kind {
                FailureKind::Trap => (&mut self.traps, true),
                FailureKind::Timeout => (&mut self.timeouts, true),
                FailureKind::Limit => (&mut self.limits, true),
                FailureKind::Malformed => (&mut self.malformed, false),
                FailureKind::Load
                | FailureKind::Busy
                | FailureKind::Resting
                | FailureKind::HeldBack => (&mut self.turned_away, false),
            },
            Answer::Refused(_) => (&mut self.refused, false),
            Answer::Screen(_) | Answer::Outcome(_) | Answer::Proposal(_) | Answer::Advice(_) => {
                return false;
            }
        };
        *count += 1;
        is_strike
    }
}

/// Parts of an octave.
const PARTS: u64 = 8;
/// Octaves: from a microsecond to more than an hour.
const OCTAVES: usize = 32;

/// How long answers took, in classes an eighth of an octave wide: a quantile is right to an eighth.
struct Times {
    counts: [u32; OCTAVES * PARTS as usize],
    counted: u64,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            counts: [0; OCTAVES * PARTS as usize],
            counted: 0,
        }
    }
}

impl Times {
    fn count(&mut self, took_us: u64) {
        if let Some(count) = self.counts.get_mut(class(took_us)) {
            *count = count.saturating_add(1);
            self.counted += 1;
        }
    }

    /// The upper end of the class in which so many of a hundred answers lie; 0 when there were none.
    fn quantile_us(&self, of_hundred: u64) -> u64 {
        let wanted = self.counted.saturating_mul(of_hundred).div_ceil(100);
        let mut seen = 0;
        for (class, count) in self.counts.iter().enumerate() {
            seen += u64::from(*count);
            if *count > 0 && seen >= wanted {
                return upper_us(class);
            }
        }
        0
    }
}

/// The class of a time: below 16 each microsecond has its own, above each octave has eight.
fn class(took_us: u64) -> usize {
    let longest_us = upper_us(OCTAVES * PARTS as usize - 1);
    let took_us = took_us.min(longest_us);
    let octave = took_us.max(1).ilog2().saturating_sub(3);
    let part = took_us >> octave;
    usize::try_from(u64::from(octave) * PARTS + part).unwrap_or(0)
}

/// The longest time of a class, in microseconds.
fn upper_us(class: usize) -> u64 {
    let class = class as u64;
    if class < 2 * PARTS {
        return class;
    }
    let octave = class / PARTS - 1;
    let part = class % PARTS + PARTS;
    ((part + 1) << octave) - 1
}

#[cfg(test)]
mod tests;
