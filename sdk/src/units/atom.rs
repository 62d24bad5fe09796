//! The units that are known, by their case-sensitive symbols in UCUM, and its prefixes.
//!
//! Invariant: every factor is exact. Where UCUM takes an amount of substance, an equivalent or an osmole for a pure number, here
//! each is a kind of its own, so that nothing is converted that needs to be known more of.

use super::fraction::Fraction;

/// Kinds of quantity, and how often each is in a unit.
pub(super) type Dimension = &'static [(&'static str, i32)];

/// A unit that stands by itself.
pub(super) struct Atom {
    pub(super) symbol: &'static str,
    /// Whether it may have a prefix.
    pub(super) is_metric: bool,
    /// So much of the base: above, below, and a power of ten.
    factor: (i128, i128, i32),
    pub(super) dimension: Dimension,
    /// What is added, in hundredths, before it is multiplied; such a unit stands alone.
    pub(super) offset_hundredths: Option<i128>,
}

impl Atom {
    pub(super) fn factor(&self) -> Option<Fraction> {
        let (over, under, tens) = self.factor;
        Fraction::of(over, under)?.times(Fraction::of(10, 1)?.power(tens)?)
    }
}

/// A metric unit.
const fn metric(symbol: &'static str, factor: (i128, i128, i32), dimension: Dimension) -> Atom {
    Atom {
        symbol,
        is_metric: true,
        factor,
        dimension,
        offset_hundredths: None,
    }
}

/// One without prefixes.
const fn plain(symbol: &'static str, factor: (i128, i128, i32), dimension: Dimension) -> Atom {
    Atom {
        is_metric: false,
        ..metric(symbol, factor, dimension)
    }
}

/// One that counts from a point of its own, and stands alone.
const fn shifted(
    symbol: &'static str,
    factor: (i128, i128, i32),
    offset_hundredths: i128,
    of: Dimension,
) -> Atom {
    Atom {
        offset_hundredths: Some(offset_hundredths),
        ..plain(symbol, factor, of)
    }
}

const NUMBER: Dimension = &[];
const LENGTH: Dimension = &[("m", 1)];
const VOLUME: Dimension = &[("m", 3)];
const TIME: Dimension = &[("s", 1)];
const MASS: Dimension = &[("g", 1)];
const PRESSURE: Dimension = &[("g", 1), ("m", -1), ("s", -2)];
const CATALYSIS: Dimension = &[("mol", 1), ("s", -1)];
const TEMPERATURE: Dimension = &[("K", 1)];

/// In metres, seconds, grams, kelvins, moles and degrees of angle.
pub(super) const ATOMS: [Atom; 48] = [
    plain("10*", (10, 1, 0), NUMBER),
    plain("10^", (10, 1, 0), NUMBER),
    plain("%", (1, 1, -2), NUMBER),
    plain("[ppth]", (1, 1, -3), NUMBER),
    plain("[ppm]", (1, 1, -6), NUMBER),
    plain("[ppb]", (1, 1, -9), NUMBER),
    metric("m", (1, 1, 0), LENGTH),
    plain("[in_i]", (254, 1, -4), LENGTH),
    plain("[ft_i]", (3048, 1, -4), LENGTH),
    metric("L", (1, 1, -3), VOLUME),
    metric("l", (1, 1, -3), VOLUME),
    metric("s", (1, 1, 0), TIME),
    plain("min", (60, 1, 0), TIME),
    plain("h", (3_600, 1, 0), TIME),
    plain("d", (86_400, 1, 0), TIME),
    plain("wk", (604_800, 1, 0), TIME),
    // The Julian year, and its twelfth.
    plain("mo", (2_629_800, 1, 0), TIME),
    plain("a", (31_557_600, 1, 0), TIME),
    metric("g", (1, 1, 0), MASS),
    plain("[lb_av]", (45_359_237, 1, -5), MASS),
    plain("[oz_av]", (45_359_237, 16, -5), MASS),
    plain("[stone_av]", (45_359_237 * 14, 1, -5), MASS),
    metric("K", (1, 1, 0), TEMPERATURE),
    shifted("Cel", (1, 1, 0), 27_315, TEMPERATURE),
    shifted("[degF]", (5, 9, 0), 45_967, TEMPERATURE),
    metric("Hz", (1, 1, 0), &[("s", -1)]),
    metric("N", (1, 1, 3), &[("g", 1), ("m", 1), ("s", -2)]),
    metric("J", (1, 1, 3), &[("g", 1), ("m", 2), ("s", -2)]),
    metric("W", (1, 1, 3), &[("g", 1), ("m", 2), ("s", -3)]),
    metric("Pa", (1, 1, 3), PRESSURE),
    metric("bar", (1, 1, 8), PRESSURE),
    metric("m[Hg]", (133_322, 1, 3), PRESSURE),
    metric("m[H2O]", (980_665, 1, 1), PRESSURE),
    metric("mol", (1, 1, 0), &[("mol", 1)]),
    metric("eq", (1, 1, 0), &[("eq", 1)]),
    metric("osm", (1, 1, 0), &[("osm", 1)]),
    metric("kat", (1, 1, 0), CATALYSIS),
    metric("U", (1, 60, -6), CATALYSIS),
    // Units of biological activity are what an assay says: none is converted to another kind.
    metric("[IU]", (1, 1, 0), &[("[IU]", 1)]),
    metric("[iU]", (1, 1, 0), &[("[IU]", 1)]),
    plain("[arb'U]", (1, 1, 0), &[("[arb'U]", 1)]),
    plain("[USP'U]", (1, 1, 0), &[("[USP'U]", 1)]),
    plain("deg", (1, 1, 0), &[("deg", 1)]),
    plain("'", (1, 60, 0), &[("deg", 1)]),
    plain("''", (1, 3_600, 0), &[("deg", 1)]),
    plain("[diop]", (1, 1, 0), &[("m", -1)]),
    plain("[p'diop]", (1, 1, 0), &[("[p'diop]", 1)]),
    shifted("[pH]", (1, 1, 0), 0, &[("[pH]", 1)]),
];

/// Prefixes with their powers of ten.
pub(super) const PREFIXES: [(&str, i32); 20] = [
    ("da", 1),
    ("Y", 24),
    ("Z", 21),
    ("E", 18),
    ("P", 15),
    ("T", 12),
    ("G", 9),
    ("M", 6),
    ("k", 3),
    ("h", 2),
    ("d", -1),
    ("c", -2),
    ("m", -3),
    ("u", -6),
    ("n", -9),
    ("p", -12),
    ("f", -15),
    ("a", -18),
    ("z", -21),
    ("y", -24),
];

/// The atom that a symbol is, with the power of ten of its prefix.
pub(super) fn find(symbol: &str) -> Option<(&'static Atom, i32)> {
    let whole = ATOMS.iter().find(|it| it.symbol == symbol);
    if let Some(atom) = whole {
        return Some((atom, 0));
    }
    PREFIXES.iter().find_map(|(prefix, tens)| {
        let rest = symbol.strip_prefix(prefix)?;
        let mut metric = ATOMS.iter().filter(|it| it.is_metric);
        Some((metric.find(|it| it.symbol == rest)?, *tens))
    })
}
