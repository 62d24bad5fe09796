//! Units as UCUM writes them, and quantities converted and compared without losing a digit.
//!
//! Invariant: an unknown unit is a refusal that names it, and nothing is converted from one kind of quantity to another; from
//! mass to amount of substance only with the molar mass that the caller gives.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

use self::fraction::Fraction;
use crate::decimal::Decimal;

mod atom;
mod fraction;
mod grammar;

/// A unit of UCUM, read by its case-sensitive symbols: `umol/L`, `mm[Hg]`, `10*9/L`, `/min`, `mL/min/{1.73_m2}`.
///
/// A subset: the units of laboratories, vital signs, eyes and pregnancies. `mol`, `eq` and `osm`, pure numbers in UCUM, are
/// kinds of their own here, and each unit of biological activity is one.
#[derive(Debug, Clone)]
pub struct Unit {
    text: String,
    factor: Fraction,
    offset: Fraction,
    dimension: BTreeMap<&'static str, i32>,
}

/// A number with its unit.
///
/// # Example
/// ```
/// use sdk::decimal::Decimal;
/// use sdk::units::{Quantity, Unit};
///
/// let pressure = Quantity::read("16", "kPa")?;
/// let limit = Quantity::read("120", "mm[Hg]")?;
/// assert!(pressure.compare(&limit)?.is_gt());
///
/// let creatinine = Quantity::read("1.0", "mg/dL")?;
/// let umol = Unit::read("umol/L")?;
/// assert!(creatinine.to(&umol).is_err());
/// let molar_mass = Decimal::parse("113.12").ok_or("no decimal")?;
/// assert_eq!(creatinine.to_by_molar_mass(&umol, molar_mass)?.with_places(1), "88.4");
///
/// let unknown = Quantity::read("5", "mmHg").unwrap_err();
/// assert_eq!(unknown.to_string(), "the unit `mmHg` is not known here");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Quantity {
    /// The number.
    pub value: Decimal,
    /// Its unit.
    pub unit: Unit,
}

/// Why a quantity cannot be read, converted or compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The text is no decimal.
    NotADecimal(String),
    /// The text does not follow the grammar of UCUM, or what of it is known here.
    NotAUnit {
        /// As written.
        unit: String,
        /// What is wrong with it.
        what: String,
    },
    /// The unit, or a part of it, is not known.
    UnknownUnit {
        /// As written.
        unit: String,
        /// The part that is not known.
        symbol: String,
    },
    /// They are units of different kinds of quantity.
    OtherKind {
        /// Of the quantity.
        from: String,
        /// The one asked for.
        to: String,
    },
    /// They differ by mass and amount of substance, and no molar mass was given.
    NeedsMolarMass {
        /// Of the quantity.
        from: String,
        /// The one asked for.
        to: String,
    },
    /// The molar mass is not above zero.
    MolarMass(Decimal),
    /// The answer has no exact decimal that fits.
    TooLarge,
}

impl Unit {
    /// Reads a unit.
    ///
    /// # Errors
    /// `NotAUnit`, `UnknownUnit`.
    pub fn read(text: &str) -> Result<Self, Refusal> {
        grammar::read(text)
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether quantities of both are of one kind, so that they can be converted and compared.
    #[must_use]
    pub fn is_of_kind(&self, other: &Self) -> bool {
        self.dimension == other.dimension
    }

    /// Whether both are the same unit, however they are written: `mL` and `cm3`, `{beats}/min` and `/min`.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.is_of_kind(other) && self.factor == other.factor && self.offset == other.offset
    }

    /// How often the amount of substance is in this kind where the mass is in the other; 0 when they differ otherwise.
    fn moles_for_mass_in(&self, other: &Self) -> i32 {
        let of = |unit: &Self, kind: &str| unit.dimension.get(kind).copied().unwrap_or(0);
        let kinds: Vec<&str> = self
            .dimension
            .keys()
            .chain(other.dimension.keys())
            .copied()
            .collect();
        let same = |kind: &&str| of(self, kind) == of(other, kind);
        let rest_is_same = kinds
            .iter()
            .filter(|it| !matches!(**it, "g" | "mol"))
            .all(same);
        let moles = of(self, "mol") - of(other, "mol");
        let is_exchange = moles == of(other, "g") - of(self, "g");
        if rest_is_same && is_exchange {
            moles
        } else {
            0
        }
    }
}

impl Quantity {
    /// Reads a decimal as FHIR writes it and a unit.
    ///
    /// # Errors
    /// `NotADecimal`, and as [`Unit::read`].
    pub fn read(value: &str, unit: &str) -> Result<Self, Refusal> {
        let decimal = Decimal::parse(value);
        Ok(Self {
            value: decimal.ok_or_else(|| Refusal::NotADecimal(value.chars().take(40).collect()))?,
            unit: Unit::read(unit)?,
        })
    }

    /// The number in another unit of the same kind; beyond the twelfth place it is rounded. To hold a quantity against a
    /// limit, [`Quantity::compare`] rounds nothing.
    ///
    /// # Errors
    /// `OtherKind`, `NeedsMolarMass`, `TooLarge`.
    pub fn to(&self, unit: &Unit) -> Result<Decimal, Refusal> {
        self.is_convertible(unit)?;
        self.converted(unit, Fraction::ONE)
    }

    /// The same from mass to amount of substance or back, by the molar mass in g/mol.
    ///
    /// # Errors
    /// `OtherKind`, `MolarMass`, `TooLarge`.
    pub fn to_by_molar_mass(
        &self,
        unit: &Unit,
        grams_per_mole: Decimal,
    ) -> Result<Decimal, Refusal> {
        if self.unit.is_of_kind(unit) {
            return self.to(unit);
        }
        if grams_per_mole <= Decimal::ZERO {
            return Err(Refusal::MolarMass(grams_per_mole));
        }
        let moles = unit.moles_for_mass_in(&self.unit);
        if moles == 0 {
            return Err(self.other_kind(unit));
        }
        let mass = fraction_of(grams_per_mole).and_then(|it| it.power(-moles));
        self.converted(unit, mass.ok_or(Refusal::TooLarge)?)
    }

    /// Which of two quantities of one kind is more, exactly.
    ///
    /// # Errors
    /// `OtherKind`, `NeedsMolarMass`, `TooLarge`.
    pub fn compare(&self, other: &Self) -> Result<Ordering, Refusal> {
        self.is_convertible(&other.unit)?;
        let order = || {
            let ratio = self.unit.factor.over(other.unit.factor)?;
            let one = fraction_of(self.value)?
                .plus(self.unit.offset)?
                .times(ratio)?;
            let two = fraction_of(other.value)?.plus(other.unit.offset)?;
            Some(one.minus(two)?.parts().0.cmp(&0))
        };
        order().ok_or(Refusal::TooLarge)
    }

    fn converted(&self, unit: &Unit, by: Fraction) -> Result<Decimal, Refusal> {
        let answer = || {
            let ratio = self.unit.factor.over(unit.factor)?.times(by)?;
            let value = fraction_of(self.value)?
                .plus(self.unit.offset)?
                .times(ratio)?;
            let (over, under) = value.minus(unit.offset)?.parts();
            Decimal::of_fraction(over, under)
        };
        answer().ok_or(Refusal::TooLarge)
    }

    fn is_convertible(&self, unit: &Unit) -> Result<(), Refusal> {
        match (
            self.unit.is_of_kind(unit),
            unit.moles_for_mass_in(&self.unit),
        ) {
            (true, _) => Ok(()),
            (false, 0) => Err(self.other_kind(unit)),
            (false, _) => Err(Refusal::NeedsMolarMass {
                from: self.unit.text.clone(),
                to: unit.text.clone(),
            }),
        }
    }

    fn other_kind(&self, unit: &Unit) -> Refusal {
        Refusal::OtherKind {
            from: self.unit.text.clone(),
            to: unit.text.clone(),
        }
    }
}

fn fraction_of(decimal: Decimal) -> Option<Fraction> {
    let (over, under) = decimal.fraction();
    Fraction::of(over, under)
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotADecimal(text) => write!(out, "`{text}` is no decimal"),
            Self::NotAUnit { unit, what } => write!(out, "the unit `{unit}` {what}"),
            Self::UnknownUnit { unit, symbol } if unit == symbol => {
                write!(out, "the unit `{unit}` is not known here")
            }
            Self::UnknownUnit { unit, symbol } => {
                write!(
                    out,
                    "the unit `{unit}` has `{symbol}`, which is not known here"
                )
            }
            Self::OtherKind { from, to } => {
                write!(
                    out,
                    "{from} and {to} are units of different kinds of quantity"
                )
            }
            Self::NeedsMolarMass { from, to } => {
                write!(out, "from {from} to {to} the molar mass is needed")
            }
            Self::MolarMass(mass) => write!(out, "a molar mass of {mass} g/mol is not above 0"),
            Self::TooLarge => out.write_str("the number is too large to be converted exactly"),
        }
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests;
