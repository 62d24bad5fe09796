//! A set of records linked: compared in blocks, scored, and put together into people, on as many threads as are given.
//!
//! Invariant: the answer is the same on one thread or many; of the pairs that were compared only those that say something
//! for one person are kept.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::batch::Blocks;
use super::cluster::{Joining, Link, clusters};
use super::compare::Comparison;
use super::features;
use super::frequency::{Frequencies, Rarity};
use super::person::Details;
use super::train::Sample;
use super::weights::Weights;

/// What came of linking a set of records.
#[derive(Clone, Debug, PartialEq)]
pub struct Linked {
    /// The pairs with at least [`KEPT_BITS_MIN`], in order.
    pub links: Vec<Link>,
    /// How many pairs were compared.
    pub compared: u64,
    /// Whose record each is.
    pub people: Vec<u32>,
}

/// From so many bits a pair is kept; one below counts as never compared.
pub const KEPT_BITS_MIN: f32 = -6.0;
/// When clusters join.
pub const JOINING: Joining = Joining {
    bits_min: 0.0,
    unseen_bits: -0.5,
    bits_max: 12.0,
};

/// Links records.
pub fn linked(people: &[Details], weights: &Weights, threads: usize) -> Linked {
    let rarities = rarities(people);
    let blocks = Blocks::of(people);
    let parts = over_blocks(&blocks, threads, |range| {
        let mut links = Vec::new();
        let mut compared = 0_u64;
        for block in range {
            blocks.pairs(block, |one, other, _| {
                compared += 1;
                let at = (one as usize, other as usize);
                let comparison = Comparison::of(&people[at.0], &people[at.1], &weights.variants);
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "bits of evidence need no more"
                )]
                let bits = weights.score(&comparison, (&rarities[at.0], &rarities[at.1])) as f32;
                if bits >= KEPT_BITS_MIN {
                    links.push(Link { one, other, bits });
                }
            });
        }
        (links, compared)
    });
    let compared = parts.iter().map(|(_, compared)| compared).sum();
    let links: Vec<Link> = parts.into_iter().flat_map(|(links, _)| links).collect();
    let found = clusters(people.len(), &links, &JOINING);
    Linked {
        links,
        compared,
        people: found,
    }
}

/// Every pair that blocking brings together, compared.
pub fn compared(
    people: &[Details],
    weights: &Weights,
    threads: usize,
) -> Vec<(u32, u32, usize, Comparison)> {
    let blocks = Blocks::of(people);
    let parts = over_blocks(&blocks, threads, |range| {
        let mut found = Vec::new();
        for block in range {
            blocks.pairs(block, |one, other, pass| {
                let (a, b) = (&people[one as usize], &people[other as usize]);
                found.push((one, other, pass, Comparison::of(a, b, &weights.variants)));
            });
        }
        found
    });
    parts.into_iter().flatten().collect()
}

/// Pairs whose truth is known, to learn from.
pub fn samples(
    people: &[Details],
    who: &[u32],
    pairs: &[(u32, u32, usize, Comparison)],
) -> Vec<Sample> {
    let rarities = rarities(people);
    let sample = |(one, other, _, comparison): &(u32, u32, usize, Comparison)| {
        let at = (*one as usize, *other as usize);
        let mut found = Vec::with_capacity(48);
        features::each(
            comparison,
            (&rarities[at.0], &rarities[at.1]),
            |feature, value| {
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "features are few, and rarity is small"
                )]
                found.push((u16::try_from(feature).unwrap_or(u16::MAX), value as f32));
            },
        );
        Sample {
            features: found,
            same: who[at.0] == who[at.1],
            weight: 1.0,
        }
    };
    pairs.iter().map(sample).collect()
}

fn rarities(people: &[Details]) -> Vec<Rarity> {
    let frequencies = Frequencies::of(people);
    people
        .iter()
        .map(|person| frequencies.rarity(person))
        .collect()
}

/// Blocks that a thread takes at a time.
const TAKEN: usize = 256;

/// Does something with every range of blocks, and gives what came of it in the order of the blocks.
fn over_blocks<T: Send>(
    blocks: &Blocks,
    threads: usize,
    work: impl Fn(std::ops::Range<usize>) -> T + Sync,
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let parts = blocks.len().div_ceil(TAKEN);
    let mut done: Vec<(usize, T)> = std::thread::scope(|scope| {
        let take = || {
            let mut mine = Vec::new();
            loop {
                let part = next.fetch_add(1, Ordering::Relaxed);
                if part >= parts {
                    return mine;
                }
                let from = part * TAKEN;
                mine.push((part, work(from..(from + TAKEN).min(blocks.len()))));
            }
        };
        let spawned: Vec<_> = (1..threads.max(1)).map(|_| scope.spawn(take)).collect();
        let mut all = take();
        for thread in spawned {
            // A thread that panics has shown a broken belief; its panic goes on here.
            all.extend(
                thread
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            );
        }
        all
    });
    done.sort_by_key(|(part, _)| *part);
    done.into_iter().map(|(_, it)| it).collect()
}
