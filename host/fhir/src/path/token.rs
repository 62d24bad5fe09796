//! The words of an expression.
//!
//! Invariant: every token knows where it begins, counted in characters from 1.

use super::PathError;

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
            '@' => Err(self.error("dates written in a path are not done here")),
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
