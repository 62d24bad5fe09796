//! The words of a narrative, line by line, for those who draw it in their own way or not at all.
//!
//! Invariant: the words come in their order and none is left out; what was marked as deleted, raised or a picture says so.

use super::markup::{Attribute, Part, Reader, decoded};
use super::problem;

/// Where a new line begins.
const BLOCKS: [&str; 24] = [
    "address",
    "blockquote",
    "br",
    "caption",
    "dd",
    "div",
    "dl",
    "dt",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "table",
    "tbody",
    "thead",
    "tr",
    "ul",
];

/// XHTML's names of characters that medical texts are full of; another name is left as it is written.
const NAMED: [(&str, &str); 26] = [
    ("&nbsp;", " "),
    ("&micro;", "µ"),
    ("&mu;", "µ"),
    ("&deg;", "°"),
    ("&plusmn;", "±"),
    ("&times;", "×"),
    ("&divide;", "÷"),
    ("&le;", "≤"),
    ("&ge;", "≥"),
    ("&frac12;", "½"),
    ("&frac14;", "¼"),
    ("&frac34;", "¾"),
    ("&sup2;", "²"),
    ("&sup3;", "³"),
    ("&alpha;", "α"),
    ("&beta;", "β"),
    ("&ndash;", "–"),
    ("&mdash;", "—"),
    ("&lsquo;", "‘"),
    ("&rsquo;", "’"),
    ("&ldquo;", "“"),
    ("&rdquo;", "”"),
    ("&bull;", "•"),
    ("&middot;", "·"),
    ("&hellip;", "…"),
    ("&pound;", "£"),
];

/// The lines of a narrative, none of them blank: an item of a list begins with `• ` or its number, the cells of a row are
/// parted by ` | `, what is raised by `^`, and what was deleted stands in brackets that say so.
///
/// # Errors
/// Why it is no narrative that FHIR lets stand (rule txt-1).
pub fn lines(text: &str) -> Result<Vec<String>, String> {
    if let Some(why) = problem(text) {
        return Err(why);
    }
    let mut page = Page::default();
    let mut reader = Reader::new(text);
    while let Some(part) = reader.next()? {
        match part {
            Part::Text(words) => page.text(&decoded(words)?),
            Part::Open {
                name,
                attributes,
                is_empty,
            } => {
                page.open(name, &attributes);
                if is_empty {
                    page.close(name);
                }
            }
            Part::Close(name) => page.close(name),
        }
    }
    page.end();
    Ok(page.lines)
}

/// What has been read so far.
#[derive(Default)]
struct Page {
    lines: Vec<String>,
    line: String,
    /// Of each open list: the number of its next item, if they are numbered.
    lists: Vec<Option<u32>>,
    /// Of each open element: what closes its marks.
    marks: Vec<&'static str>,
    /// Cells that are open, one within the other.
    cells: usize,
    /// A cell of this row was there before.
    in_row: bool,
    /// Within a cell, where a line would end.
    pause: bool,
    /// An item of a list began, and has no words yet.
    bare: bool,
    /// Open elements whose lines are as they were typed.
    typed: usize,
}

impl Page {
    fn text(&mut self, words: &str) {
        let mut words = words.to_owned();
        for (name, character) in NAMED {
            if words.contains(name) {
                words = words.replace(name, character);
            }
        }
        if self.typed > 0 {
            for (at, line) in words.lines().enumerate() {
                if at > 0 {
                    self.end();
                }
                self.write(line);
            }
            return;
        }
        let begins_apart = words.starts_with(char::is_whitespace);
        for (at, word) in words.split_whitespace().enumerate() {
            if at > 0 || begins_apart {
                self.space();
            }
            self.write(word);
        }
        if words.ends_with(char::is_whitespace) {
            self.space();
        }
    }

    fn space(&mut self) {
        if !self.line.is_empty() && !self.line.ends_with(' ') {
            self.line.push(' ');
        }
    }

    fn write(&mut self, words: &str) {
        if std::mem::take(&mut self.pause) {
            let cell_began = self.line.ends_with("| ") || self.line.is_empty();
            if !cell_began {
                self.line.truncate(self.line.trim_end().len());
                self.line.push_str("; ");
            }
        }
        self.bare = false;
        self.line.push_str(words);
    }

    /// A line ends; within a cell, only a part of it.
    fn end(&mut self) {
        if self.bare {
            return;
        }
        if self.cells > 0 {
            self.pause = true;
            return;
        }
        self.pause = false;
        let line = std::mem::take(&mut self.line);
        let line = line.trim();
        if !line.is_empty() {
            self.lines.push(line.to_owned());
        }
    }

    fn open(&mut self, name: &str, attributes: &[Attribute<'_>]) {
        if BLOCKS.binary_search(&name).is_ok() {
            self.end();
        }
        match name {
            "ul" => self.lists.push(None),
            "ol" => self.lists.push(Some(1)),
            "li" => {
                let mark = match self.lists.last_mut() {
                    Some(Some(n)) => {
                        *n = n.saturating_add(1);
                        format!("{}. ", n.saturating_sub(1))
                    }
                    Some(None) | None => "• ".to_owned(),
                };
                self.write(&mark);
                self.bare = true;
            }
            "pre" => self.typed += 1,
            "tr" => self.in_row = false,
            "td" | "th" => {
                if std::mem::replace(&mut self.in_row, true) {
                    self.line.truncate(self.line.trim_end().len());
                    self.line.push_str(" | ");
                    self.pause = false;
                }
                self.cells += 1;
            }
            "img" => {
                let described = attributes.iter().find(|it| it.name == "alt");
                let words = described.map_or("not described", |it| it.value.trim());
                self.write(&format!("[picture: {words}]"));
            }
            "sup" => self.write("^"),
            _other => {}
        }
        let struck = attributes
            .iter()
            .any(|it| it.name == "style" && it.value.contains("line-through"));
        let mark = match name == "del" || struck {
            true => {
                self.write("[deleted: ");
                "]"
            }
            false => "",
        };
        self.marks.push(mark);
    }

    fn close(&mut self, name: &str) {
        self.line.push_str(self.marks.pop().unwrap_or_default());
        match name {
            "ul" | "ol" => {
                self.lists.pop();
            }
            // An item without words still was one.
            "li" => self.bare = false,
            "pre" => self.typed = self.typed.saturating_sub(1),
            "td" | "th" => self.cells = self.cells.saturating_sub(1),
            _other => {}
        }
        if BLOCKS.binary_search(&name).is_ok() {
            self.end();
        }
    }
}
