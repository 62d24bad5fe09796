//! Whether linkage errs alike for everybody: false and missed matches by group, each with its confidence interval.
//!
//! Invariant: a group of few people is not shown; an interval counts people, not pairs, since the pairs of one person err
//! together.

use std::collections::{BTreeMap, HashMap};

use super::text::count;

/// The people that a group must have to be shown.
pub const PEOPLE_MIN: usize = 10;

/// How often linkage errs in one group.
#[derive(Clone, Debug, PartialEq)]
pub struct Errors {
    /// What the groups are by: sex, decade of birth.
    pub by: String,
    /// Which group.
    pub group: String,
    /// How many people are in it.
    pub people: usize,
    /// Of the pairs that were put together, how many are of two people. `None`: too few people to be shown.
    pub false_matches: Option<Rate>,
    /// Of the pairs that are of one person, how many were not put together.
    pub missed_matches: Option<Rate>,
}

/// A share with its confidence interval of 95 per cent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// The share.
    pub share: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

/// One way to put people into groups: of each record, its group, where it is known.
pub struct Grouping<'a> {
    /// What the groups are by.
    pub by: &'a str,
    /// By record.
    pub groups: &'a [Option<String>],
}

/// What was got wrong about one person.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    truly: f64,
    missed: f64,
    together: f64,
    falsely: f64,
}

/// The errors by group: `truth` says whose each record is, `found` whose linkage says it is.
pub fn errors(truth: &[u32], found: &[u32], groupings: &[Grouping<'_>]) -> Vec<Errors> {
    let tallies = tallies(truth, found);
    let mut all = Vec::new();
    for grouping in groupings {
        let mut groups: BTreeMap<&str, Vec<Tally>> = BTreeMap::new();
        for (person, group) in group_of_people(truth, grouping.groups) {
            if let Some(tally) = tallies.get(&person) {
                groups.entry(group).or_default().push(*tally);
            }
        }
        for (group, people) in groups {
            let shown = people.len() >= PEOPLE_MIN;
            let falsely: Vec<(f64, f64)> =
                people.iter().map(|it| (it.falsely, it.together)).collect();
            let missed: Vec<(f64, f64)> = people.iter().map(|it| (it.missed, it.truly)).collect();
            all.push(Errors {
                by: grouping.by.to_owned(),
                group: group.to_owned(),
                people: people.len(),
                false_matches: shown.then(|| rate(&falsely)),
                missed_matches: shown.then(|| rate(&missed)),
            });
        }
    }
    all
}

fn tallies(truth: &[u32], found: &[u32]) -> BTreeMap<u32, Tally> {
    let mut shared: BTreeMap<(u32, u32), f64> = BTreeMap::new();
    let (mut of_truth, mut of_found) = (HashMap::new(), HashMap::new());
    for (person, cluster) in truth.iter().zip(found) {
        *shared.entry((*person, *cluster)).or_default() += 1.0;
        *of_truth.entry(*person).or_insert(0.0) += 1.0;
        *of_found.entry(*cluster).or_insert(0.0) += 1.0;
    }
    let pairs = |n: f64| n * (n - 1.0) / 2.0;
    let mut tallies: BTreeMap<u32, Tally> = BTreeMap::new();
    for ((person, cluster), n) in shared {
        let others = of_found.get(&cluster).map_or(0.0, |all| all - n);
        let tally = tallies.entry(person).or_default();
        tally.truly = pairs(*of_truth.get(&person).unwrap_or(&0.0));
        tally.missed += pairs(n);
        tally.together += pairs(n) + n * others;
        tally.falsely += n * others;
    }
    for tally in tallies.values_mut() {
        // So far it holds what was found.
        tally.missed = tally.truly - tally.missed;
    }
    tallies
}

/// The group of each person: the one that most of their records say, the first of equals.
fn group_of_people<'g>(truth: &[u32], groups: &'g [Option<String>]) -> BTreeMap<u32, &'g str> {
    let mut said: BTreeMap<u32, BTreeMap<&str, usize>> = BTreeMap::new();
    for (person, group) in truth.iter().zip(groups) {
        if let Some(group) = group {
            *said.entry(*person).or_default().entry(group).or_default() += 1;
        }
    }
    let most = |groups: &BTreeMap<&'g str, usize>| {
        groups
            .iter()
            .rev()
            .max_by_key(|(_, n)| **n)
            .map(|(group, _)| *group)
    };
    said.iter()
        .filter_map(|(person, groups)| Some((*person, most(groups)?)))
        .collect()
}

/// A ratio of sums over people, with the interval of the linearised ratio.
fn rate(of: &[(f64, f64)]) -> Rate {
    let (part, whole) = of
        .iter()
        .fold((0.0, 0.0), |sums, it| (sums.0 + it.0, sums.1 + it.1));
    if whole == 0.0 {
        return Rate {
            share: 0.0,
            low: 0.0,
            high: 1.0,
        };
    }
    let share = part / whole;
    let squares: f64 = of
        .iter()
        .map(|(part, whole)| (part - share * whole).powi(2))
        .sum();
    let few = count(of.len()) / f64::max(count(of.len()) - 1.0, 1.0);
    let error = (squares * few).sqrt() / whole;
    // Where nobody erred, three in as many people as there are is the upper end (the rule of three).
    let none = if part == 0.0 {
        3.0 / count(of.len())
    } else {
        0.0
    };
    Rate {
        share,
        low: (share - 1.96 * error).max(0.0),
        high: (share + 1.96 * error).max(none).min(1.0),
    }
}

#[cfg(test)]
mod tests;
