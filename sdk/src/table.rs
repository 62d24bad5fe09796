//! Decision tables of a pack: which rule holds for what is known.
//!
//! Invariant: a table that was read has an answer for everything in its range, and one answer; what is not known is never
//! taken for anything.

use std::fmt;

use serde_json::Value;

use self::axis::Axis;
use crate::Failure;
use crate::decimal::Decimal;
use crate::pack::Part;

mod axis;

/// Inputs of a table at most.
const INPUTS_MAX: usize = 12;
/// Rules of a table at most.
const RULES_MAX: usize = 500;
/// Parts at most into which the bounds of the rules cut what is possible. Each is looked at when the table is read.
const CELLS_MAX: usize = 20_000;

/// A decision table, read from a pack and looked through for gaps and overlaps.
///
/// In the pack it is an object with `hit`, `inputs` and `rules`. An input is a number in a range, `from` (its least) and
/// `until` (what it is below), or one of `words`, or a `flag`. A rule holds `when` every input that it names is so; what it does
/// not name may be anything. `then` is what holds, and yours. With `hit` `unique` no two rules may hold together; with `first`
/// the one that stands before decides, and every rule must decide something.
///
/// # Example
/// ```
/// use sdk::decimal::Decimal;
/// use sdk::json;
/// use sdk::pack::Part;
/// use sdk::table::{Known, Table};
///
/// let document = json!({
///     "hit": "unique",
///     "inputs": [
///         { "name": "pressure", "from": "0", "until": "100" },
///         { "name": "eye", "words": ["only", "one of two"] },
///     ],
///     "rules": [
///         { "when": { "pressure": { "until": "24" } }, "then": { "weeks": 52 } },
///         { "when": { "pressure": { "from": "24" }, "eye": "one of two" }, "then": { "weeks": 8 } },
///         { "when": { "pressure": { "from": "24" }, "eye": "only" }, "then": { "weeks": 1 } },
///     ],
/// });
/// let table = Table::read(Part::of("follow-up", &document))?;
/// let mmhg = |text: &str| Decimal::parse(text).map_or(Known::Missing, Known::Number);
/// let decided = table.decide(&[("pressure", mmhg("24")), ("eye", Known::Word("only"))])?;
/// assert_eq!((decided.rule, decided.then().whole::<u32>("/weeks")?), (3, 1));
/// // Below 24 it is the same for every eye, so that it need not be known.
/// assert_eq!(table.decide(&[("pressure", mmhg("23.9"))])?.rule, 1);
/// let refused = table.decide(&[("pressure", mmhg("24"))]).unwrap_err();
/// assert_eq!(refused.to_string(), "eye is not known");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Table {
    pack: String,
    inputs: Vec<(String, Axis)>,
    /// What each rule says.
    then: Vec<Value>,
    /// The rule of each cell, the last input turning fastest.
    deciding: Vec<usize>,
}

/// What is known of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known<'k> {
    /// A number.
    Number(Decimal),
    /// A word of the table.
    Word(&'k str),
    /// Yes or no.
    Flag(bool),
    /// Nothing.
    Missing,
}

/// The rule that holds.
#[derive(Debug, Clone, Copy)]
pub struct Decided<'t> {
    /// Which, counted from 1 as it stands in the pack.
    pub rule: usize,
    pack: &'t str,
    then: &'t Value,
}

/// Why no rule can be said to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// These are not known, and what holds rests on them.
    Missing(Vec<String>),
    /// The number is outside the range of the table.
    OutOfRange {
        /// Of which input.
        input: String,
        /// The least that is in it.
        from: Decimal,
        /// What all in it are below.
        until: Decimal,
    },
    /// The word is none of the table, or something else than a word was given, or a word for a number.
    NotInTable {
        /// Of which input.
        input: String,
    },
    /// The table has no such input.
    NoSuchInput(String),
}

impl Table {
    /// Reads a table and looks it through.
    ///
    /// # Errors
    /// `fault` when a part is missing; when there is something for which no rule holds, or, with `unique`, more than one; when a
    /// rule never decides. It names them.
    pub fn read(part: Part<'_>) -> Result<Self, Failure> {
        let is_unique = part.one_of("/hit", &[("unique", true), ("first", false)])?;
        let written = part.each_of_some("/rules", Ok)?;
        if written.len() > RULES_MAX {
            return Err(part.missing("/rules", &format!("list of at most {RULES_MAX} rules")));
        }
        let inputs = part.each_of_some("/inputs", |input| {
            let name = input.text("/name")?;
            let axis = Axis::read(input, &name, &written)?;
            Ok((name, axis))
        })?;
        let is_twice = |at: usize| inputs[..at].iter().any(|it| it.0 == inputs[at].0);
        if inputs.len() > INPUTS_MAX || (0..inputs.len()).any(is_twice) {
            let what = format!("list of at most {INPUTS_MAX} inputs, each once,");
            return Err(part.missing("/inputs", &what));
        }
        for rule in &written {
            knows_its_inputs(*rule, &inputs)?;
        }
        let cells = inputs
            .iter()
            .try_fold(1_usize, |all, it| all.checked_mul(it.1.cells()));
        let cells = cells.filter(|it| *it <= CELLS_MAX).ok_or_else(|| {
            part.missing(
                "/rules",
                &format!("set of bounds with at most {CELLS_MAX} parts"),
            )
        })?;
        // For each rule and input: in which cells of the input it holds.
        let mut holding = Vec::new();
        for rule in &written {
            let of_rule = inputs.iter().map(|(name, axis)| axis.holding(*rule, name));
            holding.push(of_rule.collect::<Result<Vec<_>, _>>()?);
        }
        let mut it = Self {
            pack: part.pack().to_owned(),
            inputs,
            then: Vec::new(),
            deciding: Vec::with_capacity(cells),
        };
        for rule in &written {
            it.then.push(rule.part("/then")?.value().clone());
        }
        for cell in 0..cells {
            let at = it.places(cell);
            let holds = |rule: &usize| holding[*rule].iter().zip(&at).all(|(of, at)| of[*at]);
            let mut found = (0..written.len()).filter(holds);
            match (found.next(), found.next().filter(|_| is_unique)) {
                (None, _) => {
                    let what = format!("rule for {}", it.words(&at));
                    return Err(part.missing("/rules", &what));
                }
                (Some(one), Some(other)) => {
                    let (one, other) = (one + 1, other + 1);
                    let what = format!(
                        "single rule for {} (rules {one} and {other} both hold)",
                        it.words(&at)
                    );
                    return Err(part.missing("/rules", &what));
                }
                (Some(rule), None) => it.deciding.push(rule),
            }
        }
        match (0..written.len()).find(|rule| !it.deciding.contains(rule)) {
            Some(rule) => Err(part.missing(&format!("/rules/{rule}"), "case left to decide")),
            None => Ok(it),
        }
    }

    /// The rule that holds for what is known. An input that is left out is not known; that is no obstacle where every value
    /// that it could have gives the same rule.
    ///
    /// # Errors
    /// `Missing`, `OutOfRange`, `NotInTable`, `NoSuchInput`.
    pub fn decide(&self, known: &[(&str, Known<'_>)]) -> Result<Decided<'_>, Refusal> {
        if let Some((name, _)) = known
            .iter()
            .find(|it| self.inputs.iter().all(|of| of.0 != it.0))
        {
            return Err(Refusal::NoSuchInput((*name).to_owned()));
        }
        // The first cell that fits, and how far apart the cells of what is missing are.
        let (mut first, mut stride) = (0, self.deciding.len());
        let mut open: Vec<(&str, usize, usize)> = Vec::new();
        for (name, axis) in &self.inputs {
            stride /= axis.cells();
            let given = known.iter().rev().find(|it| it.0 == name);
            match given.map_or(Known::Missing, |it| it.1) {
                Known::Missing => open.push((name, stride, axis.cells())),
                value => first += stride * axis.place(name, value)?,
            }
        }
        let rule = self.deciding[first];
        let missing: Vec<String> = open
            .iter()
            .filter(|it| self.rests_on(first, &open, it.0))
            .map(|it| it.0.to_owned())
            .collect();
        if !missing.is_empty() {
            return Err(Refusal::Missing(missing));
        }
        Ok(Decided {
            rule: rule + 1,
            pack: &self.pack,
            then: &self.then[rule],
        })
    }

    /// Whether the rule changes with this input anywhere among what is possible.
    fn rests_on(&self, first: usize, open: &[(&str, usize, usize)], input: &str) -> bool {
        let mut cells = vec![first];
        for (_, stride, count) in open.iter().filter(|it| it.0 != input) {
            let steps = |cell: &usize| (0..*count).map(|at| cell + at * stride).collect::<Vec<_>>();
            cells = cells.iter().flat_map(steps).collect();
        }
        let mut of_input = open.iter().filter(|it| it.0 == input);
        of_input.any(|(_, stride, count)| {
            let same = |cell: &usize| {
                (0..*count).all(|at| self.deciding[cell + at * stride] == self.deciding[*cell])
            };
            !cells.iter().all(same)
        })
    }

    /// The place of a cell on each input.
    fn places(&self, cell: usize) -> Vec<usize> {
        let mut rest = cell;
        let mut places: Vec<usize> = Vec::with_capacity(self.inputs.len());
        for (_, axis) in self.inputs.iter().rev() {
            places.push(rest % axis.cells());
            rest /= axis.cells();
        }
        places.reverse();
        places
    }

    fn words(&self, places: &[usize]) -> String {
        let all = self.inputs.iter().zip(places);
        let all = all.map(|((name, axis), at)| format!("{name} {}", axis.words(*at)));
        all.collect::<Vec<_>>().join(" and ")
    }
}

/// A rule names no input that the table does not have: a slip of the pen would hold for everything.
fn knows_its_inputs(rule: Part<'_>, inputs: &[(String, Axis)]) -> Result<(), Failure> {
    let when = rule.part("/when")?.value();
    let Some(named) = when.as_object() else {
        return Err(rule.missing("/when", "object of inputs"));
    };
    match named
        .keys()
        .find(|name| inputs.iter().all(|it| it.0 != **name))
    {
        Some(name) => Err(rule.missing(
            "/when",
            &format!("meaning for `{name}`, which is no input,"),
        )),
        None => Ok(()),
    }
}

impl<'t> Decided<'t> {
    /// What the rule says.
    #[must_use]
    pub fn then(self) -> Part<'t> {
        Part::of(self.pack, self.then)
    }
}

impl fmt::Display for Refusal {
    /// As it is read behind "cannot be calculated".
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(inputs) => {
                let are = if inputs.len() == 1 { "is" } else { "are" };
                write!(out, "{} {are} not known", inputs.join(", "))
            }
            Self::OutOfRange { input, from, until } => {
                write!(out, "{input} must be at least {from} and below {until}")
            }
            Self::NotInTable { input } => write!(out, "{input} is nothing that the table has"),
            Self::NoSuchInput(input) => write!(out, "the table has no input {input}"),
        }
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests;
