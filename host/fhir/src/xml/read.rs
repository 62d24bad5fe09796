//! An XML document to the JSON form of the resource in it.
//!
//! Invariant: every element and attribute is either kept or refused with its place; none is passed over but hints about
//! schemas.

mod tag;

use quick_xml::events::BytesStart;
use serde_json::{Map, Value};

use self::tag::{Allowed, Met, Reading, Space, broken};
use super::XmlError;
use super::narrative::{self, From};
use super::place::Place;
use super::shape::{extension, is_attribute, is_only_json, plain_element};
use super::text;
use crate::outcome::IssueType;
use crate::resource::{ResourceType, UnknownType};
use crate::structure::{self, Primitive, Structure, TypeId};

/// Reads the one resource of a document.
pub(super) fn document(bytes: &[u8]) -> Result<Value, XmlError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let whole = std::str::from_utf8(bytes).map_err(|error| {
        let begin = String::from_utf8_lossy(&bytes[..error.valid_up_to()]).into_owned();
        broken(&begin, begin.len(), "here are bytes that are not UTF-8")
    })?;
    let mut reading = Reading::new(whole);
    let outside = Place::root("");
    let value = match reading.next(&outside)? {
        Met::Open(space, start) => reading.root(&space, &start)?,
        Met::Close | Met::End => {
            return Err(broken(whole, whole.len(), "there is no element"));
        }
    };
    match reading.next(&outside)? {
        Met::End => Ok(value),
        Met::Open(..) | Met::Close => Err(broken(
            whole,
            reading.at,
            "a document has one outermost element",
        )),
    }
}

/// What an element says: a value, or what belongs to a value (`_name` in JSON), or both.
struct Said {
    value: Option<Value>,
    extra: Option<Map<String, Value>>,
}

impl<'x> Reading<'x> {
    fn root(&mut self, space: &Space, start: &BytesStart<'x>) -> Result<Value, XmlError> {
        let name = start.local_name().into_inner().to_owned();
        self.resource(space, start, &Place::root(&name))
    }

    /// A resource whose start tag was just read, to its end.
    fn resource(
        &mut self,
        space: &Space,
        start: &BytesStart<'x>,
        place: &Place<'_>,
    ) -> Result<Value, XmlError> {
        let name = start.local_name().into_inner();
        if *space != Space::Fhir {
            return Err(self.wrong_space(name, space, place));
        }
        let resource_type: ResourceType = name.parse().map_err(|error: UnknownType| {
            self.refused(IssueType::Value, place, error.to_string())
        })?;
        self.attributes(start, Allowed::Nothing, place)?;
        let mut object = Map::new();
        object.insert("resourceType".to_owned(), name.into());
        self.members(structure::of_resource(resource_type), &mut object, place)?;
        Ok(Value::Object(object))
    }

    /// Everything up to the end tag of an element of that type.
    fn members(
        &mut self,
        kind: TypeId,
        object: &mut Map<String, Value>,
        place: &Place<'_>,
    ) -> Result<(), XmlError> {
        let structure = structure::get(kind);
        loop {
            match self.next(place)? {
                Met::Open(space, start) => {
                    self.member(structure, object, &space, &start, place)?;
                }
                Met::Close => break,
                Met::End => {
                    let problem = "the document ends before its elements are closed";
                    return Err(broken(self.whole, self.at, problem));
                }
            }
        }
        level(object);
        Ok(())
    }

    fn member(
        &mut self,
        structure: &'static Structure,
        object: &mut Map<String, Value>,
        space: &Space,
        start: &BytesStart<'x>,
        place: &Place<'_>,
    ) -> Result<(), XmlError> {
        let name = start.local_name().into_inner();
        let element = structure
            .element(name)
            .filter(|element| !is_only_json(element) && !is_attribute(element, structure));
        let Some(element) = element else {
            return Err(self.unknown(structure, name, space, place));
        };
        let primitive = structure::get(element.kind).primitive;
        let expected = match primitive {
            Some(Primitive::Xhtml) => Space::Xhtml,
            Some(_) | None => Space::Fhir,
        };
        let extra_name = format!("_{name}");
        let before = match (element.many, object.get(name)) {
            (true, Some(Value::Array(items))) => Some(items.len()),
            (true, Some(_) | None) => Some(0),
            (false, _) => None,
        };
        let place = place.within(name, before);
        if *space != expected {
            return Err(self.wrong_space(name, space, &place));
        }
        if !element.many && (object.contains_key(name) || object.contains_key(&extra_name)) {
            let problem = format!("`{name}` occurs once only; keep one of them");
            return Err(self.refused(IssueType::Structure, &place, problem));
        }
        let said = match primitive {
            Some(Primitive::Xhtml) => Said::value(self.narrative(start, &place)?),
            Some(primitive) => self.primitive(primitive, start, &place)?,
            None if element.kind == structure::any_resource() => {
                Said::value(self.held(start, &place)?)
            }
            None => Said::value(self.complex(element.kind, start, &place)?),
        };
        said.put(object, name, extra_name, before);
        Ok(())
    }

    /// The one resource in `contained`, `resource` or the like.
    fn held(&mut self, start: &BytesStart<'x>, place: &Place<'_>) -> Result<Value, XmlError> {
        self.attributes(start, Allowed::Nothing, place)?;
        let resource = match self.next(place)? {
            Met::Open(space, start) => self.resource(&space, &start, place)?,
            Met::Close | Met::End => {
                return Err(self.refused(
                    IssueType::Structure,
                    place,
                    "a resource is missing here",
                ));
            }
        };
        match self.next(place)? {
            Met::Close => Ok(resource),
            Met::Open(..) | Met::End => {
                let problem = "one resource only may stand here; write an element for each";
                Err(self.refused(IssueType::Structure, place, problem))
            }
        }
    }

    fn complex(
        &mut self,
        kind: TypeId,
        start: &BytesStart<'x>,
        place: &Place<'_>,
    ) -> Result<Value, XmlError> {
        let allowed = if kind == extension() {
            Allowed::IdAndUrl
        } else {
            Allowed::Id
        };
        let found = self.attributes(start, allowed, place)?;
        let mut object = Map::new();
        for (name, text) in [("id", found.id), ("url", found.url)] {
            object.extend(text.map(|text| (name.to_owned(), text.into())));
        }
        self.members(kind, &mut object, place)?;
        if object.is_empty() {
            let problem = "the element is empty; leave it out";
            return Err(self.refused(IssueType::Structure, place, problem));
        }
        Ok(Value::Object(object))
    }

    fn primitive(
        &mut self,
        primitive: Primitive,
        start: &BytesStart<'x>,
        place: &Place<'_>,
    ) -> Result<Said, XmlError> {
        let found = self.attributes(start, Allowed::IdAndValue, place)?;
        let value = found.value.map(|text| text::value(primitive, &text));
        let value = value
            .transpose()
            .map_err(|problem| self.refused(IssueType::Value, place, problem))?;
        let mut extra = Map::new();
        extra.extend(found.id.map(|id| ("id".to_owned(), id.into())));
        self.members(plain_element(), &mut extra, place)?;
        let extra = Some(extra).filter(|extra| !extra.is_empty());
        if value.is_none() && extra.is_none() {
            let problem = "the element says nothing; give it a value=\"…\" or leave it out";
            return Err(self.refused(IssueType::Structure, place, problem));
        }
        Ok(Said { value, extra })
    }

    fn narrative(&mut self, start: &BytesStart<'x>, place: &Place<'_>) -> Result<Value, XmlError> {
        let (begin, depth) = (self.at, self.depth);
        let reader = &mut self.reader;
        let div = narrative::rest_of(reader, self.whole, begin, start, From::Xml, depth);
        let div = div.map_err(|problem| {
            self.at = problem.at;
            self.refused(IssueType::Value, place, problem.what)
        })?;
        self.depth -= 1;
        self.elements += div.elements;
        Ok(Value::String(div.text.into_owned()))
    }
}

impl Said {
    fn value(value: Value) -> Self {
        Self {
            value: Some(value),
            extra: None,
        }
    }

    /// Into the object: behind the `before` items that are there already, or as the only one.
    fn put(
        self,
        object: &mut Map<String, Value>,
        name: &str,
        extra_name: String,
        before: Option<usize>,
    ) {
        let Some(before) = before else {
            object.extend(self.value.map(|value| (name.to_owned(), value)));
            let extra = self.extra.map(Value::Object);
            object.extend(extra.map(|extra| (extra_name, extra)));
            return;
        };
        let empty = || Value::Array(Vec::new());
        if let Value::Array(items) = object.entry(name).or_insert_with(empty) {
            items.push(self.value.unwrap_or(Value::Null));
        }
        if let Some(extra) = self.extra
            && let Value::Array(items) = object.entry(extra_name).or_insert_with(empty)
        {
            items.resize(before, Value::Null);
            items.push(Value::Object(extra));
        }
    }
}

/// Makes `name` and `_name` equally long, and leaves `name` out where it has no value at all.
fn level(object: &mut Map<String, Value>) {
    let extras: Vec<String> = object
        .iter()
        .filter(|(name, value)| name.starts_with('_') && value.is_array())
        .map(|(name, _)| name.clone())
        .collect();
    for extra in extras {
        let Some(name) = extra.strip_prefix('_') else {
            continue;
        };
        let Some(Value::Array(values)) = object.get(name) else {
            continue;
        };
        let length = values.len();
        if values.iter().all(Value::is_null) {
            object.shift_remove(name);
        }
        if let Some(Value::Array(items)) = object.get_mut(&extra) {
            items.resize(length, Value::Null);
        }
    }
}
