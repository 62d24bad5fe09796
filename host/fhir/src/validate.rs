//! Whether a resource is what R4 says it is (its elements, how often they occur, the form of their values, the codes that
//! must come from a listed value set, where references may lead, the invariants) and whether it keeps the profiles and
//! extensions that it names, UK Core's among them.
//!
//! Invariant: checking never fails and never changes the resource; it returns what it found, at most `ISSUES_MAX`.

mod contained;
pub(crate) mod invariant;
mod place;
mod primitive;
pub(crate) mod profile;
mod rule;
mod walk;

use serde_json::Value;

use self::place::Place;
use self::profile::table::Definition;
use crate::outcome::{Issue, IssueType, Severity};
use crate::resource::{Resource, ResourceType};
use crate::structure;

/// How many issues are reported of one resource.
pub const ISSUES_MAX: usize = 100;

/// How much is to be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// What is a reason to refuse.
    Errors,
    /// Warnings and best practice too, which takes longer.
    Advice,
}

/// What is asked about a resource.
#[derive(Clone, Copy, Debug)]
pub struct Question<'q> {
    /// How much is to be found.
    pub reach: Reach,
    /// Profiles to check by their URLs, besides those that the resource declares.
    pub profiles: &'q [&'q str],
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What, where, and what to do.
    pub issue: Issue,
    /// The URL of the profile or extension that says so; `None` where R4 itself does.
    pub of_profile: Option<&'static str>,
}

/// Everything that was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// In the order of the resource, R4's own first.
    pub all: Vec<Finding>,
    /// Declared profiles that are not known here, so that nothing can be said about them.
    pub unknown_profiles: Vec<String>,
}

/// Every reason to refuse the resource; empty when it is sound and keeps every known profile that it declares.
pub fn check(resource: &Resource) -> Vec<Issue> {
    let question = Question {
        reach: Reach::Errors,
        profiles: &[],
    };
    let findings = ask(resource, &question).all.into_iter();
    findings.map(|finding| finding.issue).collect()
}

/// Everything that can be said about the resource.
pub fn ask(resource: &Resource, question: &Question<'_>) -> Findings {
    let value = resource.value();
    let Some(object) = value.as_object() else {
        return Findings::default();
    };
    let name = resource.resource_type().as_str();
    let kind = structure::of_resource(resource.resource_type());
    let mut check = Check::new(value, question.reach);
    let place = Place::first(name).of(kind);
    let written = object.get("resourceType").and_then(Value::as_str);
    if written != Some(name) {
        let problem = format!("`resourceType` was changed; it must stay \"{name}\"");
        check.broken(IssueType::Structure, &place.then("resourceType"), problem);
    }
    check.object(value, kind, &place);
    for url in question.profiles {
        check.asked(url, value, kind, &place, &place);
    }
    Findings {
        all: check.findings,
        unknown_profiles: check.unknown,
    }
}

/// Whether a profile of that URL is known here, so that something can be said about it: also R4's own types.
pub fn knows_profile(url: &str) -> bool {
    let plain = url.split('|').next().unwrap_or(url);
    let of_r4 = plain.strip_prefix(profile::R4).and_then(structure::named);
    of_r4.is_some()
        || profile::table::named(plain).is_some_and(|definition| !definition.is_extension)
}

/// The URLs of the profiles of that type that are known here, in order.
pub fn profiles_of(resource_type: ResourceType) -> Vec<&'static str> {
    let kind = structure::of_resource(resource_type);
    let of_type = profile::table::all().filter(|definition| definition.kind == kind);
    let mut urls: Vec<&'static str> = of_type.map(|definition| definition.url).collect();
    urls.sort_unstable();
    urls
}

/// A resource being checked.
struct Check<'r> {
    findings: Vec<Finding>,
    unknown: Vec<String>,
    reach: Reach,
    /// The resource whose `contained` a reference such as `#1` looks into.
    root: &'r Value,
    /// The resource that is being looked at: `root`, or one that it contains.
    resource: &'r Value,
    /// How many faults of form were found so far; where there are some, invariants have no meaning.
    faults: usize,
    /// Whose rules are being checked; `None` for those of R4.
    by: Option<&'static Definition>,
    /// The element and its slice that are being counted.
    slice: Option<(&'static str, &'static str)>,
    /// How many profiles lie around the one being checked.
    nested: usize,
}

impl<'r> Check<'r> {
    fn new(root: &'r Value, reach: Reach) -> Self {
        Self {
            findings: Vec::new(),
            unknown: Vec::new(),
            reach,
            root,
            resource: root,
            faults: 0,
            by: None,
            slice: None,
            nested: 0,
        }
    }

    /// The same resource, to find something out without saying it.
    fn trial(&self) -> Self {
        Self {
            resource: self.resource,
            nested: self.nested,
            ..Self::new(self.root, Reach::Errors)
        }
    }

    fn root(&self) -> &'r Value {
        self.root
    }

    fn resource(&self) -> &'r Value {
        self.resource
    }

    fn is_only_errors(&self) -> bool {
        self.reach == Reach::Errors
    }

    fn is_full(&self) -> bool {
        self.findings.len() >= ISSUES_MAX
    }

    /// A fault of form: what stands there is not what R4 knows.
    fn broken(&mut self, code: IssueType, place: &Place<'_>, problem: impl Into<String>) {
        self.faults += 1;
        self.found(code, place, problem);
    }

    /// A rule that is broken.
    fn found(&mut self, code: IssueType, place: &Place<'_>, problem: impl Into<String>) {
        self.told(Severity::Error, code, place, problem);
    }

    fn told(
        &mut self,
        severity: Severity,
        code: IssueType,
        place: &Place<'_>,
        problem: impl Into<String>,
    ) {
        if self.is_full() || (severity > Severity::Error && self.is_only_errors()) {
            return;
        }
        let mut details = problem.into();
        if let Some((element, slice)) = self.slice {
            details = format!("slice {slice} of {element}: {details}");
        }
        if let Some(by) = self.by {
            details = format!("{details} ({})", by.name());
        }
        let issue = Issue {
            severity,
            ..Issue::error_at(code, place.to_string(), details)
        };
        self.findings.push(Finding {
            issue,
            of_profile: self.by.map(|definition| definition.url),
        });
    }
}

#[cfg(test)]
mod tests;
