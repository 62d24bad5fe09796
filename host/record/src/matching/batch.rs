//! Many records against each other: blocks, pairs, scores.
//!
//! Invariant: every pair is given once, in an order that depends on the records alone; memory grows with the records, not
//! with the pairs compared.

use super::block::{PASSES, Pass};
use super::person::Details;

/// The records by blocks.
pub struct Blocks {
    /// For each record, its key in each pass; 0 where it has none or the block is too large.
    keys: Vec<[u32; PASSES.len()]>,
    /// The blocks of each pass: records that share a key.
    blocks: Vec<(usize, Vec<u32>)>,
}

impl Blocks {
    /// Puts records into blocks.
    pub fn of(people: &[Details]) -> Self {
        let mut keys = vec![[0_u32; PASSES.len()]; people.len()];
        let mut blocks = Vec::new();
        for (at, pass) in PASSES.iter().enumerate() {
            for block in blocks_of(pass, people) {
                let number = u32::try_from(blocks.len() + 1).unwrap_or(u32::MAX);
                for record in &block {
                    keys[*record as usize][at] = number;
                }
                blocks.push((at, block));
            }
        }
        Self { keys, blocks }
    }

    /// How many blocks there are.
    pub fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// Calls for each pair of a block that no earlier pass brought together.
    pub fn pairs(&self, block: usize, mut found: impl FnMut(u32, u32, usize)) {
        let Some((pass, records)) = self.blocks.get(block) else {
            return;
        };
        for (i, one) in records.iter().enumerate() {
            let ours = &self.keys[*one as usize];
            for other in &records[i + 1..] {
                let theirs = &self.keys[*other as usize];
                let earlier = (0..*pass).any(|it| ours[it] != 0 && ours[it] == theirs[it]);
                if !earlier {
                    found(*one, *other, *pass);
                }
            }
        }
    }
}

fn blocks_of(pass: &Pass, people: &[Details]) -> Vec<Vec<u32>> {
    let mut keyed: Vec<(u64, u32)> = Vec::new();
    for (at, person) in people.iter().enumerate() {
        if let (Some(key), Ok(at)) = (pass.key(person), u32::try_from(at)) {
            keyed.push((key, at));
        }
    }
    keyed.sort_unstable();
    let blocks = keyed.chunk_by(|one, other| one.0 == other.0);
    let blocks = blocks.filter(|block| (2..=pass.block_max).contains(&block.len()));
    blocks
        .map(|block| block.iter().map(|(_, record)| *record).collect())
        .collect()
}
