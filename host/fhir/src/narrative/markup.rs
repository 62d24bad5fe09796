//! The small part of XML that a narrative may be written in, read piece by piece.
//!
//! Invariant: declarations, processing instructions, CDATA and entities other than characters are problems, so nothing
//! can be defined, fetched or hidden.

use std::borrow::Cow;

use crate::resource::shortened;

/// One piece.
pub(super) enum Part<'t> {
    /// Words between tags.
    Text(&'t str),
    /// `<name …>` or `<name …/>`.
    Open {
        name: &'t str,
        attributes: Vec<Attribute<'t>>,
        is_empty: bool,
    },
    /// `</name>`.
    Close(&'t str),
}

/// One attribute, its value as a browser would read it.
pub(super) struct Attribute<'t> {
    pub(super) name: &'t str,
    pub(super) value: Cow<'t, str>,
}

/// Reads pieces from a text.
pub(super) struct Reader<'t> {
    rest: &'t str,
}

/// How many attributes an element may have.
const ATTRIBUTES_MAX: usize = 32;

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { rest: text }
    }

    /// The next piece, or what is wrong.
    pub(super) fn next(&mut self) -> Result<Option<Part<'t>>, String> {
        while let Some(comment) = self.rest.strip_prefix("<!--") {
            let end = comment.find("--").ok_or("a comment is not closed")?;
            self.rest = comment[end..]
                .strip_prefix("-->")
                .ok_or("a comment holds `--`; leave it out")?;
        }
        if self.rest.is_empty() {
            return Ok(None);
        }
        if !self.rest.starts_with('<') {
            let end = self.rest.find('<').unwrap_or(self.rest.len());
            let words = self.take(end);
            decoded(words)?;
            return Ok(Some(Part::Text(words)));
        }
        if self.rest.starts_with("<!") || self.rest.starts_with("<?") {
            return Err(
                "declarations, CDATA and processing instructions are not allowed in a narrative"
                    .to_owned(),
            );
        }
        if let Some(rest) = self.rest.strip_prefix("</") {
            self.rest = rest;
            let name = self.name()?;
            self.blank();
            self.expect(">")?;
            return Ok(Some(Part::Close(name)));
        }
        self.take(1);
        let name = self.name()?;
        let mut attributes = Vec::new();
        loop {
            let before = self.rest.len();
            self.blank();
            if self.takes("/>") {
                return Ok(Some(Part::Open {
                    name,
                    attributes,
                    is_empty: true,
                }));
            }
            if self.takes(">") {
                return Ok(Some(Part::Open {
                    name,
                    attributes,
                    is_empty: false,
                }));
            }
            if self.rest.len() == before || attributes.len() >= ATTRIBUTES_MAX {
                return Err(format!(
                    "`<{}` is not a well-formed element",
                    shortened(name)
                ));
            }
            attributes.push(self.attribute()?);
        }
    }

    fn attribute(&mut self) -> Result<Attribute<'t>, String> {
        let name = self.name()?;
        self.blank();
        self.expect("=")?;
        self.blank();
        let quote = if self.takes("\"") {
            '"'
        } else {
            self.expect("'")?;
            '\''
        };
        let end = self.rest.find(quote).ok_or("a quote is not closed")?;
        let value = self.take(end);
        self.take(1);
        if value.contains('<') {
            return Err(format!("write `<` as `&lt;` in `{}`", shortened(name)));
        }
        Ok(Attribute {
            name,
            value: decoded(value)?,
        })
    }

    fn take(&mut self, bytes: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.rest = rest;
        taken
    }

    fn takes(&mut self, symbol: &str) -> bool {
        match self.rest.strip_prefix(symbol) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, symbol: &str) -> Result<(), String> {
        if self.takes(symbol) {
            Ok(())
        } else {
            Err(format!(
                "`{symbol}` is missing before `{}`",
                shortened(self.rest)
            ))
        }
    }

    fn blank(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
    }

    fn name(&mut self) -> Result<&'t str, String> {
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '_');
        let end = self.rest.find(|c| !is_name(c)).unwrap_or(self.rest.len());
        if end == 0 {
            return Err(format!(
                "a name is missing before `{}`; write `<` as `&lt;`",
                shortened(self.rest)
            ));
        }
        Ok(self.take(end))
    }
}

/// The text with its entities as the characters that they mean. A named entity other than XML's own stands for itself.
pub(super) fn decoded(text: &str) -> Result<Cow<'_, str>, String> {
    if !text.contains('&') {
        return Ok(Cow::Borrowed(text));
    }
    const BYTES_MAX: usize = 12;
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let end = after
            .bytes()
            .take(BYTES_MAX)
            .position(|b| b == b';')
            .ok_or("write `&` as `&amp;`")?;
        plain.push_str(
            &character(&after[..end])
                .ok_or("an entity of a narrative is `&amp;`, `&#160;` or one of XHTML's")?,
        );
        rest = &after[end + 1..];
    }
    plain.push_str(rest);
    Ok(Cow::Owned(plain))
}

fn character(name: &str) -> Option<String> {
    let code = match name.strip_prefix('#') {
        Some(digits) => match digits.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16).ok()?,
            None => digits.parse().ok()?,
        },
        None => match name {
            "lt" => 0x3c,
            "gt" => 0x3e,
            "amp" => 0x26,
            "quot" => 0x22,
            "apos" => 0x27,
            "colon" => 0x3a,
            "Tab" => 0x9,
            "NewLine" => 0xa,
            _ => {
                let known = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric());
                return known.then(|| format!("&{name};"));
            }
        },
    };
    char::from_u32(code).map(String::from)
}
