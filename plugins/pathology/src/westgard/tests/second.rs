//! The rules written a second time from their definitions, over scores in hundredths of a standard deviation; the same with
//! each fault that was seen in public code; and both compared with the first on the cases and on random runs.

use std::collections::BTreeMap;

use super::{cases, pack, said};
use crate::random::Random;
use crate::westgard::{Control, westgard};
use sdk::decimal::Decimal;

/// Level and score of each control result of each run.
type Runs = Vec<Vec<(u32, i64)>>;

/// A way to go wrong; none of them is sound.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fault {
    None,
    /// "Exceeds" read as "reaches".
    ReachesForExceeds,
    /// R-4s between consecutive results of any runs, and by their distance alone.
    RangeOfConsecutive,
    /// 10x counts a result on the mean as one below it.
    MeanIsBelow,
    /// Only one material is looked at over its runs.
    NotAcrossLevels,
    /// What an older run violated is said of the newest.
    AnyRun,
}

fn names(runs: &Runs, fault: Fault) -> Vec<&'static str> {
    let newest = runs.len() - 1;
    let flat: Vec<(usize, u32, i64)> = runs
        .iter()
        .enumerate()
        .flat_map(|(run, all)| all.iter().map(move |(level, z)| (run, *level, *z)))
        .collect();
    let mut chains: BTreeMap<u32, Vec<(usize, i64)>> = BTreeMap::new();
    for (run, level, z) in &flat {
        chains.entry(*level).or_default().push((*run, *z));
        if fault != Fault::NotAcrossLevels {
            chains.entry(0).or_default().push((*run, *z));
        }
    }
    let beyond = |z: i64, k: i64| match fault {
        Fault::ReachesForExceeds => z >= k,
        _ => z > k,
    };
    let counts = |run: usize| fault == Fault::AnyRun || run == newest;
    // The longest stretch on one side that ends at each place decides, so long as it holds something of the newest run.
    let stretch = |k: i64, n: usize| {
        chains.values().any(|chain| {
            [1, -1].into_iter().any(|side| {
                (0..chain.len()).any(|end| {
                    end + 1 >= n
                        && (end + 1 - n..=end).any(|at| counts(chain[at].0))
                        && (end + 1 - n..=end).all(|at| {
                            let z = chain[at].1;
                            let on_mean = fault == Fault::MeanIsBelow && side == -1 && z == 0;
                            beyond(side * z, k) || k == 0 && on_mean
                        })
                })
            })
        })
    };
    let one = |k: i64| {
        flat.iter()
            .any(|(run, _, z)| counts(*run) && beyond(z.abs(), k))
    };
    let range = match fault {
        Fault::RangeOfConsecutive => flat
            .windows(2)
            .any(|pair| (pair[0].2 - pair[1].2).abs() >= 400),
        _ => runs.iter().enumerate().any(|(at, run)| {
            let high = run.iter().map(|it| it.1).max().unwrap_or(0);
            let low = run.iter().map(|it| it.1).min().unwrap_or(0);
            let between = beyond(high - low, 400);
            counts(at) && high >= 200 && low <= -200 && between
        }),
    };
    let trend = chains
        .iter()
        .filter(|(level, _)| **level > 0)
        .any(|(_, chain)| {
            chain.windows(7).any(|seven| {
                let steps: Vec<i64> = seven
                    .windows(2)
                    .map(|two| (two[1].1 - two[0].1).signum())
                    .collect();
                let one_way = steps.iter().sum::<i64>().abs() == 6;
                one_way && seven.iter().any(|(run, _)| counts(*run))
            })
        });
    let all = [
        ("1-2s", one(200)),
        ("1-3s", one(300)),
        ("2-2s", stretch(200, 2)),
        ("R-4s", range),
        ("4-1s", stretch(100, 4)),
        ("10x", stretch(0, 10)),
        ("3-1s", stretch(100, 3)),
        ("7t", trend),
    ];
    all.into_iter()
        .filter(|(_, is)| *is)
        .map(|(name, _)| name)
        .collect()
}

fn words(runs: &Runs, fault: Fault) -> String {
    let names = names(runs, fault);
    let rejects = names.iter().any(|it| !["1-2s", "3-1s", "7t"].contains(it));
    match (names.is_empty(), rejects) {
        (true, _) => "pass".to_owned(),
        (false, false) => format!("warn: {}", names.join(" ")),
        (false, true) => format!("reject: {}", names.join(" ")),
    }
}

/// Rows whose scores are whole hundredths.
fn comparable() -> Vec<(&'static str, Runs, &'static str)> {
    let score = |it: &Control| {
        let hundredths = it
            .value
            .minus(it.mean)
            .over(it.sd)?
            .times(Decimal::from(100))?;
        hundredths
            .to_string()
            .parse::<i64>()
            .ok()
            .map(|z| (it.level, z))
    };
    let answered = cases().into_iter();
    let answered = answered.filter(|(_, _, answer)| !answer.starts_with("refused"));
    let each = answered.filter_map(|(row, runs, answer)| {
        let scored: Option<Runs> = runs
            .iter()
            .map(|run| run.iter().map(score).collect())
            .collect();
        let scored = scored.filter(|it| it.last().is_some_and(|run| !run.is_empty()))?;
        Some((row, scored, answer))
    });
    each.collect()
}

#[test]
fn the_table_has_a_row_against_each_fault() {
    assert!(comparable().len() > 45);
    for (row, runs, answer) in comparable() {
        assert_eq!(
            words(&runs, Fault::None),
            answer,
            "the comparison itself: {row}"
        );
    }
    for fault in [
        Fault::ReachesForExceeds,
        Fault::RangeOfConsecutive,
        Fault::MeanIsBelow,
        Fault::NotAcrossLevels,
        Fault::AnyRun,
    ] {
        let caught = comparable()
            .iter()
            .filter(|(_, runs, answer)| words(runs, fault) != *answer)
            .count();
        assert!(
            caught > 0,
            "no row of cases/westgard.txt would notice {fault:?}"
        );
    }
}

#[test]
fn two_implementations_agree_on_100_000_runs() {
    let (pack, mut random) = (pack(), Random::new(0xd1b5_4a32_d192_ed03));
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for n in 0..100_000 {
        let levels = 1 + random.below(3);
        let lean = random.between(-150, 150);
        let is_rising = random.below(4) == 0;
        let count = 1 + i64::from(random.below(12));
        let runs: Runs = (0..count)
            .map(|run| {
                let score = |level: u32, random: &mut Random| {
                    // Around each limit, on it, and drifting, so that every rule is met and missed.
                    let z = match random.below(5) {
                        0 => 100 * random.between(-3, 3),
                        1 => 100 * random.between(-3, 3) + random.between(-1, 1),
                        2 => random.between(-90, 90) + lean,
                        _ => lean + random.between(-20, 20),
                    };
                    (
                        level,
                        if is_rising {
                            3 * run + random.between(0, 3)
                        } else {
                            z
                        },
                    )
                };
                (1..=levels)
                    .map(|level| score(level, &mut random))
                    .collect()
            })
            .collect();
        let controls: Vec<Vec<Control>> = runs
            .iter()
            .map(|run| run.iter().map(|(level, z)| measured(*level, *z)).collect())
            .collect();
        let found = westgard(&pack, &controls)
            .map(|it| said(&it))
            .unwrap_or_default();
        let expected = words(&runs, Fault::None);
        assert_eq!(found, expected, "history {n}: {runs:?}");
        for name in names(&runs, Fault::None) {
            *seen.entry(name.to_owned()).or_default() += 1;
        }
        if found == "pass" {
            *seen.entry(found).or_default() += 1;
        }
    }
    let often = seen.values().filter(|times| **times > 1_000).count();
    assert_eq!(often, 9, "the runs are too much alike: {seen:?}");
}

/// A control with a mean and deviation of its material: 50 and 2 for the first, 100 and 4 for the second, and so on.
fn measured(level: u32, hundredths_of_sd: i64) -> Control {
    let sd = 2 * i64::from(level);
    let hundredths = 5_000 * i64::from(level) + sd * hundredths_of_sd;
    let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    Control {
        level,
        value: Decimal::parse(&text).unwrap_or(Decimal::ZERO),
        mean: Decimal::from(50 * level),
        sd: Decimal::from(2 * level),
    }
}
