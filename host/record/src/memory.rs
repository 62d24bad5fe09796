//! What the record keeps in memory: numbers by key, current versions, and what changed lately.
//!
//! Invariant: everything here is bounded, can be thrown away, and is never newer than the last published commit of its key.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use fhir::resource::Key;

use crate::limits;
use crate::store::row::VersionRow;

/// A change that a waiting proposal may rest on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Mark {
    /// This resource has a new version.
    Key(Key),
    /// Some resource began or ceased to have this term for this parameter.
    Term(u32, i64),
    /// Some resource of this type, by its number, has a new version.
    Type(u16),
    /// Some resource in the compartment of this patient has a new version, or came into it or left it.
    Compartment(i64),
    /// The patient of this number was merged into another, or stands again.
    Merged(i64),
    /// This cursor moved.
    Cursor(String),
    /// This sender's control id was kept.
    Message(String, String),
}

/// 64 bits that stand for a mark. Two marks with one stamp only make a proposal be looked at once more than it need be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Stamp(u64);

/// Chance of this process, so that nobody outside can choose marks with one stamp.
static CHANCE: LazyLock<RandomState> = LazyLock::new(RandomState::new);

impl Mark {
    /// What stands for it here.
    pub(crate) fn stamp(&self) -> Stamp {
        Stamp(CHANCE.hash_one(self))
    }
}

/// The memory of one record.
#[derive(Default)]
pub(crate) struct Memory {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    numbers: Halves<Key, i64>,
    current: Halves<i64, Arc<VersionRow>>,
    changed: HashMap<Stamp, i64>,
    order: VecDeque<(i64, Stamp)>,
    /// Nothing is known of changes up to this commit.
    floor: i64,
    /// Of changes up to this commit it is known only which resources they were about, since other hosts made some.
    others: i64,
    /// Up to this commit other hosts may have taken resources out of compartments that are not known.
    moved: i64,
}

/// A bounded map in two halves: when the younger is full, the older is dropped and the younger ages.
pub(crate) struct Halves<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    weight: usize,
}

impl<K, V> Default for Halves<K, V> {
    fn default() -> Self {
        Self {
            young: HashMap::new(),
            old: HashMap::new(),
            weight: 0,
        }
    }
}

impl<K: std::hash::Hash + Eq + Clone, V: Clone> Halves<K, V> {
    /// What is kept under a key; what was found in the older half moves to the younger.
    pub(crate) fn get(&mut self, key: &K, weigh: impl Fn(&V) -> usize, max: usize) -> Option<V> {
        if let Some(value) = self.young.get(key) {
            return Some(value.clone());
        }
        let value = self.old.remove(key)?;
        let weight = weigh(&value);
        self.put(key.clone(), value.clone(), weight, max);
        Some(value)
    }

    /// Keeps a value; `max` bounds the weight of both halves.
    pub(crate) fn put(&mut self, key: K, value: V, weight: usize, max: usize) {
        if self.weight + weight > max / 2 {
            self.old = std::mem::take(&mut self.young);
            self.weight = 0;
        }
        self.weight += weight;
        self.young.insert(key, value);
    }

    fn forget(&mut self, key: &K) {
        self.young.remove(key);
        self.old.remove(key);
    }
}

/// Roughly what a version takes, in bytes.
fn weight(version: &Arc<VersionRow>) -> usize {
    300 + version.body.as_ref().map_or(0, |body| body.len())
}

impl Memory {
    fn with<T>(&self, work: impl FnOnce(&mut Inner) -> T) -> T {
        work(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Begins at this commit, knowing nothing of those before.
    pub(crate) fn begin_at(&self, t: i64) {
        self.with(|inner| {
            inner.floor = t;
            inner.changed.clear();
            inner.order.clear();
        });
    }

    /// The numbers that are known, in the order asked.
    pub(crate) fn numbers(&self, keys: &[Key]) -> Vec<Option<i64>> {
        self.with(|inner| {
            keys.iter()
                .map(|key| inner.numbers.get(key, |_| 1, limits::MEMORY_KEYS_MAX))
                .collect()
        })
    }

    /// Learns numbers, which never change.
    pub(crate) fn learn(&self, numbers: impl IntoIterator<Item = (Key, i64)>) {
        self.with(|inner| {
            for (key, r) in numbers {
                inner.numbers.put(key, r, 1, limits::MEMORY_KEYS_MAX);
            }
        });
    }

    /// The current versions that are known and stood at commit `t`, in the order asked.
    pub(crate) fn standing(&self, numbers: &[i64], t: i64) -> Vec<Option<Arc<VersionRow>>> {
        self.with(|inner| {
            let mut each = |r: &i64| {
                inner
                    .current
                    .get(r, weight, limits::MEMORY_BYTES_MAX)
                    .filter(|version| version.t <= t)
            };
            numbers.iter().map(&mut each).collect()
        })
    }

    /// Learns versions that stood at commit `t`, unless they have changed since or that can no longer be told.
    pub(crate) fn learn_standing(&self, versions: &[Arc<VersionRow>], t: i64) {
        self.with(|inner| {
            if inner.floor > t {
                return;
            }
            for version in versions {
                let changed = inner.changed.get(&Mark::Key(version.key.clone()).stamp());
                if changed.is_none_or(|changed| *changed <= t) {
                    inner.current.put(
                        version.r,
                        Arc::clone(version),
                        weight(version),
                        limits::MEMORY_BYTES_MAX,
                    );
                }
            }
        });
    }

    /// Whether none of these changed after commit `t`, as far as that can be told.
    pub(crate) fn unchanged_since(&self, t: i64, marks: &[Mark]) -> bool {
        self.with(|inner| {
            marks.iter().all(|mark| {
                t >= inner.floor_of(mark)
                    && inner
                        .changed
                        .get(&mark.stamp())
                        .is_none_or(|changed| *changed <= t)
            })
        })
    }

    /// Takes note of what commit `t` changed.
    pub(crate) fn changed(&self, t: i64, marks: impl IntoIterator<Item = Stamp>) {
        self.with(|inner| {
            for mark in marks {
                inner.changed.insert(mark, t);
                inner.order.push_back((t, mark));
            }
            while inner.order.len() > limits::RECENT_MAX {
                let Some((t, mark)) = inner.order.pop_front() else {
                    break;
                };
                inner.floor = inner.floor.max(t);
                if inner.changed.get(&mark) == Some(&t) {
                    inner.changed.remove(&mark);
                }
            }
        });
    }

    /// Takes in the versions of commits that are about to be published.
    pub(crate) fn replace(&self, versions: impl IntoIterator<Item = Arc<VersionRow>>) {
        self.with(|inner| {
            for version in versions {
                inner.current.forget(&version.r);
                inner.current.put(
                    version.r,
                    Arc::clone(&version),
                    weight(&version),
                    limits::MEMORY_BYTES_MAX,
                );
            }
        });
    }

    /// Takes note of the versions that other hosts have written up to commit `t`.
    pub(crate) fn others_changed(&self, t: i64, versions: &[VersionRow]) {
        self.with(|inner| inner.others = t);
        for version in versions {
            let of = Mark::Type(version.key.resource_type.number());
            let place = Mark::Compartment(version.compartment);
            // Of any resource, since what a commit was about is not told here.
            let merged = Mark::Merged(version.r);
            let marks = [Mark::Key(version.key.clone()), of, place, merged];
            self.changed(version.t, marks.map(|mark| mark.stamp()));
            self.with(|inner| {
                let before = inner
                    .current
                    .get(&version.r, weight, limits::MEMORY_BYTES_MAX);
                let stayed = before.is_some_and(|it| it.compartment == version.compartment);
                if version.version > 1 && !stayed {
                    inner.moved = t;
                }
            });
            self.with(|inner| inner.current.forget(&version.r));
        }
    }

    /// Forgets every version, since it cannot be told which were replaced.
    pub(crate) fn forget_all(&self) {
        self.with(|inner| inner.current = Halves::default());
    }
}

impl Inner {
    /// The commit up to which nothing is known of what such a mark is about.
    fn floor_of(&self, mark: &Mark) -> i64 {
        match mark {
            Mark::Key(_) | Mark::Type(_) | Mark::Merged(_) => self.floor,
            Mark::Compartment(_) => self.floor.max(self.moved),
            Mark::Term(..) | Mark::Cursor(_) | Mark::Message(..) => self.floor.max(self.others),
        }
    }
}

#[cfg(test)]
mod tests;
