//! Concepts found for the words that somebody typed into a form, and asked after again when the form is sent.
//!
//! Invariant: a departmental gets no concept but one that the terminology of this host has in the field's value set, with the
//! terminology's own words for it.

use axum::response::Response;
use record::departmental::outcome::Finding;
use record::log::At;
use record::terminology::parameters::Parameters;
use record::terminology::{Operation, Question, TerminologyError};
use serde_json::{Value, json};

use super::{Desktop, Left, about_all};
use crate::screen::coded::{Concept, Found, OFFERED_MAX, WORDS_CHARS};
use crate::screen::seal::Carried;
use crate::screen::sent::{Typed, part};

impl Desktop<'_> {
    /// The form again, with what was found for the words of a field.
    pub(super) async fn find(&self, carried: &Carried, field: &str, typed: Typed) -> Response {
        let of_form = carried.asked.iter();
        let coded: Vec<(&str, &str)> = of_form
            .filter_map(|it| Some((it.field.as_str(), it.value_set()?)))
            .collect();
        let Some(pressed) = coded.iter().find(|(it, _)| *it == field) else {
            let findings = vec![about_all("Use one of the form's buttons.")];
            return self.again(typed, findings).await;
        };
        let words = |field: &str| typed.one(&part(field, "words")).unwrap_or_default().trim();
        // Enter in any field presses the first of these buttons: meant is then where words were typed.
        let filled = coded.iter().find(|(it, _)| !words(it).is_empty());
        let (field, value_set) = match filled {
            Some(filled) if words(field).is_empty() => *filled,
            Some(_) | None => *pressed,
        };
        let words = words(field);
        let (found, findings) = match self.found(value_set, field, words).await {
            Ok(found) => (Some(found), Vec::new()),
            Err(message) => (None, vec![of(field, message)]),
        };
        let left = Left {
            typed,
            findings,
            screen: None,
            found,
        };
        self.draw(left, None).await
    }

    async fn found(&self, value_set: &str, field: &str, words: &str) -> Result<Found, String> {
        if !WORDS_CHARS.contains(&words.chars().count()) {
            let (least, most) = (WORDS_CHARS.start(), WORDS_CHARS.end());
            return Err(format!("Find by words: type {least} to {most} characters"));
        }
        let given = [
            ("url", json!(value_set)),
            ("filter", json!(words)),
            ("count", json!((OFFERED_MAX + 1).to_string())),
        ];
        let expanded = self.terminology(Operation::Expand, given).await;
        let expanded = expanded.map_err(|why| format!("Nothing could be looked for: {why}"))?;
        let entries = expanded.pointer("/expansion/contains");
        let entries = entries
            .and_then(Value::as_array)
            .map_or(&[][..], Vec::as_slice);
        let mut concepts: Vec<Concept> = entries.iter().filter_map(concept).collect();
        let more = concepts.len() > OFFERED_MAX;
        concepts.truncate(OFFERED_MAX);
        Ok(Found {
            field: field.to_owned(),
            words: words.to_owned(),
            concepts,
            more,
        })
    }

    /// Asks after every concept of a form, puts the terminology's words for it in place of the page's, and says which are none.
    pub(super) async fn verified(&self, carried: &Carried, form: &mut Value) -> Vec<Finding> {
        let mut findings = Vec::new();
        for asked in &carried.asked {
            let (Some(value_set), Some(given)) =
                (asked.value_set(), form["fields"].get_mut(&asked.field))
            else {
                continue;
            };
            let parameters = [
                ("url", json!(value_set)),
                ("system", given[0].clone()),
                ("code", given[1].clone()),
            ];
            match self.terminology(Operation::ValidateInSet, parameters).await {
                Ok(said) if parameter(&said, "result") == Some(&Value::Bool(true)) => {
                    let display = parameter(&said, "display").unwrap_or(&given[1]).clone();
                    given[2] = display;
                }
                Ok(_) => findings.push(of(&asked.field, asked.not_offered())),
                Err(why) => {
                    let message = format!("It could not be looked up: {why}");
                    findings.push(of(&asked.field, message));
                }
            }
        }
        findings
    }

    async fn terminology<const N: usize>(
        &self,
        operation: Operation,
        given: [(&str, Value); N],
    ) -> Result<Value, TerminologyError> {
        let given = given.map(|(name, value)| (name.to_owned(), value));
        let question = Question {
            operation,
            on: None,
            parameters: Parameters::new(given.into())?,
            at: At::Now,
        };
        let caller = &self.session.caller;
        let answered = self.door.record.ask_terminology(caller, question).await?;
        Ok(answered.resource)
    }
}

fn of(field: &str, message: String) -> Finding {
    Finding {
        field: Some(field.to_owned()),
        message,
    }
}

/// A concept of an expansion; one without words is called by its code.
fn concept(entry: &Value) -> Option<Concept> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).map(str::to_owned);
    let (system, code) = (text("system")?, text("code")?);
    let display = text("display").unwrap_or_else(|| code.clone());
    Some(Concept {
        system,
        code,
        display,
    })
}

/// A value of a Parameters resource.
fn parameter<'a>(parameters: &'a Value, name: &str) -> Option<&'a Value> {
    let mut all = parameters["parameter"].as_array()?.iter();
    let one = all.find(|it| it["name"] == name)?.as_object()?;
    one.iter()
        .find(|(member, _)| member.starts_with("value"))
        .map(|(_, value)| value)
}
