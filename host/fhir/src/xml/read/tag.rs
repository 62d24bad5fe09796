//! A document event by event: tags with their namespaces and attributes, and where something is wrong.
//!
//! Invariant: what lies between tags and means nothing is left behind here; anything else there is refused.

use quick_xml::events::{BytesDecl, BytesStart, Event};
use quick_xml::name::{QName, ResolveResult};
use quick_xml::reader::NsReader;

use crate::near;
use crate::outcome::IssueType;
use crate::resource::shortened;
use crate::structure::Structure;
use crate::xml::place::Place;
use crate::xml::shape::is_only_json;
use crate::xml::{
    ATTRIBUTES_MAX, DEPTH_MAX, ELEMENTS_MAX, FHIR, SCHEMA_INSTANCE, XHTML, XmlError, text,
};

/// Where in a document byte `at` lies, and what is wrong there.
pub(super) fn broken(whole: &str, at: usize, problem: impl Into<String>) -> XmlError {
    let (line, column) = line_and_column(whole, at);
    XmlError::NotXml {
        problem: problem.into(),
        line,
        column,
    }
}

fn line_and_column(whole: &str, at: usize) -> (usize, usize) {
    let mut at = at.min(whole.len());
    while !whole.is_char_boundary(at) {
        at -= 1;
    }
    let before = &whole[..at];
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let begin = before.rfind('\n').map_or(0, |at| at + 1);
    (line, before[begin..].chars().count() + 1)
}

/// Which namespace a name is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Space {
    Fhir,
    Xhtml,
    Other(String),
}

impl Space {
    fn of(resolved: &ResolveResult<'_>) -> Self {
        match resolved {
            ResolveResult::Bound(namespace) => match namespace.0 {
                FHIR => Self::Fhir,
                XHTML => Self::Xhtml,
                other => Self::Other(shortened(other)),
            },
            ResolveResult::Unbound => Self::Other(String::new()),
            ResolveResult::Unknown(prefix) => Self::Other(shortened(prefix)),
        }
    }
}

/// What comes next, comments and spaces left behind.
pub(super) enum Met<'x> {
    Open(Space, BytesStart<'x>),
    Close,
    End,
}

/// The attributes that an element of FHIR may have.
#[derive(Default)]
pub(super) struct Attributes {
    pub(super) id: Option<String>,
    pub(super) url: Option<String>,
    pub(super) value: Option<String>,
}

/// Which attributes an element may have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Allowed {
    Nothing,
    Id,
    IdAndUrl,
    IdAndValue,
}

/// A document being read.
pub(super) struct Reading<'x> {
    pub(super) reader: NsReader<&'x [u8]>,
    pub(super) whole: &'x str,
    pub(super) depth: usize,
    pub(super) elements: usize,
    /// Where the last event began.
    pub(super) at: usize,
}

impl<'x> Reading<'x> {
    /// At the beginning of a document.
    pub(super) fn new(whole: &'x str) -> Self {
        let mut reader = NsReader::from_str(whole);
        reader.config_mut().enable_all_checks(true);
        reader.config_mut().expand_empty_elements = true;
        Self {
            reader,
            whole,
            depth: 0,
            elements: 0,
            at: 0,
        }
    }

    pub(super) fn refused(
        &self,
        code: IssueType,
        place: &Place<'_>,
        problem: impl Into<String>,
    ) -> XmlError {
        let (line, column) = line_and_column(self.whole, self.at);
        XmlError::Refused {
            code,
            problem: problem.into(),
            expression: place.to_string(),
            line,
            column,
        }
    }

    fn position(&self) -> usize {
        usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX)
    }

    /// The next tag, or the end of the document.
    pub(super) fn next(&mut self, place: &Place<'_>) -> Result<Met<'x>, XmlError> {
        loop {
            self.at = self.position();
            let event = self.reader.read_resolved_event();
            let event = event.map(|(resolved, event)| (Space::of(&resolved), event));
            let (space, event) = event.map_err(|error| {
                let at = usize::try_from(self.reader.error_position()).unwrap_or(self.at);
                broken(self.whole, at, error.to_string())
            })?;
            match event {
                Event::Start(start) => {
                    self.deeper(place)?;
                    return Ok(Met::Open(space, start));
                }
                Event::End(_) => {
                    self.depth -= 1;
                    return Ok(Met::Close);
                }
                Event::Eof => return Ok(Met::End),
                Event::Comment(_) | Event::PI(_) => {}
                Event::Text(text) if text.bytes().all(|byte| byte.is_ascii_whitespace()) => {}
                Event::Decl(declaration) if self.at == 0 => self.declared(&declaration)?,
                Event::Text(_) | Event::CData(_) | Event::GeneralRef(_) => {
                    let problem = "text stands between elements; write it as value=\"…\"";
                    return Err(self.refused(IssueType::Structure, place, problem));
                }
                Event::DocType(_) => {
                    let problem = "a document type (<!DOCTYPE …>) is not allowed; remove it";
                    return Err(self.refused(IssueType::Structure, place, problem));
                }
                Event::Decl(_) | Event::Empty(_) => {
                    return Err(broken(
                        self.whole,
                        self.at,
                        "an XML declaration is not the first",
                    ));
                }
            }
        }
    }

    fn deeper(&mut self, place: &Place<'_>) -> Result<(), XmlError> {
        self.depth += 1;
        self.elements += 1;
        if self.depth > DEPTH_MAX {
            let problem =
                format!("elements lie more than {DEPTH_MAX} levels deep; flatten the resource");
            return Err(self.refused(IssueType::TooLong, place, problem));
        }
        if self.elements > ELEMENTS_MAX {
            let problem = format!("there are more than {ELEMENTS_MAX} elements; send it in parts");
            return Err(self.refused(IssueType::TooLong, place, problem));
        }
        Ok(())
    }

    fn declared(&self, declaration: &BytesDecl<'_>) -> Result<(), XmlError> {
        let version = declaration.version();
        if !version.is_ok_and(|version| version == "1.0") {
            return Err(broken(self.whole, self.at, "only XML 1.0 is read here"));
        }
        match declaration.encoding() {
            None => Ok(()),
            Some(Ok(name))
                if name.eq_ignore_ascii_case("utf-8") || name.eq_ignore_ascii_case("us-ascii") =>
            {
                Ok(())
            }
            Some(_) => Err(broken(self.whole, self.at, "only UTF-8 is read here")),
        }
    }

    /// The attributes of a tag; any but those allowed are refused.
    pub(super) fn attributes(
        &self,
        start: &BytesStart<'_>,
        allowed: Allowed,
        place: &Place<'_>,
    ) -> Result<Attributes, XmlError> {
        let mut found = Attributes::default();
        for (count, attribute) in start.attributes().enumerate() {
            let attribute =
                attribute.map_err(|error| broken(self.whole, self.at, error.to_string()))?;
            if count >= ATTRIBUTES_MAX {
                let problem = format!("an element has more than {ATTRIBUTES_MAX} attributes");
                return Err(self.refused(IssueType::TooLong, place, problem));
            }
            let name = attribute.key.0;
            if name == "xmlns" || name.starts_with("xmlns:") {
                continue;
            }
            let to = match (name, allowed) {
                ("id", Allowed::Id | Allowed::IdAndUrl | Allowed::IdAndValue) => &mut found.id,
                ("url", Allowed::IdAndUrl) => &mut found.url,
                ("value", Allowed::IdAndValue) => &mut found.value,
                _ if self.is_hint(attribute.key) => continue,
                _ => return Err(self.stray(name, allowed, place)),
            };
            let text = text::attribute(&attribute.value)
                .map_err(|problem| self.refused(IssueType::Value, place, problem))?;
            if text.is_empty() {
                let problem = format!("`{name}` is empty; leave it out");
                return Err(self.refused(IssueType::Value, place, problem));
            }
            *to = Some(text.into_owned());
        }
        Ok(found)
    }

    fn is_hint(&self, name: QName<'_>) -> bool {
        let (resolved, _) = self.reader.resolver().resolve_attribute(name);
        matches!(resolved, ResolveResult::Bound(namespace) if namespace.0 == SCHEMA_INSTANCE)
    }

    fn stray(&self, name: &str, allowed: Allowed, place: &Place<'_>) -> XmlError {
        let advice = match allowed {
            Allowed::Nothing => "it takes none",
            Allowed::Id => "it takes `id` only",
            Allowed::IdAndUrl => "it takes `id` and `url` only",
            Allowed::IdAndValue => "it takes `id` and `value` only",
        };
        let problem = format!(
            "the element has an attribute `{}`; {advice}",
            shortened(name)
        );
        self.refused(IssueType::Structure, place, problem)
    }

    pub(super) fn wrong_space(&self, name: &str, space: &Space, place: &Place<'_>) -> XmlError {
        let (name, is) = (
            shortened(name),
            match space {
                Space::Fhir => FHIR,
                Space::Xhtml => XHTML,
                Space::Other(other) if other.is_empty() => "no namespace",
                Space::Other(other) => other,
            },
        );
        let problem = format!(
            "`{name}` is in the wrong namespace ({is}): elements are in {FHIR}, the div of a narrative is in {XHTML}"
        );
        self.refused(IssueType::Structure, place, problem)
    }

    pub(super) fn unknown(
        &self,
        structure: &Structure,
        name: &str,
        space: &Space,
        place: &Place<'_>,
    ) -> XmlError {
        let place = place.within(name, None);
        if *space != Space::Fhir {
            return self.wrong_space(name, space, &place);
        }
        let known = structure
            .elements
            .iter()
            .filter(|element| !is_only_json(element));
        if known.clone().any(|element| &*element.json_name == name) {
            let problem = format!("`{name}` is an attribute here: write {name}=\"…\"");
            return self.refused(IssueType::Structure, &place, problem);
        }
        let near = near::names(name, known.map(|element| &*element.json_name));
        let problem = format!(
            "{} has no element `{}`{}",
            structure.name,
            shortened(name),
            near::advice(&near)
        );
        self.refused(IssueType::Structure, &place, problem)
    }
}
