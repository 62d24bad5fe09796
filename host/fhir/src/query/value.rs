//! One value of a search, by the kind of its parameter.
//!
//! Invariant: a value that is accepted can be compared; the problem of one that is not says what to write.

use super::{Comparison, Condition, Modifier, System, place};
use crate::date::{self, EARLIEST_MS, Form, LATEST_MS};
use crate::reference::{self, Target};
use crate::resource::{Id, Key, ResourceType};
use crate::search_parameter::{self, Kind, SearchParameter, normalised};

/// Splits at a character that is not escaped by a backslash. The parts keep their escapes.
pub(super) fn split(text: &str, at: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut escaped = false;
    for c in text.chars() {
        if c == at && !escaped {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(c);
        }
        escaped = c == '\\' && !escaped;
    }
    parts
}

/// Without the backslashes before `\`, `,`, `|` and `$`.
pub(super) fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        let escaped = (c == '\\')
            .then(|| letters.next_if(|next| matches!(next, '\\' | ',' | '|' | '$')))
            .flatten();
        plain.push(escaped.unwrap_or(c));
    }
    plain
}

/// Reads one value, its escapes still in it.
pub(super) fn condition(
    parameter: &SearchParameter,
    modifier: Option<Modifier>,
    target: Option<ResourceType>,
    value: &str,
) -> Result<Condition, String> {
    match modifier {
        Some(Modifier::Text) => return text(value),
        Some(Modifier::Identifier) => return token(value),
        Some(Modifier::OfType) => return of_type(value),
        Some(Modifier::In | Modifier::NotIn) => return Ok(Condition::Uri(unescaped(value))),
        Some(
            Modifier::Missing
            | Modifier::Exact
            | Modifier::Contains
            | Modifier::Not
            | Modifier::Above
            | Modifier::Below
            | Modifier::Whole
            | Modifier::Ends,
        )
        | None => {}
    }
    match parameter.kind {
        Kind::Token if parameter.name == "_id" => {
            let id: Id = value.parse().map_err(|error| format!("{error}"))?;
            Ok(Condition::Token {
                system: System::Any,
                code: Some(id.as_str().to_owned()),
            })
        }
        Kind::Token => token(value),
        Kind::String => match parameter.name {
            "_text" | "_content" => words(value),
            "phonetic" => sound(value),
            _ => text(value),
        },
        Kind::Date => date(value),
        Kind::Number => {
            let (comparison, low, high) = number(value)?;
            Ok(Condition::Number {
                comparison,
                low,
                high,
            })
        }
        Kind::Quantity => quantity(value),
        Kind::Reference => reference(parameter, target, &unescaped(value)),
        Kind::Uri => Ok(Condition::Uri(unescaped(value))),
        Kind::Composite => composite(parameter, value),
        Kind::Special => {
            let parts: Vec<String> = split(value, '|')
                .iter()
                .map(|part| unescaped(part))
                .collect();
            place::near(&parts)
        }
    }
}

/// The parts of a composite, between dollars.
fn composite(parameter: &SearchParameter, value: &str) -> Result<Condition, String> {
    let parts = split(value, '$');
    let names = || {
        let names: Vec<&str> = parameter.components.iter().map(|part| part.name).collect();
        format!("write its parts with `$` between them: {}", names.join("$"))
    };
    if parts.len() != parameter.components.len() {
        return Err(names());
    }
    let part = |(part, component): (&String, &search_parameter::Component)| {
        let compared = parameter.part(component).ok_or_else(names)?;
        if part.trim().is_empty() {
            return Err(format!(
                "the part `{}` is empty; {}",
                component.name,
                names()
            ));
        }
        condition(compared, None, None, part.trim())
            .map_err(|problem| format!("the part `{}`: {problem}", component.name))
    };
    let parts = parts.iter().zip(&parameter.components).map(part);
    Ok(Condition::Composite(parts.collect::<Result<_, _>>()?))
}

/// `system|code|value`
fn of_type(value: &str) -> Result<Condition, String> {
    let parts: Vec<String> = split(value, '|')
        .iter()
        .map(|part| unescaped(part))
        .collect();
    match parts.as_slice() {
        [system, code, value] if !code.is_empty() && !value.is_empty() => Ok(Condition::OfType {
            system: system.clone(),
            code: code.clone(),
            value: value.clone(),
        }),
        _ => Err(
            "write the type's system, the type's code and the identifier: `system|code|value`"
                .to_owned(),
        ),
    }
}

fn words(value: &str) -> Result<Condition, String> {
    let folded = normalised(&unescaped(value));
    let words: Vec<String> = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    if words.is_empty() {
        return Err("write one or several words".to_owned());
    }
    Ok(Condition::Words(words))
}

fn sound(value: &str) -> Result<Condition, String> {
    let written = unescaped(value);
    match search_parameter::sounds(&written).as_slice() {
        [sound] => Ok(Condition::Text {
            normalised: sound.clone(),
            written,
        }),
        _ => Err("write one name, in letters".to_owned()),
    }
}

fn text(value: &str) -> Result<Condition, String> {
    let written = unescaped(value);
    let normalised = normalised(&written);
    if normalised.is_empty() {
        return Err("the text is empty".to_owned());
    }
    Ok(Condition::Text {
        normalised,
        written,
    })
}

fn token(value: &str) -> Result<Condition, String> {
    let parts: Vec<String> = split(value, '|')
        .iter()
        .map(|part| unescaped(part))
        .collect();
    let (system, code) = match parts.as_slice() {
        [code] => (System::Any, code),
        [system, code] if system.is_empty() => (System::Absent, code),
        [system, code] => (System::Is(system.clone()), code),
        _ => {
            return Err(
                "write `code` or `system|code`; a `|` within one is written `\\|`".to_owned(),
            );
        }
    };
    let code = (!code.is_empty()).then(|| code.clone());
    match (&system, &code) {
        (System::Any | System::Absent, None) => {
            Err("write `code`, `system|code` or `system|`".to_owned())
        }
        (System::Is(_), _) | (_, Some(_)) => Ok(Condition::Token { system, code }),
    }
}

const PREFIXES: [(&str, Comparison); 9] = [
    ("eq", Comparison::Equal),
    ("ne", Comparison::NotEqual),
    ("gt", Comparison::Greater),
    ("lt", Comparison::Less),
    ("ge", Comparison::GreaterOrEqual),
    ("le", Comparison::LessOrEqual),
    ("sa", Comparison::StartsAfter),
    ("eb", Comparison::EndsBefore),
    ("ap", Comparison::Approximate),
];

fn cut_prefix(value: &str) -> Result<(Comparison, &str), String> {
    if let Some((prefix, comparison)) = PREFIXES
        .iter()
        .find(|(prefix, _)| value.starts_with(prefix))
    {
        return Ok((*comparison, &value[prefix.len()..]));
    }
    if value.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '+') {
        return Ok((Comparison::Equal, value));
    }
    Err(
        "begin with a digit, or with one of eq, ne, gt, lt, ge, le, sa, eb, ap and then a digit"
            .to_owned(),
    )
}

fn date(value: &str) -> Result<Condition, String> {
    let (comparison, rest) = cut_prefix(value)?;
    // In a query string that was not encoded, the plus of a zone arrives as a space.
    let rest = rest.replace(' ', "+");
    let span = date::parse(&rest, Form::Search).map_err(|error| error.to_string())?;
    let (mut low_ms, mut high_ms) = (span.low_ms, span.high_ms);
    if comparison == Comparison::Approximate {
        let length_ms = high_ms - low_ms;
        low_ms = (low_ms - length_ms).max(EARLIEST_MS);
        high_ms = (high_ms + length_ms).min(LATEST_MS);
    }
    Ok(Condition::Date {
        comparison,
        low_ms,
        high_ms,
    })
}

/// The comparison, and what the digits written may mean: `100` lies between 99.5 and 100.5, `1e2` between 50 and 150.
fn number(value: &str) -> Result<(Comparison, f64, f64), String> {
    let (comparison, digits) = cut_prefix(value)?;
    let advice = || "write a number such as 5.4, -3 or 1e-3".to_owned();
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| advice())?),
        None => (digits, 0),
    };
    let unsigned = mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa);
    let (whole, fraction) = unsigned
        .split_once('.')
        .map_or((unsigned, None), |(w, f)| (w, Some(f)));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !is_digits(whole)
        || fraction.is_some_and(|fraction| !is_digits(fraction))
        || exponent.abs() > 300
    {
        return Err(advice());
    }
    let exact: f64 = digits.parse().map_err(|_| advice())?;
    if !exact.is_finite() {
        return Err("the number is too large".to_owned());
    }
    let decimals = i32::try_from(fraction.map_or(0, str::len)).unwrap_or(i32::MAX);
    let half = 0.5 * 10_f64.powi(exponent.saturating_sub(decimals).clamp(-320, 308));
    Ok(match comparison {
        Comparison::Equal | Comparison::NotEqual => (comparison, exact - half, exact + half),
        Comparison::Approximate => {
            let wide = (exact.abs() / 10.0).max(half);
            (comparison, exact - wide, exact + wide)
        }
        Comparison::Greater
        | Comparison::Less
        | Comparison::GreaterOrEqual
        | Comparison::LessOrEqual => (comparison, exact, exact),
        Comparison::StartsAfter | Comparison::EndsBefore => (comparison, exact, exact),
    })
}

/// `5.4`, `5.4|system|code` or `5.4||code`
fn quantity(value: &str) -> Result<Condition, String> {
    let parts = split(value, '|');
    let (amount, system, code) = match parts.as_slice() {
        [amount] => (amount, "", ""),
        [amount, system, code] => (amount, system.as_str(), code.as_str()),
        _ => return Err("write `5.4`, `5.4|http://unitsofmeasure.org|mg` or `5.4||mg`".to_owned()),
    };
    let (comparison, low, high) = number(amount)?;
    let given = |part: &str| (!part.is_empty()).then(|| unescaped(part));
    let (system, code) = (given(system), given(code));
    if system.is_some() && code.is_none() {
        return Err("a system needs a code: write `5.4|http://unitsofmeasure.org|mg`".to_owned());
    }
    Ok(Condition::Quantity {
        comparison,
        low,
        high,
        system,
        code,
    })
}

fn reference(
    parameter: &SearchParameter,
    target: Option<ResourceType>,
    value: &str,
) -> Result<Condition, String> {
    let text = value.to_owned();
    if let Ok(id) = value.parse::<Id>() {
        let types = target
            .as_ref()
            .map_or(&*parameter.targets, std::slice::from_ref);
        let keys = types
            .iter()
            .map(|t| Key {
                resource_type: *t,
                id: id.clone(),
            })
            .collect();
        return Ok(Condition::Reference { keys, text });
    }
    match reference::parse(value) {
        Target::Local { key, version: _ } => {
            let allowed = target.map_or_else(
                || parameter.targets.contains(&key.resource_type),
                |t| t == key.resource_type,
            );
            if !allowed {
                return Err(format!("this never refers to {}", key.resource_type));
            }
            Ok(Condition::Reference {
                keys: vec![key],
                text,
            })
        }
        Target::Urn(_) | Target::Absolute(_) if target.is_none() => Ok(Condition::Reference {
            keys: Vec::new(),
            text,
        }),
        Target::Urn(_) | Target::Absolute(_) => {
            Err("with a type, write an id or for example `Patient/1`".to_owned())
        }
        Target::Contained(_) | Target::Conditional { .. } | Target::Other(_) => {
            Err("write an id, `Patient/1` or a whole URL".to_owned())
        }
    }
}
