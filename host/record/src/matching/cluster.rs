//! From scored pairs to people: clusters that join as long as, on the whole, their records speak for one person.
//!
//! Invariant: two clusters join by the mean of all their pairs, those that were never compared included, so that one
//! mistaken link cannot chain two people together.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap};

/// Two records and the weight for their being of one person, in bits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    /// One.
    pub one: u32,
    /// The other.
    pub other: u32,
    /// The weight.
    pub bits: f32,
}

/// When clusters join.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Joining {
    /// The mean weight from which two clusters are one person, in bits.
    pub bits_min: f64,
    /// What a pair counts that was never compared, in bits.
    pub unseen_bits: f64,
    /// How far a single pair counts at most, in bits, either way.
    pub bits_max: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Offer {
    mean: f64,
    one: u32,
    other: u32,
    age: u32,
}

impl Eq for Offer {}

impl PartialOrd for Offer {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Offer {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_mean = self.mean.total_cmp(&other.mean);
        by_mean.then_with(|| {
            (other.one, other.other, other.age).cmp(&(self.one, self.other, self.age))
        })
    }
}

/// Whose record each is: records with the same number are of one person.
pub fn clusters(records: usize, links: &[Link], joining: &Joining) -> Vec<u32> {
    let mut it = Joined {
        size: vec![1.0; records],
        age: vec![0; records],
        sums: vec![BTreeMap::new(); records],
        into: (0..u32::try_from(records).unwrap_or(u32::MAX)).collect(),
        offers: BinaryHeap::new(),
        joining: *joining,
    };
    for link in links {
        let bits = f64::from(link.bits).clamp(-joining.bits_max, joining.bits_max);
        it.sums[link.one as usize].insert(link.other, (bits, 1.0));
        it.sums[link.other as usize].insert(link.one, (bits, 1.0));
    }
    for link in links {
        it.offer(link.one, link.other);
    }
    while let Some(offer) = it.offers.pop() {
        let age = it.age[offer.one as usize].max(it.age[offer.other as usize]);
        let stands = |record: u32| it.into[record as usize] == record;
        if age == offer.age && stands(offer.one) && stands(offer.other) {
            it.join(offer.one, offer.other);
        }
    }
    (0..u32::try_from(records).unwrap_or(u32::MAX))
        .map(|record| it.root(record))
        .collect()
}

struct Joined {
    size: Vec<f64>,
    /// How often a cluster has grown; an offer of an earlier age is void.
    age: Vec<u32>,
    /// By the other cluster: the sum of the weights of the pairs seen between them, and their number.
    sums: Vec<BTreeMap<u32, (f64, f64)>>,
    into: Vec<u32>,
    offers: BinaryHeap<Offer>,
    joining: Joining,
}

impl Joined {
    fn offer(&mut self, one: u32, other: u32) {
        let Some((sum, seen)) = self.sums[one as usize].get(&other).copied() else {
            return;
        };
        let pairs = self.size[one as usize] * self.size[other as usize];
        let mean = (sum + (pairs - seen) * self.joining.unseen_bits) / pairs;
        if mean >= self.joining.bits_min {
            let age = self.age[one as usize].max(self.age[other as usize]);
            self.offers.push(Offer {
                mean,
                one: one.min(other),
                other: one.max(other),
                age,
            });
        }
    }

    fn join(&mut self, one: u32, other: u32) {
        let (keep, lose) = if self.sums[one as usize].len() >= self.sums[other as usize].len() {
            (one, other)
        } else {
            (other, one)
        };
        let lost = std::mem::take(&mut self.sums[lose as usize]);
        self.sums[keep as usize].remove(&lose);
        for (neighbour, (bits, seen)) in lost {
            if neighbour == keep {
                continue;
            }
            let ours = self.sums[keep as usize]
                .entry(neighbour)
                .or_insert((0.0, 0.0));
            *ours = (ours.0 + bits, ours.1 + seen);
            let sum = *ours;
            let theirs = &mut self.sums[neighbour as usize];
            theirs.remove(&lose);
            theirs.insert(keep, sum);
        }
        self.into[lose as usize] = keep;
        self.size[keep as usize] += self.size[lose as usize];
        let age = self.age[keep as usize].max(self.age[lose as usize]) + 1;
        self.age[keep as usize] = age;
        let neighbours: Vec<u32> = self.sums[keep as usize].keys().copied().collect();
        for neighbour in neighbours {
            self.offer(keep, neighbour);
        }
    }

    fn root(&self, record: u32) -> u32 {
        let mut at = record;
        while self.into[at as usize] != at {
            at = self.into[at as usize];
        }
        at
    }
}
