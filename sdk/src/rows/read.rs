//! Reading rows/1 from its text, cell by cell, without a document of it in between.
//!
//! Invariant: every row has a cell for each column; digits are kept as they were written. What is not read here in the
//! quick way (a text with an escape, a number that is not whole) is read by `serde_json`, which also says what is no JSON.

use std::cell;

use serde_json::Value;

use super::{Cell, Holds, Rows};
use crate::Failure;

/// Reads a page.
pub(super) fn rows(document: String) -> Result<Rows, Failure> {
    let mut reader = Reader {
        document: &document,
        at: 0,
        written_out: String::new(),
    };
    let page = reader.page().ok_or_else(wrong)?;
    let more = page.more.as_ref().and_then(Value::as_bool);
    let next = match page.next {
        None => None,
        Some(Value::String(next)) => Some(next),
        Some(_) => return Err(wrong()),
    };
    let columns = page.columns.ok_or_else(wrong)?;
    let table = page.table.ok_or_else(wrong)?;
    if table.width.is_some_and(|it| it != columns.len()) {
        return Err(wrong());
    }
    let written_out = reader.written_out;
    let mut text = document;
    text.push_str(&written_out);
    Ok(Rows {
        last: cell::Cell::new(columns.len().saturating_sub(1)),
        columns,
        cells: table.cells,
        items: table.items,
        text,
        len: table.len,
        more: more.ok_or_else(wrong)?,
        next,
    })
}

fn wrong() -> Failure {
    Failure::fault("the rows from the host do not follow rows/1")
}

/// The members of the document.
#[derive(Default)]
struct Page {
    columns: Option<Vec<String>>,
    table: Option<Table>,
    more: Option<Value>,
    next: Option<Value>,
}

/// The rows, as far as they were read.
#[derive(Default)]
struct Table {
    cells: Vec<Cell>,
    items: Vec<Cell>,
    len: usize,
    /// Cells of a row, once there is one.
    width: Option<usize>,
}

/// Where in the document reading has come to. Everything is None where the document is not as it should be.
struct Reader<'d> {
    document: &'d str,
    at: usize,
    /// Texts with their escapes written out, which are to stand behind the document.
    written_out: String,
}

impl Reader<'_> {
    fn page(&mut self) -> Option<Page> {
        let mut page = Page::default();
        self.take(b'{')?;
        while self.take(b'}').is_none() {
            let Value::String(name) = self.value()? else {
                return None;
            };
            self.take(b':')?;
            match name.as_str() {
                "columns" => page.columns = serde_json::from_value(self.value()?).ok(),
                "values" => page.table = Some(self.table()?),
                "more" => page.more = Some(self.value()?),
                "next" => page.next = Some(self.value()?),
                _ => drop(self.value()?),
            }
            self.separator(b'}')?;
        }
        let rest = self.document.get(self.at..)?;
        rest.trim().is_empty().then_some(page)
    }

    fn table(&mut self) -> Option<Table> {
        let mut table = Table::default();
        self.take(b'[')?;
        while self.take(b']').is_none() {
            let before = table.cells.len();
            self.take(b'[')?;
            while self.take(b']').is_none() {
                let holds = self.cell(&mut table.items)?;
                table.cells.push(holds);
                self.separator(b']')?;
            }
            let width = table.cells.len() - before;
            if *table.width.get_or_insert(width) != width {
                return None;
            }
            table.len += 1;
            self.separator(b']')?;
        }
        Some(table)
    }

    fn cell(&mut self, items: &mut Vec<Cell>) -> Option<Cell> {
        if self.peek()? != b'[' {
            return self.scalar();
        }
        self.take(b'[')?;
        let from = place(items.len())?;
        while self.take(b']').is_none() {
            items.push(self.scalar()?);
            self.separator(b']')?;
        }
        Some(Holds::List(from, place(items.len())?).into())
    }

    /// Anything but a list of a cell; of a list of a list only the document is kept.
    fn scalar(&mut self) -> Option<Cell> {
        let first = self.peek()?;
        let rest = self.document.get(self.at..)?;
        let (holds, length) = match first {
            b'"' => {
                let inner = rest.get(1..)?.bytes();
                let ends = |byte: u8| matches!(byte, b'"' | b'\\' | ..b' ');
                let length = inner.clone().position(ends)?;
                if inner.clone().nth(length) != Some(b'"') {
                    return self.other();
                }
                let from = self.at + 1;
                (Holds::Text(place(from)?, place(from + length)?), length + 2)
            }
            b'0'..=b'9' => {
                let length = rest
                    .bytes()
                    .take_while(|it| matches!(it, b'0'..=b'9' | b'.'));
                let length = length.count();
                let is_ended = matches!(rest.as_bytes().get(length), Some(b',' | b']'));
                if !is_ended || !is_plain(rest.get(..length)?) {
                    return self.other();
                }
                let to = self.at + length;
                (Holds::Number(place(self.at)?, place(to)?), length)
            }
            _ if rest.starts_with("null") => (Holds::Nothing, 4),
            _ if rest.starts_with("true") => (Holds::Truth(true), 4),
            _ if rest.starts_with("false") => (Holds::Truth(false), 5),
            _ => return self.other(),
        };
        self.at += length;
        Some(holds.into())
    }

    /// What is not read in the quick way.
    fn other(&mut self) -> Option<Cell> {
        Some(match self.value()? {
            Value::Null => Holds::Nothing.into(),
            Value::Bool(it) => Holds::Truth(it).into(),
            Value::Number(number) => {
                let (from, to) = self.write_out(number.as_str())?;
                Holds::Number(from, to).into()
            }
            Value::String(text) => {
                let (from, to) = self.write_out(&text)?;
                Holds::Text(from, to).into()
            }
            document @ (Value::Array(_) | Value::Object(_)) => document.into(),
        })
    }

    fn write_out(&mut self, text: &str) -> Option<(u32, u32)> {
        let from = self.document.len() + self.written_out.len();
        self.written_out.push_str(text);
        Some((place(from)?, place(from + text.len())?))
    }

    /// The value that begins here, whatever it is.
    fn value(&mut self) -> Option<Value> {
        let rest = self.document.get(self.at..)?;
        let mut values = serde_json::Deserializer::from_str(rest).into_iter();
        let value = values.next()?.ok()?;
        self.at += values.byte_offset();
        Some(value)
    }

    /// The comma between two, or nothing before the end.
    fn separator(&mut self, end: u8) -> Option<()> {
        if self.peek()? == end {
            return Some(());
        }
        self.take(b',')?;
        (self.peek()? != end).then_some(())
    }

    fn take(&mut self, wanted: u8) -> Option<()> {
        let found = self.peek()? == wanted;
        self.at += usize::from(found);
        found.then_some(())
    }

    /// The next byte that is not blank.
    fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = *self.document.as_bytes().get(self.at)?;
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(byte);
            }
            self.at += 1;
        }
    }
}

/// Whether digits with points among them are a number as JSON writes it: `12`, `0.50`, and never `012` or `1.`.
fn is_plain(digits: &str) -> bool {
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_padded = whole.len() > 1 && whole.starts_with('0');
    !is_padded && !part.is_empty() && !part.contains('.')
}

/// A place in a page, which the host bounds far below what fits.
fn place(at: usize) -> Option<u32> {
    u32::try_from(at).ok()
}

impl From<Holds> for Cell {
    fn from(holds: Holds) -> Self {
        Self {
            holds,
            value: cell::OnceCell::new(),
        }
    }
}

impl From<Value> for Cell {
    fn from(value: Value) -> Self {
        Self {
            holds: Holds::Document,
            value: Box::new(value).into(),
        }
    }
}
