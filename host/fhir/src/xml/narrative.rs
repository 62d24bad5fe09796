//! The `div` of a narrative: proved to be one well-formed XHTML element, and kept as it was written where that can stand
//! alone.
//!
//! Invariant: what is given back is one `div` without prefixes that names its namespace, well-formed on its own.

mod entity;

use std::borrow::Cow;

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

use self::entity::number_of;
use super::{ATTRIBUTES_MAX, DEPTH_MAX, XHTML, text};

/// Where a narrative comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// An XML document: its elements are in their namespace, and only XML's own references are known.
    Xml,
    /// A text of JSON: it may leave the namespace out and use HTML's names of characters, as browsers read them.
    Json,
}

/// What is wrong, and at which byte of the document.
pub(super) struct Problem {
    pub(super) what: String,
    pub(super) at: usize,
}

/// A narrative as read.
pub(super) struct Div<'x> {
    pub(super) text: Cow<'x, str>,
    pub(super) elements: usize,
}

/// Reads on to the end of the `div` whose start was just read and began at byte `begin`.
pub(super) fn rest_of<'x>(
    reader: &mut NsReader<&'x [u8]>,
    whole: &'x str,
    begin: usize,
    start: &BytesStart<'_>,
    from: From,
    depth: usize,
) -> Result<Div<'x>, Problem> {
    let mut gathering = Gathering {
        reader,
        from,
        depth,
        elements: 0,
        stands_alone: false,
        rewritten: String::new(),
        is_tag_open: false,
        at: begin,
    };
    gathering.root(start)?;
    let end = gathering.content()?;
    let Gathering {
        elements,
        stands_alone,
        rewritten,
        ..
    } = gathering;
    let text = match whole.get(begin..end) {
        Some(raw) if stands_alone => Cow::Borrowed(raw),
        Some(_) | None => Cow::Owned(rewritten),
    };
    Ok(Div { text, elements })
}

/// Reads a narrative of JSON.
pub(super) fn of_json(text: &str) -> Result<Cow<'_, str>, String> {
    let text = text.trim();
    let mut reader = NsReader::from_str(text);
    reader.config_mut().enable_all_checks(true);
    reader.config_mut().expand_empty_elements = true;
    let start = match reader.read_event() {
        Ok(Event::Start(start)) => start,
        Ok(_) => return Err("a narrative is one <div> element".to_owned()),
        Err(error) => return Err(error.to_string()),
    };
    let div = rest_of(&mut reader, text, 0, &start, From::Json, 1).map_err(|it| it.what)?;
    match reader.read_event() {
        Ok(Event::Eof) => Ok(div.text),
        Ok(_) => Err("a narrative ends with its one <div> element".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

struct Gathering<'r, 'x> {
    reader: &'r mut NsReader<&'x [u8]>,
    from: From,
    depth: usize,
    elements: usize,
    /// Whether the text as written is a document of its own.
    stands_alone: bool,
    /// The same without what depends on its surroundings.
    rewritten: String,
    /// Whether the last start tag in `rewritten` still needs its `>`.
    is_tag_open: bool,
    /// Where the last event began.
    at: usize,
}

impl<'x> Gathering<'_, 'x> {
    fn problem(&self, what: impl Into<String>) -> Problem {
        Problem {
            what: what.into(),
            at: self.at,
        }
    }

    fn position(&self) -> usize {
        usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX)
    }

    fn root(&mut self, start: &BytesStart<'_>) -> Result<(), Problem> {
        if start.local_name().as_ref() != "div" {
            return Err(self.problem("a narrative is one <div> element"));
        }
        self.in_namespace(start)?;
        self.rewritten.push_str("<div xmlns=\"");
        self.rewritten.push_str(XHTML);
        self.rewritten.push('"');
        self.is_tag_open = true;
        let declares = self.attributes(start)?;
        self.stands_alone = declares && start.name().prefix().is_none();
        self.elements += 1;
        Ok(())
    }

    /// To the byte behind the end of the root.
    fn content(&mut self) -> Result<usize, Problem> {
        let mut open = 1_usize;
        while open > 0 {
            self.at = self.position();
            let event = self.reader.read_event();
            let event = event.map_err(|error| self.problem(error.to_string()))?;
            match event {
                Event::Start(start) => {
                    open += 1;
                    if self.depth + open > DEPTH_MAX {
                        return Err(
                            self.problem(format!("elements lie more than {DEPTH_MAX} levels deep"))
                        );
                    }
                    self.element(&start)?;
                }
                Event::End(end) => {
                    open -= 1;
                    self.close(end.local_name().as_ref());
                }
                Event::Text(it) => {
                    let raw = it.into_inner();
                    self.characters(&raw)?;
                    if raw.contains("]]>") {
                        return Err(self.problem("a text holds `]]>`; write ]]&gt;"));
                    }
                    self.content_of(&["", &raw, ""]);
                }
                Event::CData(it) => {
                    let raw = it.into_inner();
                    self.characters(&raw)?;
                    self.content_of(&["<![CDATA[", &raw, "]]>"]);
                }
                Event::Comment(it) => {
                    let raw = it.into_inner();
                    self.characters(&raw)?;
                    self.content_of(&["<!--", &raw, "-->"]);
                }
                Event::GeneralRef(it) => self.reference(&it)?,
                Event::PI(_) => self.stands_alone = false,
                Event::Eof => {
                    return Err(self.problem("the document ends before its narrative is closed"));
                }
                Event::DocType(_) | Event::Decl(_) | Event::Empty(_) => {
                    return Err(self.problem("a narrative holds elements and text only"));
                }
            }
        }
        Ok(self.position())
    }

    fn element(&mut self, start: &BytesStart<'_>) -> Result<(), Problem> {
        self.in_namespace(start)?;
        let name = start.local_name();
        self.name(name.as_ref())?;
        self.content_of(&["<", name.as_ref(), ""]);
        self.is_tag_open = true;
        self.attributes(start)?;
        self.stands_alone &= start.name().prefix().is_none();
        self.elements += 1;
        Ok(())
    }

    fn close(&mut self, name: &str) {
        // An empty element was written as one tag: its end takes no bytes.
        if self.is_tag_open && self.position() == self.at {
            self.rewritten.push_str("/>");
            self.is_tag_open = false;
        } else {
            self.content_of(&["</", name, ">"]);
        }
    }

    fn content_of(&mut self, parts: &[&str; 3]) {
        if self.is_tag_open {
            self.rewritten.push('>');
            self.is_tag_open = false;
        }
        self.rewritten.extend(parts.iter().copied());
    }

    fn in_namespace(&self, start: &BytesStart<'_>) -> Result<(), Problem> {
        let (resolved, _) = self.reader.resolver().resolve_element(start.name());
        match resolved {
            ResolveResult::Bound(namespace) if namespace.0 == XHTML => Ok(()),
            ResolveResult::Unbound if self.from == From::Json => Ok(()),
            ResolveResult::Bound(_) | ResolveResult::Unbound | ResolveResult::Unknown(_) => {
                Err(self.problem(format!(
                    "every element of a narrative is in the namespace {XHTML}"
                )))
            }
        }
    }

    /// Whether the attributes declare the namespace; the others are rewritten.
    fn attributes(&mut self, start: &BytesStart<'_>) -> Result<bool, Problem> {
        let mut declares = false;
        for (count, attribute) in start.attributes().enumerate() {
            let attribute = attribute.map_err(|error| self.problem(error.to_string()))?;
            if count >= ATTRIBUTES_MAX {
                let what = format!("an element has more than {ATTRIBUTES_MAX} attributes");
                return Err(self.problem(what));
            }
            let name = attribute.key.0;
            let value = self.respelt(&attribute.value)?;
            self.stands_alone &= matches!(value, Cow::Borrowed(_));
            if name == "xmlns" || name.starts_with("xmlns:") {
                declares |= name == "xmlns" && attribute.value == XHTML;
                self.stands_alone &= name != "xmlns" || attribute.value == XHTML;
                continue;
            }
            match name.split_once(':') {
                None => self.name(name)?,
                Some(("xml", rest)) => self.name(rest)?,
                Some(_) => {
                    let what = "attributes of a narrative have no prefix but xml";
                    return Err(self.problem(what));
                }
            }
            let quote = if value.contains('"') { "'" } else { "\"" };
            self.rewritten
                .extend([" ", name, "=", quote, &value, quote]);
        }
        Ok(declares)
    }

    /// The raw content of an attribute, with HTML's names of characters made numbers.
    fn respelt<'v>(&self, raw: &'v str) -> Result<Cow<'v, str>, Problem> {
        self.characters(raw)?;
        if raw.contains('<') {
            return Err(self.problem("an attribute holds `<`; write &lt;"));
        }
        if !raw.contains('&') {
            return Ok(raw.into());
        }
        let (mut text, mut has_changed) = (String::new(), false);
        let mut parts = raw.split('&');
        text.extend(parts.next());
        for part in parts {
            let (name, rest) = part
                .split_once(';')
                .ok_or_else(|| self.problem("an `&` begins no reference; write &amp;"))?;
            let spelt = self.spelt(name)?;
            has_changed |= matches!(spelt, Cow::Owned(_));
            text.extend(["&", &spelt, ";", rest]);
        }
        Ok(if has_changed { text.into() } else { raw.into() })
    }

    fn reference(&mut self, reference: &BytesRef<'_>) -> Result<(), Problem> {
        let name: &str = reference;
        let spelt = self.spelt(name)?;
        self.stands_alone &= matches!(spelt, Cow::Borrowed(_));
        self.content_of(&["&", &spelt, ";"]);
        Ok(())
    }

    /// The name of a reference, or the number that says the same.
    fn spelt<'n>(&self, name: &'n str) -> Result<Cow<'n, str>, Problem> {
        if self.from == From::Json
            && let Some(number) = number_of(name)
        {
            return Ok(Cow::Owned(format!("#{number}")));
        }
        match text::resolved(name) {
            Ok(_) => Ok(name.into()),
            Err(what) => Err(self.problem(what)),
        }
    }

    fn characters(&self, raw: &str) -> Result<(), Problem> {
        raw.chars()
            .try_for_each(text::allowed)
            .map_err(|what| self.problem(what))
    }

    fn name(&self, name: &str) -> Result<(), Problem> {
        let mut letters = name.chars();
        let begins = letters
            .next()
            .is_some_and(|c| c.is_alphabetic() || c == '_');
        if begins && letters.all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.')) {
            return Ok(());
        }
        Err(self.problem("a name is not one of XML"))
    }
}
