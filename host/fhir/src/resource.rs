//! A resource: a JSON object whose type is one of the R4 types, and the names it goes by.
//!
//! Invariant: a `Resource` is always an object with a known `resourceType`, no deeper than `DEPTH_MAX`, and is written
//! back with every digit and in the order in which it was read.

pub(crate) mod json;
mod types;

use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value, json};

use crate::outcome::{Issue, IssueType};

/// How deep objects and arrays may lie in each other, the resource itself counted as 1.
pub const DEPTH_MAX: usize = 64;

/// One of the R4 resource types, by its number in `definitions/resource_types.tsv`. The number may be kept in databases.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceType(u16);

impl ResourceType {
    /// The name, for example `Patient`.
    pub fn as_str(self) -> &'static str {
        types::NAMES[usize::from(self.0)]
    }

    /// The number, which never changes its meaning.
    pub fn number(self) -> u16 {
        self.0
    }

    /// The type with that number, if there is one.
    pub fn from_number(number: u16) -> Option<Self> {
        (usize::from(number) < types::NAMES.len()).then_some(Self(number))
    }

    /// Every type, by number.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..).map_while(Self::from_number)
    }
}

impl FromStr for ResourceType {
    type Err = UnknownType;

    fn from_str(name: &str) -> Result<Self, UnknownType> {
        let known = |number: usize| u16::try_from(number).ok().map(Self);
        // The names lie in order up to the last that a later run of the generator appended.
        let found = types::NAMES
            .binary_search(&name)
            .ok()
            .or_else(|| types::NAMES.iter().position(|n| *n == name));
        found
            .and_then(known)
            .ok_or_else(|| UnknownType(shortened(name)))
    }
}

impl fmt::Display for ResourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for ResourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that is no R4 resource type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a FHIR R4 resource type; names are written with capitals, for example `Patient`"
)]
pub struct UnknownType(pub String);

/// The logical id of a resource: 1 to 64 letters, digits, `-` and `.`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(Box<str>);

impl Id {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Id {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.into()))
        } else {
            Err(BadId(shortened(text)))
        }
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that is no id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an id; an id is 1 to 64 letters, digits, hyphens and full stops")]
pub struct BadId(pub String);

/// What names a resource within the record.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Its type.
    pub resource_type: ResourceType,
    /// Its id.
    pub id: Id,
}

impl Key {
    /// Puts type and id together.
    pub fn new(resource_type: ResourceType, id: Id) -> Self {
        Self { resource_type, id }
    }
}

impl FromStr for Key {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        let (resource_type, id) = text
            .split_once('/')
            .ok_or_else(|| BadKey::Shape(shortened(text)))?;
        Ok(Self {
            resource_type: resource_type.parse()?,
            id: id.parse()?,
        })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.resource_type, self.id)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A text that is no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// No slash.
    #[error("`{0}` does not name a resource; write type and id, for example `Patient/123`")]
    Shape(String),
    /// Before the slash.
    #[error(transparent)]
    Type(#[from] UnknownType),
    /// After the slash.
    #[error(transparent)]
    Id(#[from] BadId),
}

/// A resource as JSON. Its content is as sent, apart from `stamp`; `validate::check` says what is wrong with it.
#[derive(Clone, PartialEq)]
pub struct Resource {
    resource_type: ResourceType,
    value: Value,
}

impl Resource {
    /// Reads one resource from UTF-8 JSON. How many bytes are acceptable is for the caller to bound.
    /// Refuses what is not exactly one object of a known type, a member given twice, more than `DEPTH_MAX` levels, and
    /// the character U+0000 (databases cannot keep it).
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        Self::typed(json::parse(bytes)?)
    }

    /// Takes a value that is a resource already. Refuses as `parse` does, where a value can be wrong at all.
    pub fn from_value(value: Value) -> Result<Self, ParseError> {
        json::check(&value)?;
        Self::typed(value)
    }

    fn typed(value: Value) -> Result<Self, ParseError> {
        let object = value
            .as_object()
            .ok_or_else(|| ParseError::NotAnObject(json::kind_of(&value)))?;
        let resource_type = match object.get("resourceType") {
            None => return Err(ParseError::NoResourceType),
            Some(Value::String(name)) => name.parse()?,
            Some(other) => return Err(ParseError::ResourceTypeNotText(json::kind_of(other))),
        };
        Ok(Self {
            resource_type,
            value,
        })
    }

    /// Its type.
    pub fn resource_type(&self) -> ResourceType {
        self.resource_type
    }

    /// Its id. None where there is none or it is malformed; `validate::check` reports the latter.
    pub fn id(&self) -> Option<Id> {
        self.value.get("id")?.as_str()?.parse().ok()
    }

    /// Type and id, where it has an id.
    pub fn key(&self) -> Option<Key> {
        Some(Key {
            resource_type: self.resource_type,
            id: self.id()?,
        })
    }

    /// Type and id of JSON that holds a resource.
    pub(crate) fn key_of(value: &Value) -> Option<Key> {
        let text = |name| value.get(name).and_then(Value::as_str);
        Some(Key {
            resource_type: text("resourceType")?.parse().ok()?,
            id: text("id")?.parse().ok()?,
        })
    }

    /// `meta.versionId`.
    pub fn version_id(&self) -> Option<&str> {
        self.value.get("meta")?.get("versionId")?.as_str()
    }

    /// `meta.lastUpdated`, as written.
    pub fn last_updated(&self) -> Option<&str> {
        self.value.get("meta")?.get("lastUpdated")?.as_str()
    }

    /// The whole object.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The whole object, to be changed. Whoever changes `resourceType` makes a resource that `from_value` would not:
    /// the type stays what it was, and `validate::check` reports the difference.
    pub fn value_mut(&mut self) -> &mut Value {
        &mut self.value
    }

    /// The whole object, given away.
    pub fn into_value(self) -> Value {
        self.value
    }

    /// Compact JSON.
    pub fn to_json(&self) -> String {
        self.value.to_string()
    }

    /// Sets `id`, `meta.versionId` and `meta.lastUpdated` (an instant as text), and keeps everything else.
    pub fn stamp(&mut self, id: &Id, version: u64, last_updated: &str) {
        let Value::Object(object) = &mut self.value else {
            return;
        };
        object.insert("id".to_owned(), json!(id.as_str()));
        let meta = object
            .entry("meta")
            .or_insert_with(|| Value::Object(Map::new()));
        if !meta.is_object() {
            *meta = Value::Object(Map::new());
        }
        if let Value::Object(meta) = meta {
            meta.insert("versionId".to_owned(), json!(version.to_string()));
            meta.insert("lastUpdated".to_owned(), json!(last_updated));
        }
    }

    /// The first text at a dotted path, for example `subject.reference`, `code.coding.0.code` or `name.family`.
    /// Where the path meets an array without a number, the first of its members that leads to a text is taken.
    pub fn text_at(&self, path: &str) -> Option<&str> {
        text_in(&self.value, path)
    }
}

/// Names the resource without its content, which may be about a patient.
impl fmt::Debug for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.id();
        write!(
            f,
            "Resource({}/{})",
            self.resource_type,
            id.as_ref().map_or("-", Id::as_str)
        )
    }
}

/// As [`Resource::text_at`], from any value.
pub fn text_in<'v>(value: &'v Value, path: &str) -> Option<&'v str> {
    if path.is_empty() {
        return value.as_str();
    }
    let (step, rest) = path.split_once('.').unwrap_or((path, ""));
    match value {
        Value::Object(object) => text_in(object.get(step)?, rest),
        Value::Array(items) => match step.parse::<usize>() {
            Ok(index) => text_in(items.get(index)?, rest),
            Err(_) => items.iter().find_map(|item| text_in(item, path)),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// Why bytes or a value are no resource.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Broken JSON.
    #[error("not JSON: {problem} at line {line} column {column}; send one UTF-8 JSON object")]
    NotJson {
        /// What the parser says.
        problem: String,
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// JSON that a resource may not be.
    #[error("{problem} at line {line} column {column}")]
    Refused {
        /// What was found, and what to do.
        problem: String,
        /// Counted from 1; 0 where a value was given instead of text.
        line: usize,
        /// Counted from 1; 0 where a value was given instead of text.
        column: usize,
    },
    /// An array, a text, a number.
    #[error("a resource is a JSON object, but this is {0}")]
    NotAnObject(&'static str),
    /// No `resourceType`.
    #[error("`resourceType` is missing; add it, for example \"resourceType\": \"Patient\"")]
    NoResourceType,
    /// `resourceType` of another JSON type.
    #[error("`resourceType` must be a text such as \"Patient\", but this is {0}")]
    ResourceTypeNotText(&'static str),
    /// Not an R4 type.
    #[error("`resourceType`: {0}")]
    UnknownType(#[from] UnknownType),
}

impl ParseError {
    /// The error for an OperationOutcome.
    pub fn issue(&self) -> Issue {
        let (code, expression) = match self {
            Self::NotJson { .. } | Self::Refused { .. } | Self::NotAnObject(_) => {
                (IssueType::Structure, None)
            }
            Self::NoResourceType => (IssueType::Required, Some("resourceType")),
            Self::ResourceTypeNotText(_) | Self::UnknownType(_) => {
                (IssueType::Value, Some("resourceType"))
            }
        };
        Issue {
            expression: expression.map(str::to_owned),
            ..Issue::error(code, self.to_string())
        }
    }
}

/// What somebody else wrote, short enough to be repeated to them.
pub(crate) fn shortened(text: &str) -> String {
    const CHARS_MAX: usize = 80;
    let mut shown: String = text
        .chars()
        .take(CHARS_MAX)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests;
