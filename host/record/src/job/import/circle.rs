//! Lines that refer to each other in a circle, so that none can be filed before the others: they are filed together.
//!
//! Invariant: what refers to nothing that is there or comes is never filed; the last pass rejects it.

use std::collections::{HashMap, HashSet};

use fhir::resource::Key;

use super::batch::Importing;
use super::line::{self, Asked};
use super::source::Source;
use crate::job::JobError;
use crate::{limits, proposal::Change};

/// What looking for circles came to.
pub(super) struct Circles {
    /// Lines that were filed.
    pub(super) filed: u64,
    /// Whether there are more lines than were looked at.
    pub(super) more: bool,
}

impl Importing<'_> {
    /// Files the circles among what still waits.
    pub(super) async fn circles(&mut self) -> Result<Circles, JobError> {
        let (lines, more) = self.held_lines().await?;
        let mut filed = 0;
        for group in groups(self.closed(lines).await?) {
            filed += self.together(group).await?;
        }
        Ok(Circles { filed, more })
    }

    /// The lines that wait, as many as one commit takes, those without a key apart: nothing refers to them.
    async fn held_lines(&self) -> Result<(Vec<Asked>, bool), JobError> {
        let (source, caller) = (self.leftover(), self.caller.clone());
        let read = tokio::task::spawn_blocking(move || held(source, &caller));
        read.await.map_err(|_| JobError::Ended)?
    }

    /// Those lines whose needs stand or are among them.
    async fn closed(&self, mut lines: Vec<Asked>) -> Result<Vec<Asked>, JobError> {
        let wanted: HashSet<&Key> = lines.iter().flat_map(|asked| &asked.needs).collect();
        let wanted: Vec<Key> = wanted.into_iter().cloned().collect();
        let mut stands: HashSet<Key> = HashSet::new();
        for some in wanted.chunks(limits::VERIFY_KEYS_AT_ONCE) {
            let standing = self.standing_among(some).await?;
            stands.extend(
                standing
                    .into_iter()
                    .filter_map(|(key, stands)| stands.then_some(key)),
            );
        }
        loop {
            let before = lines.len();
            let here: HashSet<Key> = lines.iter().flat_map(|asked| asked.keys.clone()).collect();
            let has = |key: &Key| here.contains(key) || stands.contains(key);
            lines.retain(|asked| asked.needs.iter().all(has));
            if lines.len() == before {
                return Ok(lines);
            }
        }
    }

    /// Files a group in one commit, less the lines that it refuses and what refers to those.
    async fn together(&mut self, mut group: Vec<Asked>) -> Result<u64, JobError> {
        for _ in 0..limits::IMPORT_CIRCLE_TRIES {
            if group.is_empty() {
                return Ok(0);
            }
            let changes: Vec<Change> = group
                .iter()
                .flat_map(|asked| asked.changes.clone())
                .collect();
            match self.note_circle(changes).await {
                Ok(filed) => return Ok(filed),
                Err(JobError::Commit { source }) => {
                    let Some(change) = line::change_of(&source) else {
                        return match line::issues(&source) {
                            // The last pass says of each line why it is not filed.
                            Some(_) => Ok(0),
                            None => Err(source.into()),
                        };
                    };
                    // Every line here is one change.
                    if change < group.len() {
                        group.remove(change);
                    }
                    group = self.closed(group).await?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(0)
    }
}

fn held(
    mut source: Source,
    caller: &crate::caller::Caller,
) -> Result<(Vec<Asked>, bool), JobError> {
    let (mut lines, mut bytes) = (Vec::new(), 0);
    while let Some(line) = source.next()? {
        bytes += line.text.as_ref().map_or(0, String::len);
        if lines.len() >= limits::IMPORT_CIRCLE_LINES || bytes > limits::IMPORT_CIRCLE_BYTES {
            return Ok((lines, true));
        }
        if let Ok(asked) = line::read(caller, line)
            && asked.keys.len() == 1
            && asked.changes.len() == 1
        {
            lines.push(asked);
        }
    }
    Ok((lines, false))
}

/// Lines that hang together by what they need, apart from those that do not. Of one key the last line counts.
fn groups(lines: Vec<Asked>) -> Vec<Vec<Asked>> {
    let mut place: HashMap<Key, usize> = HashMap::new();
    for (at, asked) in lines.iter().enumerate() {
        place.extend(asked.keys.iter().map(|key| (key.clone(), at)));
    }
    let mut leader: Vec<usize> = (0..lines.len()).collect();
    for (at, asked) in lines.iter().enumerate() {
        for other in asked.needs.iter().filter_map(|key| place.get(key)) {
            let (one, two) = (lead(&mut leader, at), lead(&mut leader, *other));
            leader[one.max(two)] = one.min(two);
        }
    }
    let mut by_leader: HashMap<usize, Vec<Asked>> = HashMap::new();
    let mut order = Vec::new();
    for (at, asked) in lines.into_iter().enumerate() {
        if asked.keys.iter().any(|key| place.get(key) != Some(&at)) {
            continue;
        }
        let leads = lead(&mut leader, at);
        if !by_leader.contains_key(&leads) {
            order.push(leads);
        }
        by_leader.entry(leads).or_default().push(asked);
    }
    order
        .into_iter()
        .filter_map(|leads| by_leader.remove(&leads))
        .collect()
}

/// Who leads the group of a line.
fn lead(leader: &mut [usize], mut at: usize) -> usize {
    while leader[at] != at {
        leader[at] = leader[leader[at]];
        at = leader[at];
    }
    at
}
