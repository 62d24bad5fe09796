//! NEWS2 a second time, written from the published chart over whole numbers, and held against the first.

use super::pack;
use crate::news2::{Reading, Scale, Set, news2};

/// Hundredths of a degree, everything else as it is counted.
struct Observed {
    respiration: u32,
    saturation: u32,
    is_scale_two: bool,
    is_on_oxygen: bool,
    systolic: u32,
    pulse: u32,
    consciousness: usize,
    temperature: u32,
}

const ACVPU: [&str; 5] = ["alert", "confusion", "voice", "pain", "unresponsive"];

/// Total and response, from the columns of the chart.
fn second(it: &Observed) -> (u32, &'static str) {
    let respiration = match it.respiration {
        0..=8 => 3,
        9..=11 => 1,
        12..=20 => 0,
        21..=24 => 2,
        25.. => 3,
    };
    let saturation = match (it.is_scale_two, it.saturation, it.is_on_oxygen) {
        (false, ..=91, _) => 3,
        (false, 92 | 93, _) => 2,
        (false, 94 | 95, _) => 1,
        (false, 96.., _) => 0,
        (true, ..=83, _) => 3,
        (true, 84 | 85, _) => 2,
        (true, 86 | 87, _) => 1,
        (true, 88..=92, _) | (true, 93.., false) => 0,
        (true, 93 | 94, true) => 1,
        (true, 95 | 96, true) => 2,
        (true, 97.., true) => 3,
    };
    let oxygen = if it.is_on_oxygen { 2 } else { 0 };
    let systolic = match it.systolic {
        0..=90 => 3,
        91..=100 => 2,
        101..=110 => 1,
        111..=219 => 0,
        220.. => 3,
    };
    let pulse = match it.pulse {
        0..=40 => 3,
        41..=50 | 91..=110 => 1,
        51..=90 => 0,
        111..=130 => 2,
        131.. => 3,
    };
    let consciousness = if it.consciousness == 0 { 0 } else { 3 };
    let tenths = it.temperature / 10 + u32::from(it.temperature % 10 >= 5);
    let temperature = match tenths {
        0..=350 => 3,
        351..=360 | 381..=390 => 1,
        361..=380 => 0,
        391.. => 2,
    };
    let all = [
        respiration,
        saturation,
        oxygen,
        systolic,
        pulse,
        consciousness,
        temperature,
    ];
    let total = all.iter().sum();
    let response = match total {
        7.. => "high",
        5 | 6 => "medium",
        _ if all.contains(&3) => "single",
        1..=4 => "low",
        0 => "zero",
    };
    (total, response)
}

/// A small generator, the same numbers every time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from(self.0 >> 33).unwrap_or_default() % most
    }
}

#[test]
fn both_agree_on_a_hundred_thousand_sets() {
    let pack = pack();
    let mut numbers = Numbers(0x1a2b_3c4d_5e6f_7081);
    let mut totals = [0_u32; 21];
    for _ in 0..100_000 {
        let it = Observed {
            respiration: 4 + numbers.below(26),
            saturation: 78 + numbers.below(23),
            is_scale_two: numbers.below(2) == 1,
            is_on_oxygen: numbers.below(2) == 1,
            systolic: 70 + numbers.below(170),
            pulse: 30 + numbers.below(120),
            consciousness: usize::try_from(numbers.below(12))
                .unwrap()
                .saturating_sub(7),
            temperature: 3_400 + numbers.below(600),
        };
        let number = |value: u32| Reading::Number(value.to_string());
        let set = Set {
            respiration: number(it.respiration),
            saturation: number(it.saturation),
            scale: if it.is_scale_two {
                Scale::Two
            } else {
                Scale::One
            },
            oxygen: Reading::Word(if it.is_on_oxygen { "oxygen" } else { "air" }.to_owned()),
            systolic: number(it.systolic),
            pulse: number(it.pulse),
            consciousness: Reading::Word(ACVPU[it.consciousness].to_owned()),
            temperature: Reading::Number(format!(
                "{}.{:02}",
                it.temperature / 100,
                it.temperature % 100
            )),
            age_years: Some((40, 40)),
        };
        let score = news2(&pack, &set);
        let (total, response) = score.total.clone().unwrap();
        assert_eq!((total, response.id.as_str()), second(&it), "{set:?}");
        totals[usize::try_from(total).unwrap()] += 1;
    }
    assert!(totals[1..18].iter().all(|count| *count > 0), "{totals:?}");
}
