//! JSON text to a value, stricter than JSON itself.
//!
//! Invariant: no member twice, no more than `DEPTH_MAX` levels, no U+0000, nothing after the end.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::map::Entry;
use serde_json::{Map, Number, Value};

use super::{DEPTH_MAX, ParseError, shortened};

/// The member under which `serde_json` hands over a number with all its digits.
const NUMBER: &str = "$serde_json::private::Number";

/// Reads one JSON document.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, ParseError> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Node { depth: 0 }
        .deserialize(&mut deserializer)
        .map_err(|error| said(&error))?;
    deserializer.end().map_err(|error| said(&error))?;
    Ok(value)
}

/// What a value can break that did not come through `parse`.
pub(super) fn check(value: &Value) -> Result<(), ParseError> {
    level(value, 1).map_err(|problem| ParseError::Refused {
        problem,
        line: 0,
        column: 0,
    })
}

fn level(value: &Value, depth: usize) -> Result<(), String> {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
        Value::String(text) => text_allowed(text),
        Value::Array(_) | Value::Object(_) if depth > DEPTH_MAX => Err(too_deep()),
        Value::Array(items) => items.iter().try_for_each(|item| level(item, depth + 1)),
        Value::Object(object) => object.iter().try_for_each(|(name, item)| {
            name_allowed(name)?;
            level(item, depth + 1)
        }),
    }
}

fn too_deep() -> String {
    format!("objects and arrays lie more than {DEPTH_MAX} levels deep; flatten the resource")
}

fn text_allowed(text: &str) -> Result<(), String> {
    if text.as_bytes().contains(&0) {
        return Err(
            "a text holds the character U+0000, which FHIR does not allow; remove it".to_owned(),
        );
    }
    Ok(())
}

fn name_allowed(name: &str) -> Result<(), String> {
    if name == NUMBER {
        return Err("an object has a member whose name is reserved; remove it".to_owned());
    }
    text_allowed(name)
}

/// How a value is called in messages.
pub(crate) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn said(error: &serde_json::Error) -> ParseError {
    let (line, column) = (error.line(), error.column());
    let whole = error.to_string();
    let place = format!(" at line {line} column {column}");
    let problem = whole.strip_suffix(&place).unwrap_or(&whole).to_owned();
    match error.classify() {
        Category::Data => ParseError::Refused {
            problem,
            line,
            column,
        },
        Category::Io | Category::Syntax | Category::Eof => ParseError::NotJson {
            problem,
            line,
            column,
        },
    }
}

/// One value at a depth; the outermost is at 0.
#[derive(Clone, Copy)]
struct Node {
    depth: usize,
}

impl Node {
    fn inner<E: Error>(self) -> Result<Self, E> {
        let depth = self.depth + 1;
        if depth > DEPTH_MAX {
            return Err(E::custom(too_deep()));
        }
        Ok(Self { depth })
    }
}

impl<'de> DeserializeSeed<'de> for Node {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("a number that is not finite"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        self.visit_string(value.to_owned())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        text_allowed(&value).map_err(E::custom)?;
        Ok(Value::String(value))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        let mut inner = None;
        while let Some(name) = members.next_key::<String>()? {
            if name == NUMBER && object.is_empty() {
                return number(members);
            }
            name_allowed(&name).map_err(A::Error::custom)?;
            let inner = match inner {
                Some(inner) => inner,
                None => *inner.insert(self.inner()?),
            };
            let value = members.next_value_seed(inner)?;
            match object.entry(name) {
                Entry::Vacant(place) => {
                    place.insert(value);
                }
                Entry::Occupied(place) => {
                    let name = shortened(place.key());
                    let problem =
                        format!("member `{name}` appears twice in one object; keep one of them");
                    return Err(A::Error::custom(problem));
                }
            }
        }
        Ok(Value::Object(object))
    }
}

/// A number comes as an object with one member. A document that writes such an object itself gets the number that it
/// wrote, or is refused.
fn number<'de, A: MapAccess<'de>>(mut members: A) -> Result<Value, A::Error> {
    let digits: String = members.next_value()?;
    let number = digits
        .parse::<Number>()
        .map_err(|_| A::Error::custom("a malformed number"))?;
    if members.next_key::<String>()?.is_some() {
        return Err(A::Error::custom(
            "an object has a member whose name is reserved; remove it",
        ));
    }
    Ok(Value::Number(number))
}
