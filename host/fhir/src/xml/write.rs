//! A resource in JSON to an XML document.
//!
//! Invariant: what is written is well-formed and has every member of the resource, in the order of its structure.

use serde_json::{Map, Value};

use super::place::Place;
use super::shape::{is_attribute, is_only_json, plain_element};
use super::{FHIR, Layout, Unwritable, narrative, text};
use crate::resource::json::kind_of;
use crate::resource::{ResourceType, shortened};
use crate::structure::{self, Element, Primitive, TypeId};

/// Writes a whole document.
pub(super) fn document(resource: &Value, layout: Layout) -> Result<String, Unwritable> {
    let mut writing = Writing {
        text: String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"),
        layout,
        depth: 0,
    };
    let name = resource.get("resourceType").and_then(Value::as_str);
    let place = Place::root(name.unwrap_or("Resource"));
    writing.resource(resource, &place, true)?;
    Ok(writing.text)
}

struct Writing {
    text: String,
    layout: Layout,
    depth: usize,
}

/// One member of an object: a value, what belongs to it, or both.
#[derive(Clone, Copy)]
struct Member<'v> {
    element: &'static Element,
    value: Option<&'v Value>,
    extra: Option<&'v Value>,
}

fn unwritable(place: &Place<'_>, problem: impl Into<String>) -> Unwritable {
    Unwritable {
        expression: place.to_string(),
        problem: problem.into(),
    }
}

fn object<'v>(value: &'v Value, place: &Place<'_>) -> Result<&'v Map<String, Value>, Unwritable> {
    match value {
        Value::Object(object) if object.is_empty() => Err(unwritable(place, "the object is empty")),
        Value::Object(object) => Ok(object),
        other => {
            let problem = format!("this must be an object, but it is {}", kind_of(other));
            Err(unwritable(place, problem))
        }
    }
}

/// The members of an object of that type, in the order in which XML writes them.
fn members<'v>(
    object: &'v Map<String, Value>,
    kind: TypeId,
    place: &Place<'_>,
) -> Result<Vec<Member<'v>>, Unwritable> {
    let structure = structure::get(kind);
    let has_extras = object.keys().any(|name| name.starts_with('_'));
    let mut members = Vec::with_capacity(object.len());
    for (name, value) in object {
        let (of, is_extra) = match name.strip_prefix('_') {
            Some(of) => (of, true),
            None => (name.as_str(), false),
        };
        let element = structure
            .element(of)
            .filter(|element| !is_extra || structure::get(element.kind).primitive.is_some());
        let Some(element) = element else {
            let problem = format!("{} has no element `{}`", structure.name, shortened(name));
            return Err(unwritable(&place.within(name, None), problem));
        };
        if is_only_json(element) || (is_extra && object.contains_key(of)) {
            continue;
        }
        members.push(match is_extra {
            true => Member {
                element,
                value: None,
                extra: Some(value),
            },
            false => Member {
                element,
                value: Some(value),
                extra: has_extras
                    .then(|| object.get(&format!("_{name}")))
                    .flatten(),
            },
        });
    }
    members.sort_by_key(|member| member.element.order);
    Ok(members)
}

/// One item of an array; null stands for none.
fn item(items: Option<&Value>, index: usize) -> Option<&Value> {
    items?.get(index).filter(|item| !item.is_null())
}

impl Writing {
    /// Begins a line where the layout has lines.
    fn line(&mut self) {
        if self.layout == Layout::Indented {
            self.text.push('\n');
            self.text.extend(std::iter::repeat_n("  ", self.depth));
        }
    }

    fn resource(
        &mut self,
        value: &Value,
        place: &Place<'_>,
        is_root: bool,
    ) -> Result<(), Unwritable> {
        let object = object(value, place)?;
        let named = object.get("resourceType").and_then(Value::as_str);
        let resource_type: ResourceType = named
            .ok_or_else(|| unwritable(place, "`resourceType` is missing"))?
            .parse()
            .map_err(|error: crate::resource::UnknownType| unwritable(place, error.to_string()))?;
        let name = resource_type.as_str();
        self.line();
        self.text.extend(["<", name]);
        if is_root {
            self.text.extend([" xmlns=\"", FHIR, "\""]);
        }
        let kind = structure::of_resource(resource_type);
        self.inside(name, members(object, kind, place)?, kind, place)
    }

    /// What follows the name in a start tag: attributes, members, end tag.
    fn inside(
        &mut self,
        name: &str,
        members: Vec<Member<'_>>,
        kind: TypeId,
        place: &Place<'_>,
    ) -> Result<(), Unwritable> {
        let structure = structure::get(kind);
        let (attributes, members): (Vec<Member<'_>>, Vec<Member<'_>>) = members
            .into_iter()
            .partition(|member| is_attribute(member.element, structure));
        for Member {
            element,
            value,
            extra,
        } in attributes
        {
            let place = place.within(&element.json_name, None);
            let text = value.and_then(Value::as_str).filter(|it| !it.is_empty());
            let (Some(text), None) = (text, extra) else {
                return Err(unwritable(
                    &place,
                    "this must be a text and nothing beside it",
                ));
            };
            self.attribute(&element.json_name, text, &place)?;
        }
        self.children(name, &members, place)
    }

    fn children(
        &mut self,
        name: &str,
        members: &[Member<'_>],
        place: &Place<'_>,
    ) -> Result<(), Unwritable> {
        if members.is_empty() {
            self.text.push_str("/>");
            return Ok(());
        }
        self.text.push('>');
        self.depth += 1;
        for member in members {
            self.member(member, place)?;
        }
        self.depth -= 1;
        self.line();
        self.text.extend(["</", name, ">"]);
        Ok(())
    }

    fn attribute(&mut self, name: &str, value: &str, place: &Place<'_>) -> Result<(), Unwritable> {
        self.text.extend([" ", name, "=\""]);
        text::escape(value, &mut self.text).map_err(|problem| unwritable(place, problem))?;
        self.text.push('"');
        Ok(())
    }

    /// All repetitions of a member.
    fn member(&mut self, member: &Member<'_>, place: &Place<'_>) -> Result<(), Unwritable> {
        let name = &*member.element.json_name;
        if !member.element.many {
            return self.one(member, &place.within(name, None));
        }
        let items = |value: Option<&'_ Value>| match value {
            None => Ok(None),
            Some(Value::Array(items)) => Ok(Some(items.len())),
            Some(_) => Err(unwritable(
                &place.within(name, None),
                "this must be an array",
            )),
        };
        let count = items(member.value)?.max(items(member.extra)?).unwrap_or(0);
        if count == 0 {
            return Err(unwritable(&place.within(name, None), "the array is empty"));
        }
        for index in 0..count {
            let one = Member {
                element: member.element,
                value: item(member.value, index),
                extra: item(member.extra, index),
            };
            self.one(&one, &place.within(name, Some(index)))?;
        }
        Ok(())
    }

    fn one(&mut self, member: &Member<'_>, place: &Place<'_>) -> Result<(), Unwritable> {
        let Member {
            element,
            value,
            extra,
        } = *member;
        let name = &*element.json_name;
        if let Some(primitive) = structure::get(element.kind).primitive {
            return self.primitive(name, primitive, value, extra, place);
        }
        let value =
            value.ok_or_else(|| unwritable(place, "null stands where an object belongs"))?;
        self.line();
        if element.kind == structure::any_resource() {
            self.text.extend(["<", name, ">"]);
            self.depth += 1;
            self.resource(value, place, false)?;
            self.depth -= 1;
            self.line();
            self.text.extend(["</", name, ">"]);
            return Ok(());
        }
        self.text.extend(["<", name]);
        let members = members(object(value, place)?, element.kind, place)?;
        self.inside(name, members, element.kind, place)
    }

    fn primitive(
        &mut self,
        name: &str,
        primitive: Primitive,
        value: Option<&Value>,
        extra: Option<&Value>,
        place: &Place<'_>,
    ) -> Result<(), Unwritable> {
        let problem = |problem: String| unwritable(place, problem);
        let text = value.map(|value| text::written(primitive, value));
        let text = text.transpose().map_err(problem)?;
        self.line();
        if primitive == Primitive::Xhtml {
            let (Some(text), None) = (text, extra) else {
                return Err(unwritable(
                    place,
                    "a narrative is a text and nothing beside it",
                ));
            };
            self.text
                .push_str(&narrative::of_json(&text).map_err(problem)?);
            return Ok(());
        }
        self.text.extend(["<", name]);
        if let Some(text) = &text {
            self.attribute("value", text, place)?;
        }
        match extra {
            Some(extra) => {
                let kind = plain_element();
                self.inside(
                    name,
                    members(object(extra, place)?, kind, place)?,
                    kind,
                    place,
                )
            }
            None if text.is_some() => {
                self.text.push_str("/>");
                Ok(())
            }
            None => Err(unwritable(place, "null stands where a value belongs")),
        }
    }
}
