//! Numbers of a path, and what can be done with two of them.
//!
//! Invariant: overflow and division by nothing yield nothing, never a wrong number.

use super::EvaluateError;
use super::item::{Item, Scalar};
use super::operator::Operator;

type Items<'v> = Result<Vec<Item<'v>>, EvaluateError>;

/// A number.
pub(super) enum Number {
    Integer(i64),
    Decimal(f64),
}

/// The one number of a list, if it holds one.
pub(super) fn number(
    items: &[Item<'_>],
    name: &'static str,
) -> Result<Option<Number>, EvaluateError> {
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

/// Adds, subtracts, multiplies or divides.
pub(super) fn arithmetic<'v>(
    operator: Operator,
    left: &[Item<'v>],
    right: &[Item<'v>],
) -> Items<'v> {
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
        Operator::Equivalent | Operator::NotEquivalent => return None,
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
