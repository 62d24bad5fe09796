//! Rust source as the checks see it: code without its comments and strings, its literals, and its functions.
//!
//! Invariant: `code` has exactly the bytes and lines of the file, with every comment and string content blanked,
//! so a word found in it is code, and its line is the line in the file.

#[cfg(test)]
mod tests;

/// One file, taken apart far enough for the checks.
pub(crate) struct Source<'a> {
    pub(crate) path: &'a str,
    pub(crate) text: &'a str,
    /// The text with comments and the contents of strings and characters blanked.
    pub(crate) code: String,
    pub(crate) literals: Vec<Literal>,
}

/// One string literal.
pub(crate) struct Literal {
    pub(crate) line: usize,
    pub(crate) line_end: usize,
    pub(crate) text: String,
}

/// One function with a body.
pub(crate) struct Function {
    pub(crate) name: String,
    /// The line with `fn`.
    pub(crate) line: usize,
    /// The line with the opening brace of its body.
    pub(crate) body_line: usize,
    /// The line with its closing brace.
    pub(crate) line_end: usize,
    /// From its name to its body, without comments.
    pub(crate) signature: String,
    /// Its doc comment, one line a line, markers removed.
    pub(crate) docs: String,
}

impl<'a> Source<'a> {
    pub(crate) fn read(path: &'a str, text: &'a str) -> Self {
        let mut mask = Mask {
            text,
            code: text.as_bytes().to_vec(),
            literals: vec![],
        };
        mask.run();
        // Only whole characters were blanked, each byte with a space, so it is still text.
        let code = String::from_utf8_lossy(&mask.code).into_owned();
        Self {
            path,
            text,
            code,
            literals: mask.literals,
        }
    }

    /// Counted from 1.
    pub(crate) fn line_of(&self, at: usize) -> usize {
        line_of(self.text, at)
    }

    /// Whether the whole file is test code.
    pub(crate) fn is_test_file(&self) -> bool {
        self.path.ends_with("/tests.rs")
            || self.path.starts_with("tests/journeys/")
            || self.path.match_indices("/tests/").next().is_some()
    }

    /// First and last lines of every inline `#[cfg(test)] mod … { … }`.
    pub(crate) fn test_regions(&self) -> Vec<(usize, usize)> {
        let mut regions = Vec::new();
        for (at, found) in self.code.match_indices("#[cfg(test)]") {
            let rest = &self.code[at + found.len()..];
            let skipped = rest.len() - rest.trim_start().len();
            let module = rest.trim_start();
            if !(module.starts_with("mod ")
                || module.starts_with("pub mod ")
                || module.starts_with("pub(crate) mod "))
            {
                continue;
            }
            let start = at + found.len() + skipped;
            let Some(open) = self.code[start..].find(['{', ';']) else {
                continue;
            };
            if self.code.as_bytes()[start + open] == b'{' {
                let end =
                    matching(self.code.as_bytes(), start + open).unwrap_or(self.code.len() - 1);
                regions.push((self.line_of(at), self.line_of(end)));
            }
        }
        regions
    }

    /// Every place where these words stand in the code as whole words, by line.
    pub(crate) fn lines_with(&self, words: &str) -> Vec<usize> {
        word_starts(&self.code, words)
            .map(|at| self.line_of(at))
            .collect()
    }

    /// First and last lines of the outermost lists in square brackets within a function's body.
    pub(crate) fn lists(&self, function: &Function) -> Vec<(usize, usize)> {
        let (mut depth, mut opened) = (0_usize, 0);
        let mut lists = Vec::new();
        let lines = (1..).zip(self.code.lines());
        for (number, line) in lines
            .skip(function.body_line)
            .take_while(|(number, _)| *number < function.line_end)
        {
            for character in line.chars() {
                match character {
                    '[' if depth == 0 => (depth, opened) = (1, number),
                    '[' => depth += 1,
                    ']' => {
                        depth = depth.saturating_sub(1);
                        if depth == 0 {
                            lists.push((opened, number));
                        }
                    }
                    _ => {}
                }
            }
        }
        lists
    }

    /// Every function that has a body, nested ones too.
    pub(crate) fn functions(&self) -> Vec<Function> {
        word_starts(&self.code, "fn")
            .filter_map(|at| self.function_at(at))
            .collect()
    }

    fn function_at(&self, at: usize) -> Option<Function> {
        let bytes = self.code.as_bytes();
        let after = at + 2;
        let name_at = after + self.code[after..].len() - self.code[after..].trim_start().len();
        let name: String = self.code[name_at..]
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        if name.is_empty() {
            return None;
        }
        let mut depth = 0_i32;
        let open = (name_at..bytes.len()).find(|&i| {
            match bytes[i] {
                b'(' | b'[' => depth += 1,
                b')' | b']' => depth -= 1,
                _ => {}
            }
            depth == 0 && matches!(bytes[i], b'{' | b';')
        })?;
        if bytes[open] == b';' {
            return None;
        }
        let end = matching(bytes, open)?;
        Some(Function {
            name,
            line: self.line_of(at),
            body_line: self.line_of(open),
            line_end: self.line_of(end),
            signature: self.code[name_at..open].to_owned(),
            docs: self.docs_above(self.line_of(at)),
        })
    }

    /// The doc comment directly above a line, past any attributes.
    fn docs_above(&self, line: usize) -> String {
        let lines: Vec<&str> = self.text.lines().take(line - 1).collect();
        let mut docs = Vec::new();
        let mut inside_attribute = false;
        for above in lines.iter().rev().map(|l| l.trim()) {
            if let Some(doc) = above.strip_prefix("///") {
                docs.push(doc.trim());
            } else if above.starts_with("#[") {
                inside_attribute = false;
            } else if above.ends_with(")]") || inside_attribute {
                inside_attribute = true;
            } else {
                break;
            }
        }
        docs.reverse();
        docs.join("\n")
    }
}

/// Where these words begin as whole words.
pub(crate) fn word_starts<'a>(text: &'a str, words: &'a str) -> impl Iterator<Item = usize> + 'a {
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(words)
        .map(|(at, _)| at)
        .filter(move |&at| {
            let before = text[..at].chars().next_back();
            let after = text[at + words.len()..].chars().next();
            let opens_word = words.starts_with(|c: char| c.is_alphanumeric() || c == '_');
            let closes_word = words.ends_with(|c: char| c.is_alphanumeric() || c == '_');
            !(opens_word && is_word(before) || closes_word && is_word(after))
        })
}

pub(crate) fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes()[..at]
        .iter()
        .filter(|&&b| b == b'\n')
        .count()
        + 1
}

/// Where the brace opened at `open` is closed.
fn matching(bytes: &[u8], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    (open..bytes.len()).find(|&i| {
        match bytes[i] {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        depth == 0
    })
}

struct Mask<'a> {
    text: &'a str,
    code: Vec<u8>,
    literals: Vec<Literal>,
}

impl Mask<'_> {
    fn run(&mut self) {
        let mut at = 0;
        while at < self.text.len() {
            at = self.step(at);
        }
    }

    /// Takes one comment, literal or byte; answers where the next begins.
    fn step(&mut self, at: usize) -> usize {
        let rest = &self.text.as_bytes()[at..];
        if rest.starts_with(b"//") {
            let end = at + rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
            blank(&mut self.code, at, end);
            end
        } else if rest.starts_with(b"/*") {
            let end = self.block_comment_end(at);
            blank(&mut self.code, at, end);
            end
        } else if rest[0] == b'"' {
            self.string(at)
        } else if let Some(hashes) = self.raw_string_hashes(at) {
            self.raw_string(at, hashes)
        } else if rest[0] == b'\'' {
            self.character(at)
        } else {
            at + 1
        }
    }

    fn block_comment_end(&self, at: usize) -> usize {
        let bytes = self.text.as_bytes();
        let (mut depth, mut i) = (0_usize, at);
        while i < bytes.len() {
            if bytes[i..].starts_with(b"/*") {
                depth += 1;
                i += 2;
            } else if bytes[i..].starts_with(b"*/") {
                depth -= 1;
                i += 2;
                if depth == 0 {
                    return i;
                }
            } else {
                i += 1;
            }
        }
        bytes.len()
    }

    fn string(&mut self, at: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut i = at + 1;
        while i < bytes.len() && bytes[i] != b'"' {
            i += if bytes[i] == b'\\' { 2 } else { 1 };
        }
        let close = i.min(bytes.len());
        self.keep_literal(at, at + 1, close);
        close + 1
    }

    /// `Some(n)` when a raw string with n hashes begins here.
    fn raw_string_hashes(&self, at: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        let prefixed =
            at > 0 && matches!(bytes[at - 1], b'b' | b'c') && (at == 1 || !is_word(bytes[at - 2]));
        if bytes[at] != b'r' || (at > 0 && is_word(bytes[at - 1]) && !prefixed) {
            return None;
        }
        let hashes = bytes[at + 1..].iter().take_while(|&&b| b == b'#').count();
        (bytes.get(at + 1 + hashes) == Some(&b'"')).then_some(hashes)
    }

    fn raw_string(&mut self, at: usize, hashes: usize) -> usize {
        let start = at + 1 + hashes + 1;
        let closing = format!("\"{}", "#".repeat(hashes));
        let close = self.text[start..]
            .find(&closing)
            .map_or(self.text.len(), |n| start + n);
        self.keep_literal(at, start, close);
        close + closing.len()
    }

    fn keep_literal(&mut self, at: usize, start: usize, close: usize) {
        let text = self.text.get(start..close).unwrap_or_default().to_owned();
        let (line, line_end) = (
            line_of(self.text, at),
            line_of(self.text, close.min(self.text.len())),
        );
        self.literals.push(Literal {
            line,
            line_end,
            text,
        });
        blank(&mut self.code, start, close);
    }

    /// A character literal is blanked; a lifetime is passed over.
    fn character(&mut self, at: usize) -> usize {
        let bytes = self.text.as_bytes();
        if bytes.get(at + 1) == Some(&b'\\') {
            let close = bytes[at + 3..]
                .iter()
                .position(|&b| b == b'\'')
                .map_or(bytes.len(), |n| at + 3 + n);
            blank(&mut self.code, at + 1, close);
            return close + 1;
        }
        let Some(c) = self.text[at + 1..].chars().next() else {
            return at + 1;
        };
        let close = at + 1 + c.len_utf8();
        if bytes.get(close) == Some(&b'\'') {
            blank(&mut self.code, at + 1, close);
            return close + 1;
        }
        at + 1
    }
}

fn blank(bytes: &mut [u8], from: usize, to: usize) {
    let to = to.min(bytes.len());
    for byte in bytes[from..to].iter_mut().filter(|byte| **byte != b'\n') {
        *byte = b' ';
    }
}
