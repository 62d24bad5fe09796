//! The functions that paths may call.
//!
//! Invariant: a function that is listed is done as FHIRPath says; any other is refused when the path is compiled.

mod boundary;
pub(super) mod key;
mod list;
mod text;

use serde_json::Value;

use super::EvaluateError;
use super::evaluate::{Scope, evaluate_in, truth};
use super::item::{Element, Item, Scalar};
use super::syntax::Node;
use crate::narrative;
use crate::reference;

pub(super) use list::distinct;

/// A function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    All,
    AllFalse,
    AllTrue,
    AnyFalse,
    AnyTrue,
    Children,
    Combine,
    Contains,
    Count,
    Descendants,
    Distinct,
    Empty,
    EndsWith,
    Exclude,
    Exists,
    Extension,
    First,
    GetResourceKey,
    HasValue,
    HighBoundary,
    HtmlChecks,
    Iif,
    IndexOf,
    Intersect,
    IsDistinct,
    Join,
    Last,
    Length,
    LowBoundary,
    Lower,
    Not,
    Replace,
    Resolve,
    Select,
    Single,
    Skip,
    StartsWith,
    SubsetOf,
    Substring,
    SupersetOf,
    Tail,
    Take,
    ToDecimal,
    ToInteger,
    ToString,
    Trace,
    Union,
    Upper,
    Where,
}

/// Name, function, fewest and most arguments.
const FUNCTIONS: [(&str, Function, usize, usize); 49] = [
    ("all", Function::All, 1, 1),
    ("allFalse", Function::AllFalse, 0, 0),
    ("allTrue", Function::AllTrue, 0, 0),
    ("anyFalse", Function::AnyFalse, 0, 0),
    ("anyTrue", Function::AnyTrue, 0, 0),
    ("children", Function::Children, 0, 0),
    ("combine", Function::Combine, 1, 1),
    ("contains", Function::Contains, 1, 1),
    ("count", Function::Count, 0, 0),
    ("descendants", Function::Descendants, 0, 0),
    ("distinct", Function::Distinct, 0, 0),
    ("empty", Function::Empty, 0, 0),
    ("endsWith", Function::EndsWith, 1, 1),
    ("exclude", Function::Exclude, 1, 1),
    ("exists", Function::Exists, 0, 1),
    ("extension", Function::Extension, 1, 1),
    ("first", Function::First, 0, 0),
    ("getResourceKey", Function::GetResourceKey, 0, 0),
    ("hasValue", Function::HasValue, 0, 0),
    ("highBoundary", Function::HighBoundary, 0, 1),
    ("htmlChecks", Function::HtmlChecks, 0, 0),
    ("iif", Function::Iif, 2, 3),
    ("indexOf", Function::IndexOf, 1, 1),
    ("intersect", Function::Intersect, 1, 1),
    ("isDistinct", Function::IsDistinct, 0, 0),
    ("join", Function::Join, 0, 1),
    ("last", Function::Last, 0, 0),
    ("length", Function::Length, 0, 0),
    ("lowBoundary", Function::LowBoundary, 0, 1),
    ("lower", Function::Lower, 0, 0),
    ("not", Function::Not, 0, 0),
    ("replace", Function::Replace, 2, 2),
    ("resolve", Function::Resolve, 0, 0),
    ("select", Function::Select, 1, 1),
    ("single", Function::Single, 0, 0),
    ("skip", Function::Skip, 1, 1),
    ("startsWith", Function::StartsWith, 1, 1),
    ("subsetOf", Function::SubsetOf, 1, 1),
    ("substring", Function::Substring, 1, 2),
    ("supersetOf", Function::SupersetOf, 1, 1),
    ("tail", Function::Tail, 0, 0),
    ("take", Function::Take, 1, 1),
    ("toDecimal", Function::ToDecimal, 0, 0),
    ("toInteger", Function::ToInteger, 0, 0),
    ("toString", Function::ToString, 0, 0),
    ("trace", Function::Trace, 1, 2),
    ("union", Function::Union, 1, 1),
    ("upper", Function::Upper, 0, 0),
    ("where", Function::Where, 1, 1),
];
/// The function of that name.
pub(super) fn named(name: &str) -> Option<Function> {
    FUNCTIONS.iter().find(|row| row.0 == name).map(|row| row.1)
}

impl Function {
    /// Fewest and most arguments.
    pub(super) fn arguments(self) -> (usize, usize) {
        FUNCTIONS
            .iter()
            .find(|row| row.1 == self)
            .map_or((0, 0), |row| (row.2, row.3))
    }

    fn name(self) -> &'static str {
        FUNCTIONS
            .iter()
            .find(|row| row.1 == self)
            .map_or("", |row| row.0)
    }
}

type Items<'v> = Result<Vec<Item<'v>>, EvaluateError>;

/// Calls the function on what the step before it yielded.
pub(super) fn call<'v>(
    function: Function,
    input: Vec<Item<'v>>,
    arguments: &[Node],
    scope: &Scope<'v, '_>,
) -> Items<'v> {
    scope.spend(input.len())?;
    let argument = || first(arguments, scope);
    match function {
        Function::Where => list::filtered(input, arguments, scope),
        Function::Select => list::selected(input, arguments, scope),
        Function::First => Ok(input.into_iter().take(1).collect()),
        Function::Last => Ok(input.into_iter().last().into_iter().collect()),
        Function::Tail => Ok(input.into_iter().skip(1).collect()),
        Function::Single if input.len() > 1 => Err(EvaluateError::Several("single")),
        Function::Single | Function::Trace => Ok(input),
        Function::Skip => Ok(input
            .into_iter()
            .skip(count(argument()?, "skip")?)
            .collect()),
        Function::Take => Ok(input
            .into_iter()
            .take(count(argument()?, "take")?)
            .collect()),
        Function::Distinct => Ok(distinct(input)),
        Function::Union => Ok(distinct(input.into_iter().chain(argument()?).collect())),
        Function::Combine => Ok(input.into_iter().chain(argument()?).collect()),
        Function::Intersect => Ok(list::also_in(distinct(input), &argument()?, true)),
        Function::Exclude => Ok(list::also_in(input, &argument()?, false)),
        Function::Iif => iif(arguments, &scope.on(&input)),
        Function::Children => list::children(&input),
        Function::Descendants => {
            let found = list::descendants(input)?;
            scope.spend(found.len())?;
            Ok(found)
        }
        Function::Extension => extensions(&input, argument()?),
        Function::Resolve => Ok(input
            .iter()
            .filter_map(|item| resolved(item, scope.whole.root))
            .collect()),
        Function::HtmlChecks => Ok(html(&input)),
        Function::StartsWith | Function::EndsWith | Function::Contains | Function::IndexOf => {
            text::part(&input, argument()?, function)
        }
        Function::Lower | Function::Upper | Function::Length => text::changed(&input, function),
        Function::ToInteger | Function::ToDecimal | Function::ToString => {
            text::converted(&input, function)
        }
        Function::Substring | Function::Replace => text::cut(&input, arguments, scope, function),
        Function::Join => text::joined(&input, argument()?),
        Function::GetResourceKey => Ok(input.iter().filter_map(key::of_resource).collect()),
        Function::LowBoundary | Function::HighBoundary => {
            boundary::of(&input, argument()?, function)
        }
        Function::All | Function::AllFalse | Function::AllTrue | Function::AnyFalse => {
            judged(function, input, arguments, scope)
        }
        Function::AnyTrue | Function::Count | Function::Empty | Function::Exists => {
            judged(function, input, arguments, scope)
        }
        Function::HasValue | Function::IsDistinct | Function::Not => {
            judged(function, input, arguments, scope)
        }
        Function::SubsetOf | Function::SupersetOf => judged(function, input, arguments, scope),
    }
}

/// What the first argument yields; nothing where there is none.
fn first<'v>(arguments: &[Node], scope: &Scope<'v, '_>) -> Items<'v> {
    arguments
        .first()
        .map_or(Ok(Vec::new()), |argument| evaluate_in(argument, scope))
}

/// Functions that say something about a whole list.
fn judged<'v>(
    function: Function,
    input: Vec<Item<'v>>,
    arguments: &[Node],
    scope: &Scope<'v, '_>,
) -> Items<'v> {
    let argument = || first(arguments, scope);
    let whole = input.len();
    let holds = match function {
        Function::Exists => !list::filtered(input, arguments, scope)?.is_empty(),
        Function::Empty => whole == 0,
        Function::All => list::filtered(input, arguments, scope)?.len() == whole,
        Function::AllTrue => !list::any(&input, false),
        Function::AllFalse => !list::any(&input, true),
        Function::AnyTrue => list::any(&input, true),
        Function::AnyFalse => list::any(&input, false),
        Function::IsDistinct => distinct(input).len() == whole,
        Function::SubsetOf => list::also_in(input, &argument()?, true).len() == whole,
        Function::SupersetOf => {
            let argument = argument()?;
            let wanted = argument.len();
            list::also_in(argument, &input, true).len() == wanted
        }
        Function::HasValue => matches!(input.as_slice(), [item] if item.scalar().is_some()),
        Function::Not => match truth(&input, "not")? {
            Some(value) => !value,
            None => return Ok(Vec::new()),
        },
        Function::Count => {
            let count = i64::try_from(whole).unwrap_or(i64::MAX);
            return Ok(vec![Item::Integer(count)]);
        }
        // These are about items, and `call` does them itself.
        Function::Children
        | Function::Combine
        | Function::Contains
        | Function::Descendants
        | Function::Distinct => return Ok(input),
        Function::EndsWith
        | Function::Exclude
        | Function::Extension
        | Function::First
        | Function::HtmlChecks => return Ok(input),
        Function::Iif
        | Function::IndexOf
        | Function::Intersect
        | Function::Last
        | Function::Length => return Ok(input),
        Function::Lower
        | Function::Replace
        | Function::Resolve
        | Function::Select
        | Function::Single => return Ok(input),
        Function::Skip
        | Function::StartsWith
        | Function::Substring
        | Function::Tail
        | Function::Take => return Ok(input),
        Function::ToDecimal
        | Function::ToInteger
        | Function::ToString
        | Function::Trace
        | Function::Union => return Ok(input),
        Function::GetResourceKey | Function::HighBoundary | Function::LowBoundary => {
            return Ok(input);
        }
        Function::Upper | Function::Where | Function::Join => return Ok(input),
    };
    Ok(vec![Item::Boolean(holds)])
}

/// Whether a narrative holds only what it may.
fn html<'v>(input: &[Item<'v>]) -> Vec<Item<'v>> {
    let texts = input
        .iter()
        .filter_map(|item| item.element()?.value.as_str());
    let sound = texts.map(|text| narrative::problem(text).is_none());
    sound.map(Item::Boolean).take(1).collect()
}

fn iif<'v>(arguments: &[Node], scope: &Scope<'v, '_>) -> Items<'v> {
    let condition = arguments
        .first()
        .map_or(Ok(Vec::new()), |condition| evaluate_in(condition, scope))?;
    let branch = if truth(&condition, "iif")? == Some(true) {
        arguments.get(1)
    } else {
        arguments.get(2)
    };
    branch.map_or(Ok(Vec::new()), |branch| evaluate_in(branch, scope))
}

fn extensions<'v>(input: &[Item<'v>], url: Vec<Item<'v>>) -> Items<'v> {
    let Some(url) = text::one(&url, Function::Extension)? else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for element in input.iter().filter_map(Item::element) {
        element.children("extension", &mut |extension: Element<'v>| {
            if extension.value.get("url").and_then(Value::as_str) == Some(&*url) {
                found.push(Item::Element(extension));
            }
        });
    }
    Ok(found)
}

/// What a reference refers to: a contained resource itself, otherwise what its text and `type` tell.
fn resolved<'v>(item: &Item<'v>, root: &'v Value) -> Option<Item<'v>> {
    let element = item.element()?;
    let reference = match element.value {
        Value::String(text) => text.as_str(),
        Value::Object(object) => object.get("reference")?.as_str()?,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => return None,
    };
    if let Some(id) = reference.strip_prefix('#') {
        let contained = root.get("contained")?.as_array()?;
        let found = contained
            .iter()
            .find(|inner| inner.get("id").and_then(Value::as_str) == Some(id))?;
        return Element::of_any_resource(found).map(Item::Element);
    }
    let said = element
        .value
        .get("type")
        .and_then(Value::as_str)
        .and_then(|name| name.parse().ok());
    Some(Item::Resolved {
        resource_type: reference::type_of(reference).or(said),
        reference,
    })
}

fn count(items: Vec<Item<'_>>, name: &'static str) -> Result<usize, EvaluateError> {
    match items.as_slice() {
        [item] => match item.scalar() {
            Some(Scalar::Integer(count)) => Ok(usize::try_from(count.max(0)).unwrap_or(usize::MAX)),
            Some(Scalar::Boolean(_) | Scalar::Decimal(_) | Scalar::Text(_)) | None => {
                Err(EvaluateError::Type(name))
            }
        },
        [] => Err(EvaluateError::Type(name)),
        _ => Err(EvaluateError::Several(name)),
    }
}
