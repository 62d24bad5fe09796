//! The words of an expression.
//!
//! Invariant: every token knows where it begins, counted in characters from 1.

use super::PathError;
use crate::date::{self, Form};

/// One word.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A name, whether of a member, a function, a type or an operator.
    Name(String),
    /// A name in backticks: never an operator.
    Quoted(String),
    /// A text in quotes.
    Text(String),
    /// Digits.
    Integer(i64),
    /// Digits with a point.
    Decimal(f64),
    /// `@2024-05-01`, `@2024-05-01T10:30:00Z`
    Moment(String, Form),
    /// `$this`, `$index`
    Dollar(String),
    /// `%resource`
    Percent(String),
    /// Punctuation.
    Symbol(&'static str),
}

const SYMBOLS: [&str; 21] = [
    "!=", "!~", "<=", ">=", "(", ")", "[", "]", "{", "}", ".", ",", "|", "=", "~", "<", ">", "+",
    "-", "*", "/",
];

/// A token and where it begins.
pub(super) type Placed = (Token, usize);

/// Cuts the text into tokens.
pub(super) fn tokens(text: &str) -> Result<Vec<Placed>, PathError> {
    let mut reader = Reader { text, rest: text };
    let mut found = Vec::new();
    loop {
        reader.rest = reader.rest.trim_start();
        let Some(first) = reader.rest.chars().next() else {
            return Ok(found);
        };
        let at = reader.place();
        found.push((reader.token(first)?, at));
    }
}

struct Reader<'t> {
    text: &'t str,
    rest: &'t str,
}

impl<'t> Reader<'t> {
    fn place(&self) -> usize {
        self.text[..self.text.len() - self.rest.len()]
            .chars()
            .count()
            + 1
    }

    fn error(&self, problem: &str) -> PathError {
        PathError {
            problem: problem.to_owned(),
            at: self.place(),
            text: self.text.to_owned(),
        }
    }

    fn take(&mut self, bytes: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.rest = rest;
        taken
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'t str {
        self.take(self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len()))
    }

    fn token(&mut self, first: char) -> Result<Token, PathError> {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        match first {
            'a'..='z' | 'A'..='Z' | '_' => Ok(Token::Name(self.take_while(is_word).to_owned())),
            '0'..='9' => self.number(),
            '\'' => Ok(Token::Text(self.quoted('\'')?)),
            '`' => Ok(Token::Quoted(self.quoted('`')?)),
            '$' | '%' => {
                self.take(1);
                let name = self.take_while(is_word).to_owned();
                Ok(if first == '$' {
                    Token::Dollar(name)
                } else {
                    Token::Percent(name)
                })
            }
            '@' => self.moment(),
            '&' => {
                self.take(1);
                Ok(Token::Symbol("&"))
            }
            other => match SYMBOLS
                .into_iter()
                .find(|symbol| self.rest.starts_with(symbol))
            {
                Some(symbol) => {
                    self.take(symbol.len());
                    Ok(Token::Symbol(symbol))
                }
                None => Err(self.error(&format!("`{other}` has no meaning in a path"))),
            },
        }
    }

    /// After `@`: a time of day, a date, or both. What ends with `T` is a date and time of which only the date is told.
    fn moment(&mut self) -> Result<Token, PathError> {
        let is_part =
            |c: char| c.is_ascii_digit() || matches!(c, '-' | ':' | 'T' | '+' | 'Z' | '.');
        let whole = &self.rest[1..];
        let end = whole.find(|c| !is_part(c)).unwrap_or(whole.len());
        // A point that no digit follows belongs to what is asked of the date.
        let end = match whole[..end].find('.') {
            Some(point) if !whole[point + 1..].starts_with(|c: char| c.is_ascii_digit()) => point,
            Some(_) | None => end,
        };
        let written = &whole[..end];
        let token = match written.strip_prefix('T') {
            Some(time) if is_time(time) => Token::Text(time.to_owned()),
            Some(_) => return Err(self.error("a malformed time; write @T10:30 or @T10:30:00")),
            None => {
                let (text, form) = match written.strip_suffix('T') {
                    Some(date) => (date, Form::DateTime),
                    None if written.contains('T') => (written, Form::Search),
                    None => (written, Form::Date),
                };
                date::parse(text, form)
                    .map_err(|why| self.error(&format!("a malformed date: {why}")))?;
                Token::Moment(text.to_owned(), form)
            }
        };
        self.take(1 + end);
        Ok(token)
    }

    fn number(&mut self) -> Result<Token, PathError> {
        let start = self.rest;
        let whole = self.take_while(|c| c.is_ascii_digit()).len();
        let after_point = self
            .rest
            .strip_prefix('.')
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        if !after_point {
            return start[..whole]
                .parse()
                .map(Token::Integer)
                .map_err(|_| self.error("an integer out of range"));
        }
        self.take(1);
        let fraction = self.take_while(|c| c.is_ascii_digit()).len();
        let digits = &start[..whole + 1 + fraction];
        digits
            .parse()
            .map(Token::Decimal)
            .map_err(|_| self.error("a malformed number"))
    }

    fn quoted(&mut self, quote: char) -> Result<String, PathError> {
        let mut text = String::new();
        let mut letters = self.rest[1..].char_indices();
        while let Some((at, c)) = letters.next() {
            if c == quote {
                self.take(1 + at + 1);
                return Ok(text);
            }
            if c != '\\' {
                text.push(c);
                continue;
            }
            match letters.next().map(|(_, escaped)| escaped) {
                Some('n') => text.push('\n'),
                Some('r') => text.push('\r'),
                Some('t') => text.push('\t'),
                Some('f') => text.push('\u{c}'),
                Some('u') => {
                    let digits: String = letters.by_ref().take(4).map(|(_, digit)| digit).collect();
                    let code = u32::from_str_radix(&digits, 16)
                        .ok()
                        .and_then(char::from_u32);
                    text.push(code.ok_or_else(|| self.error("a malformed \\u escape"))?);
                }
                Some(itself @ ('\'' | '"' | '`' | '\\' | '/')) => text.push(itself),
                Some(_) | None => return Err(self.error("an unknown escape in a quoted text")),
            }
        }
        Err(self.error("a quote that is not closed"))
    }
}

/// `10`, `10:30`, `10:30:00` or `10:30:00.123`.
fn is_time(text: &str) -> bool {
    let (clock, fraction) = text
        .split_once('.')
        .map_or((text, None), |(clock, fraction)| (clock, Some(fraction)));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let mut fields = clock.split(':');
    let below = [24, 60, 60];
    let sound = fields.by_ref().zip(below).all(|(field, most)| {
        field.len() == 2 && digits(field) && field.parse::<u8>().is_ok_and(|number| number < most)
    });
    let seconds = clock.len() == 8;
    sound
        && fields.next().is_none()
        && fraction.is_none_or(|part| seconds && !part.is_empty() && digits(part))
}
