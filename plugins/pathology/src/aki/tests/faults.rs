//! Faults found in public implementations of the rule: the table of cases has a row against each.

use super::{Case, aki, cases, input, pack, stage_of};
use sdk::decimal::Decimal;
use sdk::moment::{DAY_MS, HOUR_MS};

/// The rule with floating point numbers and a way to go wrong at each step.
struct Faulty {
    name: &'static str,
    strict_ratio: bool,
    stage_3_by_difference: bool,
    no_stage_1: bool,
    no_difference_rule: bool,
    difference_from_baseline: bool,
    day_8_left_out: bool,
    latest_for_lowest: bool,
    mean_for_median: bool,
}

const SOUND: Faulty = Faulty {
    name: "sound",
    strict_ratio: false,
    stage_3_by_difference: false,
    no_stage_1: false,
    no_difference_rule: false,
    difference_from_baseline: false,
    day_8_left_out: false,
    latest_for_lowest: false,
    mean_for_median: false,
};

/// Values at ages above `after` and up to `to`, the youngest first.
fn aged(case: &Case, after: i64, to: i64) -> Vec<f64> {
    let age = |at_ms: i64| case.current.at_ms - at_ms;
    let mut found: Vec<_> = case
        .earlier
        .iter()
        .filter(|it| age(it.at_ms) > after && age(it.at_ms) <= to)
        .collect();
    found.sort_by_key(|it| age(it.at_ms));
    found.iter().map(|it| number(it.umol_l)).collect()
}

fn number(it: Decimal) -> f64 {
    it.to_string().parse().unwrap_or(f64::NAN)
}

fn lowest(values: Vec<f64>) -> Option<f64> {
    values.into_iter().reduce(f64::min)
}

impl Faulty {
    fn baseline(&self, case: &Case) -> Option<f64> {
        let recent = aged(case, 0, 7 * DAY_MS);
        let first = if self.day_8_left_out {
            8 * DAY_MS
        } else {
            7 * DAY_MS
        };
        let mut old = aged(case, first, 365 * DAY_MS);
        old.sort_by(f64::total_cmp);
        let near = if self.latest_for_lowest {
            recent.first().copied()
        } else {
            lowest(recent)
        };
        let far = match (old.len(), self.mean_for_median) {
            (0, _) => None,
            (n, true) => Some(old.iter().sum::<f64>() / f64::from(u32::try_from(n).unwrap_or(1))),
            (n, false) => Some(f64::midpoint(old[(n - 1) / 2], old[n / 2])),
        };
        lowest([near, far].into_iter().flatten().collect())
    }

    fn stage(&self, case: &Case) -> Option<u32> {
        let current = number(case.current.umol_l);
        let baseline = self.baseline(case)?;
        let reaches = |times: f64| {
            if self.strict_ratio {
                current > times * baseline
            } else {
                current >= times * baseline
            }
        };
        let alone = if self.stage_3_by_difference {
            current - baseline
        } else {
            current
        };
        let limit = match (case.age_years, case.reference.high) {
            (Some(years), _) if years >= 18 => 354.0,
            (_, Some(high)) => 3.0 * number(high),
            _ => f64::INFINITY,
        };
        if reaches(1.5) {
            let stage = if reaches(3.0) || alone > limit {
                3
            } else {
                1 + u32::from(reaches(2.0))
            };
            return Some(if self.no_stage_1 && stage == 1 {
                0
            } else {
                stage
            });
        }
        let lately = lowest(aged(case, 0, 48 * HOUR_MS));
        let from = if self.difference_from_baseline {
            Some(baseline)
        } else {
            lately
        };
        let rose = !self.no_difference_rule && from.is_some_and(|from| current - from > 26.0);
        Some(u32::from(rose))
    }
}

/// Rows that the sound rule and a rule with floating point numbers can both answer.
fn comparable() -> impl Iterator<Item = (Case, Option<u32>)> {
    cases()
        .into_iter()
        .filter(|case| case.unit == "umol/L" && case.age_years.is_some())
        .filter_map(|case| {
            let assessment = aki(&pack(), &input(&case)).ok()?;
            Some((case, stage_of(&assessment)))
        })
}

#[test]
fn the_table_has_a_row_against_each_fault() {
    let faults = [
        Faulty {
            name: "more than 1.5 instead of at least",
            strict_ratio: true,
            ..SOUND
        },
        Faulty {
            name: "stage 3 by the difference from the baseline",
            stage_3_by_difference: true,
            ..SOUND
        },
        Faulty {
            name: "stage 1 left out",
            no_stage_1: true,
            ..SOUND
        },
        Faulty {
            name: "no rule of 48 hours",
            no_difference_rule: true,
            ..SOUND
        },
        Faulty {
            name: "the difference taken from the baseline",
            difference_from_baseline: true,
            ..SOUND
        },
        Faulty {
            name: "day 8 left out",
            day_8_left_out: true,
            ..SOUND
        },
        Faulty {
            name: "the latest instead of the lowest",
            latest_for_lowest: true,
            ..SOUND
        },
        Faulty {
            name: "the mean instead of the median",
            mean_for_median: true,
            ..SOUND
        },
    ];
    for (case, stage) in comparable() {
        assert_eq!(
            SOUND.stage(&case),
            stage,
            "the comparison itself: {}",
            case.row
        );
    }
    for fault in faults {
        let caught = comparable()
            .filter(|(case, stage)| fault.stage(case) != *stage)
            .count();
        assert!(
            caught > 0,
            "no row of cases/aki.txt would notice: {}",
            fault.name
        );
    }
}
