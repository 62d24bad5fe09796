//! The rule written a second time from its text, in whole numbers of tenths, and compared on random histories.

use super::{AkiInput, Assessment, Creatinine, Reference, Undecided, aki, pack, stage_of};
use sdk::decimal::Decimal;

/// A history in tenths of µmol/L and minutes before the result.
struct History {
    result: i64,
    earlier: Vec<(i64, i64)>,
    age: Option<u32>,
    limit: Option<i64>,
}

/// The stages that the text allows, given what is known: one when it is decided, two when it is not; none without an
/// earlier result. 0 is no alert.
fn stages(it: &History) -> Vec<u32> {
    const WEEK: i64 = 7 * 24 * 60;
    let mut near = Vec::new();
    let mut far = Vec::new();
    let mut two_days = Vec::new();
    for &(minutes, value) in &it.earlier {
        if minutes <= 0 {
            continue;
        }
        if minutes <= 48 * 60 {
            two_days.push(value);
        }
        if minutes <= WEEK {
            near.push(value);
        } else if minutes <= 365 * 24 * 60 {
            far.push(value);
        }
    }
    // Everything doubled, so that the middle of two values is whole.
    let rv1 = near.iter().min().map(|value| 2 * value);
    far.sort_unstable();
    let rv2 = match far.len() {
        0 => None,
        n if n % 2 == 1 => Some(2 * far[n / 2]),
        n => Some(far[n / 2 - 1] + far[n / 2]),
    };
    let c1 = 2 * it.result;
    // The higher ratio: c1/a > c1/b is c1·b > c1·a.
    let rv = match (rv1, rv2) {
        (Some(a), Some(b)) => {
            if c1 * b > c1 * a {
                a
            } else {
                b
            }
        }
        (Some(only), None) | (None, Some(only)) => only,
        (None, None) => return vec![],
    };
    if 2 * c1 < 3 * rv {
        let rose = two_days
            .iter()
            .min()
            .is_some_and(|lowest| it.result - lowest > 260);
        return vec![u32::from(rose)];
    }
    if c1 >= 3 * rv {
        return vec![3];
    }
    let otherwise = if c1 >= 2 * rv { 2 } else { 1 };
    let adult = it.result > 3540;
    let child = it.limit.map(|limit| it.result > 3 * limit);
    let is_three = match it.age {
        Some(age) if age >= 18 => vec![adult],
        Some(_) => child.map_or(vec![false, true], |child| vec![child]),
        None => match child {
            Some(child) if child == adult => vec![child],
            _ => vec![false, true],
        },
    };
    is_three
        .into_iter()
        .map(|three| if three { 3 } else { otherwise })
        .collect()
}

/// What the first implementation allows, in the same manner.
fn allowed(it: &Assessment) -> Vec<u32> {
    match (stage_of(it), it.undecided) {
        (None, _) => vec![],
        (Some(stage), None) => vec![stage],
        (Some(stage), Some(Undecided::Age | Undecided::UpperLimit)) => vec![stage, 3],
    }
}

/// A small generator of numbers that look random and are the same at every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        i64::try_from((self.0 >> 16) % bound).unwrap_or(0)
    }

    /// Ages that gather around the boundaries.
    fn minutes(&mut self) -> i64 {
        let near = [0, 48 * 60, 7 * 1440, 8 * 1440, 365 * 1440];
        match self.below(3) {
            0 => near[usize::try_from(self.below(5)).unwrap_or(0)] + self.below(3) - 1,
            1 => self.below(10 * 1440),
            _ => self.below(400 * 1440),
        }
    }

    /// Results that often stand in a ratio of 1.5, 2 or 3 to a round number.
    fn tenths(&mut self) -> i64 {
        let base = 300 + 100 * self.below(12);
        match self.below(4) {
            0 => base * 3 / 2 + self.below(3) - 1,
            1 => base * (2 + self.below(2)) + self.below(3) - 1,
            2 => base + 259 + self.below(3),
            _ => base,
        }
    }

    fn history(&mut self) -> History {
        let n = self.below(9);
        History {
            result: if self.below(6) == 0 {
                3539 + self.below(3)
            } else {
                self.tenths()
            },
            earlier: (0..n).map(|_| (self.minutes(), self.tenths())).collect(),
            age: (self.below(5) > 0).then(|| u32::try_from(16 + self.below(4)).unwrap_or(18)),
            limit: (self.below(3) > 0).then(|| 300 + 100 * self.below(9)),
        }
    }
}

fn tenths(value: i64) -> Decimal {
    Decimal::parse(&format!("{}.{}", value / 10, value % 10)).unwrap_or(Decimal::ZERO)
}

#[test]
fn two_implementations_agree_on_100_000_histories() {
    let (pack, mut numbers, mut seen) = (pack(), Numbers(0x9e37_79b9_7f4a_7c15), [0_u32; 5]);
    for n in 0..100_000 {
        let it = numbers.history();
        let others: Vec<_> = it
            .earlier
            .iter()
            .map(|(minutes, value)| Creatinine {
                at_ms: -minutes * 60_000,
                umol_l: tenths(*value),
            })
            .collect();
        let input = AkiInput {
            current: Creatinine {
                at_ms: 0,
                umol_l: tenths(it.result),
            },
            others: &others,
            age_years: it.age,
            reference: Reference {
                low: None,
                high: it.limit.map(tenths),
            },
        };
        let assessment = aki(&pack, &input)
            .map(|it| allowed(&it))
            .unwrap_or_default();
        let expected = stages(&it);
        assert_eq!(
            assessment, expected,
            "history {n}: {} after {:?}, age {:?}, limit {:?}",
            it.result, it.earlier, it.age, it.limit
        );
        let bucket = expected
            .first()
            .map_or(4, |stage| usize::try_from(*stage).unwrap_or(4));
        seen[bucket] += 1;
    }
    assert!(
        seen.iter().all(|times| *times > 1000),
        "the histories are too much alike: {seen:?}"
    );
}
