//! What the tests of the rules share: packs as they are shipped, tables of cases, and numbers that look random.
#![expect(clippy::unwrap_used, reason = "tests")]

#[cfg(not(target_family = "wasm"))]
mod closed;
#[cfg(not(target_family = "wasm"))]
mod golden;
#[cfg(not(target_family = "wasm"))]
mod hazards;
#[cfg(not(target_family = "wasm"))]
mod lists;
#[cfg(not(target_family = "wasm"))]
mod newborn;
#[cfg(not(target_family = "wasm"))]
mod screens;
#[cfg(not(target_family = "wasm"))]
mod stories;
#[cfg(not(target_family = "wasm"))]
mod ward;

use sdk::Value;

/// The packs as they are shipped.
const PACKS: [(&str, &str); 8] = [
    ("birth", include_str!("../packs/birth.json")),
    ("dating", include_str!("../packs/dating.json")),
    ("growth", include_str!("../packs/growth.json")),
    ("hazards", include_str!("../packs/hazards.json")),
    ("labour", include_str!("../packs/labour.json")),
    ("mews", include_str!("../packs/mews.json")),
    ("schedule", include_str!("../packs/schedule.json")),
    ("vte", include_str!("../packs/vte.json")),
];

/// A pack as it is shipped.
pub(crate) fn pack(name: &str) -> Value {
    let found = PACKS.iter().find(|it| it.0 == name).unwrap();
    found.1.parse().unwrap()
}

/// Every row of a table of cases that is answered otherwise than it says in its last cell; all must have a case.
pub(crate) fn check(table: &str, rows_min: usize, answer: impl Fn(&[&str]) -> String) {
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|row| row.contains('|') && !row.starts_with('#'))
        .map(|row| row.split('|').map(str::trim).collect())
        .collect();
    let wrong: Vec<_> = rows
        .iter()
        .filter_map(|cells| {
            let (expected, given) = cells.split_last().unwrap();
            let answered = answer(given);
            (answered != *expected)
                .then(|| format!("{}\n  answered: {answered}", cells.join(" | ")))
        })
        .collect();
    assert!(
        rows.len() >= rows_min && wrong.is_empty(),
        "{} rows\n{}",
        rows.len(),
        wrong.join("\n")
    );
}

/// A number, or None for `?`.
pub(crate) fn number(cell: &str) -> Option<f64> {
    (cell != "?").then(|| cell.parse().unwrap())
}

/// A whole number, or None for `?`.
pub(crate) fn whole(cell: &str) -> Option<i64> {
    (cell != "?").then(|| cell.parse().unwrap())
}

/// A small generator of numbers that look random and are the same at every run.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn below(&mut self, bound: u64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        i64::try_from((self.0 >> 16) % bound).unwrap()
    }

    /// From one end up to the other, in thousandths of the way.
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        let way = f64::from(i32::try_from(self.below(1_000_001)).unwrap()) / 1e6;
        low + (high - low) * way
    }

    /// A whole number among these, or none one time in so many.
    pub(crate) fn maybe(&mut self, below: u64, none_in: u64) -> Option<i64> {
        let value = self.below(below);
        (self.below(none_in) > 0).then_some(value)
    }
}

/// Whether every part of a pack is named in the failure when it is taken away.
pub(crate) fn each_part_is_needed<T>(
    name: &str,
    parts: &[&str],
    read: impl Fn(&Value) -> Result<T, sdk::Failure>,
) {
    assert!(read(&pack(name)).is_ok());
    for part in parts {
        let mut without = pack(name);
        let (above, last) = part.rsplit_once('/').unwrap();
        let above = without.pointer_mut(above).unwrap().as_object_mut().unwrap();
        assert!(above.remove(last).is_some(), "{part}");
        let failure = read(&without).err().unwrap();
        assert!(failure.detail.contains(part), "{part}: {}", failure.detail);
    }
}

#[test]
fn a_pack_is_marked_unverified_for_as_long_as_a_part_of_it_is() {
    let manifest: Value = include_str!("../departmental.json").parse().unwrap();
    let declared = manifest["packs"].as_array().unwrap();
    assert_eq!(declared.len(), PACKS.len());
    for declared in declared {
        let document = pack(declared["name"].as_str().unwrap());
        let is_verified = document["unverified"].as_array().unwrap().is_empty();
        assert_eq!(
            declared["verified"].as_bool(),
            Some(is_verified),
            "{}",
            declared["name"]
        );
    }
}
