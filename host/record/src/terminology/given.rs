//! A code system that is given as a FHIR resource, or that the program has by itself: all of it in memory.
//!
//! Invariant: the concepts lie by their numbers, and a concept is below another if and only if the resource says so, by
//! nesting or by the property `parent` or `child`.

use std::collections::HashMap;

use serde_json::Value;

use super::TerminologyError;
use super::concept::{Concept, Designation, Property, words};
use super::hierarchy::{self, Unnumbered};
use super::ranges::Ranges;

/// How much of a code system is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// All of it.
    Complete,
    /// A part: a code that is not found may exist all the same.
    Fragment,
    /// None, or examples only: nothing can be said about a code that is not found.
    Elsewhere,
    /// Further names and properties for another code system.
    Supplement,
}

/// One version of a code system.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub(crate) url: String,
    pub(crate) version: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) content: Content,
    pub(crate) case_sensitive: bool,
    /// Codes of the properties that the resource declares.
    pub(crate) declared: Vec<String>,
    concepts: Vec<Concept>,
    below: Vec<Ranges>,
    parents: Vec<Vec<u32>>,
    by_code: HashMap<String, u32>,
}

/// Concepts as they are nested, and who is whose parent, by places.
#[derive(Default)]
struct Draft {
    concepts: Vec<Concept>,
    pairs: Vec<(u32, u32)>,
    /// Parents and children that are named by their codes: who says so, whose code, and whether it is the parent's.
    named: Vec<(u32, String, bool)>,
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Value::as_str)
}

fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value
        .get(name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// What a code system's URIs say a property is, whatever its code.
const PROPERTIES: &str = "http://hl7.org/fhir/concept-properties#";

impl Given {
    /// Reads a CodeSystem resource.
    ///
    /// # Errors
    /// A code is there twice, a concept lies below itself, the hierarchy is too tangled.
    pub(crate) fn read(resource: &Value) -> Result<Self, TerminologyError> {
        let url = text(resource, "url").unwrap_or_default();
        let content = match text(resource, "content") {
            Some("complete") => Content::Complete,
            Some("supplement") => Content::Supplement,
            Some("fragment") => Content::Fragment,
            Some(_) | None => Content::Elsewhere,
        };
        let meaning = |code: &str| {
            let declared = list(resource, "property");
            let own = declared.iter().find(|it| text(it, "code") == Some(code));
            let uri = own.and_then(|it| text(it, "uri")).unwrap_or_default();
            uri.strip_prefix(PROPERTIES).unwrap_or(code).to_owned()
        };
        let mut draft = Draft::default();
        draft.nested(list(resource, "concept"), None, &meaning);
        let case_sensitive = resource.get("caseSensitive") != Some(&Value::Bool(false));
        let head = Self {
            url: url.to_owned(),
            version: text(resource, "version").map(str::to_owned),
            name: text(resource, "title")
                .or_else(|| text(resource, "name"))
                .map(str::to_owned),
            content,
            case_sensitive,
            declared: list(resource, "property")
                .iter()
                .filter_map(|it| text(it, "code"))
                .map(str::to_owned)
                .collect(),
            concepts: Vec::new(),
            below: Vec::new(),
            parents: Vec::new(),
            by_code: HashMap::new(),
        };
        head.with(draft)
    }

    /// Codes that the program has by itself, without names.
    pub(crate) fn built_in<'c>(url: &str, codes: impl Iterator<Item = &'c str>) -> Self {
        let concepts: Vec<Concept> = codes.map(|code| Concept::named(code, None)).collect();
        let by_code = (0..)
            .zip(&concepts)
            .map(|(n, concept)| (concept.code.clone(), n))
            .collect();
        Self {
            url: url.to_owned(),
            version: Some("4.0.1".to_owned()),
            name: None,
            content: Content::Fragment,
            case_sensitive: true,
            declared: Vec::new(),
            below: vec![Ranges::default(); concepts.len()],
            parents: vec![Vec::new(); concepts.len()],
            concepts,
            by_code,
        }
    }

    fn with(mut self, draft: Draft) -> Result<Self, TerminologyError> {
        let wrong = |what: String| TerminologyError::Definition {
            what: format!("the code system {}", self.url),
            why: what,
        };
        let mut places = HashMap::with_capacity(draft.concepts.len());
        for (place, concept) in (0u32..).zip(&draft.concepts) {
            if places
                .insert(folded(&concept.code, self.case_sensitive), place)
                .is_some()
            {
                return Err(wrong(format!("has the code `{}` twice", concept.code)));
            }
        }
        let mut pairs = draft.pairs;
        for (place, code, is_parent) in draft.named {
            if let Some(other) = places.get(&folded(&code, self.case_sensitive)) {
                pairs.push(if is_parent {
                    (place, *other)
                } else {
                    (*other, place)
                });
            }
        }
        let count = u32::try_from(draft.concepts.len()).unwrap_or(u32::MAX);
        let numbered = hierarchy::number(count, &pairs).map_err(|why| match why {
            Unnumbered::Cycle(way) => {
                let codes: Vec<&str> = way
                    .iter()
                    .take(10)
                    .filter_map(|place| draft.concepts.get(*place as usize))
                    .map(|concept| concept.code.as_str())
                    .collect();
                wrong(format!("has a concept below itself: {}", codes.join(" → ")))
            }
            Unnumbered::Tangled => wrong("has too many concepts with too many parents".to_owned()),
        })?;
        let mut drafted: Vec<Option<Concept>> = draft.concepts.into_iter().map(Some).collect();
        self.concepts = numbered
            .places
            .iter()
            .map(|place| drafted[*place as usize].take().unwrap_or_default())
            .collect();
        self.by_code = places
            .into_iter()
            .map(|(code, place)| (code, numbered.numbers[place as usize]))
            .collect();
        self.below = numbered.below;
        self.parents = numbered.parents;
        Ok(self)
    }

    /// With the further names and properties of a supplement.
    pub(crate) fn supplemented(&self, supplement: &Self) -> Self {
        let mut both = self.clone();
        for concept in &supplement.concepts {
            if let Some(own) = both
                .find(&concept.code)
                .and_then(|n| both.concepts.get_mut(n as usize))
            {
                own.add(concept);
            }
        }
        both
    }

    /// The number of a code.
    pub(crate) fn find(&self, code: &str) -> Option<u32> {
        self.by_code
            .get(&folded(code, self.case_sensitive))
            .copied()
    }

    pub(crate) fn concept(&self, n: u32) -> Option<&Concept> {
        self.concepts.get(n as usize)
    }

    pub(crate) fn all(&self) -> Ranges {
        Ranges::below(u32::try_from(self.concepts.len()).unwrap_or(u32::MAX))
    }

    /// What lies below a concept, itself left out.
    pub(crate) fn below(&self, n: u32) -> Ranges {
        self.below.get(n as usize).cloned().unwrap_or_default()
    }

    pub(crate) fn parents(&self, n: u32) -> &[u32] {
        self.parents.get(n as usize).map_or(&[], Vec::as_slice)
    }

    /// The concepts of which something holds.
    pub(crate) fn those(&self, holds: impl Fn(&Concept) -> bool) -> Ranges {
        let numbers = (0u32..)
            .zip(&self.concepts)
            .filter(|(_, concept)| holds(concept));
        Ranges::of_numbers(numbers.map(|(n, _)| n).collect())
    }

    /// The concepts one of whose names, or whose code, has words that begin with each of these.
    pub(crate) fn matching(&self, wanted: &[String]) -> Ranges {
        self.those(|concept| {
            let code = std::iter::once(concept.code.as_str());
            code.chain(concept.names()).any(|name| says(name, wanted))
        })
    }

    /// Roughly how many bytes it takes.
    pub(crate) fn weight(&self) -> usize {
        let names = |concept: &Concept| {
            let texts: usize = concept.names().map(str::len).sum();
            let definition = concept.definition.as_ref().map_or(0, String::len);
            texts + definition + 160 * (1 + concept.designations.len() + concept.properties.len())
        };
        let spans: usize = self.below.iter().map(|it| it.spans().len() * 8).sum();
        spans
            + self
                .concepts
                .iter()
                .map(|concept| names(concept) + 3 * concept.code.len() + 200)
                .sum::<usize>()
    }
}

/// Whether a name has words that begin with each of these.
pub(crate) fn says(name: &str, wanted: &[String]) -> bool {
    let own = words(name);
    wanted
        .iter()
        .all(|word| own.iter().any(|own| own.starts_with(word.as_str())))
}

fn folded(code: &str, case_sensitive: bool) -> String {
    if case_sensitive {
        code.to_owned()
    } else {
        code.to_lowercase()
    }
}

impl Draft {
    /// Takes concepts and what is nested in them; a resource is no deeper than `fhir::resource::DEPTH_MAX`.
    fn nested(
        &mut self,
        concepts: &[Value],
        parent: Option<u32>,
        meaning: &dyn Fn(&str) -> String,
    ) {
        for value in concepts {
            let Some(code) = text(value, "code") else {
                continue;
            };
            let place = u32::try_from(self.concepts.len()).unwrap_or(u32::MAX);
            if let Some(parent) = parent {
                self.pairs.push((place, parent));
            }
            let mut concept = Concept::named(code, text(value, "display"));
            concept.definition = text(value, "definition").map(str::to_owned);
            concept.designations = list(value, "designation")
                .iter()
                .filter_map(Designation::read)
                .collect();
            concept.properties = list(value, "property")
                .iter()
                .filter_map(Property::read)
                .collect();
            for property in &concept.properties {
                match (meaning(&property.code).as_str(), property.text()) {
                    ("parent" | "subsumedBy", Some(code)) => self.named.push((place, code, true)),
                    ("child", Some(code)) => self.named.push((place, code, false)),
                    ("inactive", _) => concept.inactive |= property.is_true(),
                    ("status", Some(status)) => {
                        concept.inactive |=
                            ["retired", "inactive", "withdrawn"].contains(&status.as_str());
                    }
                    ("notSelectable" | "abstract", _) => concept.is_abstract |= property.is_true(),
                    (_, Some(_) | None) => {}
                }
            }
            self.concepts.push(concept);
            self.nested(list(value, "concept"), Some(place), meaning);
        }
    }
}

#[cfg(test)]
mod tests;
