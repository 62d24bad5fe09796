//! Learning weights: what chance gives (u) by random pairs, what one person's records give (m) by expectation and
//! maximisation without any truth, and both refined on pairs whose truth is known.
//!
//! Invariant: the same records and seed give the same weights to the last bit.

mod expectation;
mod refine;

use std::collections::{BTreeMap, HashMap, HashSet};

use self::expectation::{Chances, by_chance, expected, mean};
pub use self::refine::Sample;
use super::block::PASSES;
use super::compare::Comparison;
use super::features::{PRIOR, of_level};
use super::field::Field;
use super::linkage;
use super::person::Details;
use super::text::{Alike, Word, alike, count};
use super::variants::Variants;
use super::weights::Weights;

/// Random pairs from which is learned what chance gives.
const RANDOM_PAIRS: usize = 1_000_000;
/// Rounds of expectation and maximisation.
const ROUNDS: u32 = 25;
/// Rounds of refining at most.
const REFINING_ROUNDS: u32 = 12;
/// How strongly refined weights are drawn to where they began.
const PULL: f64 = 3.0;

/// Weights learned without any truth, and the same refined by truth.
#[derive(Clone, Debug, PartialEq)]
pub struct Trained {
    /// After Fellegi and Sunter alone.
    pub unsupervised: Weights,
    /// Refined.
    pub refined: Weights,
}

/// Learns weights from records of which `who` says whose each is.
pub fn trained(people: &[Details], who: &[u32], (seed, threads): (u64, usize)) -> Trained {
    let unsupervised = unsupervised(people, (seed, threads));
    let mut refined = unsupervised.clone();
    refined.variants = variants_of(people, who);
    let pairs = linkage::compared(people, &refined, threads);
    let samples = linkage::samples(people, who, &pairs);
    refined.bits = refine::refined(&samples, &unsupervised.bits, PULL, REFINING_ROUNDS);
    Trained {
        unsupervised,
        refined,
    }
}

/// Learns weights without any truth.
pub fn unsupervised(people: &[Details], (seed, threads): (u64, usize)) -> Weights {
    let mut weights = Weights::none();
    let u = by_chance(people, &weights.variants, (RANDOM_PAIRS, seed));
    let pairs = linkage::compared(people, &weights, threads);
    let passes = PASSES
        .iter()
        .enumerate()
        .filter(|(_, pass)| !pass.fixes.is_empty());
    let mut estimates: Vec<(Chances, &[Field])> = Vec::new();
    let mut matches = 0.0;
    for (number, pass) in passes {
        let of_pass: Vec<Comparison> = pairs
            .iter()
            .filter(|(_, _, it, _)| *it == number)
            .map(|it| it.3)
            .collect();
        if of_pass.len() >= PAIRS_MIN {
            let (m, share) = expected(of_pass.iter().copied(), &u, (pass.fixes, ROUNDS));
            matches += if pass.fixes.len() > 1 {
                share * count(of_pass.len())
            } else {
                0.0
            };
            estimates.push((m, pass.fixes));
        }
    }
    let m = mean(&estimates);
    let all = count(people.len()) * (count(people.len()) - 1.0) / 2.0;
    let prior = (matches / RULES_RECALL / all.max(1.0)).clamp(1e-12, 0.5);
    put(&mut weights, (&m, &u), prior);
    weights
}

/// The share of all true pairs that are supposed to agree in two whole fields; the odds before comparing rest on it.
const RULES_RECALL: f64 = 0.6;
/// A pass that brings fewer pairs together tells too little.
const PAIRS_MIN: usize = 500;

/// The weights of Fellegi and Sunter: log2 of m over u for each level, and the prior.
fn put(weights: &mut Weights, (m, u): (&Chances, &Chances), prior: f64) {
    weights.bits[PRIOR] = (prior / (1.0 - prior)).log2();
    // Of a field that no record tells, both are the first guess, and nothing is learned.
    for field in Field::ALL.into_iter().filter(|field| u.tells(*field)) {
        for (level, _) in (0_u8..).zip(field.levels()).skip(1) {
            let (m, u) = (m.of_level(field, level), u.of_level(field, level));
            weights.bits[of_level(field, level)] = (m / u).log2();
            weights.chances.push((field, level, m, u));
        }
    }
}

/// A row of numbers by chance, the same for the same seed (SplitMix64).
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// Begins with a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number below a bound.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let it = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let bound = u64::try_from(bound.max(1)).unwrap_or(u64::MAX);
        usize::try_from((it ^ (it >> 31)) % bound).unwrap_or(0)
    }
}

/// The fields of which variants are learned.
const VARIED: [Field; 4] = [
    Field::Forename,
    Field::Surname,
    Field::Place,
    Field::Occupation,
];
/// The people in whose records two words have to be met, so that they are no one person's accident.
const PEOPLE_MIN: usize = 2;
/// How many times more often than by chance two words have to be one person's.
const LIFT_MIN: f64 = 20.0;

/// Words that stand for each other, from records whose truth is known: `who` says of each record whose it is.
fn variants_of(people: &[Details], who: &[u32]) -> Variants {
    let mut of_person: HashMap<u32, Vec<&Details>> = HashMap::new();
    for (person, who) in people.iter().zip(who) {
        of_person.entry(*who).or_default().push(person);
    }
    let mut listed = BTreeMap::new();
    for field in VARIED {
        let mut having: HashMap<&str, HashSet<u32>> = HashMap::new();
        let mut met: HashMap<(&str, &str), usize> = HashMap::new();
        for (who, records) in &of_person {
            let words: BTreeMap<&str, &Word> = records
                .iter()
                .filter_map(|it| word(field, it))
                .map(|it| (&*it.text, it))
                .collect();
            for (at, (text, one)) in words.iter().enumerate() {
                having.entry(text).or_default().insert(*who);
                for (theirs, other) in words.iter().skip(at + 1) {
                    if alike(one, other) > Alike::OneLetter {
                        *met.entry((text, theirs)).or_default() += 1;
                    }
                }
            }
        }
        let n = |text: &str| count(having.get(text).map_or(1, HashSet::len));
        let people = count(of_person.len());
        let kept = met.iter().filter(|((one, other), met)| {
            **met >= PEOPLE_MIN && count(**met) * people / (n(one) * n(other)) >= LIFT_MIN
        });
        let mut kept: Vec<(String, String)> = kept
            .map(|((one, other), _)| ((*one).to_owned(), (*other).to_owned()))
            .collect();
        kept.sort();
        listed.insert(field, kept);
    }
    Variants::of(listed)
}

fn word(field: Field, of: &Details) -> Option<&Word> {
    match field {
        Field::Forename => of.given.first(),
        Field::Surname => of.family.as_ref(),
        Field::Place => of.place.as_ref(),
        Field::Occupation => of.occupation.as_ref(),
        Field::NhsNumber | Field::Middle | Field::Birth | Field::Sex | Field::Postcode => None,
        Field::Street | Field::Telephone => None,
    }
}
