//! The grammar of UCUM: what a term is made of.
//!
//! Invariant: a text is read to its end or refused with the part that cannot be read.

use std::collections::BTreeMap;

use super::atom::{self, Atom};
use super::fraction::Fraction;
use super::{Refusal, Unit};

/// Characters of a unit at most.
const CHARS_MAX: usize = 80;
/// Parentheses inside each other at most.
const DEPTH_MAX: u32 = 8;
/// Digits of a factor or an exponent at most.
const DIGITS_MAX: usize = 9;
/// The largest exponent.
const EXPONENT_MAX: i32 = 30;

/// What a term comes to.
struct Term {
    factor: Fraction,
    dimension: BTreeMap<&'static str, i32>,
    /// A unit that counts from a point of its own.
    alone: Option<&'static Atom>,
    parts: u32,
}

/// Reads a unit.
pub(super) fn read(text: &str) -> Result<Unit, Refusal> {
    if text.len() > CHARS_MAX {
        return Err(Refusal::NotAUnit {
            unit: text.chars().take(CHARS_MAX).collect(),
            what: format!("is longer than {CHARS_MAX} characters"),
        });
    }
    let mut reader = Reader {
        text,
        at: 0,
        depth: 0,
    };
    let term = reader.term()?;
    if reader.at < text.len() {
        return Err(reader.wrong("ends before its end"));
    }
    let offset = match term.alone {
        Some(_) if term.parts > 1 => {
            return Err(reader.wrong("has a unit that may only stand alone"));
        }
        Some(atom) => atom.offset_hundredths.unwrap_or_default(),
        None => 0,
    };
    Ok(Unit {
        text: text.to_owned(),
        factor: term.factor,
        offset: Fraction::of(offset, 100).ok_or_else(|| reader.too_large())?,
        dimension: term.dimension,
    })
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: u32,
}

impl Reader<'_> {
    /// `/component`, and components with `.` or `/` between them.
    fn term(&mut self) -> Result<Term, Refusal> {
        let mut all = Term {
            factor: Fraction::ONE,
            dimension: BTreeMap::new(),
            alone: None,
            parts: 0,
        };
        let mut divides = self.take('/');
        loop {
            let was_digit = self.text[..self.at].ends_with('.')
                && self.text[..self.at.saturating_sub(1)].ends_with(|it: char| it.is_ascii_digit());
            if was_digit && self.next().is_some_and(|it| it.is_ascii_digit()) {
                return Err(self.wrong(
                    "has a number with a point, which UCUM would take for two numbers; write it as an annotation: {1.73_m2}",
                ));
            }
            let one = self.component()?;
            self.join(&mut all, one, divides)?;
            divides = match self.next() {
                Some('.') => false,
                Some('/') => true,
                _ => return Ok(all),
            };
            self.at += 1;
        }
    }

    fn join(&self, all: &mut Term, one: Term, divides: bool) -> Result<(), Refusal> {
        let factor = match divides {
            true => all.factor.over(one.factor),
            false => all.factor.times(one.factor),
        };
        all.factor = factor.ok_or_else(|| self.too_large())?;
        for (of, exponent) in one.dimension {
            let sum = all.dimension.entry(of).or_insert(0);
            *sum += if divides { -exponent } else { exponent };
        }
        all.dimension.retain(|_, exponent| *exponent != 0);
        // A special unit below the line does not stand alone either.
        all.parts += one.parts + u32::from(divides);
        all.alone = all.alone.or(one.alone);
        Ok(())
    }

    fn component(&mut self) -> Result<Term, Refusal> {
        match self.next() {
            Some('(') => self.inside(),
            Some('{') => {
                self.annotation()?;
                Ok(number(1, 0))
            }
            Some(it) if it.is_ascii_digit() && !self.is_ten() => {
                let digits = self.digits();
                let factor: i128 = digits.parse().map_err(|_| self.wrong("has no number"))?;
                if digits.len() > DIGITS_MAX || factor == 0 {
                    return Err(self.wrong("has a factor that is zero or too large"));
                }
                Ok(number(factor, 1))
            }
            _ => self.annotatable(),
        }
    }

    fn inside(&mut self) -> Result<Term, Refusal> {
        self.at += 1;
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.wrong("has too many parentheses inside each other"));
        }
        let term = self.term()?;
        self.depth -= 1;
        match self.take(')') {
            true => Ok(term),
            false => Err(self.wrong("has a parenthesis that is not closed")),
        }
    }

    /// A symbol with its exponent and its annotation.
    fn annotatable(&mut self) -> Result<Term, Refusal> {
        let symbol = self.symbol()?;
        let found = atom::find(&symbol).ok_or_else(|| Refusal::UnknownUnit {
            unit: self.text.to_owned(),
            symbol: symbol.clone(),
        })?;
        let (atom, tens) = found;
        let signed = self.next().is_some_and(|it| matches!(it, '+' | '-'));
        let is_minus = self.next() == Some('-');
        self.at += usize::from(signed);
        let digits = self.digits();
        let exponent: i32 = match (digits.is_empty(), signed) {
            (true, true) => return Err(self.wrong("has a sign without an exponent")),
            (true, false) => 1,
            (false, _) => digits.parse().unwrap_or(i32::MAX),
        };
        if exponent > EXPONENT_MAX || exponent == 0 {
            return Err(self.wrong("has an exponent that is zero or too large"));
        }
        let exponent = if is_minus { -exponent } else { exponent };
        if self.next() == Some('{') {
            self.annotation()?;
        }
        let ten = Fraction::of(10, 1).and_then(|it| it.power(tens));
        let factor = atom
            .factor()
            .zip(ten)
            .and_then(|(it, ten)| it.times(ten)?.power(exponent));
        let dimension = atom.dimension.iter();
        Ok(Term {
            factor: factor.ok_or_else(|| self.too_large())?,
            dimension: dimension
                .map(|(of, times)| (*of, times * exponent))
                .collect(),
            alone: atom.offset_hundredths.map(|_| atom),
            // An exponent of a unit that stands alone is one part too many.
            parts: if exponent == 1 { 1 } else { 2 },
        })
    }

    fn symbol(&mut self) -> Result<String, Refusal> {
        let start = self.at;
        if self.is_ten() {
            self.at += 3;
            return Ok(self.text[start..self.at].to_owned());
        }
        while let Some(it) = self.next() {
            if it == '[' {
                let length = self.text[self.at..].find(']');
                self.at +=
                    length.ok_or_else(|| self.wrong("has a bracket that is not closed"))? + 1;
            } else if it.is_ascii_alphabetic() || matches!(it, '%' | '\'' | '_') {
                self.at += 1;
            } else {
                break;
            }
        }
        match &self.text[start..self.at] {
            "" => Err(self.wrong(match self.next() {
                None => "has no unit where one must be",
                Some(it) if !it.is_ascii() => {
                    "has a letter that is not in UCUM, which writes u for micro and Cel for degrees Celsius"
                }
                Some(_) => "has a character where a unit must be",
            })),
            symbol => Ok(symbol.to_owned()),
        }
    }

    fn annotation(&mut self) -> Result<(), Refusal> {
        let rest = &self.text[self.at + 1..];
        let end = rest
            .find('}')
            .ok_or_else(|| self.wrong("has a brace that is not closed"))?;
        let plain = |it: u8| (0x20..0x7f).contains(&it) && it != b'{';
        if !rest.as_bytes()[..end].iter().copied().all(plain) {
            return Err(self.wrong("has an annotation with a character that UCUM does not take"));
        }
        self.at += end + 2;
        Ok(())
    }

    fn digits(&mut self) -> String {
        let rest = &self.text[self.at..];
        let end = rest
            .find(|it: char| !it.is_ascii_digit())
            .unwrap_or(rest.len());
        self.at += end;
        rest[..end].to_owned()
    }

    /// Whether the unit `10*` or `10^` is next, and not a number.
    fn is_ten(&self) -> bool {
        let rest = &self.text[self.at..];
        rest.starts_with("10*") || rest.starts_with("10^")
    }

    fn next(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn take(&mut self, wanted: char) -> bool {
        let is_it = self.next() == Some(wanted);
        self.at += usize::from(is_it);
        is_it
    }

    fn wrong(&self, what: &str) -> Refusal {
        Refusal::NotAUnit {
            unit: self.text.to_owned(),
            what: what.to_owned(),
        }
    }

    fn too_large(&self) -> Refusal {
        self.wrong("is too large or too small to be converted exactly")
    }
}

fn number(factor: i128, parts: u32) -> Term {
    Term {
        factor: Fraction::of(factor, 1).unwrap_or(Fraction::ONE),
        dimension: BTreeMap::new(),
        alone: None,
        parts,
    }
}
