//! A file of weights: what each level of each field says, in bits, how it was learned, and where the bands lie.
//!
//! Invariant: a file names every weight by field and level; what is not in it weighs nothing. What nobody trained says so.

mod written;

use std::sync::{Arc, LazyLock};

use super::compare::Comparison;
use super::features::{self, COUNT, PRIOR, RARE, TOGETHER};
use super::field::{Field, Grade};
use super::frequency::Rarity;
use super::person::Details;
use super::variants::Variants;

pub use self::written::WeightsError;

/// The weights for people of a region.
static REGION: LazyLock<Arc<Weights>> =
    LazyLock::new(|| shipped(include_str!("weights/region.json")));
/// The weights learned from the historical data set.
static HISTORICAL: LazyLock<Arc<Weights>> =
    LazyLock::new(|| shipped(include_str!("weights/historical.json")));

/// Weights, their bands and where they are from.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// What they are called.
    pub name: String,
    /// Their version.
    pub version: String,
    /// Where they are from: by what, on what, when, with which figures.
    pub provenance: Vec<(String, String)>,
    /// Fields whose weights are assumed and were not trained on anybody's records.
    pub assumed: Vec<Field>,
    /// Where the bands lie.
    pub bands: Bands,
    /// Bits by feature.
    pub bits: Vec<f64>,
    /// Chances by field and level, where they are known: of one person's records, and by chance.
    pub chances: Vec<(Field, u8, f64, f64)>,
    /// Words that stand for each other.
    pub variants: Variants,
}

/// Where the bands lie, in bits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bands {
    /// From here two records are one person's, unless a field forbids it.
    pub same_bits: f64,
    /// From here somebody is asked.
    pub ask_bits: f64,
    /// Levels at which no score makes two records one person's without somebody's word.
    pub never_alone: Vec<(Field, u8)>,
}

/// What a score says should be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Band {
    /// Two people.
    Different,
    /// Somebody has to say.
    Ask,
    /// One person.
    Same,
}

impl Band {
    /// As in a task and an answer.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Different => "different",
            Self::Ask => "ask",
            Self::Same => "same",
        }
    }

    /// The code of FHIR's `match-grade`.
    pub fn grade(self) -> &'static str {
        match self {
            Self::Same => "certain",
            Self::Ask => "possible",
            Self::Different => "certainly-not",
        }
    }
}

/// One bar of a waterfall.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// Which field; `None`: what fields say together beyond what each says, or the odds before anything was compared.
    pub field: Option<Field>,
    /// What it is about, for people.
    pub words: String,
    /// The level, for people.
    pub level: &'static str,
    /// What it says, in bits.
    pub bits: f64,
}

/// A pair of people, scored and explained.
#[derive(Clone, Debug, PartialEq)]
pub struct Waterfall {
    /// The bars, the odds before comparing first; they add up to `bits`.
    pub bars: Vec<Bar>,
    /// The whole, in bits.
    pub bits: f64,
    /// The chance that both are one person.
    pub chance: f64,
    /// What should be done.
    pub band: Band,
}

impl Weights {
    /// The weights for people of a region.
    pub fn region() -> Arc<Self> {
        Arc::clone(&REGION)
    }

    /// The weights learned from the historical data set.
    pub fn historical() -> Arc<Self> {
        Arc::clone(&HISTORICAL)
    }

    /// No weights yet.
    pub fn none() -> Self {
        Self {
            name: String::new(),
            version: String::new(),
            provenance: Vec::new(),
            assumed: Vec::new(),
            bands: Bands::default(),
            bits: vec![0.0; COUNT],
            chances: Vec::new(),
            variants: Variants::default(),
        }
    }

    /// What a comparison says, in bits.
    pub fn score(&self, comparison: &Comparison, rarity: (&Rarity, &Rarity)) -> f64 {
        let mut bits = 0.0;
        features::each(comparison, rarity, |feature, value| {
            bits += self.bits[feature] * value
        });
        bits
    }

    /// The band of a scored comparison.
    pub fn band(&self, comparison: &Comparison, bits: f64) -> Band {
        let told = |(field, level): &(Field, u8)| comparison.levels[field.at()] == *level;
        if bits < self.bands.ask_bits {
            Band::Different
        } else if bits < self.bands.same_bits || self.bands.never_alone.iter().any(told) {
            Band::Ask
        } else {
            Band::Same
        }
    }

    /// Two people compared, scored and explained.
    pub fn explain(
        &self,
        (one, other): (&Details, &Details),
        rarity: (&Rarity, &Rarity),
    ) -> Waterfall {
        let comparison = Comparison::of(one, other, &self.variants);
        let mut bars = vec![Bar {
            field: None,
            words: "Before comparing".to_owned(),
            level: "how seldom two records that are compared are of one person",
            bits: self.bits[PRIOR],
        }];
        for field in Field::ALL {
            let level = comparison.levels[field.at()];
            if level == 0 {
                continue;
            }
            let mut bits = self.bits[features::of_level(field, level)];
            let rare = RARE.iter().position(|rare| *rare == field);
            if let Some(feature) =
                rare.and_then(|rare| features::of_rarity(rare, comparison.grade(field)))
            {
                let shared = rarity.0.bits(field).min(rarity.1.bits(field));
                bits += self.bits[feature] * f64::from(shared - features::USUAL_BITS);
            }
            let level = comparison.level(field).words;
            bars.push(Bar {
                field: Some(field),
                words: field.words().to_owned(),
                level,
                bits,
            });
        }
        bars.extend(self.together(&comparison));
        let bits = self.score(&comparison, rarity);
        Waterfall {
            bars,
            bits,
            chance: chance(bits),
            band: self.band(&comparison, bits),
        }
    }

    /// What fields say in twos, beyond what each says.
    fn together(&self, comparison: &Comparison) -> Vec<Bar> {
        let mut bars = Vec::new();
        let (mut rest, mut many) = (0.0, false);
        for (i, one) in TOGETHER.into_iter().enumerate() {
            for (j, other) in TOGETHER.into_iter().enumerate().skip(i + 1) {
                let grades = (comparison.grade(one), comparison.grade(other));
                let Some(feature) = features::of_two((i, grades.0), (j, grades.1)) else {
                    continue;
                };
                let bits = self.bits[feature];
                if bits.abs() >= SHOWN_BITS {
                    let words = format!(
                        "{} and {} together",
                        one.words(),
                        other.words().to_lowercase()
                    );
                    bars.push(Bar {
                        field: None,
                        words,
                        level: both(grades),
                        bits,
                    });
                } else {
                    rest += bits;
                    many |= bits != 0.0;
                }
            }
        }
        if many {
            let words = "Other fields together".to_owned();
            bars.push(Bar {
                field: None,
                words,
                level: "what each pair of fields adds or takes, summed",
                bits: rest,
            });
        }
        bars
    }
}

/// What two fields say together is shown by itself from so many bits.
const SHOWN_BITS: f64 = 0.5;

fn both(grades: (Grade, Grade)) -> &'static str {
    match grades {
        (Grade::Same, Grade::Same) => {
            "both the same: they often go together in different people too"
        }
        (Grade::Differs, Grade::Differs) => "both differ: one cause may change both",
        (Grade::Same | Grade::Near, Grade::Same | Grade::Near) => "both the same or nearly",
        (Grade::Silent | Grade::Same | Grade::Near | Grade::Differs, _) => {
            "one agrees, one does not"
        }
    }
}

/// The chance that goes with a weight of evidence.
pub fn chance(bits: f64) -> f64 {
    1.0 / (1.0 + (-bits).exp2())
}

/// A file that is part of this program; a test reads each.
fn shipped(text: &str) -> Arc<Weights> {
    let read = Weights::read(text);
    assert!(
        read.is_ok(),
        "a file of weights of this program cannot be read: {read:?}"
    );
    Arc::new(read.unwrap_or_else(|_| Weights::none()))
}

#[cfg(test)]
mod tests;
