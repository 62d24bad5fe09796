//! The names of whoever a departmental's screen refers to.
//!
//! Invariant: a name is read with the rights of whoever looks, as of the moment of the page; what they may not see has none.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Desktop;
use crate::app::look::Reader;
use crate::app::person::{self, Person};
use crate::screen::Screen;
use crate::screen::draw::Named;
use crate::written;

/// People whose names one screen has looked up; the rest read "Name unavailable".
const NAMES_MAX: usize = 200;

impl Desktop<'_> {
    /// The name of each reference of the screen.
    pub(super) async fn names(&self, screen: &Screen) -> BTreeMap<String, Named> {
        let reader = Reader {
            door: self.door,
            caller: &self.session.caller,
            at: &self.seen.at,
        };
        let mut names = BTreeMap::new();
        for reference in screen.references().into_iter().take(NAMES_MAX) {
            let Ok(key) = reference.as_str().parse() else {
                continue;
            };
            let Ok(resource) = reader.one(&key).await else {
                continue;
            };
            let named = if key.resource_type.as_str() == "Patient" {
                Some(Named::Patient(
                    Person::of(&resource, self.seen.today()).parts(),
                ))
            } else {
                actor(&resource).map(Named::Actor)
            };
            names.extend(named.map(|named| (reference.as_str().to_owned(), named)));
        }
        names
    }
}

fn actor(resource: &Value) -> Option<String> {
    match resource.get("name") {
        Some(Value::Array(names)) => names.first().and_then(person::human),
        Some(Value::String(name)) => Some(written::plain(name)),
        Some(_) | None => None,
    }
}
