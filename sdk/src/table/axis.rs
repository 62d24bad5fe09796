//! One input of a decision table, cut into parts by the bounds of the rules.
//!
//! Invariant: within a part every rule holds everywhere or nowhere.

use serde_json::Value;

use super::{Known, Refusal};
use crate::Failure;
use crate::decimal::Decimal;
use crate::pack::Part;

/// What an input can be.
#[derive(Debug, Clone)]
pub(super) enum Axis {
    /// Numbers: where each part begins, and what all are below.
    Numbers { cuts: Vec<Decimal>, until: Decimal },
    /// Words, each a part.
    Words(Vec<String>),
    /// Yes, and no.
    Flag,
}

impl Axis {
    /// Reads an input, and cuts it by the rules.
    pub(super) fn read(input: Part<'_>, name: &str, rules: &[Part<'_>]) -> Result<Self, Failure> {
        if input.has("/words") {
            let words = input.each_of_some("/words", |it| it.text(""))?;
            let is_twice = |at: usize| words[..at].contains(&words[at]);
            return match (0..words.len()).any(is_twice) {
                true => Err(input.missing("/words", "list in which each word is once")),
                false => Ok(Self::Words(words)),
            };
        }
        if input.has("/flag") {
            return match input.flag("/flag")? {
                true => Ok(Self::Flag),
                false => Err(input.missing("/flag", "true")),
            };
        }
        let (from, until) = (input.decimal("/from")?, input.decimal("/until")?);
        if from >= until {
            return Err(input.missing("/until", "number above `from`"));
        }
        let mut cuts = vec![from];
        for rule in rules {
            let Some(condition) = condition(*rule, name) else {
                continue;
            };
            let (low, high) = range(condition, from, until)?;
            cuts.extend([low, high].into_iter().filter(|it| *it < until));
        }
        cuts.sort();
        cuts.dedup();
        Ok(Self::Numbers { cuts, until })
    }

    /// How many parts there are.
    pub(super) fn cells(&self) -> usize {
        match self {
            Self::Numbers { cuts, .. } => cuts.len(),
            Self::Words(words) => words.len(),
            Self::Flag => 2,
        }
    }

    /// In which parts a rule holds.
    pub(super) fn holding(&self, rule: Part<'_>, name: &str) -> Result<Vec<bool>, Failure> {
        let Some(condition) = condition(rule, name) else {
            return Ok(vec![true; self.cells()]);
        };
        match self {
            Self::Numbers { cuts, until } => {
                let from = cuts.first().copied().unwrap_or(Decimal::ZERO);
                let (low, high) = range(condition, from, *until)?;
                Ok(cuts.iter().map(|it| *it >= low && *it < high).collect())
            }
            Self::Words(words) => {
                let wanted = match condition.value() {
                    Value::Array(_) => condition.each_of_some("", |it| it.text(""))?,
                    _ => vec![condition.text("")?],
                };
                match wanted.iter().find(|it| !words.contains(it)) {
                    Some(other) => {
                        Err(condition
                            .missing("", &format!("word of the input (`{other}` is none)")))
                    }
                    None => Ok(words.iter().map(|it| wanted.contains(it)).collect()),
                }
            }
            Self::Flag => {
                let wanted = condition.flag("")?;
                Ok(vec![wanted, !wanted])
            }
        }
    }

    /// The part in which a value is.
    pub(super) fn place(&self, name: &str, known: Known<'_>) -> Result<usize, Refusal> {
        let found = match (self, known) {
            (Self::Numbers { cuts, until }, Known::Number(value)) => {
                let from = cuts.first().copied().unwrap_or(Decimal::ZERO);
                if value < from || value >= *until {
                    return Err(Refusal::OutOfRange {
                        input: name.to_owned(),
                        from,
                        until: *until,
                    });
                }
                cuts.iter().rposition(|it| *it <= value)
            }
            (Self::Words(words), Known::Word(word)) => words.iter().position(|it| it == word),
            (Self::Flag, Known::Flag(is)) => Some(usize::from(!is)),
            (
                Self::Numbers { .. } | Self::Words(_) | Self::Flag,
                Known::Number(_) | Known::Word(_) | Known::Flag(_) | Known::Missing,
            ) => None,
        };
        found.ok_or_else(|| Refusal::NotInTable {
            input: name.to_owned(),
        })
    }

    /// A part, in words.
    pub(super) fn words(&self, at: usize) -> String {
        match self {
            Self::Numbers { cuts, until } => {
                let end = cuts.get(at + 1).unwrap_or(until);
                let from = cuts.get(at).unwrap_or(until);
                format!("from {from} until {end}")
            }
            Self::Words(words) => words.get(at).cloned().unwrap_or_default(),
            Self::Flag => (if at == 0 { "yes" } else { "no" }).to_owned(),
        }
    }
}

/// What a rule says of an input; by its name, which may hold any character.
fn condition<'p>(rule: Part<'p>, name: &str) -> Option<Part<'p>> {
    let name = name.replace('~', "~0").replace('/', "~1");
    rule.part_or_none(&format!("/when/{name}"))
}

/// The bounds of a rule, within those of the input.
fn range(
    condition: Part<'_>,
    from: Decimal,
    until: Decimal,
) -> Result<(Decimal, Decimal), Failure> {
    let low = condition.decimal_or_none("/from")?;
    let high = condition.decimal_or_none("/until")?;
    if low.is_none() && high.is_none() {
        return Err(condition.missing("/from", "bound"));
    }
    let (low, high) = (low.unwrap_or(from), high.unwrap_or(until));
    match low >= high || low < from || high > until {
        true => Err(condition.missing("", "range within that of its input")),
        false => Ok((low, high)),
    }
}
