//! What R4 says a resource and its parts are made of, read once from the generated tables.
//!
//! Invariant: every type that an element names exists; a test proves it for the whole table.

pub(crate) mod value_set;

use std::collections::HashMap;
use std::sync::LazyLock;

use self::value_set::ValueSet;
use crate::resource::ResourceType;

const STRUCTURES: &str = include_str!("../definitions/structures.tsv");

/// The primitive types. Their numbers as `TypeId` are their places here.
const PRIMITIVES: [(&str, Primitive); 21] = [
    ("base64Binary", Primitive::Base64Binary),
    ("boolean", Primitive::Boolean),
    ("canonical", Primitive::Canonical),
    ("code", Primitive::Code),
    ("date", Primitive::Date),
    ("dateTime", Primitive::DateTime),
    ("decimal", Primitive::Decimal),
    ("id", Primitive::Id),
    ("instant", Primitive::Instant),
    ("integer", Primitive::Integer),
    ("markdown", Primitive::Markdown),
    ("oid", Primitive::Oid),
    ("positiveInt", Primitive::PositiveInt),
    ("string", Primitive::String),
    ("time", Primitive::Time),
    ("unsignedInt", Primitive::UnsignedInt),
    ("uri", Primitive::Uri),
    ("url", Primitive::Url),
    ("uuid", Primitive::Uuid),
    ("xhtml", Primitive::Xhtml),
    // Not in the tables: a member that is known but may hold anything.
    ("", Primitive::Anything),
];

/// A primitive type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Primitive {
    Base64Binary,
    Boolean,
    Canonical,
    Code,
    Date,
    DateTime,
    Decimal,
    Id,
    Instant,
    Integer,
    Markdown,
    Oid,
    PositiveInt,
    String,
    Time,
    UnsignedInt,
    Uri,
    Url,
    Uuid,
    Xhtml,
    Anything,
}

/// A primitive type, a data type, a resource type or a group of elements within one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TypeId(u16);

/// What a type is made of.
#[derive(Debug)]
pub(crate) struct Structure {
    /// For example `Patient`, `Patient.contact` or `Quantity`.
    pub(crate) name: &'static str,
    /// What it is a kind of.
    pub(crate) parent: Option<TypeId>,
    /// Some for primitive types.
    pub(crate) primitive: Option<Primitive>,
    /// Its members, inherited ones included, by `json_name`.
    pub(crate) elements: Vec<Element>,
    /// What must be there: places in `elements` of which one must be present.
    pub(crate) required: Vec<Vec<usize>>,
}

/// One member.
#[derive(Clone, Debug)]
pub(crate) struct Element {
    /// As JSON writes it, for example `deceasedBoolean`.
    pub(crate) json_name: Box<str>,
    /// As paths write it, for example `deceased`.
    pub(crate) path_name: &'static str,
    /// Its type.
    pub(crate) kind: TypeId,
    /// Whether it is an array.
    pub(crate) many: bool,
    /// For references, the types that may be referred to; empty for any.
    pub(crate) targets: Box<[ResourceType]>,
    /// The value set that its codes must be in, where that can be checked.
    pub(crate) value_set: Option<&'static ValueSet>,
    /// Where XML writes it among its neighbours; the types of a choice share one place.
    pub(crate) order: u16,
}

impl Element {
    /// Whether it is one of several types that the element may have.
    pub(crate) fn is_choice(&self) -> bool {
        self.json_name.len() != self.path_name.len()
    }
}

struct Tables {
    structures: Vec<Structure>,
    by_name: HashMap<&'static str, TypeId>,
    of_resource: Vec<TypeId>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(read);

/// What the type is made of.
pub(crate) fn get(kind: TypeId) -> &'static Structure {
    &TABLES.structures[usize::from(kind.0)]
}

/// The type of that name.
pub(crate) fn named(name: &str) -> Option<TypeId> {
    TABLES.by_name.get(name).copied()
}

/// The type of a resource.
pub(crate) fn of_resource(resource_type: ResourceType) -> TypeId {
    TABLES.of_resource[usize::from(resource_type.number())]
}

/// The type `Resource`: an element of this type holds a resource of any type.
pub(crate) fn any_resource() -> TypeId {
    static ANY: LazyLock<TypeId> = LazyLock::new(|| named("Resource").unwrap_or(TypeId(0)));
    *ANY
}

/// How many types there are; their places are below it.
pub(crate) fn count() -> usize {
    TABLES.structures.len()
}

/// Every type, by its place.
pub(crate) fn all() -> impl Iterator<Item = TypeId> {
    (0..).map(TypeId).take(count())
}

/// The type of what a path such as `Questionnaire.item.item` leads to, where that is one type.
pub(crate) fn at_path(path: &str) -> Option<TypeId> {
    let mut steps = path.split('.');
    let mut kind = named(steps.next()?)?;
    for step in steps {
        let name = step.trim_end_matches("[x]");
        let of = get(kind);
        let mut found = of
            .elements
            .iter()
            .filter(|element| element.path_name == name);
        kind = found.next()?.kind;
    }
    Some(kind)
}

impl TypeId {
    /// Its place among all types.
    pub(crate) fn place(self) -> usize {
        usize::from(self.0)
    }

    /// Whether the type is the other or a kind of it.
    pub(crate) fn is_kind_of(self, other: TypeId) -> bool {
        let mut at = Some(self);
        while let Some(kind) = at {
            if kind == other {
                return true;
            }
            at = get(kind).parent;
        }
        false
    }
}

impl Structure {
    /// The member that JSON writes so.
    pub(crate) fn element(&self, json_name: &str) -> Option<&Element> {
        let at = self
            .elements
            .binary_search_by(|element| (*element.json_name).cmp(json_name))
            .ok()?;
        self.elements.get(at)
    }
}

/// A structure's line and the lines below it.
struct Block {
    name: &'static str,
    parent: &'static str,
    rows: Vec<Row>,
}

struct Row {
    name: &'static str,
    required: bool,
    many: bool,
    kinds: &'static str,
    value_set: &'static str,
}

fn blocks() -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for line in STRUCTURES.lines() {
        let mut columns = line.split('\t');
        let first = columns.next().unwrap_or_default();
        if !first.is_empty() {
            blocks.push(Block {
                name: first,
                parent: columns.next().unwrap_or("-"),
                rows: Vec::new(),
            });
            continue;
        }
        let mut next = || columns.next().unwrap_or_default();
        let (name, cardinality, kinds, value_set) = (next(), next(), next(), next());
        if let Some(block) = blocks.last_mut() {
            let (required, many) = (cardinality.starts_with('1'), cardinality.ends_with('*'));
            block.rows.push(Row {
                name,
                required,
                many,
                kinds,
                value_set,
            });
        }
    }
    blocks
}

fn read() -> Tables {
    let blocks = blocks();
    let names = PRIMITIVES
        .iter()
        .map(|(name, _)| *name)
        .chain(blocks.iter().map(|block| block.name));
    let by_name: HashMap<&'static str, TypeId> = (0..)
        .map(TypeId)
        .zip(names)
        .map(|(id, name)| (name, id))
        .collect();
    let by_block: HashMap<&'static str, &Block> =
        blocks.iter().map(|block| (block.name, block)).collect();
    let primitives = PRIMITIVES.iter().map(|(name, primitive)| Structure {
        name,
        parent: None,
        primitive: Some(*primitive),
        elements: Vec::new(),
        required: Vec::new(),
    });
    let structures = primitives
        .chain(
            blocks
                .iter()
                .map(|block| structure(block, &by_block, &by_name)),
        )
        .collect();
    let nothing = TypeId(u16::try_from(PRIMITIVES.len() - 1).unwrap_or(0));
    let of_resource = ResourceType::all()
        .map(|t| by_name.get(t.as_str()).copied().unwrap_or(nothing))
        .collect();
    Tables {
        structures,
        by_name,
        of_resource,
    }
}

fn structure(
    block: &Block,
    blocks: &HashMap<&'static str, &Block>,
    names: &HashMap<&'static str, TypeId>,
) -> Structure {
    let mut elements = Vec::new();
    let mut required_names = Vec::new();
    let line: Vec<&Block> =
        std::iter::successors(Some(block), |block| blocks.get(block.parent).copied()).collect();
    let is_resource = line.iter().any(|block| block.name == "Resource");
    // What is inherited comes first.
    let rows = line.iter().rev().flat_map(|block| &block.rows);
    for (row, order) in rows.zip(0..) {
        elements.extend(expand(row, order, names));
        if row.required {
            required_names.push(row.name.trim_end_matches("[x]"));
        }
    }
    if is_resource && let Some(kind) = names.get("code") {
        elements.push(Element {
            json_name: "resourceType".into(),
            path_name: "resourceType",
            kind: *kind,
            many: false,
            targets: Box::default(),
            value_set: None,
            order: 0,
        });
    }
    elements.sort_by(|a, b| a.json_name.cmp(&b.json_name));
    let places = |name: &str| {
        let named = elements
            .iter()
            .enumerate()
            .filter(|(_, element)| element.path_name == name);
        named.map(|(place, _)| place).collect()
    };
    let required = required_names.iter().map(|name| places(name)).collect();
    let parent = names.get(block.parent).copied();
    Structure {
        name: block.name,
        parent,
        primitive: None,
        elements,
        required,
    }
}

/// One element per type that it may have.
fn expand(row: &Row, order: u16, names: &HashMap<&'static str, TypeId>) -> Vec<Element> {
    let kinds = row.kinds.split(',').filter_map(|kind| {
        let (name, targets) = kind.split_once('(').map_or((kind, ""), |(name, rest)| {
            (name, rest.trim_end_matches(')'))
        });
        Some((
            name,
            *names.get(name)?,
            targets
                .split(' ')
                .filter_map(|target| target.parse().ok())
                .collect(),
        ))
    });
    let path_name = row.name.trim_end_matches("[x]");
    kinds
        .map(|(name, kind, targets)| Element {
            json_name: if path_name.len() == row.name.len() {
                path_name.into()
            } else {
                with_type(path_name, name)
            },
            path_name,
            kind,
            many: row.many,
            targets,
            value_set: value_set::named(row.value_set),
            order,
        })
        .collect()
}

/// `deceased` and `boolean` make `deceasedBoolean`.
fn with_type(path_name: &str, kind: &str) -> Box<str> {
    let mut name = path_name.to_owned();
    let mut letters = kind.chars();
    name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
    name.push_str(letters.as_str());
    name.into()
}

#[cfg(test)]
mod tests;
