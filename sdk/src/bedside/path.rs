//! A small honest part of FHIRPath, as views use it: members, choices of types, conditions, keys and texts.
//!
//! What it does not know is refused by name; it never finds what the host would not.

use serde_json::Value;

use crate::Failure;

/// An expression, read.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Path {
    /// A text or a truth.
    Literal(Value),
    /// Steps from where one stands.
    Steps(Vec<Step>),
    /// `&`, `=`, `and`, `or`, of two.
    Two(Sign, Box<Path>, Box<Path>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Join,
    Equal,
    And,
    Or,
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    Member(String),
    OfType(String),
    First,
    Exists,
    Empty,
    Not,
    Where(Path),
    Select(Path),
    ResourceKey,
    ReferenceKey(Option<String>),
}

/// The signs, those that hold together least first.
const SIGNS: [(&str, Sign); 4] = [
    (" or ", Sign::Or),
    (" and ", Sign::And),
    (" = ", Sign::Equal),
    (" & ", Sign::Join),
];

impl Path {
    /// Reads an expression.
    ///
    /// # Errors
    /// `invalid` with the part that is not known here.
    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        let text = text.trim();
        for (word, sign) in SIGNS {
            if let Some(at) = outside(text, word) {
                let (one, other) = (&text[..at], &text[at + word.len()..]);
                let (one, other) = (Self::parse(one)?, Self::parse(other)?);
                return Ok(Self::Two(sign, Box::new(one), Box::new(other)));
            }
        }
        let quoted = text.strip_prefix('\'').and_then(|it| it.strip_suffix('\''));
        match (quoted, text) {
            (Some(literal), _) if !literal.contains(['\'', '\\']) => {
                Ok(Self::Literal(literal.into()))
            }
            (_, "true") => Ok(Self::Literal(true.into())),
            (_, "false") => Ok(Self::Literal(false.into())),
            _ => {
                let steps = parts(text).into_iter().map(step);
                Ok(Self::Steps(steps.collect::<Result<_, _>>()?))
            }
        }
    }

    /// What it finds from here.
    pub(super) fn find(&self, here: &Value) -> Vec<Value> {
        match self {
            Self::Literal(value) => vec![value.clone()],
            Self::Two(sign, one, other) => {
                let (one, other) = (one.find(here), other.find(here));
                two(*sign, &one, &other).into_iter().collect()
            }
            Self::Steps(steps) => {
                let mut found = vec![here.clone()];
                let mut steps = steps.iter().peekable();
                while let Some(step) = steps.next() {
                    found = match (step, steps.peek()) {
                        (Step::Member(name), Some(Step::OfType(of))) => {
                            steps.next();
                            let chosen = format!("{name}{}", capital(of));
                            found
                                .iter()
                                .flat_map(|it| opened(it.get(&chosen)))
                                .collect()
                        }
                        (step, _) => step.take(found),
                    };
                }
                found
            }
        }
    }
}

impl Step {
    fn take(&self, mut found: Vec<Value>) -> Vec<Value> {
        let truth = |value: bool| vec![Value::Bool(value)];
        match self {
            Self::Member(name) => found.iter().flat_map(|it| member(it, name)).collect(),
            // Only behind a member it says which; anything else is of the type that it is.
            Self::OfType(_) => Vec::new(),
            Self::First => {
                found.truncate(1);
                found
            }
            Self::Exists => truth(!found.is_empty()),
            Self::Empty => truth(found.is_empty()),
            Self::Not => match found.as_slice() {
                [Value::Bool(one)] => truth(!one),
                _ => Vec::new(),
            },
            Self::Where(condition) => {
                found.retain(|it| condition.find(it) == [Value::Bool(true)]);
                found
            }
            Self::Select(path) => found.iter().flat_map(|it| path.find(it)).collect(),
            Self::ResourceKey => {
                let key = |it: &Value| super::reference_of(it).map(Value::from);
                found.iter().filter_map(key).collect()
            }
            Self::ReferenceKey(of) => {
                let key = |it: &Value| reference_key(it, of.as_deref()).map(Value::from);
                found.iter().filter_map(key).collect()
            }
        }
    }
}

fn two(sign: Sign, one: &[Value], other: &[Value]) -> Option<Value> {
    let truth = |of: &[Value]| match of {
        [Value::Bool(value)] => Some(*value),
        _ => None,
    };
    match sign {
        Sign::Join => {
            let text = |of: &[Value]| of.first().and_then(Value::as_str).map(str::to_owned);
            let (one, other) = (text(one), text(other));
            Some(Value::from(
                one.unwrap_or_default() + &other.unwrap_or_default(),
            ))
        }
        Sign::Equal if one.is_empty() || other.is_empty() => None,
        Sign::Equal => Some(Value::Bool(one == other)),
        Sign::And => match (truth(one), truth(other)) {
            (Some(false), _) | (_, Some(false)) => Some(Value::Bool(false)),
            (Some(true), Some(true)) => Some(Value::Bool(true)),
            (_, _) => None,
        },
        Sign::Or => match (truth(one), truth(other)) {
            (Some(true), _) | (_, Some(true)) => Some(Value::Bool(true)),
            (Some(false), Some(false)) => Some(Value::Bool(false)),
            (_, _) => None,
        },
    }
}

/// What a member holds; of a choice, whichever it is.
fn member(of: &Value, name: &str) -> Vec<Value> {
    let chosen = || {
        let members = of.as_object()?.iter();
        let mut chosen = members.filter(|(key, _)| {
            let rest = key.strip_prefix(name).unwrap_or_default();
            rest.starts_with(|c: char| c.is_ascii_uppercase())
        });
        chosen.next().map(|(_, value)| value)
    };
    opened(of.get(name).or_else(chosen))
}

fn opened(value: Option<&Value>) -> Vec<Value> {
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) => items.clone(),
        Some(one) => vec![one.clone()],
    }
}

fn reference_key(reference: &Value, of: Option<&str>) -> Option<String> {
    let text = reference.get("reference")?.as_str()?;
    let text = text
        .split_once("/_history/")
        .map_or(text, |(before, _)| before);
    let mut parts = text.rsplit('/');
    let (id, name) = (parts.next()?, parts.next()?);
    of.is_none_or(|of| of == name)
        .then(|| format!("{name}/{id}"))
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

fn step(text: &str) -> Result<Step, Failure> {
    let unknown = || {
        Failure::invalid(format!(
            "the bedside does not know `{text}` in a path; write its rows with `Bedside::rows`"
        ))
    };
    let Some((name, rest)) = text.split_once('(') else {
        let is_name = !text.is_empty() && text.bytes().all(|it| it.is_ascii_alphanumeric());
        return match is_name {
            true => Ok(Step::Member(text.to_owned())),
            false => Err(unknown()),
        };
    };
    let inside = rest.strip_suffix(')').ok_or_else(unknown)?.trim();
    match (name, inside) {
        ("first", "") => Ok(Step::First),
        ("exists", "") => Ok(Step::Exists),
        ("empty", "") => Ok(Step::Empty),
        ("not", "") => Ok(Step::Not),
        ("getResourceKey", "") => Ok(Step::ResourceKey),
        ("getReferenceKey", "") => Ok(Step::ReferenceKey(None)),
        ("getReferenceKey", of) => Ok(Step::ReferenceKey(Some(of.to_owned()))),
        ("ofType", of) if !of.is_empty() => Ok(Step::OfType(of.to_owned())),
        ("where", condition) => Ok(Step::Where(Path::parse(condition)?)),
        ("select", path) => Ok(Step::Select(Path::parse(path)?)),
        _ => Err(unknown()),
    }
}

/// The places of a text that are outside of its parentheses and quotation marks.
fn open_places(text: &str) -> impl Iterator<Item = usize> {
    let (mut depth, mut is_quoted) = (0_i32, false);
    text.bytes().enumerate().filter_map(move |(at, byte)| {
        let is_open = depth == 0 && !is_quoted;
        match byte {
            b'\'' => is_quoted = !is_quoted,
            b'(' if !is_quoted => depth += 1,
            b')' if !is_quoted => depth -= 1,
            _ => {}
        }
        is_open.then_some(at)
    })
}

fn outside(text: &str, word: &str) -> Option<usize> {
    open_places(text).find(|at| text.get(*at..).is_some_and(|rest| rest.starts_with(word)))
}

/// The steps of a path, apart at its dots.
fn parts(text: &str) -> Vec<&str> {
    let dots = open_places(text).filter(|at| text.as_bytes().get(*at) == Some(&b'.'));
    let mut start = 0;
    let mut parts = Vec::new();
    for at in dots {
        parts.push(text[start..at].trim());
        start = at + 1;
    }
    parts.push(text[start..].trim());
    parts
}
