//! From tree and resource to items.
//!
//! Invariant: nothing is an empty list, and every operator treats it as FHIRPath says; a step that would need to guess
//! is an error.

use std::borrow::Cow;
use std::cell::Cell;
use std::cmp::Ordering;

use regex::Regex;
use serde_json::Value;

use super::arithmetic::{Number, arithmetic, number};
use super::compare::{compare, equal};
use super::function::{self, distinct, key};
use super::item::{Element, Item, Scalar};
use super::operator::Operator;
use super::syntax::{Node, TypeName};
use super::{EvaluateError, ITEMS_MAX, STEPS_MAX};

type Items<'v> = Result<Vec<Item<'v>>, EvaluateError>;

/// What does not change while a path is evaluated.
pub(super) struct Whole<'v, 's> {
    /// The resource that holds the path's beginning.
    pub(super) resource: &'v Value,
    /// The resource that contains that one, or itself.
    pub(super) root: &'v Value,
    /// Where the path begins.
    pub(super) context: &'s [Item<'v>],
    /// Which row is made.
    row: usize,
    /// How many steps are left.
    pub(super) steps: Cell<usize>,
}

/// Where a step is evaluated.
pub(super) struct Scope<'v, 's> {
    pub(super) whole: &'s Whole<'v, 's>,
    /// One item, or, for the arguments of `iif`, a whole list.
    this: &'s [Item<'v>],
    index: usize,
}

impl<'v> Scope<'v, '_> {
    /// The same resource, at one item of a list.
    pub(super) fn at<'s>(&'s self, this: &'s Item<'v>, index: usize) -> Scope<'v, 's> {
        Scope {
            whole: self.whole,
            this: std::slice::from_ref(this),
            index,
        }
    }

    /// The same resource, at a whole list.
    pub(super) fn on<'s>(&'s self, this: &'s [Item<'v>]) -> Scope<'v, 's> {
        Scope {
            whole: self.whole,
            this,
            index: self.index,
        }
    }

    /// Counts so many steps.
    pub(super) fn spend(&self, steps: usize) -> Result<(), EvaluateError> {
        let left = self.whole.steps.get().checked_sub(steps);
        self.whole.steps.set(left.ok_or(EvaluateError::TooLong)?);
        Ok(())
    }
}

/// Evaluates a tree from an item of a resource, which may lie in another (`root`).
pub(super) fn evaluate<'v>(
    node: &Node,
    root: &'v Value,
    resource: &'v Value,
    this: &Item<'v>,
    row: usize,
) -> Items<'v> {
    let this = std::slice::from_ref(this);
    let whole = Whole {
        resource,
        root,
        context: this,
        row,
        steps: Cell::new(STEPS_MAX),
    };
    evaluate_in(
        node,
        &Scope {
            whole: &whole,
            this,
            index: 0,
        },
    )
}

pub(super) fn evaluate_in<'v>(node: &Node, scope: &Scope<'v, '_>) -> Items<'v> {
    scope.spend(1)?;
    let resource = |value| {
        let element = Element::of_any_resource(value).map(Item::Element);
        Ok(element.into_iter().collect())
    };
    match node {
        Node::This => Ok(scope.this.to_vec()),
        Node::Position => Ok(vec![whole_number(scope.index)]),
        Node::Row => Ok(vec![whole_number(scope.whole.row)]),
        Node::Resource => resource(scope.whole.resource),
        Node::RootResource => resource(scope.whole.root),
        Node::Context => Ok(scope.whole.context.to_vec()),
        Node::Literal(literal) => Ok(vec![literal.into()]),
        Node::Nothing => Ok(Vec::new()),
        Node::Start(kind) => {
            let starts = |item: &&Item<'_>| item.is(TypeName::Fhir(*kind));
            Ok(scope.this.iter().filter(starts).cloned().collect())
        }
        Node::Member(of, name) if matches!(**of, Node::This) => members(scope.this, name, scope),
        Node::Member(of, name) => members(&evaluate_in(of, scope)?, name, scope),
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
        Node::Matches(of, pattern, replacement) => {
            let replacement = match replacement {
                Some(replacement) => Some(evaluate_in(replacement, scope)?),
                None => None,
            };
            matched(&evaluate_in(of, scope)?, pattern, replacement.as_deref())
        }
        Node::ReferenceKey(of, name) => Ok(evaluate_in(of, scope)?
            .iter()
            .filter_map(|item| key::of_reference(item, *name))
            .collect()),
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

fn whole_number<'v>(number: usize) -> Item<'v> {
    Item::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

fn members<'v>(of: &[Item<'v>], name: &str, scope: &Scope<'v, '_>) -> Items<'v> {
    let mut found = Vec::new();
    for element in of.iter().filter_map(Item::element) {
        element.children(name, &mut |child| found.push(Item::Element(child)));
        if found.len() > ITEMS_MAX {
            return Err(EvaluateError::TooMany);
        }
    }
    scope.spend(found.len())?;
    Ok(found)
}

/// Whether the pattern is found in the one text; with a replacement, the text with every find replaced.
fn matched<'v>(items: &[Item<'v>], pattern: &Regex, replacement: Option<&[Item<'v>]>) -> Items<'v> {
    if items.is_empty() {
        return Ok(Vec::new());
    }
    let text = optional_text(items)?;
    let Some(replacement) = replacement else {
        return Ok(vec![Item::Boolean(pattern.is_match(&text))]);
    };
    let replacement = optional_text(replacement)?;
    let replaced = pattern.replace_all(&text, &*replacement).into_owned();
    Ok(vec![Item::Text(Cow::Owned(replaced))])
}

fn binary<'v>(operator: Operator, left: &Node, right: &Node, scope: &Scope<'v, '_>) -> Items<'v> {
    let left = evaluate_in(left, scope)?;
    let right = evaluate_in(right, scope)?;
    // Looking for an item in a list takes as long as the list.
    if matches!(operator, Operator::In | Operator::Contains) {
        scope.spend(left.len().max(right.len()))?;
    }
    let answer = |value: Option<bool>| Ok(value.map(Item::Boolean).into_iter().collect());
    match operator {
        Operator::Union => Ok(distinct(left.into_iter().chain(right).collect())),
        Operator::Equivalent => answer(Some(equivalent(&left, &right))),
        Operator::NotEquivalent => answer(Some(!equivalent(&left, &right))),
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
pub(super) fn logic(operator: Operator, left: Option<bool>, right: Option<bool>) -> Option<bool> {
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
        Operator::Equivalent | Operator::NotEquivalent => None,
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

/// As `=`, but nothing is the same as nothing, order does not count, nor does the case of letters.
fn equivalent(left: &[Item<'_>], right: &[Item<'_>]) -> bool {
    let alike = |left: &Item<'_>, right: &Item<'_>| match (left.scalar(), right.scalar()) {
        (Some(Scalar::Text(left)), Some(Scalar::Text(right))) => left
            .split_whitespace()
            .map(str::to_lowercase)
            .eq(right.split_whitespace().map(str::to_lowercase)),
        (_, _) => equal(left, right),
    };
    left.len() == right.len()
        && left
            .iter()
            .all(|left| right.iter().any(|right| alike(left, right)))
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
