//! The pack `westgard` as the rules use it.
//!
//! Invariant: what a violated rule asks for is one of two words; another word is a failure, never "nothing".

use sdk::{Failure, Value};

use sdk::decimal::Decimal;
use sdk::pack::Part;

/// What a violated rule asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Action {
    /// Look at the other rules, and look out.
    Warn,
    /// The run is not released.
    Reject,
}

/// How far, and what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limit {
    pub(super) sd: Decimal,
    pub(super) action: Action,
}

/// How many consecutive ones, how far, and what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Several {
    pub(super) results: usize,
    pub(super) sd: Decimal,
    pub(super) action: Action,
}

/// How many consecutive ones, and what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count {
    pub(super) results: usize,
    pub(super) action: Action,
}

/// What the pack says of each rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WestgardPack {
    pub(super) one_2s: Limit,
    pub(super) one_3s: Limit,
    pub(super) two_2s: Several,
    pub(super) range_4s: Limit,
    pub(super) four_1s: Several,
    pub(super) ten_x: Count,
    pub(super) three_1s: Several,
    pub(super) seven_t: Count,
    /// What of it nobody compared with the source.
    pub(crate) unverified: Vec<String>,
}

impl WestgardPack {
    /// Reads the pack.
    ///
    /// # Errors
    /// `fault` with the part that is missing or not of its kind.
    pub(crate) fn read(pack: &Value) -> Result<Self, Failure> {
        let pack = Part::of("westgard", pack);
        let limit = |rule: &str| {
            Ok(Limit {
                sd: pack.decimal(&format!("/{rule}/sd"))?,
                action: action(pack, rule)?,
            })
        };
        let several = |rule: &str| {
            Ok(Several {
                results: results(pack, rule)?,
                sd: pack.decimal(&format!("/{rule}/sd"))?,
                action: action(pack, rule)?,
            })
        };
        let count = |rule: &str| {
            Ok(Count {
                results: results(pack, rule)?,
                action: action(pack, rule)?,
            })
        };
        Ok(Self {
            one_2s: limit("one_2s")?,
            one_3s: limit("one_3s")?,
            two_2s: several("two_2s")?,
            range_4s: limit("range_4s")?,
            four_1s: several("four_1s")?,
            ten_x: count("ten_x")?,
            three_1s: several("three_1s")?,
            seven_t: count("seven_t")?,
            unverified: pack.unverified()?,
        })
    }

    /// The most standard deviations of any rule.
    pub(super) fn widest_sd(&self) -> Decimal {
        let each = [
            self.one_2s.sd,
            self.one_3s.sd,
            self.two_2s.sd,
            self.range_4s.sd,
            self.four_1s.sd,
            self.three_1s.sd,
        ];
        each.into_iter().max().unwrap_or(Decimal::ZERO)
    }
}

fn results(pack: Part<'_>, rule: &str) -> Result<usize, Failure> {
    let path = format!("/{rule}/results");
    let number: usize = pack.whole(&path)?;
    // One result alone is no run of them.
    if number < 2 {
        return Err(pack.missing(&path, "whole number of 2 or more"));
    }
    Ok(number)
}

fn action(pack: Part<'_>, rule: &str) -> Result<Action, Failure> {
    let words = [("warn", Action::Warn), ("reject", Action::Reject)];
    pack.one_of(&format!("/{rule}/action"), &words)
}
