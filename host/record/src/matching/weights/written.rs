//! Weights as a file: JSON that names every weight by field and level.
//!
//! Invariant: what was written reads the same again, and the same weights are written in the same bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Bands, Weights};
use crate::matching::features::{self, PRIOR, RARE, TOGETHER};
use crate::matching::field::{Field, Grade};
use crate::matching::variants::Variants;

/// Why a file of weights cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// It is no such JSON.
    #[error("the file of weights cannot be read")]
    Json(#[from] serde_json::Error),
    /// It names something that there is not.
    #[error(
        "the file of weights names {what}, which is not compared: use the fields and levels that the matching page lists"
    )]
    Unknown {
        /// What.
        what: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    version: String,
    provenance: BTreeMap<String, String>,
    assumed: Vec<String>,
    bands: BandsFile,
    prior_bits: f64,
    levels: Vec<LevelFile>,
    #[serde(default)]
    rarity: Vec<RarityFile>,
    #[serde(default)]
    together: Vec<TogetherFile>,
    #[serde(default)]
    variants: BTreeMap<String, Vec<String>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BandsFile {
    same_bits: f64,
    ask_bits: f64,
    never_alone: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LevelFile {
    field: String,
    level: String,
    bits: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    m: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    u: Option<f64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RarityFile {
    field: String,
    grade: String,
    bits_per_bit: f64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TogetherFile {
    one: String,
    other: String,
    grades: String,
    bits: f64,
}

const GRADES: [(Grade, &str); 3] = [
    (Grade::Same, "same"),
    (Grade::Near, "near"),
    (Grade::Differs, "differs"),
];

impl Weights {
    /// Reads a file.
    ///
    /// # Errors
    /// [`WeightsError`].
    pub fn read(text: &str) -> Result<Self, WeightsError> {
        let file: File = serde_json::from_str(text)?;
        let mut it = Self::none();
        it.name = file.name;
        it.version = file.version;
        it.provenance = file.provenance.into_iter().collect();
        it.assumed = file
            .assumed
            .iter()
            .map(|name| field(name))
            .collect::<Result<_, _>>()?;
        let never = file.bands.never_alone.iter().map(|it| {
            let (name, level) = it.split_once(' ').ok_or_else(|| unknown(it))?;
            let field = field(name)?;
            Ok((field, level_of(field, level)?))
        });
        it.bands = Bands {
            same_bits: file.bands.same_bits,
            ask_bits: file.bands.ask_bits,
            never_alone: never.collect::<Result<_, WeightsError>>()?,
        };
        it.bits[PRIOR] = file.prior_bits;
        for level in &file.levels {
            let field = field(&level.field)?;
            let number = level_of(field, &level.level)?;
            it.bits[features::of_level(field, number)] = level.bits;
            if let (Some(m), Some(u)) = (level.m, level.u) {
                it.chances.push((field, number, m, u));
            }
        }
        for rarity in &file.rarity {
            let place = place(&RARE, &rarity.field)?;
            let feature = features::of_rarity(place, grade(&rarity.grade)?);
            it.bits[feature.ok_or_else(|| unknown(&rarity.grade))?] = rarity.bits_per_bit;
        }
        for two in &file.together {
            let (a, b) = two
                .grades
                .split_once(' ')
                .ok_or_else(|| unknown(&two.grades))?;
            let one = (place(&TOGETHER, &two.one)?, grade(a)?);
            let other = (place(&TOGETHER, &two.other)?, grade(b)?);
            if one.0 >= other.0 {
                return Err(unknown(&format!("{} before {}", two.one, two.other)));
            }
            let feature = features::of_two(one, other).ok_or_else(|| unknown(&two.grades))?;
            it.bits[feature] = two.bits;
        }
        let mut listed = BTreeMap::new();
        for (name, pairs) in &file.variants {
            let pairs = pairs.iter().map(|pair| {
                let (one, other) = pair.split_once('|').ok_or_else(|| unknown(pair))?;
                Ok((one.to_owned(), other.to_owned()))
            });
            listed.insert(
                field(name)?,
                pairs.collect::<Result<Vec<_>, WeightsError>>()?,
            );
        }
        it.variants = Variants::of(listed);
        Ok(it)
    }

    /// The file, whose numbers have four decimals.
    ///
    /// # Errors
    /// When a weight is no number.
    pub fn write(&self) -> Result<String, WeightsError> {
        let name = |(field, level): &(Field, u8)| {
            format!(
                "{} {}",
                field.code(),
                field.levels()[usize::from(*level)].code
            )
        };
        let variants = self.variants.listed().iter().map(|(field, pairs)| {
            let pairs = pairs.iter().map(|(one, other)| format!("{one}|{other}"));
            (field.code().to_owned(), pairs.collect())
        });
        let file = File {
            name: self.name.clone(),
            version: self.version.clone(),
            provenance: self.provenance.iter().cloned().collect(),
            assumed: self
                .assumed
                .iter()
                .map(|field| field.code().to_owned())
                .collect(),
            bands: BandsFile {
                same_bits: rounded(self.bands.same_bits),
                ask_bits: rounded(self.bands.ask_bits),
                never_alone: self.bands.never_alone.iter().map(name).collect(),
            },
            prior_bits: rounded(self.bits[PRIOR]),
            levels: self.levels(),
            rarity: self.rarity(),
            together: self.in_twos(),
            variants: variants.collect(),
        };
        Ok(serde_json::to_string_pretty(&file)? + "\n")
    }

    fn levels(&self) -> Vec<LevelFile> {
        let mut levels = Vec::new();
        for field in Field::ALL {
            for (number, level) in (0_u8..).zip(field.levels()).skip(1) {
                let bits = self.bits[features::of_level(field, number)];
                let known = self
                    .chances
                    .iter()
                    .find(|it| (it.0, it.1) == (field, number));
                if bits != 0.0 || known.is_some() {
                    levels.push(LevelFile {
                        field: field.code().to_owned(),
                        level: level.code.to_owned(),
                        bits: rounded(bits),
                        m: known.map(|it| small(it.2)),
                        u: known.map(|it| small(it.3)),
                    });
                }
            }
        }
        levels
    }

    fn rarity(&self) -> Vec<RarityFile> {
        let mut all = Vec::new();
        for (place, field) in RARE.into_iter().enumerate() {
            for (grade, name) in GRADES {
                let feature = features::of_rarity(place, grade);
                let bits = feature.map_or(0.0, |feature| self.bits[feature]);
                if bits != 0.0 {
                    let (field, grade) = (field.code().to_owned(), name.to_owned());
                    all.push(RarityFile {
                        field,
                        grade,
                        bits_per_bit: rounded(bits),
                    });
                }
            }
        }
        all
    }

    fn in_twos(&self) -> Vec<TogetherFile> {
        let mut all = Vec::new();
        for (i, one) in TOGETHER.into_iter().enumerate() {
            for (j, other) in TOGETHER.into_iter().enumerate().skip(i + 1) {
                for (a, ours) in GRADES {
                    for (b, theirs) in GRADES {
                        let feature = features::of_two((i, a), (j, b));
                        let bits = feature.map_or(0.0, |feature| self.bits[feature]);
                        if bits != 0.0 {
                            let (one, other) = (one.code().to_owned(), other.code().to_owned());
                            let grades = format!("{ours} {theirs}");
                            all.push(TogetherFile {
                                one,
                                other,
                                grades,
                                bits: rounded(bits),
                            });
                        }
                    }
                }
            }
        }
        all
    }
}

fn rounded(bits: f64) -> f64 {
    (bits * 10_000.0).round() / 10_000.0
}

/// A chance with nine decimals, so that a rare one is not nothing.
fn small(chance: f64) -> f64 {
    (chance * 1e9).round() / 1e9
}

fn unknown(what: &str) -> WeightsError {
    WeightsError::Unknown {
        what: format!("`{what}`"),
    }
}

fn field(name: &str) -> Result<Field, WeightsError> {
    Field::of(name).ok_or_else(|| unknown(name))
}

fn level_of(field: Field, code: &str) -> Result<u8, WeightsError> {
    let mut numbered = (0_u8..).zip(field.levels());
    let found = numbered.find(|(_, level)| level.code == code);
    found.map(|(number, _)| number).ok_or_else(|| unknown(code))
}

fn grade(name: &str) -> Result<Grade, WeightsError> {
    let found = GRADES.iter().find(|(_, it)| *it == name);
    found.map(|(grade, _)| *grade).ok_or_else(|| unknown(name))
}

fn place(among: &[Field], name: &str) -> Result<usize, WeightsError> {
    let field = field(name)?;
    among
        .iter()
        .position(|it| *it == field)
        .ok_or_else(|| unknown(name))
}
