//! The walk through a resource: every member by what its type says, then what must hold between them.
//!
//! Invariant: invariants and profiles of an object are looked at only where the form of everything in it is sound.

use serde_json::{Map, Value};

use super::{Check, Place, primitive, rule};
use crate::near;
use crate::outcome::IssueType;
use crate::resource::json::kind_of;
use crate::resource::{ResourceType, shortened};
use crate::structure::{self, Element, Structure, TypeId};

impl<'r> Check<'r> {
    /// An object of that type: a resource, a data type, a group of elements.
    pub(super) fn object(&mut self, value: &'r Value, kind: TypeId, place: &Place<'_>) {
        let Value::Object(object) = value else {
            return;
        };
        let structure = structure::get(kind);
        let faults = self.faults;
        if object.is_empty() {
            self.broken(
                IssueType::Structure,
                place,
                "the object is empty; leave it out",
            );
        }
        let has_extras = object.keys().any(|name| name.starts_with('_'));
        // The choices that were seen; most objects have none or one.
        let mut choices: Vec<&Element> = Vec::new();
        for (name, value) in object {
            if self.is_full() {
                return;
            }
            let of = name.strip_prefix('_').unwrap_or(name);
            let element = structure.element(of);
            if let Some(element) = element.filter(|element| element.is_choice()) {
                self.chosen(element, &mut choices, place);
            }
            match element {
                _ if of.len() < name.len() => {
                    self.extra(value, object, structure, of, &place.then(name));
                }
                Some(element) => {
                    let extra = has_extras
                        .then(|| object.get(&format!("_{name}")))
                        .flatten();
                    let below = place.then(name).of(element.kind).named(element.path_name);
                    self.member(value, extra, element, &below);
                }
                None => self.unknown(name, structure, place),
            }
        }
        self.required(object, structure, has_extras, place);
        let is_resource = kind.is_kind_of(structure::any_resource());
        rule::of_structure(self, value, object, kind, is_resource, place);
        if self.faults > faults {
            return;
        }
        self.invariants(value, kind, place);
        if is_resource {
            self.declared(value, kind, place);
        }
    }

    /// An element of several types may be given as one of them only.
    fn chosen<'e>(&mut self, element: &'e Element, seen: &mut Vec<&'e Element>, place: &Place<'_>) {
        match seen
            .iter()
            .find(|other| other.path_name == element.path_name)
        {
            Some(other) if other.json_name != element.json_name => {
                let problem = format!(
                    "`{}` and `{}` exclude each other; keep one",
                    other.json_name, element.json_name
                );
                self.broken(
                    IssueType::Structure,
                    &place.then(element.path_name),
                    problem,
                );
            }
            Some(_) => {}
            None => seen.push(element),
        }
    }

    fn unknown(&mut self, name: &str, structure: &Structure, place: &Place<'_>) {
        let near = near::names(
            name,
            structure.elements.iter().map(|element| &*element.json_name),
        );
        let problem = format!(
            "{} has no element `{}`{}",
            structure.name,
            shortened(name),
            near::advice(&near)
        );
        self.broken(IssueType::Structure, &place.then(name), problem);
    }

    fn required(
        &mut self,
        object: &Map<String, Value>,
        structure: &Structure,
        has_extras: bool,
        place: &Place<'_>,
    ) {
        for places in &structure.required {
            let mut names = places
                .iter()
                .filter_map(|place| structure.elements.get(*place));
            let there = |element: &Element| {
                object.contains_key(&*element.json_name)
                    || (has_extras && object.contains_key(&format!("_{}", element.json_name)))
            };
            if names.clone().any(there) {
                continue;
            }
            let Some(first) = names.next() else { continue };
            let problem = if first.is_choice() {
                let all: Vec<&str> = std::iter::once(first)
                    .chain(names)
                    .map(|element| &*element.json_name)
                    .take(12)
                    .collect();
                format!("one of `{}` is required", all.join("`, `"))
            } else {
                format!("`{}` is required", first.json_name)
            };
            self.broken(IssueType::Required, &place.then(first.path_name), problem);
        }
    }

    fn member(
        &mut self,
        value: &'r Value,
        extra: Option<&'r Value>,
        element: &Element,
        place: &Place<'_>,
    ) {
        match (value, element.many) {
            (Value::Array(items), true) => {
                if items.is_empty() {
                    self.broken(
                        IssueType::Structure,
                        place,
                        "the array is empty; leave it out",
                    );
                }
                for (index, item) in items.iter().enumerate() {
                    if self.is_full() {
                        return;
                    }
                    let has_extra = extra
                        .and_then(|extra| extra.get(index))
                        .is_some_and(Value::is_object);
                    if !(item.is_null() && has_extra) {
                        self.value(item, element, &place.at(index));
                    }
                }
                if matches!(element.path_name, "extension" | "modifierExtension") {
                    self.extensions(items, place);
                }
            }
            (Value::Array(_), false) => {
                self.broken(
                    IssueType::Structure,
                    place,
                    "this occurs once only; write it without `[` and `]`",
                );
            }
            (_, true) => self.broken(
                IssueType::Structure,
                place,
                "this may repeat; write it as an array in `[` and `]`",
            ),
            (value, false) => self.value(value, element, place),
        }
    }

    fn value(&mut self, value: &'r Value, element: &Element, place: &Place<'_>) {
        if let Some(primitive) = structure::get(element.kind).primitive {
            match primitive::problem(primitive, value) {
                Some(problem) => self.broken(IssueType::Value, place, problem),
                None => rule::of_code(self, value, element, place),
            }
            return;
        }
        let Value::Object(object) = value else {
            let name = structure::get(element.kind).name;
            let problem = format!(
                "this must be an object ({name}), but it is {}",
                kind_of(value)
            );
            self.broken(IssueType::Structure, place, problem);
            return;
        };
        let Some(kind) = self.kind_of(object, element.kind, place) else {
            return;
        };
        let is_extension = matches!(place.path_name, "extension" | "modifierExtension");
        let url = is_extension.then(|| object.get("url")).flatten();
        let place = place.of(kind).with_url(url.and_then(Value::as_str));
        let (root, resource) = (self.root, self.resource);
        if kind.is_kind_of(structure::any_resource()) {
            self.resource = value;
            if place.name != "contained" {
                self.root = value;
            }
        }
        self.object(value, kind, &place);
        (self.root, self.resource) = (root, resource);
        rule::of_element(self, object, element, &place);
    }

    /// What a resource inside another says that it is.
    fn kind_of(
        &mut self,
        object: &Map<String, Value>,
        kind: TypeId,
        place: &Place<'_>,
    ) -> Option<TypeId> {
        let may_be_any = kind == structure::any_resource();
        if !may_be_any && !kind.is_kind_of(structure::any_resource()) {
            return Some(kind);
        }
        let Some(name) = object.get("resourceType").and_then(Value::as_str) else {
            self.broken(
                IssueType::Required,
                &place.then("resourceType"),
                "`resourceType` is required",
            );
            return None;
        };
        match name.parse::<ResourceType>().map(structure::of_resource) {
            Ok(named) if may_be_any || named == kind => Some(named),
            Ok(_) => {
                let problem = format!(
                    "this must be a {}, but it is a {name}",
                    structure::get(kind).name
                );
                self.broken(IssueType::Structure, place, problem);
                None
            }
            Err(error) => {
                self.broken(
                    IssueType::Value,
                    &place.then("resourceType"),
                    error.to_string(),
                );
                None
            }
        }
    }

    /// `_birthDate`: the id and extensions of the primitive `birthDate`.
    fn extra(
        &mut self,
        value: &'r Value,
        object: &'r Map<String, Value>,
        structure: &Structure,
        of: &str,
        place: &Place<'_>,
    ) {
        let primitive = structure
            .element(of)
            .filter(|element| structure::get(element.kind).primitive.is_some());
        let (Some(element), Some(kind)) = (primitive, structure::named("Element")) else {
            let problem = format!(
                "{} has no simple element `{}` that this could belong to",
                structure.name,
                shortened(of)
            );
            self.broken(IssueType::Structure, place, problem);
            return;
        };
        let place = place.of(element.kind).named(element.path_name);
        let values = object.get(of).and_then(Value::as_array);
        let is_alone = |at: Option<usize>| match at {
            None => !object.contains_key(of),
            Some(at) => values
                .and_then(|values| values.get(at))
                .is_none_or(Value::is_null),
        };
        match (value, element.many) {
            (Value::Object(_), false) => self.beside(value, is_alone(None), kind, &place),
            (Value::Array(extras), true)
                if values.is_none_or(|values| values.len() == extras.len()) =>
            {
                for (index, extra) in extras.iter().enumerate() {
                    match extra {
                        Value::Object(_) => {
                            self.beside(extra, is_alone(Some(index)), kind, &place.at(index));
                        }
                        Value::Null if values.is_some() => {}
                        _ => self.broken(
                            IssueType::Structure,
                            &place.at(index),
                            "this must be an object",
                        ),
                    }
                }
            }
            (Value::Array(_), true) => {
                self.broken(
                    IssueType::Structure,
                    &place,
                    format!(
                        "this needs as many items as `{}`; fill up with null",
                        shortened(of)
                    ),
                );
            }
            (_, true) => self.broken(
                IssueType::Structure,
                &place,
                "this must be an array of objects and null",
            ),
            (_, false) => self.broken(
                IssueType::Structure,
                &place,
                "this must be an object with `id` or `extension`",
            ),
        }
    }

    /// Id and extensions of one primitive, which may stand without a value.
    fn beside(&mut self, value: &'r Value, is_alone: bool, kind: TypeId, place: &Place<'_>) {
        if is_alone && value.get("extension").is_none() {
            let problem = "an element has a value or extensions, not only an id (rule ele-1)";
            self.broken(IssueType::Invariant, place, problem);
            return;
        }
        self.object(value, kind, place);
    }
}
