//! How rare a value is: to share a rare surname says more than to share a common one.
//!
//! Invariant: a value that was never seen is as rare as one that was seen once.

use std::collections::HashMap;

use super::features::{RARE, USUAL_BITS};
use super::field::{FIELDS, Field};
use super::person::Details;
use super::text::hash_of;

/// How often each value of each field was seen.
#[derive(Clone, Debug, Default)]
pub struct Frequencies {
    bits: HashMap<u64, f32>,
    rarest: [f32; FIELDS],
}

/// How rare what one person has is, by field, in bits: 10 for one in a thousand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rarity([f32; FIELDS]);

impl Rarity {
    /// Nothing is known of how rare anything is.
    pub const USUAL: Self = Self([USUAL_BITS; FIELDS]);

    /// Of one field.
    pub fn bits(&self, field: Field) -> f32 {
        self.0[field.at()]
    }
}

impl Frequencies {
    /// Counts the values of these people.
    pub fn of<'a>(people: impl IntoIterator<Item = &'a Details>) -> Self {
        let mut seen: HashMap<u64, (Field, u32)> = HashMap::new();
        let mut told = [0_u32; FIELDS];
        for person in people {
            for field in RARE {
                if let Some(value) = field.value(person) {
                    seen.entry(key(field, value)).or_insert((field, 0)).1 += 1;
                    told[field.at()] += 1;
                }
            }
        }
        let bits = |n: u32, field: Field| -> f32 {
            let told = told[field.at()].max(1);
            #[expect(
                clippy::cast_possible_truncation,
                reason = "bits of rarity lie between 0 and 32"
            )]
            let bits = (f64::from(told) / f64::from(n.max(1))).log2() as f32;
            bits
        };
        let rarest = Field::ALL.map(|field| bits(1, field));
        let bits = seen
            .into_iter()
            .map(|(key, (field, n))| (key, bits(n, field)));
        Self {
            bits: bits.collect(),
            rarest,
        }
    }

    /// How rare what a person has is.
    pub fn rarity(&self, of: &Details) -> Rarity {
        Rarity(Field::ALL.map(|field| {
            match field.value(of) {
                Some(value) => *self
                    .bits
                    .get(&key(field, value))
                    .unwrap_or(&self.rarest[field.at()]),
                None => USUAL_BITS,
            }
        }))
    }
}

fn key(field: Field, value: u64) -> u64 {
    hash_of(&[u64::from(field as u8) + 1, value])
}
