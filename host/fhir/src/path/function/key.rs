//! Keys with which rows of several views are joined: `getResourceKey()` and `getReferenceKey()`.
//!
//! Invariant: a reference's key is the key of the resource that it refers to, with or without a version and a server's
//! address in front.

use std::borrow::Cow;

use serde_json::Value;

use crate::path::item::Item;
use crate::path::syntax::TypeName;
use crate::reference::type_of;
use crate::structure;

/// `Observation/42`; nothing of what is no resource or has no id.
pub(super) fn of_resource<'v>(item: &Item<'v>) -> Option<Item<'v>> {
    let value = item.element()?.value;
    let part = |name: &str| value.get(name).and_then(Value::as_str);
    let key = format!("{}/{}", part("resourceType")?, part("id")?);
    Some(Item::Text(Cow::Owned(key)))
}

/// The key of what a reference refers to, where it is of that type; nothing of a reference within the resource.
pub(in crate::path) fn of_reference<'v>(
    item: &Item<'v>,
    wanted: Option<TypeName>,
) -> Option<Item<'v>> {
    let text = item.element()?.value.get("reference")?.as_str()?;
    let unversioned = text
        .split_once("/_history/")
        .map_or(text, |(before, _)| before);
    let mut parts = unversioned.rsplit('/');
    let (id, name) = (parts.next()?, parts.next()?);
    let of = structure::of_resource(type_of(unversioned)?);
    let is_wanted = match wanted {
        None => true,
        Some(TypeName::Fhir(wanted)) => of.is_kind_of(wanted),
        Some(TypeName::System(_)) => false,
    };
    is_wanted.then(|| Item::Text(Cow::Owned(format!("{name}/{id}"))))
}
