//! Random resources that the tables of structures allow.
//!
//! Invariant: one seed makes one resource; every value can be written in both forms.

use serde_json::{Map, Value, json};

use crate::resource::ResourceType;
use crate::structure::{self, Element, Primitive, TypeId};
use crate::xml::shape::{is_attribute, is_only_json};

/// How deep groups and types may lie in each other.
const DEPTH: usize = 5;

/// A random resource.
pub(super) fn resource(seed: u64) -> Value {
    let mut making = Making(seed | 1);
    making.resource(0)
}

struct Making(u64);

impl Making {
    fn below(&mut self, bound: usize) -> usize {
        // Xorshift: enough variety, the same for the same seed.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    fn resource(&mut self, depth: usize) -> Value {
        let types: Vec<ResourceType> = ResourceType::all().collect();
        let resource_type = types[self.below(types.len())];
        let mut object = self.object(structure::of_resource(resource_type), depth);
        object.insert("resourceType".to_owned(), json!(resource_type.as_str()));
        Value::Object(object)
    }

    fn object(&mut self, kind: TypeId, depth: usize) -> Map<String, Value> {
        let structure = structure::get(kind);
        let mut object = Map::new();
        let elements: Vec<&Element> = structure
            .elements
            .iter()
            .filter(|element| !is_only_json(element))
            .collect();
        let wanted = 1 + self.below(4);
        for _ in 0..200 {
            if object.len() >= wanted {
                break;
            }
            let element = elements[self.below(elements.len())];
            let is_simple = structure::get(element.kind).primitive.is_some();
            if depth >= DEPTH && !is_simple {
                // Somebody must end it: an id fits every element.
                if structure.element("resourceType").is_none() || structure.element("id").is_some()
                {
                    object.insert("id".to_owned(), json!("x"));
                }
                continue;
            }
            let has_extra = is_simple
                && depth < DEPTH
                && !is_attribute(element, structure)
                && structure::get(element.kind).primitive != Some(Primitive::Xhtml);
            self.member(&mut object, element, has_extra, depth);
        }
        if object.is_empty() {
            object.insert("id".to_owned(), json!("y"));
        }
        object
    }

    fn member(
        &mut self,
        object: &mut Map<String, Value>,
        element: &Element,
        may_have_extra: bool,
        depth: usize,
    ) {
        let name = element.json_name.to_string();
        if object.contains_key(&name) || object.contains_key(&format!("_{name}")) {
            return;
        }
        let count = if element.many { 1 + self.below(3) } else { 1 };
        let (mut values, mut extras) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let choice = if may_have_extra { self.below(6) } else { 5 };
            let extra = (choice < 2).then(|| self.extra(depth));
            let value = (choice != 0).then(|| self.value(element, depth + 1));
            values.push(value.unwrap_or(Value::Null));
            extras.push(extra.map_or(Value::Null, Value::Object));
        }
        for (name, items) in [(name.clone(), values), (format!("_{name}"), extras)] {
            if items.iter().all(Value::is_null) {
                continue;
            }
            let value = match element.many {
                true => Value::Array(items),
                false => items.into_iter().next().unwrap(),
            };
            object.insert(name, value);
        }
    }

    fn extra(&mut self, depth: usize) -> Map<String, Value> {
        self.object(structure::named("Element").unwrap(), depth + 1)
    }

    fn value(&mut self, element: &Element, depth: usize) -> Value {
        match structure::get(element.kind).primitive {
            Some(primitive) => self.primitive(primitive),
            None if element.kind == structure::any_resource() => self.resource(depth),
            None => Value::Object(self.object(element.kind, depth)),
        }
    }

    fn primitive(&mut self, primitive: Primitive) -> Value {
        const DECIMALS: [&str; 6] = [
            "0",
            "-0.00",
            "1.50",
            "100000000000000000000.10",
            "1e+3",
            "2.5e-7",
        ];
        const NARRATIVES: [&str; 3] = [
            "<div xmlns=\"http://www.w3.org/1999/xhtml\">a</div>",
            "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>a &lt; b</p>\n\t<br/> é</div>",
            "<div xmlns='http://www.w3.org/1999/xhtml' title='\"'><!-- c --><![CDATA[&]]></div>",
        ];
        const TEXTS: [&str; 9] = [
            "a",
            " spaces  at both ends ",
            "<b> & \"c\" 'd'",
            "two\nlines\r\nand\ta tab",
            "é ü ß",
            "🙂 𝄞",
            "a/b#c?d=e&f",
            "]]>",
            "\u{fffd}\u{ffef}",
        ];
        match primitive {
            Primitive::Boolean => json!(self.below(2) == 0),
            Primitive::Decimal => {
                Value::Number(DECIMALS[self.below(DECIMALS.len())].parse().unwrap())
            }
            Primitive::Integer | Primitive::PositiveInt | Primitive::UnsignedInt => {
                json!(self.below(100))
            }
            Primitive::Xhtml => json!(NARRATIVES[self.below(NARRATIVES.len())]),
            _ => json!(TEXTS[self.below(TEXTS.len())]),
        }
    }
}
