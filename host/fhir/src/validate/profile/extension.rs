//! Extensions by their definitions: where they may stand, how often, and what they hold.
//!
//! Invariant: an extension whose URL is not known here is left alone.

use serde_json::Value;

use super::table::{self, Context, Definition};
use crate::outcome::IssueType;
use crate::path::item::Element;
use crate::structure::{self, TypeId};
use crate::validate::{Check, Place};

impl<'r> Check<'r> {
    /// One extension, which stands at `place`.
    pub(in crate::validate) fn extension(
        &mut self,
        value: &'r Value,
        kind: TypeId,
        place: &Place<'_>,
    ) {
        let Some(url) = value.get("url").and_then(Value::as_str) else {
            return;
        };
        let Some(definition) = table::named(url).filter(|definition| definition.is_extension)
        else {
            return;
        };
        let outer = self.by.replace(definition);
        if !may_stand(definition, place) {
            let problem = format!(
                "this extension may not stand here, only at {}",
                places(definition)
            );
            self.found(IssueType::Structure, place, problem);
        }
        self.by = outer;
        let element = Element::of_kind(value, None, kind);
        self.kept(definition, &element, place);
    }

    /// How often each extension stands at one element.
    pub(in crate::validate) fn extensions(&mut self, items: &[Value], place: &Place<'_>) {
        let mut counts: Vec<(&'static Definition, usize)> = Vec::new();
        for item in items {
            let url = item.get("url").and_then(Value::as_str);
            let Some(definition) = url.and_then(table::named) else {
                continue;
            };
            if definition.occurs_max().is_none() {
                continue;
            }
            match counts
                .iter_mut()
                .find(|(known, _)| known.url == definition.url)
            {
                Some((_, count)) => *count += 1,
                None => counts.push((definition, 1)),
            }
        }
        for (definition, count) in counts {
            if definition.occurs_max().is_some_and(|max| count > max) {
                let outer = self.by.replace(definition);
                let problem = format!("this extension stands here {count} times; once is allowed");
                self.found(IssueType::Structure, place, problem);
                self.by = outer;
            }
        }
    }
}

/// Whether the extension may stand at the element before it.
fn may_stand(definition: &Definition, place: &Place<'_>) -> bool {
    let Some(host) = place.before else {
        return true;
    };
    if definition.contexts.is_empty() {
        return true;
    }
    let is_kind = |kind: TypeId| host.kind.is_none_or(|own| is_a(own, kind));
    definition.contexts.iter().any(|context| match context {
        Context::Anywhere => true,
        Context::Kind(kind) => is_kind(*kind),
        Context::Member(owner, name) => {
            let before = host.before.and_then(|before| before.kind);
            host.path_name == *name && before.is_none_or(|before| is_a(before, *owner))
        }
        Context::Extension(url) => host.url == Some(*url),
    })
}

fn is_a(kind: TypeId, wanted: TypeId) -> bool {
    kind.is_kind_of(wanted)
}

fn places(definition: &Definition) -> String {
    let each = definition.contexts.iter().map(|context| match context {
        Context::Anywhere => "any element".to_owned(),
        Context::Kind(kind) => structure::get(*kind).name.to_owned(),
        Context::Member(owner, name) => format!("{}.{name}", structure::get(*owner).name),
        Context::Extension(url) => format!("the extension {url}"),
    });
    let all: Vec<String> = each.collect();
    all.join(", ")
}
