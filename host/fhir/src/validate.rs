//! Whether a resource is what R4 says it is: its elements, how often they occur, the form of their values, the codes
//! that must come from a listed value set, and where references may lead.
//!
//! Invariant: checking never fails and never changes the resource; it returns what it found, at most `ISSUES_MAX`.

mod primitive;
mod rule;

use std::fmt;

use serde_json::{Map, Value};

use crate::near;
use crate::outcome::{Issue, IssueType};
use crate::resource::json::kind_of;
use crate::resource::{Resource, ResourceType, shortened};
use crate::structure::{self, Element, Structure, TypeId};

/// How many issues are reported of one resource.
pub const ISSUES_MAX: usize = 100;

/// Everything wrong with the resource; empty when it is sound.
/// Not checked yet: invariants other than those of extensions, references and contained resources; profiles.
pub fn check(resource: &Resource) -> Vec<Issue> {
    let Some(object) = resource.value().as_object() else {
        return Vec::new();
    };
    let name = resource.resource_type().as_str();
    let mut check = Check {
        issues: Vec::new(),
        root: object,
    };
    let place = Place {
        before: None,
        name,
        index: None,
    };
    let written = object.get("resourceType").and_then(Value::as_str);
    if written != Some(name) {
        let problem = format!("`resourceType` was changed; it must stay \"{name}\"");
        check.found(IssueType::Structure, &place.then("resourceType"), problem);
    }
    check.object(
        object,
        structure::of_resource(resource.resource_type()),
        &place,
    );
    check.issues
}

/// Where something is, put into words only when there is something to say.
#[derive(Clone, Copy)]
struct Place<'p> {
    before: Option<&'p Place<'p>>,
    name: &'p str,
    index: Option<usize>,
}

impl<'p> Place<'p> {
    fn then(&'p self, name: &'p str) -> Place<'p> {
        Place {
            before: Some(self),
            name,
            index: None,
        }
    }

    fn at(self, index: usize) -> Place<'p> {
        Place {
            index: Some(index),
            ..self
        }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(before) = self.before {
            write!(f, "{before}.")?;
        }
        f.write_str(&shortened(self.name))?;
        self.index.map_or(Ok(()), |index| write!(f, "[{index}]"))
    }
}

/// A resource being checked.
struct Check<'r> {
    issues: Vec<Issue>,
    /// The resource whose `contained` a reference such as `#1` looks into.
    root: &'r Map<String, Value>,
}

impl<'r> Check<'r> {
    fn found(&mut self, code: IssueType, place: &Place<'_>, problem: impl Into<String>) {
        if self.issues.len() < ISSUES_MAX {
            self.issues
                .push(Issue::error_at(code, place.to_string(), problem));
        }
    }

    fn is_full(&self) -> bool {
        self.issues.len() >= ISSUES_MAX
    }

    fn object(&mut self, object: &'r Map<String, Value>, kind: TypeId, place: &Place<'_>) {
        let structure = structure::get(kind);
        if object.is_empty() {
            self.found(
                IssueType::Structure,
                place,
                "the object is empty; leave it out",
            );
        }
        let has_extras = object.keys().any(|name| name.starts_with('_'));
        for (name, value) in object {
            if self.is_full() {
                return;
            }
            match name.strip_prefix('_') {
                Some(of) => self.extra(value, object, structure, of, &place.then(name)),
                None => match structure.element(name) {
                    Some(element) => {
                        let extra = has_extras
                            .then(|| object.get(&format!("_{name}")))
                            .flatten();
                        self.member(value, extra, element, &place.then(name));
                    }
                    None => self.unknown(name, structure, place),
                },
            }
        }
        self.required(object, structure, place);
        self.choices(object, structure, place);
        rule::of_structure(self, object, structure, place);
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
        self.found(IssueType::Structure, &place.then(name), problem);
    }

    fn required(&mut self, object: &Map<String, Value>, structure: &Structure, place: &Place<'_>) {
        for places in &structure.required {
            let mut names = places
                .iter()
                .filter_map(|place| structure.elements.get(*place));
            let there = |element: &Element| {
                object.contains_key(&*element.json_name)
                    || object.contains_key(&format!("_{}", element.json_name))
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
            self.found(IssueType::Required, &place.then(first.path_name), problem);
        }
    }

    /// An element of several types may be given as one of them only.
    fn choices(&mut self, object: &Map<String, Value>, structure: &Structure, place: &Place<'_>) {
        let mut seen: Vec<(&str, &str)> = Vec::new();
        for name in object.keys() {
            let Some(element) = structure.element(name.strip_prefix('_').unwrap_or(name)) else {
                continue;
            };
            if !element.is_choice() {
                continue;
            }
            match seen
                .iter()
                .find(|(path_name, _)| *path_name == element.path_name)
            {
                Some((_, other)) if *other != &*element.json_name => {
                    let problem = format!(
                        "`{other}` and `{}` exclude each other; keep one",
                        element.json_name
                    );
                    self.found(
                        IssueType::Structure,
                        &place.then(element.path_name),
                        problem,
                    );
                }
                Some(_) => {}
                None => seen.push((element.path_name, &element.json_name)),
            }
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
                    self.found(
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
            }
            (Value::Array(_), false) => {
                self.found(
                    IssueType::Structure,
                    place,
                    "this occurs once only; write it without `[` and `]`",
                );
            }
            (_, true) => self.found(
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
                Some(problem) => self.found(IssueType::Value, place, problem),
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
            self.found(IssueType::Structure, place, problem);
            return;
        };
        let Some(kind) = self.kind_of(object, element.kind, place) else {
            return;
        };
        let outer = self.root;
        if kind.is_kind_of(structure::any_resource()) && place.name != "contained" {
            self.root = object;
        }
        self.object(object, kind, place);
        self.root = outer;
        rule::of_element(self, object, element, place);
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
            self.found(
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
                self.found(IssueType::Structure, place, problem);
                None
            }
            Err(error) => {
                self.found(
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
            self.found(IssueType::Structure, place, problem);
            return;
        };
        let values = object.get(of).and_then(Value::as_array);
        match (value, element.many) {
            (Value::Object(extra), false) => self.object(extra, kind, place),
            (Value::Array(extras), true)
                if values.is_none_or(|values| values.len() == extras.len()) =>
            {
                for (index, extra) in extras.iter().enumerate() {
                    match extra {
                        Value::Object(extra) => self.object(extra, kind, &place.at(index)),
                        Value::Null if values.is_some() => {}
                        _ => self.found(
                            IssueType::Structure,
                            &place.at(index),
                            "this must be an object",
                        ),
                    }
                }
            }
            (Value::Array(_), true) => {
                self.found(
                    IssueType::Structure,
                    place,
                    format!(
                        "this needs as many items as `{}`; fill up with null",
                        shortened(of)
                    ),
                );
            }
            (_, true) => self.found(
                IssueType::Structure,
                place,
                "this must be an array of objects and null",
            ),
            (_, false) => self.found(
                IssueType::Structure,
                place,
                "this must be an object with `id` or `extension`",
            ),
        }
    }
}

#[cfg(test)]
mod tests;
