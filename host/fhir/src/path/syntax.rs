//! The tree that an expression is compiled to.
//!
//! Invariant: names of types are known types, and functions have as many arguments as they take.

use regex::Regex;

use super::function::Function;
use super::operator::Operator;
use crate::date::Form;
use crate::structure::TypeId;

/// One step.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// What the step is applied to: the resource, or `$this`.
    This,
    /// `$index`.
    Position,
    /// `%resource`: the resource that the path began in.
    Resource,
    /// `%rootResource`: the resource that contains it, or itself.
    RootResource,
    /// `%context`: what the path began at.
    Context,
    /// `%rowIndex`: which row is made, from 0.
    Row,
    /// A value written in the expression.
    Literal(Literal),
    /// `{}`
    Nothing,
    /// A type at the start of a path: the input, if it is of that type.
    Start(TypeId),
    /// `.name`
    Member(Box<Node>, Box<str>),
    /// `[n]`
    At(Box<Node>, Box<Node>),
    /// `.name(…)`
    Call(Box<Node>, Function, Vec<Node>),
    /// `.matches('…')`, and with a second part `.replaceMatches('…', …)`.
    Matches(Box<Node>, Regex, Option<Box<Node>>),
    /// `getReferenceKey()`: what a reference refers to, if it is of that type.
    ReferenceKey(Box<Node>, Option<TypeName>),
    /// `as`, `ofType`: those of that type.
    OfType(Box<Node>, TypeName),
    /// `is`
    Is(Box<Node>, TypeName),
    /// `-x`
    Negated(Box<Node>),
    /// `x op y`
    Binary(Operator, Box<Node>, Box<Node>),
}

/// A value written in an expression.
#[derive(Clone, Debug)]
pub(super) enum Literal {
    Boolean(bool),
    Integer(i64),
    Decimal(f64),
    Text(Box<str>),
    /// A date or a date and time, of the form that it is written in.
    Moment(Box<str>, Form),
}

/// The name of a type in an expression.
#[derive(Clone, Copy, Debug)]
pub(super) enum TypeName {
    /// A FHIR type.
    Fhir(TypeId),
    /// `System.Boolean` and its like: also the FHIR primitives that are one.
    System(SystemType),
}

/// The types of FHIRPath itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SystemType {
    Boolean,
    Integer,
    Decimal,
    String,
    Date,
    DateTime,
    Time,
}

impl Node {
    /// Collects the members of a resource that the tree begins with. False where it may begin with anything.
    pub(super) fn starts(&self, names: &mut Vec<Box<str>>) -> bool {
        match self {
            Self::Member(of, name) if matches!(**of, Self::Start(_) | Self::This) => {
                names.push(name.clone());
                true
            }
            Self::Member(of, _) => of.starts(names),
            Self::Call(of, Function::Where | Function::First, _) | Self::At(of, _) => {
                of.starts(names)
            }
            Self::OfType(of, _) => of.starts(names),
            Self::Binary(Operator::Union, left, right) => left.starts(names) && right.starts(names),
            Self::This
            | Self::Position
            | Self::Resource
            | Self::RootResource
            | Self::Context
            | Self::Row
            | Self::Literal(_)
            | Self::Nothing
            | Self::Start(_) => false,
            Self::Matches(..) | Self::ReferenceKey(..) => false,
            Self::Call(..) | Self::Is(..) | Self::Negated(_) | Self::Binary(..) => false,
        }
    }
}
