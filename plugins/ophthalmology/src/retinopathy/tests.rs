//! The grade by its table, and against a second implementation that tries every way in which the unknown could be.
#![expect(clippy::unwrap_used, reason = "tests")]

use sdk::pack::Part;

use crate::acuity::{Acuity, Low};
use crate::cases::{Numbers, check};
use crate::retinopathy::{Grade, GradingInput, GradingPack, Macula, Retina, Sign, grade};

fn pack() -> GradingPack {
    let document = serde_json::from_str(include_str!("../../packs/retinopathy.json")).unwrap();
    GradingPack::read(Part::of("retinopathy", &document)).unwrap()
}

fn best(text: &str) -> Option<Acuity> {
    if text == "?" {
        return None;
    }
    if let Some(low) = Low::ALL.into_iter().find(|low| low.code() == text) {
        return Some(Acuity::Low(low));
    }
    let log_mar = match text.split_once('/') {
        Some((over, under)) => {
            (under.parse::<f64>().unwrap() / over.parse::<f64>().unwrap()).log10()
        }
        None => (85.0 - text.parse::<f64>().unwrap()) / 50.0,
    };
    Some(Acuity::Chart(log_mar))
}

fn input(cells: &[&str]) -> GradingInput {
    let listed = |cell: &str, sign: Sign| cell.split(' ').any(|code| code == sign.code());
    for code in [cells[1], cells[2]]
        .iter()
        .flat_map(|cell| cell.split(' '))
        .filter(|it| *it != "-")
    {
        assert!(Sign::ALL.iter().any(|sign| sign.code() == code), "{code}");
    }
    let signs = Sign::ALL
        .into_iter()
        .filter(|sign| !listed(cells[2], *sign));
    let (is_treated, is_stable) = match cells[3] {
        "none" => (Some(false), None),
        "treated" => (Some(true), None),
        "stable" => (Some(true), Some(true)),
        "active" => (Some(true), Some(false)),
        _ => (None, None),
    };
    GradingInput {
        is_gradable: match cells[0] {
            "good" => Some(true),
            "poor" => Some(false),
            _ => None,
        },
        signs: signs.map(|sign| (sign, listed(cells[1], sign))).collect(),
        is_treated,
        is_stable,
        best: best(cells[4]),
    }
}

fn said(pack: &GradingPack, it: &Grade) -> String {
    let missing = |what: &str, words: &[&str]| format!("{what} not recorded: {}", words.join(", "));
    let retina = it
        .retina
        .as_ref()
        .map_or_else(|words| missing("R", words), |it| it.code().to_owned());
    let macula = it
        .macula
        .as_ref()
        .map_or_else(|words| missing("M", words), |it| it.code().to_owned());
    let between = if it.retina.is_ok() && it.macula.is_ok() {
        " "
    } else {
        "; "
    };
    let weeks = pack
        .weeks(it)
        .map(|weeks| format!(", {weeks} weeks"))
        .unwrap_or_default();
    format!("{retina}{between}{macula}{weeks}")
}

#[test]
fn retinopathy_by_case() {
    let pack = pack();
    check(include_str!("../../cases/retinopathy.txt"), 45, |cells| {
        said(&pack, &grade(&pack, &input(cells)))
    });
}

/// The grade of an eye of which everything is known, as the programme's table reads from the top.
fn known(signs: &[bool; 13], treated_and_stable: bool, letters: i32) -> (Retina, Macula) {
    let any = |from: usize, to: usize| signs[from..to].contains(&true);
    let retina = if any(0, 4) {
        Retina::R3A
    } else if treated_and_stable {
        Retina::R3S
    } else if any(4, 8) {
        Retina::R2
    } else if signs[8] {
        Retina::R1
    } else {
        Retina::R0
    };
    let is_m1 = any(9, 12) || (signs[12] && letters < 71);
    (retina, if is_m1 { Macula::M1 } else { Macula::M0 })
}

/// Every grade that an eye could have, given what is known of it.
fn possible(
    signs: &[Option<bool>; 13],
    treated_and_stable: bool,
    letters: Option<i32>,
) -> (Vec<Retina>, Vec<Macula>) {
    let unknown: Vec<usize> = (0..13).filter(|n| signs[*n].is_none()).collect();
    let (mut retinas, mut maculas) = (Vec::new(), Vec::new());
    for choice in 0..1_u32 << unknown.len() {
        let mut world = signs.map(|it| it.unwrap_or(false));
        for (bit, n) in unknown.iter().enumerate() {
            world[*n] = choice >> bit & 1 == 1;
        }
        for letters in letters.map_or(vec![35, 85], |it| vec![it]) {
            let (retina, macula) = known(&world, treated_and_stable, letters);
            retinas.push(retina);
            maculas.push(macula);
        }
    }
    retinas.sort_unstable();
    retinas.dedup();
    maculas.sort_unstable();
    maculas.dedup();
    (retinas, maculas)
}

#[test]
fn two_implementations_agree_on_100_000_eyes() {
    let (pack, mut numbers, mut seen) = (pack(), Numbers(0x510e_527f_ade6_82d1), [0_u32; 4]);
    for n in 0..100_000 {
        let signs: [Option<bool>; 13] = std::array::from_fn(|_| match numbers.below(14) {
            0 => None,
            1 => Some(true),
            _ => Some(false),
        });
        let treated = numbers.below(4) == 0;
        let letters = (numbers.below(6) > 0).then(|| numbers.between(65, 76));
        let input = GradingInput {
            is_gradable: Some(true),
            signs: Sign::ALL
                .into_iter()
                .zip(signs)
                .filter_map(|(sign, seen)| Some((sign, seen?)))
                .collect(),
            is_treated: Some(treated),
            is_stable: treated.then_some(true),
            best: letters.map(|letters| Acuity::Chart((85.0 - f64::from(letters)) / 50.0)),
        };
        let found = grade(&pack, &input);
        let (retinas, maculas) = possible(&signs, treated, letters);
        // A grade is given exactly when there is only one that the eye could have.
        assert_eq!(
            found.retina.as_ref().ok(),
            retinas.first().filter(|_| retinas.len() == 1),
            "eye {n}: {input:?}"
        );
        assert_eq!(
            found.macula.as_ref().ok(),
            maculas.first().filter(|_| maculas.len() == 1),
            "eye {n}: {input:?}"
        );
        seen[usize::from(found.retina.is_ok())] += 1;
        seen[2 + usize::from(found.macula.is_ok())] += 1;
    }
    assert!(
        seen.iter().all(|times| *times > 1_000),
        "the eyes are too much alike: {seen:?}"
    );
}
