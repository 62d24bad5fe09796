//! Functions of texts, and what makes texts and numbers of each other.
//!
//! Invariant: places in a text are counted in characters, never in bytes.

use std::borrow::Cow;

use super::{Function, Items};
use crate::path::EvaluateError;
use crate::path::evaluate::{Scope, evaluate_in};
use crate::path::item::{Item, Scalar};
use crate::path::syntax::Node;

/// Whether, or where, the text holds another.
pub(super) fn part<'v>(
    input: &[Item<'v>],
    argument: Vec<Item<'v>>,
    function: Function,
) -> Items<'v> {
    let (Some(text), Some(part)) = (one(input, function)?, one(&argument, function)?) else {
        return Ok(Vec::new());
    };
    if function == Function::IndexOf {
        let before = text.find(&*part).map(|at| text[..at].chars().count());
        let place = before.and_then(|at| i64::try_from(at).ok());
        return Ok(vec![Item::Integer(place.unwrap_or(-1))]);
    }
    let holds = if function == Function::StartsWith {
        text.starts_with(&*part)
    } else if function == Function::EndsWith {
        text.ends_with(&*part)
    } else {
        text.contains(&*part)
    };
    Ok(vec![Item::Boolean(holds)])
}

/// The text in other letters, or its length.
pub(super) fn changed<'v>(input: &[Item<'v>], function: Function) -> Items<'v> {
    let Some(text) = one(input, function)? else {
        return Ok(Vec::new());
    };
    Ok(vec![if function == Function::Lower {
        Item::Text(Cow::Owned(text.to_lowercase()))
    } else if function == Function::Upper {
        Item::Text(Cow::Owned(text.to_uppercase()))
    } else {
        Item::Integer(i64::try_from(text.chars().count()).unwrap_or(i64::MAX))
    }])
}

/// The one text of a list, if it holds one.
pub(super) fn one<'v>(
    items: &[Item<'v>],
    function: Function,
) -> Result<Option<Cow<'v, str>>, EvaluateError> {
    match items {
        [] => Ok(None),
        [item] => match item.scalar() {
            Some(Scalar::Text(text)) => Ok(Some(text)),
            Some(Scalar::Boolean(_) | Scalar::Integer(_) | Scalar::Decimal(_)) | None => {
                Err(EvaluateError::Type(function.name()))
            }
        },
        _ => Err(EvaluateError::Several(function.name())),
    }
}

/// A number from a text, or a text from a number.
pub(super) fn converted<'v>(input: &[Item<'v>], function: Function) -> Items<'v> {
    let [item] = input else {
        return if input.is_empty() {
            Ok(Vec::new())
        } else {
            Err(EvaluateError::Several(function.name()))
        };
    };
    // A number's own text keeps its digits.
    let written = item
        .element()
        .and_then(|element| element.value.as_number())
        .map(|number| number.as_str().to_owned());
    let Some(scalar) = item.scalar() else {
        return Ok(Vec::new());
    };
    let made = match (function, scalar) {
        (Function::ToString, Scalar::Text(text)) => Some(Item::Text(text)),
        (Function::ToString, Scalar::Boolean(value)) => {
            Some(Item::Text(Cow::Owned(value.to_string())))
        }
        (Function::ToString, Scalar::Integer(value)) => {
            Some(Item::Text(Cow::Owned(written.unwrap_or(value.to_string()))))
        }
        (Function::ToString, Scalar::Decimal(value)) => {
            Some(Item::Text(Cow::Owned(written.unwrap_or(value.to_string()))))
        }
        (Function::ToInteger, Scalar::Integer(value)) => Some(Item::Integer(value)),
        (Function::ToInteger, Scalar::Boolean(value)) => Some(Item::Integer(value.into())),
        (Function::ToInteger, Scalar::Text(text)) => text.parse().ok().map(Item::Integer),
        (Function::ToDecimal, Scalar::Decimal(value)) => Some(Item::Decimal(value)),
        (Function::ToDecimal, Scalar::Boolean(value)) => Some(Item::Decimal(f64::from(value))),
        (Function::ToDecimal, Scalar::Integer(value)) => {
            value.to_string().parse().ok().map(Item::Decimal)
        }
        (Function::ToDecimal, Scalar::Text(text)) => {
            let number = text.parse().ok().filter(|value: &f64| value.is_finite());
            number.map(Item::Decimal)
        }
        (_, _) => None,
    };
    Ok(made.into_iter().collect())
}

/// A part of the text (`substring`), or the text with one part put for another (`replace`).
pub(super) fn cut<'v>(
    input: &[Item<'v>],
    arguments: &[Node],
    scope: &Scope<'v, '_>,
    function: Function,
) -> Items<'v> {
    let argument = |at: usize| {
        let node = arguments.get(at);
        node.map_or(Ok(Vec::new()), |node| evaluate_in(node, scope))
    };
    let (first, second) = (argument(0)?, argument(1)?);
    let Some(text) = one(input, function)? else {
        return Ok(Vec::new());
    };
    if function == Function::Replace {
        let (Some(of), Some(by)) = (one(&first, function)?, one(&second, function)?) else {
            return Ok(Vec::new());
        };
        return Ok(vec![Item::Text(Cow::Owned(text.replace(&*of, &by)))]);
    }
    let Some(start) = whole(&first)? else {
        return Ok(Vec::new());
    };
    let length = whole(&second)?.unwrap_or(i64::MAX);
    let Ok(start) = usize::try_from(start) else {
        return Ok(Vec::new());
    };
    if start >= text.chars().count() {
        return Ok(Vec::new());
    }
    let length = usize::try_from(length).unwrap_or(0);
    let part = text.chars().skip(start).take(length).collect();
    Ok(vec![Item::Text(Cow::Owned(part))])
}

/// The one whole number of a list, if it holds one.
fn whole(items: &[Item<'_>]) -> Result<Option<i64>, EvaluateError> {
    match items {
        [] => Ok(None),
        [item] => match item.scalar() {
            Some(Scalar::Integer(value)) => Ok(Some(value)),
            Some(Scalar::Boolean(_) | Scalar::Decimal(_) | Scalar::Text(_)) | None => {
                Err(EvaluateError::Type("substring"))
            }
        },
        _ => Err(EvaluateError::Several("substring")),
    }
}

/// The texts of a list one after the other, with another between them: an empty text of an empty list, as SQL on FHIR has
/// it.
pub(super) fn joined<'v>(input: &[Item<'v>], between: Vec<Item<'v>>) -> Items<'v> {
    let between = one(&between, Function::Join)?.unwrap_or_default();
    let texts = input.iter().map(|item| match item.scalar() {
        Some(Scalar::Text(text)) => Ok(text),
        Some(Scalar::Boolean(_) | Scalar::Integer(_) | Scalar::Decimal(_)) | None => {
            Err(EvaluateError::Type(Function::Join.name()))
        }
    });
    let texts: Vec<_> = texts.collect::<Result<_, _>>()?;
    Ok(vec![Item::Text(Cow::Owned(texts.join(&*between)))])
}
