//! The rules of Westgard: whether the control results of a run let its results be released.
//!
//! Invariant: "exceeds" is strict, and a result on the mean is on neither side of it; what cannot be judged is not a pass.

mod pack;
#[cfg(test)]
mod tests;

pub(crate) use pack::{Action, WestgardPack};

use sdk::decimal::Decimal;

/// One control result with the target of its material.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Control {
    /// Which material: 1, 2, 3.
    pub(crate) level: u32,
    /// What was measured.
    pub(crate) value: Decimal,
    /// Mean of the material and lot.
    pub(crate) mean: Decimal,
    /// Standard deviation of the material and lot.
    pub(crate) sd: Decimal,
}

/// A rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Rule {
    /// One beyond two standard deviations.
    One2s,
    /// One beyond three.
    One3s,
    /// Two consecutive beyond two, on one side.
    Two2s,
    /// In one run, one above two and another below two, with more than four between them.
    Range4s,
    /// Four consecutive beyond one, on one side.
    Four1s,
    /// Ten consecutive on one side of the mean.
    TenX,
    /// Three consecutive beyond one, on one side.
    Three1s,
    /// Seven consecutive of one material, each above the one before, or each below.
    SevenT,
}

/// What the rules say of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Judged {
    /// The worst of what the violated rules ask for; None when none is violated.
    pub(crate) action: Option<Action>,
    /// Every violated rule with what it asks for, in the order of [`Rule`].
    pub(crate) violated: Vec<(Rule, Action)>,
}

/// Why the rules did not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The run that is to be judged has no control result.
    NoControl,
    /// A standard deviation is not above 0.
    SdNotAboveZero,
    /// A standard deviation that no material has.
    SdTooLarge,
}

impl Rule {
    /// As it is written in laboratories.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::One2s => "1-2s",
            Self::One3s => "1-3s",
            Self::Two2s => "2-2s",
            Self::Range4s => "R-4s",
            Self::Four1s => "4-1s",
            Self::TenX => "10x",
            Self::Three1s => "3-1s",
            Self::SevenT => "7t",
        }
    }
}

impl Control {
    fn away(&self) -> Decimal {
        self.value.minus(self.mean)
    }

    /// Above the mean by more than so many standard deviations.
    pub(crate) fn is_above(&self, sd: Decimal) -> bool {
        self.sd.times(sd).is_some_and(|limit| self.away() > limit)
    }

    /// Below the mean by more than so many standard deviations.
    pub(crate) fn is_below(&self, sd: Decimal) -> bool {
        let below = Decimal::ZERO.minus(self.away());
        self.sd.times(sd).is_some_and(|limit| below > limit)
    }

    /// Exactly so many standard deviations above the mean, or below it.
    fn is_at(&self, sd: Decimal) -> (bool, bool) {
        let below = Decimal::ZERO.minus(self.away());
        let limit = self.sd.times(sd);
        (limit == Some(self.away()), limit == Some(below))
    }
}

/// Whether the newest run is in control.
///
/// Returns: every rule that the newest run violates, and the worst of what they ask for.
/// Takes: runs in time order, each the control results of one run in the order of measurement; the last is judged. Consecutive
/// is counted both in the order of measurement over all materials and runs, and for each material over its runs; a violation
/// counts when the newest run has a part in it. R-4s looks at one run alone: opposite sides, neither short of the limit, and
/// the range between them above twice the limit, so +2.5 with -2 violates and +2 with -2 does not. Values, means and deviations in one unit.
/// Refuses: a run without control results; a standard deviation not above 0, in any run.
/// Not for: means and deviations of another lot than the material measured.
/// Source: Westgard JO, Barry PL, Hunt MR, Groth T. Clin Chem 1981;27:493-501; the definitions at westgard.com. Reviewed: by no
/// clinician yet.
pub(crate) fn westgard(pack: &WestgardPack, runs: &[Vec<Control>]) -> Result<Judged, Refusal> {
    let newest = runs.last().filter(|run| !run.is_empty());
    let newest = newest.ok_or(Refusal::NoControl)?;
    if runs.iter().flatten().any(|it| it.sd <= Decimal::ZERO) {
        return Err(Refusal::SdNotAboveZero);
    }
    let widest = pack.widest_sd();
    if runs
        .iter()
        .flatten()
        .any(|it| it.sd.times(widest).is_none())
    {
        return Err(Refusal::SdTooLarge);
    }
    let sequences = Sequences::of(runs, newest);
    let mut violated = Vec::new();
    let mut note = |rule: Rule, action: Action, is_violated: bool| {
        if is_violated {
            violated.push((rule, action));
        }
    };
    let beyond = |sd: Decimal| newest.iter().any(|it| it.is_above(sd) || it.is_below(sd));
    note(Rule::One2s, pack.one_2s.action, beyond(pack.one_2s.sd));
    note(Rule::One3s, pack.one_3s.action, beyond(pack.one_3s.sd));
    let sd = pack.two_2s.sd;
    note(
        Rule::Two2s,
        pack.two_2s.action,
        sequences.same_side(pack.two_2s.results, sd),
    );
    let range = exceeds_range(newest, pack.range_4s.sd);
    note(Rule::Range4s, pack.range_4s.action, range);
    let sd = pack.four_1s.sd;
    note(
        Rule::Four1s,
        pack.four_1s.action,
        sequences.same_side(pack.four_1s.results, sd),
    );
    let ten = sequences.same_side(pack.ten_x.results, Decimal::ZERO);
    note(Rule::TenX, pack.ten_x.action, ten);
    let sd = pack.three_1s.sd;
    note(
        Rule::Three1s,
        pack.three_1s.action,
        sequences.same_side(pack.three_1s.results, sd),
    );
    note(
        Rule::SevenT,
        pack.seven_t.action,
        sequences.trend(pack.seven_t.results),
    );
    let action = violated.iter().map(|(_, action)| *action).max();
    Ok(Judged { action, violated })
}

/// Whether two results of one run are on opposite sides, both so many standard deviations away and one of them more, so that
/// what lies between them exceeds twice as many.
fn exceeds_range(run: &[Control], sd: Decimal) -> bool {
    let above = run.iter().any(|it| it.is_above(sd));
    let below = run.iter().any(|it| it.is_below(sd));
    let at_above = run.iter().any(|it| it.is_at(sd).0);
    let at_below = run.iter().any(|it| it.is_at(sd).1);
    above && (below || at_below) || below && at_above
}

/// What "consecutive" is counted in: results with whether they are of the newest run.
struct Sequences {
    measured: Vec<(Control, bool)>,
    by_level: Vec<Vec<(Control, bool)>>,
}

impl Sequences {
    fn of(runs: &[Vec<Control>], newest: &[Control]) -> Self {
        let older = runs
            .split_last()
            .map(|(_, older)| older)
            .unwrap_or_default();
        let older = older.iter().flatten().map(|it| (*it, false));
        let measured: Vec<_> = older.chain(newest.iter().map(|it| (*it, true))).collect();
        let mut levels: Vec<u32> = newest.iter().map(|it| it.level).collect();
        levels.sort_unstable();
        levels.dedup();
        let of_level = |level: &u32| {
            let all = measured.iter().copied();
            all.filter(|(it, _)| it.level == *level).collect()
        };
        Self {
            by_level: levels.iter().map(of_level).collect(),
            measured,
        }
    }

    /// Whether so many consecutive results are on one side, beyond so many standard deviations.
    fn same_side(&self, results: usize, sd: Decimal) -> bool {
        let is_one_side = |window: &[(Control, bool)]| {
            window.iter().all(|(it, _)| it.is_above(sd))
                || window.iter().all(|(it, _)| it.is_below(sd))
        };
        let mut all = std::iter::once(&self.measured).chain(&self.by_level);
        all.any(|sequence| has(sequence, results, is_one_side))
    }

    /// Whether so many consecutive results of one material run in one direction.
    fn trend(&self, results: usize) -> bool {
        let is_trend = |window: &[(Control, bool)]| {
            let mut pairs = window.windows(2);
            let mut again = window.windows(2);
            pairs.all(|pair| pair[0].0.value < pair[1].0.value)
                || again.all(|pair| pair[0].0.value > pair[1].0.value)
        };
        self.by_level
            .iter()
            .any(|sequence| has(sequence, results, is_trend))
    }
}

/// Whether a window of so many results, one of the newest run among them, is as asked.
fn has(
    sequence: &[(Control, bool)],
    results: usize,
    is_such: impl Fn(&[(Control, bool)]) -> bool,
) -> bool {
    let mut windows = sequence.windows(results.max(1));
    windows.any(|window| window.iter().any(|(_, is_new)| *is_new) && is_such(window))
}

/// Why the rules did not answer.
pub(crate) fn refusal_text(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::NoControl => "the run has no control result",
        Refusal::SdNotAboveZero => "a standard deviation must be above 0",
        Refusal::SdTooLarge => "a standard deviation is not one that a control material has",
    }
}
