//! Where XML and JSON write a member differently: as an attribute, or not at all.
//!
//! Invariant: both directions ask here.

use std::sync::LazyLock;

use crate::structure::{self, Element, Structure, TypeId};

/// The type `Extension`.
pub(super) fn extension() -> TypeId {
    static KIND: LazyLock<TypeId> = LazyLock::new(|| named("Extension"));
    *KIND
}

/// The type `Element`: what belongs to a primitive value, `_name` in JSON.
pub(super) fn plain_element() -> TypeId {
    static KIND: LazyLock<TypeId> = LazyLock::new(|| named("Element"));
    *KIND
}

fn named(name: &str) -> TypeId {
    structure::named(name).unwrap_or_else(structure::any_resource)
}

/// Whether XML writes the member as an attribute: the `id` of what is no resource, and the `url` of an extension.
pub(super) fn is_attribute(element: &Element, structure: &Structure) -> bool {
    match &*element.json_name {
        "id" => structure.element("resourceType").is_none(),
        "url" => structure.name == "Extension",
        _ => false,
    }
}

/// Whether XML has no such member: the name of a resource's element says its type.
pub(super) fn is_only_json(element: &Element) -> bool {
    &*element.json_name == "resourceType"
}
