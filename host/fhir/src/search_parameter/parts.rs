//! Parameters that find exactly what others find together, as `combo-code` does what `code` and `component-code` do.
//!
//! Invariant: a parameter with parts has no index entries of its own; those of its parts answer it.

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::{ParameterCode, table};

static PARTS: LazyLock<HashMap<ParameterCode, Box<[ParameterCode]>>> = LazyLock::new(read);

/// The parameters whose entries answer this one; `None`: it has its own.
pub(super) fn of(code: ParameterCode) -> Option<&'static [ParameterCode]> {
    PARTS.get(&code).map(|parts| &**parts)
}

/// Read out of the definitions: `combo-X` has the parts `X` and `component-X` if it reads what they read, no more, no less.
fn read() -> HashMap<ParameterCode, Box<[ParameterCode]>> {
    type Reads<'t> = (ParameterCode, HashSet<&'t str>);
    let mut named: HashMap<(&str, &str), Reads<'_>> = HashMap::new();
    for line in table::TEXT.lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        if let [code, of, name, kind, expression, ..] = columns.as_slice()
            && let Ok(code) = code.parse::<u32>()
            && !matches!(*kind, "composite" | "special")
        {
            let reads = expression.split('|').map(str::trim).collect();
            named.insert((of, name), (ParameterCode(code), reads));
        }
    }
    let mut parts = HashMap::new();
    for ((of, name), (code, reads)) in &named {
        let Some(rest) = name.strip_prefix("combo-") else {
            continue;
        };
        let component = format!("component-{rest}");
        if let (Some(whole), Some(part)) = (named.get(&(of, rest)), named.get(&(of, &component)))
            && &whole.1 | &part.1 == *reads
        {
            parts.insert(*code, Box::from([whole.0, part.0]));
        }
    }
    parts
}
