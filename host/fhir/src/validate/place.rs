//! Where something is in a resource, put into words only when there is something to say.
//!
//! Invariant: in words it is a path that FHIRPath understands, each repeating step with its index.

use std::fmt;

use crate::resource::shortened;
use crate::structure::TypeId;

/// A step, and the steps before it.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    pub(super) before: Option<&'p Place<'p>>,
    /// As JSON writes it.
    pub(super) name: &'p str,
    /// As paths write it.
    pub(super) path_name: &'p str,
    index: Option<usize>,
    /// Its type, where that is known.
    pub(super) kind: Option<TypeId>,
    /// For an extension, its URL.
    pub(super) url: Option<&'p str>,
}

impl<'p> Place<'p> {
    /// Where a resource begins.
    pub(super) fn first(name: &'p str) -> Self {
        Self {
            before: None,
            name,
            path_name: name,
            index: None,
            kind: None,
            url: None,
        }
    }

    /// A member.
    pub(super) fn then(&'p self, name: &'p str) -> Self {
        Self {
            before: Some(self),
            ..Self::first(name)
        }
    }

    /// One of several.
    pub(super) fn at(self, index: usize) -> Self {
        Self {
            index: Some(index),
            ..self
        }
    }

    /// Of that type.
    pub(super) fn of(self, kind: TypeId) -> Self {
        Self {
            kind: Some(kind),
            ..self
        }
    }

    /// Written so in paths.
    pub(super) fn named(self, path_name: &'p str) -> Self {
        Self { path_name, ..self }
    }

    /// The extension of that URL.
    pub(super) fn with_url(self, url: Option<&'p str>) -> Self {
        Self { url, ..self }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(before) = self.before {
            write!(f, "{before}.")?;
        }
        f.write_str(&shortened(self.name))?;
        self.index.map_or(Ok(()), |index| write!(f, "[{index}]"))
    }
}
