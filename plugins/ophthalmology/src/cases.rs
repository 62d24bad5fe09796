//! How a table of cases is read, and a small generator of numbers for the comparison of two implementations.
#![expect(clippy::unwrap_used, reason = "tests")]

/// The rows of a table, each with its cells without white space around them.
pub(crate) fn rows(table: &str) -> Vec<Vec<&str>> {
    let rows = table
        .lines()
        .filter(|row| row.contains('|') && !row.trim_start().starts_with('#'));
    rows.map(|row| row.split('|').map(str::trim).collect())
        .collect()
}

/// Holds every row's last cell against what is said of the others, and fails with all that differ.
pub(crate) fn check(table: &str, rows_min: usize, answer: impl Fn(&[&str]) -> String) {
    let rows = rows(table);
    let wrong: Vec<_> = rows
        .iter()
        .filter_map(|cells| {
            let (expected, given) = cells.split_last().unwrap();
            let said = answer(given);
            (said != *expected).then(|| format!("{}\n  answered: {said}", cells.join(" | ")))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(
        rows.len() >= rows_min,
        "the table has only {} rows",
        rows.len()
    );
}

/// Numbers that look random and are the same at every run.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    /// From 0 up to and without `bound`.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from((self.0 >> 16) % u64::from(bound)).unwrap()
    }

    /// One of these.
    pub(crate) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(u32::try_from(of.len()).unwrap())).unwrap()]
    }

    /// From `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: i32, high: i32) -> i32 {
        low + i32::try_from(self.below(u32::try_from(high - low + 1).unwrap())).unwrap()
    }
}
