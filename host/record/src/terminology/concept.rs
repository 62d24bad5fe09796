//! A concept: a code with its names, and what is said about it.
//!
//! Invariant: names and properties are as the code system has them; nothing is made up.

use serde_json::{Map, Value, json};

/// One concept.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Concept {
    pub(crate) code: String,
    pub(crate) display: Option<String>,
    pub(crate) definition: Option<String>,
    /// No longer to be used.
    pub(crate) inactive: bool,
    /// Groups others and is not to be chosen itself.
    pub(crate) is_abstract: bool,
    pub(crate) designations: Vec<Designation>,
    pub(crate) properties: Vec<Property>,
}

/// A name of a concept.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Designation {
    pub(crate) language: Option<String>,
    /// A Coding.
    pub(crate) used_as: Option<Value>,
    pub(crate) value: String,
}

/// Something said about a concept.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Property {
    pub(crate) code: String,
    /// `valueCode`, `valueString` …
    pub(crate) member: String,
    pub(crate) value: Value,
}

impl Concept {
    /// A code, and a display if there is one.
    pub(crate) fn named(code: &str, display: Option<&str>) -> Self {
        Self {
            code: code.to_owned(),
            display: display.map(str::to_owned),
            ..Self::default()
        }
    }

    /// The name to show to somebody who reads a language; the display where no name is in it.
    pub(crate) fn shown(&self, language: Option<&str>) -> Option<&str> {
        let in_language = language.and_then(|language| {
            let mut names = self
                .designations
                .iter()
                .filter(|name| name.is_in(language) && !name.is_fully_specified());
            names.next().map(|name| name.value.as_str())
        });
        in_language.or(self.display.as_deref())
    }

    /// Every name, the display first.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let others = self.designations.iter().map(|name| name.value.as_str());
        self.display.as_deref().into_iter().chain(others)
    }

    /// Whether somebody means this concept by these words: case and white space do not count.
    pub(crate) fn is_named(&self, words: &str) -> bool {
        let words = fhir::search_parameter::normalised(words);
        self.names()
            .any(|name| fhir::search_parameter::normalised(name) == words)
    }

    /// The values of a property as text.
    pub(crate) fn values<'s>(&'s self, code: &'s str) -> impl Iterator<Item = String> + 's {
        self.properties
            .iter()
            .filter(move |property| property.code == code)
            .filter_map(Property::text)
    }

    /// Takes names and properties of the same concept from somewhere else.
    pub(crate) fn add(&mut self, other: &Self) {
        self.designations.extend(other.designations.iter().cloned());
        self.properties.extend(other.properties.iter().cloned());
    }
}

impl Designation {
    /// Reads a `designation` of a code system or value set.
    pub(crate) fn read(value: &Value) -> Option<Self> {
        Some(Self {
            language: value
                .get("language")
                .and_then(Value::as_str)
                .map(str::to_owned),
            used_as: value.get("use").cloned(),
            value: value.get("value")?.as_str()?.to_owned(),
        })
    }

    /// Whether it is written in a language: `en` takes `en-GB` too, not the other way round.
    pub(crate) fn is_in(&self, language: &str) -> bool {
        let own = self.language.as_deref().unwrap_or_default();
        own.eq_ignore_ascii_case(language)
            || (own.len() > language.len()
                && own.as_bytes().get(language.len()) == Some(&b'-')
                && own
                    .get(..language.len())
                    .is_some_and(|begin| begin.eq_ignore_ascii_case(language)))
    }

    fn is_fully_specified(&self) -> bool {
        let code = self.used_as.as_ref().and_then(|it| it.get("code"));
        code.and_then(Value::as_str) == Some(super::snomed::FULLY_SPECIFIED)
    }

    /// As an expansion writes it.
    pub(crate) fn written(&self) -> Value {
        let mut value = Map::new();
        if let Some(language) = &self.language {
            value.insert("language".to_owned(), json!(language));
        }
        if let Some(used_as) = &self.used_as {
            value.insert("use".to_owned(), used_as.clone());
        }
        value.insert("value".to_owned(), json!(self.value));
        Value::Object(value)
    }
}

impl Property {
    /// A property whose value is a code of its own code system, or a code without one.
    pub(crate) fn code(code: &str, value: &str) -> Self {
        Self {
            code: code.to_owned(),
            member: "valueCode".to_owned(),
            value: json!(value),
        }
    }

    /// A property whose value is a text.
    pub(crate) fn string(code: &str, value: &str) -> Self {
        Self {
            code: code.to_owned(),
            member: "valueString".to_owned(),
            value: json!(value),
        }
    }

    /// Reads a `property` of a concept.
    pub(crate) fn read(value: &Value) -> Option<Self> {
        let (member, held) = value
            .as_object()?
            .iter()
            .find(|(name, _)| name.starts_with("value"))?;
        Some(Self {
            code: value.get("code")?.as_str()?.to_owned(),
            member: member.clone(),
            value: held.clone(),
        })
    }

    /// The value as text: of a Coding its code.
    pub(crate) fn text(&self) -> Option<String> {
        match &self.value {
            Value::String(text) => Some(text.clone()),
            Value::Bool(is) => Some(is.to_string()),
            Value::Number(number) => Some(number.to_string()),
            Value::Object(coding) => coding.get("code")?.as_str().map(str::to_owned),
            Value::Null | Value::Array(_) => None,
        }
    }

    pub(crate) fn is_true(&self) -> bool {
        self.value == Value::Bool(true)
    }
}

/// The words of a name as they are looked for: lower case, without accents, split at what is neither letter nor digit.
pub(crate) fn words(text: &str) -> Vec<String> {
    fhir::search_parameter::normalised(text)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}
