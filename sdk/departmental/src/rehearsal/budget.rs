//! What each golden case may cost: `cases/budget.json`, and what has changed since it was accepted.
//!
//! Invariant: a change is said, and never refused; the file is written only when somebody asks for it or there is none.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Where it is, below a departmental's folder.
const FILE: &str = "cases/budget.json";
/// A change of more than so many in a hundred is said.
const CHANGE_SAID: f64 = 5.0;

/// What one case costs; the same on every machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cost {
    /// Instructions.
    pub(crate) instructions: u64,
    /// Bytes of memory at the most.
    pub(crate) memory_bytes: u64,
}

/// What each case costs, by name.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Budget {
    budget: u64,
    cases: BTreeMap<String, Cost>,
}

/// Why the file cannot be used, in words that name it.
pub(crate) type Unusable = String;

impl Budget {
    /// Of these cases.
    pub(crate) fn of(cases: BTreeMap<String, Cost>) -> Self {
        Self { budget: 1, cases }
    }

    /// What was accepted; none when nothing was yet.
    pub(crate) fn read(folder: &Path) -> Result<Option<Self>, Unusable> {
        let file = place(folder);
        let text = match std::fs::read(&file) {
            Ok(text) => text,
            Err(wrong) if wrong.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(wrong) => return Err(format!("{}: cannot be read: {wrong}", file.display())),
        };
        let read: Self = serde_json::from_slice(&text)
            .map_err(|wrong| format!("{}: is no budget: {wrong}", file.display()))?;
        match read.budget {
            1 => Ok(Some(read)),
            other => Err(format!(
                "{}: `budget` is {other}; this tool knows 1",
                file.display()
            )),
        }
    }

    /// Writes it; answers where.
    pub(crate) fn write(&self, folder: &Path) -> std::io::Result<PathBuf> {
        let file = place(folder);
        let text = serde_json::to_string_pretty(self)?;
        std::fs::write(&file, format!("{text}\n"))?;
        Ok(file)
    }

    /// A line for each case whose cost is another than was accepted, by more than a little.
    pub(crate) fn changes(&self, now: &BTreeMap<String, Cost>) -> Vec<String> {
        let mut said = Vec::new();
        for (name, cost) in now {
            let Some(before) = self.cases.get(name) else {
                said.push(format!(
                    "{name}: {} instructions; it is new, and in no budget yet",
                    millions(cost.instructions)
                ));
                continue;
            };
            said.extend(
                change(before.instructions, cost.instructions).map(|percent| {
                    format!(
                        "{name}: {} -> {} instructions, {percent}",
                        millions(before.instructions),
                        millions(cost.instructions)
                    )
                }),
            );
            said.extend(
                change(before.memory_bytes, cost.memory_bytes).map(|percent| {
                    format!(
                        "{name}: {} -> {} of memory, {percent}",
                        mebibytes(before.memory_bytes),
                        mebibytes(cost.memory_bytes)
                    )
                }),
            );
        }
        said
    }
}

fn place(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// By how much in a hundred, if it is worth saying.
#[expect(
    clippy::cast_precision_loss,
    reason = "a percentage is told to a person"
)]
fn change(before: u64, now: u64) -> Option<String> {
    if before == 0 {
        return (now > 0).then(|| "from nothing".to_owned());
    }
    let percent = (now as f64 - before as f64) / before as f64 * 100.0;
    (percent.abs() > CHANGE_SAID).then(|| format!("{percent:+.0} %"))
}

/// A count of instructions as a person reads it.
#[expect(
    clippy::cast_precision_loss,
    reason = "two digits are told to a person"
)]
pub(crate) fn millions(count: u64) -> String {
    format!("{:.2} M", count as f64 / 1e6)
}

/// Bytes as a person reads them.
#[expect(
    clippy::cast_precision_loss,
    reason = "two digits are told to a person"
)]
pub(crate) fn mebibytes(bytes: u64) -> String {
    format!("{:.2} MiB", bytes as f64 / (1024.0 * 1024.0))
}

#[cfg(test)]
mod tests;
