//! The grammar of `_filter`.
//!
//! Invariant: reading is bounded by the length of the text and by `FILTER_DEPTH_MAX`.

use crate::query::{CRITERIA_MAX, FILTER_DEPTH_MAX};

/// A filter as written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Compared(Compared),
    /// `path[inner].rest`: of what the path refers to, both.
    Within {
        path: String,
        inner: Box<Node>,
        rest: Box<Node>,
    },
}

/// `path how value`
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Compared {
    pub(super) path: String,
    pub(super) how: Comparison,
    pub(super) value: String,
}

/// The comparisons of a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Contains,
    StartsWith,
    EndsWith,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
    Approximate,
    StartsAfter,
    EndsBefore,
    Present,
    Overlaps,
    Subsumes,
    SubsumedBy,
    In,
    NotIn,
    Refers,
}

const COMPARISONS: [(&str, Comparison); 19] = [
    ("eq", Comparison::Equal),
    ("ne", Comparison::NotEqual),
    ("co", Comparison::Contains),
    ("sw", Comparison::StartsWith),
    ("ew", Comparison::EndsWith),
    ("gt", Comparison::Greater),
    ("lt", Comparison::Less),
    ("ge", Comparison::GreaterOrEqual),
    ("le", Comparison::LessOrEqual),
    ("ap", Comparison::Approximate),
    ("sa", Comparison::StartsAfter),
    ("eb", Comparison::EndsBefore),
    ("pr", Comparison::Present),
    ("po", Comparison::Overlaps),
    ("ss", Comparison::Subsumes),
    ("sb", Comparison::SubsumedBy),
    ("in", Comparison::In),
    ("ni", Comparison::NotIn),
    ("re", Comparison::Refers),
];

impl Comparison {
    /// As written.
    pub(super) fn as_str(self) -> &'static str {
        COMPARISONS
            .iter()
            .find(|(_, comparison)| *comparison == self)
            .map_or("", |(word, _)| word)
    }
}

/// Reads a whole filter.
pub(super) fn parse(text: &str) -> Result<Node, String> {
    let mut reader = Reader {
        text,
        at: 0,
        leaves: 0,
    };
    let node = reader.either(0)?;
    reader.space();
    if reader.rest().is_empty() {
        Ok(node)
    } else {
        Err(reader.wrong("`and`, `or` or the end"))
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    leaves: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn wrong(&self, expected: &str) -> String {
        let at = self
            .text
            .get(..self.at)
            .map_or(0, |before| before.chars().count());
        format!("{expected} is expected at character {}", at + 1)
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// Takes a word if it stands here, whole.
    fn word(&mut self, word: &str) -> bool {
        self.space();
        let Some(rest) = self.rest().strip_prefix(word) else {
            return false;
        };
        let is_whole = rest.is_empty() || rest.starts_with([' ', '\t', '\n', '(']);
        if is_whole {
            self.at += word.len();
        }
        is_whole
    }

    fn letter(&mut self, letter: char) -> bool {
        self.space();
        let is_here = self.rest().starts_with(letter);
        if is_here {
            self.at += letter.len_utf8();
        }
        is_here
    }

    fn either(&mut self, depth: usize) -> Result<Node, String> {
        if depth > FILTER_DEPTH_MAX {
            return Err(format!(
                "parentheses lie more than {FILTER_DEPTH_MAX} deep in each other"
            ));
        }
        let mut nodes = vec![self.both(depth)?];
        while self.word("or") {
            nodes.push(self.both(depth)?);
        }
        Ok(match nodes.len() {
            1 => nodes.remove(0),
            _ => Node::Or(nodes),
        })
    }

    fn both(&mut self, depth: usize) -> Result<Node, String> {
        let mut nodes = vec![self.one(depth)?];
        while self.word("and") {
            nodes.push(self.one(depth)?);
        }
        Ok(match nodes.len() {
            1 => nodes.remove(0),
            _ => Node::And(nodes),
        })
    }

    fn one(&mut self, depth: usize) -> Result<Node, String> {
        let before = self.at;
        if self.word("not") {
            if self.letter('(') {
                return Ok(Node::Not(Box::new(self.closed(depth)?)));
            }
            self.at = before;
        }
        if self.letter('(') {
            return self.closed(depth);
        }
        self.compared(depth)
    }

    fn closed(&mut self, depth: usize) -> Result<Node, String> {
        let node = self.either(depth + 1)?;
        if self.letter(')') {
            Ok(node)
        } else {
            Err(self.wrong("`)`"))
        }
    }

    fn compared(&mut self, depth: usize) -> Result<Node, String> {
        self.leaves += 1;
        if self.leaves > CRITERIA_MAX {
            return Err(format!("more than {CRITERIA_MAX} comparisons"));
        }
        self.space();
        let rest = self.rest();
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ':' | '.');
        let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        let path = rest[..end].to_owned();
        if path.is_empty() {
            return Err(self.wrong("the name of a parameter"));
        }
        self.at += end;
        if self.rest().starts_with('[') {
            self.at += 1;
            let inner = self.either(depth + 1)?;
            if !self.letter(']') {
                return Err(self.wrong("`]`"));
            }
            if !self.rest().starts_with('.') {
                return Err(self.wrong("`.` and a parameter"));
            }
            self.at += 1;
            let rest = if depth < FILTER_DEPTH_MAX {
                self.compared(depth + 1)?
            } else {
                return Err(format!(
                    "brackets follow each other more than {FILTER_DEPTH_MAX} times"
                ));
            };
            return Ok(Node::Within {
                path,
                inner: Box::new(inner),
                rest: Box::new(rest),
            });
        }
        let found = COMPARISONS.iter().find(|(word, _)| self.word(word));
        let Some((_, how)) = found else {
            return Err(
                self.wrong("one of eq ne co sw ew gt lt ge le ap sa eb pr po ss sb in ni re")
            );
        };
        let value = self.value()?;
        Ok(Node::Compared(Compared {
            path,
            how: *how,
            value,
        }))
    }

    fn value(&mut self) -> Result<String, String> {
        self.space();
        let rest = self.rest();
        if rest.starts_with('"') {
            let mut values = serde_json::Deserializer::from_str(rest).into_iter::<String>();
            return match values.next() {
                Some(Ok(text)) => {
                    self.at += values.byte_offset();
                    Ok(text)
                }
                Some(Err(_)) | None => Err(self.wrong("a text that ends with `\"`")),
            };
        }
        let is_end = |c: char| c.is_whitespace() || matches!(c, ')' | ']');
        let end = rest.find(is_end).unwrap_or(rest.len());
        if end == 0 {
            return Err(self.wrong("a value"));
        }
        self.at += end;
        Ok(rest[..end].to_owned())
    }
}
