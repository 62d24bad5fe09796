//! UCUM's grammar by what is taken and refused, and conversions by definition.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::atom::{ATOMS, PREFIXES};
use super::{Quantity, Refusal, Unit};
use crate::decimal::Decimal;

fn d(text: &str) -> Decimal {
    Decimal::parse(text).unwrap()
}

#[test]
fn every_atom_and_every_prefix_is_read() {
    for atom in &ATOMS {
        let symbol = match atom.symbol {
            "10*" | "10^" => format!("{}3", atom.symbol),
            other => other.to_owned(),
        };
        Unit::read(&symbol).unwrap();
        for (prefix, _) in PREFIXES {
            let with = format!("{prefix}{symbol}");
            // Some are atoms themselves, as `d` and `min` are.
            let is_atom = ATOMS.iter().any(|it| it.symbol == with);
            let is_other = super::atom::find(&with).is_some_and(|it| it.0.symbol != atom.symbol);
            assert_eq!(
                Unit::read(&with).is_ok(),
                atom.is_metric || is_atom || is_other,
                "{with}"
            );
        }
    }
    let symbols: std::collections::BTreeSet<_> = ATOMS.iter().map(|it| it.symbol).collect();
    assert_eq!(symbols.len(), ATOMS.len());
}

/// Two ways to write one unit, or what is said.
#[test]
fn the_grammar_by_case() {
    let table = "
        mL                 | cm3
        L                  | dm3
        l                  | L
        10*9/L             | 10*3/uL
        10^9/L             | 10*9/L
        10*9{cells}/L      | 10*9/L
        {score}            | 1
        1                  | {INR}
        /min               | min-1
        {beats}/min        | /min
        /{HPF}             | 1
        mL/min/{1.73_m2}   | mL/min
        m[H2O]{35Cel}      | m[H2O]
        g/(8.h)            | g/h/8
        g.m-1.s-2          | mPa
        kg.m/s2            | N
        m+2                | m2
        /m/s               | m-1.s-1
        g/L/h              | g/(L.h)
        ((g))              | g
        mmol/mol           | 10*-3
        %                  | 10*-2
        Mg                 | 10*9.mg
        [iU]/L             | [IU]/L
        ng/mL              | ug/L
        umol/min           | U
        nkat               | nmol/s
        [diop]             | m-1
        [in_i]             | (254).10*-4.m
        meq/L              | eq.m-3
        |                  : has no unit where one must be
        mol/               : has no unit where one must be
        mol//L             : has a character where a unit must be
        mol/L.             : has no unit where one must be
        µmol/L             : has a letter that is not in UCUM
        °C                 : has a letter that is not in UCUM
        umol/L             | umol/l
        UMOL/L             : has `UMOL`, which is not known here
        mmHg               : the unit `mmHg` is not known here
        MM[HG]             : not known here
        MG                 : not known here
        mcg                : not known here
        kmin               : not known here
        mmin               : not known here
        beats/min          : has `beats`
        2mg                : ends before its end
        mg2{a}b            : ends before its end
        mg L               : ends before its end
        mg/L               | g/m3
        (g                 : has a parenthesis that is not closed
        g)                 : ends before its end
        ((((((((((g))))))))))  : too many parentheses
        {a                 : has a brace that is not closed
        {a{b}}             : has an annotation with a character
        {é}                : has an annotation with a character
        m[Hg               : has a bracket that is not closed
        m0                 : has an exponent that is zero or too large
        m-                 : has a sign without an exponent
        m31                : has an exponent that is zero or too large
        0                  : has a factor that is zero or too large
        1234567890         : has a factor that is zero or too large
        mL/min/1.73.m2     : write it as an annotation
        Ym9                : is too large or too small
        Cel/h              : may only stand alone
        /Cel               : may only stand alone
        Cel2               : may only stand alone
        mCel               : not known here
        [pH].g             : may only stand alone
    ";
    for row in table.lines().filter(|row| row.contains(['|', ':'])) {
        if let Some((text, expected)) = row.split_once(" : ") {
            let text = text.trim().trim_end_matches('|').trim();
            let said = Unit::read(text).unwrap_err().to_string();
            assert!(said.contains(expected.trim()), "{row}\n{said}");
            continue;
        }
        let (one, other) = row.split_once('|').unwrap();
        let read = |text: &str| Unit::read(text.trim()).map_err(|it| it.to_string());
        let (one, other) = (read(one).unwrap(), read(other).unwrap());
        assert!(one.is_same(&other), "{row} {one:?} {other:?}");
    }
    assert!(Unit::read(&"m.".repeat(50)).is_err());
}

#[test]
fn conversions_by_case() {
    let table = "
        1        | mm[Hg]    | Pa       | 133.322
        120      | mm[Hg]    | kPa      | 15.99864
        5.3      | kPa       | mm[Hg]   | 39.753379037218
        1        | cm[H2O]   | Pa       | 98.0665
        37       | Cel       | [degF]   | 98.6
        98.6     | [degF]    | Cel      | 37
        -40      | Cel       | [degF]   | -40
        0        | K         | Cel      | -273.15
        38.46    | Cel       | K        | 311.61
        5        | mmol/L    | umol/L   | 5000
        171      | umol/L    | mmol/L   | 0.171
        0.7      | g/dL      | g/L      | 7
        250      | 10*3/uL   | 10*9/L   | 250
        48       | mmol/mol  | %        | 4.8
        11       | [stone_av]| kg       | 69.85322498
        1        | [lb_av]   | g        | 453.59237
        70       | [in_i]    | cm       | 177.8
        40       | wk        | d        | 280
        1        | a         | d        | 365.25
        12       | mo        | a        | 1
        90       | {beats}/min | Hz     | 1.5
        1        | U/L       | nkat/L   | 16.666666666667
        60       | '         | deg      | 1
        43.5     | [diop]    | [diop]   | 43.5
        0.333333333333 | m   | mm       | 333.333333333
        1000000000 | m       | mm       | refused: the number is too large to be converted exactly
        5        | mmol/L    | mg/dL    | refused: from mmol/L to mg/dL the molar mass is needed
        5        | mmol/L    | mmol/kg  | refused: mmol/L and mmol/kg are units of different kinds of quantity
        5        | meq/L     | mmol/L   | refused: meq/L and mmol/L are units of different kinds of quantity
        5        | mosm/L    | mmol/L   | refused: mosm/L and mmol/L are units of different kinds of quantity
        5        | [IU]/L    | U/L      | refused: [IU]/L and U/L are units of different kinds of quantity
        7.4      | [pH]      | nmol/L   | refused: [pH] and nmol/L are units of different kinds of quantity
        5        | mmol/L    | %        | refused: mmol/L and % are units of different kinds of quantity
        five     | mmol/L    | mmol/L   | refused: `five` is no decimal
    ";
    for row in table.lines().filter(|row| row.contains('|')) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let answer =
            Quantity::read(cells[0], cells[1]).and_then(|it| it.to(&Unit::read(cells[2])?));
        let said = answer.map_or_else(|it| format!("refused: {it}"), |it| it.to_string());
        assert_eq!(said, cells[3], "{row}");
    }
}

#[test]
fn mass_and_amount_by_molar_mass() {
    for (value, from, to, mass, expected) in [
        ("1", "mg/dL", "umol/L", "113.12", "88.401697312588"),
        ("88.4", "umol/L", "mg/dL", "113.12", "0.99998080"),
        ("5", "mmol/L", "mg/dL", "180.156", "90.078"),
        ("90.078", "mg/dL", "mmol/L", "180.156", "5"),
        ("2", "mmol/L", "umol/L", "113.12", "2000"),
        ("24", "mg/h", "mmol/d", "24", "24"),
    ] {
        let quantity = Quantity::read(value, from).unwrap();
        let answer = quantity.to_by_molar_mass(&Unit::read(to).unwrap(), d(mass));
        assert_eq!(answer, Ok(d(expected)), "{value} {from}");
    }
    let quantity = Quantity::read("1", "mg/dL").unwrap();
    let by =
        |unit: &str, mass: &str| quantity.to_by_molar_mass(&Unit::read(unit).unwrap(), d(mass));
    assert_eq!(by("umol/L", "0"), Err(Refusal::MolarMass(d("0"))));
    assert_eq!(by("umol/L", "-1"), Err(Refusal::MolarMass(d("-1"))));
    assert!(matches!(
        by("umol", "113.12"),
        Err(Refusal::OtherKind { .. })
    ));
    assert!(matches!(
        by("[IU]/L", "113.12"),
        Err(Refusal::OtherKind { .. })
    ));
}

#[test]
fn a_limit_is_held_against_without_rounding() {
    for (one, of_one, other, of_other, expected) in [
        ("26", "umol/L", "0.026", "mmol/L", "Equal"),
        ("26.000000000001", "umol/L", "0.026", "mmol/L", "Greater"),
        ("25.999999999999", "umol/L", "0.026", "mmol/L", "Less"),
        ("100.4", "[degF]", "38", "Cel", "Equal"),
        ("100.399999999999", "[degF]", "38", "Cel", "Less"),
        ("-41", "Cel", "-40", "[degF]", "Less"),
        ("1", "h", "3600", "s", "Equal"),
    ] {
        let read = |value: &str, unit: &str| Quantity::read(value, unit).unwrap();
        let order = read(one, of_one).compare(&read(other, of_other)).unwrap();
        assert_eq!(format!("{order:?}"), expected, "{one} {of_one}");
    }
    let mass = Quantity::read("1", "g").unwrap();
    assert!(mass.compare(&Quantity::read("1", "m").unwrap()).is_err());
}

#[test]
fn there_and_back_is_where_it_was() {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 20) % below
    };
    let pairs = [
        ("Cel", "[degF]"),
        ("mm[Hg]", "Pa"),
        ("kg", "g"),
        ("umol/L", "mmol/L"),
        ("mg/dL", "g/L"),
        ("wk", "h"),
        ("10*9/L", "10*6/mL"),
    ];
    for _ in 0..20_000 {
        let (one, other) = pairs[usize::try_from(next(7)).unwrap()];
        let value = format!("{}.{:03}", next(500), next(1_000));
        let there = Quantity::read(&value, one).unwrap();
        let other = Unit::read(other).unwrap();
        let back = Quantity {
            value: there.to(&other).unwrap(),
            unit: other,
        };
        assert_eq!(back.to(&there.unit), Ok(d(&value)), "{value} {one}");
    }
}
