//! How a repeating element is cut into slices, and which slice an item belongs to.
//!
//! Invariant: an item belongs to at most one slice; where the resource alone cannot tell, nothing is said about it.

use serde_json::Value;

use super::pattern;
use super::table::{Fixed, Node};
use crate::path::item::Element;
use crate::reference;
use crate::resource::ResourceType;
use crate::structure;

/// Which items may lie outside every slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rules {
    /// None.
    Closed,
    /// Any, anywhere.
    Open,
    /// Any, after the others.
    OpenAtEnd,
}

/// How items are told apart.
#[derive(Debug)]
pub(super) struct Slicing {
    pub(super) rules: Rules,
    /// Whether items come in the order of their slices.
    pub(super) is_ordered: bool,
    discriminators: Vec<Discriminator>,
}

#[derive(Debug)]
struct Discriminator {
    how: How,
    steps: Vec<Step>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// By the value that a slice prescribes (`value`, `pattern`).
    Value,
    Exists,
    Type,
    Profile,
}

#[derive(Debug)]
enum Step {
    Member(&'static str),
    Extension(&'static str),
    Resolve,
    OfType(&'static str),
}

impl Slicing {
    /// Reads `open value:coding.code,value:coding.system`.
    pub(super) fn read(text: &'static str) -> Self {
        let (rules, by) = text.split_once(' ').unwrap_or((text, ""));
        let discriminator = |text: &'static str| {
            let (how, path) = text.split_once(':')?;
            let how = match how {
                "value" | "pattern" => How::Value,
                "exists" => How::Exists,
                "type" => How::Type,
                "profile" => How::Profile,
                _ => return None,
            };
            Some(Discriminator {
                how,
                steps: steps(path),
            })
        };
        Self {
            rules: match rules.split('+').next() {
                Some("closed") => Rules::Closed,
                Some("openAtEnd") => Rules::OpenAtEnd,
                Some(_) | None => Rules::Open,
            },
            is_ordered: rules.ends_with("+ordered"),
            discriminators: by.split(',').filter_map(discriminator).collect(),
        }
    }

    /// Whether the item belongs to the slice; `None` where that cannot be told. `keeps` says whether an element keeps
    /// one of the profiles.
    pub(super) fn takes<'r>(
        &self,
        slice: &Node,
        item: &Element<'r>,
        root: &'r Value,
        keeps: &mut dyn FnMut(&Element<'r>, &[&'static str]) -> bool,
    ) -> Option<bool> {
        if self.discriminators.is_empty() {
            return None;
        }
        let mut takes = Some(true);
        for discriminator in &self.discriminators {
            match discriminator.takes(slice, item, root, keeps) {
                Some(false) => return Some(false),
                None => takes = None,
                Some(true) => {}
            }
        }
        takes
    }
}

/// `coding.code`, `extension('url').value`, `resolve().code`, `$this`.
fn steps(path: &'static str) -> Vec<Step> {
    let mut found = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        let (step, after) = if let Some(of) = rest.strip_prefix("extension(") {
            let (url, after) = of.split_once(')').unwrap_or((of, ""));
            (Some(Step::Extension(url.trim_matches(['\'', '"']))), after)
        } else if let Some(of) = rest.strip_prefix("ofType(") {
            let (name, after) = of.split_once(')').unwrap_or((of, ""));
            (Some(Step::OfType(name)), after)
        } else if let Some(after) = rest.strip_prefix("resolve()") {
            (Some(Step::Resolve), after)
        } else {
            let (name, after) = rest.split_at(rest.find('.').unwrap_or(rest.len()));
            let is_this = name == "$this";
            ((!is_this).then_some(Step::Member(name)), after)
        };
        found.extend(step);
        rest = after.strip_prefix('.').unwrap_or(after);
    }
    found
}

impl Discriminator {
    fn takes<'r>(
        &self,
        slice: &Node,
        item: &Element<'r>,
        root: &'r Value,
        keeps: &mut dyn FnMut(&Element<'r>, &[&'static str]) -> bool,
    ) -> Option<bool> {
        let mut node = Some(slice);
        let mut elements = vec![*item];
        let last = self.steps.len();
        for (at, step) in self.steps.iter().enumerate() {
            // What is prescribed of the whole decides about its parts.
            if self.how == How::Value
                && let Some(fixed) = node.and_then(|node| node.fixed.as_ref())
            {
                return Some(
                    elements
                        .iter()
                        .any(|element| pattern::fits(fixed, element.value)),
                );
            }
            if let Step::Member("url") = step
                && at + 1 == last
                && let Some(url) = node.and_then(Node::url)
            {
                let is_it = |element: &Element<'_>| {
                    element.value.get("url").and_then(Value::as_str) == Some(url)
                };
                return Some(elements.iter().any(is_it));
            }
            node = node.and_then(|node| step.of_node(node));
            elements = step.of_elements(&elements, root)?;
        }
        let Some(node) = node else {
            return if self.how == How::Exists {
                Some(true)
            } else {
                None
            };
        };
        match self.how {
            How::Value => by_value(node, &elements),
            How::Exists if node.max == Some(0) => Some(elements.is_empty()),
            How::Exists => Some(!elements.is_empty()),
            How::Type if node.types.is_empty() => None,
            How::Type => Some(elements.iter().any(|element| is_of_type(node, element))),
            How::Profile => {
                let profiles: Vec<&'static str> = node
                    .types
                    .iter()
                    .flat_map(|allowed| allowed.profiles.iter().copied())
                    .collect();
                (!profiles.is_empty())
                    .then(|| elements.iter().any(|element| keeps(element, &profiles)))
            }
        }
    }
}

impl Step {
    fn of_node<'n>(&self, node: &'n Node) -> Option<&'n Node> {
        let child = |name: &str| node.children.iter().find(|child| child.name == name);
        match self {
            Self::Member(name) => child(name),
            Self::Extension(url) => child("extension")?
                .slices
                .iter()
                .find(|slice| slice.url() == Some(*url)),
            Self::Resolve | Self::OfType(_) => Some(node),
        }
    }

    /// `None` where the resource alone cannot tell.
    fn of_elements<'r>(
        &self,
        elements: &[Element<'r>],
        root: &'r Value,
    ) -> Option<Vec<Element<'r>>> {
        let mut found = Vec::new();
        for element in elements {
            match self {
                Self::Member(name) => element.children(name, &mut |child| found.push(child)),
                Self::Extension(url) => element.children("extension", &mut |child| {
                    if child.value.get("url").and_then(Value::as_str) == Some(*url) {
                        found.push(child);
                    }
                }),
                Self::OfType(name) => {
                    let kind = structure::named(name)?;
                    if element.kind().is_some_and(|own| own.is_kind_of(kind)) {
                        found.push(*element);
                    }
                }
                Self::Resolve => {
                    let id = element
                        .value
                        .get("reference")?
                        .as_str()?
                        .strip_prefix('#')?;
                    let contained = root.get("contained")?.as_array()?;
                    let target = contained
                        .iter()
                        .find(|inner| inner.get("id").and_then(Value::as_str) == Some(id))?;
                    found.push(Element::of_kind(target, None, structure::any_resource()));
                }
            }
        }
        Some(found)
    }
}

fn by_value(node: &Node, elements: &[Element<'_>]) -> Option<bool> {
    if let Some(fixed) = &node.fixed {
        return Some(
            elements
                .iter()
                .any(|element| pattern::fits(fixed, element.value)),
        );
    }
    if let Some(binding) = node.binding.as_ref().filter(|binding| binding.is_required) {
        return Some(
            elements
                .iter()
                .any(|element| pattern::is_in(binding.set, element.value)),
        );
    }
    let mut prescribes = false;
    node.each(&mut |below| prescribes |= below.fixed.is_some());
    prescribes.then(|| elements.iter().any(|element| satisfies(node, element)))
}

/// Whether the element has, below it, every value that is prescribed.
fn satisfies(node: &Node, element: &Element<'_>) -> bool {
    let fixed = |fixed: &Fixed| pattern::fits(fixed, element.value);
    node.fixed.as_ref().is_none_or(fixed)
        && node.children.iter().all(|child| {
            let mut prescribes = false;
            child.each(&mut |below| prescribes |= below.fixed.is_some());
            let mut fits = !prescribes;
            element.children(child.name, &mut |inner| fits |= satisfies(child, &inner));
            fits
        })
}

/// Whether the element, or what its reference says that it leads to, is of a type that the node allows.
pub(super) fn is_of_type(node: &Node, element: &Element<'_>) -> bool {
    node.types.iter().any(|allowed| match element.kind() {
        Some(kind) if allowed.takes(kind) => {
            allowed.targets.is_empty()
                || leads_to(element.value).is_none_or(|target| allowed.targets.contains(&target))
        }
        Some(_) | None => false,
    })
}

/// The type that a reference says it leads to.
pub(super) fn leads_to(reference: &Value) -> Option<ResourceType> {
    let text = |name| reference.get(name).and_then(Value::as_str);
    text("reference")
        .and_then(reference::type_of)
        .or_else(|| text("type")?.parse().ok())
}
