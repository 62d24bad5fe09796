//! References between resources: what a reference's text means, and finding and rewriting them within a value.
//!
//! Invariant: reading a reference never fails; what is not understood is `Other` and keeps its text.

pub mod link;

use std::fmt::Write as _;

use serde_json::Value;

use crate::resource::{Id, Key, ResourceType};

/// What a reference points at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// `Patient/1` or `Patient/1/_history/2`: in this record.
    Local {
        /// Type and id.
        key: Key,
        /// The version, where one is named.
        version: Option<String>,
    },
    /// `urn:uuid:…` or `urn:oid:…`, whole: usually another entry of the same bundle.
    Urn(String),
    /// `#x`: contained in the same resource; the text after `#`.
    Contained(String),
    /// `Patient?identifier=…`: whichever resource the search finds.
    Conditional {
        /// Before the question mark.
        resource_type: ResourceType,
        /// After the question mark.
        query: String,
    },
    /// `https://…`: elsewhere, whole.
    Absolute(String),
    /// Anything else.
    Other(String),
}

/// Reads the text of `Reference.reference`.
pub fn parse(reference: &str) -> Target {
    if let Some(contained) = reference.strip_prefix('#') {
        return Target::Contained(contained.to_owned());
    }
    if reference.starts_with("urn:") {
        return Target::Urn(reference.to_owned());
    }
    if let Some((resource_type, query)) = reference.split_once('?')
        && let Ok(resource_type) = resource_type.parse()
    {
        return Target::Conditional {
            resource_type,
            query: query.to_owned(),
        };
    }
    if let Some(local) = local(reference) {
        return local;
    }
    match reference.split_once("://") {
        Some((scheme, _)) if is_scheme(scheme) => Target::Absolute(reference.to_owned()),
        Some(_) | None => Target::Other(reference.to_owned()),
    }
}

fn local(reference: &str) -> Option<Target> {
    let mut parts = reference.split('/');
    let key = Key {
        resource_type: parts.next()?.parse().ok()?,
        id: parts.next()?.parse().ok()?,
    };
    let version = match (parts.next(), parts.next(), parts.next()) {
        (None, None, None) => None,
        (Some("_history"), Some(version), None) if version.parse::<Id>().is_ok() => {
            Some(version.to_owned())
        }
        _ => return None,
    };
    Some(Target::Local { key, version })
}

fn is_scheme(scheme: &str) -> bool {
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
}

/// The type and id that the text names, whether local, absolute or with a version: enough to tell what type it refers to.
pub fn type_of(reference: &str) -> Option<ResourceType> {
    let reference = reference
        .split_once('?')
        .map_or(reference, |(before, _)| before);
    let reference = reference
        .split_once("/_history/")
        .map_or(reference, |(before, _)| before);
    let mut parts = reference.rsplit('/');
    let last = parts.next()?;
    match parts.next() {
        Some(name) => name.parse().ok(),
        None => last.parse().ok(),
    }
}

/// Calls `f` with path (for example `entry[0].resource.subject.reference`) and text of every reference within the value,
/// contained resources and extensions included.
pub fn each(value: &Value, mut f: impl FnMut(&str, &str)) {
    walk(value, &mut String::new(), &mut f);
}

fn walk(value: &Value, path: &mut String, f: &mut dyn FnMut(&str, &str)) {
    let whole = path.len();
    match value {
        Value::Object(object) => {
            for (name, inner) in object {
                if whole > 0 {
                    path.push('.');
                }
                path.push_str(name);
                match inner {
                    Value::String(reference) if name == "reference" => f(path, reference),
                    Value::Object(_) | Value::Array(_) => walk(inner, path, f),
                    Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
                }
                path.truncate(whole);
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                // Writing to a String cannot fail.
                let _ = write!(path, "[{index}]");
                walk(inner, path, f);
                path.truncate(whole);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Puts what `f` gives in place of each reference's text, contained resources and extensions included; None leaves it.
pub fn rewrite(value: &mut Value, mut f: impl FnMut(&str) -> Option<String>) {
    replace(value, &mut f);
}

fn replace(value: &mut Value, f: &mut dyn FnMut(&str) -> Option<String>) {
    match value {
        Value::Object(object) => {
            for (name, inner) in object.iter_mut() {
                match inner {
                    Value::String(reference) if name == "reference" => {
                        if let Some(now) = f(reference) {
                            *reference = now;
                        }
                    }
                    Value::Object(_) | Value::Array(_) => replace(inner, f),
                    Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|inner| replace(inner, f)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests;
