//! Weights refined on pairs whose truth is known: logistic regression that begins at, and is drawn to, the weights of
//! Fellegi and Sunter, so that what the pairs do not tell stays as it was.
//!
//! Invariant: the sums are made in the order of the samples, so that the same samples give the same weights.

use crate::matching::features::PRIOR;

/// A pair whose truth is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Its features, by number.
    pub features: Vec<(u16, f32)>,
    /// Whether it is of one person.
    pub same: bool,
    /// How much it counts.
    pub weight: f32,
}

/// The weights in bits that fit the samples best. `pull` is how strongly they are drawn to where they begin.
pub(super) fn refined(samples: &[Sample], begin: &[f64], pull: f64, rounds: u32) -> Vec<f64> {
    let start: Vec<f64> = begin
        .iter()
        .map(|bits| bits * std::f64::consts::LN_2)
        .collect();
    let mut used: Vec<usize> = Vec::new();
    let mut place = vec![usize::MAX; begin.len()];
    for sample in samples {
        for (feature, _) in &sample.features {
            let feature = usize::from(*feature);
            if place[feature] == usize::MAX {
                place[feature] = used.len();
                used.push(feature);
            }
        }
    }
    let mut now = start.clone();
    for _ in 0..rounds {
        let (slope, curve) = slope_and_curve(samples, &now, (&place, used.len()));
        let mut system = curve;
        let mut right = slope;
        for (at, feature) in used.iter().enumerate() {
            let pull = if *feature == PRIOR { pull * 0.01 } else { pull };
            system[at * used.len() + at] += pull;
            right[at] -= pull * (now[*feature] - start[*feature]);
        }
        solve(&mut system, &mut right);
        let longest = right
            .iter()
            .fold(0.0_f64, |most, step| most.max(step.abs()));
        let scale = if longest > STEP_MAX {
            STEP_MAX / longest
        } else {
            1.0
        };
        for (at, feature) in used.iter().enumerate() {
            now[*feature] += right[at] * scale;
        }
        if longest < STEP_MIN {
            break;
        }
    }
    now.iter().map(|it| it / std::f64::consts::LN_2).collect()
}

/// The longest step that one round takes, in natural units.
const STEP_MAX: f64 = 4.0;
/// The step from which no more rounds are needed.
const STEP_MIN: f64 = 1e-5;

fn slope_and_curve(
    samples: &[Sample],
    now: &[f64],
    (place, n): (&[usize], usize),
) -> (Vec<f64>, Vec<f64>) {
    let mut slope = vec![0.0; n];
    let mut curve = vec![0.0; n * n];
    for sample in samples {
        let at = |feature: u16| usize::from(feature);
        let total: f64 = sample
            .features
            .iter()
            .map(|(it, value)| now[at(*it)] * f64::from(*value))
            .sum();
        let chance = 1.0 / (1.0 + (-total).exp());
        let truth = if sample.same { 1.0 } else { 0.0 };
        let weight = f64::from(sample.weight);
        let bend = weight * chance * (1.0 - chance);
        for (one, value) in &sample.features {
            let row = place[at(*one)];
            slope[row] += weight * (truth - chance) * f64::from(*value);
            if bend > 1e-9 {
                let bent = bend * f64::from(*value);
                for (other, theirs) in &sample.features {
                    curve[row * n + place[at(*other)]] += bent * f64::from(*theirs);
                }
            }
        }
    }
    (slope, curve)
}

/// Solves a symmetric positive system in place (Cholesky).
fn solve(system: &mut [f64], right: &mut [f64]) {
    let n = right.len();
    for i in 0..n {
        for j in 0..=i {
            let known: f64 = (0..j).map(|k| system[i * n + k] * system[j * n + k]).sum();
            let left = system[i * n + j] - known;
            system[i * n + j] = if i == j {
                left.max(1e-12).sqrt()
            } else {
                left / system[j * n + j]
            };
        }
    }
    for i in 0..n {
        let known: f64 = (0..i).map(|k| system[i * n + k] * right[k]).sum();
        right[i] = (right[i] - known) / system[i * n + i];
    }
    for i in (0..n).rev() {
        let known: f64 = (i + 1..n).map(|k| system[k * n + i] * right[k]).sum();
        right[i] = (right[i] - known) / system[i * n + i];
    }
}
