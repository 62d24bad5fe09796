//! Reading a golden case: one file of `cases/golden/`, with the charts that it names.
//!
//! Invariant: what the real record would refuse to load, or the host to ask, is refused here with the words to mend it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::{Bedside, each, reference_of};
use super::chart::{bytes, chart};
use crate::moment::Moment;
use crate::{Event, Failure, Form, Hook, Parameters};

/// What `departmental test` keeps beside the cases: what each may cost.
const BUDGET: &str = "budget.json";
/// Characters of the name of a case at most.
const NAME_CHARS_MAX: usize = 100;
/// Roles as the host calls them.
const ROLES: [&str; 5] = [
    "clinician",
    "trust-administrator",
    "feed",
    "operator",
    "reaction",
];

/// A case, read.
pub(super) struct Case {
    pub(super) title: String,
    pub(super) ask: Ask,
    /// The case's own `answer` or `failure`, as an object of that one member.
    pub(super) expected: Option<Value>,
    name: String,
    chart: Vec<Value>,
    at: At,
    document: Value,
}

/// The call of a case.
pub(super) enum Ask {
    Open {
        screen: String,
        parameters: Parameters,
    },
    Submit {
        screen: String,
        action: String,
        form: Value,
    },
    React(Event),
    Advise(Hook),
    Convert {
        format: String,
        message: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    golden: u64,
    title: String,
    #[serde(default)]
    chart: Vec<Value>,
    at: At,
    open: Option<Open>,
    submit: Option<Submit>,
    react: Option<Value>,
    advise: Option<Advise>,
    convert: Option<Convert>,
    answer: Option<Value>,
    failure: Option<Failed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct At {
    site: Option<String>,
    patient: Option<String>,
    encounter: Option<String>,
    role: Option<String>,
    now: String,
    #[serde(default)]
    settings: serde_json::Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Open {
    screen: String,
    #[serde(default)]
    parameters: Parameters,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Submit {
    screen: String,
    action: String,
    form: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advise {
    hook: String,
    input: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Convert {
    format: String,
    message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Failed {
    code: String,
    detail: String,
}

/// The file names of the cases, in order.
pub(super) fn names(folder: &Path) -> Result<Vec<String>, String> {
    let place = folder.join("cases/golden");
    let wrong = |it: std::io::Error| {
        format!("cases/golden cannot be read: {it}; make the folder and put a case into it")
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(&place).map_err(wrong)? {
        let entry = entry.map_err(wrong)?;
        if entry.path().is_dir() {
            continue;
        }
        let name = entry.file_name().to_string_lossy().into_owned();
        if name == BUDGET {
            continue;
        }
        let stem = name.strip_suffix(".json").unwrap_or_default();
        let plain = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-';
        if !(1..=NAME_CHARS_MAX).contains(&stem.len()) || !stem.chars().all(plain) {
            return Err(format!(
                "cases/golden/{name} is no name of a case; write small letters, digits and hyphens, at most \
                 {NAME_CHARS_MAX}, then `.json`, or move it into a folder below"
            ));
        }
        names.push(name);
    }
    names.sort();
    Ok(names)
}

impl Case {
    /// The case of this file name.
    pub(super) fn read(folder: &Path, name: &str, manifest: &Value) -> Result<Self, String> {
        let bytes = bytes(&folder.join("cases/golden").join(name))?;
        let no_json = |it: serde_json::Error| format!("is no golden/1: {it}");
        let document: Value = serde_json::from_slice(&bytes).map_err(no_json)?;
        let written: Written = serde_json::from_slice(&bytes).map_err(no_json)?;
        if written.golden != 1 {
            return Err(format!(
                "`golden` is {}; 1 is what is known here",
                written.golden
            ));
        }
        let length = written.title.chars().count();
        if !(1..=120).contains(&length) {
            return Err(format!(
                "`title` has {length} characters; say in 1 to 120 what the case shows"
            ));
        }
        let expected = match (written.answer, written.failure) {
            (None, None) => None,
            (Some(answer), None) => Some(json!({ "answer": answer })),
            (None, Some(it)) => {
                Some(json!({ "failure": { "code": it.code, "detail": it.detail } }))
            }
            (Some(_), Some(_)) => {
                return Err("has both `answer` and `failure`; keep one".to_owned());
            }
        };
        let asked = (
            written.open,
            written.submit,
            written.react,
            written.advise,
            written.convert,
        );
        let case = Self {
            title: written.title,
            ask: ask(asked)?,
            expected,
            name: name.to_owned(),
            chart: chart(folder, written.chart)?,
            at: written.at,
            document,
        };
        case.fits(manifest)?;
        Ok(case)
    }

    /// Writes the case again with this `answer` or `failure`.
    pub(super) fn write(&self, folder: &Path, outcome: &Value) -> Result<(), String> {
        let mut document = self.document.clone();
        if let (Some(members), Some(outcome)) = (document.as_object_mut(), outcome.as_object()) {
            members.shift_remove("answer");
            members.shift_remove("failure");
            members.extend(outcome.clone());
        }
        let place = folder.join("cases/golden").join(&self.name);
        let text = format!("{document:#}\n");
        fs::write(place, text).map_err(|it| format!("cannot be written: {it}"))
    }

    /// The bedside at which it is asked.
    pub(super) fn bedside(&self, folder: &Path) -> Result<Bedside, Failure> {
        let mut bedside = Bedside::of(folder)?
            .with_all(self.chart.iter().cloned())?
            .now(self.at.now.as_str());
        for (name, value) in &self.at.settings {
            bedside = bedside.setting(name, value.clone());
        }
        if let Some(site) = &self.at.site {
            bedside = bedside.site(site.as_str());
        }
        bedside = bedside.role(self.role());
        if let Some(patient) = &self.at.patient {
            bedside = bedside.patient(patient.as_str());
        }
        if let Some(encounter) = &self.at.encounter {
            bedside = bedside.encounter(encounter.as_str());
        }
        Ok(bedside)
    }

    /// The role in the host's own word; who asks as a rule, when the case does not say.
    fn role(&self) -> &str {
        match (self.at.role.as_deref(), &self.ask) {
            (Some("doctor"), _) => "clinician",
            (Some(role), _) => role,
            (None, Ask::React(_)) => "reaction",
            (None, Ask::Convert { .. }) => "feed",
            (None, Ask::Open { .. } | Ask::Submit { .. } | Ask::Advise(_)) => "clinician",
        }
    }

    /// What a host would need to ask this, in the chart and in the manifest.
    fn fits(&self, manifest: &Value) -> Result<(), String> {
        let now = &self.at.now;
        let is_moment = Moment::parse(now).is_some_and(|it| it.has_time) && now.ends_with('Z');
        if !is_moment {
            return Err(format!(
                "`at.now` is `{now}`; write a moment in UTC: 2026-11-22T12:00:00Z"
            ));
        }
        if !ROLES.contains(&self.role()) {
            return Err(format!(
                "`at.role` is `{}`; the host knows {}",
                self.role(),
                ROLES.join(", ")
            ));
        }
        for (name, value) in &self.at.settings {
            fits_setting(manifest, name, value)?;
        }
        let mut there = BTreeSet::new();
        for resource in &self.chart {
            let reference = reference_of(resource).ok_or(
                "a resource of `chart` has no `resourceType` or no `id`; the record loads it by them",
            )?;
            if there.contains(&reference) {
                return Err(format!(
                    "{reference} is twice in `chart`; give the second an id of its own"
                ));
            }
            there.insert(reference);
        }
        let event = match &self.ask {
            Ask::React(event) => Some(reference_of(&event.resource).unwrap_or_default()),
            Ask::Open { .. } | Ask::Submit { .. } | Ask::Advise(_) | Ask::Convert { .. } => None,
        };
        let named = [
            ("at.patient", self.at.patient.as_ref(), "Patient/"),
            ("at.encounter", self.at.encounter.as_ref(), "Encounter/"),
            ("react.resource", event.as_ref(), ""),
        ];
        for (member, reference, of) in named {
            let Some(reference) = reference else { continue };
            if !reference.starts_with(of) || !there.contains(reference) {
                return Err(format!(
                    "`{member}` is `{reference}`, which is not in `chart`; put it there as it is at the moment of the call"
                ));
            }
        }
        Ok(())
    }
}

type Asked = (
    Option<Open>,
    Option<Submit>,
    Option<Value>,
    Option<Advise>,
    Option<Convert>,
);

/// The one call of a case.
fn ask(asked: Asked) -> Result<Ask, String> {
    let wrong = |it: Failure| it.detail;
    Ok(match asked {
        (Some(it), None, None, None, None) => Ask::Open {
            screen: it.screen,
            parameters: it.parameters,
        },
        (None, Some(it), None, None, None) => {
            Form::from_json(&it.form.to_string()).map_err(wrong)?;
            Ask::Submit {
                screen: it.screen,
                action: it.action,
                form: it.form,
            }
        }
        (None, None, Some(it), None, None) => {
            Ask::React(Event::from_json(&it.to_string()).map_err(wrong)?)
        }
        (None, None, None, Some(it), None) => {
            let hook = Hook::from_json(&it.input.to_string()).map_err(wrong)?;
            if hook.name != it.hook {
                return Err(format!(
                    "`advise.hook` is `{}` and `advise.input.name` is `{}`; write the same in both",
                    it.hook, hook.name
                ));
            }
            Ask::Advise(hook)
        }
        (None, None, None, None, Some(it)) => Ask::Convert {
            format: it.format,
            message: it.message,
        },
        _ => {
            return Err(
                "needs exactly one of `open`, `submit`, `react`, `advise`, `convert`".to_owned(),
            );
        }
    })
}

/// A setting of a case is one of the manifest, with a value that a site could give it.
fn fits_setting(manifest: &Value, name: &str, value: &Value) -> Result<(), String> {
    let of_name = |it: &&Value| it.get("name").and_then(Value::as_str) == Some(name);
    let Some(declared) = each(manifest, "settings").find(of_name) else {
        return Err(format!(
            "`at.settings` has `{name}`, which departmental.json does not declare"
        ));
    };
    let kind = declared.get("kind").and_then(Value::as_str);
    let fits = match kind.unwrap_or_default() {
        "integer" => value.is_i64(),
        "boolean" => value.is_boolean(),
        "choice" => each(declared, "options").any(|it| it == value),
        _ => value.is_string(),
    };
    if fits {
        return Ok(());
    }
    Err(format!(
        "`at.settings.{name}` is {value}, which is no {} that departmental.json allows",
        kind.unwrap_or("value")
    ))
}
