//! Golden cases as a component carries them: `golden/1`, read whole or refused with the case and the member at fault.
//!
//! Invariant: a case that was read asks exactly one thing and names its charts.

use std::collections::BTreeMap;

use fhir::resource::{Key, ResourceType};
use record::caller::{Role, SiteCode};
use record::clock;
use record::departmental::rehearsal::Scene;
use record::departmental::{Failure, Question};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The site of a case that names none.
const SITE: &str = "RXR";
/// What the bench of the kit calls somebody who asks when a case does not say; the record's word is `clinician`.
const CLINICIAN_OF_THE_KIT: &str = "doctor";

/// All cases of a component.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cases {
    golden: u64,
    charts: BTreeMap<String, Vec<Value>>,
    #[serde(rename = "cases")]
    pub(crate) list: Vec<Case>,
}

/// One case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    /// The name of its file, without what it ends with.
    pub(crate) name: String,
    golden: u64,
    /// What it shows, for people.
    pub(crate) title: String,
    #[serde(default)]
    chart: Vec<Value>,
    at: Moment,
    #[serde(default)]
    open: Option<Open>,
    #[serde(default)]
    submit: Option<Submit>,
    #[serde(default)]
    react: Option<Value>,
    #[serde(default)]
    advise: Option<Advise>,
    #[serde(default)]
    convert: Option<Convert>,
    #[serde(default)]
    answer: Option<Value>,
    #[serde(default)]
    failure: Option<Refusal>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Moment {
    now: String,
    #[serde(default)]
    site: Option<String>,
    #[serde(default)]
    patient: Option<String>,
    #[serde(default)]
    encounter: Option<String>,
    #[serde(default)]
    role: Option<String>,
    #[serde(default)]
    settings: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Open {
    screen: String,
    #[serde(default)]
    parameters: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Submit {
    screen: String,
    action: String,
    form: Value,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Advise {
    hook: String,
    #[serde(default)]
    input: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Convert {
    format: String,
    message: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Refusal {
    code: String,
    detail: String,
}

/// What a case expects.
#[derive(Debug, PartialEq)]
pub(crate) enum Expected {
    /// This document.
    Document(Value),
    /// This "no".
    Failure(Failure),
}

/// Why the cases of a component cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("its golden cases cannot be read: {0}")]
pub(crate) struct Unreadable(String);

/// Reads the section of a component.
pub(crate) fn read(document: &Value) -> Result<Cases, Unreadable> {
    let cases = Cases::deserialize(document).map_err(|why| Unreadable(why.to_string()))?;
    if cases.golden != 1 {
        return Err(Unreadable("`golden` must be 1".to_owned()));
    }
    for (place, case) in cases.list.iter().enumerate() {
        if case.golden != 1 {
            return Err(Unreadable(format!("{}: `golden` must be 1", case.name)));
        }
        if cases.list.iter().take(place).any(|it| it.name == case.name) {
            return Err(Unreadable(format!("{} is there twice", case.name)));
        }
    }
    Ok(cases)
}

impl Cases {
    /// The resources of a case's chart, in order.
    pub(crate) fn chart_of(&self, case: &Case) -> Result<Vec<Value>, String> {
        let mut chart = Vec::new();
        for part in &case.chart {
            match part {
                Value::String(name) => chart.extend(
                    self.charts
                        .get(name)
                        .ok_or_else(|| format!("there is no chart {name} in the component"))?
                        .iter()
                        .cloned(),
                ),
                Value::Object(_) => chart.push(part.clone()),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
                    return Err(
                        "`chart` holds resources, and names of files that hold some".to_owned()
                    );
                }
            }
        }
        Ok(chart)
    }
}

impl Case {
    /// The moment of the case, in milliseconds since 1970.
    pub(crate) fn now_ms(&self) -> Result<i64, String> {
        let now = &self.at.now;
        clock::from_rfc3339(now)
            .ok_or_else(|| format!("`at.now` is {now}; write it as 2026-11-22T12:00:00Z"))
    }

    /// What the call rests on beside the chart.
    pub(crate) fn scene(&self) -> Result<Scene, String> {
        let at = &self.at;
        let site = at.site.as_deref().unwrap_or(SITE);
        let site: SiteCode = site.parse().map_err(|why| format!("`at.site`: {why}"))?;
        let question = self.question()?;
        let role = match at.role.as_deref() {
            Some(CLINICIAN_OF_THE_KIT) => Role::Clinician,
            Some(word) => word.parse().map_err(|why| format!("`at.role`: {why}"))?,
            None => match &question {
                Question::React { .. } => Role::Reaction,
                Question::Convert { .. } => Role::Feed,
                Question::Open { .. } | Question::Submit { .. } | Question::Advise { .. } => {
                    Role::Clinician
                }
            },
        };
        let id = |member: &str, of: ResourceType, text: &Option<String>| {
            let Some(text) = text else {
                return Ok(None);
            };
            match text.parse::<Key>() {
                Ok(key) if key.resource_type == of => Ok(Some(key.id)),
                Ok(_) | Err(_) => Err(format!("`at.{member}` is {text}; write {of}/id")),
            }
        };
        Ok(Scene {
            site,
            patient: id("patient", ResourceType::PATIENT, &at.patient)?,
            encounter: id("encounter", ResourceType::ENCOUNTER, &at.encounter)?,
            role,
            now: at.now.clone(),
            settings: at.settings.clone(),
            question,
        })
    }

    fn question(&self) -> Result<Question, String> {
        let open = self.open.as_ref().map(|it| Question::Open {
            screen: it.screen.clone(),
            parameters: Value::Object(it.parameters.clone()),
        });
        let submit = self.submit.as_ref().map(|it| Question::Submit {
            screen: it.screen.clone(),
            action: it.action.clone(),
            form: it.form.clone(),
        });
        let react = self.react.as_ref().map(|event| Question::React {
            event: event.clone(),
        });
        let advise = self.advise.as_ref().map(|it| Question::Advise {
            hook: it.hook.clone(),
            input: it
                .input
                .clone()
                .unwrap_or_else(|| serde_json::json!({ "hook": 1, "name": it.hook })),
        });
        let convert = self.convert.as_ref().map(|it| Question::Convert {
            format: it.format.clone(),
            message: it.message.clone().into_bytes(),
        });
        let asked: Vec<Question> = [open, submit, react, advise, convert]
            .into_iter()
            .flatten()
            .collect();
        <[Question; 1]>::try_from(asked)
            .map(|[one]| one)
            .map_err(|_| "write exactly one of open, submit, react, advise, convert".to_owned())
    }

    /// What is to come of it.
    pub(crate) fn expected(&self) -> Result<Expected, String> {
        match (&self.answer, &self.failure) {
            (Some(answer), None) => Ok(Expected::Document(answer.clone())),
            (None, Some(it)) => Ok(Expected::Failure(Failure::new(&it.code, &it.detail))),
            (Some(_), Some(_)) => Err("write one of `answer` and `failure`, not both".to_owned()),
            (None, None) => Err(
                "it is new and has no answer yet: run the departmental's own tests with UPDATE=1, look at what was written, and build again"
                    .to_owned(),
            ),
        }
    }
}

#[cfg(test)]
mod tests;
