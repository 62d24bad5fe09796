//! The profiles and extensions that are known, read once from the generated tables.
//!
//! Invariant: a definition holds everything that it and those it derives from say beyond the base type; every element
//! that it names exists in that type, which a test proves.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::Value;

use crate::path::item::is_same_primitive;
use crate::resource::ResourceType;
use crate::structure::value_set::{self, ValueSet};
use crate::structure::{self, TypeId};
use crate::validate::invariant::Invariant;
use crate::validate::profile::slicing::Slicing;

const PROFILES: &str = include_str!("../../../definitions/profiles.tsv");

static TABLE: LazyLock<HashMap<&'static str, Definition>> = LazyLock::new(read);

/// A profile or an extension.
#[derive(Debug)]
pub(crate) struct Definition {
    /// What `meta.profile` or `url` names it by.
    pub(crate) url: &'static str,
    /// The type that it constrains.
    pub(crate) kind: TypeId,
    /// Whether it defines an extension.
    pub(crate) is_extension: bool,
    /// Where the extension may stand.
    pub(super) contexts: Vec<Context>,
    /// What it says of the whole, and below that of each element.
    pub(super) root: Node,
}

/// Where an extension may stand.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Context {
    /// At an element of this type or of a kind of it.
    Kind(TypeId),
    /// At this member of the type.
    Member(TypeId, &'static str),
    /// Within the extension of this URL.
    Extension(&'static str),
    /// Where a path says that is not looked at.
    Anywhere,
}

/// What is said of an element, or of a slice of it.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// As paths write it, for example `value`; for a slice, its name.
    pub(super) name: &'static str,
    pub(super) min: usize,
    pub(super) max: Option<usize>,
    /// Empty for any.
    pub(super) types: Vec<Allowed>,
    pub(super) fixed: Option<Fixed>,
    pub(super) binding: Option<Binding>,
    pub(super) limits: Vec<Limit>,
    pub(super) invariants: Vec<Invariant>,
    pub(super) slicing: Option<Slicing>,
    pub(super) slices: Vec<Node>,
    pub(super) children: Vec<Node>,
}

/// A type that an element may have.
#[derive(Debug)]
pub(super) struct Allowed {
    pub(super) kind: TypeId,
    /// Profiles of which one must be kept.
    pub(super) profiles: Vec<&'static str>,
    /// The types that a reference may lead to; empty for any.
    pub(super) targets: Vec<ResourceType>,
}

impl Allowed {
    /// Whether elements of that type are allowed.
    pub(super) fn takes(&self, kind: TypeId) -> bool {
        kind.is_kind_of(self.kind) || is_same_primitive(kind, self.kind)
    }
}

/// A value that is prescribed.
#[derive(Debug)]
pub(super) enum Fixed {
    /// Exactly this.
    Exact(Value),
    /// At least this.
    Pattern(Value),
}

/// A value set that codes must be in.
#[derive(Debug)]
pub(super) struct Binding {
    pub(super) is_required: bool,
    pub(super) set: &'static ValueSet,
}

/// A bound of a value.
#[derive(Debug)]
pub(super) enum Limit {
    /// Characters.
    Length(usize),
    Least(Value),
    Most(Value),
}

/// The definition of that URL; a version after `|` does not count.
pub(crate) fn named(url: &str) -> Option<&'static Definition> {
    TABLE.get(url.split('|').next().unwrap_or(url))
}

/// Every definition.
pub(crate) fn all() -> impl Iterator<Item = &'static Definition> {
    TABLE.values()
}

impl Definition {
    /// The last part of its URL.
    pub(crate) fn name(&self) -> &'static str {
        self.url.rsplit('/').next().unwrap_or(self.url)
    }

    /// How often the extension may stand at one element.
    pub(crate) fn occurs_max(&self) -> Option<usize> {
        self.root.max.filter(|_| self.is_extension)
    }
}

impl Node {
    /// The URL that a slice of extensions is told by.
    pub(super) fn url(&self) -> Option<&str> {
        let profile = self
            .types
            .iter()
            .flat_map(|allowed| &allowed.profiles)
            .next();
        let fixed = self.children.iter().find(|child| child.name == "url");
        let fixed = fixed.and_then(|child| match &child.fixed {
            Some(Fixed::Exact(Value::String(url)) | Fixed::Pattern(Value::String(url))) => {
                Some(url.as_str())
            }
            Some(Fixed::Exact(_) | Fixed::Pattern(_)) | None => None,
        });
        profile.copied().or(fixed)
    }

    /// Itself and everything below.
    pub(super) fn each<'n>(&'n self, found: &mut dyn FnMut(&'n Self)) {
        found(self);
        for below in self.children.iter().chain(&self.slices) {
            below.each(found);
        }
    }

    fn child(&mut self, name: &'static str) -> &mut Self {
        Self::within(&mut self.children, name)
    }

    fn within<'n>(nodes: &'n mut Vec<Self>, name: &'static str) -> &'n mut Self {
        let place = nodes.iter().position(|node| node.name == name);
        let place = place.unwrap_or(nodes.len());
        if place == nodes.len() {
            nodes.push(Self {
                name,
                ..Self::default()
            });
        }
        &mut nodes[place]
    }

    /// The node of `identifier:nhsNumber.system`.
    fn at(&mut self, id: &'static str) -> &mut Self {
        let mut node = self;
        for step in id.split('.').filter(|step| !step.is_empty()) {
            let (name, slice) = step.split_once(':').unwrap_or((step, ""));
            node = node.child(name.trim_end_matches("[x]"));
            // `one/other` is a slice of a slice.
            for slice in slice.split('/').filter(|slice| !slice.is_empty()) {
                node = Self::within(&mut node.slices, slice);
            }
        }
        node
    }
}

fn read() -> HashMap<&'static str, Definition> {
    let mut table: HashMap<&'static str, Definition> = HashMap::new();
    let mut reading: Option<Definition> = None;
    let mut id = "";
    for line in PROFILES.lines() {
        let columns: Vec<&'static str> = line.split('\t').collect();
        match columns.as_slice() {
            [url, kind, what, contexts] if !url.is_empty() => {
                let read = Definition {
                    url,
                    kind: structure::named(kind).unwrap_or_else(structure::any_resource),
                    is_extension: *what == "extension",
                    contexts: contexts.split(';').filter_map(context).collect(),
                    root: Node::default(),
                };
                if let Some(done) = reading.replace(read) {
                    table.insert(done.url, done);
                }
            }
            ["", "", key, severity, expression, human] => {
                if let Some(definition) = &mut reading
                    && let Some(invariant) =
                        Invariant::read(definition.url, key, severity, expression, human)
                {
                    definition.root.at(id).invariants.push(invariant);
                }
            }
            ["", element, rest @ ..] => {
                id = element;
                if let Some(definition) = &mut reading {
                    said(definition.root.at(id), rest);
                }
            }
            _ => {}
        }
    }
    if let Some(done) = reading {
        table.insert(done.url, done);
    }
    table
}

/// Reads min, max, types, slicing, binding, fixed, limits.
fn said(node: &mut Node, columns: &[&'static str]) {
    let column = |at: usize| columns.get(at).copied().unwrap_or_default();
    node.min = column(0).parse().unwrap_or(0);
    node.max = column(1).parse().ok();
    node.types = column(2).split(',').filter_map(allowed).collect();
    node.slicing = (!column(3).is_empty()).then(|| Slicing::read(column(3)));
    node.binding = column(4).split_once(' ').and_then(|(strength, name)| {
        let set = value_set::named(name)?;
        let is_required = strength == "required";
        Some(Binding { is_required, set })
    });
    let json = |text: &str| serde_json::from_str::<Value>(text).ok();
    node.fixed = match column(5).split_at_checked(1) {
        Some(("=", text)) => json(text).map(Fixed::Exact),
        Some(("~", text)) => json(text).map(Fixed::Pattern),
        Some(_) | None => None,
    };
    node.limits = column(6)
        .split(';')
        .filter_map(|limit| {
            if let Some(length) = limit.strip_prefix("length<=") {
                length.parse().ok().map(Limit::Length)
            } else if let Some(least) = limit.strip_prefix("value>=") {
                json(least).map(Limit::Least)
            } else {
                json(limit.strip_prefix("value<=")?).map(Limit::Most)
            }
        })
        .collect();
}

/// `Extension@url`, `Reference>Patient+Group`, `Quantity`.
fn allowed(text: &'static str) -> Option<Allowed> {
    let (text, targets) = text.split_once('>').unwrap_or((text, ""));
    let mut names = text.split('@');
    let name = names.next().filter(|name| !name.is_empty())?;
    Some(Allowed {
        kind: structure::named(name)?,
        profiles: names.collect(),
        targets: targets
            .split('+')
            .filter_map(|name| name.parse().ok())
            .collect(),
    })
}

fn context(text: &'static str) -> Option<Context> {
    let (how, what) = text.split_once(':')?;
    match how {
        "extension" => Some(Context::Extension(what)),
        "element" => match what.rsplit_once('.') {
            None if what == "Element" => Some(Context::Anywhere),
            None => structure::named(what).map(Context::Kind),
            Some((owner, name)) => {
                let owner = structure::at_path(owner)?;
                Some(Context::Member(owner, name.trim_end_matches("[x]")))
            }
        },
        _ => Some(Context::Anywhere),
    }
}

#[cfg(test)]
mod tests;
