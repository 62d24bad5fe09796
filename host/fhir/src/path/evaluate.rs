//! From tree and resource to items.
//!
//! Invariant: nothing is an empty list, and every operator treats it as FHIRPath says; a step that would need to guess
//! is an error.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

use super::function::{self, distinct};
use super::item::{Item, Scalar};
use super::syntax::{Node, Operator};
use super::{EvaluateError, ITEMS_MAX};

type Items<'v> = Result<Vec<Item<'v>>, EvaluateError>;

/// Where a step is evaluated.
pub(super) struct Scope<'v, 's> {
    /// The whole resource.
    pub(super) resource: &'v Value,
    this: &'s Item<'v>,
    index: usize,
}

impl<'v> Scope<'v, '_> {
    /// The same resource, at one item of a list.
    pub(super) fn at<'s>(&self, this: &'s Item<'v>, index: usize) -> Scope<'v, 's> {
        Scope {
            resource: self.resource,
            this,
            index,
        }
    }
}

/// Evaluates a tree from an item.
pub(super) fn evaluate<'v>(node: &Node, resource: &'v Value, this: &Item<'v>) -> Items<'v> {
    evaluate_in(
        node,
        &Scope {
            resource,
            this,
            index: 0,
        },
    )
}

pub(super) fn evaluate_in<'v>(node: &Node, scope: &Scope<'v, '_>) -> Items<'v> {
    match node {
        Node::This => Ok(vec![scope.this.clone()]),
        Node::Position => Ok(vec![Item::Integer(
            i64::try_from(scope.index).unwrap_or(i64::MAX),
        )]),
        Node::Resource => Ok(super::item::Element::of_any_resource(scope.resource)
            .map(Item::Element)
            .into_iter()
            .collect()),
        Node::Literal(literal) => Ok(vec![literal.into()]),
        Node::Nothing => Ok(Vec::new()),
        Node::Start(kind) => {
            let starts = scope.this.is(super::syntax::TypeName::Fhir(*kind));
            Ok(if starts {
                vec![scope.this.clone()]
            } else {
                Vec::new()
            })
        }
        Node::Member(of, name) => {
            let mut found = Vec::new();
            for element in evaluate_in(of, scope)?.iter().filter_map(Item::element) {
                element.children(name, &mut |child| found.push(Item::Element(child)));
                if found.len() > ITEMS_MAX {
                    return Err(EvaluateError::TooMany);
                }
            }
            Ok(found)
        }
        Node::At(of, index) => {
            let Some(index) = number(&evaluate_in(index, scope)?, "[ ]")? else {
                return Ok(Vec::new());
            };
            let Number::Integer(index) = index else {
                return Err(EvaluateError::Type("[ ]"));
            };
            let index = usize::try_from(index).unwrap_or(usize::MAX);
            Ok(evaluate_in(of, scope)?
                .into_iter()
                .nth(index)
                .into_iter()
                .collect())
        }
        Node::Call(of, function, arguments) => {
            function::call(*function, evaluate_in(of, scope)?, arguments, scope)
        }
        Node::OfType(of, name) => Ok(evaluate_in(of, scope)?
            .into_iter()
            .filter(|item| item.is(*name))
            .collect()),
        Node::Is(of, name) => match evaluate_in(of, scope)?.as_slice() {
            [] => Ok(Vec::new()),
            [item] => Ok(vec![Item::Boolean(item.is(*name))]),
            _ => Err(EvaluateError::Several("is")),
        },
        Node::Negated(of) => Ok(match number(&evaluate_in(of, scope)?, "-")? {
            None => Vec::new(),
            Some(Number::Integer(value)) => {
                value.checked_neg().map(Item::Integer).into_iter().collect()
            }
            Some(Number::Decimal(value)) => vec![Item::Decimal(-value)],
        }),
        Node::Binary(operator, left, right) => binary(*operator, left, right, scope),
    }
}

fn binary<'v>(operator: Operator, left: &Node, right: &Node, scope: &Scope<'v, '_>) -> Items<'v> {
    let left = evaluate_in(left, scope)?;
    let right = evaluate_in(right, scope)?;
    let answer = |value: Option<bool>| Ok(value.map(Item::Boolean).into_iter().collect());
    match operator {
        Operator::Union => Ok(distinct(left.into_iter().chain(right).collect())),
        Operator::Equal => answer(same(&left, &right)),
        Operator::NotEqual => answer(same(&left, &right).map(|equal| !equal)),
        Operator::Greater => answer(compare(&left, &right, ">")?.map(Ordering::is_gt)),
        Operator::Less => answer(compare(&left, &right, "<")?.map(Ordering::is_lt)),
        Operator::GreaterOrEqual => answer(compare(&left, &right, ">=")?.map(Ordering::is_ge)),
        Operator::LessOrEqual => answer(compare(&left, &right, "<=")?.map(Ordering::is_le)),
        Operator::In => answer(member(&left, &right, "in")?),
        Operator::Contains => answer(member(&right, &left, "contains")?),
        Operator::And | Operator::Or | Operator::Xor | Operator::Implies => answer(logic(
            operator,
            truth(&left, "and, or")?,
            truth(&right, "and, or")?,
        )),
        Operator::Concatenate => {
            let (left, right) = (optional_text(&left)?, optional_text(&right)?);
            Ok(vec![Item::Text(Cow::Owned(format!("{left}{right}")))])
        }
        Operator::Add if is_text(&left) && is_text(&right) => {
            let (left, right) = (optional_text(&left)?, optional_text(&right)?);
            Ok(vec![Item::Text(Cow::Owned(format!("{left}{right}")))])
        }
        Operator::Add | Operator::Subtract | Operator::Multiply => {
            arithmetic(operator, &left, &right)
        }
        Operator::Divide | Operator::WholeDivide | Operator::Remainder => {
            arithmetic(operator, &left, &right)
        }
    }
}

/// Three-valued: None is unknown.
fn logic(operator: Operator, left: Option<bool>, right: Option<bool>) -> Option<bool> {
    match operator {
        Operator::And if left == Some(false) || right == Some(false) => Some(false),
        Operator::And => Some(left? && right?),
        Operator::Or if left == Some(true) || right == Some(true) => Some(true),
        Operator::Or => Some(left? || right?),
        Operator::Implies if left == Some(false) || right == Some(true) => Some(true),
        Operator::Implies => Some(!left? || right?),
        Operator::Xor => Some(left? != right?),
        Operator::Multiply | Operator::Divide | Operator::WholeDivide | Operator::Remainder => None,
        Operator::Add | Operator::Subtract | Operator::Concatenate | Operator::Union => None,
        Operator::Greater | Operator::Less | Operator::GreaterOrEqual => None,
        Operator::LessOrEqual | Operator::Equal | Operator::NotEqual => None,
        Operator::In | Operator::Contains => None,
    }
}

/// The truth of a list: unknown where empty; one item that is no boolean counts as true.
pub(super) fn truth(items: &[Item<'_>], name: &'static str) -> Result<Option<bool>, EvaluateError> {
    match items {
        [] => Ok(None),
        [item] => Ok(Some(!matches!(item.scalar(), Some(Scalar::Boolean(false))))),
        _ => Err(EvaluateError::Several(name)),
    }
}

fn same(left: &[Item<'_>], right: &[Item<'_>]) -> Option<bool> {
    if left.is_empty() || right.is_empty() {
        return None;
    }
    Some(
        left.len() == right.len()
            && left
                .iter()
                .zip(right)
                .all(|(left, right)| equal(left, right)),
    )
}

fn member(
    item: &[Item<'_>],
    of: &[Item<'_>],
    name: &'static str,
) -> Result<Option<bool>, EvaluateError> {
    match item {
        [] => Ok(None),
        [item] => Ok(Some(of.iter().any(|other| equal(item, other)))),
        _ => Err(EvaluateError::Several(name)),
    }
}

/// Whether two items are the same value.
pub(super) fn equal(left: &Item<'_>, right: &Item<'_>) -> bool {
    match (left.scalar(), right.scalar()) {
        (Some(left), Some(right)) => ordering(&left, &right) == Some(Ordering::Equal),
        (None, None) => match (left, right) {
            (Item::Element(left), Item::Element(right)) => {
                left.value == right.value && left.extra == right.extra
            }
            (
                Item::Resolved {
                    reference: left, ..
                },
                Item::Resolved {
                    reference: right, ..
                },
            ) => left == right,
            // Every other item is a value, so these are an element and what a reference refers to.
            (Item::Element(_) | Item::Resolved { .. }, _) => false,
            (Item::Boolean(_) | Item::Integer(_) | Item::Decimal(_) | Item::Text(_), _) => false,
        },
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// A number that is the same for items that are equal.
pub(super) fn fingerprint(item: &Item<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    match (item.scalar(), item) {
        (Some(Scalar::Boolean(value)), _) => value.hash(&mut hasher),
        (Some(Scalar::Text(text)), _) => text.hash(&mut hasher),
        (Some(number), _) => decimal(&number)
            .map(|value| (value + 0.0).to_bits())
            .hash(&mut hasher),
        (None, Item::Element(element)) => whole(element.value).hash(&mut hasher),
        (None, _) => {}
    }
    hasher.finish()
}

/// As `fingerprint`, of any JSON; the order of an object's members does not count.
fn whole(value: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    match value {
        Value::Null => {}
        Value::Bool(value) => value.hash(&mut hasher),
        Value::Number(number) => number.as_str().hash(&mut hasher),
        Value::String(text) => text.hash(&mut hasher),
        Value::Array(items) => items.iter().for_each(|item| whole(item).hash(&mut hasher)),
        Value::Object(object) => {
            let member = |(name, inner): (&String, &Value)| {
                let mut hasher = DefaultHasher::new();
                (name, whole(inner)).hash(&mut hasher);
                hasher.finish()
            };
            object
                .iter()
                .map(member)
                .fold(0_u64, u64::wrapping_add)
                .hash(&mut hasher);
        }
    }
    hasher.finish()
}

/// None where the two cannot be compared.
fn ordering(left: &Scalar<'_>, right: &Scalar<'_>) -> Option<Ordering> {
    match (left, right) {
        (Scalar::Boolean(left), Scalar::Boolean(right)) => Some(left.cmp(right)),
        (Scalar::Text(left), Scalar::Text(right)) => Some(left.cmp(right)),
        (Scalar::Integer(left), Scalar::Integer(right)) => Some(left.cmp(right)),
        (left, right) => decimal(left)?.partial_cmp(&decimal(right)?),
    }
}

fn compare(
    left: &[Item<'_>],
    right: &[Item<'_>],
    name: &'static str,
) -> Result<Option<Ordering>, EvaluateError> {
    let (left, right) = match (left, right) {
        ([], _) | (_, []) => return Ok(None),
        ([left], [right]) => (left, right),
        _ => return Err(EvaluateError::Several(name)),
    };
    match (left.scalar(), right.scalar()) {
        (Some(left), Some(right)) => ordering(&left, &right)
            .map(Some)
            .ok_or(EvaluateError::Type(name)),
        (None, _) | (_, None) => Err(EvaluateError::Type(name)),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "integers of records are far below 2^53"
)]
fn decimal(scalar: &Scalar<'_>) -> Option<f64> {
    match scalar {
        Scalar::Integer(value) => Some(*value as f64),
        Scalar::Decimal(value) => Some(*value),
        Scalar::Boolean(_) | Scalar::Text(_) => None,
    }
}

enum Number {
    Integer(i64),
    Decimal(f64),
}

fn number(items: &[Item<'_>], name: &'static str) -> Result<Option<Number>, EvaluateError> {
    match items {
        [] => Ok(None),
        [item] => match item.scalar() {
            Some(Scalar::Integer(value)) => Ok(Some(Number::Integer(value))),
            Some(Scalar::Decimal(value)) => Ok(Some(Number::Decimal(value))),
            Some(Scalar::Boolean(_) | Scalar::Text(_)) | None => Err(EvaluateError::Type(name)),
        },
        _ => Err(EvaluateError::Several(name)),
    }
}

/// Overflow and division by nothing yield nothing.
fn arithmetic<'v>(operator: Operator, left: &[Item<'v>], right: &[Item<'v>]) -> Items<'v> {
    let (Some(left), Some(right)) = (number(left, "arithmetic")?, number(right, "arithmetic")?)
    else {
        return Ok(Vec::new());
    };
    let answer = match (operator, left, right) {
        (Operator::Add, Number::Integer(left), Number::Integer(right)) => {
            left.checked_add(right).map(Item::Integer)
        }
        (Operator::Subtract, Number::Integer(left), Number::Integer(right)) => {
            left.checked_sub(right).map(Item::Integer)
        }
        (Operator::Multiply, Number::Integer(left), Number::Integer(right)) => {
            left.checked_mul(right).map(Item::Integer)
        }
        (Operator::WholeDivide, Number::Integer(left), Number::Integer(right)) => {
            left.checked_div(right).map(Item::Integer)
        }
        (Operator::Remainder, Number::Integer(left), Number::Integer(right)) => {
            left.checked_rem(right).map(Item::Integer)
        }
        (operator, left, right) => in_decimals(operator, left.decimal(), right.decimal()),
    };
    Ok(answer.into_iter().collect())
}

fn in_decimals<'v>(operator: Operator, left: f64, right: f64) -> Option<Item<'v>> {
    let answer = match operator {
        Operator::Add => left + right,
        Operator::Subtract => left - right,
        Operator::Multiply => left * right,
        Operator::Divide => left / right,
        Operator::WholeDivide => (left / right).trunc(),
        Operator::Remainder => left % right,
        Operator::And | Operator::Or | Operator::Xor | Operator::Implies => return None,
        Operator::Greater | Operator::Less | Operator::GreaterOrEqual => return None,
        Operator::LessOrEqual | Operator::Equal | Operator::NotEqual => return None,
        Operator::In | Operator::Contains | Operator::Concatenate | Operator::Union => return None,
    };
    answer.is_finite().then_some(Item::Decimal(answer))
}

impl Number {
    #[expect(
        clippy::cast_precision_loss,
        reason = "integers of records are far below 2^53"
    )]
    fn decimal(&self) -> f64 {
        match self {
            Self::Integer(value) => *value as f64,
            Self::Decimal(value) => *value,
        }
    }
}

fn is_text(items: &[Item<'_>]) -> bool {
    matches!(items, [item] if matches!(item.scalar(), Some(Scalar::Text(_))))
}

fn optional_text<'v>(items: &[Item<'v>]) -> Result<Cow<'v, str>, EvaluateError> {
    match items {
        [] => Ok(Cow::Borrowed("")),
        [item] => match item.scalar() {
            Some(Scalar::Text(text)) => Ok(text),
            Some(Scalar::Boolean(_) | Scalar::Integer(_) | Scalar::Decimal(_)) | None => {
                Err(EvaluateError::Type("&"))
            }
        },
        _ => Err(EvaluateError::Several("&")),
    }
}
