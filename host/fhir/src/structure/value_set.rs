//! The value sets that codes must come from, as far as they can be listed.
//!
//! Invariant: the codes of a system lie in order.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

const VALUE_SETS: &str = include_str!("../../definitions/value_sets.tsv");
/// What only profiles ask for.
const PROFILE_VALUE_SETS: &str = include_str!("../../definitions/profile_value_sets.tsv");

static TABLE: LazyLock<HashMap<&'static str, ValueSet>> = LazyLock::new(read);

/// The value set of that name, where it can be listed.
pub(crate) fn named(name: &str) -> Option<&'static ValueSet> {
    TABLE.get(name)
}

/// Every value set that can be listed.
pub(crate) fn all() -> impl Iterator<Item = &'static ValueSet> {
    TABLE.values()
}

/// Codes by their systems.
#[derive(Debug)]
pub(crate) struct ValueSet {
    pub(crate) name: &'static str,
    /// System, and its codes in order.
    systems: Vec<(&'static str, Vec<&'static str>)>,
}

impl ValueSet {
    /// Its systems, and the codes of each in order.
    pub(crate) fn systems(&'static self) -> &'static [(&'static str, Vec<&'static str>)] {
        &self.systems
    }

    /// Whether any of its systems has the code.
    pub(crate) fn has_code(&self, code: &str) -> bool {
        self.systems
            .iter()
            .any(|(_, codes)| codes.binary_search(&code).is_ok())
    }

    /// Whether the system has the code in this set.
    pub(crate) fn has(&self, system: &str, code: &str) -> bool {
        self.systems
            .iter()
            .any(|(s, codes)| *s == system && codes.binary_search(&code).is_ok())
    }

    /// The system of the code, where only one has it.
    pub(crate) fn system_of(&self, code: &str) -> Option<&'static str> {
        let mut having = self
            .systems
            .iter()
            .filter(|(_, codes)| codes.binary_search(&code).is_ok());
        let (system, _) = having.next()?;
        having.next().is_none().then_some(system)
    }

    /// Some of its codes, to be shown.
    pub(crate) fn examples(&self) -> String {
        const SHOWN_MAX: usize = 12;
        let codes: Vec<&str> = self
            .systems
            .iter()
            .flat_map(|(_, codes)| codes.iter().copied())
            .collect();
        let more = if codes.len() > SHOWN_MAX { ", …" } else { "" };
        format!("{}{more}", codes[..codes.len().min(SHOWN_MAX)].join(", "))
    }
}

fn name_of(line: &'static str) -> Option<&'static str> {
    line.split('\t').next()
}

fn read() -> HashMap<&'static str, ValueSet> {
    let mut table: HashMap<&'static str, ValueSet> = HashMap::new();
    let first: HashSet<&str> = VALUE_SETS.lines().filter_map(name_of).collect();
    let more = PROFILE_VALUE_SETS
        .lines()
        .filter(|line| name_of(line).is_some_and(|name| !first.contains(name)));
    for line in VALUE_SETS.lines().chain(more) {
        let mut columns = line.split('\t');
        let (Some(name), Some(system), Some(codes)) =
            (columns.next(), columns.next(), columns.next())
        else {
            continue;
        };
        let mut codes: Vec<&str> = codes.split(',').collect();
        codes.sort_unstable();
        table
            .entry(name)
            .or_insert(ValueSet {
                name,
                systems: Vec::new(),
            })
            .systems
            .push((system, codes));
    }
    table
}
