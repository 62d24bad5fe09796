//! Parts of a rule pack, read by path.
//!
//! Invariant: a pack that lacks a part is a failure that names the part; no threshold has a value in code.

use sdk::{Failure, Value};

/// A pack with its name, for the words of a failure.
#[derive(Clone, Copy)]
pub(crate) struct Document<'a> {
    name: &'a str,
    value: &'a Value,
}

impl<'a> Document<'a> {
    /// The pack of that name.
    pub(crate) fn of(name: &'a str, value: &'a Value) -> Self {
        Self { name, value }
    }

    /// A number.
    pub(crate) fn number(self, path: &str) -> Result<f64, Failure> {
        let found = self.value.pointer(path).and_then(Value::as_f64);
        found.ok_or_else(|| self.missing(path, "number"))
    }

    /// A number that may be left out.
    pub(crate) fn number_if_any(self, path: &str) -> Result<Option<f64>, Failure> {
        match self.value.pointer(path) {
            None | Some(Value::Null) => Ok(None),
            Some(_) => self.number(path).map(Some),
        }
    }

    /// A whole number.
    pub(crate) fn whole(self, path: &str) -> Result<i64, Failure> {
        let found = self.value.pointer(path).and_then(Value::as_i64);
        found.ok_or_else(|| self.missing(path, "whole number"))
    }

    /// Two numbers.
    pub(crate) fn pair(self, path: &str) -> Result<[f64; 2], Failure> {
        Ok([
            self.number(&format!("{path}/0"))?,
            self.number(&format!("{path}/1"))?,
        ])
    }

    /// Three numbers.
    pub(crate) fn three(self, path: &str) -> Result<[f64; 3], Failure> {
        let [one, two] = self.pair(path)?;
        Ok([one, two, self.number(&format!("{path}/2"))?])
    }

    /// Words.
    pub(crate) fn text(self, path: &str) -> Result<String, Failure> {
        let found = self.value.pointer(path).and_then(Value::as_str);
        found
            .map(str::to_owned)
            .ok_or_else(|| self.missing(path, "text"))
    }

    /// Whether it says so; what is left out is not so.
    pub(crate) fn is_true(self, path: &str) -> bool {
        self.value.pointer(path).and_then(Value::as_bool) == Some(true)
    }

    /// Every part of a list.
    pub(crate) fn each<T>(
        self,
        path: &str,
        read: impl Fn(Document<'a>) -> Result<T, Failure>,
    ) -> Result<Vec<T>, Failure> {
        let list = self.value.pointer(path).and_then(Value::as_array);
        let list = list.ok_or_else(|| self.missing(path, "list"))?;
        list.iter()
            .map(|value| {
                read(Document {
                    name: self.name,
                    value,
                })
            })
            .collect()
    }

    /// Every text of a list.
    pub(crate) fn texts(self, path: &str) -> Result<Vec<String>, Failure> {
        self.each(path, |it| it.text(""))
    }

    fn missing(self, path: &str, kind: &str) -> Failure {
        Failure::fault(format!(
            "the pack `{}` has no {kind} at `{path}`; publish it again with that part",
            self.name
        ))
    }
}
