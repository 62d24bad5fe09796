//! Reading the parts of a rule pack, so that every rule names a missing part in the same words.
//!
//! Invariant: a part that is missing or not of its kind is a failure that names the pack and the place; nothing is made up.

use sdk::{Failure, Value};

use crate::decimal::Decimal;

/// A pack, or an item of one of its lists.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part<'p> {
    pack: &'p str,
    value: &'p Value,
}

impl<'p> Part<'p> {
    /// The whole document of the pack of this name.
    pub(crate) fn of(pack: &'p str, value: &'p Value) -> Self {
        Self { pack, value }
    }

    /// The decimal, written as text, at a JSON pointer.
    ///
    /// # Errors
    /// `fault` when there is none; so in every function here.
    pub(crate) fn decimal(self, path: &str) -> Result<Decimal, Failure> {
        self.decimal_or_none(path)?
            .ok_or_else(|| self.missing(path, "decimal written as text"))
    }

    /// The same, where the pack may leave it out.
    ///
    /// # Errors
    /// `fault` when something else stands there.
    pub(crate) fn decimal_or_none(self, path: &str) -> Result<Option<Decimal>, Failure> {
        let Some(found) = self.value.pointer(path).filter(|it| !it.is_null()) else {
            return Ok(None);
        };
        let read = found.as_str().and_then(Decimal::parse);
        read.map(Some)
            .ok_or_else(|| self.missing(path, "decimal written as text"))
    }

    /// A whole number.
    ///
    /// # Errors
    /// `fault` when there is none.
    pub(crate) fn whole(self, path: &str) -> Result<u32, Failure> {
        let found = self.value.pointer(path).and_then(Value::as_u64);
        found
            .and_then(|it| u32::try_from(it).ok())
            .ok_or_else(|| self.missing(path, "whole number"))
    }

    /// A text.
    ///
    /// # Errors
    /// `fault` when there is none.
    pub(crate) fn text(self, path: &str) -> Result<String, Failure> {
        self.text_or_none(path)
            .ok_or_else(|| self.missing(path, "text"))
    }

    /// A text, where the pack may leave it out.
    pub(crate) fn text_or_none(self, path: &str) -> Option<String> {
        let found = self.value.pointer(path)?;
        found.as_str().map(str::to_owned)
    }

    /// Whether anything stands at a JSON pointer.
    pub(crate) fn has(self, path: &str) -> bool {
        self.value.pointer(path).is_some_and(|it| !it.is_null())
    }

    /// Each item of a list.
    ///
    /// # Errors
    /// `fault` when there is no list, and what reading an item fails with.
    pub(crate) fn each<T>(
        self,
        path: &str,
        read: impl Fn(Self) -> Result<T, Failure>,
    ) -> Result<Vec<T>, Failure> {
        let list = self.value.pointer(path).and_then(Value::as_array);
        let list = list.ok_or_else(|| self.missing(path, "list"))?;
        list.iter()
            .map(|it| read(Self::of(self.pack, it)))
            .collect()
    }

    /// Each text of a list.
    ///
    /// # Errors
    /// `fault` when there is no list of texts.
    pub(crate) fn texts(self, path: &str) -> Result<Vec<String>, Failure> {
        self.each(path, |it| it.text(""))
    }

    /// What is missing, as a failure.
    pub(crate) fn missing(self, path: &str, kind: &str) -> Failure {
        let pack = self.pack;
        Failure::fault(format!(
            "the pack `{pack}` has no {kind} at `{path}`; publish it again with that part"
        ))
    }
}
