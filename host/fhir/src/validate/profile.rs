//! Whether a resource keeps the profiles that it declares, or that it is asked about.
//!
//! Invariant: a profile is checked by what its definition says beyond R4; what it says is never said twice.

pub(crate) mod extension;
mod pattern;
mod slicing;
pub(crate) mod table;
mod value;

use std::collections::HashSet;

use serde_json::Value;

use self::slicing::{Rules, Slicing};
use self::table::{Allowed, Definition, Fixed, Node};
use super::{Check, Place};
use crate::outcome::{IssueType, Severity};
use crate::path::item::Element;
use crate::resource::shortened;
use crate::structure::{self, TypeId};

/// What the definitions of R4's own types are called.
pub(super) const R4: &str = "http://hl7.org/fhir/StructureDefinition/";
/// How many profiles of one resource are looked at.
const PROFILES_MAX: usize = 16;
/// How often a profile may ask for another below it.
const NESTED_MAX: usize = 8;

/// The items of one element, each with its place among them.
type Items<'r> = Vec<(usize, Element<'r>)>;

impl<'r> Check<'r> {
    /// The profiles that a resource declares in `meta.profile`.
    pub(super) fn declared(&mut self, value: &'r Value, kind: TypeId, place: &Place<'_>) {
        let declared = value.get("meta").and_then(|meta| meta.get("profile"));
        let Some(urls) = declared.and_then(Value::as_array) else {
            return;
        };
        for (index, url) in urls.iter().take(PROFILES_MAX).enumerate() {
            let Some(url) = url.as_str() else { continue };
            let (meta, profile) = (place.then("meta"), "profile");
            let at = meta.then(profile).at(index);
            self.asked(url, value, kind, place, &at);
        }
        if urls.len() > PROFILES_MAX {
            let problem = format!(
                "more than {PROFILES_MAX} profiles are declared; the others were not looked at"
            );
            let meta = place.then("meta");
            self.told(
                Severity::Warning,
                IssueType::TooLong,
                &meta.then("profile"),
                problem,
            );
        }
    }

    /// One profile by its URL, which stands at `named_at`.
    pub(super) fn asked(
        &mut self,
        url: &str,
        value: &'r Value,
        kind: TypeId,
        place: &Place<'_>,
        named_at: &Place<'_>,
    ) {
        if let Some(name) = url.split('|').next().and_then(|url| url.strip_prefix(R4))
            && let Some(wanted) = structure::named(name)
        {
            self.of_kind(name, kind, wanted, named_at);
            return;
        }
        let Some(definition) = table::named(url).filter(|definition| !definition.is_extension)
        else {
            self.unknown
                .push(url.split('|').next().unwrap_or(url).to_owned());
            let problem = format!(
                "the profile `{}` is not known here, so it was not checked",
                shortened(url)
            );
            self.told(
                Severity::Information,
                IssueType::NotFound,
                named_at,
                problem,
            );
            return;
        };
        if self.of_kind(definition.name(), kind, definition.kind, named_at) {
            let element = Element::of_kind(value, None, kind);
            self.kept(definition, &element, place);
        }
    }

    fn of_kind(&mut self, name: &str, kind: TypeId, wanted: TypeId, named_at: &Place<'_>) -> bool {
        let fits = kind.is_kind_of(wanted);
        if !fits {
            let (own, wanted) = (structure::get(kind).name, structure::get(wanted).name);
            let problem = format!(
                "{} is a profile of {wanted}, and this is a {own}; take it out",
                shortened(name)
            );
            self.found(IssueType::Invalid, named_at, problem);
        }
        fits
    }

    /// Everything that a definition says of an element.
    pub(super) fn kept(
        &mut self,
        definition: &'static Definition,
        element: &Element<'r>,
        place: &Place<'_>,
    ) {
        if self.nested >= NESTED_MAX {
            return;
        }
        let outer = self.by.replace(definition);
        self.nested += 1;
        self.element(&definition.root, element, place);
        self.nested -= 1;
        self.by = outer;
    }

    fn element(&mut self, node: &'static Node, element: &Element<'r>, place: &Place<'_>) {
        if self.is_full() {
            return;
        }
        if !node.types.is_empty() && !self.of_types(node, element, place) {
            return;
        }
        if let Some(fixed) = node
            .fixed
            .as_ref()
            .filter(|fixed| !pattern::fits(fixed, element.value))
        {
            let wanted = match fixed {
                Fixed::Exact(value) => format!("this must be {value}"),
                Fixed::Pattern(value) => format!("this must hold {value}"),
            };
            self.found(IssueType::Value, place, wanted);
        }
        self.bound(node, element, place);
        self.limited(node, element, place);
        for invariant in &node.invariants {
            self.invariant(invariant, element, place);
        }
        self.members(node, element, place);
    }

    /// The elements below one.
    fn members(&mut self, node: &'static Node, element: &Element<'r>, place: &Place<'_>) {
        for child in &node.children {
            let mut items = Items::new();
            element.children(child.name, &mut |item| items.push((items.len(), item)));
            let repeats = element.value.get(child.name).is_some_and(Value::is_array);
            let below = place.then(child.name);
            self.counted(child, items.len(), &below);
            let at = |index: usize| if repeats { below.at(index) } else { below };
            for (index, item) in &items {
                self.element(child, item, &at(*index));
            }
            if let Some(slicing) = &child.slicing {
                self.slices(child, slicing, &items, &at, &below);
            }
        }
    }

    fn counted(&mut self, node: &Node, count: usize, place: &Place<'_>) {
        if count < node.min {
            let problem = match node.min {
                1 => format!("`{}` is required", node.name),
                min => format!("`{}` is required {min} times", node.name),
            };
            self.found(IssueType::Required, place, problem);
        }
        if node.max.is_some_and(|max| count > max) {
            let problem = match node.max {
                Some(0) => format!("`{}` is not allowed", node.name),
                max => format!(
                    "`{}` occurs {count} times; at most {}",
                    node.name,
                    max.unwrap_or(0)
                ),
            };
            self.found(IssueType::Structure, place, problem);
        }
    }

    fn slices<'p>(
        &mut self,
        node: &'static Node,
        slicing: &'static Slicing,
        items: &Items<'r>,
        at: &dyn Fn(usize) -> Place<'p>,
        place: &Place<'_>,
    ) {
        if node.slices.is_empty() {
            return;
        }
        let mut belongs: Vec<Option<usize>> = vec![None; items.len()];
        let mut unsure = false;
        let root = self.root();
        for (slice_at, slice) in node.slices.iter().enumerate() {
            let mut mine = Items::new();
            for (at_item, (index, item)) in items.iter().enumerate() {
                if belongs[at_item].is_some() {
                    continue;
                }
                let mut keeps = |element: &Element<'r>, profiles: &[&'static str]| {
                    self.keeps(element, profiles)
                };
                match slicing.takes(slice, item, root, &mut keeps) {
                    Some(true) => {
                        belongs[at_item] = Some(slice_at);
                        mine.push((*index, *item));
                    }
                    Some(false) => {}
                    None => unsure = true,
                }
            }
            if !unsure {
                let outer = self.slice.replace((node.name, slice.name));
                self.counted(slice, mine.len(), place);
                self.slice = outer;
            }
            for (index, item) in &mine {
                self.element(slice, item, &at(*index));
            }
            if let Some(again) = &slice.slicing {
                self.slices(slice, again, &mine, at, place);
            } else if !slice.slices.is_empty() {
                self.slices(slice, slicing, &mine, at, place);
            }
        }
        if !unsure {
            self.outside(slicing, &belongs, items, node, at);
        }
    }

    /// Items of no slice, and the order of the others.
    fn outside<'p>(
        &mut self,
        slicing: &Slicing,
        belongs: &[Option<usize>],
        items: &Items<'r>,
        node: &'static Node,
        at: &dyn Fn(usize) -> Place<'p>,
    ) {
        let names = || {
            let names: Vec<&str> = node.slices.iter().map(|slice| slice.name).collect();
            names.join(", ")
        };
        let mut greatest = 0;
        let mut is_past = false;
        for ((index, _), slice) in items.iter().zip(belongs) {
            match slice {
                None if slicing.rules == Rules::Closed => {
                    let problem = format!(
                        "this is none of the slices {}, and no other is allowed",
                        names()
                    );
                    self.found(IssueType::Structure, &at(*index), problem);
                }
                None => is_past = true,
                Some(_) if is_past && slicing.rules == Rules::OpenAtEnd => {
                    let problem = format!("items of the slices {} come first", names());
                    self.found(IssueType::Structure, &at(*index), problem);
                }
                Some(slice) if slicing.is_ordered && *slice < greatest => {
                    let problem = format!("items come in the order {}", names());
                    self.found(IssueType::Structure, &at(*index), problem);
                }
                Some(slice) => greatest = *slice,
            }
        }
    }

    /// Whether an element keeps one of the profiles, found out without saying anything.
    fn keeps(&self, element: &Element<'r>, profiles: &[&'static str]) -> bool {
        profiles
            .iter()
            .filter_map(|url| table::named(url))
            .any(|definition| {
                let mut trial = self.trial();
                if let Some(kind) = element.kind()
                    && !kind.is_kind_of(definition.kind)
                {
                    return false;
                }
                trial.kept(definition, element, &Place::first(""));
                trial.findings.is_empty()
            })
    }

    /// Whether the element is of an allowed type; says so where it is not.
    fn of_types(&mut self, node: &'static Node, element: &Element<'r>, place: &Place<'_>) -> bool {
        let Some(kind) = element.kind() else {
            return true;
        };
        let allowed: Vec<&'static Allowed> = node
            .types
            .iter()
            .filter(|allowed| allowed.takes(kind))
            .collect();
        if allowed.is_empty() {
            let names: Vec<&str> = node
                .types
                .iter()
                .map(|allowed| structure::get(allowed.kind).name)
                .collect();
            let problem = format!(
                "this is a {}, and only {} is allowed",
                structure::get(kind).name,
                names.join(" or ")
            );
            self.found(IssueType::Structure, place, problem);
            return false;
        }
        if !slicing::is_of_type(node, element) {
            let targets: HashSet<&str> = allowed
                .iter()
                .flat_map(|allowed| allowed.targets.iter().map(|target| target.as_str()))
                .collect();
            let mut targets: Vec<&str> = targets.into_iter().collect();
            targets.sort_unstable();
            let problem = format!("this may refer only to {}", targets.join(", "));
            self.found(IssueType::Value, &place.then("reference"), problem);
        }
        // An extension's own definition is looked up by its URL, wherever it stands.
        let of_values: Vec<&'static str> = allowed
            .iter()
            .flat_map(|allowed| allowed.profiles.iter().copied())
            .collect();
        let known: Vec<&'static Definition> = of_values
            .iter()
            .filter_map(|url| table::named(url))
            .filter(|definition| !definition.is_extension)
            .collect();
        match known.as_slice() {
            [] => {}
            [only] => self.kept(only, element, place),
            several => {
                if !self.keeps(element, &of_values) {
                    let names: Vec<&str> =
                        several.iter().map(|definition| definition.name()).collect();
                    let problem = format!("this keeps none of the profiles {}", names.join(", "));
                    self.found(IssueType::Invalid, place, problem);
                }
            }
        }
        true
    }
}

#[cfg(test)]
mod tests;
