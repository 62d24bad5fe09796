//! FHIRPath: expressions compiled once, evaluated over JSON without copying it.
//!
//! Invariant: evaluation never changes and never copies a resource; what an expression yields borrows from it. What this
//! engine does not do is refused when the expression is compiled, never answered wrongly.

mod arithmetic;
mod compare;
mod evaluate;
mod function;
pub mod item;
mod operator;
mod parse;
pub(crate) mod presence;
mod syntax;
mod token;

use std::fmt;

use serde_json::{Map, Value};

use self::item::{Element, Item};
use crate::date::{self, Form};
use crate::resource::Resource;

/// A compiled expression.
#[derive(Clone)]
pub struct Expression {
    text: Box<str>,
    root: syntax::Node,
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expression({})", self.text)
    }
}

/// Why a text is no expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem} at character {at} of the path `{text}`")]
pub struct PathError {
    /// What is wrong, and what is expected.
    pub problem: String,
    /// Counted from 1.
    pub at: usize,
    /// The expression.
    pub text: String,
}

/// Why an expression has no answer for a resource.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvaluateError {
    /// Several items where one is needed.
    #[error("`{0}` needs one item but was given several")]
    Several(&'static str),
    /// An item of the wrong type.
    #[error("`{0}` was given an item of a type that it does not take")]
    Type(&'static str),
    /// More items than `ITEMS_MAX`.
    #[error("the path yields more than {ITEMS_MAX} items")]
    TooMany,
    /// More work than `STEPS_MAX`.
    #[error("the path takes more than {STEPS_MAX} steps")]
    TooLong,
}

/// How many items any step of an expression may yield.
pub const ITEMS_MAX: usize = 100_000;

/// How many steps an evaluation may take: each part of the expression once for each item that it is applied to.
pub const STEPS_MAX: usize = 2_000_000;

/// A value that a path names with `%`.
#[derive(Clone, Debug)]
pub struct Constant(syntax::Literal);

impl Constant {
    /// The value of a FHIR primitive, by the name of its type as `value[x]` writes it, for example `PositiveInt`.
    ///
    /// # Errors
    /// In words, where it is no value of that type.
    pub fn of(kind: &str, value: &Value) -> Result<Self, String> {
        let other = || "it is no value of a type that a constant can have".to_owned();
        let text = || value.as_str().ok_or_else(other);
        let moment = |form| {
            let text = text()?;
            date::parse(text, form).map_err(|why| why.to_string())?;
            Ok::<_, String>(syntax::Literal::Moment(text.into(), form))
        };
        let whole = |least: i64| {
            let number = value.as_i64().ok_or_else(other)?;
            match number >= least {
                true => Ok(syntax::Literal::Integer(number)),
                false => Err(format!("write {least} or more")),
            }
        };
        let decimal = || value.as_number().and_then(serde_json::Number::as_f64);
        Ok(Self(match kind {
            "Boolean" => syntax::Literal::Boolean(value.as_bool().ok_or_else(other)?),
            "Integer" => whole(i64::MIN)?,
            "PositiveInt" => whole(1)?,
            "UnsignedInt" => whole(0)?,
            "Decimal" => syntax::Literal::Decimal(decimal().ok_or_else(other)?),
            "Date" => moment(Form::Date)?,
            "DateTime" => moment(Form::DateTime)?,
            "Instant" => moment(Form::Instant)?,
            "Base64Binary" | "Canonical" | "Code" | "Id" | "Markdown" | "Oid" | "String"
            | "Time" | "Uri" | "Url" | "Uuid" => syntax::Literal::Text(text()?.into()),
            _ => return Err(other()),
        }))
    }
}

impl Expression {
    /// Compiles an expression.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        Self::parse_with(text, &[])
    }

    /// Compiles an expression that may name these values: `%name`.
    pub fn parse_with(text: &str, constants: &[(String, Constant)]) -> Result<Self, PathError> {
        Ok(Self {
            text: text.into(),
            root: parse::expression(text, constants)?,
        })
    }

    /// As written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The names of the members of a resource that the expression begins with, each without the type of a choice.
    /// None where it may begin with anything.
    pub(crate) fn starts(&self) -> Option<Box<[Box<str>]>> {
        let mut names = Vec::new();
        self.root
            .starts(&mut names)
            .then(|| names.into_boxed_slice())
    }

    /// What the expression yields for a resource.
    pub fn evaluate<'v>(&self, resource: &'v Resource) -> Result<Vec<Item<'v>>, EvaluateError> {
        let element = Element::of_resource(resource);
        self.evaluate_from(resource.value(), &Item::Element(element))
    }

    /// What it yields from an item of a resource, whose whole JSON is `resource`.
    pub fn evaluate_from<'v>(
        &self,
        resource: &'v Value,
        item: &Item<'v>,
    ) -> Result<Vec<Item<'v>>, EvaluateError> {
        evaluate::evaluate(&self.root, resource, resource, item, 0)
    }

    /// As `evaluate_from`, for the row of that index, from 0.
    pub(crate) fn evaluate_row<'v>(
        &self,
        resource: &'v Value,
        item: &Item<'v>,
        row: usize,
    ) -> Result<Vec<Item<'v>>, EvaluateError> {
        evaluate::evaluate(&self.root, resource, resource, item, row)
    }

    /// As `evaluate_from`, for a resource that is contained in another, `root`.
    pub(crate) fn evaluate_within<'v>(
        &self,
        root: &'v Value,
        resource: &'v Value,
        item: &Item<'v>,
    ) -> Result<Vec<Item<'v>>, EvaluateError> {
        evaluate::evaluate(&self.root, root, resource, item, 0)
    }

    /// What the truth of the expression is by the mere presence of an object's members.
    pub(crate) fn by_presence(&self, object: &Map<String, Value>) -> presence::Known {
        presence::of(&self.root, object)
    }

    /// The truth of what an expression yielded; `None` where it is unknown.
    pub(crate) fn truth(items: &[Item<'_>]) -> Result<Option<bool>, EvaluateError> {
        evaluate::truth(items, "an invariant")
    }
}

#[cfg(test)]
mod tests;
