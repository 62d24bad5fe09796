//! Of which type a value is, by the names that FHIR and FHIRPath have for it.
//!
//! Invariant: a type that is a kind of another counts as that other, and never the other way round.

use crate::date::Form;
use crate::path::syntax::SystemType;
use crate::structure::{self, Primitive, TypeId};

/// The FHIR type of a moment.
pub(super) fn moment_name(form: Form) -> &'static str {
    match form {
        Form::Date => "date",
        Form::DateTime | Form::Search => "dateTime",
        Form::Instant => "instant",
    }
}

/// FHIRPath's own type of a moment.
pub(super) fn moment_type(form: Form) -> SystemType {
    match form {
        Form::Date => SystemType::Date,
        Form::DateTime | Form::Instant | Form::Search => SystemType::DateTime,
    }
}

/// The type of FHIRPath that a text in JSON stands for, where that is not text.
pub(super) fn written_type(primitive: Primitive) -> Option<SystemType> {
    match primitive {
        Primitive::Time => Some(SystemType::Time),
        other => written_form(other).map(moment_type),
    }
}

/// The form in which a primitive writes a moment, where it is one.
pub(in crate::path) fn written_form(primitive: Primitive) -> Option<Form> {
    match primitive {
        Primitive::Date => Some(Form::Date),
        Primitive::DateTime => Some(Form::DateTime),
        Primitive::Instant => Some(Form::Instant),
        Primitive::Base64Binary | Primitive::Boolean | Primitive::Canonical | Primitive::Code => {
            None
        }
        Primitive::Decimal | Primitive::Id | Primitive::Integer | Primitive::Markdown => None,
        Primitive::Oid | Primitive::PositiveInt | Primitive::String | Primitive::Time => None,
        Primitive::UnsignedInt | Primitive::Uri | Primitive::Url | Primitive::Uuid => None,
        Primitive::Xhtml | Primitive::Anything => None,
    }
}

/// `code`, `id` and `markdown` are kinds of `string`; `canonical`, `url` and their like are kinds of `uri`.
pub(crate) fn is_same_primitive(kind: TypeId, wanted: TypeId) -> bool {
    let (Some(kind), Some(wanted)) = (
        structure::get(kind).primitive,
        structure::get(wanted).primitive,
    ) else {
        return false;
    };
    match wanted {
        Primitive::String => matches!(kind, Primitive::Code | Primitive::Id | Primitive::Markdown),
        Primitive::Uri => {
            matches!(
                kind,
                Primitive::Canonical | Primitive::Url | Primitive::Oid | Primitive::Uuid
            )
        }
        Primitive::Integer => matches!(kind, Primitive::PositiveInt | Primitive::UnsignedInt),
        Primitive::Base64Binary | Primitive::Boolean | Primitive::Canonical | Primitive::Code => {
            false
        }
        Primitive::Date
        | Primitive::DateTime
        | Primitive::Decimal
        | Primitive::Id
        | Primitive::Instant => false,
        Primitive::Markdown | Primitive::Oid | Primitive::PositiveInt | Primitive::Time => false,
        Primitive::UnsignedInt
        | Primitive::Url
        | Primitive::Uuid
        | Primitive::Xhtml
        | Primitive::Anything => false,
    }
}
