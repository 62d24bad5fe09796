//! What changed from one release to the next, and which step of the version that asks for.
//!
//! Invariant: what a trust relies on and no longer finds is a major step; what a trust is asked for anew is at least a minor
//! one. Below 1.0.0 the second number stands for both.

use semver::Version;
use serde_json::Value;

use crate::check::Checked;
use crate::failure::{Ending, Failure};
use crate::manifest::each;

/// A step of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Patch,
    Minor,
    Major,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) step: Step,
    pub(crate) what: String,
}

/// A list of the manifest: how its members are told apart, and which of their members it breaks to change.
struct Kept {
    list: &'static str,
    one: &'static str,
    name: &'static str,
    breaks: &'static [&'static str],
    asks: &'static [&'static str],
}

/// Removing a member of any of these is a major step, adding one a minor step.
const KEPT: [Kept; 9] = [
    Kept {
        list: "screens",
        one: "screen",
        name: "id",
        breaks: &["place"],
        asks: &["audience", "menu"],
    },
    Kept {
        list: "views",
        one: "view",
        name: "id",
        breaks: &[],
        asks: &["scope", "search"],
    },
    Kept {
        list: "reads",
        one: "read",
        name: "type",
        breaks: &[],
        asks: &[],
    },
    Kept {
        list: "writes",
        one: "write",
        name: "type",
        breaks: &[],
        asks: &["actions"],
    },
    Kept {
        list: "reactions",
        one: "reaction",
        name: "type",
        breaks: &[],
        asks: &["on", "where"],
    },
    Kept {
        list: "hooks",
        one: "hook",
        name: "hook",
        breaks: &[],
        asks: &[],
    },
    Kept {
        list: "intake",
        one: "intake",
        name: "format",
        breaks: &[],
        asks: &[],
    },
    Kept {
        list: "settings",
        one: "setting",
        name: "name",
        breaks: &["kind", "level"],
        asks: &["default"],
    },
    Kept {
        list: "packs",
        one: "pack",
        name: "name",
        breaks: &[],
        asks: &[],
    },
];

/// Whether a release may follow another: the same departmental, a later version, and the step that its changes ask for.
pub(crate) fn follows(before: &Checked, after: &Checked) -> Result<(), Failure> {
    let file = after.file().display();
    let (old, new) = (before.word("id"), after.word("id"));
    if old != new {
        return Err(Failure::new(
            Ending::UsedWrongly,
            format!(
                "{file}: is `{new}`, and {} is `{old}`",
                before.file().display()
            ),
            "compare with an earlier release of the same departmental",
        ));
    }
    let version = |it: &Checked| {
        Version::parse(it.word("version")).map_err(|wrong| {
            let what = format!(
                "{}: its version cannot be read: {wrong}",
                it.file().display()
            );
            Failure::new(Ending::FoundWrong, what, "write it as 1.2.3")
        })
    };
    let (old, new) = (version(before)?, version(after)?);
    let changes = changes(before.manifest(), after.manifest());
    let asked = changes
        .iter()
        .map(|it| it.step)
        .max()
        .unwrap_or(Step::Patch);
    let least = next(&old, asked);
    let is_pre_release_of_it = !new.pre.is_empty()
        && Version {
            pre: least.pre.clone(),
            ..new.clone()
        } >= least;
    if new > old && (new >= least || is_pre_release_of_it) {
        return Ok(());
    }
    let mut what = format!("{file}: version {new} after {old} does not say what changed");
    for change in changes.iter().filter(|it| it.step == asked) {
        what.push_str("\n  ");
        what.push_str(&change.what);
    }
    let help = format!(
        "write \"version\": \"{least}\" or a later one in departmental.json, or take the changes back"
    );
    Err(Failure::new(Ending::FoundWrong, what, help))
}

/// The least version that a step leads to.
pub(crate) fn next(old: &Version, step: Step) -> Version {
    let step = match (old.major, step) {
        (0, Step::Major) => Step::Minor,
        (0, Step::Minor) => Step::Minor,
        (_, step) => step,
    };
    match step {
        Step::Major => Version::new(old.major + 1, 0, 0),
        Step::Minor => Version::new(old.major, old.minor + 1, 0),
        Step::Patch if old.pre.is_empty() => Version::new(old.major, old.minor, old.patch + 1),
        // 1.2.3-rc.1 is before 1.2.3.
        Step::Patch => Version::new(old.major, old.minor, old.patch),
    }
}

/// Everything that changed of what a trust grants, sets or links to.
pub(crate) fn changes(before: &Value, after: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    for kept in &KEPT {
        let mut add = |step, what: String| changes.push(Change { step, what });
        let named = |of: &Value, name: &Value| {
            each(of, kept.list)
                .find(|it| it.get(kept.name) == Some(name))
                .cloned()
        };
        for old in each(before, kept.list) {
            let Some(name) = old.get(kept.name) else {
                continue;
            };
            let label = format!("the {} {name}", kept.one);
            let Some(new) = named(after, name) else {
                add(Step::Major, format!("{label} is no longer there"));
                continue;
            };
            for member in kept
                .breaks
                .iter()
                .filter(|it| old.get(**it) != new.get(**it))
            {
                add(Step::Major, format!("{label} has another `{member}`"));
            }
            for member in kept.asks.iter().filter(|it| old.get(**it) != new.get(**it)) {
                add(Step::Minor, format!("{label} has another `{member}`"));
            }
            inside(kept.one, &label, old, &new, &mut add);
        }
        for new in each(after, kept.list) {
            if let Some(name) = new.get(kept.name)
                && named(before, name).is_none()
            {
                add(Step::Minor, format!("the {} {name} is new", kept.one));
            }
        }
    }
    if before.get("contract") != after.get("contract") {
        let what = "the contract is another".to_owned();
        changes.push(Change {
            step: Step::Minor,
            what,
        });
    }
    changes
}

/// What is named inside a member: parameters of a screen, columns of a view, options of a choice.
fn inside(one: &str, label: &str, old: &Value, new: &Value, add: &mut dyn FnMut(Step, String)) {
    let (part, before, after) = match one {
        "screen" => (
            "parameter",
            keys(old.get("parameters")),
            keys(new.get("parameters")),
        ),
        "view" => ("column", columns(old.get("view")), columns(new.get("view"))),
        "setting" => (
            "option",
            texts(old.get("options")),
            texts(new.get("options")),
        ),
        _ => return,
    };
    for gone in before.iter().filter(|it| !after.contains(it)) {
        add(
            Step::Major,
            format!("{label} no longer has the {part} {gone}"),
        );
    }
    for came in after.iter().filter(|it| !before.contains(it)) {
        add(Step::Minor, format!("{label} has a new {part} {came}"));
    }
    if one == "view" && before == after && old.get("view") != new.get("view") {
        add(
            Step::Minor,
            format!("{label} takes its rows from elsewhere"),
        );
    }
}

fn keys(of: Option<&Value>) -> Vec<String> {
    let members = of.and_then(Value::as_object).into_iter().flatten();
    members.map(|(name, _)| name.clone()).collect()
}

fn texts(of: Option<&Value>) -> Vec<String> {
    let all = of.and_then(Value::as_array).into_iter().flatten();
    all.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Columns at any depth, each with its path: another path under the same name is another column.
fn columns(of: Option<&Value>) -> Vec<String> {
    let mut found = Vec::new();
    match of {
        Some(Value::Object(members)) => {
            for (name, value) in members {
                if name == "column" {
                    for column in value.as_array().into_iter().flatten() {
                        let text = |name: &str| {
                            column.get(name).and_then(Value::as_str).unwrap_or_default()
                        };
                        let column = format!("{} ({})", text("name"), text("path"));
                        if !found.contains(&column) {
                            found.push(column);
                        }
                    }
                } else {
                    found.extend(columns(Some(value)));
                }
            }
        }
        Some(Value::Array(items)) => {
            found.extend(items.iter().flat_map(|it| columns(Some(it))));
        }
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => {}
    }
    found
}

#[cfg(test)]
mod tests;
