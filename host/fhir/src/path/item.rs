//! What paths yield: elements of a resource, and values computed from them.
//!
//! Invariant: an element borrows from its resource and knows its FHIR type wherever the definitions tell it.

mod kind;

use std::borrow::Cow;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use self::kind::{moment_name, moment_type, written_type};
use super::syntax::{Literal, SystemType, TypeName};
use crate::date::Form;
use crate::resource::{Resource, ResourceType};
use crate::structure::{self, Primitive, TypeId};

pub(crate) use self::kind::is_same_primitive;
pub(super) use self::kind::written_form;

/// One item of a result.
#[derive(Clone, Debug)]
pub enum Item<'v> {
    /// Part of the resource.
    Element(Element<'v>),
    /// What a reference refers to, as far as its text tells.
    Resolved {
        /// Its type.
        resource_type: Option<ResourceType>,
        /// The text of the reference.
        reference: &'v str,
    },
    /// Computed.
    Boolean(bool),
    /// Computed.
    Integer(i64),
    /// Computed.
    Decimal(f64),
    /// Computed.
    Text(Cow<'v, str>),
    /// A date, or a date and time, written or computed.
    Moment(Cow<'v, str>, Form),
}

/// Part of a resource.
#[derive(Clone, Copy, Debug)]
pub struct Element<'v> {
    /// Its JSON; null where a primitive has only an id or extensions.
    pub value: &'v Value,
    /// For primitives, the JSON of its id and extensions (`_birthDate`).
    pub extra: Option<&'v Value>,
    kind: Option<TypeId>,
    definition: Option<&'static structure::Element>,
}

/// The value of a primitive element or a computed item.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar<'v> {
    Boolean(bool),
    Integer(i64),
    Decimal(f64),
    Text(Cow<'v, str>),
}

impl<'v> Element<'v> {
    /// A whole resource.
    pub(crate) fn of_resource(resource: &'v Resource) -> Self {
        let kind = Some(structure::of_resource(resource.resource_type()));
        Self {
            value: resource.value(),
            extra: None,
            kind,
            definition: None,
        }
    }

    /// Part of a resource whose type is known.
    pub(crate) fn of_kind(value: &'v Value, extra: Option<&'v Value>, kind: TypeId) -> Self {
        Self {
            value,
            extra,
            kind: actual(value, Some(kind)),
            definition: None,
        }
    }

    /// Whether it is a Quantity or a kind of it.
    pub(super) fn is_quantity(&self) -> bool {
        static QUANTITY: LazyLock<Option<TypeId>> = LazyLock::new(|| structure::named("Quantity"));
        match (self.kind, *QUANTITY) {
            (Some(kind), Some(quantity)) => kind.is_kind_of(quantity),
            (_, _) => false,
        }
    }

    /// A contained resource, if it says what it is.
    pub(super) fn of_any_resource(value: &'v Value) -> Option<Self> {
        let kind = Some(actual(value, Some(structure::any_resource()))?);
        Some(Self {
            value,
            extra: None,
            kind,
            definition: None,
        })
    }

    /// The name of its FHIR type, for example `Quantity` or `dateTime`.
    pub fn type_name(&self) -> Option<&'static str> {
        self.kind.map(|kind| structure::get(kind).name)
    }

    /// Its primitive type, where it is of one.
    pub(crate) fn primitive(&self) -> Option<Primitive> {
        structure::get(self.kind?).primitive
    }

    /// The member that it is, where the definitions tell.
    pub(crate) fn definition(&self) -> Option<&'static structure::Element> {
        self.definition
    }

    /// Its type.
    pub(crate) fn kind(&self) -> Option<TypeId> {
        self.kind
    }

    /// The value set that its code must be in.
    pub(crate) fn value_set(&self) -> Option<&'static structure::value_set::ValueSet> {
        self.definition?.value_set
    }

    /// Gives each child of that name to `found`: members of arrays one by one, whichever type a choice has.
    pub(crate) fn children(&self, name: &str, found: &mut dyn FnMut(Element<'v>)) {
        let Some(object) = self.value.as_object() else {
            if let Some(extra) = self.extra.filter(|_| matches!(name, "id" | "extension")) {
                let kind = structure::named("Element");
                Element {
                    value: extra,
                    extra: None,
                    kind,
                    definition: None,
                }
                .children(name, found);
            }
            return;
        };
        let of = self.kind.map(structure::get);
        let known = of
            .and_then(|of| of.element(name))
            .filter(|element| !element.is_choice());
        if known.is_some() || of.is_none() {
            let extra = extra_of(object, name);
            match (object.get(name), extra) {
                (Some(value), extra) => each(value, extra, known, found),
                (None, Some(extra)) => each(&Value::Null, Some(extra), known, found),
                (None, None) => {}
            }
            return;
        }
        for (json_name, value) in object {
            if json_name.len() > name.len()
                && json_name.starts_with(name)
                && let Some(element) = of.and_then(|of| of.element(json_name))
                && element.path_name == name
            {
                each(value, extra_of(object, json_name), Some(element), found);
            }
        }
    }

    /// Gives every child to `found`, in the order of the JSON.
    pub(crate) fn all_children(&self, found: &mut dyn FnMut(Element<'v>)) {
        let Some(object) = self.value.as_object() else {
            return;
        };
        let of = self.kind.map(structure::get);
        for (json_name, value) in object {
            if json_name.starts_with('_') || json_name == "resourceType" {
                continue;
            }
            let definition = of.and_then(|of| of.element(json_name));
            each(value, extra_of(object, json_name), definition, found);
        }
    }

    pub(super) fn scalar(&self) -> Option<Scalar<'v>> {
        match self.value {
            Value::Bool(value) => Some(Scalar::Boolean(*value)),
            Value::String(text) => Some(Scalar::Text(Cow::Borrowed(text))),
            Value::Number(number) => {
                let whole = (!self.is(Primitive::Decimal))
                    .then(|| number.as_i64())
                    .flatten();
                whole
                    .map(Scalar::Integer)
                    .or_else(|| number.as_f64().map(Scalar::Decimal))
            }
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    fn is(&self, primitive: Primitive) -> bool {
        self.primitive() == Some(primitive)
    }
}

/// The id and extensions of a primitive, which JSON keeps beside it.
fn extra_of<'v>(object: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    // Most objects have no such member at all, so the name is put together only where one has.
    if object.keys().any(|key| key.starts_with('_')) {
        object.get(&format!("_{name}"))
    } else {
        None
    }
}

fn each<'v>(
    value: &'v Value,
    extra: Option<&'v Value>,
    definition: Option<&'static structure::Element>,
    found: &mut dyn FnMut(Element<'v>),
) {
    let kind = definition.map(|definition| definition.kind);
    match (value, extra) {
        (Value::Array(items), extra) => {
            for (index, value) in items.iter().enumerate() {
                let extra = extra.and_then(|extra| extra.get(index));
                found(Element {
                    value,
                    extra,
                    kind: actual(value, kind),
                    definition,
                });
            }
        }
        (Value::Null, Some(Value::Array(extras))) => {
            extras.iter().for_each(|extra| {
                found(Element {
                    value,
                    extra: Some(extra),
                    kind,
                    definition,
                })
            });
        }
        (
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_),
            extra,
        ) => {
            found(Element {
                value,
                extra,
                kind: actual(value, kind),
                definition,
            });
        }
    }
}

/// An element of type `Resource` is of the type that it says it is.
fn actual(value: &Value, kind: Option<TypeId>) -> Option<TypeId> {
    if kind != Some(structure::any_resource()) {
        return kind;
    }
    let named = value
        .get("resourceType")
        .and_then(Value::as_str)
        .and_then(|name| name.parse().ok());
    named.map(structure::of_resource).or(kind)
}

impl<'v> Item<'v> {
    /// The part of the resource that it is.
    pub fn element(&self) -> Option<Element<'v>> {
        match self {
            Self::Element(element) => Some(*element),
            Self::Resolved { .. }
            | Self::Boolean(_)
            | Self::Integer(_)
            | Self::Decimal(_)
            | Self::Text(_)
            | Self::Moment(..) => None,
        }
    }

    /// The truth that a boolean is; None of anything else.
    pub(crate) fn truth(&self) -> Option<bool> {
        match self.scalar()? {
            Scalar::Boolean(value) => Some(value),
            Scalar::Integer(_) | Scalar::Decimal(_) | Scalar::Text(_) => None,
        }
    }

    pub(super) fn scalar(&self) -> Option<Scalar<'v>> {
        match self {
            Self::Element(element) => element.scalar(),
            Self::Resolved { .. } => None,
            Self::Boolean(value) => Some(Scalar::Boolean(*value)),
            Self::Integer(value) => Some(Scalar::Integer(*value)),
            Self::Decimal(value) => Some(Scalar::Decimal(*value)),
            Self::Text(text) | Self::Moment(text, _) => Some(Scalar::Text(text.clone())),
        }
    }

    pub(super) fn is(&self, name: TypeName) -> bool {
        match (name, self) {
            (TypeName::Fhir(wanted), Self::Element(element)) => element
                .kind
                .is_some_and(|kind| kind.is_kind_of(wanted) || is_same_primitive(kind, wanted)),
            (TypeName::Fhir(wanted), Self::Resolved { resource_type, .. }) => {
                resource_type.is_some_and(|known| structure::of_resource(known).is_kind_of(wanted))
            }
            (TypeName::Fhir(wanted), Self::Moment(_, form)) => {
                structure::get(wanted).name == moment_name(*form)
            }
            (
                TypeName::Fhir(wanted),
                Self::Boolean(_) | Self::Integer(_) | Self::Decimal(_) | Self::Text(_),
            ) => self
                .scalar()
                .is_some_and(|scalar| structure::get(wanted).name == scalar.fhir_name()),
            (TypeName::System(wanted), Self::Moment(_, form)) => wanted == moment_type(*form),
            (TypeName::System(wanted), _) => {
                let written = self
                    .element()
                    .and_then(|element| written_type(element.primitive()?));
                written.or_else(|| Some(self.scalar()?.system_type())) == Some(wanted)
            }
        }
    }
}

impl Scalar<'_> {
    fn fhir_name(&self) -> &'static str {
        match self {
            Self::Boolean(_) => "boolean",
            Self::Integer(_) => "integer",
            Self::Decimal(_) => "decimal",
            Self::Text(_) => "string",
        }
    }

    fn system_type(&self) -> SystemType {
        match self {
            Self::Boolean(_) => SystemType::Boolean,
            Self::Integer(_) => SystemType::Integer,
            Self::Decimal(_) => SystemType::Decimal,
            Self::Text(_) => SystemType::String,
        }
    }
}

impl From<&Literal> for Item<'_> {
    fn from(literal: &Literal) -> Self {
        match literal {
            Literal::Boolean(value) => Self::Boolean(*value),
            Literal::Integer(value) => Self::Integer(*value),
            Literal::Decimal(value) => Self::Decimal(*value),
            Literal::Text(text) => Self::Text(Cow::Owned(text.to_string())),
            Literal::Moment(text, form) => Self::Moment(Cow::Owned(text.to_string()), *form),
        }
    }
}
