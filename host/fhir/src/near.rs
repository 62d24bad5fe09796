//! Names that are close to a name that nobody knows, to be offered in its place.
//!
//! Invariant: at most `NAMES_MAX` are offered, the closest first.

const NAMES_MAX: usize = 3;
const CHARS_MAX: usize = 40;

/// Those of the names that are close to what was written.
pub(crate) fn names<'n>(written: &str, known: impl Iterator<Item = &'n str>) -> Vec<String> {
    let allowed = 2.max(written.len().min(CHARS_MAX) / 3);
    let mut near: Vec<(usize, &str)> = known
        .map(|name| (distance(written, name), name))
        .filter(|(distance, _)| *distance <= allowed)
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter()
        .take(NAMES_MAX)
        .map(|(_, name)| name.to_owned())
        .collect()
}

/// What to append to a message: the names, or nothing.
pub(crate) fn advice(near: &[String]) -> String {
    match near {
        [] => String::new(),
        names => format!("; did you mean `{}`?", names.join("` or `")),
    }
}

/// How many letters must be put in, taken out or changed to make one name of the other; case does not count.
fn distance(written: &str, name: &str) -> usize {
    let written: Vec<char> = written
        .chars()
        .take(CHARS_MAX)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let mut row: Vec<usize> = (0..=written.len()).collect();
    for (line, expected) in name.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (at, found) in written.iter().enumerate() {
            let change = diagonal + usize::from(*found != expected.to_ascii_lowercase());
            diagonal = row[at + 1];
            row[at + 1] = change.min(row[at] + 1).min(row[at + 1] + 1);
        }
    }
    row[written.len()]
}
