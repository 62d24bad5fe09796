//! Files of weights, and pairs of people as a registrar would judge them.
#![expect(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use super::*;
use crate::matching::person::{Birth, Postcode, Sex};
use crate::matching::text::Word;

#[test]
fn the_files_of_this_program_read_and_are_written_the_same() {
    for weights in [Weights::region(), Weights::historical()] {
        let again = Weights::read(&weights.write().unwrap()).unwrap();
        assert_eq!(again, *weights, "{}", weights.name);
        for (field, level, m, u) in &weights.chances {
            assert!(*m > 0.0 && *u > 0.0, "{field:?} {level}");
        }
    }
}

#[test]
fn what_nobody_trained_is_log2_of_m_over_u_and_says_so() {
    let region = Weights::region();
    for (field, level, m, u) in &region.chances {
        let bits = region.bits[features::of_level(*field, *level)];
        assert!((bits - (m / u).log2()).abs() < 0.001, "{field:?} {level}");
        assert!(region.assumed.contains(field), "{field:?}");
    }
}

fn person(line: &str) -> Details {
    let mut told = line.split_whitespace().map(|it| (it != "-").then_some(it));
    let mut next = || told.next().flatten();
    Details {
        given: next().and_then(Word::of).into_iter().collect(),
        family: next().and_then(Word::of),
        birth: next().and_then(Birth::read),
        sex: next().map(|it| if it == "f" { Sex::Female } else { Sex::Male }),
        postcode: next().and_then(Postcode::read),
        nhs_number: next().map(Into::into),
        ..Details::default()
    }
}

#[test]
fn people_of_a_region_fall_into_the_bands_that_a_registrar_would_choose() {
    let table = "
        john  smith 1950-03-02 m pr11aa 9990000018 | john  smith 1950-03-02 m pr11aa 9990000018 | same
        john  smith 1950-03-02 m pr11aa -          | john  smith 1950-03-02 m pr11aa -          | same
        john  smith 1950-03-02 m pr11aa -          | jon   smith 1950-03-02 m pr11aa -          | same
        john  smith 1950-03-02 m pr11aa -          | john  smith 1950-02-03 m pr11aa -          | ask
        john  smith 1950-03-02 m pr11aa -          | john  smith 1950-03-02 m la99zz -          | ask
        john  smith 1950-03-02 m pr11aa -          | john  smith 1979-11-24 m pr11aa -          | different
        jane  smith 2001-03-02 f pr11aa -          | joan  smith 2001-03-02 f pr11aa -          | ask
        adam  smith 2001-03-02 m pr11aa -          | ben   smith 2001-03-02 m pr11aa -          | ask
        john  smith 1950-03-02 m pr11aa -          | j     smith 1950-03-02 m pr11aa -          | ask
        jane  smith 1980-03-02 f pr11aa -          | jane  green 1980-03-02 f la99zz -          | different
        jane  smith 1980-03-02 f pr11aa -          | jane  green 1980-03-02 f pr11aa -          | ask
        john  smith 1950-03-02 m pr11aa 9990000018 | john  smith 1950-03-02 m pr11aa 9990000026 | ask
        john  smith 1950-01-01 m pr11aa -          | john  smith 1950-01-01 m pr11aa -          | ask
        john  smith -          m -      -          | john  smith -          m -      -          | different
    ";
    let region = Weights::region();
    let mut wrong = Vec::new();
    for line in table.lines().filter(|line| !line.trim().is_empty()) {
        let mut parts = line.split('|');
        let (one, other) = (person(parts.next().unwrap()), person(parts.next().unwrap()));
        let found = region.explain((&one, &other), (&Rarity::USUAL, &Rarity::USUAL));
        let wanted = parts.next().unwrap().trim();
        let got = found.band.as_str();
        if got != wanted {
            wrong.push(format!("{line}: {got}, {:.1} bits", found.bits));
        }
        let sum: f64 = found.bars.iter().map(|bar| bar.bits).sum();
        assert!((sum - found.bits).abs() < 1e-9, "the bars add up: {line}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_file_that_names_what_there_is_not_is_refused_by_name() {
    let text = include_str!("region.json").replacen("\"surname\"", "\"shoe-size\"", 1);
    let why = Weights::read(&text).unwrap_err().to_string();
    assert!(why.contains("`shoe-size`"), "{why}");
}
