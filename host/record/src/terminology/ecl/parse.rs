//! Reading an expression.
//!
//! Invariant: reading goes no deeper than `limits::ECL_DEEP_MAX`, and what is refused is refused with its place.

use super::{Expression, Refinement, Way};
use crate::limits;
use crate::terminology::TerminologyError;

struct Reading<'t> {
    text: &'t str,
    at: usize,
    deep: usize,
    parts: usize,
}

/// Reads a whole expression.
pub(in crate::terminology) fn read(text: &str) -> Result<Expression, TerminologyError> {
    if text.len() > limits::ECL_BYTES_MAX {
        let what = format!("an expression may have {} bytes", limits::ECL_BYTES_MAX);
        return Err(TerminologyError::too_costly(what));
    }
    let mut reading = Reading {
        text,
        at: 0,
        deep: 0,
        parts: 0,
    };
    let expression = reading.expression()?;
    reading.space();
    if reading.at < text.len() {
        return Err(reading.wrong("the end"));
    }
    Ok(expression)
}

const WAYS: [(&str, Way); 8] = [
    ("<<!", Way::ChildOrSelf),
    (">>!", Way::ParentOrSelf),
    ("<<", Way::BelowOrSelf),
    (">>", Way::AboveOrSelf),
    ("<!", Way::Child),
    (">!", Way::Parent),
    ("<", Way::Below),
    (">", Way::Above),
];

impl<'t> Reading<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn wrong(&self, expected: &str) -> TerminologyError {
        let place = self
            .text
            .get(..self.at)
            .map_or(0, |read| read.chars().count())
            + 1;
        let found: String = self.rest().chars().take(20).collect();
        TerminologyError::Definition {
            what: "the expression".to_owned(),
            why: format!(
                "cannot be read at character {place}: {expected} is expected, not `{found}`"
            ),
        }
    }

    fn not_done(&self, what: &str) -> TerminologyError {
        TerminologyError::not_supported(format!("expressions with {what} are not done here"))
    }

    /// Counts one part; there are only so many.
    fn part(&mut self) -> Result<(), TerminologyError> {
        self.parts += 1;
        if self.parts > limits::ECL_PARTS_MAX {
            let what = format!("an expression may have {} parts", limits::ECL_PARTS_MAX);
            return Err(TerminologyError::too_costly(what));
        }
        Ok(())
    }

    /// White space and comments.
    fn space(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            match trimmed
                .strip_prefix("/*")
                .and_then(|comment| comment.find("*/"))
            {
                Some(end) => self.at += end + 4,
                None => return,
            }
        }
    }

    fn take(&mut self, sign: &str) -> bool {
        self.space();
        let is = self.rest().starts_with(sign);
        if is {
            self.at += sign.len();
        }
        is
    }

    /// A word in any case that ends there.
    fn word(&mut self, word: &str) -> bool {
        self.space();
        let rest = self.rest();
        let is = rest
            .get(..word.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(word))
            && !rest[word.len()..].starts_with(|c: char| c.is_alphanumeric());
        if is {
            self.at += word.len();
        }
        is
    }

    fn deeper<T>(
        &mut self,
        read: fn(&mut Self) -> Result<T, TerminologyError>,
    ) -> Result<T, TerminologyError> {
        self.deep += 1;
        if self.deep > limits::ECL_DEEP_MAX {
            let what = format!("an expression may be {} deep", limits::ECL_DEEP_MAX);
            return Err(TerminologyError::too_costly(what));
        }
        let read = read(self);
        self.deep -= 1;
        read
    }

    fn expression(&mut self) -> Result<Expression, TerminologyError> {
        let first = self.dotted()?;
        if self.take(":") {
            let refinement = self.deeper(Self::refinement)?;
            return Ok(Expression::Refined(Box::new(first), Box::new(refinement)));
        }
        if self.word("MINUS") {
            let second = self.dotted()?;
            return Ok(Expression::Minus(Box::new(first), Box::new(second)));
        }
        let is_and = |it: &mut Self| it.word("AND") || it.take(",");
        if is_and(self) {
            let mut all = vec![first, self.dotted()?];
            while is_and(self) {
                all.push(self.dotted()?);
            }
            return Ok(Expression::And(all));
        }
        if self.word("OR") {
            let mut all = vec![first, self.dotted()?];
            while self.word("OR") {
                all.push(self.dotted()?);
            }
            return Ok(Expression::Or(all));
        }
        Ok(first)
    }

    fn dotted(&mut self) -> Result<Expression, TerminologyError> {
        let mut it = self.deeper(Self::sub)?;
        while self.take(".") {
            let attribute = self.deeper(Self::sub)?;
            it = Expression::Dotted(Box::new(it), Box::new(attribute));
        }
        Ok(it)
    }

    /// What an operator can stand before.
    fn sub(&mut self) -> Result<Expression, TerminologyError> {
        self.part()?;
        self.space();
        let way = WAYS.iter().find(|(sign, _)| self.rest().starts_with(sign));
        if let Some((sign, way)) = way {
            self.at += sign.len();
            let of = self.deeper(Self::sub)?;
            return Ok(Expression::Lies(*way, Box::new(of)));
        }
        if self.take("^") {
            if self.take("[") {
                return Err(self.not_done("fields of reference sets"));
            }
            let of = self.deeper(Self::sub)?;
            return Ok(Expression::Members(Box::new(of)));
        }
        let it = if self.take("*") {
            Expression::Any
        } else if self.take("(") {
            let inner = self.deeper(Self::expression)?;
            if !self.take(")") {
                return Err(self.wrong("`)`"));
            }
            inner
        } else {
            self.concept()?
        };
        self.space();
        if self.rest().starts_with("{{") {
            return Err(self.not_done("filters in double braces"));
        }
        Ok(it)
    }

    /// A code, and perhaps a term between bars.
    fn concept(&mut self) -> Result<Expression, TerminologyError> {
        let rest = self.rest();
        let length = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let code = rest.get(..length).unwrap_or_default();
        if !(6..=18).contains(&length) {
            return Err(self.wrong("an operator, `*`, `(` or a code of 6 to 18 digits"));
        }
        self.at += length;
        if self.take("|") {
            let end = self
                .rest()
                .find('|')
                .ok_or_else(|| self.wrong("`|` at the end of the term"))?;
            self.at += end + 1;
        }
        Ok(Expression::Concept(code.to_owned()))
    }

    fn refinement(&mut self) -> Result<Refinement, TerminologyError> {
        let first = self.deeper(Self::attribute)?;
        let is_and = |it: &mut Self| it.word("AND") || it.take(",");
        if is_and(self) {
            let mut all = vec![first, self.deeper(Self::attribute)?];
            while is_and(self) {
                all.push(self.deeper(Self::attribute)?);
            }
            return Ok(Refinement::And(all));
        }
        if self.word("OR") {
            let mut all = vec![first, self.deeper(Self::attribute)?];
            while self.word("OR") {
                all.push(self.deeper(Self::attribute)?);
            }
            return Ok(Refinement::Or(all));
        }
        Ok(first)
    }

    fn attribute(&mut self) -> Result<Refinement, TerminologyError> {
        self.part()?;
        self.space();
        if self.rest().starts_with('{') {
            return Err(self.not_done("groups in braces"));
        }
        if self.rest().starts_with('[') {
            return Err(self.not_done("cardinalities"));
        }
        // A parenthesis may hold attributes, or be the name of one.
        if self.rest().starts_with('(') {
            let before = (self.at, self.deep);
            self.at += 1;
            if let Ok(inner) = self.deeper(Self::refinement)
                && self.take(")")
            {
                return Ok(inner);
            }
            (self.at, self.deep) = before;
        }
        let reversed = self.reversed();
        let attribute = self.deeper(Self::sub)?;
        let other = if self.take("!=") {
            true
        } else if self.take("=") {
            false
        } else {
            return Err(self.wrong("`=` or `!=`"));
        };
        self.space();
        if self.rest().starts_with(['#', '"']) || self.word("true") || self.word("false") {
            return Err(self.not_done("values that are no concepts"));
        }
        let value = self.deeper(Self::sub)?;
        Ok(Refinement::Has {
            reversed,
            attribute,
            other,
            value,
        })
    }

    /// `R` before an attribute's name.
    fn reversed(&mut self) -> bool {
        self.space();
        let rest = self.rest();
        let is = rest.starts_with(['R', 'r'])
            && rest[1..].starts_with(|c: char| {
                c.is_whitespace() || "<>^*(".contains(c) || c.is_ascii_digit()
            });
        if is {
            self.at += 1;
        }
        is
    }
}
