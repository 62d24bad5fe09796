//! What can be said of a path without evaluating it: from which members an object has.
//!
//! Invariant: what is said here is what evaluation would say; where that takes the members' values, it is `Unsure`.

use serde_json::{Map, Value};

use super::function::Function;
use super::operator::Operator;
use super::syntax::{Literal, Node};

/// What is known of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// It yields true.
    True,
    /// It yields false.
    False,
    /// It yields nothing.
    Nothing,
    /// It yields something.
    Something,
    /// It has to be evaluated.
    Unsure,
}

/// What is known of a path from an object of a resource.
pub(super) fn of(node: &Node, object: &Map<String, Value>) -> Known {
    match node {
        Node::Member(of, name) if matches!(**of, Node::This | Node::Start(_)) => {
            match (has(object, name), &**of) {
                // A path may begin with the name of another type, and then yields nothing.
                (Known::Something, Node::Start(_)) => Known::Unsure,
                (known, _) => known,
            }
        }
        Node::Member(inner, _) | Node::At(inner, _) | Node::OfType(inner, _) => {
            nothing_of(inner, object)
        }
        Node::Is(inner, _) | Node::Negated(inner) | Node::ReferenceKey(inner, _) => {
            nothing_of(inner, object)
        }
        Node::Matches(inner, _, None) => nothing_of(inner, object),
        Node::Call(inner, function, arguments) => {
            called(of(inner, object), *function, arguments.is_empty())
        }
        Node::Binary(operator, left, right) => binary(*operator, left, right, object),
        Node::Literal(Literal::Boolean(true)) => Known::True,
        Node::Literal(Literal::Boolean(false)) => Known::False,
        Node::Nothing => Known::Nothing,
        Node::Literal(_) | Node::This | Node::Position | Node::Row | Node::Start(_) => {
            Known::Unsure
        }
        Node::Resource | Node::RootResource | Node::Context | Node::Matches(..) => Known::Unsure,
    }
}

/// A member, or its id and extensions alone. What only begins so may be a choice under the name of its type.
fn has(object: &Map<String, Value>, name: &str) -> Known {
    let mut known = Known::Nothing;
    for key in object.keys() {
        match key.strip_prefix('_').unwrap_or(key).strip_prefix(name) {
            Some("") => return Known::Something,
            Some(rest) if rest.starts_with(|c: char| c.is_ascii_uppercase()) => {
                known = Known::Unsure
            }
            Some(_) | None => {}
        }
    }
    known
}

fn nothing_of(node: &Node, object: &Map<String, Value>) -> Known {
    match of(node, object) {
        Known::Nothing => Known::Nothing,
        Known::True | Known::False | Known::Something | Known::Unsure => Known::Unsure,
    }
}

fn called(input: Known, function: Function, is_bare: bool) -> Known {
    match (input, function) {
        (Known::Nothing, Function::Exists | Function::HasValue) => Known::False,
        (Known::Nothing, Function::Empty | Function::All | Function::IsDistinct) => Known::True,
        (Known::Something | Known::True | Known::False, Function::Exists) if is_bare => Known::True,
        (Known::Something | Known::True | Known::False, Function::Empty) => Known::False,
        (Known::True, Function::Not) => Known::False,
        (Known::False, Function::Not) => Known::True,
        (
            Known::Nothing,
            Function::Not
            | Function::Where
            | Function::Select
            | Function::First
            | Function::Last
            | Function::Tail
            | Function::Extension
            | Function::Resolve
            | Function::Trace
            | Function::Descendants
            | Function::Contains
            | Function::StartsWith
            | Function::ToInteger,
        ) => Known::Nothing,
        (_, _) => Known::Unsure,
    }
}

fn binary(operator: Operator, left: &Node, right: &Node, object: &Map<String, Value>) -> Known {
    let left = of(left, object);
    match (operator, left) {
        (Operator::Or | Operator::Implies, Known::Unsure)
        | (Operator::And | Operator::Xor, Known::Unsure) => {}
        (Operator::Or, Known::True) | (Operator::Implies, Known::False) => return Known::True,
        (Operator::And, Known::False) => return Known::False,
        (_, _) => {}
    }
    let right = of(right, object);
    let truth = |known| match known {
        Known::True => Some(Some(true)),
        Known::False => Some(Some(false)),
        Known::Nothing => Some(None),
        Known::Something | Known::Unsure => None,
    };
    let known = |value| match value {
        Some(true) => Known::True,
        Some(false) => Known::False,
        None => Known::Nothing,
    };
    match operator {
        Operator::And | Operator::Or | Operator::Implies | Operator::Xor => {
            // One side may decide even where the other is unsure.
            match (operator, right) {
                (Operator::Or | Operator::Implies, Known::True) => return Known::True,
                (Operator::And, Known::False) => return Known::False,
                (_, _) => {}
            }
            match (truth(left), truth(right)) {
                (Some(left), Some(right)) => known(super::evaluate::logic(operator, left, right)),
                (_, _) => Known::Unsure,
            }
        }
        Operator::Equal | Operator::NotEqual => match (left, right) {
            (Known::Nothing, _) | (_, Known::Nothing) => Known::Nothing,
            (Known::True | Known::False, Known::True | Known::False) => {
                known(Some((left == right) == (operator == Operator::Equal)))
            }
            (_, _) => Known::Unsure,
        },
        Operator::Greater | Operator::Less | Operator::GreaterOrEqual | Operator::LessOrEqual => {
            if left == Known::Nothing || right == Known::Nothing {
                Known::Nothing
            } else {
                Known::Unsure
            }
        }
        Operator::In => nothing_if(left),
        Operator::Contains => nothing_if(right),
        Operator::Union if left == Known::Nothing => right,
        Operator::Union if right == Known::Nothing => left,
        Operator::Union | Operator::Concatenate => Known::Unsure,
        Operator::Equivalent | Operator::NotEquivalent => Known::Unsure,
        Operator::Multiply | Operator::Divide | Operator::WholeDivide => Known::Unsure,
        Operator::Remainder | Operator::Add | Operator::Subtract => Known::Unsure,
    }
}

fn nothing_if(known: Known) -> Known {
    match known {
        Known::Nothing => Known::Nothing,
        Known::True | Known::False | Known::Something | Known::Unsure => Known::Unsure,
    }
}
