//! Parameters that were added here: read from SearchParameter resources, and known beside those of R4.
//!
//! Invariant: a number stands for one parameter as it was when it was added; what R4 defines is never defined again.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::sync::{LazyLock, PoisonError, RwLock};

use serde_json::Value;

use super::{Kept, Kind, ParameterCode, SearchParameter, find, of, table};
use crate::outcome::{Issue, IssueType};
use crate::path::Expression;
use crate::resource::{ResourceType, shortened};

/// The first number of parameters that were added; R4's are below.
pub const FIRST: u32 = 0x4000_0000;
/// How long a code may be, in characters.
pub const CODE_CHARS_MAX: usize = 64;
/// How long an expression may be, in bytes.
pub const EXPRESSION_BYTES_MAX: usize = 4_096;
/// Names that have a meaning of their own for every type, or mean nothing that an expression could say.
const RESERVED: [&str; 2] = ["phonetic", "near"];
static INTERNED: LazyLock<RwLock<HashMap<u32, &'static SearchParameter>>> =
    LazyLock::new(RwLock::default);

/// What a SearchParameter resource says, for one of its types.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Definition {
    /// The type that is found.
    pub resource_type: ResourceType,
    /// As written in a search.
    pub name: String,
    /// What it compares.
    pub kind: Kind,
    /// What it reads.
    pub expression: String,
    /// For references, the types that may be referred to, in order; empty otherwise.
    pub targets: Vec<ResourceType>,
}

/// What searches may name: the parameters of R4, and those that were added.
#[derive(Clone, Debug, Default)]
pub struct Known {
    by_type: BTreeMap<ResourceType, Vec<Added>>,
}

#[derive(Clone, Copy, Debug)]
struct Added {
    parameter: &'static SearchParameter,
    is_whole: bool,
}

impl Known {
    /// Takes in a parameter; `is_whole` once everything is indexed by it.
    pub fn add(&mut self, parameter: &'static SearchParameter, is_whole: bool) {
        let of_type = self.by_type.entry(parameter.resource_type).or_default();
        of_type.push(Added {
            parameter,
            is_whole,
        });
    }

    /// Whether nothing was added.
    pub fn is_of_r4(&self) -> bool {
        self.by_type.is_empty()
    }

    /// The parameter of that name, also while it is not whole yet.
    pub fn find(
        &self,
        resource_type: ResourceType,
        name: &str,
    ) -> Option<&'static SearchParameter> {
        find(resource_type, name).or_else(|| {
            let mut added = self.added_to(resource_type);
            added
                .find(|it| it.parameter.name == name)
                .map(|it| it.parameter)
        })
    }

    /// Every parameter of the type that can be searched by now.
    pub fn of(
        &self,
        resource_type: ResourceType,
    ) -> impl Iterator<Item = &'static SearchParameter> {
        let whole = self.added_to(resource_type).filter(|it| it.is_whole);
        of(resource_type).chain(whole.map(|it| it.parameter))
    }

    fn added_to(&self, resource_type: ResourceType) -> impl Iterator<Item = &Added> {
        self.by_type.get(&resource_type).into_iter().flatten()
    }
}

impl Definition {
    /// What a resource says, once for each of its types.
    ///
    /// # Errors
    /// What keeps it from being searched by, each with its place.
    pub fn read(resource: &Value) -> Result<Vec<Self>, Vec<Issue>> {
        let text = |name: &str| resource.get(name).and_then(Value::as_str);
        let mut issues = Vec::new();
        let name = text("code").unwrap_or_default();
        issues.extend(wrong_code(name));
        let kind = kind(text("type").unwrap_or_default()).map_err(|issue| issues.push(issue));
        let expression = text("expression").unwrap_or_default();
        issues.extend(wrong_expression(expression));
        let bases = types(resource, "base").map_err(|mut wrong| issues.append(&mut wrong));
        let targets = types(resource, "target").map_err(|mut wrong| issues.append(&mut wrong));
        let (Ok(kind), Ok(bases), Ok(mut targets)) = (kind, bases, targets) else {
            return Err(issues);
        };
        match (kind, targets.is_empty()) {
            (Kind::Reference, true) => issues.push(wrong(
                IssueType::Required,
                "target",
                "a reference leads somewhere: name every type that it may lead to",
            )),
            (Kind::Reference, false) => {}
            (_, _) => targets.clear(),
        }
        for (at, base) in bases.iter().enumerate() {
            issues.extend(wrong_base(*base, at, kind, name));
            if bases[..at].contains(base) {
                let place = format!("base[{at}]");
                issues.push(wrong(
                    IssueType::Duplicate,
                    &place,
                    "the type is named twice",
                ));
            }
        }
        if bases.is_empty() {
            let details = "name the types that are found by it";
            issues.push(wrong(IssueType::Required, "base", details));
        }
        if !issues.is_empty() {
            return Err(issues);
        }
        targets.sort_unstable();
        targets.dedup();
        let each = bases.into_iter().map(|resource_type| Self {
            resource_type,
            name: name.to_owned(),
            kind,
            expression: expression.to_owned(),
            targets: targets.clone(),
        });
        Ok(each.collect())
    }

    /// The parameter under a number, which stays as long as the program runs. `None`: the number is R4's, or the
    /// expression is none.
    pub fn under(&self, number: u32) -> Option<&'static SearchParameter> {
        let code = ParameterCode(number);
        if !code.is_added() {
            return None;
        }
        if let Some(known) = by_code(code).filter(|known| self.is(known)) {
            return Some(known);
        }
        let expression = Expression::parse(&self.expression).ok()?;
        let starts = expression.starts().unwrap_or_default();
        let parameter: &'static SearchParameter = Box::leak(Box::new(SearchParameter {
            code,
            resource_type: self.resource_type,
            name: String::leak(self.name.clone()),
            kind: self.kind,
            kept: Kept::Index,
            targets: self.targets.as_slice().into(),
            expression: Some(expression),
            components: Box::default(),
            starts,
        }));
        let mut interned = INTERNED.write().unwrap_or_else(PoisonError::into_inner);
        interned.insert(number, parameter);
        Some(parameter)
    }

    fn is(&self, known: &SearchParameter) -> bool {
        let expression = known.expression.as_ref().map(Expression::text);
        known.resource_type == self.resource_type
            && known.name == self.name
            && known.kind == self.kind
            && *known.targets == *self.targets
            && expression == Some(self.expression.as_str())
    }
}

/// The added parameter of that number.
pub(super) fn by_code(code: ParameterCode) -> Option<&'static SearchParameter> {
    let interned = INTERNED.read().unwrap_or_else(PoisonError::into_inner);
    interned.get(&code.0).copied()
}

fn wrong(code: IssueType, place: &str, details: impl Into<String>) -> Issue {
    Issue::error_at(code, format!("SearchParameter.{place}"), details)
}

fn wrong_code(name: &str) -> Option<Issue> {
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && name.len() <= CODE_CHARS_MAX;
    if !is_name {
        let details = format!(
            "`{}` cannot be written in a search: begin with a letter, go on with letters, digits and `-`, at most {CODE_CHARS_MAX} characters",
            shortened(name)
        );
        return Some(wrong(IssueType::Value, "code", details));
    }
    RESERVED.contains(&name).then(|| {
        let details = format!("`{name}` has a meaning of its own: choose another code");
        wrong(IssueType::Value, "code", details)
    })
}

fn kind(word: &str) -> Result<Kind, Issue> {
    match table::kind_named(word) {
        Some(kind @ (Kind::Composite | Kind::Special)) => {
            let details = format!(
                "parameters of type {} cannot be added: add one for each part",
                kind.as_str()
            );
            Err(wrong(IssueType::NotSupported, "type", details))
        }
        Some(kind) => Ok(kind),
        None => {
            let details =
                "write number, date, string, token, reference, quantity or uri".to_owned();
            Err(wrong(IssueType::CodeInvalid, "type", details))
        }
    }
}

fn wrong_expression(expression: &str) -> Option<Issue> {
    let details = if expression.is_empty() {
        "say what it reads, as a FHIRPath expression".to_owned()
    } else if expression.len() > EXPRESSION_BYTES_MAX {
        format!("an expression has at most {EXPRESSION_BYTES_MAX} bytes: write it shorter")
    } else {
        let why = Expression::parse(expression).err()?;
        format!("this expression cannot be used here: {why}")
    };
    Some(wrong(IssueType::NotSupported, "expression", details))
}

fn wrong_base(base: ResourceType, at: usize, kind: Kind, name: &str) -> Option<Issue> {
    let place = format!("base[{at}]");
    if let Some(theirs) = find(base, name) {
        let details = format!(
            "R4 defines `{name}` of {base} already, as a {}: choose another code",
            theirs.kind.as_str()
        );
        return Some(wrong(IssueType::Duplicate, "code", details));
    }
    (base == ResourceType::BUNDLE && kind == Kind::Reference).then(|| {
        let details = "references of a Bundle are to its own entries: no search follows them";
        wrong(IssueType::NotSupported, &place, details)
    })
}

/// The types that a member names.
fn types(resource: &Value, member: &str) -> Result<Vec<ResourceType>, Vec<Issue>> {
    let names = resource.get(member).and_then(Value::as_array);
    let (mut types, mut issues) = (Vec::new(), Vec::new());
    for (at, name) in names.into_iter().flatten().enumerate() {
        let name = name.as_str().unwrap_or_default();
        match name.parse::<ResourceType>() {
            Ok(named) => types.push(named),
            Err(why) => {
                let details = format!("{why}: name each type by itself");
                let place = format!("{member}[{at}]");
                issues.push(wrong(IssueType::CodeInvalid, &place, details));
            }
        }
    }
    if issues.is_empty() {
        Ok(types)
    } else {
        Err(issues)
    }
}
